/**
 * What a seal covers (RFC 8617 §5.1.1): the three fields of every set from 1 up to its own, in the order results, message
 * signature, seal, each in relaxed form, the last one without the value of its `b=`.
 */
import { Buffer } from 'node:buffer';
import type { Field } from '../../mail/header.ts';
import { canonicalField, canonicalSignature } from '../dkim/canonical.ts';

export interface SetFields {
  readonly results: Field;
  readonly message: Field;
  readonly seal: Field;
}

/** What the seal of the last of these sets is made over, one octet per character of the fields. */
export function sealedText(sets: readonly SetFields[]): Buffer {
  const lines: string[] = [];
  for (const [index, set] of sets.entries()) {
    lines.push(canonicalField(set.results, 'relaxed'), canonicalField(set.message, 'relaxed'));
    const own = index === sets.length - 1;
    lines.push(own ? canonicalSignature(set.seal, 'relaxed') : canonicalField(set.seal, 'relaxed'));
  }
  return Buffer.from(lines.join('\r\n'), 'latin1');
}

/** What a message signature is made over: the fields that `h=` means, then itself (RFC 6376 §3.7). */
export function messageText(
  fields: readonly (Field | undefined)[],
  signature: Field,
  form: 'simple' | 'relaxed',
): Buffer {
  const lines = fields.flatMap((field) => (field ? [canonicalField(field, form)] : []));
  return Buffer.from([...lines, canonicalSignature(signature, form)].join('\r\n'), 'latin1');
}
