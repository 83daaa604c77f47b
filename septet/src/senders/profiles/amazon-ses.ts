/** Amazon SES. */
import type { SenderProfile } from '../profile.ts';

export const amazonSes: SenderProfile = {
  id: 'amazon-ses',
  title: 'Amazon SES',
  kind: 'service',
  spf: {
    where: 'mail-from',
    includes: ['amazonses.com'],
    note: 'Without a custom MAIL FROM name SES uses amazonses.com, and the include is never looked at.',
  },
  dkim: [
    {
      type: 'CNAME',
      selectors: [],
      pattern: '*',
      targets: ['*.dkim.amazonses.com', '*.dkim.*.amazonses.com'],
      keyBits: 2048,
    },
  ],
  returnPath: {
    type: 'MX',
    targets: ['feedback-smtp.*.amazonses.com'],
    wanted: '10 feedback-smtp.<region>.amazonses.com.',
    alone: true,
  },
  tracking: ['r.*.awstrack.me'],
  docs: 'https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html',
  source: 'Amazon SES developer guide, AWS General Reference',
  seenOn: '2026-11',
  confidence: 'vendor',
};
