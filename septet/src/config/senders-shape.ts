/** `senders:` of a domain: bare words, or one word with a mapping of its values. */
import { senderKinds } from '../senders/kinds.ts';
import type { SenderKind } from '../senders/kind.ts';
import type { SenderSetting } from '../senders/needs.ts';
import { keyOf } from './fields.ts';
import { nearest, repeatable, type Place } from './problem.ts';
import { isNothing, map, type Source } from './source.ts';
import { mappingSchema, readKeys, type Json, type Key, type Reading, type Shape } from './shape.ts';

export interface PlacedSender {
  readonly setting: SenderSetting;
  readonly place: Place;
}

/** Field keys of each kind, made once. */
const kinds: ReadonlyMap<string, { readonly kind: SenderKind; readonly keys: readonly Key[] }> = new Map(
  senderKinds.map((kind) => [kind.key, { kind, keys: kind.fields.map(keyOf) }]),
);

/** The fields of one kind of sender as keys. */
export const senderFields = (kind: string): readonly Key[] => kinds.get(kind)?.keys ?? [];

const itemWords = 'a word such as google-workspace, or one word with its values such as ses: { region: eu-west-1 }';

const bareKinds: readonly Json[] = senderKinds
  .filter((kind) => !kind.fields.some((field) => field.required))
  .map((kind) => kind.key);

const one: Shape<PlacedSender> = {
  kind: 'tree',
  words: itemWords,
  schema: {
    anyOf: [
      { enum: bareKinds },
      ...[...kinds.values()].map(({ kind, keys }) => ({
        type: 'object',
        description: `${kind.title}: ${kind.about}`,
        properties: { [kind.key]: mappingSchema(keys) },
        required: [kind.key],
        additionalProperties: false,
      })),
    ],
  },
  read(source, reading) {
    const named = namedKind(source, reading);
    if (!named) return undefined;
    const { kind, keys } = named;
    const { place } = source;
    // A bare word is a sender without values; what is required is then told as missing.
    const given = isNothing(named.values) ? map([], place) : named.values;
    const read = readKeys(given, keys, `a mapping of ${keys.map(({ key }) => key).join(', ')}`, {
      ...reading,
      path: kind.key,
    });
    return read && { setting: { kind: kind.key, values: Object.fromEntries(read) }, place };
  },
};

export const sendersShape: Shape<readonly PlacedSender[]> = {
  kind: 'tree',
  words: `a list; each is ${itemWords}`,
  schema: { type: 'array', items: one.schema },
  keys: [...kinds.values()].map(({ kind, keys }): Key => ({
    key: kind.key,
    about: `${kind.title}: ${kind.about}`,
    example: kind.fields.some((field) => field.required) ? '{ … }' : '',
    shape: { kind: 'tree', words: 'a mapping', schema: {}, keys, read: () => undefined },
  })),
  read(source, reading) {
    if (source.kind !== 'list') {
      const hint =
        source.kind === 'map' ? ' Put "- " in front of each sender.' : ' Write, for example, [ google-workspace ].';
      return void reading.problem(source.place, `${reading.path} is a list of senders.${hint}`);
    }
    const senders = source.items.map((item) => one.read(item, reading));
    return senders.every((sender) => sender !== undefined) ? senders : undefined;
  },
};

function namedKind(source: Source, reading: Reading) {
  const first = source.kind === 'map' ? source.entries[0] : undefined;
  const word = source.kind === 'scalar' && !isNothing(source) ? source.text : first?.key;
  if (word === undefined) return void reading.problem(source.place, `A sender is ${itemWords}.`);
  if (source.kind === 'map' && source.entries.length > 1) {
    const more = source.entries[1];
    return void reading.problem(
      more?.place ?? source.place,
      'A sender is one word with its values below it. Are these values indented as far as the word?',
    );
  }
  const known = kinds.get(word);
  if (known) return { ...known, values: first?.value ?? map([], source.place) };
  const meant = nearest(word, [...kinds.keys()]);
  const shown = repeatable(word) === undefined ? 'This' : `"${word}"`;
  const hint = meant === undefined ? `Known are ${[...kinds.keys()].join(', ')}.` : `Did you mean ${meant}?`;
  return void reading.problem(first?.place ?? source.place, `${shown} is not a kind of sender. ${hint}`);
}
