/**
 * Reads Authentication-Results (RFC 8601 §2.2) as receivers write it. What keeps to the grammar is read without a
 * repair; whatever else can be understood is, and each place that needed it is told.
 *
 *     parseAuthenticationResults('mx.example.net; dkim=pass header.d=example.com spf=pass smtp.mailfrom=example.com')
 *     → two results, and the repair `semicolon.missing` before `spf`
 */
import type { AuthenticationResults, MethodResult, Repair, ResultProperty } from './authres.ts';
import { scanAuthres, type AuthresScanner, type Note } from './scan-authres.ts';

/** `bad`: there is neither a result nor `none` in it; `why` is a sentence for a person. */
export type ParsedAuthenticationResults =
  | { readonly kind: 'good'; readonly value: AuthenticationResults }
  | { readonly kind: 'bad'; readonly why: string };

export interface AuthresOptions {
  /** The value is of an ARC-Authentication-Results: it begins with its instance, `i=1;` (RFC 8617 §4.1.1). */
  readonly arc?: boolean;
}

/** What is beyond is not read; the repair `limit.results` says so. */
export const maxAuthresCharacters = 256 * 1024; // house
export const maxResults = 500; // house
export const maxProperties = 100; // house; of one result
/** More are made, but not told. */
export const maxRepairs = 100; // house

/** Methods before which a semicolon may be supplied (RFC 8601 §2.7, its registry, and what receivers add). */
const knownMethods: ReadonlySet<string> = new Set(
  'dkim spf dmarc arc iprev auth bimi dara compauth domainkeys dkim-adsp dkim-atps sender-id senderid rrvs smime vbr dnswl'.split(
    ' ',
  ),
);
const resultBehindEquals =
  /=[ \t]*(?:pass|fail|softfail|hardfail|neutral|none|temperror|permerror|policy|bestguesspass|softpass|skipped|declined|unknown|nxdomain|signed|discard)(?![\w.@=-])/iy;
/** The beginning of a property: what stands after `smtp.helo= ` may be the next one. */
const propertyStart = /(?:smtp|header|body|policy|dns)\.[a-z\d-]+=/iy;

