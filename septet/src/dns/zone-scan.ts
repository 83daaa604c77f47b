/** The lines of a zone file, taken apart into fields: blanks, quotes, comments and parentheses (RFC 1035 §5.1). */
import type { Field } from './rdata-fields.ts';

const TAB = 9;
const LF = 10;
const CR = 13;
const SPACE = 32;
const QUOTE = 34;
const OPEN = 40;
const CLOSE = 41;
const SEMICOLON = 59;
const BACKSLASH = 92;

/** Reads one logical line after the other. The text holds one character per octet. */
export class ZoneScanner {
  readonly text: string;
  /** Where the next line begins. */
  position = 0;
  /** The fields of the line that `next` read. */
  fields: Field[] = [];
  /** Where a comment begins directly behind the last field when that stands without quotes; -1 when none does. */
  cutByComment = -1;
  readonly #report: (offset: number, message: string) => void;

  constructor(text: string, report: (offset: number, message: string) => void) {
    this.text = text;
    this.#report = report;
    if (text.startsWith('\u00EF\u00BB\u00BF')) this.position = 3; // the UTF-8 byte order mark that editors leave
  }

  /** Collects the fields of one logical line. Answers false after a fault, which was reported; `position` is then
   * behind the line. */
  next(): boolean {
    const text = this.text;
    const end = text.length;
    const fields: Field[] = [];
    this.fields = fields;
    this.cutByComment = -1;
    let open = -1;
    let at = this.position;
    while (at < end) {
      const code = text.charCodeAt(at);
      if (code === SPACE || code === TAB || code === CR) at++;
      else if (code === LF) {
        at++;
        if (open < 0) {
          this.position = at;
          return true;
        }
      } else if (code === SEMICOLON) {
        const last = fields[fields.length - 1];
        if (last && !last.quoted && last.offset + last.text.length === at) this.cutByComment = at;
        at = text.indexOf('\n', at);
        if (at < 0) at = end;
      } else if (code === OPEN) {
        if (open >= 0) return this.#skipRecord(at, 'a "(" inside parentheses: they cannot be nested. Remove one.');
        open = at++;
      } else if (code === CLOSE) {
        if (open < 0) return this.#skipLine(at, 'a ")" without a "(" in front of it. Remove it, or add the "(".');
        open = -1;
        at++;
      } else if (code === QUOTE) {
        const close = this.#closingQuote(at + 1);
        if (close < 0) {
          const message = 'the quote that opens here is not closed on its line. Add a " at the end of the text.';
          return open < 0 ? this.#skipLine(at, message) : this.#skipRecord(at, message);
        }
        fields.push({ text: text.slice(at + 1, close), quoted: true, offset: at });
        at = close + 1;
      } else {
        const start = at;
        for (; at < end; at++) {
          const c = text.charCodeAt(at);
          if (c === BACKSLASH) {
            const next = text.charCodeAt(at + 1);
            if (next !== LF && next !== CR) at++;
          } else if (
            c <= SPACE
              ? c === SPACE || c === TAB || c === LF || c === CR
              : c === SEMICOLON || c === OPEN || c === CLOSE || c === QUOTE
          )
            break;
        }
        if (at > end) at = end;
        fields.push({ text: text.slice(start, at), quoted: false, offset: start });
      }
    }
    this.position = end;
    if (open < 0) return true;
    this.#report(open, 'the "(" that opens here is never closed. Add a ")" after the last field of this record.');
    return false;
  }

  /** The offset of the quote that ends the text, or -1 when the line ends first. */
  #closingQuote(from: number): number {
    const text = this.text;
    for (let at = from; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) return at;
      if (code === LF) return -1;
      if (code === BACKSLASH && text.charCodeAt(at + 1) !== LF) at++;
    }
    return -1;
  }

  #skipLine(at: number, message: string): false {
    this.#report(at, message);
    const end = this.text.indexOf('\n', at);
    this.position = end < 0 ? this.text.length : end + 1;
    return false;
  }

  /** As `#skipLine`, and also past the lines that still belong to the parentheses. */
  #skipRecord(at: number, message: string): false {
    this.#skipLine(at, message);
    const text = this.text;
    for (;;) {
      const code = text.charCodeAt(this.position);
      if (code !== SPACE && code !== TAB && code !== CLOSE) return false;
      const end = text.indexOf('\n', this.position);
      this.position = end < 0 ? text.length : end + 1;
    }
  }
}
