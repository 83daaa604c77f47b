/**
 * Zone files (RFC 1035 §5, RFC 2308 §4 for $TTL, RFC 3597 §5 for unknown types).
 *
 * A file is octets. A `Uint8Array` is taken as it is; a string stands for its UTF-8 octets. TXT data therefore holds one
 * character per octet, exactly what a name server that loads the same file puts on the wire. Lines and columns count
 * from 1; columns count octets.
 *
 * Reading is one pass, linear, and never throws: a line that cannot be read is reported and the next one is tried.
 */
import { parseName, root, type DnsName } from './name.ts';
import { nameInFile, parseSeconds, show, type Field } from './rdata-fields.ts';
import { parseRdata } from './rdata-text.ts';
import { typeFromText } from './rr-type.ts';
import type { RrType, Soa } from './rrset.ts';
import { ZoneGathering, type ZoneResult } from './zone-gather.ts';
import { ZoneScanner } from './zone-scan.ts';

export type { ZoneProblem, ZoneResult } from './zone-gather.ts';

/** House limit: the largest file read. */
export const maxZoneOctets = 24 * 1024 * 1024;
/** A TTL is an unsigned 31-bit number of seconds (RFC 2181 §8). */
const maxTtlSeconds = 0x7fffffff;
/** House default where neither the record, `$TTL` nor an SOA gives one. */
const fallbackTtlSeconds = 3600;

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

class ZoneReader {
  readonly #scanner: ZoneScanner;
  readonly #file: string;
  readonly #given: DnsName | undefined;
  readonly #gathering = new ZoneGathering();
  #origin: DnsName | undefined;
  #firstOrigin: DnsName | undefined;
  #owner: DnsName | undefined;
  #ownerText = '';
  #ownerOrigin: DnsName | undefined;
  #defaultTtl: number | undefined;
  #lastTtl: number | undefined;
  #saidNoTtl = false;

  constructor(text: string, options: ReadOptions) {
    this.#scanner = new ZoneScanner(text, (offset, message) => this.#gathering.error(offset, message));
    this.#file = options.file;
    this.#given = options.origin;
    this.#origin = options.origin ?? originFromFileName(options.file);
  }

  read(): ZoneResult {
    const scanner = this.#scanner;
    const end = scanner.text.length;
    while (scanner.position < end && !this.#gathering.isHopeless) {
      const start = scanner.position;
      if (!scanner.next() || scanner.fields.length === 0) continue;
      const first = scanner.text.charAt(start);
      if (first === '$') this.#directive();
      else this.#record(first === ' ' || first === '\t', start);
    }
    const fallback = this.#firstOrigin ?? originFromFileName(this.#file);
    return this.#gathering.result({ given: this.#given, fallback }, { file: this.#file, text: scanner.text });
  }

