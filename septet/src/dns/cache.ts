/**
 * Remembers answers for their TTL (RFC 1035 §7.4) and absences for theirs (RFC 2308 §5), and lets questions that are
 * asked twice at the same moment share one look-up.
 *
 * An answer is handed out as it came, the very object: its TTL is not counted down, so that what is told about a
 * record's TTL does not depend on when somebody asked before.
 */
import type { DnsName } from './name.ts';
import type { QueryOptions, Resolver } from './resolver.ts';
import type { Answer, RrType } from './rrset.ts';

export interface CacheOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** The most answers held; those go that were not asked for the longest time. Default 100,000. */
  readonly maxEntries?: number;
  /** How long a failed answer counts, in seconds; default 5, the most RFC 2308 §7.1 and RFC 9520 §3.2 have in common. 0 for not at all. */
  readonly failureTtlSeconds?: number;
  /** Whether the answer is worth keeping; default all are. A bulk run keeps the names that several domains share. */
  readonly shouldKeep?: (name: DnsName, type: RrType) => boolean;
}

export interface CachingResolver extends Resolver {
  peek<T extends RrType>(name: DnsName, type: T): Answer<T> | undefined;
  /** Answers held at the moment. */
  readonly size: number;
}

/** RFC 8767 §4: seven days is the longest TTL that makes sense to keep. */
const maxTtlSeconds = 604_800;

interface Entry {
  readonly answer: Answer;
  readonly until: number;
}

interface Pending {
  readonly promise: Promise<Answer>;
  /** Absent when the first asker cannot leave: then nobody ends the look-up. */
  readonly stop: AbortController | undefined;
  askers: number;
}

export function cachingResolver(inner: Resolver, options: CacheOptions): CachingResolver {
  return new Cache(inner, options);
}

class Cache implements CachingResolver {
  private readonly inner: Resolver;
  private readonly options: CacheOptions;
  /** Half of the most answers: that many make a generation. */
  private readonly generation: number;
  /**
   * Two generations: what is asked for moves into the young one; when that is full it becomes the old one, and what
   * was in the old one and was not asked for since is gone. No entry is ever taken out by itself, which a Map does slowly.
   */
  private young = new Map<string, Entry>();
  private old = new Map<string, Entry>();
  private readonly pending = new Map<string, Pending>();

  constructor(inner: Resolver, options: CacheOptions) {
    this.inner = inner;
    this.options = options;
    this.generation = Math.max(1, Math.floor((options.maxEntries ?? 100_000) / 2));
  }

  get size(): number {
    let size = this.young.size;
    for (const key of this.old.keys()) if (!this.young.has(key)) size++;
    return size;
  }

  peek<T extends RrType>(name: DnsName, type: T): Answer<T> | undefined {
    const kept = this.kept(keyOf(name, type, false)) ?? this.inner.peek?.(name, type);
    return kept as Answer<T> | undefined;
  }

  query<T extends RrType>(name: DnsName, type: T, options?: QueryOptions): Promise<Answer<T>> {
    return this.find(name, type, options) as Promise<Answer<T>>;
  }

  async close(): Promise<void> {
    await this.inner.close?.();
  }

  private find(name: DnsName, type: RrType, options: QueryOptions | undefined): Promise<Answer> {
    const signal = options?.signal;
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    const dnssec = options?.dnssec === true;
    const key = keyOf(name, type, dnssec);
    const kept = this.kept(key) ?? (dnssec ? undefined : this.inner.peek?.(name, type));
    if (kept !== undefined) return Promise.resolve(kept);
    let pending = this.pending.get(key);
    if (pending === undefined) {
      pending = this.begin(key, name, type, dnssec, signal !== undefined);
      this.pending.set(key, pending);
    }
    pending.askers++;
    return signal === undefined ? pending.promise : this.until(signal, key, pending);
  }

  private begin(key: string, name: DnsName, type: RrType, dnssec: boolean, canStop: boolean): Pending {
    const stop = canStop ? new AbortController() : undefined;
    const asked: QueryOptions = { ...(stop && { signal: stop.signal }), ...(dnssec && { dnssec }) };
    const over = (): void => {
      if (this.pending.get(key) === pending) this.pending.delete(key);
    };
    const promise = this.inner.query(name, type, asked).then(
      (answer) => {
        over();
        this.keep(key, answer);
        return answer;
      },
      (error: unknown) => {
        over();
        throw error;
      },
    );
    const pending: Pending = { promise, stop, askers: 0 };
    return pending;
  }

  /** The pending answer for one asker, who may leave earlier. The last one to leave ends the look-up. */
  private async until(signal: AbortSignal, key: string, pending: Pending): Promise<Answer> {
    let leave = (): void => {};
    const left = new Promise<never>((_resolve, reject) => {
      leave = () => {
        reject(signal.reason as Error);
        pending.askers--;
        if (pending.askers > 0) return;
        if (this.pending.get(key) === pending) this.pending.delete(key);
        pending.stop?.abort(signal.reason);
      };
    });
    signal.addEventListener('abort', leave, { once: true });
    try {
      return await Promise.race([pending.promise, left]);
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  private kept(key: string): Answer | undefined {
    const entry = this.young.get(key) ?? this.promoted(key);
    return entry === undefined || entry.until <= this.options.now() ? undefined : entry.answer;
  }

  private promoted(key: string): Entry | undefined {
    const entry = this.old.get(key);
    if (entry !== undefined) this.add(key, entry);
    return entry;
  }

  private keep(key: string, answer: Answer): void {
    const ttlSeconds = Math.min(this.ttlOf(answer), maxTtlSeconds);
    if (ttlSeconds <= 0 || this.options.shouldKeep?.(answer.name, answer.type) === false) return;
    this.add(key, { answer, until: this.options.now() + ttlSeconds * 1000 });
  }

  private add(key: string, entry: Entry): void {
    if (this.young.size >= this.generation) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(key, entry);
  }

  private ttlOf(answer: Answer): number {
    if (answer.kind === 'failed') return this.options.failureTtlSeconds ?? 5;
    let ttl = answer.kind === 'found' ? answer.set.ttlSeconds : answer.negativeTtlSeconds;
    for (const hop of answer.chain) ttl = Math.min(ttl, hop.ttlSeconds);
    return ttl;
  }
}

function keyOf(name: DnsName, type: RrType, dnssec: boolean): string {
  return dnssec ? `${name} ${type} do` : `${name} ${type}`;
}
