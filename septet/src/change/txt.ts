/** TXT sets as members with a meaning: one member is ours, the others stay as they are. */
import type { DnsName } from '../dns/name.ts';
import { txtText, type RrSet, type Txt } from '../dns/rrset.ts';

/** RFC 1035 §3.3: a character-string holds at most 255 octets. */
const maxStringOctets = 255;

/** Cuts a text into character-strings. One character is one octet. */
export function txtOf(text: string): Txt {
  const strings: string[] = [];
  for (let from = 0; from < text.length || from === 0; from += maxStringOctets) {
    strings.push(text.slice(from, from + maxStringOctets));
  }
  return { strings };
}

/** A TXT set with one member. */
export function txtSet(name: DnsName, ttlSeconds: number, text: string): RrSet<'TXT'> {
  return { name, type: 'TXT', ttlSeconds, data: [txtOf(text)] };
}

/**
 * The set with every member that `isOurs` taken out and the texts put in, in the place of the first that went; the
 * others keep their place and their strings. Undefined when nothing is left.
 */
export function withMember(
  name: DnsName,
  live: RrSet<'TXT'> | undefined,
  ttlSeconds: number,
  isOurs: (text: string) => boolean,
  texts: readonly string[],
): RrSet<'TXT'> | undefined {
  const data: Txt[] = [];
  let placed = false;
  const place = (): void => {
    if (!placed) data.push(...texts.map(txtOf));
    placed = true;
  };
  for (const txt of live?.data ?? []) {
    if (isOurs(txtText(txt))) place();
    else data.push(txt);
  }
  place();
  return data.length === 0 ? undefined : { name, type: 'TXT', ttlSeconds, data };
}
