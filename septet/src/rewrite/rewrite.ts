/**
 * Puts links, pixel and unsubscribe address into a message on its way out. `rewriteMessage` is the one way in; everything
 * that is not to be changed leaves octet for octet as it came.
 */
import { Buffer } from 'node:buffer';
import type { Header } from '../mail/header.ts';
import { parseHeader, splitMessage } from '../mail/parse-header.ts';
import { signingFault, signMessage, type SignOptions } from '../proof/dkim/sign.ts';
import { editHeader } from './edit-header.ts';
import { findTextParts } from './find-parts.ts';
import { bodyNotes, emptyTally, signingNotes, unsubscribeNotes, type Tally } from './notes.ts';
import { signaturesOf } from './own-signatures.ts';
import { splicePart } from './splice-part.ts';
import { maxRecipientOctets } from './tokens.ts';
import type { TrackingIds } from './tracking-token.ts';
import { listedAddresses, unsubscribeFields } from './unsubscribe-fields.ts';
import type { Rewritten, RewriteNote, RewriteTools, RewriteWish } from './wish.ts';
import { wishOfMessage } from './wishes-of-message.ts';

export type { RewriteNoteCode } from './wish.ts';

const nothing = { links: 0, pixels: 0, unsubscribe: false, signaturesRemoved: 0, signed: false };
/** Of mail whose recipient is not known. */
const nobody = '0000000000000000';

/** Never throws on input; time is linear in the message. */
export function rewriteMessage(octets: Uint8Array, wish: RewriteWish, tools: RewriteTools): Rewritten {
  const message = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
  const { header } = splitMessage(message);
  const fault = unreadable(message, header);
  if (fault !== undefined) {
    const text = `The message cannot be read and passes as it is: ${fault}.`;
    return { octets, changed: nothing, notes: [{ code: 'message.unreadable', text }] };
  }
  const own = wishOfMessage(header, wish, octets);
  const { recipient, domain, host } = own.wish;
  const known = recipient !== '' && Buffer.byteLength(recipient) <= maxRecipientOctets;
  const ids: TrackingIds = {
    message: own.wish.message,
    campaign: own.wish.campaign,
    reader: known ? tools.writer.reader(domain, recipient) : nobody,
  };
  const body = rewriteBody(message, header, own.wish, ids, tools);
  const fields = known
    ? unsubscribeFields(header, own.wish, () => tools.writer.unsubscribe(host, ids, recipient))
    : { remove: [], put: [] };
  const altered = body.octets !== undefined || fields.put.length > 0;
  const signatures = signaturesOf(header, domain);
  const removed = altered ? signatures.own : [];
  const notes: RewriteNote[] = [...own.notes, ...bodyNotes(body.tally), ...unsubscribeNotes(own.wish, known, fields)];
  const edited =
    altered || own.fields.length > 0
      ? editHeader(message, header, {
          remove: new Set([...own.fields, ...fields.remove, ...removed]),
          put: fields.put,
          putFor: new Set(fields.remove),
        })
      : message.subarray(0, header.octets);
  const newBody = body.octets ?? message.subarray(header.octets);
  const wanted = altered || signatures.own.length === 0;
  const signature = wanted && tools.sign ? signatureFor(edited, newBody, tools.sign) : {};
  if (altered) notes.push(...signingNotes(tools.sign !== undefined, signatures, signature.fault));
  else if (signature.fault !== undefined) notes.push(...signingNotes(true, { own: [], foreign: [] }, signature.fault));
  if (!altered)
    notes.push({ code: 'message.unchanged', text: 'There was nothing to put in: no link, pixel or field.' });
  const whole = altered || own.fields.length > 0 || signature.header !== undefined;
  return {
    octets: whole ? Buffer.concat([signature.header ?? edited, newBody]) : octets,
    changed: {
      links: body.tally.links,
      pixels: body.tally.pixels,
      unsubscribe: fields.put.length > 0,
      signaturesRemoved: removed.length,
      signed: signature.header !== undefined,
    },
    notes,
  };
}

/** The end of a sentence where it is no message, or one that was cut. */
function unreadable(octets: Buffer, header: Header): string | undefined {
  if (octets.length === 0) return 'it is empty';
  if (octets[0] === 0x20 || octets[0] === 0x09) return 'it begins with a blank';
  const codes = new Set(header.problems.map(({ code }) => code));
  if (header.fields.length === 0) return 'it has no header field';
  if (codes.has('end.missing')) return 'no empty line ends its header';
  if (codes.has('limit.octets') || codes.has('limit.fields')) return 'its header is larger than Septet reads';
  return undefined;
}

interface RewrittenBody {
  /** Absent: as it was. */
  readonly octets?: Buffer;
  readonly tally: Tally;
}

function rewriteBody(
  message: Buffer,
  header: Header,
  wish: RewriteWish,
  ids: TrackingIds,
  { writer }: RewriteTools,
): RewrittenBody {
  const tally = emptyTally();
  if (!wish.clicks && !wish.opens) return { tally };
  const found = findTextParts(message, header);
  tally.sealed += found.sealed ? 1 : 0;
  tally.cutParts = found.cut;
  tally.noBoundary = found.unreadable;
  const lineEnd = header.lineEnd === 'lf' ? '\n' : '\r\n';
  const { host, keepUnsubscribeLinks, privateTargets = false } = wish;
  const rules = { host, keepUnsubscribeLinks, privateTargets, listed: listedAddresses(header) };
  let link = 0;
  const click = (target: string): string => writer.click(host, ids, ++link, target);
  const pieces: Buffer[] = [];
  let at = header.octets;
  for (const part of found.parts) {
    const html = part.kind === 'html';
    if (!html && !(wish.text && wish.clicks)) continue;
    const wants = {
      rules,
      ...(wish.clicks ? { click } : {}),
      // One message has one pixel, however many parts it has.
      ...(wish.opens && html && tally.pixels === 0 ? { open: () => writer.open(host, ids) } : {}),
    };
    const outcome = splicePart(message, part, wants, lineEnd);
    tally.add(outcome);
    if (outcome.kind === 'left' || outcome.octets === undefined) continue;
    pieces.push(message.subarray(at, part.from), outcome.octets);
    at = part.to;
  }
  if (pieces.length === 0) return { tally };
  pieces.push(message.subarray(at));
  return { octets: Buffer.concat(pieces), tally };
}

/** The header with the signature on top, or why there is none. */
function signatureFor(
  headerOctets: Buffer,
  body: Buffer,
  sign: SignOptions,
): { readonly header?: Buffer; readonly fault?: string } {
  const header = parseHeader(headerOctets);
  const fault = signingFault(header, sign);
  if (fault !== undefined) return { fault };
  const top = [signMessage({ header, body }, sign).replace(/\r\n$/, '')];
  return { header: editHeader(headerOctets, header, { remove: new Set(), top }) };
}
