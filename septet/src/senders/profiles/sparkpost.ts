/** SparkPost (Bird). */
import type { SenderProfile } from '../profile.ts';

export const sparkpost: SenderProfile = {
  id: 'sparkpost',
  title: 'SparkPost (Bird)',
  kind: 'service',
  spf: {
    where: 'none',
    includes: [],
    retired: [{ include: '_spf.sparkpostmail.com' }, { include: 'sparkpostmail.com' }],
  },
  dkim: [{ type: 'TXT', selectors: [], pattern: 'scph*', telling: true }],
  returnPath: { type: 'CNAME', targets: ['sparkpostmail.com', 'eu.sparkpostmail.com', '*.mail.e.sparkpost.com'] },
  docs: 'https://developers.sparkpost.com/api/sending-domains/',
  source: 'SparkPost API documentation',
  seenOn: '2026-11',
  confidence: 'vendor',
};
