/**
 * What stands at the names that a plan asks about. Each name is asked once; whatever was not answered stays unknown.
 * Three things that an answer does not say by itself are found out here: whether data is only a wildcard's, whether a name
 * belongs to a zone further down, and what else stands where an alias is wanted.
 */
import { liveOf, sameData, setAt, type Live } from '../change/change.ts';
import { ancestor, isAtOrBelow, isBelow, labels, parent, under, type DnsName } from '../dns/name.ts';
import type { Answer, RrSet, RrType } from '../dns/rrset.ts';
import type { World } from '../world/world.ts';
import type { FreshWorld } from './fresh.ts';
import { placeKey, type PlaceAnswer } from './seen.ts';

/** What may stand at a name and keep a CNAME from it (RFC 1034 §3.6.2). */
const besideTypes = ['A', 'AAAA', 'MX', 'TXT', 'NS'] as const;

export class Eyes {
  readonly live = new Map<string, Live>();
  /** What a wildcard answers, by `placeKey`; `live` says absent there, because nothing stands at the name itself. */
  readonly wild = new Map<string, Live>();
  readonly beside = new Map<DnsName, readonly RrSet[]>();
  readonly places = new Map<string, readonly PlaceAnswer[]>();
  /** Names below a delegation out of the zone, with the top of the zone that holds them. */
  readonly cuts = new Map<DnsName, DnsName>();
  readonly #world: World;
  readonly #fresh: FreshWorld;
  readonly #zone: DnsName;
  readonly #reads = new Map<string, Promise<Live>>();
  readonly #filesAnswer: boolean;
  readonly #delegated = new Map<DnsName, Promise<boolean>>();

  constructor(world: World, fresh: FreshWorld, zone: DnsName, filesAnswer = false) {
    this.#world = world;
    this.#fresh = fresh;
    this.#zone = zone;
    this.#filesAnswer = filesAnswer;
  }

  /** Reads one RRset, and where it stands also what everybody else sees of it. */
  read<T extends RrType>(name: DnsName, type: T): Promise<Live<T>> {
    const key = placeKey(name, type);
    let read = this.#reads.get(key);
    if (!read) this.#reads.set(key, (read = this.#readOnce(name, type)));
    return read as Promise<Live<T>>;
  }

  /** Reads the CNAME at a name, and what else stands there. */
  async readAlias(name: DnsName): Promise<void> {
    const live = await this.read(name, 'CNAME');
    if (live.kind !== 'absent') return;
    const answers = await Promise.all(besideTypes.map((type) => this.#ask<RrType>(name, type)));
    const sets: RrSet[] = [];
    for (const answer of answers) {
      if (answer.kind === 'failed') {
        // A CNAME beside data that nobody saw would break it.
        this.live.set(placeKey(name, 'CNAME'), { ...liveOf<RrType>(answer.type, answer), type: 'CNAME' } as Live);
        return;
      }
      if (answer.kind !== 'found' || answer.chain.length > 0) continue;
      // oxlint-disable-next-line no-await-in-loop -- seldom more than one
      if (!(await this.#isWild(name, liveOf<RrType>(answer.type, answer)))) sets.push(answer.set);
    }
    this.beside.set(name, sets);
  }

  async #readOnce(name: DnsName, type: RrType): Promise<Live> {
    const key = placeKey(name, type);
    const answer = await this.#ask(name, type);
    const seen = liveOf(type, answer);
    await this.#noteCut(name, answer);
    const stands = seen.kind === 'present' || seen.kind === 'alias';
    const wild = stands && (await this.#isWild(name, seen));
    const live: Live = wild ? { kind: 'absent', name, type, negativeTtlSeconds: 0 } : seen;
    if (wild) this.wild.set(key, seen);
    this.live.set(key, live);
    if (stands) this.places.set(key, await this.#everywhere(name, type));
    return live;
  }

  #ask<T extends RrType>(name: DnsName, type: T): Promise<Answer<T>> {
    return this.#fresh.world.resolver.query(name, type);
  }

  async #everywhere(name: DnsName, type: RrType): Promise<readonly PlaceAnswer[]> {
    const inside = isAtOrBelow(name, this.#zone) && !this.cuts.has(name);
    const resolvers = inside && this.#filesAnswer ? [] : [this.#world.resolver, ...this.#world.otherResolvers];
    const [servers, answers] = await Promise.all([
      inside ? this.#fresh.ask(name, type) : [],
      Promise.all(resolvers.map((resolver) => resolver.query(name, type))),
    ]);
    return [
      ...servers.map(({ server, address, answer }): PlaceAnswer => ({
        role: 'authoritative',
        place: server === '' ? address : `${server} (${address})`,
        answer,
      })),
      ...answers.map((answer): PlaceAnswer => ({ role: 'resolver', place: answer.server, answer })),
    ];
  }

  /** Whether the data is only a wildcard's (RFC 4592): then the name itself has none, and nothing is replaced. */
  async #isWild(name: DnsName, seen: Live): Promise<boolean> {
    if (!isAtOrBelow(name, this.#zone)) return false;
    for (let above = name; above !== this.#zone && above !== '';) {
      above = parent(above);
      const wild = under('*', above);
      if (wild === undefined || wild === name) continue;
      // oxlint-disable-next-line no-await-in-loop -- two or three levels, the nearest decides
      const there = liveOf<RrType>(seen.type, await this.#ask<RrType>(wild, seen.type));
      if (there.kind === 'alias') return seen.kind === 'alias' && seen.target === there.target;
      const set = setAt(there);
      if (set) return sameData({ ...set, name }, setAt(seen));
    }
    return false;
  }

  /** Finds the delegation above a name, where there is one below the top of the zone (RFC 1034 §4.2.1). */
  async #noteCut(name: DnsName, answer: Answer): Promise<void> {
    if (!isBelow(name, this.#zone)) return;
    const absent = answer.kind === 'nodata' || answer.kind === 'nxdomain';
    // The SOA of a negative answer tells the zone of the name, unless an alias led elsewhere.
    if (absent && answer.chain.length === 0 && answer.zone !== undefined) {
      if (isBelow(answer.zone, this.#zone) && isAtOrBelow(name, answer.zone)) this.cuts.set(name, answer.zone);
      return;
    }
    const last = labels(name).length;
    for (let count = labels(this.#zone).length + 1; count <= last; count++) {
      const top = ancestor(name, count);
      // oxlint-disable-next-line no-await-in-loop -- from the top down, the first decides
      if (await this.#isDelegated(top)) return void this.cuts.set(name, top);
    }
  }

  #isDelegated(name: DnsName): Promise<boolean> {
    let told = this.#delegated.get(name);
    if (!told) {
      told = this.#ask(name, 'NS').then((answer) => answer.kind === 'found' && answer.chain.length === 0);
      this.#delegated.set(name, told);
    }
    return told;
  }
}
