/** What the parts of this check are told and share. */
import type { Evidence, Subject } from '../../finding/finding.ts';
import type { Author } from '../../mail/author.ts';
import type { Field, Header } from '../../mail/header.ts';
import type { MimeTree } from '../../mail/mime.ts';
import type { Envelope } from '../envelope/envelope.ts';

export interface TraceInput {
  /** The file, for evidence. */
  readonly source: string;
  readonly header: Header;
  readonly mime: MimeTree;
  readonly envelope: Envelope;
  readonly author: Author;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface TraceContext extends TraceInput {
  /** The subject of a finding about a field, or about the message. */
  subject(type?: string): Subject;
  show(field: Field): Evidence;
}

/** `One line … is`, `3 lines … are`. */
export function linesOf(count: number): { readonly count: string; readonly verb: string } {
  return count === 1 ? { count: 'One line', verb: 'is' } : { count: `${count} lines`, verb: 'are' };
}
