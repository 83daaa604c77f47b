/** What was met while a message was rewritten, and the sentences that tell of it. */
import { maxPartLinks } from './rewrite-html.ts';
import type { OwnSignatures } from './own-signatures.ts';
import type { PartOutcome } from './splice-part.ts';
import type { UnsubscribeFields } from './unsubscribe-fields.ts';
import type { RewriteNote, RewriteWish } from './wish.ts';

export interface Tally {
  links: number;
  pixels: number;
  faulty: number;
  tooLong: number;
  cutLinks: boolean;
  cutParts: boolean;
  noBoundary: boolean;
  sealed: number;
  charset: number;
  encoding: number;
  add(outcome: PartOutcome): void;
}

export function emptyTally(): Tally {
  const tally: Tally = {
    links: 0,
    pixels: 0,
    faulty: 0,
    tooLong: 0,
    cutLinks: false,
    cutParts: false,
    noBoundary: false,
    sealed: 0,
    charset: 0,
    encoding: 0,
    add(outcome) {
      if (outcome.kind === 'left') {
        tally[outcome.why]++;
        return;
      }
      const { found, leftOut } = outcome;
      tally.links += found.links - leftOut;
      tally.pixels += found.pixels;
      tally.faulty += found.faulty;
      tally.tooLong += found.tooLong + leftOut;
      tally.cutLinks ||= found.cut;
    },
  };
  return tally;
}

export function bodyNotes(tally: Tally): readonly RewriteNote[] {
  const notes: RewriteNote[] = [];
  const note = (said: boolean, code: RewriteNote['code'], text: string): void => {
    if (said) notes.push({ code, text });
  };
  const { sealed, charset, encoding, faulty, tooLong } = tally;
  note(sealed > 0, 'part.sealed', 'A part is signed or encrypted (S/MIME or OpenPGP) and stays as it is.');
  note(
    charset > 0,
    'part.charset',
    `${parts(charset)} in a charset whose octets cannot be told apart (UTF-16, ISO-2022, unknown), and stays as it is. UTF-8 is what to send.`,
  );
  note(
    encoding > 0,
    'part.encoding',
    `${parts(encoding)} in base64 with characters that do not belong to it, and stays as it is.`,
  );
  note(tally.noBoundary, 'part.encoding', 'A multipart names no boundary, so its parts cannot be told apart.');
  note(
    tally.cutParts,
    'part.limit',
    'The message has more than 1000 parts, or more than 20 inside each other; the rest stays.',
  );
  note(
    faulty > 0,
    'link.faulty',
    `${links(faulty)} no valid address and ${faulty === 1 ? 'stays as it is' : 'stay as they are'}.`,
  );
  note(
    tooLong > 0,
    'link.too_long',
    `${links(tooLong)} too long for a tracking address or for a line of 998 octets, and ${tooLong === 1 ? 'stays' : 'stay'}.`,
  );
  note(tally.cutLinks, 'link.limit', `A part has more than ${maxPartLinks} links; those behind stay.`);
  return notes;
}

const parts = (count: number): string => (count === 1 ? 'A part is' : `${count} parts are`);
const links = (count: number): string => (count === 1 ? 'A link is' : `${count} links are`);

export function unsubscribeNotes(
  { unsubscribe }: RewriteWish,
  recipientKnown: boolean,
  { kept }: UnsubscribeFields,
): readonly RewriteNote[] {
  if (unsubscribe === 'none') return [];
  if (!recipientKnown)
    return [
      {
        code: 'unsubscribe.no_recipient',
        text: 'No single recipient is known, so no List-Unsubscribe is put in. Name one with --recipient.',
      },
    ];
  if (kept === undefined) return [];
  const text =
    kept === 'one click'
      ? 'List-Unsubscribe names an https address already; it stays.'
      : 'List-Unsubscribe names an https address already; it stays, but one click needs one such field and List-Unsubscribe-Post: List-Unsubscribe=One-Click (RFC 8058 §3.1).';
  return [{ code: 'unsubscribe.kept', text }];
}

export function signingNotes(
  hasKey: boolean,
  { own, foreign }: OwnSignatures,
  fault: string | undefined,
): readonly RewriteNote[] {
  const notes: RewriteNote[] = [];
  if (fault !== undefined) notes.push({ code: 'sign.fault', text: `The message is not signed. ${fault}` });
  if (!hasKey) {
    const gone = own.length > 0 ? 'The DKIM signature no longer fits and was taken out; ' : '';
    const text = `${gone}no key is known to sign anew, so this message leaves without a signature of the domain.`;
    notes.push({ code: 'sign.no_key', text: text[0]?.toUpperCase() + text.slice(1) });
  }
  if (foreign.length > 0)
    notes.push({
      code: 'sign.foreign',
      text: 'A DKIM signature of another domain stays and no longer fits; receivers treat it as none. Rewrite before others sign.',
    });
  return notes;
}