  #directive(): void {
    const [keyword, argument] = this.#scanner.fields as [Field, Field | undefined];
    switch (keyword.text.toUpperCase()) {
      case '$ORIGIN': {
        if (!argument) return this.#gathering.error(keyword.offset, '$ORIGIN needs a name: $ORIGIN example.com.');
        const read = nameInFile(argument.text, this.#origin ?? root);
        if (!read.ok) return this.#gathering.error(argument.offset, `$ORIGIN: ${read.message}`);
        this.#origin = read.name;
        this.#firstOrigin ??= read.name;
        return;
      }
      case '$TTL': {
        const seconds = argument && parseSeconds(argument.text);
        if (seconds === undefined || seconds > maxTtlSeconds) {
          const place = (argument ?? keyword).offset;
          return this.#gathering.error(
            place,
            '$TTL needs seconds or a span like 1h30m, at most 2147483647 seconds (RFC 2181 §8).',
          );
        }
        this.#defaultTtl = seconds;
        return;
      }
      case '$INCLUDE':
        return this.#gathering.error(
          keyword.offset,
          '$INCLUDE is not followed: a zone text is read from one file only. Put the included lines here, or give a flat file (named-compilezone -o flat.zone writes one).',
        );
      case '$GENERATE':
        return this.#gathering.error(
          keyword.offset,
          '$GENERATE is an extension of BIND and is not carried out. Write the records out, or give a flat file (named-compilezone -o flat.zone writes one).',
        );
      default:
        return this.#gathering.error(
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
      return this.#gathering.error(
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
          return this.#gathering.error(
            field.offset,
            `${show(field.text)} is neither a TTL (3600, 1h30m) nor a record type.`,
          );
        if (ttl > maxTtlSeconds)
          return this.#gathering.error(
            field.offset,
            `the TTL ${field.text} is above 2147483647 seconds (RFC 2181 §8).`,
          );
        continue;
      }
      const upper = field.text.length <= 8 ? field.text.toUpperCase() : field.text;
      if (!sawClass && (upper === 'IN' || upper === 'CLASS1')) {
        sawClass = true;
        continue;
      }
      if (!sawClass && (otherClasses.has(upper) || /^CLASS\d+$/.test(upper))) {
        return this.#gathering.error(field.offset, `the class ${upper} is not read; only IN is.`);
      }
      typeField = field;
      type = typeFromText(upper);
      break;
    }
    if (typeField === undefined) {
      const last = fields[fields.length - 1] as Field;
      return this.#gathering.error(last.offset, 'this record has no type and no data. Write: name TTL IN type data.');
    }
    if (type === undefined) return this.#unknownType(typeField, owner);
    fields.splice(0, at + 1);
    if (ttl === undefined) ttl = this.#defaultTtl ?? this.#lastTtl;
    const parsed = parseRdata(type, fields, this.#origin);
    if (!parsed.ok) {
      const { fault } = parsed;
      if (fault.code === 'zone.type-not-read') {
        this.#gathering.leaveOut(owner);
        return this.#gathering.warn(
          typeField.offset,
          fault.code,
          `${typeField.text} of ${owner || '.'} is left out: ${fault.message}`,
        );
      }
      const place = fields[fault.field]?.offset ?? typeField.offset;
      const about = `${type} of ${owner === '' ? '.' : owner}: ${fault.message}`;
      return this.#gathering.error(place, about, fault.code);
    }
    if (ttl === undefined && type === 'SOA') ttl = (parsed.data as Soa).minimum;
    if (ttl === undefined) {
      ttl = this.#gathering.soaMinimum ?? fallbackTtlSeconds;
      if (!this.#saidNoTtl) {
        this.#saidNoTtl = true;
        this.#gathering.warn(
          typeField.offset,
          'zone.no-ttl',
          `no TTL is given here or in a $TTL line above; ${ttl} seconds are assumed.`,
        );
      }
    }
    this.#lastTtl = ttl;
    if ((type === 'TXT' || type === 'SPF') && !(fields[0] as Field).quoted) this.#doubtText(fields);
    this.#gathering.add(owner, type, parsed.data, ttl, start);
  }

  #readOwner(field: Field): boolean {
    if (field.text === this.#ownerText && this.#origin === this.#ownerOrigin && this.#owner !== undefined) return true;
    const read = nameInFile(field.text, this.#origin);
    if (!read.ok) {
      this.#gathering.error(field.offset, read.message);
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
    this.#gathering.warn(
      field.offset,
      'zone.name-not-ascii',
      `a name server publishes the raw octets of this name${advice}`,
    );
  }

  #unknownType(field: Field, owner: DnsName): void {
    const upper = field.text.toUpperCase();
    if (providerTypes.has(upper)) {
      this.#gathering.leaveOut(owner);
      const message = `${upper} is a feature of some providers, not a DNS type; the record is left out. What it answers must be looked up in the DNS.`;
      return this.#gathering.warn(field.offset, 'zone.provider-type', message);
    }
    this.#gathering.error(
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
      this.#gathering.warn(this.#scanner.cutByComment, 'dns.txt.semicolon_truncated', message);
    } else if (fields.length > 1 && !fields.some((field) => field.quoted)) {
      const message =
        'these words are not in quotes, so each is a string of its own and the blanks between them are lost. Put the whole text in double quotes.';
      this.#gathering.warn(first.offset, 'zone.text-not-quoted', message);
    }
  }
}
