/**
 * TXT RRsets in which one value became several records. The strings of one record are joined; records are not, and
 * have no order (RFC 7208 §3.3).
 */
import type { Txt } from '../../dns/rrset.ts';
import { txtText } from '../../dns/rrset.ts';
import { hasVersion, type Versioned } from './kinds.ts';

export interface SetDamage {
  readonly code: 'dns.txt.split_across_records' | 'dns.txt.duplicate_identical';
  /** Indices into the set's data. */
  readonly records: readonly number[];
  /** The joined record, when there is only one way to join the pieces. */
  readonly cleaned?: string;
}

/** What is wrong with a TXT RRset as a whole. */
export function setDamage(data: readonly Txt[], kind: Versioned): readonly SetDamage[] {
  if (data.length < 2) return [];
  const texts = data.map(txtText);
  const found: SetDamage[] = [];
  const first = texts.findIndex((text) => hasVersion(text, kind));
  if (first < 0) return found;
  for (let i = first + 1; i < texts.length; i++) {
    if (texts[i] === texts[first]) found.push({ code: 'dns.txt.duplicate_identical', records: [first, i] });
  }
  const pieces = texts.flatMap((text, i) => (i !== first && isFragment(text, kind) ? [i] : []));
  if (pieces.length > 0) {
    const joined = pieces.length === 1 ? joinPieces(texts[first] ?? '', texts[pieces[0] ?? 0] ?? '', kind) : undefined;
    found.push({
      code: 'dns.txt.split_across_records',
      records: [first, ...pieces],
      ...(joined === undefined ? {} : { cleaned: joined }),
    });
  }
  return found;
}

const spfTerm =
  /^[+?~-]?(?:(?:include|exists):\S+|ip[46]:[0-9a-f.:]+(?:\/\d+)?|(?:a|mx|ptr)(?::\S+|\/\d+)|all)$|^redirect=\S+$/i;
const dmarcTag = /^(?:p|sp|np|rua|ruf|fo|adkim|aspf|pct|rf|ri|t|psd)\s*=/;
const tagOf: Readonly<Record<Exclude<Versioned, 'spf' | 'dkim'>, RegExp>> = {
  dmarc: dmarcTag,
  mtasts: /^id\s*=\s*[a-z0-9]+\s*;?$/i,
  tlsrpt: /^rua\s*=/,
  bimi: /^[la]\s*=/,
};

/** A text without a version that is nothing but the continuation of the record. */
function isFragment(text: string, kind: Versioned): boolean {
  const bare = text.trim();
  if (bare === '') return false;
  if (kind === 'spf') return bare.split(/ +/).every((term) => spfTerm.test(term));
  if (kind === 'dkim') return bare.length >= 16 && /^[A-Za-z0-9+/]+={0,2};?$/.test(bare) && !/^[a-f0-9]+$/i.test(bare);
  return tagOf[kind].test(bare.replace(/^;\s*/, ''));
}

function joinPieces(first: string, piece: string, kind: Versioned): string {
  if (kind === 'dkim') return first.trimEnd() + piece.trim();
  if (kind === 'spf') return `${first.trim()} ${piece.trim()}`;
  return `${first.trim().replace(/;$/, '')}; ${piece.trim().replace(/^;\s*/, '')}`;
}
