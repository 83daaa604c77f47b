/**
 * Zone files (RFC 1035 §5, RFC 2308 §4 for $TTL, RFC 3597 §5 for unknown types).
 *
 * A file is octets. A `Uint8Array` is taken as it is; a string stands for its UTF-8 octets. TXT data therefore holds one
 * character per octet, exactly what a name server that loads the same file puts on the wire. Lines and columns count
 * from 1; columns count octets.
 *
 * Reading is one pass, linear, and never throws: a line that cannot be read is reported and the next one is tried.
 */
import { isAtOrBelow, parent, parseName, root, type DnsName } from './name.ts';
import { nameInFile, parseSeconds, show, type Field } from './rdata-fields.ts';
import { formatRdata, parseRdata } from './rdata-text.ts';
import { typeFromText } from './rr-type.ts';
import type { Rdata, RrSet, RrType, Soa } from './rrset.ts';
import { ZoneScanner } from './zone-scan.ts';
import { makeZone, type Zone } from './zone.ts';

/** House limits: the largest file read, and how many errors and warnings are kept. */
export const maxZoneOctets = 24 * 1024 * 1024;
const maxErrors = 20;
const maxWarnings = 100;
/** A TTL is an unsigned 31-bit number of seconds (RFC 2181 §8). */
const maxTtlSeconds = 0x7fffffff;
/** House default where neither the record, `$TTL` nor an SOA gives one. */
const fallbackTtlSeconds = 3600;

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

export interface ReadOptions {
  /** For messages; `example.com.zone` and `db.example.com` also tell the origin when nothing in the text does. */
  readonly file: string;
  /** What names without a trailing dot stand below until `$ORIGIN` says otherwise. */
  readonly origin?: DnsName;
}

/** Reads the text of one zone. */
export function readZone(text: string | Uint8Array, options: ReadOptions): ZoneResult {
  const octets = octetsOf(text);
  if (octets.length > maxZoneOctets) {
    const message = `the file holds ${octets.length} octets; at most ${maxZoneOctets} are read. Split the zone.`;
    return { kind: 'bad', errors: [{ file: options.file, line: 1, column: 1, message }] };
  }
  if (octets.startsWith('\u00FF\u00FE') || octets.startsWith('\u00FE\u00FF')) {
    const message = 'the file is in UTF-16, which no name server reads. Save it as UTF-8 or plain ASCII.';
    return { kind: 'bad', errors: [{ file: options.file, line: 1, column: 1, message }] };
  }
  return new ZoneReader(octets, options).read();
}

/** `example.com` for `example.com.zone`, `db.example.com`, `example.com.txt`; `undefined` when the file name tells nothing. */
export function originFromFileName(file: string): DnsName | undefined {
  const base = file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1);
  const bare = base.replace(/^(?:db|pri|master|zone)\./i, '').replace(/\.(?:zone|db|txt|hosts|signed|dns|bind)$/i, '');
  if (!/^[\w-]+(?:\.[\w-]+)+\.?$/.test(bare)) return undefined;
  const parsed = parseName(bare);
  return parsed.ok ? parsed.name : undefined;
}

function octetsOf(text: string | Uint8Array): string {
  if (typeof text !== 'string') return Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString('latin1');
  for (let i = 0; i < text.length; i++)
    if (text.charCodeAt(i) > 127) return Buffer.from(text, 'utf8').toString('latin1');
  return text;
}

/** The types that DNS providers sell and zone files do not know; their answer depends on other servers. */
const providerTypes: ReadonlySet<string> = new Set(['ALIAS', 'ANAME', 'FLATTEN', 'URL', 'REDIRECT']);
const otherClasses: ReadonlySet<string> = new Set(['CH', 'CHAOS', 'HS', 'CS', 'ANY', 'NONE']);

interface Draft {
  readonly name: DnsName;
  readonly type: RrType;
  readonly data: Rdata<RrType>[];
  readonly ttlsSeconds: number[];
  readonly offset: number;
  /** Presentation texts, kept once there are two members, to see equal ones. */
  texts?: Set<string>;
}

