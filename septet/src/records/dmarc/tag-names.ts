/** The names of the tags, and which one a misspelt name means. */

/** The tags of RFC 9989 §9.4 and the three that it removed from RFC 7489 §6.3. */
export const knownTags = ['v', 'p', 'sp', 'np', 't', 'psd', 'adkim', 'aspf', 'fo', 'rua', 'ruf', 'pct', 'rf', 'ri'];

const spelledOut: ReadonlyMap<string, string> = new Map([
  ['policy', 'p'],
  ['percent', 'pct'],
  ['version', 'v'],
  ['test', 't'],
]);

/** The known tag that a misspelt name most likely means: `ruas` → `rua`, `policy` → `p`. */
export function nearestTag(name: string): string | undefined {
  const lower = name.toLowerCase();
  const spelled = spelledOut.get(lower);
  if (spelled) return spelled;
  if (lower.length > 7) return undefined;
  return knownTags.find((tag) => tag === lower) ?? knownTags.find((tag) => tag.length > 1 && isOneEditAway(lower, tag));
}

/** Whether one insertion, deletion, replacement or swap of neighbours turns `a` into `b`. */
export function isOneEditAway(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let i = 0;
  while (i < a.length && i < b.length && a[i] === b[i]) i++;
  const restA = a.slice(i);
  const restB = b.slice(i);
  if (a.length > b.length) return restA.slice(1) === restB;
  if (a.length < b.length) return restA === restB.slice(1);
  if (restA.slice(1) === restB.slice(1)) return true;
  return restA[0] === restB[1] && restA[1] === restB[0] && restA.slice(2) === restB.slice(2);
}