// RFC 5321 §4.1.2 (Keyword); RFC 2045 §5.1 (token).
const keyword = /^[a-z\d-]*[a-z\d]$/i;
const token = /^[\w!#$%&'*+\-.^`{|}~]+$/;
const tokenOrUtf8 = /^[\w!#$%&'*+\-.^`{|}~\u0080-\uffff]+$/;
// `[ [ local-part ] "@" ] domain-name` (RFC 5321 §4.1.2, RFC 6376 §3.5; RFC 6531 §3.3 lets UTF-8 in).
const address =
  /^(?:[\w!#$%&'*+\-/=?^`{|}~\u0080-\uffff]+(?:\.[\w!#$%&'*+\-/=?^`{|}~\u0080-\uffff]+)*)?@[a-z\d\u0080-\uffff](?:[a-z\d.\u0080-\uffff-]*[a-z\d\u0080-\uffff])?$/i;

interface Draft {
  authservId?: string;
  version: number;
  instance?: number;
  results: MethodResult[];
  none: boolean;
}

/** Linear in the length of the value; never throws. Offsets of spans count in `value`. */
export function parseAuthenticationResults(value: string, options: AuthresOptions = {}): ParsedAuthenticationResults {
  const repairs: Repair[] = [];
  const note: Note = (code, from, to, text) => {
    if (repairs.length >= maxRepairs && code !== 'limit.results') return;
    repairs.push({ code, offset: from, length: Math.max(0, to - from), text });
  };
  const text = value.slice(0, maxAuthresCharacters);
  const draft: Draft = { version: 1, results: [], none: false };
  const scan = scanAuthres(text, note);
  scan.skip();
  if (scan.here() === '') return { kind: 'bad', why: 'The field is empty.' };
  const separated = readStart(scan, note, draft, options.arc === true);
  readItems(scan, note, draft, separated);
  if (text.length < value.length)
    note(
      'limit.results',
      text.length,
      value.length,
      `The value has ${value.length} characters; ${maxAuthresCharacters} are read.`,
    );
  if (draft.results.length === 0 && !draft.none)
    return { kind: 'bad', why: 'There is no `method=result` in it, and no `none`.' };
  return { kind: 'good', value: { ...draft, repairs: repairs.toSorted((a, b) => a.offset - b.offset) } };
}

/** Instance, authserv-id and version. Answers whether a result may follow without a semicolon. */
function readStart(scan: AuthresScanner, note: Note, draft: Draft, arc: boolean): boolean {
  readInstance(scan, note, draft, arc);
  scan.skip();
  const from = scan.at();
  const quoted = scan.quoted();
  const word = quoted ?? scan.word('="');
  const to = scan.at();
  scan.skip();
  if (quoted === undefined && (word === '' || scan.here() === '=')) {
    note('id.missing', from, word === '' ? from : to, 'The name of the receiver (authserv-id) is missing.');
    scan.moveTo(from);
    return true;
  }
  draft.authservId = word;
  if (quoted === undefined && !tokenOrUtf8.test(word))
    note('id.character', from, to, 'The name of the receiver (authserv-id) has characters that need quotes.');
  const versionFrom = scan.at();
  const version = scan.word('="');
  const versionTo = scan.at();
  scan.skip();
  if (scan.here() === '=') scan.moveTo(versionFrom);
  else if (/^\d{1,9}$/.test(version)) draft.version = Number(version);
  else if (version !== '') note('version.invalid', versionFrom, versionTo, 'The version is not a number.');
  return false;
}

function readInstance(scan: AuthresScanner, note: Note, draft: Draft, arc: boolean): void {
  const from = scan.at();
  if (scan.word('=').toLowerCase() === 'i') {
    scan.skip();
    if (scan.here() === '=') {
      scan.moveTo(scan.at() + 1);
      scan.skip();
      const digits = scan.word('=');
      const to = scan.at();
      scan.skip();
      if (/^\d{1,9}$/.test(digits)) {
        draft.instance = Number(digits);
        if (!arc) note('text.stray', from, to, 'An instance belongs to ARC-Authentication-Results only.');
        if (scan.here() === ';') scan.moveTo(scan.at() + 1);
        else note('semicolon.missing', to, to, 'A semicolon is missing after the instance.');
        return;
      }
    }
  }
  scan.moveTo(from);
  if (arc) note('id.missing', from, from, 'The instance `i=` is missing.');
}

function readItems(scan: AuthresScanner, note: Note, draft: Draft, begins: boolean): void {
  let separated = begins;
  let semicolon = -1;
  let noneAt: { readonly from: number; readonly to: number } | undefined;
  for (;;) {
    const comments: string[] = [];
    scan.collectInto(comments);
    scan.skip();
    const from = scan.at();
    if (scan.here() === '') break;
    if (scan.here() === ';') {
      if (semicolon >= 0 || (begins && draft.results.length === 0))
        note('semicolon.extra', from, from + 1, 'Nothing stands between two semicolons.');
      scan.moveTo(from + 1);
      semicolon = from;
      separated = true;
      continue;
    }
    if (draft.results.length >= maxResults) {
      note('limit.results', from, from, `There are more than ${maxResults} results; the rest is not read.`);
      return;
    }
    const name = readName(scan);
    const to = scan.at();
    scan.skip();
    if (name !== '' && scan.here() === '=' && !name.includes('.')) {
      if (!separated) note('semicolon.missing', from, from, 'A semicolon is missing before this result.');
      separated = readResult(scan, note, draft, { name, from, comments });
    } else if (name.toLowerCase() === 'none' && scan.here() !== '=') {
      if (!separated) note('semicolon.missing', from, from, 'A semicolon is missing before `none`.');
      noneAt = { from, to };
    } else {
      if (name === '') passOver(scan);
      else if (scan.here() === '=') {
        scan.moveTo(scan.at() + 1);
        readValue(scan, () => {});
      }
      note('text.stray', from, Math.max(to, scan.at()), 'This belongs to no result.');
    }
    semicolon = -1;
  }
  if (semicolon >= 0) note('semicolon.extra', semicolon, semicolon + 1, 'Nothing stands after the last semicolon.');
  if (noneAt === undefined) return;
  if (draft.results.length === 0) draft.none = true;
  else note('text.stray', noneAt.from, noneAt.to, '`none` stands with results.');
}

/** `dkim`, `dkim/1`, `header.d`; comments and blanks may stand around `/` and `.`. */
function readName(scan: AuthresScanner): string {
  let name = scan.word('="');
  // Method, slash, number; type, dot, property: more pieces are no name.
  for (let pieces = 1; name !== '' && pieces < 8; pieces++) {
    const place = scan.at();
    scan.skip();
    const joins = name.endsWith('.') || name.endsWith('/') || scan.here() === '.' || scan.here() === '/';
    const more = joins ? scan.word('="') : '';
    if (more === '') {
      scan.moveTo(place);
      return name;
    }
    name += more;
  }
  return name;
}

/** What cannot begin a name: a quoted string, or one character. */
function passOver(scan: AuthresScanner): void {
  if (scan.quoted() === undefined) scan.moveTo(scan.at() + 1);
}

interface Start {
  readonly name: string;
  readonly from: number;
  readonly comments: string[];
}

/** Stands at the `=` behind the method. Answers whether the next result needs no semicolon any more. */
function readResult(scan: AuthresScanner, note: Note, draft: Draft, start: Start): boolean {
  const [method = '', version] = start.name.toLowerCase().split('/');
  const equals = scan.at();
  scan.moveTo(equals + 1);
  scan.skip();
  while (scan.here() === '=') {
    note('method.duplicate_equals', scan.at(), scan.at() + 1, 'The `=` stands twice.');
    scan.moveTo(scan.at() + 1);
    scan.skip();
  }
  const from = scan.at();
  const quoted = scan.quoted();
  let result = (quoted ?? scan.word('="')).toLowerCase();
  const to = scan.at();
  // `spf= smtp.mailfrom=…`: the word is the name of a property.
  if (quoted === undefined && result.includes('.') && scan.here() === '=') {
    result = '';
    scan.moveTo(from);
  }
  if (result === '') note('result.empty', start.from, equals + 1, `The method ${method} has no result.`);
  else if (quoted !== undefined || !keyword.test(result)) {
    note('result.character', from, to, 'A result is letters, digits and hyphens.');
    result = /^[a-z\d-]*[a-z\d]/.exec(result)?.[0] ?? result;
  }
  if (!keyword.test(method))
    note('result.character', start.from, equals, 'The name of a method is letters, digits and hyphens.');
  const numbered = version !== undefined && /^\d{1,9}$/.test(version);
  if (version !== undefined && !numbered)
    note('version.invalid', start.from, equals, 'The version of the method is not a number.');

  const properties: ResultProperty[] = [];
  const { reason, split, end } = readProperties(scan, note, { properties, from, to });
  if (result !== '')
    draft.results.push({
      method,
      ...(numbered ? { methodVersion: Number(version) } : {}),
      result,
      ...(reason === undefined ? {} : { reason }),
      properties,
      comments: start.comments,
      at: { offset: start.from, length: end - start.from },
    });
  return split;
}

interface Place {
  readonly properties: ResultProperty[];
  readonly from: number;
  readonly to: number;
}

/** Reason and properties up to the semicolon, the end, or the next method that lacks its semicolon. */
function readProperties(scan: AuthresScanner, note: Note, place: Place) {
  const { properties } = place;
  let reason: string | undefined;
  let full = false;
  let end = Math.max(place.to, scan.at());
  for (;;) {
    scan.skip();
    const from = scan.at();
    if (scan.here() === '' || scan.here() === ';') return { reason, split: false, end };
    const name = readName(scan);
    const nameEnd = scan.at();
    scan.skip();
    if (name === '' || scan.here() !== '=') {
      if (name === '') passOver(scan);
      end = Math.max(nameEnd, scan.at());
      note('text.stray', from, end, 'This is neither a property nor a result.');
      continue;
    }
    const lower = name.toLowerCase();
    if ((knownMethods.has(lower) || lower.startsWith('x-')) && scan.matches(resultBehindEquals)) {
      note('semicolon.missing', from, from, 'A semicolon is missing before this result.');
      scan.moveTo(from);
      return { reason, split: true, end };
    }
    scan.moveTo(scan.at() + 1);
    const written = readValue(scan, note);
    end = Math.max(scan.at(), nameEnd);
    if (lower === 'reason' && reason === undefined) {
      if (properties.length > 0) note('reason.position', from, end, 'The reason stands behind a property.');
      if (written.kind !== 'quoted' && !token.test(written.text))
        note('property.character', from, end, 'This reason needs quotes.');
      reason = written.text;
      continue;
    }
    judgeProperty(lower, written, (code, text) => note(code, from, end, text));
    if (properties.length < maxProperties) properties.push(propertyOf(lower, written.text));
    else if (!full) {
      full = true;
      note('limit.results', from, end, `The result has more than ${maxProperties} properties; the rest is not kept.`);
    }
  }
}

function propertyOf(name: string, value: string): ResultProperty {
  const dot = name.indexOf('.');
  return dot < 0
    ? { ptype: '', property: name, value }
    : { ptype: name.slice(0, dot), property: name.slice(dot + 1), value };
}

function judgeProperty(
  name: string,
  written: Written,
  note: (code: 'property.no_ptype' | 'property.no_value' | 'property.character', text: string) => void,
): void {
  const { ptype, property } = propertyOf(name, '');
  if (ptype === '') note('property.no_ptype', `\`${name}\` is no property of RFC 8601: its type is missing.`);
  else if (!keyword.test(ptype) || !keyword.test(property))
    note('property.character', 'The name of a property is letters, digits and hyphens.');
  else if (written.kind === 'none') note('property.no_value', `\`${name}\` has no value.`);
  else if (written.kind === 'word' && !token.test(written.text) && !address.test(written.text))
    note('property.character', `The value of \`${name}\` has characters that need quotes.`);
}

interface Written {
  readonly kind: 'none' | 'quoted' | 'word';
  readonly text: string;
}

/** Stands behind the `=`. */
function readValue(scan: AuthresScanner, note: Note): Written {
  const before = scan.at();
  scan.skip();
  const from = scan.at();
  const first = scan.here();
  if (first === '' || first === ';' || (from > before && scan.matches(propertyStart)))
    return { kind: 'none', text: '' };
  const quoted = scan.quoted();
  if (quoted !== undefined) {
    // A quoted local part goes on with its domain.
    const rest = scan.word('');
    const fits = rest === '' || (rest.startsWith('@') && address.test(rest));
    return { kind: fits ? 'quoted' : 'word', text: quoted + rest };
  }
  if (first === '"') {
    scan.moveTo(from + 1);
    const text = scan.word('');
    note('quote.unclosed', from, scan.at(), 'A quotation mark is not closed.');
    return { kind: 'quoted', text };
  }
  return { kind: 'word', text: scan.word('') };
}
