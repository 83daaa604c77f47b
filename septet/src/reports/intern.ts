/**
 * One string for equal strings. What a scanner cuts out of a piece of text keeps that whole piece in memory, and a report
 * says the same few domains a hundred thousand times.
 */

/** Different strings that are remembered before the table begins anew. */
const maxStrings = 4000; // house

/** V8 cuts strings of this length and longer without copying them. */
const slicedFrom = 13;

/** Answers `make(text)` for each text, made once as long as the table remembers it. */
export function remembering<T>(make: (text: string) => T): (text: string) => T {
  let known = new Map<string, T>();
  return (text) => {
    const hit = known.get(text);
    if (hit !== undefined) return hit;
    const own = ownCopy(text);
    const made = make(own);
    if (known.size >= maxStrings) known = new Map();
    known.set(own, made);
    return made;
  };
}

/** A copy that holds no other memory. */
export function ownCopy(text: string): string {
  return text.length < slicedFrom ? text : Buffer.from(text, 'utf16le').toString('utf16le');
}
