/**
 * Environment variables in the place of keys. The name is `SEPTET_` and the path of the key in capitals, its steps
 * divided by two underscores:
 *
 *     dmarc.reports of my-shop.example.com   SEPTET_DOMAINS__MY___SHOP_EXAMPLE_COM__DMARC__REPORTS
 *     region of the sender ses               SEPTET_DOMAINS__MY___SHOP_EXAMPLE_COM__SENDERS__SES__REGION
 *
 * In a domain a dot becomes one underscore and a dash three, so that no two domains share a name; a domain with an
 * underscore in it has no such form. In a key a capital letter or a dash begins a new word. `SES_2` is the second sender
 * of that kind. Commas divide the values of lists; what is more than a list is written as YAML: `[…]` or `{…}`.
 */
import { parseDomain, type DnsName } from '../dns/name.ts';
import { nearest, type Place } from './problem.ts';
import {
  isNothing,
  list,
  map,
  nothing,
  sourceOf,
  valueOf,
  type Source,
  type SourceEntry,
  type SourceMap,
} from './source.ts';
import type { Key, Reading, Shape } from './shape.ts';
import { topKeys } from './top-keys.ts';

const prefix = 'SEPTET_';
const divider = /(?<!_)__(?!_)/;

/** `mtaSts` → `MTA_STS`, `google-workspace` → `GOOGLE_WORKSPACE`. */
export const environmentWord = (key: string): string =>
  key
    .replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '_')
    .replaceAll('-', '_')
    .toUpperCase();

/** `my-shop.example.com` → `MY___SHOP_EXAMPLE_COM`; `undefined` for a name with other characters. */
export function environmentDomain(domain: DnsName): string | undefined {
  if (!/^[a-z0-9.-]+$/.test(domain)) return undefined;
  return domain.replaceAll('-', '___').replaceAll('.', '_').toUpperCase();
}

/** The domain that `environmentDomain` made this of. */
export function domainOfEnvironment(word: string): DnsName | undefined {
  if (!/^[A-Z0-9_]+$/.test(word)) return undefined;
  const text = word
    .toLowerCase()
    .replaceAll(/_+/g, (run) => (run.length === 1 ? '.' : run.length % 3 === 0 ? '-'.repeat(run.length / 3) : '_'));
  const parsed = text.includes('_') ? undefined : parseDomain(text);
  return parsed?.ok && environmentDomain(parsed.name) === word ? parsed.name : undefined;
}

/** The variable of a key below a domain, from its path: `['dmarc', 'reports']`. */
export function environmentName(domain: string, path: readonly string[]): string {
  return [`${prefix}DOMAINS`, domain, ...path.map(environmentWord)].join('__');
}

/** What the file says with the environment's values put in. Variables that name no key are told. */
export function withEnvironment(base: Source, env: Reading['env'], reading: Reading): Source {
  const tops = new Set(topKeys.map(({ key }) => prefix + environmentWord(key)));
  const names = Object.keys(env)
    .filter((name) => name.startsWith(prefix) && (tops.has(name) || divider.test(name)) && env[name] !== '')
    .map((name) => ({ name, steps: name.slice(prefix.length).split(divider) }))
    .sort((a, b) => inOrder(a.steps, b.steps));
  let source = base;
  for (const { name, steps } of names) {
    const spot: Spot = { variable: name, value: env[name] ?? '', reading };
    source = withTop(source, steps, spot) ?? source;
  }
  return source;
}

/** What is named as a whole comes before what is named deeper and overrides it; `SES` before `SES_2` before `SES_10`. */
function inOrder(a: readonly string[], b: readonly string[]): number {
  const at = a.findIndex((step, i) => step !== b[i]);
  const [left, right] = [a[at], b[at]];
  if (left === undefined || right === undefined) return a.length - b.length;
  return left.length - right.length || (left < right ? -1 : 1);
}

interface Spot {
  readonly variable: string;
  readonly value: string;
  readonly reading: Reading;
}

const place = (spot: Spot): Place => ({ variable: spot.variable });

function fault(spot: Spot, message: string): undefined {
  spot.reading.problem(place(spot), message);
}

function withTop(source: Source, steps: readonly string[], spot: Spot): Source | undefined {
  const [first = '', second, ...rest] = steps;
  if (first !== 'DOMAINS' || second === undefined) return withValue(source, topKeys, steps, spot);
  const domain = domainOfEnvironment(second);
  if (domain === undefined)
    return fault(
      spot,
      `"${second.slice(0, 80)}" does not stand for a domain. A dot is one underscore and a dash three: my-shop.example.com is MY___SHOP_EXAMPLE_COM.`,
    );
  const domains = childOf(source, 'domains')?.value;
  const known = domains?.kind === 'map' ? domains : map([], place(spot));
  const key = known.entries.find((entry) => sameDomain(entry.key, domain))?.key ?? domain;
  const keys = topKeys.find((one) => one.key === 'domains')?.shape.keys ?? [];
  const before = childOf(known, key)?.value ?? map([], place(spot));
  const settings = rest.length === 0 ? asYaml(spot) : withValue(before, keys, rest, spot);
  return settings && withChild(source, 'domains', withChild(known, key, settings, spot), spot);
}

