/**
 * Damage of TXT values: what control panels, word processors and zone files do to a record on its way into the DNS.
 *
 * A TXT record is a row of character-strings of at most 255 octets (RFC 1035 §3.3.14). Readers of SPF, DKIM, DMARC,
 * MTA-STS, TLS-RPT and BIMI join the strings with nothing between (RFC 7208 §3.3, RFC 6376 §3.6.2.2) and then look
 * for the version at the very first octet. A quotation mark, a leading blank or a curly dash is therefore enough to
 * make a record invisible, although it looks right on the screen of the panel.
 *
 * The rules here hold for every record; what the tags and terms mean is the business of the record's own home.
 */
import type { DnsName } from '../../dns/name.ts';
import type { Txt } from '../../dns/rrset.ts';
import { txtText } from '../../dns/rrset.ts';
import { continuesTerm, jointProblems } from './joints.ts';
import { hasVersion, kindOfText, versionOf, type Expect, type Versioned } from './kinds.ts';
import { octetProblems, toAscii } from './octets.ts';
import { placeholderProblems } from './placeholders.ts';
import type { TextCode, TextProblem } from './problem.ts';

export interface TextDamage {
  /** The joined value; offsets of the problems count in it. */
  readonly text: string;
  readonly kind: Versioned;
  readonly problems: readonly TextProblem[];
  /** The text as it was meant, where that can be told; it has none of these problems. */
  readonly cleaned?: string;
}

/** RFC 1035 §3.3: a character-string holds at most 255 octets. */
const maxStringOctets = 255;

/** Longest text that consists of a version and nothing else. */
const longestVersion = 'v=TLSRPTv1'.length;

/** The damage of one TXT record, or `undefined` when there is none (or the text is not the expected record at all). */
export function textDamage(
  txt: Txt,
  { expect, domain }: { readonly expect: Expect; readonly domain: DnsName },
): TextDamage | undefined {
  const text = txtText(txt);
  const kind = expect === 'any' ? kindOfText(text) : expect;
  if (kind === undefined) return undefined;
  if (txt.strings.length === 1 && text.length <= maxStringOctets ? isSound(text, kind) : isSoundLong(txt, text, kind)) {
    return undefined;
  }
  if (!isMeantAs(text, kind)) return undefined;
  return examine(txt, text, kind, domain, expect !== 'any');
}

/** Octets that occur in sound records only; everything else sends the text to the slow path. */
const suspicious = Uint8Array.from({ length: 256 }, (_, octet) =>
  octet < 32 || octet > 126 || '"\'\\&()<[]'.includes(String.fromCharCode(octet)) ? 1 : 0,
);
const perhapsPlaceholder = /example|your|\.tld|192\.0\.2\.|198\.51\.100\.|203\.0\.113\.|2001:0?db8|3fff:/i;

/** One pass that proves the absence of damage. `false` proves nothing. */
function isSound(text: string, kind: Versioned): boolean {
  if (text.length <= longestVersion || !text.startsWith(versionOf[kind]) || text.endsWith(' ')) return false;
  let before = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (suspicious[code] !== 0) return false;
    if (code === 46 && before === 46) return false;
    if (code === 123 && before !== 37) return false;
    before = code;
  }
  return !perhapsPlaceholder.test(text);
}

function isSoundLong(txt: Txt, text: string, kind: Versioned): boolean {
  for (const string of txt.strings) if (string.length > maxStringOctets) return false;
  return isSound(text, kind) && jointProblems(txt, kind).length === 0;
}

/** Whether a text at the record's name tries to be that record, however damaged; verification tokens do not. */
function isMeantAs(text: string, kind: Versioned): boolean {
  const mark = versionOf[kind].slice(2).toLowerCase();
  const lower = text.toLowerCase();
  return lower.includes(mark) || (kind === 'dkim' && /[pk]\s*=/.test(lower));
}

