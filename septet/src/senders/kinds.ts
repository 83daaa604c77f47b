/** The kinds of senders that a configuration may name, one table. */
import type { SenderKind } from './kind.ts';
import { acellemail, listmonk, mautic } from './kinds/apps.ts';
import { brevo, resend } from './kinds/brevo-resend.ts';
import { microsoft365, zoho } from './kinds/business-mailboxes.ts';
import { custom } from './kinds/custom.ts';
import { fastmail, googleWorkspace, icloud, proton } from './kinds/mailboxes.ts';
import { mailgun } from './kinds/mailgun.ts';
import { postal, postfix, rspamd } from './kinds/own-host.ts';
import { sendgrid } from './kinds/sendgrid.ts';
import { mailjet, postmark, sparkpost } from './kinds/services.ts';
import { ses } from './kinds/ses.ts';
import type { Sender } from './sender.ts';

/** With what follows from each; `senderKinds` is the same table for those who only read the words. */
export const senders: readonly Sender[] = [
  ses,
  postal,
  postfix,
  rspamd,
  sendgrid,
  mailgun,
  postmark,
  sparkpost,
  brevo,
  mailjet,
  resend,
  googleWorkspace,
  microsoft365,
  zoho,
  fastmail,
  proton,
  icloud,
  acellemail,
  listmonk,
  mautic,
  custom,
];

export const senderKinds: readonly SenderKind[] = [...senders];

const byKey: ReadonlyMap<string, Sender> = new Map(senders.map((sender) => [sender.key, sender]));

/** The kind of that word; absent for a word that is none. */
export function kindOf(key: string): SenderKind | undefined {
  return byKey.get(key);
}

/** As `kindOf`, with what follows from the kind. */
export function senderOf(key: string): Sender | undefined {
  return byKey.get(key);
}
