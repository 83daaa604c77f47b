/** What DNS holds for the SPF record of a domain: the record and everything that it leads to. */
import { registrableDomain } from '../../dns/public-suffix.ts';
import { under } from '../../dns/name.ts';
import type { DnsName } from '../../dns/name.ts';
import type { Answer, RrType } from '../../dns/rrset.ts';
import type { World } from '../../world/world.ts';
import { AnswerTable, spfOf } from './answers.ts';
import { evaluate } from './evaluate.ts';
import type { SpfRecord } from './record.ts';

export interface SpfObservation {
  readonly domain: DnsName;
  /** The TXT answers of the domain (first) and of every include and redirect target without macros, each once. */
  readonly nodes: readonly Answer<'TXT'>[];
  /** Not every target was asked: the tree is larger than `maxNodes` or deeper than `maxDepth`. */
  readonly truncated: boolean;
  /** Names at which a record is put by mistake; asked only when the domain itself has none. */
  readonly strays: readonly Answer<'TXT'>[];
  /** What `*.domain` answers; asked only when the domain has a record. */
  readonly wildcard?: Answer<'TXT'>;
  /** Other names in MAIL FROM or HELO. */
  readonly alsoUsed: readonly Answer<'TXT'>[];
  /** The sending addresses that were given. */
  readonly egress: readonly string[];
  readonly helo?: string;
  /** Every answer, each once: the above, the hosts behind `a`, `mx` and `exists`, the text behind `exp=`. */
  readonly answers: readonly Answer[];
}

export interface SpfLookupOptions {
  /** Sending addresses to judge; what their evaluation needs is asked too. */
  readonly egress?: readonly string[];
  readonly helo?: string;
  /** Names that stand in MAIL FROM or HELO besides the domain. */
  readonly alsoUsed?: readonly DnsName[];
  /** False leaves out the questions about neighbours: `*.domain` and the usual wrong places. Default true. */
  readonly neighbours?: boolean;
  readonly signal?: AbortSignal;
}

/** The most targets and the deepest level that are asked for one domain. */
export const maxNodes = 60;
const maxDepth = 12;

const strayLabels = ['_spf', 'spf', '_dmarc', 'www'] as const;

/** `node` answers lead to more questions by their record, `mx` answers by their exchanges, `leaf` answers to none. */
type Wanted = {
  readonly name: DnsName;
  readonly type: RrType;
  readonly role: 'node' | 'mx' | 'leaf';
  readonly depth: number;
};

export async function lookup(world: World, domain: DnsName, options: SpfLookupOptions = {}): Promise<SpfObservation> {
  const asking = new Asking(world, options.signal);
  asking.want(domain, 'TXT', 'node', 0);
  for (const name of options.alsoUsed ?? []) if (name !== domain) asking.want(name, 'TXT', 'leaf', 0);
  await asking.run();
  const own = asking.table.get(domain, 'TXT');
  const neighbours = options.neighbours !== false;
  const hasRecord = own !== undefined && spfOf(own).kind !== 'none';
  const wild = neighbours && hasRecord ? under('*', domain) : undefined;
  const strays =
    neighbours && own?.kind !== 'failed' && !hasRecord
      ? strayLabels.flatMap((label) => under(label, domain) ?? [])
      : [];
  if (wild !== undefined) asking.want(wild, 'TXT', 'leaf', 0);
  for (const name of strays) asking.want(name, 'TXT', 'leaf', 0);
  await asking.run();
  for (const ip of options.egress ?? []) await asking.judge(ip, domain, options.helo);
  const wildcard = wild === undefined ? undefined : asking.table.get(wild, 'TXT');
  return {
    domain,
    nodes: asking.nodes,
    truncated: asking.truncated,
    strays: strays.map((name) => asking.got(name, 'TXT')),
    ...(wildcard && { wildcard }),
    alsoUsed: (options.alsoUsed ?? []).filter((name) => name !== domain).map((name) => asking.got(name, 'TXT')),
    egress: options.egress ?? [],
    ...(options.helo !== undefined && { helo: options.helo }),
    answers: asking.answers,
  };
}

