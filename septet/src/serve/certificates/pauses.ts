/** How long to wait after an order that failed, so that an authority is not pressed and its limits are not used up. */

const minuteMs = 60_000;

/** The first pause. Authorities allow a handful of failed validations a name and hour. */
const firstMs = 5 * minuteMs; // house
const longestMs = 6 * 60 * minuteMs; // house
/** No `Retry-After` keeps a name waiting for longer. */
const longestAskedMs = 7 * 24 * 60 * minuteMs; // house

/**
 * Milliseconds until the next try after `failures` in a row (1 and more): doubled each time, up to six hours, a fifth
 * more or less by `share` (random, 0 to 1); never earlier than the authority asks for.
 */
export function pauseAfter(failures: number, share: number, retryAfterMs = 0): number {
  const base = Math.min(firstMs * 2 ** Math.min(failures - 1, 20), longestMs);
  const spread = Math.round(base * (0.8 + 0.4 * share));
  const asked = Math.min(Math.max(retryAfterMs, 0), longestAskedMs);
  // What was asked for is the least; those who were asked for the same moment do not come together.
  return asked > spread ? asked + Math.round(minuteMs * share) : spread;
}

/** `Retry-After` (RFC 9110 §10.2.3) in milliseconds from `now`; `undefined` where it is absent or cannot be read. */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const at = /^[A-Za-z]{3}, /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
