/** Why a verdict of pyspf's strict mode and ours differ: one reason with its RFC section per class. */
import type { TraceRecord } from '../../src/records/spf/trace.ts';
import type { Difference } from './wild.ts';

const classes: readonly { readonly holds: (difference: Difference) => boolean; readonly reason: string }[] = [
  {
    holds: ({ domain, ours }) => /[^\u0020-\u007e]/.test(domain) && ours.result === 'none',
    reason:
      'the domain is written with U-labels and root.zone holds no record for it, neither so nor as A-labels (RFC 7208 §4.3, RFC 5890 §2.3.2.1: DNS is asked for A-labels)',
  },
  {
    holds: ({ theirs, ours }) =>
      theirs === 'permerror' &&
      ours.problem === undefined &&
      records(ours.trace).some((text) => / (?:ip4|ip6|include|a|mx)=/i.test(text)),
    reason:
      'a mechanism written with "=" is an unknown modifier by the grammar and ignored (RFC 7208 §6, §12); pyspf refuses it in strict mode',
  },
  {
    holds: ({ domain, theirs, ours }) =>
      theirs === 'permerror' &&
      ours.matched !== undefined &&
      records(ours.trace).some((text) =>
        new RegExp(`include:${domain.replaceAll('.', '\\.')}\\.?(?: |$)`, 'i').test(text),
      ),
    reason:
      'the record includes itself behind the term that matches; terms are evaluated from left to right and the first match decides (RFC 7208 §4.6.2), while pyspf looks for loops first',
  },
];

/** The reason of the first class that holds; `undefined` for a difference that nobody has understood yet. */
export function explainDifference(difference: Difference): string | undefined {
  return classes.find(({ holds }) => holds(difference))?.reason;
}

function records(node: TraceRecord | undefined): readonly string[] {
  if (!node) return [];
  return [node.record ?? '', ...node.steps.flatMap((step) => records(step.nested))];
}
