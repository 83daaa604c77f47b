/**
 * The MTA-STS policy file (RFC 8461 §3.2): lines of `key: value`, LF or CRLF, plain ASCII, at most 64 KB.
 *
 *     version: STSv1
 *     mode: enforce
 *     mx: mail.example.com
 *     max_age: 2592000
 */
import { parseName } from '../../dns/name.ts';
import type { DnsName } from '../../dns/name.ts';
import type { Parsed, Problem } from '../../text/parsed.ts';

export type Mode = 'enforce' | 'testing' | 'none';

export interface MtaStsPolicy {
  readonly mode: Mode;
  readonly mx: readonly MxPattern[];
  /** Seconds for which senders keep the policy. */
  readonly maxAgeSeconds: number;
  /** Keys that RFC 8461 §3.2 reserves for extensions; senders ignore them. */
  readonly extensions: readonly { readonly key: string; readonly value: string }[];
}

/** `mail.example.com`, or `*.example.com` for exactly one label in place of the star (RFC 8461 §4.1). */
export interface MxPattern {
  readonly wildcard: boolean;
  /** The host, or what follows `*.`. */
  readonly name: DnsName;
}

export type PolicyProblem =
  | 'mtasts.policy.size'
  | 'mtasts.policy.encoding'
  | 'mtasts.policy.line_syntax'
  | 'mtasts.policy.version'
  | 'mtasts.policy.mode'
  | 'mtasts.policy.mx_missing'
  | 'mtasts.policy.mx_syntax'
  | 'mtasts.policy.max_age_missing'
  | 'mtasts.policy.max_age_invalid'
  | 'mtasts.policy.duplicate_key'
  | 'mtasts.policy.unknown_key'
  | 'mtasts.policy.comma_mx';

export const maxPolicyOctets = 64 * 1024; // RFC 8461 §3.3
/** Above this the file is not read at all (house). */
export const mostPolicyOctets = 16 * maxPolicyOctets;
export const maxMaxAgeSeconds = 31_557_600; // RFC 8461 §3.2

interface Line {
  readonly text: string;
  readonly offset: number;
}

/** Reads a policy file. Problems point at offsets in the text (one character per octet). */
export function parsePolicy(octets: Uint8Array): Parsed<MtaStsPolicy, PolicyProblem> {
  const problems: Problem<PolicyProblem>[] = [];
  const fail = (problem: Problem<PolicyProblem>): Parsed<MtaStsPolicy, PolicyProblem> => ({
    kind: 'bad',
    problems: [...problems, problem],
  });
  if (octets.length > maxPolicyOctets) {
    problems.push({ code: 'mtasts.policy.size', offset: maxPolicyOctets, length: 1, args: { octets: octets.length } });
    if (octets.length > mostPolicyOctets) return { kind: 'bad', problems };
  }
  const text = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('latin1');
  const damage = encodingFault(text);
  if (damage) return fail({ code: 'mtasts.policy.encoding', ...damage });
  const seen = new Map<string, Line>();
  const mx: MxPattern[] = [];
  const extensions: { key: string; value: string }[] = [];
  let usable = true;
  let mxLines = 0;
  const problem = (code: PolicyProblem, line: Line, args: Problem['args'], fatal: boolean): void => {
    problems.push({ code, offset: line.offset, length: Math.max(1, line.text.length), ...(args ? { args } : {}) });
    if (fatal) usable = false;
  };
  for (const line of linesOf(text)) {
    if (line.text.trim() === '') continue;
    const colon = line.text.indexOf(':');
    const key = line.text.slice(0, Math.max(0, colon));
    if (colon <= 0 || !/^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$/.test(key)) {
      problem('mtasts.policy.line_syntax', line, { line: clip(line.text) }, true);
      continue;
    }
    const value = line.text.slice(colon + 1).trim();
    if (key === 'mx') {
      mxLines++;
      const pattern = readPattern(value);
      if (typeof pattern === 'string') {
        const code = pattern === 'list' ? 'mtasts.policy.comma_mx' : 'mtasts.policy.mx_syntax';
        problem(code, line, { pattern: clip(value), ...(pattern === 'list' ? {} : { reason: pattern }) }, true);
      } else mx.push(pattern);
    } else if (key === 'version' || key === 'mode' || key === 'max_age') {
      if (seen.has(key)) problem('mtasts.policy.duplicate_key', line, { key }, false);
      else seen.set(key, { text: value, offset: line.offset });
    } else {
      extensions.push({ key, value });
      problem('mtasts.policy.unknown_key', line, { key }, false);
    }
  }
  const whole: Line = { text, offset: 0 };
  const version = seen.get('version');
  if (version?.text !== 'STSv1')
    problem(
      'mtasts.policy.version',
      version ?? firstLine(whole),
      { found: version ? `version: ${clip(version.text)}` : 'no version line' },
      true,
    );
  const mode = seen.get('mode');
  const known = mode && isMode(mode.text) ? mode.text : undefined;
  if (!known)
    problem(
      'mtasts.policy.mode',
      mode ?? firstLine(whole),
      { found: mode ? `mode: ${clip(mode.text)}` : 'no mode line' },
      true,
    );
  const maxAge = seen.get('max_age');
  if (!maxAge) problem('mtasts.policy.max_age_missing', firstLine(whole), undefined, true);
  else if (!/^\d{1,10}$/.test(maxAge.text) || Number(maxAge.text) > maxMaxAgeSeconds) {
    problem('mtasts.policy.max_age_invalid', maxAge, { found: clip(maxAge.text) }, true);
  }
  if (mxLines === 0 && known !== undefined && known !== 'none')
    problem('mtasts.policy.mx_missing', firstLine(whole), { mode: known }, true);
  if (!usable || !known || !maxAge || octets.length > maxPolicyOctets) return { kind: 'bad', problems };
  return { kind: 'good', value: { mode: known, mx, maxAgeSeconds: Number(maxAge.text), extensions }, problems };
}

