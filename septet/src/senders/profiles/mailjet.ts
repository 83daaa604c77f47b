/** Mailjet. */
import type { SenderProfile } from '../profile.ts';

export const mailjet: SenderProfile = {
  id: 'mailjet',
  title: 'Mailjet',
  kind: 'service',
  spf: {
    where: 'apex',
    includes: ['spf.mailjet.com'],
    note: 'Without a return path of your own MAIL FROM is a name of Mailjet, and only its dashboard asks for the include.',
  },
  dkim: [{ type: 'TXT', selectors: ['mailjet'], telling: true }],
  returnPath: { type: 'CNAME', targets: ['bnc3.mailjet.com'] },
  docs: 'https://documentation.mailjet.com/hc/en-us/articles/360042412734',
  source: 'guides of 2026',
  seenOn: '2026-11',
  confidence: 'compare-with-dashboard',
};
