/** The facts of a message that every view begins with. */
import { parseDate } from '../mail/date.ts';
import { fieldsOf, valueOf, type Header } from '../mail/header.ts';
import type { Author } from '../mail/author.ts';
import type { MimeTree } from '../mail/mime.ts';
import { decodeWords } from '../mail/words.ts';
import { isBulk } from './content/bulk.ts';
import type { MessageFacts } from './proof.ts';

/** Longer subjects are cut; RFC 5322 sets no bound. */
const maxSubjectCharacters = 500; // house

export function messageFacts(header: Header, author: Author, mime: MimeTree): MessageFacts {
  const [subject] = fieldsOf(header, 'subject');
  const [id] = fieldsOf(header, 'message-id');
  const [date] = fieldsOf(header, 'date');
  const at = date && parseDate(valueOf(date))?.at;
  return {
    author,
    ...(subject ? { subject: decodeWords(valueOf(subject)).slice(0, maxSubjectCharacters) } : {}),
    ...(id ? { messageId: valueOf(id).slice(0, maxSubjectCharacters) } : {}),
    ...(at === undefined ? {} : { date: new Date(at).toISOString() }),
    octets: header.octets + mime.body.octets,
    lineEnd: header.lineEnd,
    parts: mime.parts,
    bulk: isBulk(header),
  };
}
