/**
 * Octets outside printable ASCII in TXT values. Most of them were ASCII once: a word processor or web page put a curly
 * quote, a dash or a no-break space in its place, which looks the same and is two or three other octets (UTF-8).
 */
import { domainToUnicode } from 'node:url';
import type { DnsName } from '../../dns/name.ts';
import type { TextCode, TextProblem } from './problem.ts';

/** What word processors and web pages put in place of ASCII characters, with what was typed. */
const typed: ReadonlyMap<number, string> = new Map([
  [0x00a0, ' '], // no-break space
  [0x00ab, '"'],
  [0x00ad, ''], // soft hyphen
  [0x00b4, "'"],
  [0x00bb, '"'],
  ...range(0x2000, 0x200a, () => ' '), // spaces of every width
  ...range(0x200b, 0x200f, () => ''), // zero width, direction marks
  ...range(0x2010, 0x2015, () => '-'), // hyphens and dashes
  ...range(0x2018, 0x201b, () => "'"),
  ...range(0x201c, 0x201f, () => '"'),
  [0x202f, ' '],
  [0x2032, "'"],
  [0x2033, '"'],
  [0x2060, ''], // word joiner
  [0x2212, '-'],
  [0x3000, ' '],
  [0xfeff, ''], // byte order mark
  ...range(0xff01, 0xff5e, (wide) => String.fromCharCode(wide - 0xfee0)), // full-width forms
]);

function range(from: number, to: number, meant: (codePoint: number) => string): [number, string][] {
  return Array.from({ length: to - from + 1 }, (_, i) => [from + i, meant(from + i)]);
}

/** The same in Windows-1252, which old panels still send. */
const typedInWindows: ReadonlyMap<number, string> = new Map([
  [0x91, "'"],
  [0x92, "'"],
  [0x93, '"'],
  [0x94, '"'],
  [0x96, '-'],
  [0x97, '-'],
  [0xa0, ' '],
]);

interface Sign {
  readonly codePoint: number;
  readonly octets: number;
  /** What was meant in ASCII, where that is known. */
  readonly ascii?: string;
}

/** The character whose UTF-8 octets begin at `offset`; a lone octet where they are not UTF-8. */
function signAt(text: string, offset: number): Sign {
  const lead = text.charCodeAt(offset);
  const octets = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 1;
  let codePoint = octets === 1 ? lead : lead & (0xff >> (octets + 1));
  for (let i = 1; i < octets; i++) {
    const next = text.charCodeAt(offset + i);
    if (!(next >= 0x80 && next <= 0xbf)) return lone(lead);
    codePoint = (codePoint << 6) | (next & 0x3f);
  }
  if (octets === 1 && lead > 126) return lone(lead);
  const ascii = typed.get(codePoint);
  return { codePoint, octets, ...(ascii === undefined ? {} : { ascii }) };
}

function lone(octet: number): Sign {
  const ascii = typedInWindows.get(octet);
  return { codePoint: octet, octets: 1, ...(ascii === undefined ? {} : { ascii }) };
}

/** U+2026, which panels show for a value they cut off; `placeholders.ts` reports it. */
const ellipsis = 0x2026;

/** The octets that are not printable ASCII, tabs and line breaks aside. */
export function octetProblems(text: string, domain: DnsName): TextProblem[] {
  const problems: TextProblem[] = [];
  const unicode = unicodeForm(domain);
  for (let i = 0; i < text.length;) {
    const code = text.charCodeAt(i);
    if ((code >= 32 && code <= 126) || code === 9 || code === 10 || code === 13) {
      i++;
      continue;
    }
    const ownName = unicode === undefined ? -1 : text.indexOf(unicode, Math.max(0, i - unicode.length));
    if (unicode !== undefined && ownName >= 0 && ownName <= i) {
      const args = { ascii: domain, unicode: domainToUnicode(domain) };
      problems.push({ code: 'dns.idn.mixed_form', offset: ownName, length: unicode.length, args });
      i = ownName + unicode.length;
      continue;
    }
    const sign = signAt(text, i);
    const last = problems.at(-1);
    if (sign.codePoint !== ellipsis) {
      const name: TextCode = sign.ascii === undefined ? 'dns.txt.non_ascii' : 'dns.txt.smart_punctuation';
      if (name === 'dns.txt.non_ascii' && last?.code === name && last.offset + last.length === i) {
        problems[problems.length - 1] = { ...last, length: last.length + sign.octets };
      } else {
        const hex = sign.codePoint.toString(16).toUpperCase().padStart(4, '0');
        problems.push({ code: name, offset: i, length: sign.octets, args: { character: `U+${hex}` } });
      }
    }
    i += sign.octets;
  }
  return problems;
}

/** The domain with its U-labels as UTF-8 octets, when it has any. */
function unicodeForm(domain: DnsName): string | undefined {
  if (!domain.includes('xn--')) return undefined;
  const unicode = domainToUnicode(domain);
  return unicode === '' || unicode === domain ? undefined : Buffer.from(unicode, 'utf8').toString('latin1');
}

/** The text with everything that has an ASCII meaning written in ASCII. */
export function toAscii(text: string, domain: DnsName): string {
  const unicode = unicodeForm(domain);
  const named = unicode === undefined ? text : text.replaceAll(unicode, domain);
  let out = '';
  for (let i = 0; i < named.length;) {
    const code = named.charCodeAt(i);
    if (code < 128) {
      out += named[i];
      i++;
      continue;
    }
    const sign = signAt(named, i);
    out += sign.ascii ?? named.slice(i, i + sign.octets);
    i += sign.octets;
  }
  return out;
}
