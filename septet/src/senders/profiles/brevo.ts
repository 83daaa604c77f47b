/** Brevo. */
import type { SenderProfile } from '../profile.ts';

export const brevo: SenderProfile = {
  id: 'brevo',
  title: 'Brevo',
  kind: 'service',
  spf: {
    where: 'none',
    includes: ['spf.brevo.com'],
    retired: [{ include: 'spf.sendinblue.com', now: 'spf.brevo.com' }],
    note: 'Only for a dedicated IP; on shared ones MAIL FROM is a name of Brevo.',
  },
  dkim: [
    { type: 'CNAME', selectors: ['brevo1'], targets: ['b1.{dashes}.dkim.brevo.com'], keyBits: 2048, telling: true },
    { type: 'CNAME', selectors: ['brevo2'], targets: ['b2.{dashes}.dkim.brevo.com'], keyBits: 2048, telling: true },
    { type: 'TXT', selectors: ['mail'], keyBits: 1024 },
  ],
  verification: ['brevo-code:', 'sendinblue-code:'],
  docs: 'https://help.brevo.com/hc/en-us/articles/12163873383186',
  source: 'guides of 2026',
  seenOn: '2026-11',
  confidence: 'compare-with-dashboard',
};
