/** The catalogue of DKIM: what can be told from the key records alone. */
import { reporter, type Rows } from '../../finding/catalogue.ts';
import { keyRows } from './rows-key.ts';
import { nameRows } from './rows-name.ts';

export const rows = { ...keyRows, ...nameRows } as const satisfies Rows;

export const found = reporter('dkim', rows);

/** Codes of the catalogue that need more than DNS. */
export const later = {
  'dkim.t.strict_i': 'message',
  'dkim.sig.missing': 'message',
  'dkim.sig.unaligned': 'message',
  'dkim.sig.body_hash': 'message',
  'dkim.sig.bad': 'message',
  'dkim.sig.from_unsigned': 'message',
  'dkim.sig.headers_weak': 'message',
  'dkim.sig.list_headers': 'message',
  'dkim.sig.bimi_selector': 'message',
  'dkim.sig.bimi_output_signed': 'message',
  'dkim.sig.no_oversign': 'message',
  'dkim.sig.length_tag': 'message',
  'dkim.sig.expired': 'message',
  'dkim.sig.future': 'message',
  'dkim.sig.expiry_short': 'message',
  'dkim.sig.sha1': 'message',
  'dkim.sig.canon_simple': 'message',
  'dkim.sig.i_outside_d': 'message',
  'dkim.sig.d_is_esp_only': 'message',
  'dkim.sig.dup_selector_domains': 'message',
  'dkim.sig.line_length': 'message',
  'dkim.rotation.overdue': 'watch',
  'dkim.rotation.removed_early': 'watch',
  'dkim.rotation.unrevoked': 'watch',
  'dkim.key.changed': 'watch',
} as const;
