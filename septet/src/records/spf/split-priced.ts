/** The pieces of a changed record with what they cost: cut when it is too long, unless the cuts cost too many look-ups. */
import type { Answer } from '../../dns/rrset.ts';
import type { SpfObservation } from './lookup.ts';
import { priceOf, withPieces, type SpfPrice } from './plan-price.ts';
import { maxLookups } from './run.ts';
import { split, type SplitOptions, type SplitResult } from './split.ts';

export interface Priced extends SplitResult {
  readonly price: SpfPrice;
  /** The live data with the pieces in it. */
  readonly after: SpfObservation;
}

export function priced(
  seen: SpfObservation,
  text: string,
  options: SplitOptions = {},
  added: readonly Answer[] = [],
): Priced {
  const of = (cut: SplitResult): Priced => {
    const after = withPieces(seen, cut.pieces, added);
    return { ...cut, price: priceOf(seen, after), after };
  };
  const cut = of(split(seen.domain, text, options));
  if (cut.pieces.length === 1 || cut.price.lookupsAfter <= maxLookups) return cut;
  const whole = of({ pieces: [{ name: seen.domain, text }], fits: false });
  return whole.price.lookupsAfter < cut.price.lookupsAfter ? whole : cut;
}