class ZoneReader {
  readonly #scanner: ZoneScanner;
  readonly #file: string;
  readonly #given: DnsName | undefined;
  readonly #errors: { offset: number; message: string; code: string | undefined }[] = [];
  readonly #warnings: { offset: number; message: string; code: string }[] = [];
  readonly #drafts = new Map<DnsName, Map<RrType, Draft>>();
  /** Names whose records were left out; they exist nevertheless. */
  readonly #bare = new Set<DnsName>();
  #origin: DnsName | undefined;
  #firstOrigin: DnsName | undefined;
  #owner: DnsName | undefined;
  #ownerText = '';
  #ownerOrigin: DnsName | undefined;
  #defaultTtl: number | undefined;
  #lastTtl: number | undefined;
  #soa: Draft | undefined;
  #saidNoTtl = false;

  constructor(text: string, options: ReadOptions) {
    this.#scanner = new ZoneScanner(text, (offset, message) => this.#error(offset, message));
    this.#file = options.file;
    this.#given = options.origin;
    this.#origin = options.origin ?? originFromFileName(options.file);
  }

  read(): ZoneResult {
    const scanner = this.#scanner;
    const end = scanner.text.length;
    while (scanner.position < end && this.#errors.length < maxErrors) {
      const start = scanner.position;
      if (!scanner.next() || scanner.fields.length === 0) continue;
      const first = scanner.text.charAt(start);
      if (first === '$') this.#directive();
      else this.#record(first === ' ' || first === '\t', start);
    }
    return this.#errors.length > 0 ? this.#bad() : this.#good();
  }

