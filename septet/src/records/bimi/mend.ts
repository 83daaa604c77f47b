/** The BIMI record that its owner most likely meant. */
import { parse } from './record.ts';

/** House limit: longer texts are not mended. */
const maxMendCharacters = 4000;

const nextTag = /[\s;,]+(?=(?:l|a|lps|avp)\s*[=:])/i;

/**
 * The text with its version, its equals signs and its semicolons as they should be; `undefined` when readers would not
 * take that either, or when nothing had to be changed. Addresses are never changed.
 */
export function mend(text: string): string | undefined {
  if (text.length > maxMendCharacters) return undefined;
  const [, rest] = /^[\s"']*v?\s*[=:]?\s*bimi1?\s*[;,]?(.*)$/is.exec(text) ?? [];
  if (rest === undefined) return undefined;
  const tags = new Map<string, string>();
  for (const piece of `;${rest.replaceAll(/["']/g, '')}`.split(nextTag)) {
    const [, name, value] = /^(l|a|lps|avp)\s*[=:]\s*(.*?)[\s;]*$/is.exec(piece) ?? [];
    if (name !== undefined && value !== undefined && !tags.has(name.toLowerCase())) tags.set(name.toLowerCase(), value);
  }
  const mended = [
    'v=BIMI1',
    ...['l', 'a', 'lps', 'avp'].flatMap((name) => (tags.has(name) ? `${name}=${tags.get(name)}` : [])),
  ];
  const result = `${mended.join('; ')};`;
  return result !== text && parse(result).kind === 'good' ? result : undefined;
}
