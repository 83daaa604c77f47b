/**
 * The DKIM key record (RFC 6376 §3.6.1, RFC 8301, RFC 8463).
 *
 * A sender signs each message with a private key and names, in the signature, a domain (`d=`) and a selector (`s=`).
 * The receiver then asks for TXT at `<selector>._domainkey.<domain>` and finds the public key there:
 *
 *     v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A…
 *
 * `p` is the key in base64 and the only tag that must be there; an empty `p` says that the key is revoked. `v`, when
 * present, stands first and is `DKIM1`. `k` is `rsa` (the default) or `ed25519`; `h` limits the hash, `s` the use
 * (`email`), and `t` holds flags: `y` testing, `s` no sub-domains in `i=`. Unknown tags are ignored, a tag that
 * stands twice spoils the record.
 */
import type { Parsed, Problem, Span } from '../../text/parsed.ts';
import { duplicateTags, scanTagList, type Tag, type TagList } from '../../text/tag-list.ts';

export interface DkimKeyRecord {
  /** Whether the record begins with `v=DKIM1`, which is optional. */
  readonly versioned: boolean;
  /** `k`: `rsa` where the tag is absent. */
  readonly keyType: 'rsa' | 'ed25519';
  /** `p` without blanks; empty for a revoked key. */
  readonly publicKey: string;
  /** `h`, where present. */
  readonly hashes?: readonly string[];
  /** `s`, where present. */
  readonly services?: readonly string[];
  /** `t`; empty where absent. */
  readonly flags: readonly string[];
  /** `n` as written, in the quoted-printable form of RFC 6376 §2.11. */
  readonly notes?: string;
  /** `g`, a leftover of RFC 4871. */
  readonly granularity?: string;
  /** Every other tag. */
  readonly other: readonly { readonly name: string; readonly value: string }[];
}

export type RecordCode =
  | 'dkim.record.syntax'
  | 'dkim.record.duplicate_tag'
  | 'dkim.v.invalid'
  | 'dkim.v.not_first'
  | 'dkim.v.absent'
  | 'dkim.dkim2'
  | 'dkim.p.missing'
  | 'dkim.p.revoked'
  | 'dkim.p.not_base64'
  | 'dkim.p.pem_armour'
  | 'dkim.k.unknown'
  | 'dkim.h.sha1_only'
  | 'dkim.s.excludes_email'
  | 'dkim.s.tlsrpt'
  | 'dkim.t.testing'
  | 'dkim.g.legacy';

/** With these the record cannot be used: a verifier ignores it, or finds no key in it. */
const fatal: ReadonlySet<RecordCode> = new Set<RecordCode>([
  'dkim.record.syntax',
  'dkim.record.duplicate_tag',
  'dkim.v.invalid',
  'dkim.v.not_first',
  'dkim.p.missing',
  'dkim.p.not_base64',
  'dkim.p.pem_armour',
  'dkim.k.unknown',
]);

/** What can be read from a text, with its faults: the value is the best guess where `bad` is true. */
export interface Reading {
  readonly value: DkimKeyRecord;
  readonly problems: readonly Problem<RecordCode>[];
  readonly bad: boolean;
}

/** Reads a key record. Linear in the length of the text; never throws. */
export function parse(text: string): Parsed<DkimKeyRecord, RecordCode> {
  const reading = read(text);
  if (!reading) return { kind: 'other' };
  if (reading.bad) return { kind: 'bad', problems: reading.problems };
  return { kind: 'good', value: reading.value, problems: reading.problems };
}

/** The text to publish, `v=DKIM1` first; tags with their default value are left out, except `k`. */
export function format(record: DkimKeyRecord): string {
  const tags: string[] = [];
  if (record.versioned) tags.push('v=DKIM1');
  if (record.hashes) tags.push(`h=${record.hashes.join(':')}`);
  tags.push(`k=${record.keyType}`);
  if (record.granularity !== undefined) tags.push(`g=${record.granularity}`);
  if (record.notes !== undefined) tags.push(`n=${record.notes}`);
  if (record.services) tags.push(`s=${record.services.join(':')}`);
  if (record.flags.length > 0) tags.push(`t=${record.flags.join(':')}`);
  for (const { name, value } of record.other) tags.push(`${name}=${value}`);
  tags.push(`p=${record.publicKey}`);
  return tags.join('; ');
}

