/** The options of `septet relay` and the section `relay:` of the configuration, read together: options go first. */
import { canonicalAddress, parseNetwork, type Network } from '../../dns/address.ts';
import { parseDomain } from '../../dns/name.ts';
import type { RelayConfig } from '../../config/relay-keys.ts';
import { readSecret } from '../../config/secrets.ts';
import type { RelayUser } from '../../relay/admission.ts';
import { isLoopback, parseVia } from '../../world/via.ts';
import type { MilterPlace } from '../../relay/milter-listener.ts';
import type { NextPlace } from '../../world/next-server.ts';
import { InputError, type Io } from '../io.ts';
import type { WorldOptions } from '../open-world.ts';
import type { StoreOptions } from '../store-option.ts';
import { visible } from '../visible.ts';

export interface RelayOptions extends WorldOptions, StoreOptions {
  readonly listen?: string;
  readonly to?: string;
  readonly direct?: boolean;
  readonly milter?: string | true;
  readonly name?: string;
  readonly network?: readonly string[];
  readonly cert?: string;
  readonly tlsKey?: string;
  readonly maxSize?: string;
  readonly maxConnections?: string;
  readonly onFault?: string;
  readonly internal?: boolean;
  readonly keepUnsubscribeLinks?: boolean;
  readonly config?: string;
  readonly state?: string;
  readonly json?: boolean;
}

export interface RelaySettings {
  /** Absent: no SMTP, the milter alone. */
  readonly smtp?: {
    readonly host: string;
    readonly port: number;
    readonly target:
      | { readonly kind: 'direct'; readonly internal: boolean }
      | { readonly kind: 'next'; readonly place: NextPlace };
    /** Files. */
    readonly tls?: { readonly cert: string; readonly key: string };
  };
  readonly milter?: MilterPlace;
  readonly onFault: 'accept' | 'tempfail';
  readonly name: string;
  readonly networks: readonly Network[];
  readonly users: readonly RelayUser[];
  readonly maxOctets: number;
  readonly maxConnections: number;
}

const usualListen = '127.0.0.1:2526';
const usualMilter = 'inet:127.0.0.1:8891';
const usualMaxMegabytes = 25; // house
const usualConnections = 200; // house

/** Throws `InputError`. `ca`: certificates (PEM) that the next server may have besides the well-known roots. */
export async function relaySettings(
  options: RelayOptions,
  config: RelayConfig,
  io: Pick<Io, 'env' | 'readFile'>,
  ca: readonly string[] = [],
): Promise<RelaySettings> {
  if (options.to !== undefined && options.direct) throw new InputError('--to and --direct exclude each other.');
  const milterText = options.milter === true ? (config.milter ?? usualMilter) : (options.milter ?? config.milter);
  const target = await targetOf(options, config, io, ca);
  if (target === undefined && milterText === undefined)
    throw new InputError(
      'The relay needs to know where mail goes: --to smtp://host:port, --direct, or --milter for Postfix alone.',
    );
  if (target === undefined && options.listen !== undefined)
    throw new InputError(
      '--listen takes mail by SMTP, which has to go somewhere: add --to smtp://host:port or --direct.',
    );
  const name = nameOf(options.name ?? config.name ?? 'localhost');
  if (target?.kind === 'direct' && name === 'localhost')
    throw new InputError(
      'With --direct receivers want to know who is there. Give --name, the host name of this machine.',
    );
  const place = placeOf(options.listen ?? config.listen ?? usualListen, '--listen');
  if (target?.kind === 'next' && target.place.port === place.port && place.port !== 0 && isLoopback(target.place.host))
    throw new InputError(`--to leads back to the relay itself, at port ${place.port}. Name the server behind it.`);
  const onFault = options.onFault ?? config.onFault ?? 'accept';
  if (onFault !== 'accept' && onFault !== 'tempfail')
    throw new InputError(`--on-fault is accept or tempfail, not ${visible(onFault)}.`);
  const tls = tlsOf(options, config);
  const users = await usersOf(config, io);
  if (users.length > 0 && tls === undefined && !isLoopback(place.host))
    throw new InputError(
      'Users log in over TLS alone, and the relay has no certificate. Give --cert and --tls-key, or listen at 127.0.0.1.',
    );
  return {
    ...(target === undefined ? {} : { smtp: { ...place, target, ...(tls ? { tls } : {}) } }),
    ...(milterText === undefined ? {} : { milter: milterPlaceOf(milterText) }),
    onFault,
    name,
    networks: (options.network ?? config.networks ?? ['127.0.0.0/8', '::1']).map(networkOf),
    users,
    maxOctets:
      options.maxSize === undefined ? (config.maxSize ?? usualMaxMegabytes) * 1024 ** 2 : sizeOf(options.maxSize),
    maxConnections:
      options.maxConnections === undefined
        ? usualConnections
        : wholeOf(options.maxConnections, '--max-connections', 10_000),
  };
}

type Target = NonNullable<RelaySettings['smtp']>['target'];