class Asking {
  readonly table = new AnswerTable();
  readonly answers: Answer[] = [];
  readonly nodes: Answer<'TXT'>[] = [];
  truncated = false;
  #wanted: Wanted[] = [];
  readonly #seen = new Map<RrType, Set<DnsName>>();
  #nodeCount = 0;
  readonly #world: World;
  readonly #signal: AbortSignal | undefined;

  constructor(world: World, signal: AbortSignal | undefined) {
    this.#world = world;
    this.#signal = signal;
  }

  want(name: DnsName, type: RrType, role: Wanted['role'], depth: number): void {
    let names = this.#seen.get(type);
    if (!names) this.#seen.set(type, (names = new Set()));
    if (names.has(name)) return;
    if (role === 'node' && (this.#nodeCount >= maxNodes || depth > maxDepth)) {
      this.truncated = true;
      return;
    }
    if (role === 'node') this.#nodeCount++;
    names.add(name);
    this.#wanted.push({ name, type, role, depth });
  }

  got<T extends RrType>(name: DnsName, type: T): Answer<T> {
    const answer = this.table.get(name, type);
    if (!answer) throw new TypeError(`${name} ${type} was not asked`);
    return answer;
  }

  /** Asks everything wanted, round by round, each round in parallel; cached answers cost no wait. */
  async run(): Promise<void> {
    const { resolver } = this.#world;
    while (this.#wanted.length > 0) {
      const round = this.#wanted;
      this.#wanted = [];
      const options = this.#signal ? { signal: this.#signal } : undefined;
      let waiting = false;
      const answers = round.map(({ name, type }) => {
        const known = resolver.peek?.(name, type);
        if (known) return known;
        waiting = true;
        return resolver.query(name, type, options);
      });
      const settled = waiting ? await Promise.all(answers) : (answers as readonly Answer[]);
      for (const [index, answer] of settled.entries()) this.#take(round[index] as Wanted, answer);
    }
  }

  #take(wanted: Wanted, answer: Answer): void {
    this.table.add(answer);
    this.answers.push(answer);
    if (wanted.role === 'mx' && answer.kind === 'found') {
      for (const { exchange } of (answer as Answer<'MX'> & { kind: 'found' }).set.data) {
        if (exchange !== '') this.#wantAddresses(exchange);
      }
    } else if (wanted.role === 'node') {
      this.nodes.push(answer as Answer<'TXT'>);
      const record = spfOf(answer as Answer<'TXT'>).program?.record;
      if (record) this.#wantTerms(record, wanted.name, wanted.depth);
      else if (answer.kind === 'nxdomain' && wanted.depth > 0) {
        const registered = registrableDomain(wanted.name);
        if (registered !== undefined && registered !== wanted.name) this.want(registered, 'NS', 'leaf', 0);
      }
    }
  }

  #wantAddresses(name: DnsName): void {
    this.want(name, 'A', 'leaf', 0);
    this.want(name, 'AAAA', 'leaf', 0);
  }

  #wantTerms(record: SpfRecord, domain: DnsName, depth: number): void {
    for (const term of record.terms) {
      if (!('domain' in term)) continue;
      const name = term.domain === null ? domain : term.domain.name;
      if (name === null) continue;
      if (term.kind === 'include' || term.kind === 'redirect') this.want(name, 'TXT', 'node', depth + 1);
      else if (term.kind === 'a') this.#wantAddresses(name);
      else if (term.kind === 'mx') this.want(name, 'MX', 'mx', depth);
      else if (term.kind === 'exists') this.want(name, 'A', 'leaf', depth);
      else if (term.kind === 'exp' && depth === 0) this.want(name, 'TXT', 'leaf', depth);
    }
  }

  /** Asks what the evaluation of one sending address needs. */
  async judge(ip: string, domain: DnsName, helo: string | undefined): Promise<void> {
    for (;;) {
      const evaluation = evaluate({ ip, mailFrom: `postmaster@${domain}`, helo: helo ?? domain }, this.table.source);
      if (evaluation.kind === 'result') return;
      for (const [name, type] of evaluation.questions) this.want(name, type, 'leaf', 0);
      if (this.#wanted.length === 0) return;
      await this.run();
    }
  }
}
