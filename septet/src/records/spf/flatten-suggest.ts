/** `spf.flatten.suggest`: what flattening would bring, for a record near the limit or over it. */
import { makeFinding } from '../../finding/catalogue.ts';
import type { Finding } from '../../finding/finding.ts';
import { flatten } from './flatten.ts';
import type { SpfObservation } from './lookup.ts';
import { planRows } from './rows-plan.ts';
import { spfTree } from './tree.ts';

/** As many look-ups as leave room for one more include at any of the services. */
export const comfortableLookups = 8;

/** Pure. `undefined` when the record is cheap enough, cannot be read, or flattening does not help. */
export function suggestFlatten(seen: SpfObservation): Finding | undefined {
  if (spfTree(seen).lookups <= comfortableLookups) return undefined;
  const result = flatten(seen, { toLookups: comfortableLookups });
  if (result.kind !== 'done' || result.flattened.length === 0) return undefined;
  const { price, flattened } = result;
  const { domain } = seen;
  return makeFinding('spf', 'spf.flatten.suggest', planRows['spf.flatten.suggest'], {
    subject: { name: domain, type: 'TXT' },
    args: {
      domain,
      terms: flattened.map((term) => `\`${term}\``).join(', '),
      before: price.lookupsBefore,
      after: price.lookupsAfter,
    },
    evidence: [
      { kind: 'fact', label: 'look-ups', value: `${price.lookupsBefore} → ${price.lookupsAfter}` },
      { kind: 'fact', label: 'octets', value: `${price.octetsBefore} → ${price.octetsAfter}` },
    ],
  });
}
