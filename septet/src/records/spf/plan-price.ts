/** What a record costs its readers before and after a change. */
import type { DnsName } from '../../dns/name.ts';
import type { Answer, RrSet } from '../../dns/rrset.ts';
import { txtSet } from '../../change/txt.ts';
import { spfOf } from './answers.ts';
import type { SpfObservation } from './lookup.ts';
import type { SpfPiece } from './split.ts';
import { spfTree } from './tree.ts';

/** Look-ups and void look-ups on the worst path (RFC 7208 §4.6.4); octets of the SPF text at the name itself. */
export interface SpfPrice {
  readonly lookupsBefore: number;
  readonly lookupsAfter: number;
  readonly voidsBefore: number;
  readonly voidsAfter: number;
  readonly octetsBefore: number;
  readonly octetsAfter: number;
}

/** The observation as it would be with these records published; `added` holds answers about what they lead to. */
export function withPieces(
  seen: SpfObservation,
  pieces: readonly SpfPiece[],
  added: readonly Answer[] = [],
): SpfObservation {
  const made = pieces.map(({ name, text }) => answerOf(txtSet(name, 3600, text)));
  const written = new Set<DnsName>(pieces.map((piece) => piece.name));
  const isKept = (answer: Answer): boolean => answer.type !== 'TXT' || !written.has(answer.name);
  const nodes = [...made, ...seen.nodes.filter(isKept)];
  return { ...seen, nodes, answers: [...added.filter(isKept), ...seen.answers.filter(isKept), ...made] };
}

function answerOf(set: RrSet<'TXT'>): Answer<'TXT'> {
  return { kind: 'found', name: set.name, type: 'TXT', server: 'plan', chain: [], dnssec: 'unknown', set };
}

export function priceOf(before: SpfObservation, after: SpfObservation): SpfPrice {
  const [old, now] = [spfTree(before), spfTree(after)];
  return {
    lookupsBefore: old.lookups,
    lookupsAfter: now.lookups,
    voidsBefore: old.voids,
    voidsAfter: now.voids,
    octetsBefore: octetsOf(before),
    octetsAfter: octetsOf(after),
  };
}

function octetsOf({ nodes }: SpfObservation): number {
  const own = nodes[0];
  return own ? spfOf(own).texts.reduce((sum, text) => sum + text.length, 0) : 0;
}
