/** Puts a domain into the text of a configuration and leaves every other character as it is. */
import { isMap, isScalar, parseDocument, type Node, type YAMLMap } from 'yaml';
import { parseDomain, type DnsName } from '../dns/name.ts';
import { problemText } from './problem.ts';
import { mask } from './references.ts';
import { sourceOf } from './source.ts';
import { domainLines, writeConfig, type DomainSettings } from './write-config.ts';

export type Inserted =
  | { readonly kind: 'good'; readonly text: string }
  /** The domain stands there already; `line` counts from 1. */
  | { readonly kind: 'there'; readonly line: number }
  /** The text cannot be added to as it stands; a sentence for a person. */
  | { readonly kind: 'bad'; readonly message: string };

/**
 * The domain is put behind the last one, indented as they are; with `replace` it takes the place of its old entry. The
 * text has to be YAML; what its other values mean does not matter.
 */
export function insertDomain(
  text: string,
  settings: DomainSettings,
  options: { readonly replace?: boolean } = {},
): Inserted {
  const read = sourceOf(text);
  if (read.kind === 'bad') {
    const [first] = read.problems;
    return { kind: 'bad', message: first ? problemText('line:column', first).replace(/^line:column:/, 'At ') : '' };
  }
  const masked = mask(text);
  const { contents } = parseDocument(masked, { schema: 'failsafe', uniqueKeys: false, prettyErrors: false });
  const fresh = `domains:\n${domainLines(settings, '  ').join('\n')}\n`;
  if (isEmpty(contents))
    return good(text.trim() === '' ? writeConfig({ domains: [settings] }) : `${ended(text)}\n${fresh}`);
  if (!isMap(contents) || contents.flow) return braces;
  const pair = contents.items.find(({ key }) => isScalar(key) && key.value === 'domains');
  if (!pair) return good(`${ended(text)}\n${fresh}`);
  const value = pair.value as Node | null;
  if (!isMap(value))
    return isEmpty(value) && isScalar(pair.key)
      ? good(filled(text, masked, pair.key.range?.[1] ?? 0, settings))
      : braces;
  const line = (offset: number): number => masked.slice(0, offset).split('\n').length;
  const old = value.items.find(({ key }) => isScalar(key) && isDomain(key.value, settings.intent.domain));
  const [from, to] = old ? rangeOf(old.key as Node, old.value as Node | null) : [0, 0];
  if (old && options.replace !== true) return { kind: 'there', line: line(from) };
  if (value.flow)
    return value.items.length === 0 && value.range
      ? good(filled(text, masked, value.range[0], settings, value.range[1]))
      : braces;
  const indent = indentOf(masked, value);
  if (indent === undefined) return braces;
  if (old) return good(replaced(text, masked, { from, to, indent }, settings));
  return good(behind(text, masked, value.range?.[1] ?? masked.length, settings, indent));
}

const good = (text: string): Inserted => ({ kind: 'good', text });

const braces: Inserted = {
  kind: 'bad',
  message:
    'Its domains do not stand below "domains:", each in a line of its own. Write them so, or add the domain by hand.',
};

const isEmpty = (node: unknown): boolean =>
  node === null || (isScalar(node) && (node.value === '' || node.value === null));

function isDomain(key: unknown, domain: DnsName): boolean {
  const parsed = typeof key === 'string' ? parseDomain(key) : undefined;
  return parsed?.ok === true && parsed.name === domain;
}

function rangeOf(key: Node, value: Node | null): readonly [number, number] {
  return [key.range?.[0] ?? 0, Math.max(key.range?.[1] ?? 0, value?.range?.[1] ?? 0)];
}

/** What stands in front of the first key; `undefined` when that is not only blanks. */
function indentOf(masked: string, map: YAMLMap): string | undefined {
  const key = map.items[0]?.key as Node | undefined;
  const from = key?.range?.[0] ?? 0;
  const indent = masked.slice(masked.lastIndexOf('\n', from - 1) + 1, from);
  return /^ +$/.test(indent) ? indent : undefined;
}

/** Where the line ends in which the last character before `end` stands, with comments that belong to it. */
function lineEndOf(masked: string, end: number, indent: string): number {
  const lineEnd = masked.indexOf('\n', masked.slice(0, end).trimEnd().length);
  let at = lineEnd < 0 ? masked.length : lineEnd + 1;
  // A comment that is indented further than the domains belongs to the one above it.
  for (let more: RegExpExecArray | null; (more = /^( +)#.*(?:\n|$)/.exec(masked.slice(at))); at += more[0].length)
    if ((more[1] ?? '').length <= indent.length) break;
  return at;
}

function behind(text: string, masked: string, end: number, settings: DomainSettings, indent: string): string {
  const at = lineEndOf(masked, end, indent);
  const eol = lineEnding(text);
  const lines = ['', ...domainLines(settings, indent)].join(eol);
  return `${ended(text.slice(0, at))}${lines}${eol}${text.slice(at)}`;
}

function replaced(
  text: string,
  masked: string,
  old: { readonly from: number; readonly to: number; readonly indent: string },
  settings: DomainSettings,
): string {
  const eol = lineEnding(text);
  const start = old.from - old.indent.length;
  const at = lineEndOf(masked, old.to, old.indent);
  return `${text.slice(0, start)}${domainLines(settings, old.indent).join(eol)}${eol}${text.slice(at)}`;
}

/** `domains:` without a value, or with `{}` from `start` to `end`. */
function filled(text: string, masked: string, start: number, settings: DomainSettings, end?: number): string {
  const colon = end === undefined ? masked.indexOf(':', start) + 1 : start;
  const eol = lineEnding(text);
  const rest = text.slice(end ?? colon);
  // A comment in the same line stays there.
  const lineEnd = rest.indexOf('\n');
  const [same, after] = lineEnd < 0 ? [rest, ''] : [rest.slice(0, lineEnd), rest.slice(lineEnd + 1)];
  const first = `${text.slice(0, colon).trimEnd()}${same}`.trimEnd();
  return `${first}${eol}${domainLines(settings, '  ').join(eol)}${eol}${after}`;
}

const lineEnding = (text: string): string => (text.includes('\r\n') ? '\r\n' : '\n');
const ended = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}${lineEnding(text)}`);
