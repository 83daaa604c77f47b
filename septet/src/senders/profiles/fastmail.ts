/** Fastmail. */
import type { SenderProfile } from '../profile.ts';

export const fastmail: SenderProfile = {
  id: 'fastmail',
  title: 'Fastmail',
  kind: 'mailbox',
  spf: { where: 'apex', includes: ['spf.messagingengine.com'] },
  dkim: [
    {
      type: 'CNAME',
      selectors: ['fm1', 'fm2', 'fm3'],
      targets: ['{selector}.{domain}.dkim.fmhosted.com'],
      telling: true,
    },
  ],
  mx: [
    {
      exchanges: ['in1-smtp.messagingengine.com', 'in2-smtp.messagingengine.com'],
      wanted: [
        [10, 'in1-smtp.messagingengine.com'],
        [20, 'in2-smtp.messagingengine.com'],
      ],
    },
  ],
  docs: 'https://www.fastmail.help/hc/en-us/articles/360060591153',
  source: 'Fastmail documentation',
  seenOn: '2026-11',
  confidence: 'vendor',
};