function examine(
  txt: Txt,
  text: string,
  kind: Versioned,
  domain: DnsName,
  isAtItsName: boolean,
): TextDamage | undefined {
  const problems: TextProblem[] = [];
  let offset = 0;
  for (const string of txt.strings) {
    if (string.length > maxStringOctets) {
      const args = { octets: string.length };
      problems.push({ code: 'dns.txt.chunk_over_255', offset, length: string.length, args });
    }
    offset += string.length;
  }
  const joints = jointProblems(txt, kind);
  problems.push(...joints.map(({ offset, length }) => ({ code: 'dns.txt.joint_space' as const, offset, length })));
  // At other names a version alone has its meaning: it lets DMARC reports be sent there (RFC 9990 §4).
  const cutOff = isAtItsName ? truncated(text, kind) : undefined;
  if (cutOff) problems.push(cutOff);
  problems.push(...octetProblems(text, domain));
  problems.push(...syntaxProblems(text, kind));
  problems.push(...placeholderProblems(text, domain));
  if (problems.length === 0) return undefined;
  problems.sort((a, b) => a.offset - b.offset);
  if (cutOff || problems.some(({ code }) => code === 'dns.txt.placeholder')) return { text, kind, problems };
  const cleaned = clean(mendJoints(txt, joints), kind, domain);
  const sound = cleaned !== text && hasVersion(cleaned, kind) && !isDamaged(cleaned, kind, domain);
  return { text, kind, problems, ...(sound ? { cleaned } : {}) };
}

function isDamaged(text: string, kind: Versioned, domain: DnsName): boolean {
  return (
    octetProblems(text, domain).length > 0 ||
    syntaxProblems(text, kind).length > 0 ||
    placeholderProblems(text, domain).length > 0
  );
}

/** `v=DMARC1` and no more: an unquoted `;` begins a comment in a zone file (RFC 1035 §5.1), so the rest was dropped. */
function truncated(text: string, kind: Versioned): TextProblem | undefined {
  const bare = text.trim();
  const alone = bare === versionOf[kind] || (kind === 'dkim' && /^k\s*=\s*(?:rsa|ed25519)$/.test(bare));
  if (kind === 'spf' || !alone) return undefined;
  return { code: 'dns.txt.semicolon_truncated', offset: 0, length: text.length };
}

// --- quotes, escapes, pasted zone files ------------------------------------------------------------------------------

const entity = /&(?:quot|amp|lt|gt|apos|nbsp|#\d{1,6}|#x[0-9a-f]{1,6});/gi;
const commentOfKeygen = /\)?\s*;\s*-{2,}[^;]*$/;

