/** Postal. */
import type { SenderProfile } from '../profile.ts';

export const postal: SenderProfile = {
  id: 'postal',
  title: 'Postal',
  kind: 'software',
  spf: {
    where: 'mail-from',
    includes: ['spf.postal.*'],
    note: 'Postal proposes `a mx` besides the include; they cost two look-ups and are seldom needed.',
  },
  dkim: [{ type: 'TXT', selectors: [], pattern: 'postal-*', telling: true }],
  returnPath: { label: 'psrp', type: 'CNAME', targets: ['rp.postal.*'] },
  tracking: ['track.postal.*'],
  verification: ['postal-verification'],
  docs: 'https://docs.postalserver.io/getting-started/dns-configuration',
  source: 'postalserver/postal 3.3 (names can be changed in postal.yml; keys have 1024 bits up to 3.3)',
  seenOn: '2026-11',
  confidence: 'vendor',
};
