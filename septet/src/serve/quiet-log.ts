/** The same line again and again, as when a disk is full, is told once in a while, with how often it came. */

const quietMs = 10_000; // house
const mostLines = 200;

export function quietLog(log: (line: string) => void, now: () => number): (line: string) => void {
  const told = new Map<string, { at: number; more: number }>();
  return (line) => {
    const entry = told.get(line);
    if (entry && now() - entry.at < quietMs) {
      entry.more++;
      return;
    }
    if (told.size >= mostLines) told.clear();
    told.set(line, { at: now(), more: 0 });
    log(entry && entry.more > 0 ? `${line} (${entry.more} more times)` : line);
  };
}
