/**
 * Asking a zone's own servers: where the zone begins (RFC 2181 §6), whom the parent delegates it to (RFC 1034 §4.2.1),
 * whom the zone itself names, and what each of them says without recursion and without a cache.
 */
import { isAtOrBelow, labels, parent, root, type DnsName } from './name.ts';
import { networkResolver } from './network-resolver.ts';
import { failedAnswer, readAnswer } from './read-answer.ts';
import type { Authority, AuthorityResult, NameServer, QueryOptions, Resolver, ServerAnswer } from './resolver.ts';
import { dataOf, type Answer, type RrType } from './rrset.ts';
import { decodeMessage } from './wire-decode.ts';
import type { Message } from './wire-types.ts';

export interface AuthorityOptions {
  /** Finds the zone cuts and the addresses of the servers. */
  readonly resolver: Resolver;
  /** Where name servers listen; default 53. Tests use another. */
  readonly port?: number;
  /** For one question to one address, in milliseconds; default 3000. */
  readonly timeoutMs?: number;
  /** Packets to one address; default 2. */
  readonly attempts?: number;
}

/** House limits, so that a zone with absurd data costs no more than a large one. */
const maxServers = 16;
const maxAddressesPerServer = 4;
/** How many servers of the parent are tried for the delegation. */
const maxParentServers = 4;
/** Names under ip6.arpa have 34 labels. */
const maxClimb = 40;

export function authorityFinder(
  options: AuthorityOptions,
): (name: DnsName, asked?: QueryOptions) => Promise<AuthorityResult> {
  const finder = new Finder(options);
  return (name, asked) => finder.find(name, asked?.signal);
}

interface Delegation {
  /** The owner of the NS records. */
  readonly cut: DnsName;
  readonly names: readonly DnsName[];
  readonly glue: ReadonlyMap<DnsName, readonly string[]>;
}

class Finder {
  private readonly options: AuthorityOptions;

  constructor(options: AuthorityOptions) {
    this.options = options;
  }

  async find(name: DnsName, signal?: AbortSignal): Promise<AuthorityResult> {
    const own = await this.zoneOf(name, signal);
    if (own.zone === undefined) return { kind: 'failed', detail: own.detail };
    const above = own.zone === root || own.isBroken ? own : await this.zoneOf(parent(own.zone), signal);
    // A zone whose servers are all dead is seen in its parent only.
    const asked = own.isBroken ? name : own.zone;
    const delegation =
      above.zone === undefined || asked === root ? undefined : await this.delegationOf(asked, above.zone, signal);
    if (own.isBroken && delegation === undefined) return { kind: 'failed', detail: own.detail };
    const zone = own.isBroken ? (delegation?.cut ?? own.zone) : own.zone;
    const delegated = delegation === undefined ? [] : await this.serversOf(delegation.names, delegation.glue, signal);
    const viaResolver = async (): Promise<readonly DnsName[]> =>
      dataOf(await this.options.resolver.query(zone, 'NS', withSignal(signal)));
    const apex = (await this.apexOf(zone, delegated, signal)) ?? (await viaResolver());
    const servers = delegated.length > 0 ? delegated : await this.serversOf(apex, new Map(), signal);
    if (servers.every((server) => server.addresses.length === 0)) {
      return { kind: 'failed', detail: `no name server of ${zone || 'the root'} has an address` };
    }
    return { kind: 'found', authority: this.authority(zone, delegated, apex, servers) };
  }

  private authority(
    zone: DnsName,
    delegated: readonly NameServer[],
    apex: readonly DnsName[],
    servers: readonly NameServer[],
  ): Authority {
    const places = servers.flatMap((server) => server.addresses.map((address) => ({ server: server.name, address })));
    return {
      zone,
      delegated,
      apex,
      ask: <T extends RrType>(name: DnsName, type: T, asked?: QueryOptions) =>
        Promise.all(
          places.map(async ({ server, address }): Promise<ServerAnswer<T>> => ({
            server,
            address,
            answer: (await this.askAt(address, name, type, asked)) as Answer<T>,
          })),
        ),
    };
  }

  /** The zone that holds the name. `isBroken` when a zone between the name and this one does not answer. */
  private async zoneOf(
    name: DnsName,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly zone: DnsName | undefined; readonly isBroken: boolean; readonly detail: string }> {
    let broken: string | undefined;
    let at = name;
    for (let i = Math.min(labels(name).length, maxClimb); i >= 0; i--) {
      const answer = await this.options.resolver.query(at, 'SOA', withSignal(signal));
      if (answer.kind === 'failed') {
        broken ??= `${at || 'the root'} SOA: ${answer.detail ?? answer.reason}`;
      } else if (answer.chain.length === 0) {
        const zone = answer.kind === 'found' ? answer.set.name : answer.zone;
        if (zone !== undefined && isAtOrBelow(at, zone)) {
          return { zone, isBroken: broken !== undefined, detail: broken ?? '' };
        }
      }
      at = parent(at);
    }
    return { zone: undefined, isBroken: true, detail: broken ?? `no zone holds ${name || 'the root'}` };
  }

