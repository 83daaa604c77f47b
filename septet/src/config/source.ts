/**
 * The text of a configuration as values with places, before anybody knows what they mean. YAML 1.2; every scalar is
 * text here (`people: no` is not turned into something else), tags are not read, and what aliases repeat is counted.
 */
import { isAlias, isMap, isScalar, isSeq, Lexer, LineCounter, parseDocument, type Node } from 'yaml';
import { problemAt, repeatable, type ConfigProblem, type Place } from './problem.ts';
import { mask, maskCharacters, unmask } from './references.ts';

export type Source = SourceScalar | SourceList | SourceMap;

interface SourceBase {
  readonly place: Place;
  /** Values inside, this one included; what an alias repeats counts each time. */
  readonly size: number;
}
export interface SourceScalar extends SourceBase {
  readonly kind: 'scalar';
  /** References (`${NAME}`) still stand in it. */
  readonly text: string;
  /** Without quotes. */
  readonly plain: boolean;
  /** The text is the whole value of this environment variable, and refers to nothing. */
  readonly variable?: string;
}
export interface SourceList extends SourceBase {
  readonly kind: 'list';
  readonly items: readonly Source[];
}
export interface SourceMap extends SourceBase {
  readonly kind: 'map';
  readonly entries: readonly SourceEntry[];
}
export interface SourceEntry {
  readonly key: string;
  readonly place: Place;
  readonly value: Source;
}

export type SourceResult =
  | { readonly kind: 'good'; readonly source: Source }
  | { readonly kind: 'bad'; readonly problems: readonly ConfigProblem[] };

/** House limits: a thousand domains with three inline keys each take a quarter of that. */
export const maxConfigOctets = 8 * 1024 * 1024;
const maxValues = 200_000;
/** Words, marks, blanks and line ends: those of 8 MB of inline keys are half of it. They cost time, not octets. */
const maxTokens = 1_000_000;
const maxDepth = 32;
const maxIndent = 120;
/** Problems that are told at once. */
export const maxProblems = 20;

/** `at` stands for every place in the text, where the text is not a file of its own. */
export function sourceOf(text: string, at?: Place): SourceResult {
  const bad = (place: Place, message: string): SourceResult => ({
    kind: 'bad',
    problems: [problemAt(at ?? place, message)],
  });
  const start = { line: 1, column: 1 };
  if (Buffer.byteLength(text) > maxConfigOctets)
    return bad(start, 'The configuration is larger than 8 MB. Is it the right file?');
  if (maskCharacters.test(text))
    return bad(start, 'The file holds characters of the private use area (U+E000 to U+E002).');
  const lines = new LineCounter();
  const plain = mask(text);
  const excess = excessOf(plain);
  if (excess) {
    const before = plain.slice(0, excess.offset).split('\n');
    return bad({ line: before.length, column: (before.at(-1) ?? '').length + 1 }, excess.message);
  }
  const document = parsed(plain, lines);
  const placeOf = (offset: number): Place => {
    if (at) return at;
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  if (document.errors.length > 0) {
    const problems = document.errors
      .slice(0, maxProblems)
      .map((error) => problemAt(placeOf(error.pos[0]), faults[error.code] ?? 'This is not YAML.'));
    // What follows in the same line follows from the first.
    const first = problems.filter(({ line }, index) => problems.findIndex((other) => other.line === line) === index);
    return { kind: 'bad', problems: first };
  }
  const reading: Reading = { placeOf, problems: [], anchors: new Map() };
  const source = document.contents ? read(document.contents, reading) : nothing(at ?? start);
  if (source && source.size > maxValues)
    reading.problems.push(
      problemAt(at ?? start, 'Aliases (*name) repeat too much. Write the values out, or use fewer.'),
    );
  return source && reading.problems.length === 0
    ? { kind: 'good', source }
    : { kind: 'bad', problems: reading.problems.slice(0, maxProblems) };
}

/** A value that is not there: `mx:` with nothing behind it. */
export const nothing = (place: Place): SourceScalar => ({ kind: 'scalar', text: '', plain: true, place, size: 1 });

export const valueOf = (variable: string, text: string): SourceScalar => ({
  ...nothing({ variable }),
  text,
  plain: false,
  variable,
});

export const list = (items: readonly Source[], place: Place): SourceList => ({
  kind: 'list',
  items,
  place,
  size: items.reduce((sum, item) => sum + item.size, 1),
});

export const map = (entries: readonly SourceEntry[], place: Place): SourceMap => ({
  kind: 'map',
  entries,
  place,
  size: entries.reduce((sum, entry) => sum + entry.value.size, 1),
});

export const isNothing = (source: Source): boolean =>
  source.kind === 'scalar' && source.plain && (source.text === '' || source.text === '~' || source.text === 'null');

interface Reading {
  readonly placeOf: (offset: number) => Place;
  readonly problems: ConfigProblem[];
  readonly anchors: Map<string, Source>;
}

// Keys are compared here: the library compares each with each.
const parsed = (text: string, lineCounter: LineCounter) =>
  parseDocument(text, { schema: 'failsafe', version: '1.2', uniqueKeys: false, prettyErrors: false, lineCounter });

/** What the lexer puts between the pieces of the text: start of a document, end of a flow, start of a scalar. */
const lexerMarks = new Set(['\u0002', '\u0018', '\u001f']);

interface Excess {
  readonly offset: number;
  readonly message: string;
}

/** Where the text passes what is read: the parser itself recurses and must not be led too deep, nor too long. */
function excessOf(text: string): Excess | undefined {
  let offset = 0;
  let tokens = 0;
  let depth = 0;
  let inLine = 0;
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') depth++;
    else if (token === ']' || token === '}') depth = Math.max(0, depth - 1);
    else if (token === '-' || token === '?' || token === ':') inLine += depth === 0 ? 1 : 0;
    else if (token === '\n' || token === '\r\n') inLine = 0;
    const indented = token.length > maxIndent && /^ +$/.test(token) && (offset === 0 || text[offset - 1] === '\n');
    if (depth > maxDepth || inLine > maxDepth || indented)
      return {
        offset: Math.min(offset, text.length),
        message: `More than ${maxDepth} levels stand inside each other here.`,
      };
    if (++tokens > maxTokens)
      return { offset: 0, message: 'The configuration has more than a million words and marks. Is it the right file?' };
    if (!lexerMarks.has(token)) offset += token.length;
  }
  return undefined;
}

