/**
 * List-Unsubscribe (RFC 2369 §3.2) and List-Unsubscribe-Post (RFC 8058 §3.1) of the message that goes out.
 *
 * RFC 8058 wants one List-Unsubscribe field with one https address in it, so ours and another cannot both stand there; a
 * mailto: address can. Whose https address it is decides which program learns that somebody has had enough: with `keep`
 * that of the sender's program stays, with `replace` the program must learn it from our suppression list.
 */
import { bodyOf, fieldsOf, type Field, type Header } from '../mail/header.ts';
import { isOneClick, oneClick, parseListUnsubscribe } from '../mail/list-headers.ts';
import type { RewriteWish } from './wish.ts';

export interface UnsubscribeFields {
  /** The fields that go; empty: nothing is to be changed. */
  readonly remove: readonly Field[];
  /** What is put in, without line ends behind; empty: nothing. */
  readonly put: readonly string[];
  /** An https address is there and stays; `without post`: it lacks what one click needs. */
  readonly kept?: 'one click' | 'without post';
}

/** The http(s) addresses that the message names. */
export function listedAddresses(header: Header): ReadonlySet<string> {
  const uris = fieldsOf(header, 'list-unsubscribe').flatMap((field) => parseListUnsubscribe(bodyOf(field)).uris);
  return new Set(uris.filter(({ scheme }) => scheme === 'https' || scheme === 'http').map(({ uri }) => uri));
}

/** `address`: makes ours; it is asked only where it goes in. */
export function unsubscribeFields(
  header: Header,
  { unsubscribe, host }: Pick<RewriteWish, 'unsubscribe' | 'host'>,
  address: () => string,
): UnsubscribeFields {
  const lists = fieldsOf(header, 'list-unsubscribe');
  const posts = fieldsOf(header, 'list-unsubscribe-post');
  const uris = lists.flatMap((field) => parseListUnsubscribe(bodyOf(field)).uris);
  const ours = uris.some(({ uri }) => uri.toLowerCase().startsWith(`https://${host}/u/`));
  // A message that went through here before has ours.
  if (unsubscribe === 'none' || ours) return { remove: [], put: [] };
  const [post] = posts;
  if (unsubscribe === 'keep' && uris.some(({ scheme }) => scheme === 'https')) {
    const whole = posts.length === 1 && lists.length === 1 && post !== undefined && isOneClick(bodyOf(post));
    return { remove: [], put: [], kept: whole ? 'one click' : 'without post' };
  }
  const stay = uris.filter(({ scheme }) => (unsubscribe === 'replace' ? scheme === 'mailto' : scheme !== 'http'));
  const list = [address(), ...stay.map(({ uri }) => uri)].map((uri) => `<${uri}>`).join(',\r\n ');
  return {
    remove: [...lists, ...posts],
    put: [`List-Unsubscribe: ${list}`, `List-Unsubscribe-Post: ${oneClick}`],
  };
}
