/** Postmark. */
import type { SenderProfile } from '../profile.ts';

export const postmark: SenderProfile = {
  id: 'postmark',
  title: 'Postmark',
  kind: 'service',
  spf: {
    where: 'none',
    includes: [],
    retired: [{ include: 'spf.mtasv.net' }],
    note: 'Postmark’s MAIL FROM is pm.mtasv.net or an alias to it.',
  },
  dkim: [{ type: 'TXT', selectors: [], pattern: '*pm' }],
  returnPath: { label: 'pm-bounces', type: 'CNAME', targets: ['pm.mtasv.net'] },
  docs: 'https://postmarkapp.com/support/article/1046-how-do-i-verify-a-domain',
  source: 'guides of 2026',
  seenOn: '2026-11',
  confidence: 'compare-with-dashboard',
};
