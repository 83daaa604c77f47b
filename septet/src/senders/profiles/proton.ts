/** Proton Mail. */
import type { SenderProfile } from '../profile.ts';

export const proton: SenderProfile = {
  id: 'proton',
  title: 'Proton Mail',
  kind: 'mailbox',
  spf: { where: 'apex', includes: ['_spf.protonmail.ch'] },
  dkim: [
    {
      type: 'CNAME',
      selectors: ['protonmail', 'protonmail2', 'protonmail3'],
      targets: ['{selector}.domainkey.*.domains.proton.ch'],
      telling: true,
    },
  ],
  mx: [
    {
      exchanges: ['mail.protonmail.ch', 'mailsec.protonmail.ch'],
      wanted: [
        [10, 'mail.protonmail.ch'],
        [20, 'mailsec.protonmail.ch'],
      ],
    },
  ],
  verification: ['protonmail-verification='],
  docs: 'https://proton.me/support/custom-domain',
  source: 'guides of 2026',
  seenOn: '2026-11',
  confidence: 'compare-with-dashboard',
};