/** As `parse`, and says what could be read from a faulty record too. `undefined` for a text of another kind. */
export function read(text: string): Reading | undefined {
  const armour = text.indexOf('-----BEGIN');
  if (armour < 0 && !looksLikeKey(text)) return undefined;
  const problems: Problem<RecordCode>[] = [];
  const list = scanTagList(text);
  const tags = firstOfEach(list);

  if (armour >= 0) problems.push(armourProblem(text, armour));
  else shapeProblems(list, text, problems);
  for (const { again } of duplicateTags(list)) {
    problems.push({ code: 'dkim.record.duplicate_tag', ...again.at, args: { tag: again.name } });
  }
  versionProblems(list, tags.get('v'), problems);
  const publicKey = armour >= 0 ? armouredKey(text, armour) : keyValue(tags.get('p'), text, problems);
  const keyType = keyTypeOf(tags.get('k'), problems);
  const hashes = listOf(tags.get('h'));
  if (hashes && !hashes.includes('sha256')) {
    problems.push({ code: 'dkim.h.sha1_only', ...at(tags.get('h')), args: { hashes: short(hashes.join(':')) } });
  }
  const services = listOf(tags.get('s'));
  if (services && !services.includes('*') && !services.includes('email')) {
    if (services.includes('tlsrpt')) problems.push({ code: 'dkim.s.tlsrpt', ...at(tags.get('s')) });
    else {
      problems.push({
        code: 'dkim.s.excludes_email',
        ...at(tags.get('s')),
        args: { services: short(services.join(':')) },
      });
    }
  }
  const flags = listOf(tags.get('t')) ?? [];
  if (flags.includes('y'))
    problems.push({ code: 'dkim.t.testing', ...at(tags.get('t')), args: { flags: short(flags.join(':')) } });
  const g = tags.get('g');
  if (g) problems.push({ code: 'dkim.g.legacy', ...g.at, args: { value: short(g.value) } });
  const notes = tags.get('n')?.value;

  return {
    value: {
      versioned: tags.has('v'),
      keyType,
      publicKey,
      ...(hashes ? { hashes } : {}),
      ...(services ? { services } : {}),
      flags,
      ...(notes === undefined ? {} : { notes }),
      ...(g ? { granularity: g.value } : {}),
      other: otherTags(list, tags),
    },
    problems,
    bad: problems.some((problem) => fatal.has(problem.code) && !isBlankPiece(problem)),
  };
}

/** A doubled semicolon: against the grammar, though most verifiers pass over it. */
export function isBlankPiece(problem: { readonly args?: Readonly<Record<string, string | number>> }): boolean {
  return problem.args?.['piece'] === ';;';
}

const known: ReadonlySet<string> = new Set(['v', 'k', 'p', 'h', 's', 't', 'n', 'g']);

/** Beginnings of other records that may stand at a selector by mistake and also know a `p` tag. */
const otherVersion = /^\s*v\s*=\s*(?:spf|DMARC|STSv|TLSRPT|BIMI|MC)/i;

/** A key record, even a broken one, names the version, or has a `p` or `k` tag (perhaps with `:` for `=`). */
function looksLikeKey(text: string): boolean {
  if (text.startsWith('v=DKIM1')) return true;
  if (otherVersion.test(text)) return false;
  return /^[\s"']*v\s*[=:]?\s*DKIM/i.test(text) || /(?:^|[;\s"'])(?:p|k)\s*=|(?:^|[;\s"'])[pk]:[\w+/]/.test(text);
}

function firstOfEach(list: TagList): ReadonlyMap<string, Tag> {
  const tags = new Map<string, Tag>();
  for (const tag of list.tags) if (!tags.has(tag.name)) tags.set(tag.name, tag);
  return tags;
}

function otherTags(list: TagList, tags: ReadonlyMap<string, Tag>): readonly { name: string; value: string }[] {
  if (list.tags.length <= 3 && tags.has('p') && tags.has('k') && tags.has('v')) return [];
  return list.tags
    .filter((tag) => !known.has(tag.name) && tags.get(tag.name) === tag)
    .map(({ name, value }) => ({ name, value }));
}

const at = (tag: Tag | undefined): Span => tag?.at ?? { offset: 0, length: 0 };
const short = (text: string): string => (text.length > 40 ? `${text.slice(0, 39)}…` : text);

function listOf(tag: Tag | undefined): readonly string[] | undefined {
  return tag?.value.split(':').map((item) => item.trim());
}

