/** iCloud Mail. */
import type { SenderProfile } from '../profile.ts';

export const icloud: SenderProfile = {
  id: 'icloud',
  title: 'iCloud Mail',
  kind: 'mailbox',
  spf: { where: 'apex', includes: ['icloud.com'] },
  dkim: [{ type: 'CNAME', selectors: ['sig1'], targets: ['sig1.dkim.{domain}.at.icloudmailadmin.com'] }],
  mx: [
    {
      exchanges: ['mx01.mail.icloud.com', 'mx02.mail.icloud.com'],
      wanted: [
        [10, 'mx01.mail.icloud.com'],
        [10, 'mx02.mail.icloud.com'],
      ],
    },
  ],
  verification: ['apple-domain='],
  docs: 'https://support.apple.com/en-us/102374',
  source: 'guides of 2026',
  seenOn: '2026-11',
  confidence: 'compare-with-dashboard',
};
