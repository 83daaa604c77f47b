/** Resend. */
import type { SenderProfile } from '../profile.ts';

export const resend: SenderProfile = {
  id: 'resend',
  title: 'Resend',
  kind: 'service',
  spf: {
    where: 'mail-from',
    includes: ['amazonses.com'],
    note: 'Resend sends through Amazon SES; the include belongs at send.<domain>.',
  },
  dkim: [{ type: 'TXT', selectors: ['resend'], telling: true }],
  returnPath: {
    label: 'send',
    type: 'MX',
    targets: ['feedback-smtp.*.amazonses.com'],
    wanted: '10 feedback-smtp.<region>.amazonses.com.',
    alone: true,
  },
  tracking: ['links*.resend-dns.com'],
  docs: 'https://resend.com/docs/dashboard/domains/introduction',
  source: 'Resend documentation and Domain Connect template',
  seenOn: '2026-11',
  confidence: 'vendor',
};
