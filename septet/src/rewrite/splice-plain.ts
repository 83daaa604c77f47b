/** Splices in a part that is transferred as it stands: 7bit, 8bit, binary. No line grows over 998 octets. */
import type { Buffer } from 'node:buffer';
import { joinSplices, maxLineOctets, type Splice, type Spliced } from './splice.ts';

const lf = 10;
const cr = 13;

/** `splices` in order, none over another. `lineEnd` is that of the message. */
export function splicePlain(octets: Buffer, splices: readonly Splice[], lineEnd: string): Spliced {
  const out = joinSplices(octets, splices);
  if (!hasLongLine(out)) return { octets: out, leftOut: 0 };
  const fitting = fit(octets, splices, lineEnd);
  const made = fitting.filter(({ text }) => text !== lineEnd).length;
  return { octets: joinSplices(octets, fitting), leftOut: splices.length - made };
}

function hasLongLine(octets: Buffer): boolean {
  for (let at = 0; octets.length - at > maxLineOctets;) {
    // Most lines are short: the last line end within reach is looked for from behind.
    const end = octets.lastIndexOf(lf, at + maxLineOctets + 1);
    if (end < at) return true;
    if (end === at + maxLineOctets + 1 && octets[end - 1] !== cr) return true;
    at = end + 1;
  }
  return false;
}

/** The splices that fit, with line ends of their own around those of lines that became too long. */
function fit(octets: Buffer, splices: readonly Splice[], lineEnd: string): readonly Splice[] {
  const out: Splice[] = [];
  for (let first = 0; first < splices.length;) {
    const from = splices[first]?.from ?? 0;
    const start = from === 0 ? 0 : octets.lastIndexOf(lf, from - 1) + 1;
    const feed = octets.indexOf(lf, from);
    const end = feed < 0 ? octets.length : feed > 0 && octets[feed - 1] === cr ? feed - 1 : feed;
    const line: Splice[] = [];
    for (let next = splices[first]; next !== undefined && next.from <= end; next = splices[first]) {
      line.push(next);
      first++;
    }
    out.push(...fitLine(line, Math.max(end, line.at(-1)?.to ?? 0) - start, lineEnd));
  }
  return out;
}

function fitLine(line: readonly Splice[], lineOctets: number, lineEnd: string): readonly Splice[] {
  const out: Splice[] = [];
  let octets = lineOctets;
  for (const { text, from, to } of line) octets += text.length - (to - from);
  if (octets <= maxLineOctets) return line;
  octets = lineOctets;
  for (const splice of line) {
    const { text, from, to, breaks } = splice;
    if (breaks === undefined) {
      // An address in a text cannot be broken: it stays as it was where there is no room.
      if (octets + text.length - (to - from) > maxLineOctets) continue;
      octets += text.length - (to - from);
      out.push(splice);
      continue;
    }
    if (text.length + (breaks.behind - breaks.before) - (to - from) > maxLineOctets) continue;
    out.push({ from: breaks.before, to: breaks.before, text: lineEnd }, splice);
    out.push({ from: breaks.behind, to: breaks.behind, text: lineEnd });
  }
  return out;
}
