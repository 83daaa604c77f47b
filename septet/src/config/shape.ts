/**
 * Shapes: what may stand at a key, once. A shape reads a value and says what is wrong with it, and carries the words and
 * the JSON Schema for the same; validation, schema, environment forms and documentation are all made of these.
 */
import type { DnsName } from '../dns/name.ts';
import { nearest, repeatable, type Place } from './problem.ts';
import { expand } from './references.ts';
import { isNothing, list as listOf, valueOf, type Source, type SourceMap, type SourceScalar } from './source.ts';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonSchema = { readonly [key: string]: Json };

/** Where a reader is, and whom it tells what is wrong. */
export interface Reading {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The domain whose settings are read. */
  readonly domain?: DnsName;
  /** `dmarc.reports`; empty at the top. */
  readonly path: string;
  problem(place: Place, message: string): void;
}

export interface Shape<T> {
  /** `list` takes commas in an environment variable; `tree` is written as YAML there. */
  readonly kind: 'scalar' | 'list' | 'tree';
  /** What may stand here, as the end of a sentence: `true or false`. */
  readonly words: string;
  readonly schema: JsonSchema;
  /** Keys inside, for mappings. */
  readonly keys?: readonly Key[];
  /** `undefined` when something is wrong; `reading` has been told. */
  read(source: Source, reading: Reading): T | undefined;
}

export interface KeySpec<T> {
  readonly shape: Shape<T>;
  /** One line, without a full stop. */
  readonly about: string;
  /** As it stands in the file, in one line. */
  readonly example: string;
  readonly required?: true;
  /** What holds without the key, in words. */
  readonly without?: string;
}
export interface Key extends KeySpec<unknown> {
  readonly key: string;
}

export type KeySpecs = Readonly<Record<string, KeySpec<unknown>>>;
type Filled<K extends KeySpecs> = { readonly [P in keyof K]?: K[P] extends KeySpec<infer T> ? T : never };

export const below = (reading: Reading, key: string): Reading => ({
  ...reading,
  path: reading.path === '' ? key : `${reading.path}.${key}`,
});

export type Taken<T> = { readonly value: T } | { readonly fault: string };

/** A scalar. `take` gets the text with its references replaced; a fault is the end of a sentence: `is not a number`. */
export function scalar<T>(spec: {
  readonly words: string;
  readonly schema: JsonSchema;
  readonly take: (text: string, reading: Reading) => Taken<T>;
  /** The value may hold what is nobody's business, such as a password or a topic: messages do not repeat it. */
  readonly unspoken?: true;
}): Shape<T> {
  const { words } = spec;
  return {
    kind: 'scalar',
    words,
    schema: spec.schema,
    read(source, reading) {
      const text = textOf(source, words, reading);
      if (text === undefined) return undefined;
      const taken = spec.take(text, reading);
      if ('value' in taken) return taken.value;
      const end = taken.fault.endsWith('?') ? '' : '.';
      return void reading.problem(
        source.place,
        `${reading.path} is ${words}; ${spec.unspoken ? 'this value' : shown(source)} ${taken.fault}${end}`,
      );
    },
  };
}

/** The text of a scalar with references replaced; anything else is told. */
export function textOf(source: Source, words: string, reading: Reading): string | undefined {
  if (isNothing(source)) return void reading.problem(source.place, `${reading.path} has no value. It is ${words}.`);
  if (source.kind !== 'scalar')
    return void reading.problem(
      source.place,
      `${reading.path} is ${words}, not a ${source.kind === 'list' ? 'list' : 'mapping'}.`,
    );
  // The value of a variable is what it is: it refers to no other variable.
  if (source.variable !== undefined) return source.text;
  const expanded = expand(source.text, reading.env);
  if (expanded.kind === 'good') return expanded.text;
  const names = [...new Set(expanded.names)].join(' and ');
  return void reading.problem(
    source.place,
    `${reading.path} needs the environment variable ${names}, which is not set. Set it, or write the value here.`,
  );
}

/** The value for a message: never one that came out of a variable, and no long one. */
export function shown(source: SourceScalar | Source): string {
  if (source.kind !== 'scalar' || source.text.includes('${')) return 'this value';
  // Flags have been typed; what stands in the environment may be meant for nobody's eyes.
  if ('variable' in source.place && !source.place.variable.startsWith('--')) return 'this value';
  return source.text.length > 0 && source.text.length <= 60 ? `"${source.text}"` : 'this value';
}

/** Words that a message still lists; of more it names one. */
const maxListed = 8;

/** One of some words, or another spelling of one of them. */
export function choice<const T extends string>(
  choices: readonly T[],
  other: Readonly<Record<string, T>> = {},
  example: string = choices[0] ?? '',
): Shape<T> {
  const words = choices.length > maxListed ? `one of ${choices.length} words such as ${example}` : wordList(choices);
  const spelled = [...choices, ...Object.keys(other)];
  // YAML readers take a word of digits for a number.
  const numbers = spelled.filter((word) => /^\d+$/.test(word)).map(Number);
  return scalar({
    words,
    schema: { anyOf: [{ enum: [...spelled, ...numbers] }, referenceSchema] },
    take(text) {
      const value = choices.find((known) => known === text) ?? (Object.hasOwn(other, text) ? other[text] : undefined);
      if (value !== undefined) return { value };
      const meant = nearest(text, choices);
      return { fault: meant === undefined ? 'is something else' : `is something else. Did you mean ${meant}?` };
    },
  });
}

