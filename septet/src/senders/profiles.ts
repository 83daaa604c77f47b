/**
 * The sender profiles, one table; each stands in a file of its own. Facts as of the month in `seenOn`; correct them
 * there when a sender changes.
 */
import type { SenderProfile } from './profile.ts';
import { acellemail } from './profiles/acellemail.ts';
import { amazonSes } from './profiles/amazon-ses.ts';
import { brevo } from './profiles/brevo.ts';
import { fastmail } from './profiles/fastmail.ts';
import { google } from './profiles/google.ts';
import { icloud } from './profiles/icloud.ts';
import { listmonk } from './profiles/listmonk.ts';
import { mailgun } from './profiles/mailgun.ts';
import { mailjet } from './profiles/mailjet.ts';
import { mautic } from './profiles/mautic.ts';
import { microsoft365 } from './profiles/microsoft365.ts';
import { postal } from './profiles/postal.ts';
import { postfixOpendkim } from './profiles/postfix-opendkim.ts';
import { postmark } from './profiles/postmark.ts';
import { proton } from './profiles/proton.ts';
import { resend } from './profiles/resend.ts';
import { rspamd } from './profiles/rspamd.ts';
import { sendgrid } from './profiles/sendgrid.ts';
import { sparkpost } from './profiles/sparkpost.ts';
import { zoho } from './profiles/zoho.ts';

/** In the order in which senders are listed. */
export const profiles: readonly SenderProfile[] = [
  amazonSes,
  postal,
  postfixOpendkim,
  rspamd,
  sendgrid,
  mailgun,
  postmark,
  sparkpost,
  brevo,
  mailjet,
  resend,
  google,
  microsoft365,
  zoho,
  fastmail,
  proton,
  icloud,
  acellemail,
  listmonk,
  mautic,
];
