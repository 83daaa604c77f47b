/** Postfix with OpenDKIM. */
import type { SenderProfile } from '../profile.ts';

export const postfixOpendkim: SenderProfile = {
  id: 'postfix-opendkim',
  title: 'Postfix with OpenDKIM',
  kind: 'software',
  spf: { where: 'apex', includes: [], note: 'The host’s addresses as ip4: and ip6:, or its name as a:.' },
  dkim: [{ type: 'TXT', selectors: ['default', 'mail'] }],
  docs: 'http://www.opendkim.org/opendkim-README',
  source: 'OpenDKIM and Debian packages',
  seenOn: '2026-11',
  confidence: 'vendor',
};
