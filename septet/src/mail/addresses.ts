/**
 * Address lists (RFC 5322 §3.4, and the older forms of §4.4): mailboxes, groups, comments, quoted strings, routes.
 *
 *     Ann <ann@example.com>, Team: bob@example.com, "C. D." <c@[192.0.2.1]>;
 *
 * Every reader of such a list guesses differently where it is faulty, and spoofers live on that. So whatever looks like
 * an address is taken as one, and every guess is a problem that names its place.
 */
import { parseIpv4 } from '../dns/address.ts';
import { parseName } from '../dns/name.ts';
import type { DnsName } from '../dns/name.ts';
import type { Problem } from '../text/parsed.ts';
import type { Mailbox } from './author.ts';
import { nextToken } from './address-tokens.ts';
import type { Token } from './address-tokens.ts';
import { decodeOctets, decodeWords } from './words.ts';

export type AddressCode =
  /** Nothing between two commas (RFC 5322 §4.4, obsolete). */
  | 'member.empty'
  /** Words without an address. */
  | 'address.missing'
  /** An address without `@`. */
  | 'address.no_domain'
  /** More than one `@`; the last one counts. */
  | 'address.several_at'
  | 'local.empty'
  /** Not a domain name that mail can have. */
  | 'domain.invalid'
  /** `example.com.`: the grammar has no dot at the end. */
  | 'domain.trailing_dot'
  /** Two addresses without a comma between them. */
  | 'comma.missing'
  /** A name before an address without angle brackets, or behind it. */
  | 'text.stray'
  /** A character that a name may have only inside quotes. */
  | 'phrase.character'
  | 'angle.unclosed'
  | 'angle.stray'
  | 'quote.unclosed'
  | 'comment.unclosed'
  | 'literal.unclosed'
  | 'group.unclosed'
  /** A `;` outside a group, or a group inside a group. */
  | 'group.stray'
  /** `<@a,@b:c@d>` (RFC 5322 §4.4, obsolete). */
  | 'route.obsolete'
  /** The text, or the list, is longer than what is read. */
  | 'limit.text'
  | 'limit.mailboxes';

export interface AddressList {
  readonly mailboxes: readonly Mailbox[];
  /** In the order of their places; at most `maxAddressProblems`. */
  readonly problems: readonly Problem<AddressCode>[];
}

/** Characters of a list that are read. */
export const maxAddressListCharacters = 512 * 1024; // house
export const maxMailboxes = 10_000; // house
export const maxAddressProblems = 100; // house
/** Far above the 253 characters of a domain, because U-labels and folds are longer than what they mean. */
const maxDomainCharacters = 2000; // house

/**
 * Reads the body of a From, Sender, Reply-To, To or Cc field, folds included, one character per octet. Offsets count in
 * that text. Linear; never throws.
 */
export function parseAddressList(text: string): AddressList {
  const problems: Problem<AddressCode>[] = [];
  const note = (code: AddressCode, offset: number, end: number): void => {
    if (problems.length < maxAddressProblems) problems.push({ code, offset, length: Math.max(0, end - offset) });
  };
  const limit = Math.min(text.length, maxAddressListCharacters);
  const list = limit < text.length ? text.slice(0, limit) : text;
  const mailboxes: Mailbox[] = [];
  let group: { readonly name: string; readonly offset: number } | undefined;
  let member: Token[] = [];
  /** Where we are in angle brackets; in a route commas and colons belong to it. */
  let angle: 'outside' | 'opened' | 'route' | 'address' = 'outside';
  let plain = '';
  let at = 0;

  /** Reads the member that ends here; false when the list is full. */
  const close = (end: number, required: boolean): boolean => {
    if (member.some((token) => token.kind !== 'comment')) readMember(member, group?.name, mailboxes, note);
    else if (required) note('member.empty', end, Math.min(end + 1, list.length));
    const full = mailboxes.length > maxMailboxes;
    if (full) {
      mailboxes.length = maxMailboxes;
      note('limit.mailboxes', end, list.length);
    }
    member = [];
    angle = 'outside';
    return !full;
  };

  let trailingComma = false;
  let behindGroup = false;
  let room = true;
  for (;;) {
    const token = nextToken(list, at, plain);
    if (token === undefined) break;
    at = token.end;
    if (token.kind === 'unclosed') {
      plain += token.text;
      note(unclosed[token.text as keyof typeof unclosed], token.start, list.length);
    }
    const special = token.kind === 'special' ? token.text : '';
    if (angle === 'opened' && token.kind !== 'comment') angle = special === '@' ? 'route' : 'address';
    if (special === '<') angle = 'opened';
    else if (special === '>') angle = 'outside';
    const separates = (special === ',' || special === ';') && angle !== 'route';
    if (separates) {
      room = close(token.start, special === ',' && !behindGroup);
      if (!room) break;
      behindGroup = special === ';' && group !== undefined;
      if (special === ';') {
        if (group === undefined) note('group.stray', token.start, token.end);
        group = undefined;
      }
      trailingComma = special === ',';
      continue;
    }
    if (token.kind !== 'comment') {
      trailingComma = false;
      behindGroup = false;
    }
    if (special === ':') {
      if (angle === 'route') angle = 'address';
      else if (angle === 'outside' && group === undefined && !member.some(isAt)) {
        group = { name: phrase(member), offset: member[0]?.start ?? token.start };
        member = [];
        continue;
      } else if (angle === 'outside') note('group.stray', token.start, token.end);
    }
    member.push(token);
  }
  if (room) close(list.length, trailingComma);
  if (group !== undefined) note('group.unclosed', group.offset, list.length);
  if (limit < text.length) note('limit.text', limit, text.length);
  return { mailboxes, problems: problems.sort((a, b) => a.offset - b.offset) };
}

