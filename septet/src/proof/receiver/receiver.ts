/**
 * What the receiver of a message says of it. Anybody can write an Authentication-Results field; only the topmost block
 * that carries the name of the receiver counts (RFC 8601 §1.6, §5, §7.1). The others are shown as what they are.
 */
import { isAtOrBelow } from '../../dns/name.ts';
import type { AuthenticationResults, MethodResult } from '../../mail/authres.ts';
import { valueOf, type Field, type Header } from '../../mail/header.ts';
import { parseAuthenticationResults } from '../../mail/parse-authres.ts';
import type { Received } from '../../mail/received.ts';
import type { ReceiverField, ReceiverWord } from '../proof.ts';
import { dialectOf, isInner, nameOf } from './dialects.ts';
import { signingDomainOf, valueIn } from './results.ts';
import { isHostOf, onlyReceivers, positionIn, zoneOf, type Claim, type Zone } from './standing.ts';

export interface ReceiverInput {
  readonly header: Header;
  /** The newest first. */
  readonly hops: readonly Received[];
  /**
   * Authserv-ids whose word counts, with what stands below them (`icloud.com` trusts `dkim-verifier.icloud.com`), or ids
   * of dialects (`gmail`, `microsoft`). Empty: the receiver is found by the newest Received lines.
   */
  readonly trust: readonly string[];
}

/** More fields are not read. */
export const maxAuthresFields = 200; // house

interface Judged {
  readonly standing: ReceiverField['standing'];
  readonly why: string;
}

interface Entry {
  readonly field: Field;
  readonly claim: Claim;
}

export function readReceiver(input: ReceiverInput): ReceiverWord {
  const entries = input.header.fields
    .filter((field) => field.key.includes('authentication-results'))
    .slice(0, maxAuthresFields)
    .map(entryOf);
  const own = entries.filter(({ field }) => field.key === 'authentication-results').map(({ claim }) => claim);
  const trust = input.trust.map((id) => id.trim().toLowerCase()).filter((id) => id !== '');
  const first = firstTrusted(own, { ...input, trust });
  const fields = entries.map(({ field, claim }): ReceiverField => {
    const judged = judge(field, claim, first, { ...input, trust });
    return {
      line: field.line,
      name: field.name,
      value: claim.value,
      ...(claim.dialect ? { dialect: claim.dialect.id } : {}),
      ...judged,
    };
  });
  const trusted = fields.filter((field) => field.standing === 'trusted');
  return {
    fields,
    results: resultsThatCount(trusted),
    ...(first ? { speaker: speakerOf(first.claim) } : {}),
  };
}

function entryOf(field: Field): Entry {
  const text = valueOf(field);
  const parsed = parseAuthenticationResults(text, { arc: field.key.startsWith('arc-') });
  const value: AuthenticationResults =
    parsed.kind === 'good'
      ? parsed.value
      : {
          version: 1,
          results: [],
          none: false,
          repairs: [{ code: 'text.stray', offset: 0, length: text.length, text: parsed.why }],
        };
  const dialect = dialectOf(value);
  const id = value.authservId?.toLowerCase() ?? dialect?.speaker ?? '(none)';
  return { field, claim: { line: field.line, value, id, ...(dialect ? { dialect } : {}) } };
}

/** A field that could not be read at all. */
export const isUnreadable = (field: ReceiverField): boolean => field.value.results.length === 0 && !field.value.none;

/** The name under which the receiver goes in our sentences. */
function speakerOf(claim: Claim): string {
  return claim.dialect?.id === 'icloud' ? 'icloud.com' : (claim.dialect?.speaker ?? claim.value.authservId ?? claim.id);
}

interface First extends Judged {
  readonly claim: Claim;
  readonly zone: Zone;
}

/** The topmost field whose word counts. */
function firstTrusted(claims: readonly Claim[], input: ReceiverInput): First | undefined {
  for (const claim of claims) {
    const first =
      input.trust.length > 0
        ? isTrusted(claim, input.trust)
          ? placeTrusted(claim, input)
          : undefined
        : placeGuessed(claim, input);
    if (first) return first;
  }
  return undefined;
}

function isTrusted(claim: Claim, trust: readonly string[]): boolean {
  const name = claim.value.authservId === undefined ? undefined : nameOf(claim.id);
  return trust.some((text) => {
    if (text === claim.id || text === claim.dialect?.id) return true;
    const trusted = nameOf(text);
    if (trusted === undefined) return false;
    // Microsoft writes no name, so that of its hosts stands for it.
    if (name === undefined) return claim.dialect?.speaker !== undefined && isHostOf(claim, trusted);
    return isAtOrBelow(name, trusted);
  });
}

/** `--trust` names it: it counts unless it stands where that receiver cannot have put it. */
function placeTrusted(claim: Claim, { hops, header }: ReceiverInput): First | undefined {
  const zone = zoneOf(claim, hops, true) ?? zoneOf(claim, hops, false);
  if (zone) {
    if (positionIn(zone, claim.line, header) === 'outside') return undefined;
    return trusted(
      claim,
      zone,
      'It carries the name that --trust gives, and stands with the Received line of that host.',
    );
  }
  if (claim.dialect && claim.value.authservId !== undefined && hops.length > 0) return undefined;
  // Nothing shows the receiver's own line: what stands with this field counts with it.
  const open = { boundary: claim.line, end: hops.find((hop) => hop.line > claim.line)?.line ?? Infinity };
  return trusted(claim, open, 'It carries the name that --trust gives; no Received line shows a host of that name.');
}

