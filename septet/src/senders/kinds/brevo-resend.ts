/** Brevo, once Sendinblue; and Resend, which sends through Amazon SES. */
import { belowOf, inform, textOf } from '../account.ts';
import { dkimField, mailFromField, selectorField, valueField, verificationField } from '../fields.ts';
import { cnameKeys, keysOr, valueOr } from '../keys.ts';
import { brevo as brevoFacts } from '../profiles/brevo.ts';
import { resend as resendFacts } from '../profiles/resend.ts';
import type { Sender } from '../sender.ts';
import { sesFeedback, sesRegionOf } from '../ses.ts';
import { aliasesSeen, includeAt, keySeen, mailFromWith, verificationOf, verificationSeen } from './parts.ts';
import { isResend } from './ses.ts';

export const brevo: Sender = {
  key: 'brevo',
  title: brevoFacts.title,
  about: 'Brevo (Sendinblue)',
  profile: brevoFacts.id,
  facts: brevoFacts,
  fields: [
    verificationField('brevo-code:1a2b3c…'),
    {
      ...mailFromField('news'),
      about: 'name in front of the domain that a dedicated IP uses as MAIL FROM; nothing on shared ones',
    },
    selectorField('mail', ', where the dashboard shows a TXT record instead of brevo1 and brevo2'),
    valueField('Brevo: Senders, Domains & Dedicated IPs, Domains, where it is a TXT record'),
    dkimField,
  ],
  needs: (account) => {
    if (textOf(account, 'verification') === undefined) {
      inform(account, 'Brevo also asks for a TXT that begins with brevo-code:; give it as verification.');
    }
    const mailFrom = belowOf(account, 'mailFrom');
    return {
      ...(mailFrom === undefined ? {} : { spf: [includeAt(mailFrom, brevoFacts, true)] }),
      dkim: keysOr(account, () =>
        textOf(account, 'value') === undefined
          ? [
              ...cnameKeys(account, ['brevo1'], 'b1.{dashes}.dkim.brevo.com'),
              ...cnameKeys(account, ['brevo2'], 'b2.{dashes}.dkim.brevo.com'),
            ]
          : valueOr(account, '', { selector: 'mail' }),
      ),
      records: verificationOf(account),
    };
  },
  recognise: (seen) =>
    aliasesSeen(seen, /^b[12]\.\S+\.dkim\.brevo\.com$/).length > 0 ? [verificationSeen(seen, brevoFacts)] : [],
};

/** Regions in which Resend sends. */
const resendRegions = ['us-east-1', 'eu-west-1', 'sa-east-1', 'ap-northeast-1'];

export const resend: Sender = {
  key: 'resend',
  title: resendFacts.title,
  about: 'Resend, which sends through Amazon SES',
  profile: resendFacts.id,
  facts: resendFacts,
  fields: [
    {
      key: 'region',
      form: 'choice',
      about: 'region of the domain at Resend',
      choices: resendRegions,
      example: 'eu-west-1',
    },
    selectorField('resend', '; resend without'),
    valueField('Resend: Domains, the domain, DKIM'),
    { ...mailFromField('send'), about: 'name in front of the domain that is used as MAIL FROM; send without' },
    dkimField,
  ],
  needs: (account) => {
    const region = textOf(account, 'region');
    const mailFrom = belowOf(account, 'mailFrom', resendFacts.returnPath?.label);
    if (region === undefined) {
      inform(account, 'Resend: give the region of the domain, so that the MX for bounces can be planned.');
    }
    return {
      ...(mailFrom === undefined ? {} : { spf: [includeAt(mailFrom, resendFacts, true)] }),
      dkim: keysOr(account, () =>
        valueOr(
          account,
          'Resend: Domains, the domain, DKIM shows a TXT record that begins with p=: give it as value.',
          {
            selector: 'resend',
          },
        ),
      ),
      records:
        mailFrom === undefined || region === undefined || !resendRegions.includes(region)
          ? []
          : [
              {
                type: 'MX',
                name: mailFrom,
                exchanges: [{ preference: 10, exchange: sesFeedback(region) }],
                why: 'Resend takes the bounces; it asks for exactly this one MX',
                purpose: 'return-path',
              },
            ],
    };
  },
  recognise: (seen) => {
    const key = keySeen(seen, /^resend$/);
    if (!('value' in key)) return [];
    const path = mailFromWith(seen, (exchange, label) => sesRegionOf(exchange) !== undefined && isResend(seen, label));
    const region = sesRegionOf(path?.mx[0]?.exchange ?? '');
    if (path === undefined || region === undefined || path.mx.length > 1) return [key];
    return [{ ...key, mailFrom: path.label, ...(resendRegions.includes(region) ? { region } : {}) }];
  },
};