/** RFC 6376 §3.2: names are a letter and then letters, digits, underscores; pieces without `=` spoil the list. */
function shapeProblems(list: TagList, text: string, problems: Problem<RecordCode>[]): void {
  for (const piece of list.broken) {
    problems.push({
      code: 'dkim.record.syntax',
      offset: piece.offset,
      length: piece.length,
      args: { piece: short(piece.text) },
    });
  }
  for (const tag of list.tags) {
    if (!/^[A-Za-z]\w*$/.test(tag.name)) {
      problems.push({
        code: 'dkim.record.syntax',
        ...tag.at,
        args: { piece: short(text.slice(tag.at.offset, tag.at.offset + tag.at.length)) },
      });
    } else if (tag.name !== 'p' && tag.name !== 'n') {
      // A forgotten semicolon swallows the next tag: `v=DKIM1 k=rsa`.
      const swallowed = /\s([kpsthg])\s*=/.exec(tag.value);
      if (swallowed) {
        problems.push({
          code: 'dkim.record.syntax',
          offset: tag.valueAt.offset,
          length: swallowed.index + swallowed[0].length,
          args: { piece: short(tag.value.slice(0, swallowed.index + swallowed[0].length)) },
        });
      }
    }
  }
  for (const blank of list.blank) {
    problems.push({
      code: 'dkim.record.syntax',
      offset: Math.max(0, blank.offset - 1),
      length: blank.length + 1,
      args: { piece: ';;' },
    });
  }
}

function versionProblems(list: TagList, version: Tag | undefined, problems: Problem<RecordCode>[]): void {
  if (!version) {
    problems.push({ code: 'dkim.v.absent', offset: 0, length: 0 });
    return;
  }
  if (version.value !== 'DKIM1') {
    if (/^DKIM1\s/.test(version.value)) return; // a missing semicolon, reported as such
    problems.push({ code: 'dkim.v.invalid', ...version.at, args: { value: short(version.value) } });
    if (version.value === 'DKIM2') problems.push({ code: 'dkim.dkim2', ...version.at });
  } else if (list.tags[0] !== version) problems.push({ code: 'dkim.v.not_first', ...version.at });
}

function keyTypeOf(tag: Tag | undefined, problems: Problem<RecordCode>[]): 'rsa' | 'ed25519' {
  if (!tag || tag.value === 'rsa') return 'rsa';
  if (tag.value === 'ed25519') return 'ed25519';
  problems.push({ code: 'dkim.k.unknown', ...tag.at, args: { value: short(tag.value) } });
  return tag.value.toLowerCase() === 'ed25519' ? 'ed25519' : 'rsa';
}

function keyValue(tag: Tag | undefined, text: string, problems: Problem<RecordCode>[]): string {
  if (!tag) {
    problems.push({ code: 'dkim.p.missing', offset: 0, length: Math.min(text.length, 80) });
    return '';
  }
  const value = tag.value;
  if (value === '') {
    problems.push({ code: 'dkim.p.revoked', ...tag.at });
    return '';
  }
  if (plainBase64.test(value)) return value;
  const bad = /[^A-Za-z0-9+/=\s]+|=(?=[\s]*[A-Za-z0-9+/])/.exec(value);
  if (bad) {
    problems.push({
      code: 'dkim.p.not_base64',
      offset: tag.valueAt.offset + bad.index,
      length: bad[0].length,
      args: { detail: `\`${short(bad[0])}\` at character ${bad.index + 1} does not belong to base64` },
    });
  }
  return value.replaceAll(/[^A-Za-z0-9+/=]+/g, '');
}

const plainBase64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** The PEM block in the text: its end line may be missing, and blanks may stand for the line ends. */
const pemLine = /-----(?:BEGIN|END) [A-Z0-9 ]{1,40}-----/g;

function armourProblem(text: string, offset: number): Problem<RecordCode> {
  const end = text.indexOf('-----', offset + 10);
  return { code: 'dkim.p.pem_armour', offset, length: (end < 0 ? text.length : end + 5) - offset };
}

function armouredKey(text: string, from: number): string {
  const block = text.slice(from).replaceAll(pemLine, ' ');
  return (/^[A-Za-z0-9+/=\s"']+/.exec(block)?.[0] ?? '').replaceAll(/[^A-Za-z0-9+/=]+/g, '');
}