const unclosed = { '"': 'quote.unclosed', '(': 'comment.unclosed', '[': 'literal.unclosed' } as const;

type Note = (code: AddressCode, offset: number, end: number) => void;

/** One member of the list: a name and an address in angle brackets, or a bare address. */
function readMember(member: readonly Token[], group: string | undefined, mailboxes: Mailbox[], note: Note): void {
  let name: Token[] = [];
  let found = 0;
  let i = 0;
  while (i < member.length) {
    const token = member[i++]!;
    if (!isSpecial(token, '<')) {
      name.push(token);
      continue;
    }
    const inner: Token[] = [];
    while (i < member.length && !isSpecial(member[i]!, '>')) inner.push(member[i++]!);
    if (i === member.length) note('angle.unclosed', token.start, member.at(-1)!.end);
    i++;
    const shown = phrase(name);
    const comments = [...name, ...inner].filter((t) => t.kind === 'comment');
    while (i < member.length && member[i]!.kind === 'comment') comments.push(member[i++]!);
    if (found > 0) note('comma.missing', token.start, token.end);
    notePhrase(name, note);
    addAddress(withoutRoute(inner, note), shown || commentOf(comments), group, mailboxes, note, token.start);
    name = [];
    found++;
  }
  const words = name.filter((token) => token.kind !== 'comment');
  if (words.length === 0) return;
  const [first, last] = [words[0]!, words.at(-1)!];
  if (words.some(isAt)) {
    if (found > 0) note('comma.missing', first.start, first.end);
    readBare(words, commentOf(name), group, mailboxes, note);
  } else if (found > 0) note('text.stray', first.start, last.end);
  else if (words.length === 1 && (last.kind === 'word' || last.kind === 'quote')) {
    note('address.no_domain', last.start, last.end);
    mailboxes.push(mailbox(commentOf(name), last.text, '', undefined, group));
  } else note('address.missing', first.start, last.end);
}

/** `ann@example.com (Ann)`, and what is faulty: `Ann ann@example.com`, `ann@example.com bob@example.com`. */
function readBare(
  words: readonly Token[],
  comment: string,
  group: string | undefined,
  mailboxes: Mailbox[],
  note: Note,
): void {
  let from = 0;
  for (let at = 0; at < words.length; at++) {
    if (!isAt(words[at]!)) continue;
    let start = at;
    while (start > from && (start === at || joins(words[start - 1]!, words[start]!))) start--;
    let end = at + 1;
    while (end < words.length && (end === at + 1 || joins(words[end - 1]!, words[end]!))) end++;
    const before = words.slice(from, start);
    if (from > 0) note('comma.missing', words[from]!.start, words[from]!.end);
    else if (before.length > 0) note('text.stray', before[0]!.start, before.at(-1)!.end);
    addAddress(words.slice(start, end), phrase(before) || comment, group, mailboxes, note, words[start]!.start);
    from = end;
    at = end - 1;
    if (mailboxes.length > maxMailboxes) return;
  }
  if (from < words.length) note('text.stray', words[from]!.start, words.at(-1)!.end);
}