/** The policy file's text, CRLF line ends; `parsePolicy(formatPolicy(value))` gives the value back. */
export function formatPolicy(policy: MtaStsPolicy): string {
  const lines = [
    'version: STSv1',
    `mode: ${policy.mode}`,
    ...policy.mx.map((pattern) => `mx: ${patternText(pattern)}`),
  ];
  lines.push(`max_age: ${policy.maxAgeSeconds}`, ...policy.extensions.map((e) => `${e.key}: ${e.value}`));
  return lines.map((line) => `${line}\r\n`).join('');
}

export const patternText = (pattern: MxPattern): string => (pattern.wildcard ? `*.${pattern.name}` : pattern.name);

/** Whether a pattern covers an exchange: a star stands for exactly one label (RFC 8461 §4.1, RFC 9525 §6.3). */
export function matches(pattern: MxPattern, exchange: DnsName): boolean {
  if (!pattern.wildcard) return pattern.name === exchange;
  const dot = exchange.indexOf('.');
  return dot > 0 && exchange.slice(dot + 1) === pattern.name;
}

/** A host or `*.` and a host; otherwise a word on what is wrong with it, `list` for several hosts in one line. */
function readPattern(value: string): MxPattern | string {
  if (/[,;\s]/.test(value)) return 'list';
  if (value === '') return 'it is empty';
  if (/:\/\/|\//.test(value)) return 'it is a URL, not a host name';
  if (value.includes('@')) return 'it is an e-mail address, not a host name';
  if (value.endsWith('.')) return 'it ends with a dot';
  const wildcard = value.startsWith('*.');
  const host = wildcard ? value.slice(2) : value;
  if (host.includes('*')) return 'the star may only stand for the whole first label';
  if (/^[0-9.]+$/.test(host) || host.includes(':') || host.includes('[')) return 'it is an address, not a host name';
  const parsed = parseName(host);
  if (!parsed.ok || !/^[a-z0-9_.-]+$/.test(parsed.name) || !parsed.name.includes('.'))
    return 'it is not a full host name';
  return { wildcard, name: parsed.name };
}

const isMode = (text: string): text is Mode => text === 'enforce' || text === 'testing' || text === 'none';

function encodingFault(text: string): { offset: number; length: number; args: { found: string } } | undefined {
  if (text.startsWith('\u00ef\u00bb\u00bf')) return { offset: 0, length: 3, args: { found: 'a byte order mark' } };
  if (text.startsWith('\u00ff\u00fe') || text.startsWith('\u00fe\u00ff'))
    return { offset: 0, length: 2, args: { found: 'UTF-16' } };
  if (/^\s*<(!doctype|html|head|\?xml)/i.test(text.slice(0, 512)))
    return { offset: 0, length: Math.min(text.length, 40), args: { found: 'an HTML page' } };
  const bareCr = /\r(?!\n)/.exec(text);
  if (bareCr) return { offset: bareCr.index, length: 1, args: { found: 'a carriage return without a line feed' } };
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  const odd = /[^\t\r\n\x20-\x7e]/.exec(
    text.replaceAll(/^[A-Za-z0-9][A-Za-z0-9_.-]*:[^\r\n]*/gm, (line) =>
      /^(version|mode|mx|max_age):/.test(line) ? line : '',
    ),
  );
  if (odd)
    return {
      offset: text.indexOf(odd[0]),
      length: 1,
      args: { found: `the octet 0x${odd[0].charCodeAt(0).toString(16).padStart(2, '0')}` },
    };
  return undefined;
}

function linesOf(text: string): readonly Line[] {
  const lines: Line[] = [];
  let from = 0;
  while (from < text.length) {
    const feed = text.indexOf('\n', from);
    const end = feed < 0 ? text.length : feed;
    const stop = end > from && text.charCodeAt(end - 1) === 13 ? end - 1 : end;
    lines.push({ text: text.slice(from, stop), offset: from });
    from = end + 1;
  }
  return lines;
}

const firstLine = (whole: Line): Line => linesOf(whole.text)[0] ?? { text: '', offset: 0 };
const clip = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);
