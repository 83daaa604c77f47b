/** The fields of a token as octets, short where mail programs write long: hexadecimal ids, UUIDs, `https://www.`. */
import { Buffer } from 'node:buffer';
import type { TrackingIds } from './tracking-token.ts';

/** Of `message` and of `campaign`, UTF-8. */
export const maxIdOctets = 64;

/** A text of up to 64 octets: its length in front. 0x80 and a number: so many octets in hexadecimal. 0xff: a UUID. */
const hexadecimal = 0x80;
const uuid = 0xff;
const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

function textOctets(text: string): Buffer {
  if (uuidForm.test(text)) return Buffer.concat([Buffer.from([uuid]), Buffer.from(text.replaceAll('-', ''), 'hex')]);
  if (text.length >= 4 && text.length % 2 === 0 && text.length <= maxIdOctets && /^[0-9a-f]+$/.test(text))
    return Buffer.concat([Buffer.from([hexadecimal | (text.length / 2)]), Buffer.from(text, 'hex')]);
  const octets = Buffer.from(text, 'utf8');
  if (octets.length > maxIdOctets) throw new RangeError(`An id has more than ${maxIdOctets} octets.`);
  return Buffer.concat([Buffer.from([octets.length]), octets]);
}

/** Message, campaign, reader. */
export function idsOctets({ message, campaign, reader }: TrackingIds): Buffer {
  if (!/^[0-9a-f]{16}$/.test(reader)) throw new RangeError('A reader is 16 hexadecimal digits.');
  return Buffer.concat([textOctets(message), textOctets(campaign), Buffer.from(reader, 'hex')]);
}

/** Seven bits an octet, the lowest first, the high bit set where more follow. Answers the place behind it. */
export function varintOctets(into: Buffer, from: number, value: number): number {
  let at = from;
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) into[at++] = (rest % 128) | 128;
  into[at++] = rest;
  return at;
}

/** The number of the place is the octet. The longest that fits counts. */
const prefixes: readonly string[] = ['', 'https://', 'https://www.', 'http://', 'http://www.'];

/** A target to the end of the token. Answers the place behind it. */
export function targetOctets(into: Buffer, from: number, target: string): number {
  let number = 0;
  if (target.startsWith('https://')) number = target.startsWith('www.', 8) ? 2 : 1;
  else if (target.startsWith('http://')) number = target.startsWith('www.', 7) ? 4 : 3;
  into[from] = number;
  return from + 1 + into.write(target.slice(prefixes[number]?.length ?? 0), from + 1, 'utf8');
}

/** Takes fields from the front; `undefined` where they are not there or not in form. */
export interface OctetReader {
  ids(): TrackingIds | undefined;
  varint(): number | undefined;
  /** Takes the rest. */
  target(): string | undefined;
  at(): number;
  ended(): boolean;
}

/** Of the octets from a place up to another. They may change when everything was taken. */
export function octetReader(octets: Buffer, from: number, end: number): OctetReader {
  let at = from;
  /** Without an object for the part, which costs more than the text. */
  const take = (count: number, encoding: 'hex' | 'utf8'): string | undefined => {
    if (at + count > end) return undefined;
    at += count;
    return octets.toString(encoding, at - count, at);
  };
  const one = (): number | undefined => (at < end ? octets[at++] : undefined);
  const text = (): string | undefined => {
    const form = one();
    if (form === undefined) return undefined;
    if (form === uuid) return take(16, 'hex')?.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    if (form >= hexadecimal) return form - hexadecimal > 32 ? undefined : take(form - hexadecimal, 'hex');
    return form > maxIdOctets ? undefined : take(form, 'utf8');
  };
  return {
    ids() {
      const message = text();
      const campaign = message === undefined ? undefined : text();
      const reader = campaign === undefined ? undefined : take(8, 'hex');
      if (message === undefined || campaign === undefined || reader === undefined) return undefined;
      return { message, campaign, reader };
    },
    varint() {
      let value = 0;
      for (let unit = 1; unit <= 128 ** 4; unit *= 128) {
        const octet = one();
        if (octet === undefined) return undefined;
        value += (octet & 127) * unit;
        if (octet < 128) return value;
      }
      return undefined;
    },
    target() {
      const prefix = prefixes[one() ?? prefixes.length];
      if (prefix === undefined) return undefined;
      return prefix + (take(end - at, 'utf8') ?? '');
    },
    at: () => at,
    ended: () => at === end,
  };
}
