/** Mailgun. */
import type { SenderProfile } from '../profile.ts';

export const mailgun: SenderProfile = {
  id: 'mailgun',
  title: 'Mailgun',
  kind: 'service',
  spf: { where: 'mail-from', includes: ['mailgun.org', 'eu.mailgun.org'] },
  dkim: [
    {
      type: 'CNAME',
      selectors: ['pdk1', 'pdk2'],
      targets: ['{selector}._domainkey.*.dkim*.mailgun.com'],
      keyBits: 2048,
    },
    { type: 'TXT', selectors: ['mx', 'smtp', 'k1'] },
  ],
  returnPath: {
    type: 'MX',
    targets: ['mxa.mailgun.org', 'mxb.mailgun.org', 'mxa.eu.mailgun.org', 'mxb.eu.mailgun.org'],
    wanted: '10 mxa.mailgun.org.',
  },
  tracking: ['mailgun.org', 'eu.mailgun.org'],
  docs: 'https://documentation.mailgun.com/docs/mailgun/user-manual/domains/domains-verify',
  source: 'Mailgun documentation',
  seenOn: '2026-11',
  confidence: 'vendor',
};
