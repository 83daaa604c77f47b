/** The List-Unsubscribe fields of a message, read, with the places of their faults in words. */
import { fieldsOf, bodyOf, type Field, type Header } from '../../mail/header.ts';
import { oneClick, parseListUnsubscribe, type ListCode } from '../../mail/list-headers.ts';
import type { Span } from '../../text/parsed.ts';

export interface SeenUri {
  readonly uri: string;
  /** Lower case; empty where there is none. */
  readonly scheme: string;
  readonly field: Field;
  /** In the raw field. */
  readonly at: Span;
  /** A line break stands inside the angle brackets. */
  readonly folded: boolean;
}

export interface Fault {
  readonly field: Field;
  /** As the end of a sentence: `… is not well formed: there is a blank in an address`. */
  readonly reason: string;
  /** In the raw field. */
  readonly at: Span;
}

export interface Reading {
  /** Of all such fields, from the top. */
  readonly uris: readonly SeenUri[];
  readonly faults: readonly Fault[];
}

export const postValue = oneClick;
const maxFields = 10; // house

export function readListUnsubscribe(header: Header): Reading {
  const uris: SeenUri[] = [];
  const faults: Fault[] = [];
  for (const field of fieldsOf(header, 'list-unsubscribe').slice(0, maxFields)) {
    const read = parseListUnsubscribe(bodyOf(field));
    const inField = ({ offset, length }: Span): Span => ({ offset: offset + field.colon + 1, length });
    const folds = new Set(read.problems.filter(({ code }) => code === 'uri.folded').map(({ offset }) => offset));
    for (const { uri, scheme, at } of read.uris) {
      uris.push({ uri, scheme, field, at: inField(at), folded: folds.has(at.offset) });
    }
    for (const problem of read.problems) {
      const reason = reasons[problem.code];
      if (reason !== undefined) faults.push({ field, reason, at: inField(problem) });
    }
  }
  return { uris, faults };
}

/** `uri.folded` is told by a row of its own. */
const reasons: Readonly<Record<ListCode, string | undefined>> = {
  'bracket.missing': 'an address stands without angle brackets',
  'bracket.unclosed': 'an angle bracket is not closed',
  'comma.missing': 'a comma between two addresses is missing',
  'item.empty': 'nothing stands where an address should',
  'uri.empty': 'a pair of angle brackets is empty',
  'uri.blank': 'there is a blank in an address or beside it',
  'uri.folded': undefined,
  'uri.character': 'a character in an address is not percent-encoded',
  'uri.scheme_missing': 'an address lacks its https: or mailto:',
  'comment.unclosed': 'a comment is not closed',
  'limit.uris': 'it holds more addresses than anybody reads',
};
