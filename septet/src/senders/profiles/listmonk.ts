/** listmonk, an application that hands its mail to a relay by SMTP and neither signs nor needs a record of its own. */
import type { SenderProfile } from '../profile.ts';

export const listmonk: SenderProfile = {
  id: 'listmonk',
  title: 'listmonk',
  kind: 'software',
  spf: { where: 'none', includes: [], note: 'The relay decides which MAIL FROM is used.' },
  dkim: [],
  docs: 'https://listmonk.app/docs/',
  source: 'listmonk code, as read for the catalogue',
  seenOn: '2026-11',
  confidence: 'vendor',
};
