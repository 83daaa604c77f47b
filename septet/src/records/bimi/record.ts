/**
 * BIMI (Brand Indicators for Message Identification): a domain's wish to have its logo shown beside its mail.
 *
 * It stands in a TXT record at `default._bimi.<domain>`, or at `<selector>._bimi.<domain>` when the message names a
 * selector. It says where the logo is (`l=`, an SVG over HTTPS) and where the certificate for it (`a=`, PEM over HTTPS).
 * Mailbox providers read it, after DMARC has passed with an enforced policy; each decides alone whether to show anything.
 * There is no RFC: draft-brand-indicators-for-message-identification (“BIMI-D”), SVG Tiny PS, and the certificate profile of
 * draft-fetch-validation-vmc-wchuang (“VMC-D”).
 */
import type { Parsed, Problem } from '../../text/parsed.ts';
import { duplicateTags, scanTagList } from '../../text/tag-list.ts';
import type { Tag, TagList } from '../../text/tag-list.ts';

export interface BimiRecord {
  /** The HTTPS address of the logo; `''` declines, or leaves it to the certificate. */
  readonly location: string;
  /** The HTTPS address of the evidence document; `''` when there is none. */
  readonly evidence: string;
  /** Which logo readers should prefer where the sender has a personal avatar too. */
  readonly avatar: 'brand' | 'personal';
  /** Local parts that may serve as selectors: those that begin with one of these; all when the list is empty. */
  readonly localParts?: readonly string[];
}

export type ProblemCode =
  | 'bimi.v'
  | 'bimi.syntax'
  | 'bimi.tag.unknown'
  | 'bimi.l.missing'
  | 'bimi.l.empty_with_a'
  | 'bimi.l.not_https'
  | 'bimi.l.multiple'
  | 'bimi.l.extension'
  | 'bimi.a.not_https'
  | 'bimi.a.extension'
  | 'bimi.avp.invalid'
  | 'bimi.lps.invalid';

/** A record with one of these is not used. */
const fatal: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'bimi.v',
  'bimi.syntax',
  'bimi.l.missing',
  'bimi.l.not_https',
  'bimi.l.multiple',
  'bimi.l.extension',
  'bimi.a.not_https',
]);

const maxLabelCharacters = 63; // RFC 1035 §2.3.4
const tags = new Set(['v', 'l', 'a', 'lps', 'avp']);

/** Whether the text begins as BIMI-D wants it; readers drop every other record. */
export function isBimi(text: string): boolean {
  return /^\s*v[ \t]*=[ \t]*BIMI1[ \t]*(?:;|$)/.test(text);
}

/** `other`: nothing in the text wants to be BIMI. Linear; never throws. */
export function parse(text: string): Parsed<BimiRecord, ProblemCode> {
  if (!/bimi/i.test(text)) return { kind: 'other' };
  const list = scanTagList(text);
  const first = list.tags[0];
  if (!isBimi(text) || !first || first.at.offset > leading(text)) return withoutVersion(text, list);
  const problems: Problem<ProblemCode>[] = [];
  const add = (code: ProblemCode, at: { offset: number; length: number }, args?: Problem['args']): void => {
    problems.push({ code, offset: at.offset, length: at.length, ...(args ? { args } : {}) });
  };
  for (const piece of list.broken) add('bimi.syntax', piece, { what: `\`${piece.text}\` is not \`tag=value\`` });
  for (const piece of list.blank)
    add('bimi.syntax', { ...piece, length: piece.length + 1 }, { what: 'a `;` too many' });
  for (const { again } of duplicateTags(list)) add('bimi.syntax', again.at, { what: `\`${again.name}\` stands twice` });
  for (const tag of list.tags) if (!tags.has(tag.name)) add('bimi.tag.unknown', tag.at, { tag: tag.name });

  const find = (name: string): Tag | undefined => list.tags.find((tag) => tag.name === name);
  const location = find('l');
  const evidence = find('a');
  if (!location) add('bimi.l.missing', first.at);
  else if (location.value === '') {
    if (evidence && evidence.value !== '') add('bimi.l.empty_with_a', location.at);
  } else checkLocation(location, add);
  if (evidence && evidence.value !== '') checkEvidence(evidence, add);
  const avatar = find('avp');
  if (avatar && avatar.value !== 'brand' && avatar.value !== 'personal') {
    add('bimi.avp.invalid', avatar.at, { value: avatar.value });
  }
  const lps = find('lps');
  const localParts = lps && prefixesOf(lps, add);
  problems.sort((a, b) => a.offset - b.offset);
  if (problems.some(({ code }) => fatal.has(code))) return { kind: 'bad', problems };
  return {
    kind: 'good',
    problems,
    value: {
      location: location?.value ?? '',
      evidence: evidence?.value ?? '',
      avatar: avatar?.value === 'personal' ? 'personal' : 'brand',
      ...(localParts ? { localParts } : {}),
    },
  };
}