function read(node: Node, reading: Reading): Source | undefined {
  const place = reading.placeOf(node.range?.[0] ?? 0);
  const fault = (message: string): undefined => void reading.problems.push(problemAt(place, message));
  if (isAlias(node)) {
    const known = reading.anchors.get(node.source);
    return known ?? fault('This alias (*name) refers to nothing that stands above it.');
  }
  if ('tag' in node && node.tag !== undefined && !standardTags.has(node.tag))
    return fault('Tags (!name) are not used here. Leave it out.');
  const source = readBare(node, place, reading);
  if (source && 'anchor' in node && node.anchor !== undefined) reading.anchors.set(node.anchor, source);
  return source;
}

const standardTags = new Set(['tag:yaml.org,2002:str', 'tag:yaml.org,2002:map', 'tag:yaml.org,2002:seq']);

function readBare(node: Node, place: Place, reading: Reading): Source | undefined {
  if (isScalar(node)) {
    const text = typeof node.value === 'string' ? unmask(node.value) : '';
    return { kind: 'scalar', text, plain: node.type === 'PLAIN', place, size: 1 };
  }
  if (isSeq(node)) {
    const items = node.items.map((item) => read(item as Node, reading));
    return items.every((item) => item !== undefined) ? list(items, place) : undefined;
  }
  if (!isMap(node)) return undefined;
  const entries: SourceEntry[] = [];
  const seen = new Map<string, Place>();
  let whole = true;
  for (const { key, value } of node.items) {
    const keyNode = key as Node;
    const at = reading.placeOf(keyNode.range?.[0] ?? 0);
    if (!isScalar(keyNode) || typeof keyNode.value !== 'string') {
      reading.problems.push(problemAt(at, 'A key is a word, not a list or a mapping.'));
      whole = false;
      continue;
    }
    const name = unmask(keyNode.value);
    const before = seen.get(name);
    if (before !== undefined) {
      const shown = repeatable(name) === undefined ? 'This key' : `"${name}"`;
      const where = 'line' in before ? ` in line ${before.line} already` : ' already';
      reading.problems.push(problemAt(at, `${shown} stands here for the second time; it stands${where}.`));
      whole = false;
      continue;
    }
    seen.set(name, at);
    const read_ = value === null || value === undefined ? nothing(at) : read(value as Node, reading);
    // An empty value has no place of its own worth naming.
    if (read_) entries.push({ key: name, place: at, value: isNothing(read_) ? { ...read_, place: at } : read_ });
    else whole = false;
  }
  return whole ? map(entries, place) : undefined;
}

/** Our own sentences for the library's codes: its messages repeat pieces of the text, which may be a token. */
const faults: Readonly<Record<string, string>> = {
  ALIAS_PROPS: 'An alias (*name) takes no anchor and no tag.',
  BAD_ALIAS: 'This alias (*name) refers to nothing that stands above it.',
  BAD_DIRECTIVE: 'Lines that begin with % are not used here.',
  BAD_DQ_ESCAPE: 'A \\ inside "…" begins an escape, and this one is unknown. Write \\\\ or use \'…\'.',
  BAD_INDENT:
    'The indentation does not fit the lines above: keys of one mapping begin in the same column. Or is a bracket not closed?',
  BAD_SCALAR_START: 'A value cannot begin with this character. Put it in quotes.',
  BLOCK_AS_IMPLICIT_KEY:
    'A second ": " belongs to the same value. Put the value in quotes, or see whether the next line is indented too far.',
  BLOCK_IN_FLOW: 'Inside […] and {…} values are separated by commas, without "- ".',
  MISSING_CHAR: 'Something is missing before this place: a closing bracket, a quote, a comma, or the ":" behind a key.',
  MULTILINE_IMPLICIT_KEY: 'A key stands in one line, with ":" behind it. Is a ":" missing?',
  MULTIPLE_DOCS: 'The file holds more than one document. Remove the line "---".',
  TAB_AS_INDENT: 'Lines are indented with blanks, not with tabs.',
  UNEXPECTED_TOKEN: 'This does not belong here. Is a quote, a comma or a bracket missing before it?',
  RESOURCE_EXHAUSTION: 'Too much is nested here.',
};