function syntaxProblems(text: string, kind: Versioned): TextProblem[] {
  const problems: TextProblem[] = [];
  const add = (code: TextCode, offset: number, length: number, severity?: 'warning'): void => {
    problems.push({ code, offset, length, ...(severity ? { severity } : {}) });
  };

  const pasted = pastedAround(text, kind);
  if (pasted.head > 0) add('dns.txt.zonefile_pasted', 0, pasted.head);
  if (pasted.tail < text.length) add('dns.txt.zonefile_pasted', pasted.tail, text.length - pasted.tail);

  for (const { index, 0: marks } of text.matchAll(/"\s*"|"|'/g)) {
    const atEdge = index <= pasted.head || index + marks.length >= pasted.tail;
    // The note of a DKIM key (n=) may hold quotation marks (RFC 6376 §3.6.1).
    const counts = marks === "'" ? atEdge : marks.length > 1 || atEdge || kind !== 'dkim';
    if (counts && text[index - 1] !== '\\') add('dns.txt.literal_quotes', index, marks.length);
  }
  for (const { index } of text.matchAll(/\\(?:\d{3}|.)?/gs)) add('dns.txt.backslash_visible', index, 1);
  for (const { index, 0: found } of text.matchAll(entity)) add('dns.txt.html_entity', index, found.length);
  for (const { index, 0: found } of text.matchAll(/[\t\r\n]+/g)) {
    // Tag lists allow tabs, and DKIM folded lines too (RFC 6376 §3.2); SPF knows only the blank (RFC 7208 §4.6.1).
    const forgiven = kind === 'dkim' || (kind !== 'spf' && !/[\r\n]/.test(found));
    add('dns.txt.line_break', index, found.length, forgiven ? 'warning' : undefined);
  }

  // DKIM tag lists may begin and end with blanks (RFC 6376 §3.2); SPF and DMARC may end with them (RFC 7208 §4.5,
  // RFC 9989 §4.8); MTA-STS and TLS-RPT only after a final semicolon (RFC 8461 §3.1, RFC 8460 §3).
  const leading = text.length - text.trimStart().length;
  if (leading > 0 && kind !== 'dkim' && isBlankRun(text, 0, leading)) add('dns.txt.edge_space', 0, leading);
  const end = text.trimEnd().length;
  if ((kind === 'mtasts' || kind === 'tlsrpt') && end > 0 && end < text.length && text[end - 1] !== ';') {
    if (isBlankRun(text, end, text.length)) add('dns.txt.edge_space', end, text.length - end, 'warning');
  }
  return problems;
}

function isBlankRun(text: string, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (text.charCodeAt(i) !== 32) return false;
  return true;
}

/** Where the value begins and ends when the rest of a zone-file line, or the labels of a form, stand around it. */
function pastedAround(text: string, kind: Versioned): { readonly head: number; readonly tail: number } {
  const at = startOfRecord(text, kind);
  const before = text.slice(0, at);
  const isPasted =
    /(?:^|[\s"(])(?:IN\s+)?(?:TXT|SPF)[\s"(]*$/i.test(before) ||
    /(?:^|[\s"(])IN\s+(?:TXT|SPF)\b/i.test(before) ||
    /\b(?:host|name|value|content|data|record|type|ttl|txt)\s*:/i.test(before) ||
    /^\s*(?:@|_[a-z0-9.-]+|[a-z0-9_-]+(?:\.[a-z0-9_-]+)+\.?|\d{2,7})\s[\s"(]*$/i.test(before) ||
    before.includes('(');
  const comment = commentOfKeygen.exec(text);
  const end = comment ? comment.index : text.length;
  const trimmed = text.slice(0, end).trimEnd();
  const tail = trimmed.endsWith(')') && (isPasted || !trimmed.includes('(')) ? trimmed.length - 1 : end;
  return { head: isPasted ? at : 0, tail };
}

function startOfRecord(text: string, kind: Versioned): number {
  const at = text.toLowerCase().indexOf(versionOf[kind].toLowerCase());
  if (at >= 0 || kind !== 'dkim') return Math.max(at, 0);
  return Math.max(text.search(/(?:^|[\s"(])[kp]\s*=/), 0);
}

// --- the text as it was meant ------------------------------------------------------------------------------------

function clean(text: string, kind: Versioned, domain: DnsName): string {
  let out = toAscii(text, domain).replaceAll(entity, decodeEntity);
  const { head, tail } = pastedAround(out, kind);
  out = out.slice(head, tail);
  out = out.replaceAll(/\\(\d{3})/g, (_, digits: string) => String.fromCharCode(Number(digits) & 0xff));
  out = out.replaceAll(/\\(.)/g, '$1');
  out = out.replaceAll(/"\s*"/g, '').replaceAll('"', '');
  out = out.replaceAll(/^['\s]+|['\s]+$/g, '');
  out = kind === 'spf' ? joinLines(out) : out.replaceAll(/ *[\t\r\n]+ */g, '');
  const version = versionOf[kind];
  return out.slice(0, version.length).toLowerCase() === version.toLowerCase()
    ? version + out.slice(version.length)
    : out;
}

/** A break between two terms becomes a blank; one inside a term goes. */
function joinLines(text: string): string {
  const [first = '', ...rest] = text.split(/\s*[\t\r\n]\s*/);
  return rest.reduce((line, next) => line + (continuesTerm(line, next) ? '' : ' ') + next, first);
}

function mendJoints(txt: Txt, joints: ReturnType<typeof jointProblems>): string {
  let text = '';
  let mended = '';
  for (const string of txt.strings) {
    const joint = joints.find(({ at }) => at === text.length);
    if (joint?.kind === 'lost') mended += ` ${string}`;
    else if (joint) mended = mended.trimEnd() + string.trimStart();
    else mended += string;
    text += string;
  }
  return mended;
}

function decodeEntity(found: string): string {
  const name = found.slice(1, -1).toLowerCase();
  const number = name.startsWith('#x')
    ? parseInt(name.slice(2), 16)
    : name.startsWith('#')
      ? Number(name.slice(1))
      : -1;
  if (number >= 0) return number < 256 ? String.fromCharCode(number) : found;
  return { quot: '"', amp: '&', lt: '<', gt: '>', apos: "'", nbsp: ' ' }[name] ?? found;
}
