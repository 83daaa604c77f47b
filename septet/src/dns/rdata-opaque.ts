/**
 * Text forms of types that this program carries but does not read, into the hexadecimal of their RDATA
 * (RFC 3597 §4: an unknown type is a string of octets). Forms not listed here are read as `\# LENGTH HEX` only.
 */
import { labels, type DnsName } from './name.ts';
import type { Field } from './rdata-fields.ts';

type Shape = 1 | 2 | 4 | 'string' | 'name' | 'hex' | 'salt' | 'base64' | 'text';

/** What follows what on the wire, by type number. `hex`, `base64` and `text` take the rest of the fields. */
const shapes: ReadonlyMap<number, readonly Shape[]> = new Map<number, readonly Shape[]>([
  [13, ['string', 'string']], // HINFO, RFC 1035 §3.3.2
  [17, ['name', 'name']], // RP, RFC 1183 §2.2
  [18, [2, 'name']], // AFSDB, RFC 1183 §1
  [35, [2, 2, 'string', 'string', 'string', 'name']], // NAPTR, RFC 3403 §4.1
  [37, [2, 2, 1, 'base64']], // CERT, RFC 4398 §2
  [44, [1, 1, 'hex']], // SSHFP, RFC 4255 §3
  [49, ['base64']], // DHCID, RFC 4701 §3
  [51, [1, 1, 2, 'salt']], // NSEC3PARAM, RFC 5155 §4
  [53, [1, 1, 1, 'hex']], // SMIMEA, RFC 8162 §2
  [59, [2, 1, 1, 'hex']], // CDS, RFC 7344 §3.1
  [60, [2, 1, 1, 'base64']], // CDNSKEY, RFC 7344 §3.2
  [61, ['base64']], // OPENPGPKEY, RFC 7929 §2
  [63, [4, 1, 1, 'hex']], // ZONEMD, RFC 8976 §2
  [256, [2, 2, 'text']], // URI, RFC 7553 §4
]);

/** Whether the text form of this type can be read. */
export function hasTextForm(number: number): boolean {
  return shapes.has(number);
}

export interface FieldReaders {
  readonly nameOf: (text: string) => DnsName | undefined;
  readonly octetsOf: (text: string) => string | undefined;
}

/** The RDATA in lower-case hexadecimal, or the number of the field that does not fit. */
export function opaqueFromText(number: number, fields: readonly Field[], read: FieldReaders): string | number {
  let hex = '';
  let at = 0;
  for (const shape of shapes.get(number) ?? []) {
    const takesRest = shape === 'hex' || shape === 'base64';
    const piece = takesRest
      ? restHex(
          shape,
          fields
            .slice(at)
            .map((field) => field.text)
            .join(''),
        )
      : fieldHex(shape, fields[at]?.text, read);
    if (piece === undefined) return at;
    hex += piece;
    at = takesRest ? fields.length : at + 1;
  }
  return at < fields.length ? at : hex;
}

function restHex(shape: 'hex' | 'base64', text: string): string | undefined {
  if (shape === 'hex') return text.length % 2 === 0 && /^[0-9a-fA-F]+$/.test(text) ? text.toLowerCase() : undefined;
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, 'base64').toString('hex') : undefined;
}

function fieldHex(
  shape: Exclude<Shape, 'hex' | 'base64'>,
  text: string | undefined,
  read: FieldReaders,
): string | undefined {
  if (text === undefined) return undefined;
  if (typeof shape === 'number') {
    if (!/^\d{1,10}$/.test(text) || Number(text) >= 256 ** shape) return undefined;
    return Number(text)
      .toString(16)
      .padStart(shape * 2, '0');
  }
  if (shape === 'name') {
    const name = read.nameOf(text);
    return name === undefined ? undefined : nameHex(name);
  }
  if (shape === 'salt') {
    if (text === '-') return '00';
    const salt = restHex('hex', text);
    return salt === undefined || salt.length > 510 ? undefined : octetHex(salt.length / 2) + salt;
  }
  const octets = read.octetsOf(text);
  if (octets === undefined) return undefined;
  const hex = Buffer.from(octets, 'latin1').toString('hex');
  if (shape === 'text') return hex;
  return octets.length > 255 ? undefined : octetHex(octets.length) + hex;
}

const octetHex = (octet: number): string => octet.toString(16).padStart(2, '0');

/** The name on the wire, not compressed. */
function nameHex(name: DnsName): string {
  let hex = '';
  for (const label of labels(name)) {
    const octets = label.replaceAll(/\\(\d{3}|.)/g, (_, code: string) =>
      code.length === 3 ? String.fromCharCode(Number(code)) : code,
    );
    hex += octetHex(octets.length) + Buffer.from(octets, 'latin1').toString('hex');
  }
  return `${hex}00`;
}
