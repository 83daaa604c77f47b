/**
 * What a message says about itself in fields for us, which are taken out on the way:
 *
 *     X-Septet-Track: no                 neither links nor pixel; `clicks`: links alone; `opens`: the pixel alone
 *     X-Septet-Unsubscribe: no           List-Unsubscribe stays as it is
 *     X-Septet-Campaign: spring-2027     the campaign that its addresses name
 *
 * A message can ask for less than the wish, never for more.
 */
import { Buffer } from 'node:buffer';
import { hash } from 'node:crypto';
import { fieldsOf, valueOf, type Field, type Header } from '../mail/header.ts';
import { decodeWords } from '../mail/words.ts';
import { maxIdOctets } from './token-fields.ts';
import type { RewriteNote, RewriteWish } from './wish.ts';

const ownNames = new Set(['x-septet-track', 'x-septet-unsubscribe', 'x-septet-campaign']);

export interface MessageWish {
  readonly wish: RewriteWish & { readonly message: string };
  /** The fields that go. */
  readonly fields: readonly Field[];
  readonly notes: readonly RewriteNote[];
}

/** The wish as far as the message goes along with it; `octets` for a message that has no id. */
export function wishOfMessage(header: Header, wish: RewriteWish, octets: Uint8Array): MessageWish {
  const notes: RewriteNote[] = [];
  const fields = header.fields.filter(({ key }) => ownNames.has(key));
  const tracked = wordsOf(header, 'x-septet-track');
  const unknown = tracked.filter((word) => !['no', 'none', 'clicks', 'opens', 'yes'].includes(word));
  if (unknown.length > 0)
    notes.push({
      code: 'track.value',
      text: 'X-Septet-Track says something other than no, clicks or opens, so nothing is tracked in this message.',
    });
  const asks = (word: 'clicks' | 'opens'): boolean =>
    tracked.length === 0 || (unknown.length === 0 && (tracked.includes(word) || tracked.every((one) => one === 'yes')));
  const unsubscribe = wordsOf(header, 'x-septet-unsubscribe').some((word) => word !== 'yes')
    ? 'none'
    : wish.unsubscribe;
  const [named] = fieldsOf(header, 'x-septet-campaign');
  const id = (what: string, text: string): string => {
    if (Buffer.byteLength(text) <= maxIdOctets) return text;
    notes.push({
      code: 'id.too_long',
      text: `The ${what} has more than ${maxIdOctets} octets: its hash stands for it.`,
    });
    return digest(text);
  };
  return {
    wish: {
      ...wish,
      clicks: wish.clicks && asks('clicks'),
      opens: wish.opens && asks('opens'),
      unsubscribe,
      campaign: id('campaign', named === undefined ? wish.campaign : decodeWords(valueOf(named))),
      message: id('id of the message', wish.message ?? messageId(header) ?? digest(octets)),
    },
    fields,
    notes,
  };
}

const wordsOf = (header: Header, key: string): readonly string[] =>
  fieldsOf(header, key)
    .flatMap((field) =>
      valueOf(field)
        .toLowerCase()
        .split(/[\s,;]+/),
    )
    .filter((word) => word !== '');

/** 16 hexadecimal digits: eight octets in an address. */
const digest = (of: string | Uint8Array): string => hash('sha256', of, 'hex').slice(0, 16);

/** The part of the Message-ID in front of `@`: what is behind it is the same in all mail of a sender. */
function messageId(header: Header): string | undefined {
  const [field] = fieldsOf(header, 'message-id');
  const id = field === undefined ? undefined : /^<([\w.!#$%&'*+/=?^`{|}~-]+)@/.exec(valueOf(field))?.[1];
  return id === undefined ? undefined : Buffer.byteLength(id) > maxIdOctets ? digest(id) : id;
}
