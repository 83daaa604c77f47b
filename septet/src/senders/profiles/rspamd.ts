/** Postfix (or another server) whose mail Rspamd signs. */
import type { SenderProfile } from '../profile.ts';

export const rspamd: SenderProfile = {
  id: 'rspamd',
  title: 'Postfix with Rspamd',
  kind: 'software',
  spf: { where: 'apex', includes: [], note: 'The host’s addresses as ip4: and ip6:, or its name as a:.' },
  dkim: [{ type: 'TXT', selectors: ['dkim'] }],
  docs: 'https://rspamd.com/doc/modules/dkim_signing.html',
  source: 'Rspamd documentation: the module dkim_signing uses the selector dkim where none is configured',
  seenOn: '2026-11',
  confidence: 'vendor',
};
