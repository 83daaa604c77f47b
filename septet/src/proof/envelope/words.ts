/** What a receiver writes of the envelope besides Received: Return-Path, Received-SPF, Authentication-Results. */
import { mappedIpv4, formatAddress, parseAddress } from '../../dns/address.ts';
import { fieldsOf, valueOf, type Field, type Header } from '../../mail/header.ts';
import { parseAuthenticationResults } from '../../mail/parse-authres.ts';
import type { EnvelopeOrigin } from './envelope.ts';
import { organisationOf } from './organisation.ts';

/** One field, read for the envelope. Addresses are in canonical form. */
export interface Word {
  readonly from: EnvelopeOrigin;
  readonly line: number;
  /** The organisation that says it; absent where the field does not tell (Microsoft, Return-Path). */
  readonly speaker?: string;
  readonly authservId?: string;
  readonly ip?: string;
  readonly helo?: string;
  /** `''` for the null sender. */
  readonly mailFrom?: string;
}

const maxFields = 50; // house, of each name
const maxCharacters = 8192; // house

/** All words, by line. */
export function wordsOf(header: Header): readonly Word[] {
  const read = (key: string, reader: (field: Field) => Word | undefined): readonly Word[] =>
    fieldsOf(header, key)
      .slice(0, maxFields)
      .flatMap((field) => reader(field) ?? []);
  const words = [
    ...read('return-path', returnPath),
    ...read('received-spf', receivedSpf),
    ...read('authentication-results', authenticationResults),
  ];
  return words.sort((a, b) => a.line - b.line);
}

function returnPath(field: Field): Word | undefined {
  const value = valueOf(field).slice(0, maxCharacters);
  const inner = /<([^<>]*)>/.exec(value)?.[1] ?? value.replaceAll(/[()\s]/g, '');
  return { from: 'Return-Path', line: field.line, mailFrom: reversePath(inner) };
}

/** RFC 7208 §9.1: a result, a comment, and pairs. Gmail and Microsoft put the sender into the comment. */
function receivedSpf(field: Field): Word {
  const value = valueOf(field).slice(0, maxCharacters);
  const comment = /\(([^()]*)\)/.exec(value)?.[1] ?? '';
  const pairs = new Map<string, string>();
  const bare = value.replace(`(${comment})`, ' ');
  for (const [, key = '', quoted, plain] of bare.matchAll(/(?<![\w-])([a-z-]{2,20})=(?:"([^"]*)"|([^;\s"]*))/gi))
    pairs.set(key.toLowerCase(), quoted ?? plain ?? '');
  const ip = canonical(pairs.get('client-ip')) ?? addressIn(comment);
  const sender = pairs.get('envelope-from') ?? /\bdomain of (?:transitioning )?(\S+)/i.exec(comment)?.[1];
  const speaker = organisationOf(pairs.get('receiver')) ?? organisationOf(/^([\w.-]+):/.exec(comment)?.[1]);
  const helo = pairs.get('helo');
  return {
    from: 'Received-SPF',
    line: field.line,
    ...(speaker === undefined ? {} : { speaker }),
    ...(ip === undefined ? {} : { ip }),
    ...(helo ? { helo } : {}),
    ...(sender === undefined ? {} : { mailFrom: reversePath(sender) }),
  };
}

function authenticationResults(field: Field): Word | undefined {
  const parsed = parseAuthenticationResults(valueOf(field));
  if (parsed.kind === 'bad') return undefined;
  const { authservId, results } = parsed.value;
  let ip: string | undefined;
  let mailFrom: string | undefined;
  let helo: string | undefined;
  for (const { method, properties, comments } of results) {
    if (method !== 'spf' && method !== 'iprev') continue;
    ip ??= properties
      .map(({ property, value }) => (/(?:^|-)ip$/.test(property) ? canonical(value) : undefined))
      .find(Boolean);
    ip ??= comments.map((comment) => addressIn(comment.slice(0, maxCharacters))).find(Boolean);
    if (method !== 'spf') continue;
    const of = (name: string): string | undefined =>
      properties.find(({ ptype, property }) => ptype === 'smtp' && property === name)?.value;
    mailFrom ??= of('mailfrom');
    helo ??= of('helo');
  }
  const speaker = organisationOf(authservId);
  return {
    from: 'Authentication-Results',
    line: field.line,
    ...(speaker === undefined ? {} : { speaker }),
    ...(authservId === undefined ? {} : { authservId }),
    ...(ip === undefined ? {} : { ip }),
    ...(helo ? { helo } : {}),
    ...(mailFrom === undefined ? {} : { mailFrom: reversePath(mailFrom) }),
  };
}

/** `sender IP is 192.0.2.1`, `designates 192.0.2.1 as permitted sender`, `client-ip=192.0.2.1`. */
function addressIn(text: string): string | undefined {
  const found =
    /\b(?:sender IP is|designates|client-ip=|guess record for domain of \S+ designates)\s*\[?([\da-f.:]{3,45})/i.exec(
      text,
    )?.[1];
  return canonical(found) ?? canonical(/^\s*\[?([\da-f.:]{3,45})\]?\s*$/i.exec(text)?.[1]);
}

/** Canonical text of an address; one that is mapped into IPv6 is the IPv4 address (RFC 7208 §5). */
export function canonical(text: string | undefined): string | undefined {
  const address = text === undefined ? undefined : parseAddress(text.trim().replace(/^\[(?:IPv6:)?|\]$/gi, ''));
  return address && formatAddress(mappedIpv4(address) ?? address);
}

/** A reverse path without brackets; `''` for `<>`. */
export function reversePath(text: string): string {
  const trimmed = text.trim();
  return trimmed.startsWith('<') && trimmed.endsWith('>') ? trimmed.slice(1, -1).trim() : trimmed;
}
