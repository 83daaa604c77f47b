/** `dns:` of a domain: the host where its records are kept; what else stands there depends on the host. */
import type { DnsName } from '../dns/name.ts';
import { hostKinds, type HostKind } from '../providers/host-kinds.ts';
import { keyOf } from './fields.ts';
import { server, zoneName } from './forms.ts';
import { nearest, type Place } from './problem.ts';
import type { SecretRef } from './references.ts';
import { isNothing, type Source } from './source.ts';
import {
  below,
  keysOf,
  list,
  mappingSchema,
  readKeys,
  textOf,
  wordList,
  type Json,
  type Key,
  type Shape,
} from './shape.ts';

/** The host of a domain as the configuration names it. Secrets are fetched by `resolveHostValues`. */
export interface HostConfig {
  /** Key of a host kind: `cloudflare`; `other` where the configuration names none. */
  readonly kind: string;
  /** By the keys of the kind's fields. */
  readonly values: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, SecretRef>>;
  /** Authoritative servers to read back from, `address:port`, instead of those of the delegation. */
  readonly servers: readonly string[];
}

export interface DnsSettings {
  readonly host: HostConfig;
  readonly zone?: DnsName;
}

export const noHost: HostConfig = { kind: 'other', values: {}, secrets: {}, servers: [] };

const kindKeys = hostKinds.map((kind) => kind.key);
const hostWords = `one of ${kindKeys.join(', ')}`;

const hostKey: Key = {
  key: 'host',
  shape: {
    kind: 'scalar',
    words: hostWords,
    schema: { enum: kindKeys },
    read: (source, reading) => kindOf(source, reading)?.key,
  },
  about: 'who keeps the records of the zone',
  example: 'cloudflare',
  required: true,
};

const commonKeys = keysOf({
  zone: {
    shape: zoneName,
    about: 'the zone that holds the records',
    example: 'yourcompany.com',
    without: 'found by its SOA record',
  },
  servers: {
    shape: list(server, { words: 'a list of addresses, each with or without a port', least: 1 }),
    about: 'name servers of the zone to read back from',
    example: '[192.0.2.53, 198.51.100.53]',
    without: 'those of the delegation',
  },
});

/** The fields of one host kind as keys. */
export const hostFields = (kind: HostKind): readonly Key[] => kind.fields.map(keyOf);

const alternatives: readonly Json[] = hostKinds.map((kind) => {
  const schema = mappingSchema([hostKey, ...hostFields(kind), ...commonKeys]);
  const properties = schema['properties'] as { readonly [key: string]: Json };
  return { ...schema, title: kind.title, properties: { ...properties, host: { const: kind.key } } };
});

export const dnsShape: Shape<DnsSettings> = {
  kind: 'tree',
  words: 'a mapping such as { host: cloudflare, token: ${CLOUDFLARE_TOKEN} }',
  schema: { anyOf: alternatives },
  keys: [hostKey, ...commonKeys, ...everyField()],
  read(source, reading) {
    const what = reading.path;
    const bare =
      isNothing(source) || source.kind !== 'map' ? undefined : source.entries.find(({ key }) => key === 'host');
    if (!bare) {
      const typo = source.kind === 'map' ? source.entries.find(({ key }) => nearest(key, ['host'])) : undefined;
      if (typo) return void reading.problem(typo.place, `"${typo.key}" is not a key in ${what}. Did you mean host?`);
      const unlike = isNothing(source) ? 'has no value' : source.kind === 'map' ? 'lacks host' : 'is no mapping';
      return void reading.problem(source.place, `${what} ${unlike}. It is ${this.words}; host is ${hostWords}.`);
    }
    const kind = kindOf(bare.value, below(reading, 'host'));
    if (!kind) return undefined;
    const values = readKeys(source, [hostKey, ...hostFields(kind), ...commonKeys], this.words, reading);
    return values && settingsOf(kind, values);
  },
};

function settingsOf(kind: HostKind, read: ReadonlyMap<string, unknown>): DnsSettings {
  const values: Record<string, string> = {};
  const secrets: Record<string, SecretRef> = {};
  for (const { key, secret } of kind.fields) {
    const value = read.get(key);
    if (value === undefined) continue;
    if (secret) secrets[key] = value as SecretRef;
    else values[key] = String(value);
  }
  const servers = (read.get('servers') ?? []) as readonly string[];
  const zone = read.get('zone') as DnsName | undefined;
  return { host: { kind: kind.key, values, secrets, servers }, ...(zone === undefined ? {} : { zone }) };
}

function kindOf(
  source: Source,
  reading: { readonly path: string } & Parameters<typeof textOf>[2],
): HostKind | undefined {
  const text = textOf(source, hostWords, reading);
  if (text === undefined) return undefined;
  const kind = hostKinds.find(({ key }) => key === text);
  if (kind) return kind;
  const meant = nearest(text, kindKeys);
  const hint = meant === undefined ? `It is ${wordList(kindKeys)}.` : `Did you mean ${meant}?`;
  const place: Place = source.place;
  // What stands here is not repeated: it may be a token.
  return void reading.problem(place, `${reading.path} names no DNS host that Septet knows. ${hint}`);
}

/** The fields of all hosts, each key once; for the environment forms. */
function everyField(): readonly Key[] {
  const keys = new Map<string, Key>();
  for (const kind of hostKinds) for (const key of hostFields(kind)) if (!keys.has(key.key)) keys.set(key.key, key);
  return [...keys.values()];
}
