/** Google Workspace. */
import type { SenderProfile } from '../profile.ts';

export const google: SenderProfile = {
  id: 'google',
  title: 'Google Workspace',
  kind: 'mailbox',
  spf: {
    where: 'apex',
    includes: ['_spf.google.com'],
    retired: [{ include: 'aspmx.googlemail.com', now: '_spf.google.com' }],
  },
  dkim: [{ type: 'TXT', selectors: ['google'], keyBits: 2048, telling: true }],
  mx: [
    { exchanges: ['smtp.google.com'], wanted: [[1, 'smtp.google.com']] },
    { exchanges: ['aspmx.l.google.com', 'alt*.aspmx.l.google.com', 'aspmx*.googlemail.com'], form: 'google-aspmx' },
  ],
  docs: 'https://support.google.com/a/answer/174124',
  source: 'Google Workspace admin help',
  seenOn: '2026-11',
  confidence: 'vendor',
};
