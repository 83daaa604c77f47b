/**
 * Record and replay: everything that a World answered, as JSON. A case file makes a check repeatable on another machine,
 * at another time, without any network, which is how faults are reported and how the text of a report is tested.
 *
 * The file holds what the outside world says in public (DNS answers, web pages, the time); it holds no secret.
 */
import { createHash } from 'node:crypto';
import type { DnsName } from '../dns/name.ts';
import { parseName } from '../dns/name.ts';
import type { Authority, AuthorityResult, NameServer, QueryOptions, Resolver, ServerAnswer } from '../dns/resolver.ts';
import type { Answer, RrType } from '../dns/rrset.ts';
import type { FetchLimits, FetchOutcome, HttpsFetch, World } from './world.ts';

export const recordingVersion = 1;

type Response = Extract<FetchOutcome, { kind: 'response' }>;
type RecordedOutcome = (Omit<Response, 'body'> & { readonly body: string }) | Exclude<FetchOutcome, Response>;

export interface Recording {
  readonly septetRecording: typeof recordingVersion;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** How many resolvers were asked: the first answers the check, the others are compared with it. */
  readonly resolvers: number;
  /** Whether web servers could be asked, and name servers directly. */
  readonly https: boolean;
  readonly direct: boolean;
  /** `question` is `<resolver> <type> <name>`, with ` DO` behind it where DNSSEC records were asked for. */
  readonly dns: readonly { readonly question: string; readonly answer: Answer }[];
  readonly authorities: readonly {
    readonly name: string;
    readonly found?: {
      readonly zone: DnsName;
      readonly delegated: readonly NameServer[];
      readonly apex: readonly DnsName[];
    };
    readonly failed?: string;
  }[];
  /** What the servers of a zone said: `question` is `<zone> <type> <name>`. */
  readonly asked: readonly { readonly question: string; readonly answers: readonly ServerAnswer[] }[];
  /**
   * `request` is method, URL, size limit, redirects that may be followed, address family; for a POST also the type and
   * the SHA-256 of what was sent, and the names of more header fields. Bodies of answers are Base64.
   */
  readonly fetched: readonly { readonly request: string; readonly outcome: RecordedOutcome }[];
}

/** A World that remembers; `recording()` may be called when the check is done. */
export function recordingWorld(world: World): { readonly world: World; recording(): Recording } {
  const now = world.now();
  const dns = new Memory<Answer>();
  const authorities = new Memory<AuthorityResult>();
  const asked = new Memory<readonly ServerAnswer[]>();
  const fetched = new Memory<FetchOutcome>();

  const recordResolver = (resolver: Resolver, index: number): Resolver => ({
    query<T extends RrType>(name: DnsName, type: T, options?: QueryOptions): Promise<Answer<T>> {
      const key = dnsKey(index, name, type, options?.dnssec);
      return dns.once(key, () => resolver.query(name, type, options)) as Promise<Answer<T>>;
    },
  });
  const recordAuthority = (authority: Authority): Authority => ({
    ...authority,
    ask<T extends RrType>(name: DnsName, type: T, options?: QueryOptions): Promise<readonly ServerAnswer<T>[]> {
      const answers = asked.once(`${authority.zone} ${type} ${name}`, () => authority.ask(name, type, options));
      return answers as Promise<readonly ServerAnswer<T>[]>;
    },
  });
  const { authoritative, fetch } = world;
  const resolvers = [world.resolver, ...world.otherResolvers].map(recordResolver);
  const recorded: World = {
    resolver: resolvers[0] ?? world.resolver,
    otherResolvers: resolvers.slice(1),
    now: () => now,
    randomBytes: (count) => fixedBytes(count),
    ...(authoritative && {
      async authoritative(name: DnsName): Promise<AuthorityResult> {
        const result = await authorities.once(name, () => authoritative(name));
        return result.kind === 'failed' ? result : { kind: 'found', authority: recordAuthority(result.authority) };
      },
    }),
    ...(fetch && { fetch: (url, limits) => fetched.once(fetchKey(url, limits), () => fetch(url, limits)) }),
  };
  return {
    world: recorded,
    recording: () => ({
      septetRecording: recordingVersion,
      now,
      resolvers: resolvers.length,
      https: fetch !== undefined,
      direct: authoritative !== undefined,
      dns: dns.list().map(([question, answer]) => ({ question, answer })),
      authorities: authorities.list().map(([name, result]) => ({ name, ...recordedAuthority(result) })),
      asked: asked.list().map(([question, answers]) => ({ question, answers })),
      fetched: fetched.list().map(([request, outcome]) => ({ request, outcome: recordedOutcome(outcome) })),
    }),
  };
}

/**
 * Answers by question. A question that is asked again gets the answer that it got before, so that the replay, which has
 * one answer for each, sees what the check saw.
 */
class Memory<T> {
  readonly #pending = new Map<string, Promise<T>>();
  readonly #known = new Map<string, T>();

  once(key: string, ask: () => Promise<T>): Promise<T> {
    const known = this.#pending.get(key);
    if (known) return known;
    const pending = ask().then((value) => {
      this.#known.set(key, value);
      return value;
    });
    this.#pending.set(key, pending);
    return pending;
  }

