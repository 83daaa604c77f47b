/**
 * The body of one message of a mailbox file: up to the next `From ` line, quoting undone (see `read-messages.ts`).
 *
 * What is given out never depends on how the input is cut into pieces. For that, octets are held back at the end of a
 * piece as long as they may be the beginning of a `From ` line or of a quoted one: never more than about 1,000.
 */

/** What is read of the input and not used up yet, and the way to more. */
export interface Source {
  rest: Buffer;
  /** The next piece of the input, never empty; undefined at its end. Does not touch `rest`. */
  more(): Promise<Buffer | undefined>;
}

export interface Body {
  /** The next piece; undefined at the end of the body, and ever after. */
  next(): Promise<Uint8Array | undefined>;
  /** At the end: another message follows, and the source stands at its `From ` line. */
  another(): boolean;
}

/** Octets of a `From ` line without its line end, from which on it is not one. */
export const maxFromLineOctets = 1000; // house

const lf = 10;
const cr = 13;
const greater = 62;

/** More `>` than this in front of `From ` are no quoting. */
const maxQuotes = 500; // house

/** `From address date`, as all who write mailbox files write it: day, month, number, time. */
const fromLine =
  /^From [^\s:].* (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +(?:(?:[A-Z][a-z]{2} +\d{1,2})|(?:\d{1,2} +[A-Z][a-z]{2} +\d{4})),? +\d{1,2}:\d{2}/;

/** What may still become a `From ` line or a quoted one. */
const unfinished = /^>*(?:F(?:r(?:o(?:m(?: [^\n]*)?)?)?)?)?$/;

/** Reads from `source` up to the end of the message. */
export function mailboxBody(source: Source): Body {
  /** At the beginning of `source.rest` a line begins; the line before it is empty and already taken. */
  let atLine = true;
  let afterEmpty = true;
  let ended = false;
  let more = false;
  const ready: Buffer[] = [];

  /** Cuts what is there into pieces for the reader, up to what must wait; `last`: nothing comes any more. */
  const take = (last: boolean): void => {
    const text = source.rest;
    let from = 0;
    for (let hit = text.indexOf('From ', 0, 'latin1'); hit >= 0; hit = text.indexOf('From ', hit + 5, 'latin1')) {
      let run = hit;
      while (run > from && hit - run <= maxQuotes && text[run - 1] === greater) run--;
      if (!(run === 0 ? atLine : text[run - 1] === lf)) continue;
      if (run < hit) {
        if (hit - run > maxQuotes) continue;
        if (run > from) ready.push(text.subarray(from, run));
        from = run + 1;
        continue;
      }
      const empty = emptyLineBefore(text, hit);
      if (empty < 0) continue;
      const end = text.indexOf(lf, hit);
      if (end < 0 && !last) break;
      const line = text.toString('latin1', hit, Math.min(end < 0 ? text.length : end, hit + maxFromLineOctets));
      if (line.length >= maxFromLineOctets || !fromLine.test(line)) continue;
      if (empty > from) ready.push(text.subarray(from, empty));
      source.rest = text.subarray(hit);
      ended = true;
      more = true;
      return;
    }
    const wait = last ? withoutEmptyEnd(text, from) : Math.max(from, waitFrom(text));
    if (wait > from) ready.push(text.subarray(from, wait));
    if (last) {
      ended = true;
      source.rest = text.subarray(text.length);
      return;
    }
    if (wait > 0) {
      atLine = text[wait - 1] === lf;
      afterEmpty = false;
    }
    source.rest = text.subarray(wait);
  };

  /** Where the empty line in front of the line at `start` begins; `start` itself where it is the header's; -1: none. */
  const emptyLineBefore = (text: Buffer, start: number): number => {
    if (start === 0) return afterEmpty ? 0 : -1;
    const empty = text[start - 2] === cr ? start - 2 : start - 1;
    return (empty === 0 ? atLine : text[empty - 1] === lf) ? empty : -1;
  };

  /** From where on octets wait for more: the last line if it is unfinished, with the empty line before it. */
  const waitFrom = (text: Buffer): number => {
    const start = text.lastIndexOf(lf) + 1;
    if (start === 0 && !atLine) return text.length;
    const tail = text.length - start;
    if (tail > maxFromLineOctets) return text.length;
    const line = text.toString('latin1', start);
    if (line !== '\r' && (!unfinished.test(line) || /[^>]|$/.exec(line)!.index > maxQuotes)) return text.length;
    const empty = emptyLineBefore(text, start);
    return empty < 0 ? start : empty;
  };

  /** The end without the empty line that belongs to the file. */
  const withoutEmptyEnd = (text: Buffer, from: number): number => {
    if (text.at(-1) !== lf) return text.length;
    const empty = emptyLineBefore(text, text.length);
    return empty < 0 ? text.length : Math.max(empty, from);
  };

  return {
    async next() {
      for (;;) {
        const piece = ready.shift();
        if (piece !== undefined) return piece;
        if (ended) return undefined;
        if (source.rest.length > 0) take(false);
        if (ready.length > 0 || ended) continue;
        const next = await source.more();
        if (next === undefined) take(true);
        else source.rest = source.rest.length === 0 ? next : Buffer.concat([source.rest, next]);
      }
    },
    another: () => more,
  };
}
