/** `alerts:` at the top: a list of channels, each one word with its settings. Secrets stand elsewhere. */
import { parseDomain } from '../dns/name.ts';
import { parseVia } from '../world/via.ts';
import { hoursOfDay, timeOfDay, type WrittenHours, type WrittenTime } from './alert-times.ts';
import { httpsUrl, secret } from './forms.ts';
import { nearest, placeText, repeatable, type Place } from './problem.ts';
import type { SecretRef } from './references.ts';
import {
  choice,
  integer,
  keysOf,
  list,
  mappingSchema,
  readKeys,
  scalar,
  type Key,
  type KeySpecs,
  type Reading,
  type Shape,
} from './shape.ts';
import { isNothing, type Source } from './source.ts';

/** The server as `--via` takes it, with references in it, or where the whole text is kept. */
export type WrittenVia = { readonly kind: 'text'; readonly text: string } | SecretRef;

export type AlertTarget =
  | { readonly kind: 'mail'; readonly to: readonly string[]; readonly from: string; readonly via: WrittenVia }
  | { readonly kind: 'webhook'; readonly url: string; readonly secret: SecretRef }
  | { readonly kind: 'slack'; readonly url: SecretRef }
  | { readonly kind: 'ntfy'; readonly url: string; readonly token?: SecretRef };

/** A channel as the configuration names it; `resolveAlertChannels` fetches its secrets. */
export interface AlertConfig {
  /** `mail`, `mail-2`. */
  readonly id: string;
  readonly target: AlertTarget;
  readonly severity: 'error' | 'warning' | 'info';
  readonly quiet?: WrittenHours;
  readonly digest?: WrittenTime;
  readonly errorsAtOnce: boolean;
  readonly perHour: number;
  /** `septet.yaml:2:3`. */
  readonly place: string;
}

/** A channel that has no id yet, and where it stands. */
export interface PlacedAlert {
  readonly channel: Omit<AlertConfig, 'id' | 'place'>;
  readonly place: Place;
}

export const defaultPerHour = 12;