  #directive(): void {
    const [keyword, argument] = this.#scanner.fields as [Field, Field | undefined];
    switch (keyword.text.toUpperCase()) {
      case '$ORIGIN': {
        if (!argument) return this.#error(keyword.offset, '$ORIGIN needs a name: $ORIGIN example.com.');
        const read = nameInFile(argument.text, this.#origin ?? root);
        if (!read.ok) return this.#error(argument.offset, `$ORIGIN: ${read.message}`);
        this.#origin = read.name;
        this.#firstOrigin ??= read.name;
        return;
      }
      case '$TTL': {
        const seconds = argument && parseSeconds(argument.text);
        if (seconds === undefined || seconds > maxTtlSeconds) {
          const place = (argument ?? keyword).offset;
          return this.#error(
            place,
            '$TTL needs seconds or a span like 1h30m, at most 2147483647 seconds (RFC 2181 §8).',
          );
        }
        this.#defaultTtl = seconds;
        return;
      }
      case '$INCLUDE':
        return this.#error(
          keyword.offset,
          '$INCLUDE is not followed: a zone text is read from one file only. Put the included lines here, or give a flat file (named-compilezone -o flat.zone writes one).',
        );
      case '$GENERATE':
        return this.#error(
          keyword.offset,
          '$GENERATE is an extension of BIND and is not carried out. Write the records out, or give a flat file (named-compilezone -o flat.zone writes one).',
        );
      default:
        return this.#error(
          keyword.offset,
          `${show(keyword.text)} is not a directive. $ORIGIN and $TTL are known; a name that begins with $ is written \\$.`,
        );
    }
  }

  #record(blankOwner: boolean, start: number): void {
    const fields = this.#scanner.fields;
    let at = 0;
    if (!blankOwner) {
      if (!this.#readOwner(fields[0] as Field)) return;
      at = 1;
    }
    const owner = this.#owner;
    if (owner === undefined) {
      return this.#error(
        start,
        'this line begins with a blank, so it continues the name above, but no name stands above. Write the name first.',
      );
    }
    let ttl: number | undefined;
    let type: RrType | undefined;
    let typeField: Field | undefined;
    for (let sawClass = false; at < fields.length; at++) {
      const field = fields[at] as Field;
      const code = field.text.charCodeAt(0);
      if (code >= 48 && code <= 57 && ttl === undefined) {
        ttl = parseSeconds(field.text);
        if (ttl === undefined)
          return this.#error(field.offset, `${show(field.text)} is neither a TTL (3600, 1h30m) nor a record type.`);
        if (ttl > maxTtlSeconds)
          return this.#error(field.offset, `the TTL ${field.text} is above 2147483647 seconds (RFC 2181 §8).`);
        continue;
      }
      const upper = field.text.length <= 8 ? field.text.toUpperCase() : field.text;
      if (!sawClass && (upper === 'IN' || upper === 'CLASS1')) {
        sawClass = true;
        continue;
      }
      if (!sawClass && (otherClasses.has(upper) || /^CLASS\d+$/.test(upper))) {
        return this.#error(field.offset, `the class ${upper} is not read; only IN is.`);
      }
      typeField = field;
      type = typeFromText(upper);
      break;
    }
    if (typeField === undefined) {
      const last = fields[fields.length - 1] as Field;
      return this.#error(last.offset, 'this record has no type and no data. Write: name TTL IN type data.');
    }
    if (type === undefined) return this.#unknownType(typeField, owner);
    fields.splice(0, at + 1);
    if (ttl === undefined) ttl = this.#defaultTtl ?? this.#lastTtl;
    const parsed = parseRdata(type, fields, this.#origin);
    if (!parsed.ok) {
      const { fault } = parsed;
      if (fault.code === 'zone.type-not-read') {
        this.#bare.add(owner);
        return this.#warn(
          typeField.offset,
          fault.code,
          `${typeField.text} of ${owner || '.'} is left out: ${fault.message}`,
        );
      }
      const place = fields[fault.field]?.offset ?? typeField.offset;
      const about = `${type} of ${owner === '' ? '.' : owner}: ${fault.message}`;
      return this.#error(place, about, fault.code);
    }
    if (ttl === undefined && type === 'SOA') ttl = (parsed.data as Soa).minimum;
    if (ttl === undefined) {
      ttl = (this.#soa?.data[0] as Soa | undefined)?.minimum ?? fallbackTtlSeconds;
      if (!this.#saidNoTtl) {
        this.#saidNoTtl = true;
        this.#warn(
          typeField.offset,
          'zone.no-ttl',
          `no TTL is given here or in a $TTL line above; ${ttl} seconds are assumed.`,
        );
      }
    }
    this.#lastTtl = ttl;
    if ((type === 'TXT' || type === 'SPF') && !(fields[0] as Field).quoted) this.#doubtText(fields);
    this.#add(owner, type, parsed.data, ttl, start);
  }

  #readOwner(field: Field): boolean {
    if (field.text === this.#ownerText && this.#origin === this.#ownerOrigin && this.#owner !== undefined) return true;
    const read = nameInFile(field.text, this.#origin);
    if (!read.ok) {
      this.#error(field.offset, read.message);
      return false;
    }
    // oxlint-disable-next-line no-control-regex
    if (/[\x80-\xff]/.test(field.text)) this.#warnNonAscii(field);
    this.#owner = read.name;
    this.#ownerText = field.text;
    this.#ownerOrigin = this.#origin;
    return true;
  }

  #warnNonAscii(field: Field): void {
    const meant = parseName(Buffer.from(field.text, 'latin1').toString('utf8'));
    const advice = meant.ok
      ? `, so nobody finds it. Write ${meant.name} instead.`
      : '. Write the A-label (xn--…) instead.';
    this.#warn(field.offset, 'zone.name-not-ascii', `a name server publishes the raw octets of this name${advice}`);
  }

  #unknownType(field: Field, owner: DnsName): void {
    const upper = field.text.toUpperCase();
    if (providerTypes.has(upper)) {
      this.#bare.add(owner);
      const message = `${upper} is a feature of some providers, not a DNS type; the record is left out. What it answers must be looked up in the DNS.`;
      return this.#warn(field.offset, 'zone.provider-type', message);
    }
    this.#error(
      field.offset,
      `${show(field.text)} is not a record type. Write a type such as TXT, or TYPE65534 with \\# data for one without a name (RFC 3597).`,
    );
  }

  /** Text without quotes: a `;` ends it, and blanks between its words are lost. */
  #doubtText(fields: readonly Field[]): void {
    const first = fields[0] as Field;
    if (this.#scanner.cutByComment >= 0) {
      const message =
        'the text ends at this ";", because it stands outside of quotes and begins a comment. Put the whole text in double quotes.';
      this.#warn(this.#scanner.cutByComment, 'dns.txt.semicolon_truncated', message);
    } else if (fields.length > 1 && !fields.some((field) => field.quoted)) {
      const message =
        'these words are not in quotes, so each is a string of its own and the blanks between them are lost. Put the whole text in double quotes.';
      this.#warn(first.offset, 'zone.text-not-quoted', message);
    }
  }

  #add(name: DnsName, type: RrType, data: Rdata<RrType>, ttl: number, offset: number): void {
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
        this.#error(offset, 'a second SOA record that differs from the first. A zone has one; remove the other.');
      return; // a transfer lists the SOA at both ends (RFC 5936 §2.2)
    }
    if (seen) {
      const shown = name === '' ? '.' : name;
      this.#warn(
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
    this.#error(
      offset,
      `a second SOA record at another name. A file holds one zone; put ${draft.name || '.'} into a file of its own.`,
    );
  }

  #error(offset: number, message: string, code?: string): void {
    if (this.#errors.length < maxErrors) this.#errors.push({ offset, message, code });
  }

  #warn(offset: number, code: string, message: string): void {
    if (this.#warnings.length < maxWarnings) this.#warnings.push({ offset, message, code });
  }

  #bad(): ZoneResult {
    return { kind: 'bad', errors: this.#placed(this.#errors) };
  }

  #good(): ZoneResult {
    const origin = this.#apex();
    const sets: RrSet[] = [];
    for (const types of this.#drafts.values()) {
      for (const draft of types.values()) {
        if (isAtOrBelow(draft.name, origin)) sets.push(setFrom(draft));
        else {
          const message = `${draft.name || '.'} is outside the zone ${origin || '.'}; the record is left out, as a name server does.`;
          this.#warn(draft.offset, 'zone.outside', message);
        }
      }
    }
    return { kind: 'good', zone: makeZone(origin, sets, this.#bare), warnings: this.#placed(this.#warnings) };
  }

  /** The zone's name: its SOA says it; without one, what was given, then `$ORIGIN`, the file name, the owners' common end. */
  #apex(): DnsName {
    const given = this.#given;
    if (this.#soa) {
      if (given !== undefined && given !== this.#soa.name) {
        const message = `the SOA record stands at ${this.#soa.name || '.'}, so that is the zone, and not ${given || '.'}.`;
        this.#warn(this.#soa.offset, 'zone.other-origin', message);
      }
      return this.#soa.name;
    }
    const origin = given ?? this.#firstOrigin ?? originFromFileName(this.#file) ?? commonAncestor(this.#drafts.keys());
    this.#warn(
      0,
      'zone.no-soa',
      `the zone has no SOA record; its name is taken to be ${origin || '.'}. A name server does not load it like this.`,
    );
    return origin;
  }

  #placed(
    list: readonly { readonly offset: number; readonly message: string; readonly code: string | undefined }[],
  ): ZoneProblem[] {
    const starts = [...list].sort((a, b) => a.offset - b.offset);
    let line = 1;
    let lineStart = 0;
    return starts.map(({ offset, message, code }) => {
      for (
        let next = this.#scanner.text.indexOf('\n', lineStart);
        next >= 0 && next < offset;
        next = this.#scanner.text.indexOf('\n', lineStart)
      ) {
        line++;
        lineStart = next + 1;
      }
      return {
        file: this.#file,
        line,
        column: offset - lineStart + 1,
        message,
        ...(code === undefined ? {} : { code }),
      };
    });
  }
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
