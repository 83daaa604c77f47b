/** Mautic, an application that hands its mail to a relay and neither signs nor needs a record of its own. */
import type { SenderProfile } from '../profile.ts';

export const mautic: SenderProfile = {
  id: 'mautic',
  title: 'Mautic',
  kind: 'software',
  spf: { where: 'none', includes: [], note: 'The relay decides which MAIL FROM is used.' },
  dkim: [],
  docs: 'https://docs.mautic.org/',
  source: 'guides of 2026 and plugins for relays; Mautic’s own documentation was not read',
  seenOn: '2026-11',
  confidence: 'compare-with-dashboard',
};