const address: Shape<string> = scalar({
  words: 'an e-mail address',
  schema: { type: 'string', minLength: 3 },
  take(text) {
    const at = text.lastIndexOf('@');
    const local = text.slice(0, at);
    const domain = parseDomain(text.slice(at + 1));
    const plain = /^[^\s"(),:;<>@[\\\]]+$/.test(local) && /^[\x21-\x7e]+$/.test(local) && !/^\.|\.\.|\.$/.test(local);
    if (at < 1 || !plain || !domain.ok || text.length > 254) return { fault: 'is none' };
    return { value: `${local}@${domain.name}` };
  },
});

const kept = secret('SMTP_SERVER');

const via: Shape<WrittenVia> = {
  kind: 'scalar',
  words: 'a server such as smtps://user:${PASSWORD}@mail.example.com, or a reference to that text',
  schema: { anyOf: [{ type: 'string', pattern: '^smtps?://' }, kept.schema] },
  read(source, reading) {
    if (
      source.kind !== 'scalar' ||
      isNothing(source) ||
      source.variable !== undefined ||
      !/^smtps?:/i.test(source.text)
    )
      return kept.read(source, reading);
    const { text } = source;
    // References are looked up when mail is sent; here only the form counts.
    const names = [...text.matchAll(/\$\{(\w+)\}/g)].map((match) => [match[1] ?? '', 'x'] as const);
    const parsed = parseVia(text, Object.fromEntries(names));
    if (parsed.kind === 'bad')
      return void reading.problem(source.place, `${reading.path} ${parsed.why.replace(/^--via /, '')}`);
    if (parsed.literalPassword)
      return void reading.problem(
        source.place,
        `${reading.path} holds a password, which is not written out. Put it into an environment variable and write smtps://user:\${PASSWORD}@….`,
      );
    return { kind: 'text', text };
  },
};

const rules = {
  severity: {
    shape: choice(['error', 'warning', 'info']),
    about: 'the least severe alerts that are told here',
    example: 'error',
    without: 'warning',
  },
  quiet: {
    shape: hoursOfDay,
    about: 'hours in which nothing is told; it waits for their end',
    example: '"22:00-07:00 Europe/Vienna"',
    without: 'no quiet hours',
  },
  digest: {
    shape: timeOfDay,
    about: 'one message a day at this time, with all that changed',
    example: '"08:00"',
    without: 'each on its own, at once',
  },
  errors: {
    shape: choice(['wait', 'at-once']),
    about: 'whether errors wait for quiet hours and digest too',
    example: 'at-once',
    without: 'wait',
  },
  perHour: {
    shape: integer(1, 1000, 'messages'),
    about: 'messages in an hour; what is more comes as one summary',
    example: '6',
    without: `${defaultPerHour}`,
  },
} satisfies KeySpecs;

const specs = {
  mail: {
    to: {
      shape: list(address, { words: 'one e-mail address or a list of them', least: 1 }),
      about: 'who is told',
      example: 'ops@example.com',
      required: true,
    },
    from: { shape: address, about: 'the From address', example: 'septet@example.com', required: true },
    via: {
      shape: via,
      about: 'the server that sends',
      example: 'smtps://user:${PASSWORD}@mail.example.com',
      required: true,
    },
  },
  webhook: {
    url: {
      shape: httpsUrl,
      about: 'where the JSON is posted',
      example: 'https://ops.example.com/septet',
      required: true,
    },
    secret: {
      shape: secret('WEBHOOK_SECRET'),
      about: 'what the signature is made with',
      example: '${WEBHOOK_SECRET}',
      required: true,
    },
  },
  slack: {
    url: {
      shape: secret('SLACK_WEBHOOK'),
      about: 'the incoming webhook, which is a secret',
      example: '${SLACK_WEBHOOK}',
      required: true,
    },
  },
  ntfy: {
    url: { shape: httpsUrl, about: 'server and topic', example: 'https://ntfy.sh/topic', required: true },
    token: { shape: secret('NTFY_TOKEN'), about: 'access token', example: '${NTFY_TOKEN}', without: 'no login' },
  },
} as const satisfies Readonly<Record<AlertTarget['kind'], KeySpecs>>;

type Kind = keyof typeof specs;

export interface AlertKind {
  readonly kind: Kind;
  readonly title: string;
  readonly keys: readonly Key[];
}

const titles: Readonly<Record<Kind, string>> = {
  mail: 'E-mail',
  webhook: 'A signed webhook',
  slack: 'Slack',
  ntfy: 'ntfy',
};

/** The kinds of channels with their own keys, for the reader, the schema and the documentation. */
export const alertKinds: readonly AlertKind[] = (Object.keys(specs) as Kind[]).map((kind) => ({
  kind,
  title: titles[kind],
  keys: keysOf(specs[kind]),
}));

/** The keys that every channel takes. */
export const alertRuleKeys: readonly Key[] = keysOf(rules);

const itemWords = 'one word with its settings, such as ntfy: { url: https://ntfy.sh/topic }';

export const alertsShape: Shape<readonly PlacedAlert[]> = {
  kind: 'tree',
  words: `a list; each is ${itemWords}`,
  schema: {
    type: 'array',
    items: {
      anyOf: alertKinds.map(({ kind, keys }) => ({
        type: 'object',
        description: titles[kind],
        properties: { [kind]: mappingSchema([...keys, ...alertRuleKeys]) },
        required: [kind],
        additionalProperties: false,
      })),
    },
  },
  read(source, reading) {
    if (source.kind !== 'list')
      return void reading.problem(source.place, `${reading.path} is ${this.words}. Put "- " in front of each channel.`);
    const read = source.items.map((item) => channelOf(item, reading));
    return read.every((one) => one !== undefined) ? read : undefined;
  },
};

function channelOf(source: Source, reading: Reading): PlacedAlert | undefined {
  const entry = source.kind === 'map' ? source.entries[0] : undefined;
  if (source.kind !== 'map' || !entry)
    return void reading.problem(source.place, `A channel of alerts is ${itemWords}.`);
  const more = source.entries[1];
  if (more)
    return void reading.problem(
      more.place,
      'A channel of alerts is one word with its settings below it. Are these indented as far as the word?',
    );
  const known = alertKinds.find(({ kind }) => kind === entry.key);
  if (!known) {
    const words = alertKinds.map(({ kind }) => kind);
    const meant = nearest(entry.key, words);
    const shown = repeatable(entry.key) === undefined ? 'This' : `"${entry.key}"`;
    const hint = meant === undefined ? `Known are ${words.join(', ')}.` : `Did you mean ${meant}?`;
    return void reading.problem(entry.place, `${shown} is not a channel of alerts. ${hint}`);
  }
  const keys = [...known.keys, ...alertRuleKeys];
  const names = keys.map(({ key }) => key).join(', ');
  const values = readKeys(entry.value, keys, `a mapping of ${names}`, { ...reading, path: entry.key });
  return values && { channel: settingsOf(known.kind, values), place: entry.place };
}

function settingsOf(kind: Kind, values: ReadonlyMap<string, unknown>): PlacedAlert['channel'] {
  const own = Object.fromEntries(
    alertKinds.find((one) => one.kind === kind)?.keys.map(({ key }) => [key, values.get(key)]) ?? [],
  );
  const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
  const quiet = values.get('quiet') as WrittenHours | undefined;
  const digest = values.get('digest') as WrittenTime | undefined;
  return {
    // The keys are those of the kind, read by their shapes.
    target: { kind, ...given } as AlertTarget,
    severity: (values.get('severity') ?? 'warning') as AlertConfig['severity'],
    ...(quiet === undefined ? {} : { quiet }),
    ...(digest === undefined ? {} : { digest }),
    errorsAtOnce: values.get('errors') === 'at-once',
    perHour: (values.get('perHour') ?? defaultPerHour) as number,
  };
}

/** With their names: the kind, and a number from the second of a kind on. Paths are meant from `anchored`'s folder. */
export function namedAlerts(
  alerts: readonly PlacedAlert[],
  file: string,
  anchored: (ref: SecretRef) => SecretRef,
): readonly AlertConfig[] {
  const counts = new Map<string, number>();
  return alerts.map(({ channel, place }) => {
    const { kind } = channel.target;
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    return {
      ...channel,
      target: anchoredTarget(channel.target, anchored),
      id: count === 1 ? kind : `${kind}-${count}`,
      place: placeText(file, place),
    };
  });
}

function anchoredTarget(target: AlertTarget, anchored: (ref: SecretRef) => SecretRef): AlertTarget {
  switch (target.kind) {
    case 'mail':
      return target.via.kind === 'text' ? target : { ...target, via: anchored(target.via) };
    case 'webhook':
      return { ...target, secret: anchored(target.secret) };
    case 'slack':
      return { ...target, url: anchored(target.url) };
    case 'ntfy':
      return target.token === undefined ? target : { ...target, token: anchored(target.token) };
  }
}
