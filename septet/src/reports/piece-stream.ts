/**
 * Octets that come in pieces when they are asked for, through any number of containers. What goes wrong in a container is
 * no exception: the octets end, and `fault` says why.
 */
import type { ReportRefusal } from './aggregate.ts';

export interface PieceStream {
  /** Never empty; undefined at the end and ever after. The octets stay as they are. */
  next(): Promise<Uint8Array | undefined>;
  /** After the end: why it ended early, if so. */
  fault(): ReportRefusal | undefined;
}

/** What reading `pieces` throws is thrown on. */
export function streamOf(pieces: AsyncIterable<Uint8Array>): PieceStream & { close(): Promise<void> } {
  const iterator = pieces[Symbol.asyncIterator]();
  return {
    async next() {
      for (;;) {
        const { done, value } = await iterator.next();
        if (done === true) return undefined;
        if (value.length > 0) return value;
      }
    },
    fault: () => undefined,
    async close() {
      await iterator.return?.();
    },
  };
}

export async function* piecesOf(stream: PieceStream): AsyncIterable<Uint8Array> {
  for (let piece = await stream.next(); piece !== undefined; piece = await stream.next()) yield piece;
}

export interface Peeked {
  /** At least as many octets as were asked for, where there are so many. */
  readonly first: Buffer;
  /** That is all. */
  readonly ended: boolean;
  /** From the beginning. */
  readonly stream: PieceStream;
}

/** Looks at the beginning of a stream, which must not be used itself any more. */
export async function peek(stream: PieceStream, octets: number): Promise<Peeked> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  let ended = false;
  while (length < octets && !ended) {
    const piece = await stream.next();
    if (piece === undefined) ended = true;
    else {
      pieces.push(piece);
      length += piece.length;
    }
  }
  const first = Buffer.concat(pieces);
  let given = first.length === 0;
  return {
    first,
    ended,
    stream: {
      async next() {
        if (!given) {
          given = true;
          return first;
        }
        return ended ? undefined : stream.next();
      },
      fault: () => stream.fault(),
    },
  };
}

/** A stream whose octets are counted; `allow` says why no more may come, given how many came. */
export function counted(stream: PieceStream, allow: (octets: number) => ReportRefusal | undefined): PieceStream {
  let octets = 0;
  let fault: ReportRefusal | undefined;
  return {
    async next() {
      if (fault !== undefined) return undefined;
      const piece = await stream.next();
      if (piece === undefined) return undefined;
      octets += piece.length;
      fault = allow(octets);
      return fault === undefined ? piece : undefined;
    },
    fault: () => fault ?? stream.fault(),
  };
}

export interface Member<Label> {
  readonly label: Label;
  readonly stream: PieceStream;
}

export interface Members<Label> {
  /** The next member; what is left of the one before is passed over. */
  next(): Promise<Member<Label> | undefined>;
  begin(label: Label): void;
  data(octets: Uint8Array): void;
  end(fault?: ReportRefusal): void;
}

/**
 * Members of a container that comes piece by piece. `pump` reads one piece and tells `begin`, `data` and `end` what is in
 * it; it answers false at the end of the container. `fault` is that of the container.
 */
export function membersOf<Label>(pump: () => Promise<boolean>, fault: () => ReportRefusal | undefined): Members<Label> {
  type Event =
    | { readonly kind: 'begin'; readonly label: Label }
    | { readonly kind: 'data'; readonly octets: Uint8Array }
    | { readonly kind: 'end'; readonly fault: ReportRefusal | undefined };
  const events: Event[] = [];
  let over = false;

  const fill = async (): Promise<boolean> => {
    while (events.length === 0 && !over) over = !(await pump());
    return events.length > 0;
  };

  const open = (): PieceStream => {
    let ended = false;
    let own: ReportRefusal | undefined;
    return {
      async next() {
        if (ended || !(await fill())) {
          ended = true;
          return undefined;
        }
        const event = events[0];
        if (event?.kind === 'data') {
          events.shift();
          return event.octets;
        }
        ended = true;
        if (event?.kind === 'end') {
          events.shift();
          own = event.fault;
        }
        return undefined;
      },
      fault: () => own ?? (over ? fault() : undefined),
    };
  };

  return {
    async next() {
      while (await fill()) {
        const event = events.shift();
        if (event?.kind === 'begin') return { label: event.label, stream: open() };
      }
      return undefined;
    },
    begin: (label) => void events.push({ kind: 'begin', label }),
    data: (octets) => {
      if (octets.length > 0) events.push({ kind: 'data', octets });
    },
    end: (why) => void events.push({ kind: 'end', fault: why }),
  };
}