function sameDomain(key: string, domain: DnsName): boolean {
  const parsed = parseDomain(key);
  return parsed.ok && parsed.name === domain;
}

/** `source` with the value put at the steps; `undefined` when the steps name nothing, which has been told. */
function withValue(source: Source, keys: readonly Key[], steps: readonly string[], spot: Spot): Source | undefined {
  const [word = '', ...rest] = steps;
  const key = keys.find((one) => environmentWord(one.key) === word);
  if (!key) {
    const meant = nearest(
      word,
      keys.map((one) => environmentWord(one.key)),
    );
    const hint = meant === undefined ? '`septet config --env` lists the names.' : `Did you mean ${meant}?`;
    return fault(spot, `"${word.slice(0, 60)}" in this name stands for no key. ${hint}`);
  }
  const before = childOf(source, key.key)?.value;
  const value =
    rest.length === 0
      ? written(key.shape, spot)
      : key.key === 'senders'
        ? withSender(before, key.shape.keys ?? [], rest, spot)
        : withValue(before ?? map([], place(spot)), key.shape.keys ?? [], rest, spot);
  return value && withChild(source, key.key, value, spot);
}

/** `SES__REGION`, `SES_2__REGION`: the field of a sender, which is added where the list has none of its kind. */
function withSender(
  before: Source | undefined,
  kinds: readonly Key[],
  steps: readonly string[],
  spot: Spot,
): Source | undefined {
  const [word = '', ...rest] = steps;
  const exact = kinds.find((kind) => environmentWord(kind.key) === word);
  const count = /^(.+)_([2-9]|[1-9]\d)$/.exec(word);
  const kind = exact ?? kinds.find((one) => environmentWord(one.key) === count?.[1]);
  const turn = exact ? 1 : Number(count?.[2]);
  if (!kind) return withValue(map([], place(spot)), kinds, steps, spot);
  const items = before?.kind === 'list' ? before.items : [];
  const same = items.filter((item) => senderKey(item) === kind.key);
  const item = same[turn - 1];
  if (item === undefined && turn > same.length + 1)
    return fault(spot, `"${word}" would be sender number ${turn} of its kind, and there are ${same.length}.`);
  const fields = (item && childOf(item, kind.key)?.value) ?? map([], place(spot));
  const values = rest.length === 0 ? asYaml(spot) : withValue(fields, kind.shape.keys ?? [], rest, spot);
  if (!values) return undefined;
  const changed = map(
    [{ key: kind.key, place: item?.place ?? place(spot), value: values }],
    item?.place ?? place(spot),
  );
  const all = item === undefined ? [...items, changed] : items.map((one) => (one === item ? changed : one));
  return list(all, before?.place ?? place(spot));
}

const senderKey = (item: Source): string | undefined =>
  item.kind === 'scalar' ? item.text : item.kind === 'map' ? item.entries[0]?.key : undefined;

/** The value as a key of this shape takes it. */
function written(shape: Shape<unknown>, spot: Spot): Source | undefined {
  const { value, variable } = spot;
  if (shape.kind === 'scalar') return valueOf(variable, value);
  if (shape.kind === 'list' && !/^\s*\[/.test(value)) return valueOf(variable, value.trim());
  return asYaml(spot);
}

function asYaml(spot: Spot): Source | undefined {
  const read = sourceOf(spot.value, place(spot));
  if (read.kind === 'good') return isNothing(read.source) ? nothing(place(spot)) : read.source;
  return fault(spot, `The value is not YAML. ${read.problems[0]?.message ?? ''}`);
}

const childOf = (source: Source, key: string): SourceEntry | undefined =>
  source.kind === 'map' ? source.entries.find((entry) => entry.key === key) : undefined;

function withChild(source: Source, key: string, value: Source, spot: Spot): SourceMap {
  const entries = source.kind === 'map' ? source.entries : [];
  const entry: SourceEntry = { key, place: childOf(source, key)?.place ?? place(spot), value };
  const known = entries.some((one) => one.key === key);
  return map(
    known ? entries.map((one) => (one.key === key ? entry : one)) : [...entries, entry],
    source.kind === 'map' ? source.place : place(spot),
  );
}