async function targetOf(
  options: RelayOptions,
  config: RelayConfig,
  io: Pick<Io, 'env' | 'readFile'>,
  ca: readonly string[],
): Promise<Target | undefined> {
  const direct: Target = { kind: 'direct', internal: options.internal === true };
  if (options.direct) return direct;
  // `--milter` alone on the command line means the milter alone.
  const wanted = options.milter !== undefined && options.to === undefined && options.listen === undefined;
  if (options.to === undefined && (wanted || config.to === undefined)) return undefined;
  let text = options.to;
  if (text === undefined && config.to) {
    if (config.to.kind === 'direct') return direct;
    if (config.to.kind === 'text') text = config.to.text;
    else {
      const read = await readSecret('relay.to', config.to, io);
      if ('problem' in read) throw new InputError(read.problem);
      text = read.value;
    }
  }
  const option = options.to === undefined ? 'relay.to' : '--to';
  const parsed = parseVia(text ?? '', io.env);
  if (parsed.kind === 'bad') throw new InputError(parsed.why.replace(/^--via/, option));
  const { via, sender, literalPassword } = parsed;
  if (sender !== undefined) throw new InputError(`${option} begins with smtp:// or smtps://.`);
  if (literalPassword)
    throw new InputError(
      `${option} holds a password, which every user of this machine can see. Put it into an environment variable and write user:\${NAME}@ instead.`,
    );
  const local = isLoopback(via.host);
  if (via.login && via.tls === 'optional' && !local)
    throw new InputError(`${option}: a password does not go out without TLS. Take ?tls=optional away.`);
  return {
    kind: 'next',
    place: {
      host: via.host,
      port: via.port,
      tls: via.tls,
      // Where TLS is not demanded, a certificate that nobody checks is better than none (RFC 7435).
      secure: { name: via.host, verify: via.tls !== 'optional', ca },
      ...(via.login ? { login: via.login } : {}),
      loginInClear: local,
    },
  };
}

async function usersOf(config: RelayConfig, io: Pick<Io, 'env' | 'readFile'>): Promise<readonly RelayUser[]> {
  return Promise.all(
    (config.users ?? []).map(async ({ name, password }) => {
      const read = await readSecret('relay.users.password', password, io);
      if ('problem' in read) throw new InputError(read.problem);
      return { name, password: read.value };
    }),
  );
}

function tlsOf(options: RelayOptions, config: RelayConfig) {
  const cert = options.cert ?? (options.tlsKey === undefined ? config.certificate : undefined);
  const key = options.tlsKey ?? (options.cert === undefined ? config.key : undefined);
  if ((cert === undefined) !== (key === undefined)) {
    const [given, absent] = cert === undefined ? ['--tls-key', '--cert'] : ['--cert', '--tls-key'];
    throw new InputError(`${given} needs ${absent} too: TLS takes a certificate and its private key.`);
  }
  return cert === undefined || key === undefined ? undefined : { cert, key };
}

function placeOf(text: string, option: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:]+)):(\d{1,5})$/i.exec(text);
  const written = match?.[1] ?? match?.[2] ?? '';
  const host = written.toLowerCase() === 'localhost' ? '127.0.0.1' : canonicalAddress(written);
  const port = Number(match?.[3]);
  if (host === undefined || !(port <= 65_535))
    throw new InputError(
      `${option} is an address of this machine and a port, such as ${usualListen}, not ${visible(text)}.`,
    );
  return { host, port };
}

function milterPlaceOf(text: string): MilterPlace {
  if (text.startsWith('unix:') && text.length > 5) {
    // sun_path of Linux has 108 octets with its end.
    if (Buffer.byteLength(text) > 107 + 5)
      throw new InputError('--milter: the path of a socket has 107 octets at most.');
    return { kind: 'unix', path: text.slice(5) };
  }
  if (!text.startsWith('inet:'))
    throw new InputError(`--milter is inet:address:port or unix:path, such as ${usualMilter}, not ${visible(text)}.`);
  return { kind: 'inet', ...placeOf(text.slice(5), '--milter inet:') };
}

function nameOf(text: string): string {
  const parsed = parseDomain(text);
  if (!parsed.ok) throw new InputError(`--name is a host name such as relay.example.com, not ${visible(text)}.`);
  return parsed.name;
}

function networkOf(text: string): Network {
  const network = parseNetwork(text);
  if (!network) throw new InputError(`--network is an address or a network such as 10.0.0.0/24, not ${visible(text)}.`);
  if (network.prefixLength === 0)
    throw new InputError(`--network ${visible(text)} would let the whole Internet send through this machine.`);
  return network;
}

function sizeOf(text: string): number {
  const match = /^(\d{1,12})(k|m|g)?b?$/i.exec(text);
  const unit = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[match?.[2]?.toLowerCase() ?? ''] ?? 1;
  const octets = Number(match?.[1]) * unit;
  if (!(octets >= 1024))
    throw new InputError(`--max-size is a size such as 500k or 25m, 1k at least, not ${visible(text)}.`);
  if (octets > 1024 ** 3) throw new InputError('--max-size is 1g at most.');
  return octets;
}

function wholeOf(text: string, option: string, most: number): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > most)
    throw new InputError(`${option} is a whole number from 1 to ${most}, not ${visible(text)}.`);
  return number;
}
