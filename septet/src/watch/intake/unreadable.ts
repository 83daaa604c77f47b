/** A file that cannot be read; the message is a sentence that names it. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}