export const boolean: Shape<boolean> = scalar({
  words: 'true or false',
  schema: { anyOf: [{ type: 'boolean' }, { $ref: '#/$defs/reference' }] }, // `referenceSchema` is not yet made here
  take(text) {
    const word = text.toLowerCase();
    if (word === 'true' || word === 'false') return { value: word === 'true' };
    const meant = /^(yes|on|y|1)$/.test(word) ? 'true' : /^(no|off|n|0)$/.test(word) ? 'false' : undefined;
    return { fault: meant === undefined ? 'is neither' : `is neither. Write ${meant}` };
  },
});

/** A whole number without sign. */
export function integer(least: number, most: number, unit: string): Shape<number> {
  return scalar({
    words: `a whole number of ${unit} from ${least} to ${most}`,
    schema: { anyOf: [{ type: 'integer', minimum: least, maximum: most }, referenceSchema] },
    take(text) {
      const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
      return value >= least && value <= most ? { value } : { fault: 'is not' };
    },
  });
}

/** Several values; one may stand without brackets, and commas divide those in an environment variable. */
export function list<T>(of: Shape<T>, few: { readonly words: string; readonly least?: number }): Shape<readonly T[]> {
  const { words, least = 0 } = few;
  return {
    kind: of.kind === 'scalar' ? 'list' : 'tree',
    words,
    schema: { anyOf: [of.schema, { type: 'array', items: of.schema, ...(least > 0 ? { minItems: least } : {}) }] },
    read(source, reading) {
      if (isNothing(source)) return void reading.problem(source.place, `${reading.path} has no value. It is ${words}.`);
      const { items } = source.kind === 'list' ? source : listOf(piecesOf(source, of.kind), source.place);
      if (items.length < least) return void reading.problem(source.place, `${reading.path} is empty. It is ${words}.`);
      const values: T[] = [];
      for (const item of items) {
        const value = of.read(item, reading);
        if (value !== undefined) values.push(value);
      }
      return values.length === items.length ? values : undefined;
    },
  };
}

function piecesOf(source: Source, kind: Shape<unknown>['kind']): readonly Source[] {
  if (kind !== 'scalar' || source.kind !== 'scalar' || source.variable === undefined) return [source];
  const { variable } = source;
  return source.text.split(',').map((piece) => valueOf(variable, piece.trim()));
}

/** A mapping with these keys and no others. `check` is called with what was read when every key is in order. */
export function mapping<const K extends KeySpecs>(
  specs: K,
  words: string,
  check?: (value: Filled<K>, placeOf: (key: string) => Place, reading: Reading) => boolean,
): Shape<Filled<K>> {
  const keys = keysOf(specs);
  return {
    kind: 'tree',
    words,
    keys,
    schema: mappingSchema(keys),
    read(source, reading) {
      const values = readKeys(source, keys, words, reading);
      if (values === undefined || source.kind !== 'map') return undefined;
      const value = Object.fromEntries(values) as Filled<K>;
      if (check && !check(value, (key) => placeIn(source, key), reading)) return undefined;
      return value;
    },
  };
}

export const keysOf = (specs: KeySpecs): readonly Key[] =>
  Object.entries(specs).map(([key, spec]) => ({ key, ...spec }));

export const placeIn = (source: SourceMap, key: string): Place =>
  source.entries.find((entry) => entry.key === key)?.value.place ?? source.place;

/** Reads the values of a mapping; `undefined` when anything in it is wrong. */
export function readKeys(
  source: Source,
  keys: readonly Key[],
  words: string,
  reading: Reading,
): ReadonlyMap<string, unknown> | undefined {
  const what = reading.path === '' ? 'The configuration' : reading.path;
  if (isNothing(source)) return void reading.problem(source.place, `${what} has no value. It is ${words}.`);
  if (source.kind !== 'map')
    return void reading.problem(
      source.place,
      `${what} is ${words}, not a ${source.kind === 'list' ? 'list' : 'single value'}.`,
    );
  const values = new Map<string, unknown>();
  let whole = true;
  for (const { key, place, value } of source.entries) {
    const known = keys.find((one) => one.key === key);
    const got = known ? known.shape.read(value, below(reading, key)) : unknownKey(key, place, keys, reading);
    if (got === undefined) whole = false;
    else values.set(key, got);
  }
  for (const { key, required, shape, example } of keys) {
    if (!required || source.entries.some((entry) => entry.key === key)) continue;
    whole = false;
    reading.problem(
      source.place,
      `${what} lacks ${key}, which is ${shape.words}. Write, for example, ${key}: ${example}`,
    );
  }
  return whole ? values : undefined;
}

function unknownKey(key: string, place: Place, keys: readonly Key[], reading: Reading): undefined {
  const known = keys.map((one) => one.key);
  const shown = repeatable(key) === undefined ? 'This key' : `"${key}"`;
  const where = reading.path === '' ? 'here' : `in ${reading.path}`;
  const meant = nearest(key, known);
  const hint =
    meant !== undefined
      ? `Did you mean ${meant}?`
      : known.length === 0
        ? 'No keys are known there.'
        : `Known are ${known.join(', ')}.`;
  reading.problem(place, `${shown} is not a key ${where}. ${hint}`);
}

/** A value may always be a reference to an environment variable. */
export const referenceSchema: JsonSchema = { $ref: '#/$defs/reference' };

export function mappingSchema(keys: readonly Key[]): JsonSchema {
  const required = keys.filter((one) => one.required).map((one) => one.key);
  return {
    type: 'object',
    properties: Object.fromEntries(keys.map((one) => [one.key, describedSchema(one)])),
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
  };
}

const describedSchema = ({ about, shape }: Key): JsonSchema => ({ description: about, ...shape.schema });

export function wordList(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
