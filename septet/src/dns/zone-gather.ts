/** What a zone file says, gathered while it is read: its records, its name, and the places where something is wrong. */
import { isAtOrBelow, parent, root, type DnsName } from './name.ts';
import { formatRdata } from './rdata-text.ts';
import type { Rdata, RrSet, RrType, Soa } from './rrset.ts';
import { makeZone, type Zone } from './zone.ts';

/** House limits: how many errors and warnings are kept. */
const maxErrors = 20;
const maxWarnings = 100;

export interface ZoneProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** What is wrong and what to do. */
  readonly message: string;
  /** `dns.txt.chunk_over_255` and the like, where a rule of the catalogue covers it; `zone.*` for warnings of the reader. */
  readonly code?: string;
}

export type ZoneResult =
  | { readonly kind: 'good'; readonly zone: Zone; readonly warnings: readonly ZoneProblem[] }
  /** At most 20 errors, in the order of the file. */
  | { readonly kind: 'bad'; readonly errors: readonly ZoneProblem[] };

interface Draft {
  readonly name: DnsName;
  readonly type: RrType;
  readonly data: Rdata<RrType>[];
  readonly ttlsSeconds: number[];
  readonly offset: number;
  /** Presentation texts, kept once there are two members, to see equal ones. */
  texts?: Set<string>;
}

interface Remark {
  /** In octets from the start of the file. */
  readonly offset: number;
  readonly message: string;
  readonly code: string | undefined;
}

export class ZoneGathering {
  readonly #drafts = new Map<DnsName, Map<RrType, Draft>>();
  /** Names whose records were left out; they exist nevertheless. */
  readonly #bare = new Set<DnsName>();
  readonly #errors: Remark[] = [];
  readonly #warnings: Remark[] = [];
  #soa: Draft | undefined;

  /** Whether so many errors were met that reading on serves nobody. */
  get isHopeless(): boolean {
    return this.#errors.length >= maxErrors;
  }

  /** The last field of the SOA record, where one was read. */
  get soaMinimum(): number | undefined {
    return (this.#soa?.data[0] as Soa | undefined)?.minimum;
  }

  error(offset: number, message: string, code?: string): void {
    if (this.#errors.length < maxErrors) this.#errors.push({ offset, message, code });
  }

  warn(offset: number, code: string, message: string): void {
    if (this.#warnings.length < maxWarnings) this.#warnings.push({ offset, message, code });
  }

  /** Notes a name whose record is not read. */
  leaveOut(name: DnsName): void {
    this.#bare.add(name);
  }

  /** Adds one record; `offset` is where its line begins. */
  add(name: DnsName, type: RrType, data: Rdata<RrType>, ttl: number, offset: number): void {
    let types = this.#drafts.get(name);
    if (!types) this.#drafts.set(name, (types = new Map()));
    const draft = types.get(type);
    if (!draft) {
      const made: Draft = { name, type, data: [data], ttlsSeconds: [ttl], offset };
      types.set(type, made);
      if (type === 'SOA') this.#addSoa(made, offset);
      return;
    }
    const text = formatRdata(type, data);
    draft.texts ??= new Set([formatRdata(type, draft.data[0] as Rdata<RrType>)]);
    const seen = draft.texts.has(text);
    if (type === 'SOA') {
      if (!seen)
        this.error(offset, 'a second SOA record that differs from the first. A zone has one; remove the other.');
      return; // a transfer lists the SOA at both ends (RFC 5936 §2.2)
    }
    if (seen) {
      const shown = name === '' ? '.' : name;
      this.warn(
        offset,
        'zone.duplicate',
        `${type} of ${shown} stands twice with the same data. Name servers publish it once; remove one.`,
      );
    }
    draft.texts.add(text);
    draft.data.push(data);
    draft.ttlsSeconds.push(ttl);
  }

  #addSoa(draft: Draft, offset: number): void {
    if (!this.#soa) {
      this.#soa = draft;
      return;
    }
    this.error(
      offset,
      `a second SOA record at another name. A file holds one zone; put ${draft.name || '.'} into a file of its own.`,
    );
  }

  /** What the file came to. `given` and `fallback` name the zone where no SOA record does. */
  result(
    names: { readonly given: DnsName | undefined; readonly fallback: DnsName | undefined },
    place: Place,
  ): ZoneResult {
    if (this.#errors.length > 0) return { kind: 'bad', errors: placed(this.#errors, place) };
    const origin = this.#apex(names);
    const sets: RrSet[] = [];
    for (const types of this.#drafts.values()) {
      for (const draft of types.values()) {
        if (isAtOrBelow(draft.name, origin)) sets.push(setFrom(draft));
        else {
          const message = `${draft.name || '.'} is outside the zone ${origin || '.'}; the record is left out, as a name server does.`;
          this.warn(draft.offset, 'zone.outside', message);
        }
      }
    }
    return { kind: 'good', zone: makeZone(origin, sets, this.#bare), warnings: placed(this.#warnings, place) };
  }

  /** The zone's name: its SOA says it; without one, what was given, then `$ORIGIN`, the file name, the owners' common end. */
  #apex({ given, fallback }: { readonly given: DnsName | undefined; readonly fallback: DnsName | undefined }): DnsName {
    if (this.#soa) {
      if (given !== undefined && given !== this.#soa.name) {
        const message = `the SOA record stands at ${this.#soa.name || '.'}, so that is the zone, and not ${given || '.'}.`;
        this.warn(this.#soa.offset, 'zone.other-origin', message);
      }
      return this.#soa.name;
    }
    const origin = given ?? fallback ?? commonAncestor(this.#drafts.keys());
    this.warn(
      0,
      'zone.no-soa',
      `the zone has no SOA record; its name is taken to be ${origin || '.'}. A name server does not load it like this.`,
    );
    return origin;
  }
}

/** The text that offsets count in, and what it is called. */
interface Place {
  readonly file: string;
  readonly text: string;
}

/** Offsets as lines and columns, in the order of the file. */
function placed(list: readonly Remark[], { file, text }: Place): ZoneProblem[] {
  const starts = [...list].sort((a, b) => a.offset - b.offset);
  let line = 1;
  let lineStart = 0;
  return starts.map(({ offset, message, code }) => {
    for (let next = text.indexOf('\n', lineStart); next >= 0 && next < offset; next = text.indexOf('\n', lineStart)) {
      line++;
      lineStart = next + 1;
    }
    return {
      file,
      line,
      column: offset - lineStart + 1,
      message,
      ...(code === undefined ? {} : { code }),
    };
  });
}

function setFrom(draft: Draft): RrSet {
  const { name, type, data, ttlsSeconds } = draft;
  const first = ttlsSeconds[0] ?? 0;
  if (ttlsSeconds.every((ttl) => ttl === first)) return { name, type, ttlSeconds: first, data };
  return { name, type, ttlSeconds: Math.min(...ttlsSeconds), data, ttlsSeconds };
}

function commonAncestor(names: Iterable<DnsName>): DnsName {
  let common: DnsName | undefined;
  for (const name of names) {
    common ??= name;
    while (!isAtOrBelow(name, common)) common = parent(common);
  }
  return common ?? root;
}