/** Without `--trust`: the newest Received lines have to be of the receiver that the field names. */
function placeGuessed(claim: Claim, { hops, header }: ReceiverInput): First | undefined {
  const title = claim.dialect?.title ?? claim.id;
  const zone = zoneOf(claim, hops, true);
  if (zone) {
    const position = positionIn(zone, claim.line, header);
    if (position === 'outside') return undefined;
    const where =
      position === 'above' ? 'it stands above the line that took the message' : 'it stands right below that line';
    return trusted(claim, zone, `The newest Received lines are of ${title}, and ${where}.`);
  }
  const newest = hops[0];
  if (newest && claim.dialect && isInner(newest.by) && claim.line < newest.line)
    return trusted(
      claim,
      { boundary: newest.line, end: hops[1]?.line ?? Infinity },
      `It stands above every Received line, in the form that ${title} writes; the newest line names no host.`,
    );
  return undefined;
}

const trusted = (claim: Claim, zone: Zone, why: string): First => ({ claim, zone, standing: 'trusted', why });

function judge(field: Field, claim: Claim, first: First | undefined, input: ReceiverInput): Judged {
  if (field.key.startsWith('arc-'))
    return { standing: 'copy', why: 'It belongs to an ARC set: what a forwarder found, no verdict of the receiver.' };
  if (field.key !== 'authentication-results')
    return { standing: 'copy', why: `${field.name} keeps what an earlier server wrote; it is no verdict.` };
  if (first && (claim === first.claim || speaksWith(claim, first.claim, input.trust)))
    return judgeBlock(claim, first, input);
  return judgeOther(claim, input);
}

const speaksWith = (claim: Claim, first: Claim, trust: readonly string[]): boolean =>
  claim.id === first.id ||
  (claim.dialect !== undefined && claim.dialect === first.dialect) ||
  (trust.length > 0 && isTrusted(claim, trust));

/** A field with the receiver's name: of the topmost block, or below it. */
function judgeBlock(claim: Claim, first: First, { hops, header }: ReceiverInput): Judged {
  const { zone } = first;
  const apart = hops.some((hop) => hop.line > first.claim.line && hop.line < claim.line);
  if (
    !apart &&
    (claim.line < zone.boundary || (claim.line < zone.end && onlyReceivers(header, first.claim.line, claim.line)))
  )
    return { standing: 'trusted', why: first.why };
  if (claim.line < zone.boundary)
    return { standing: 'claim', why: 'An earlier server of the same receiver wrote it; the topmost block counts.' };
  return {
    standing: 'forged',
    why: `It carries the name of the receiver, but stands at line ${claim.line}, below what the receiver wrote: it came with the message.`,
  };
}

function judgeOther(claim: Claim, { hops, header, trust }: ReceiverInput): Judged {
  const named = trust.length > 0 && isTrusted(claim, trust);
  if (hops.length === 0)
    return {
      standing: 'claim',
      why: 'There is no Received line, so nothing shows who wrote it; --trust can name the receiver.',
    };
  const zone = zoneOf(claim, hops, true) ?? zoneOf(claim, hops, false);
  const title = claim.dialect?.title ?? claim.id;
  if (zone) {
    if (positionIn(zone, claim.line, header) === 'outside')
      return {
        standing: 'forged',
        why: `${title} took the message at line ${zone.boundary}, and this field stands where ${title} cannot have put it.`,
      };
    if (trust.length > 0) return { standing: 'claim', why: `It speaks for ${title}, which --trust does not name.` };
    return {
      standing: 'claim',
      why: `${title} handled the message before the receiver; its word is not the receiver's.`,
    };
  }
  if (named || (claim.dialect && claim.value.authservId !== undefined))
    return { standing: 'forged', why: `No Received line is of ${title}, so ${title} cannot have written it.` };
  return { standing: 'claim', why: `Nothing shows that ${title} is the receiver; --trust can name it.` };
}

/** All results of the block from the top; what a lower field says again of the same thing is left out. */
function resultsThatCount(fields: readonly ReceiverField[]): ReceiverWord['results'] {
  const counted: (MethodResult & { readonly line: number })[] = [];
  const told = new Set<string>();
  for (const field of fields) {
    const here = field.value.results.map((result) => ({ result, about: aboutOf(result) }));
    for (const { result, about } of here) if (!told.has(about)) counted.push({ ...result, line: field.line });
    for (const { about } of here) told.add(about);
  }
  return counted;
}

/** What a result is about, so that two fields can be compared: DKIM results tell signatures apart, SPF its identity. */
export function aboutOf(result: MethodResult): string {
  if (result.method === 'dkim')
    return [
      'dkim',
      signingDomainOf(result) ?? '',
      valueIn(result, 'header.s') ?? '',
      valueIn(result, 'header.b') ?? '',
    ].join(' ');
  if (
    result.method === 'spf' &&
    valueIn(result, 'smtp.mailfrom') === undefined &&
    valueIn(result, 'smtp.mail') === undefined
  )
    return 'spf helo';
  return result.method;
}