  /** What the servers of `parentZone` say about the servers of `zone`; `undefined` when none of them says anything. */
  private async delegationOf(
    zone: DnsName,
    parentZone: DnsName,
    signal: AbortSignal | undefined,
  ): Promise<Delegation | undefined> {
    const names = dataOf(await this.options.resolver.query(parentZone, 'NS', withSignal(signal)));
    for (const name of names.slice(0, maxParentServers)) {
      for (const address of await this.addressesOf(name, signal)) {
        let message: Message | undefined;
        await this.askAt(address, zone, 'NS', withSignal(signal), (octets) => {
          const decoded = decodeMessage(octets);
          if (decoded.kind === 'message') message = decoded.message;
        });
        const delegation = message && delegationIn(message, zone, parentZone);
        if (delegation !== undefined) return delegation;
      }
    }
    return undefined;
  }

  private async serversOf(
    names: readonly DnsName[],
    glue: Delegation['glue'],
    signal: AbortSignal | undefined,
  ): Promise<readonly NameServer[]> {
    return Promise.all(
      names.slice(0, maxServers).map(async (name) => ({
        name,
        addresses: glue.get(name)?.slice(0, maxAddressesPerServer) ?? (await this.addressesOf(name, signal)),
      })),
    );
  }

  private async addressesOf(name: DnsName, signal: AbortSignal | undefined): Promise<readonly string[]> {
    const { resolver } = this.options;
    const [four, six] = await Promise.all([
      resolver.query(name, 'A', withSignal(signal)),
      resolver.query(name, 'AAAA', withSignal(signal)),
    ]);
    return [...dataOf(four), ...dataOf(six)].slice(0, maxAddressesPerServer);
  }

  /** The NS set that the first answering server of the zone holds. */
  private async apexOf(
    zone: DnsName,
    delegated: readonly NameServer[],
    signal: AbortSignal | undefined,
  ): Promise<readonly DnsName[] | undefined> {
    for (const server of delegated) {
      for (const address of server.addresses) {
        const answer = await this.askAt(address, zone, 'NS', withSignal(signal));
        if (answer.kind === 'found') return dataOf(answer as Answer<'NS'>);
      }
    }
    return undefined;
  }

  /** One question to one address. `see` gets the octets of the response. */
  private async askAt(
    address: string,
    name: DnsName,
    type: RrType,
    asked: QueryOptions | undefined,
    see?: (octets: Buffer) => void,
  ): Promise<Answer> {
    const { port = 53 } = this.options;
    const server = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
    return askServer(server, name, type, this.options, asked, see);
  }
}

/** One question to one server, without recursion. An answer without the AA bit is `refused`. */
async function askServer(
  server: string,
  name: DnsName,
  type: RrType,
  { timeoutMs = 3000, attempts = 2 }: Pick<AuthorityOptions, 'timeoutMs' | 'attempts'>,
  asked: QueryOptions | undefined,
  see?: (octets: Buffer) => void,
): Promise<Answer> {
  const direct = networkResolver({
    servers: [server],
    timeoutMs,
    attempts,
    sockets: 1,
    recursion: false,
    followCnames: false,
    read: (octets, question, text) => {
      see?.(octets);
      const answer = readAnswer(octets, question, text);
      if (answer.kind === 'failed' || answer.authoritative) return answer;
      return failedAnswer(question, text, 'refused', 'the server does not hold this zone: its answer has no AA bit');
    },
  });
  try {
    return await direct.query(name, type, asked);
  } finally {
    await direct.close();
  }
}

/** The servers of a zone as a person names them (`192.0.2.53:53`), where the delegation does not lead to them. */
export function namedAuthority(
  zone: DnsName,
  servers: readonly string[],
  options: Pick<AuthorityOptions, 'timeoutMs' | 'attempts'> = {},
): Authority {
  return {
    zone,
    delegated: [],
    apex: [],
    ask: <T extends RrType>(name: DnsName, type: T, asked?: QueryOptions) =>
      Promise.all(
        servers.map(async (server): Promise<ServerAnswer<T>> => ({
          server: root,
          address: server,
          answer: (await askServer(server, name, type, options, asked)) as Answer<T>,
        })),
      ),
  };
}

/** A referral, or the NS set itself where one server holds both zones. */
function delegationIn(message: Message, zone: DnsName, parentZone: DnsName): Delegation | undefined {
  const names: DnsName[] = [];
  let cut: DnsName | undefined;
  for (const record of [...message.answers, ...message.authority]) {
    const { name } = record;
    if (record.type !== 'NS' || name === parentZone || !isAtOrBelow(zone, name) || !isAtOrBelow(name, parentZone)) {
      continue;
    }
    cut ??= name;
    if (name === cut) names.push(record.data as DnsName);
  }
  if (cut === undefined) return undefined;
  const glue = new Map<DnsName, string[]>();
  for (const record of message.additional) {
    if (record.type !== 'A' && record.type !== 'AAAA') continue;
    // Addresses of names outside the parent's zone are hearsay (RFC 5452 §6).
    if (!isAtOrBelow(record.name, parentZone) || !names.includes(record.name)) continue;
    const addresses = glue.get(record.name);
    if (addresses) addresses.push(record.data as string);
    else glue.set(record.name, [record.data as string]);
  }
  return { cut, names, glue };
}

const withSignal = (signal: AbortSignal | undefined): QueryOptions => (signal ? { signal } : {});
