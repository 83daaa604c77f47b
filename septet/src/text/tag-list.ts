/**
 * The tag-list of RFC 6376 §3.2, which DKIM keys, DMARC, BIMI, TLS-RPT and MTA-STS records share:
 * `tag=value; tag=value;` with optional white space around names and values.
 *
 * The scanner only splits; it judges nothing but the shape, because the records differ in what they forgive.
 */
import type { Span } from './parsed.ts';

export interface Tag {
  /** The name as written, white space removed. Tag names are compared case-sensitively (RFC 6376 §3.2). */
  readonly name: string;
  /** The value as written, surrounding white space removed; inner white space stays. */
  readonly value: string;
  /** Where the name stands. */
  readonly nameAt: Span;
  /** Where the value stands (length 0 for an empty value). */
  readonly valueAt: Span;
  /** The whole `name=value`, without the `;`. */
  readonly at: Span;
}

export interface TagList {
  readonly tags: readonly Tag[];
  /** Pieces between semicolons that are not `name=value`; blank pieces do not count. */
  readonly broken: readonly (Span & { readonly text: string })[];
  /** Blank pieces other than the one after a final `;`, for records whose grammar forbids `;;`. */
  readonly blank: readonly Span[];
}

const isBlank = (code: number): boolean => code === 32 || code === 9 || code === 13 || code === 10;

/** Splits `text` at `;` and `=`. Linear in the length of the text; never throws. */
export function scanTagList(text: string): TagList {
  const tags: Tag[] = [];
  const broken: (Span & { text: string })[] = [];
  const blank: Span[] = [];
  let from = 0;
  while (from <= text.length) {
    const semicolon = text.indexOf(';', from);
    const end = semicolon < 0 ? text.length : semicolon;
    let start = from;
    let stop = end;
    while (start < stop && isBlank(text.charCodeAt(start))) start++;
    while (stop > start && isBlank(text.charCodeAt(stop - 1))) stop--;
    if (start === stop) {
      if (semicolon >= 0) blank.push({ offset: from, length: end - from });
    } else {
      const equals = text.indexOf('=', start);
      if (equals < 0 || equals >= stop || equals === start) {
        broken.push({ offset: start, length: stop - start, text: text.slice(start, stop) });
      } else {
        let nameEnd = equals;
        while (nameEnd > start && isBlank(text.charCodeAt(nameEnd - 1))) nameEnd--;
        let valueStart = equals + 1;
        while (valueStart < stop && isBlank(text.charCodeAt(valueStart))) valueStart++;
        tags.push({
          name: text.slice(start, nameEnd),
          value: text.slice(valueStart, stop),
          nameAt: { offset: start, length: nameEnd - start },
          valueAt: { offset: valueStart, length: stop - valueStart },
          at: { offset: start, length: stop - start },
        });
      }
    }
    if (semicolon < 0) break;
    from = semicolon + 1;
  }
  return { tags, broken, blank };
}

/** The tags that stand a second time, each with its first appearance. */
export function duplicateTags(list: TagList): readonly { readonly first: Tag; readonly again: Tag }[] {
  const seen = new Map<string, Tag>();
  const found: { first: Tag; again: Tag }[] = [];
  for (const tag of list.tags) {
    const first = seen.get(tag.name);
    if (first) found.push({ first, again: tag });
    else seen.set(tag.name, tag);
  }
  return found;
}