const isSpecial = (token: Token, text: string): boolean => token.kind === 'special' && token.text === text;
const isAt = (token: Token): boolean => isSpecial(token, '@');
const isDot = (token: Token): boolean => isSpecial(token, '.');
/** Whether two words are one piece of an address: around a dot blanks are allowed (RFC 5322 §4.4). */
const joins = (a: Token, b: Token): boolean => a.end === b.start || isDot(a) || isDot(b);

/** Takes the route out of `@a,@b:ann@example.com`. */
function withoutRoute(tokens: readonly Token[], note: Note): readonly Token[] {
  const words = tokens.filter((token) => token.kind !== 'comment');
  if (words.length === 0 || !isAt(words[0]!)) return words;
  const colon = words.findIndex((token) => isSpecial(token, ':'));
  if (colon < 0) return words;
  note('route.obsolete', words[0]!.start, words[colon]!.end);
  return words.slice(colon + 1);
}

function addAddress(
  tokens: readonly Token[],
  shown: string,
  group: string | undefined,
  mailboxes: Mailbox[],
  note: Note,
  place: number,
): void {
  const words = tokens.filter((token) => {
    const stray = isSpecial(token, '<') || isSpecial(token, '>');
    if (stray) note('angle.stray', token.start, token.end);
    return !stray;
  });
  if (words.length === 0) {
    note('address.missing', place, place + 1);
    return;
  }
  const end = words.at(-1)!.end;
  const at = words.findLastIndex(isAt);
  const local = words.slice(0, at < 0 ? words.length : at);
  const after = at < 0 ? [] : words.slice(at + 1);
  if (at < 0) note('address.no_domain', words[0]!.start, end);
  else if (local.length === 0) note('local.empty', words[at]!.start, words[at]!.end);
  if (local.some(isAt)) note('address.several_at', words[0]!.start, end);
  const domainText = after.map((token) => (token.kind === 'literal' ? `[${token.text}]` : token.text)).join('');
  let domain: DnsName | undefined;
  if (at >= 0 && !(after.length === 1 && after[0]!.kind === 'literal')) {
    domain = after.some((token) => token.kind !== 'word' && !isDot(token)) ? undefined : domainOf(domainText);
    if (domain === undefined) note('domain.invalid', after[0]?.start ?? words[at]!.start, end);
    else if (domainText.endsWith('.')) note('domain.trailing_dot', after[0]!.start, end);
  }
  mailboxes.push(mailbox(shown, local.map((token) => token.text).join(''), domainText, domain, group));
}

function mailbox(
  shown: string,
  local: string,
  domainText: string,
  domain: DnsName | undefined,
  group: string | undefined,
): Mailbox {
  return {
    ...(shown === '' ? {} : { displayName: shown }),
    local: decodeOctets(local),
    domainText: decodeOctets(domainText),
    ...(domain === undefined ? {} : { domain }),
    ...(group === undefined ? {} : { group }),
  };
}

/** The name that a domain text stands for; not an address without brackets, and nothing that no host can be called. */
function domainOf(text: string): DnsName | undefined {
  if (text.length > maxDomainCharacters) return undefined;
  const parsed = parseName(decodeOctets(text));
  if (!parsed.ok || parsed.name === '' || /[^a-z0-9._-]/.test(parsed.name)) return undefined;
  return parseIpv4(parsed.name) === undefined ? parsed.name : undefined;
}

function notePhrase(tokens: readonly Token[], note: Note): void {
  const wrong = tokens.find((token) => token.kind === 'literal' || (token.kind === 'special' && !isDot(token)));
  if (wrong) note('phrase.character', wrong.start, wrong.end);
}

/** The words of a name with one blank where blanks or comments stand, decoded. */
function phrase(tokens: readonly Token[]): string {
  let out = '';
  let end = -1;
  for (const token of tokens) {
    if (token.kind === 'comment') continue;
    const text = token.kind === 'literal' ? `[${token.text}]` : token.text;
    out += end >= 0 && token.start > end ? ` ${text}` : text;
    end = token.end;
  }
  return decodeWords(out).trim();
}

/** A comment serves as the name where there is none: `ann@example.com (Ann)`. */
function commentOf(tokens: readonly Token[]): string {
  return decodeWords(tokens.find((token) => token.kind === 'comment')?.text ?? '').trim();
}