/** The text of a record, without quotes. */
export function format(record: BimiRecord): string {
  const parts = ['v=BIMI1', `l=${record.location}`, `a=${record.evidence}`];
  if (record.localParts) parts.push(`lps=${record.localParts.join(',')}`);
  if (record.avatar === 'personal') parts.push('avp=personal');
  return `${parts.join('; ')};`;
}

/** Whether the record refuses BIMI (BIMI-D, Declination to Publish). */
export function isDeclined(record: BimiRecord): boolean {
  return record.location === '' && record.evidence === '';
}

export interface NormalisedLocalPart {
  /** What remained after each step, the local part itself first. */
  readonly steps: readonly string[];
  /** Lower case; absent when nothing usable remains. */
  readonly selector?: string;
}

/** The selector that readers derive from the local part of the author's address (BIMI-D, Local-part Selectors). */
export function normaliseLocalPart(localPart: string): NormalisedLocalPart {
  const plus = localPart.indexOf('+');
  const bare = plus < 0 ? localPart : localPart.slice(0, plus);
  const dashed = bare.replaceAll(/[._-]+/g, '-');
  const trimmed = dashed.slice(
    dashed.startsWith('-') ? 1 : 0,
    dashed.length > 1 && dashed.endsWith('-') ? -1 : undefined,
  );
  const steps = [localPart, bare, dashed, trimmed].filter((step, index, all) => index === 0 || step !== all[index - 1]);
  const usable = /^[A-Za-z0-9-]+$/.test(trimmed) && trimmed.length <= maxLabelCharacters;
  return { steps, ...(usable ? { selector: trimmed.toLowerCase() } : {}) };
}

/** The selector of a local part under a record, where the record wants local parts to be selectors. */
export function localPartSelector(record: BimiRecord, localPart: string): string | undefined {
  if (!record.localParts) return undefined;
  const { selector } = normaliseLocalPart(localPart);
  if (selector === undefined) return undefined;
  const wanted = record.localParts.length === 0 || record.localParts.some((prefix) => selector.startsWith(prefix));
  return wanted ? selector : undefined;
}

type Add = (code: ProblemCode, at: { offset: number; length: number }, args?: Problem['args']) => void;

function leading(text: string): number {
  let at = 0;
  while (at < text.length && text.charCodeAt(at) <= 32) at++;
  return at;
}

/** Records that mean to be BIMI but do not begin with `v=BIMI1`; anything else that only mentions the word is `other`. */
function withoutVersion(text: string, list: TagList): Parsed<BimiRecord, ProblemCode> {
  const version = list.tags.find((tag) => tag.name.toLowerCase() === 'v');
  const broken = list.broken.find((piece) => /^v?\s*[:=]?\s*BIMI1?\b/i.test(piece.text));
  const meant = version && /^BIMI/i.test(version.value);
  if (!meant && !broken) return { kind: 'other' };
  const at = version ? version.at : { offset: broken?.offset ?? 0, length: broken?.length ?? text.length };
  const found = text.slice(at.offset, at.offset + at.length);
  return { kind: 'bad', problems: [{ code: 'bimi.v', offset: at.offset, length: at.length, args: { found } }] };
}

function checkLocation(tag: Tag, add: Add): void {
  const uri = tag.value;
  if (/[,\s]/.test(uri)) return add('bimi.l.multiple', tag.valueAt);
  if (!isHttps(uri)) return add('bimi.l.not_https', tag.valueAt, { found: uri });
  const extension = extensionOf(uri);
  if (extension && extension !== 'svg' && extension !== 'svgz') {
    add('bimi.l.extension', tag.valueAt, { extension: `.${extension}` });
  }
}

function checkEvidence(tag: Tag, add: Add): void {
  if (/[,\s]/.test(tag.value) || !isHttps(tag.value)) {
    return add('bimi.a.not_https', tag.valueAt, { found: tag.value });
  }
  if (extensionOf(tag.value) !== 'pem') add('bimi.a.extension', tag.valueAt, { found: tag.value });
}

/** HTTPS with the name of a host: no addresses, no bare labels, no user names. */
function isHttps(uri: string): boolean {
  const host = /^https:\/\/([^/?#@:[\]]+)(?::\d{1,5})?(?:[/?#]|$)/i.exec(uri)?.[1];
  return host !== undefined && URL.canParse(uri) && host.includes('.') && !/^[\d.]+$/.test(host);
}

function extensionOf(uri: string): string | undefined {
  const path = /^https:\/\/[^/?#]*([^?#]*)/i.exec(uri)?.[1] ?? '';
  return /\.([A-Za-z0-9]{1,5})$/.exec(path)?.[1]?.toLowerCase();
}

function prefixesOf(tag: Tag, add: Add): readonly string[] {
  if (tag.value === '') return [];
  const prefixes = tag.value.split(',').map((prefix) => prefix.trim());
  const good = prefixes.filter((prefix) => /^[A-Za-z0-9-]+$/.test(prefix) && prefix.length <= maxLabelCharacters);
  const wrong = prefixes.find((prefix) => !good.includes(prefix));
  if (wrong !== undefined) add('bimi.lps.invalid', tag.valueAt, { value: wrong });
  return good.map((prefix) => prefix.toLowerCase());
}