  list(): readonly (readonly [string, T])[] {
    return [...this.#known];
  }
}

function recordedAuthority(result: AuthorityResult): Omit<Recording['authorities'][number], 'name'> {
  if (result.kind === 'failed') return { failed: result.detail };
  const { zone, delegated, apex } = result.authority;
  return { found: { zone, delegated, apex } };
}

function recordedOutcome(outcome: FetchOutcome): RecordedOutcome {
  return outcome.kind === 'response' ? { ...outcome, body: Buffer.from(outcome.body).toString('base64') } : outcome;
}

/** A World that answers from a recording. What was never asked then is `failed` now, and says so. */
export function replayWorld(recording: Recording): World {
  const dns = new Map(recording.dns.map(({ question, answer }) => [question, answer]));
  const asked = new Map(recording.asked.map(({ question, answers }) => [question, answers]));
  const authorities = new Map(recording.authorities.map((entry) => [entry.name, entry]));
  const fetched = new Map(recording.fetched.map(({ request, outcome }) => [request, outcome]));
  const resolver = (index: number): Resolver => ({
    query<T extends RrType>(name: DnsName, type: T, options?: { readonly dnssec?: boolean }): Promise<Answer<T>> {
      const answer = dns.get(dnsKey(index, name, type, options?.dnssec)) ?? notRecorded(name, type);
      return Promise.resolve(answer as Answer<T>);
    },
  });
  const askReplayed =
    (zone: DnsName): Authority['ask'] =>
    <T extends RrType>(name: DnsName, type: T) =>
      Promise.resolve((asked.get(`${zone} ${type} ${name}`) ?? []) as readonly ServerAnswer<T>[]);
  return {
    resolver: resolver(0),
    otherResolvers: Array.from({ length: recording.resolvers - 1 }, (_, index) => resolver(index + 1)),
    now: () => recording.now,
    randomBytes: fixedBytes,
    ...(recording.direct && {
      authoritative(name: DnsName): Promise<AuthorityResult> {
        const entry = authorities.get(name);
        if (!entry?.found) return Promise.resolve({ kind: 'failed', detail: entry?.failed ?? 'not in the recording' });
        return Promise.resolve({ kind: 'found', authority: { ...entry.found, ask: askReplayed(entry.found.zone) } });
      },
    }),
    ...(recording.https && {
      fetch: ((url, limits) => {
        const outcome = fetched.get(fetchKey(url, limits));
        if (!outcome)
          return Promise.resolve({
            kind: 'failed',
            url,
            redirects: [],
            reason: 'unreachable',
            detail: 'not in the recording',
          });
        return Promise.resolve(withBody(outcome));
      }) satisfies HttpsFetch,
    }),
  };
}

/** Reads a case file's JSON; a sentence when it is not one. Only the outer shape is checked: the file is our own. */
export function readRecording(json: unknown): Recording | string {
  if (typeof json !== 'object' || json === null || !('septetRecording' in json))
    return 'it is not a recording made with --record';
  if (json.septetRecording !== recordingVersion) {
    return `it was recorded in version ${String(json.septetRecording)}; this Septet reads version ${recordingVersion}`;
  }
  const lists = ['dns', 'authorities', 'asked', 'fetched'] as const;
  for (const list of lists) {
    if (!(list in json) || !Array.isArray((json as Record<string, unknown>)[list]))
      return `its list "${list}" is missing`;
  }
  const recording = json as Recording;
  if (typeof recording.now !== 'number' || typeof recording.resolvers !== 'number')
    return 'its clock or its number of resolvers is missing';
  const broken = recording.dns.find(
    (entry) => typeof entry?.question !== 'string' || typeof entry.answer?.kind !== 'string',
  );
  if (broken !== undefined) return 'one of its DNS answers is damaged';
  return recording;
}

const dnsKey = (resolver: number, name: DnsName, type: RrType, dnssec: boolean | undefined): string =>
  `${resolver} ${type} ${name}${dnssec ? ' DO' : ''}`;
/** What the outcome depends on. */
const fetchKey = (url: string, limits: FetchLimits): string => {
  const { method = 'GET', family, maxRedirects = 0, maxOctets } = limits;
  const asked = `${method} ${url} ${maxOctets} octets, ${maxRedirects} redirects${family ? `, IPv${family}` : ''}`;
  return method === 'POST' ? `${asked}, ${sentOf(limits)}` : asked;
};

const sentOf = ({ body = new Uint8Array(), contentType = 'no type', headers = {} }: FetchLimits): string => {
  const sent = `sends ${contentType}, SHA-256 ${createHash('sha256').update(body).digest('hex')}`;
  // Their values may be secrets, and change with the clock.
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  return names.length === 0 ? sent : `${sent}, with ${names.toSorted().join(' ')}`;
};

function withBody(outcome: RecordedOutcome): FetchOutcome {
  if (outcome.kind !== 'response') return outcome;
  return { ...outcome, body: Buffer.from(outcome.body, 'base64') };
}

/** Random labels must be the same in the replay as in the recording. */
function fixedBytes(count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, index) => (index * 151 + 83) % 256);
}

function notRecorded(name: DnsName, type: RrType): Answer {
  const parsed = parseName(name === '' ? '.' : name);
  return {
    kind: 'failed',
    reason: 'unreachable',
    detail: 'not in the recording',
    name: parsed.ok ? parsed.name : name,
    type,
    server: 'replay',
    chain: [],
    dnssec: 'unknown',
  };
}
