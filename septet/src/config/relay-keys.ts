/** `relay:` at the top: where `septet relay` listens, where mail goes, and who may send through it. */
import path from 'node:path';
import { parseVia } from '../world/via.ts';
import { network, secret, text } from './forms.ts';
import type { SecretRef } from './references.ts';
import { boolean, choice, integer, list, mapping, type Shape } from './shape.ts';
import { isNothing } from './source.ts';

/** As it stands in the configuration; options of the command go before it. */
export interface RelayConfig {
  /** `127.0.0.1:2526`. */
  readonly listen?: string;
  readonly to?: RelayTarget;
  /** `inet:127.0.0.1:8891` or `unix:/run/septet/milter`. */
  readonly milter?: string;
  readonly name?: string;
  /** Networks whose programs need no login. */
  readonly networks?: readonly string[];
  readonly users?: readonly { readonly name: string; readonly password: SecretRef }[];
  /** Files (PEM) for STARTTLS. */
  readonly certificate?: string;
  readonly key?: string;
  /** Of one message, in megabytes. */
  readonly maxSize?: number;
  readonly onFault?: 'accept' | 'tempfail';
  /** Links in plain text too. */
  readonly text?: boolean;
  readonly unsubscribe?: 'replace' | 'keep' | 'none';
  /** Links whose address speaks of unsubscribing stay. */
  readonly keepUnsubscribeLinks?: boolean;
}

/** The next server as `--to` takes it, with references in it, or where that text is kept; or each receiver's own. */
export type RelayTarget = { readonly kind: 'direct' } | { readonly kind: 'text'; readonly text: string } | SecretRef;

const kept = secret('RELAY_TO');

const target: Shape<RelayTarget> = {
  kind: 'scalar',
  words: 'a server such as smtp://user:${PASSWORD}@mail.example.com:587, a reference to that text, or direct',
  schema: { anyOf: [{ type: 'string', pattern: '^(smtps?://.*|direct)$' }, kept.schema] },
  read(source, reading) {
    if (source.kind !== 'scalar' || isNothing(source)) return kept.read(source, reading);
    if (source.text === 'direct') return { kind: 'direct' };
    if (source.variable !== undefined || !/^smtps?:/i.test(source.text)) return kept.read(source, reading);
    // References are looked up when the relay starts; here only the form counts.
    const names = [...source.text.matchAll(/\$\{(\w+)\}/g)].map((match) => [match[1] ?? '', 'x'] as const);
    const parsed = parseVia(source.text, Object.fromEntries(names));
    if (parsed.kind === 'bad')
      return void reading.problem(source.place, `${reading.path} ${parsed.why.replace(/^--via /, '')}`);
    if (parsed.literalPassword)
      return void reading.problem(
        source.place,
        `${reading.path} holds a password, which is not written out. Put it into an environment variable and write smtp://user:\${PASSWORD}@….`,
      );
    return { kind: 'text', text: source.text };
  },
};

const user = mapping(
  {
    name: { shape: text('a user name'), about: 'what the program logs in as', example: 'app', required: true },
    password: {
      shape: secret('RELAY_PASSWORD'),
      about: 'its password',
      example: '${RELAY_PASSWORD}',
      required: true,
    },
  },
  'a mapping such as { name: app, password: ${RELAY_PASSWORD} }',
);

export const relayShape = mapping(
  {
    listen: {
      shape: text('an address and a port, such as 127.0.0.1:2526', /.+:\d{1,5}/),
      about: 'where it takes mail by SMTP',
      example: '127.0.0.1:2526',
      without: '127.0.0.1:2526',
    },
    to: {
      shape: target,
      about: 'the next server; direct: the mail servers of each recipient',
      example: 'smtp://127.0.0.1:10026',
      without: 'to be given with --to or --direct',
    },
    milter: {
      shape: text('inet:address:port or unix:path', /inet:.+:\d{1,5}|unix:.+/),
      about: 'where Postfix reaches it as a milter',
      example: 'inet:127.0.0.1:8891',
      without: 'no milter',
    },
    name: {
      shape: text('a host name', /[\w.-]+/),
      about: 'what it calls itself to others',
      example: 'relay.yourcompany.com',
      without: 'localhost',
    },
    networks: {
      shape: list(network, { words: 'a list of addresses and networks' }),
      about: 'whose programs may send without a login',
      example: '[ 127.0.0.0/8, 10.0.0.0/24 ]',
      without: 'this machine alone',
    },
    users: {
      shape: list(user, { words: 'a list such as [ { name: app, password: ${RELAY_PASSWORD} } ]' }),
      about: 'who may log in, over TLS or on this machine',
      example: '[ { name: app, password: ${RELAY_PASSWORD} } ]',
      without: 'nobody',
    },
    certificate: {
      shape: text('the path of a certificate (PEM)'),
      about: 'for STARTTLS, with key',
      example: '/etc/septet/relay.pem',
      without: 'TLS is not offered',
    },
    key: {
      shape: text('the path of a private key (PEM)'),
      about: 'of the certificate',
      example: '/etc/septet/relay-key.pem',
    },
    maxSize: {
      shape: integer(1, 1024, 'megabytes'),
      about: 'the largest message, in megabytes',
      example: '50',
      without: '25',
    },
    onFault: {
      shape: choice(['accept', 'tempfail']),
      about: 'a message that the milter cannot rewrite goes on as it is, or comes again later',
      example: 'accept',
      without: 'accept',
    },
    text: { shape: boolean, about: 'rewrite links in plain text too', example: 'true', without: 'false' },
    unsubscribe: {
      shape: choice(['keep', 'replace', 'none']),
      about: 'List-Unsubscribe: keep one that is there, replace it, or put none in',
      example: 'keep',
      without: 'keep',
    },
    keepUnsubscribeLinks: {
      shape: boolean,
      about: 'leave links whose address speaks of unsubscribing',
      example: 'true',
      without: 'false',
    },
  },
  'a mapping such as { listen: 127.0.0.1:2526, to: smtp://127.0.0.1:10026 }',
  (value, placeOf, reading) => {
    if ((value.certificate === undefined) === (value.key === undefined)) return true;
    const [given, absent] = value.key === undefined ? ['certificate', 'key'] : ['key', 'certificate'];
    reading.problem(placeOf(given ?? ''), `${reading.path}.${given} needs ${absent} too: TLS takes both.`);
    return false;
  },
);

/** What `relayShape` has read, with its paths meant from the folder of the configuration. */
export function relayOf(
  read: unknown,
  folder: string,
  anchored: (ref: SecretRef) => SecretRef,
): RelayConfig | undefined {
  if (read === undefined) return undefined;
  // The keys were read by their shapes, and every user has name and password there.
  const relay = read as RelayConfig;
  const { to, users, certificate, key } = relay;
  const beside = (name: string): string => (path.isAbsolute(name) ? name : path.join(folder, name));
  return {
    ...relay,
    ...(to === undefined ? {} : { to: to.kind === 'env' || to.kind === 'file' ? anchored(to) : to }),
    ...(users === undefined
      ? {}
      : { users: users.map(({ name, password }) => ({ name, password: anchored(password) })) }),
    ...(certificate === undefined ? {} : { certificate: beside(certificate) }),
    ...(key === undefined ? {} : { key: beside(key) }),
  };
}
