/**
 * TLS-RPT (RFC 8460): where senders report whether TLS to this domain's mail servers worked.
 *
 * It stands at `_smtp._tls.<domain>` as one TXT record: `v=TLSRPTv1; rua=mailto:tls@example.com`.
 * Senders that deliver to the domain read it (Gmail, Microsoft, Yahoo and others) and send a JSON report a day.
 * It is the only feedback that MTA-STS and DANE have, so it is published before them.
 */
import { scanTagList } from '../../text/tag-list.ts';
import type { Parsed, Problem, Span } from '../../text/parsed.ts';

export interface TlsRptRecord {
  readonly rua: readonly ReportUri[];
  /** Fields that RFC 8460 §3 reserves for extensions; receivers ignore them. */
  readonly extensions: readonly { readonly name: string; readonly value: string }[];
}

/** `mailto:` or `https:` only (RFC 8460 §3). */
export interface ReportUri {
  readonly scheme: 'mailto' | 'https';
  /** The whole URI as written. */
  readonly uri: string;
  /** Where the reports go: the domain of the mailbox or the host of the URL, lower case. */
  readonly host: string;
}

export type TlsRptProblem =
  | 'tlsrpt.version'
  | 'tlsrpt.rua.missing'
  | 'tlsrpt.rua.scheme'
  | 'tlsrpt.rua.encoding'
  | 'tlsrpt.rua.list'
  | 'tlsrpt.ext_field';

const prefix = 'v=TLSRPTv1';

/** Reads the joined value of one TXT record. Senders discard records that do not begin with `v=TLSRPTv1;` (RFC 8460 §3). */
export function parse(text: string): Parsed<TlsRptRecord, TlsRptProblem> {
  const at = versionSpan(text);
  if (at === undefined) return { kind: 'other' };
  const problems: Problem<TlsRptProblem>[] = [];
  const exact = text.startsWith(prefix) && /^[ \t]*(;|$)/.test(text.slice(prefix.length));
  if (!exact) {
    return {
      kind: 'bad',
      problems: [{ code: 'tlsrpt.version', ...at, args: { found: text.slice(at.offset, at.offset + at.length) } }],
    };
  }
  const list = scanTagList(text);
  const fields = list.tags.slice(1);
  const extensions: { name: string; value: string }[] = [];
  const rua: ReportUri[] = [];
  let broken = false;
  const ruaTag = fields.find((tag) => tag.name === 'rua');
  for (const tag of fields) {
    if (tag.name === 'rua') continue;
    extensions.push({ name: tag.name, value: tag.value });
    problems.push({
      code: 'tlsrpt.ext_field',
      offset: tag.at.offset,
      length: tag.at.length,
      args: { field: tag.name },
    });
  }
  for (const piece of list.broken) {
    // A piece without `=` behind rua is an address after a stray semicolon; anywhere else it is an encoding fault.
    const code =
      /^(mailto|https):/i.test(piece.text) || piece.text.includes('@') ? 'tlsrpt.rua.list' : 'tlsrpt.rua.encoding';
    problems.push({ code, offset: piece.offset, length: piece.length, args: { part: piece.text } });
    broken = true;
  }
  if (!ruaTag || ruaTag.value === '') {
    problems.push({ code: 'tlsrpt.rua.missing', offset: 0, length: text.length });
    return { kind: 'bad', problems };
  }
  let usable = true;
  for (const piece of splitUris(ruaTag.value, ruaTag.valueAt.offset)) {
    const uri = readUri(piece.text);
    if (piece.blank)
      problems.push({
        code: 'tlsrpt.rua.list',
        offset: piece.offset,
        length: piece.text.length,
        args: { part: piece.text },
      });
    if (uri === 'scheme') {
      usable = false;
      problems.push({
        code: 'tlsrpt.rua.scheme',
        offset: piece.offset,
        length: piece.text.length,
        args: { uri: piece.text },
      });
    } else if (uri === 'encoding') {
      usable = false;
      problems.push({
        code: 'tlsrpt.rua.encoding',
        offset: piece.offset,
        length: piece.text.length,
        args: { part: piece.text },
      });
    } else rua.push(uri);
  }
  if (rua.length === 0 || (!usable && rua.length === 0) || (broken && rua.length === 0))
    return { kind: 'bad', problems };
  return { kind: 'good', value: { rua, extensions }, problems };
}

/** The record's text; `parse(format(value))` gives the value back. */
export function format(value: TlsRptRecord): string {
  const fields = [
    `rua=${value.rua.map((uri) => uri.uri).join(',')}`,
    ...value.extensions.map((e) => `${e.name}=${e.value}`),
  ];
  return `${prefix}; ${fields.join('; ')}`;
}

/** Where something like the version stands, when the text means to be a TLS-RPT record. */
function versionSpan(text: string): Span | undefined {
  if (text.startsWith(prefix)) {
    const end = /[;\s]/.exec(text.slice(prefix.length));
    return { offset: 0, length: prefix.length + (end ? end.index : text.length - prefix.length) };
  }
  const meant = /^\s*v?\s*=?\s*TLS-?RPT(v\d+)?/i.exec(text.slice(0, 64));
  return meant ? { offset: 0, length: meant[0].length } : undefined;
}

function splitUris(value: string, offset: number): readonly { text: string; offset: number; blank: boolean }[] {
  const pieces: { text: string; offset: number; blank: boolean }[] = [];
  let from = 0;
  for (const part of value.split(',')) {
    let inner = from;
    const words = part.split(/([ \t\r\n]+)/);
    let seen = 0;
    for (const word of words) {
      if (word.trim() !== '') pieces.push({ text: word, offset: offset + inner, blank: seen++ > 0 });
      inner += word.length;
    }
    from += part.length + 1;
  }
  return pieces;
}

function readUri(text: string): ReportUri | 'scheme' | 'encoding' {
  if (/[!;]/.test(text)) return 'encoding';
  if (/^mailto:/i.test(text)) {
    const host = /^[^@\s]+@([^@\s?]+)/.exec(text.slice('mailto:'.length))?.[1];
    return host ? { scheme: 'mailto', uri: text, host: host.toLowerCase() } : 'encoding';
  }
  if (/^https:\/\//i.test(text)) {
    const host = /^https:\/\/([^/?#:\s]+)/i.exec(text)?.[1];
    return host ? { scheme: 'https', uri: text, host: host.toLowerCase() } : 'encoding';
  }
  return 'scheme';
}
