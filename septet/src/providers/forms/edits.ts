/**
 * A change as single records. Hosts with a web form, and tools that keep one entry for each record, want to know what is
 * added, what goes and what stays; a change itself speaks of whole RRsets.
 */
import type { Change } from '../../change/change.ts';
import type { DnsName } from '../../dns/name.ts';
import { formatRdata } from '../../dns/rdata-text.ts';
import { txtText, type Rdata, type RrSet, type RrType, type Txt } from '../../dns/rrset.ts';
import type { FittedStep } from './fit.ts';

export interface RecordEdits {
  readonly name: DnsName;
  readonly type: RrType;
  /** Of the set after the change, or of the set that goes. */
  readonly ttlSeconds: number;
  readonly added: readonly Rdata<RrType>[];
  readonly removed: readonly Rdata<RrType>[];
  readonly kept: readonly Rdata<RrType>[];
}

/** Members are compared by meaning: how a text is cut into strings does not count (RFC 7208 §3.3). */
export function editsOf(change: Change): RecordEdits {
  const before = keyed(change.before);
  const after = keyed(change.after);
  return {
    name: change.name,
    type: change.type,
    ttlSeconds: (change.after ?? change.before)?.ttlSeconds ?? 0,
    added: [...after].filter(([key]) => !before.has(key)).map(([, data]) => data),
    removed: [...before].filter(([key]) => !after.has(key)).map(([, data]) => data),
    kept: [...after].filter(([key]) => before.has(key)).map(([, data]) => data),
  };
}

/** What all steps do together, one change for each RRset, for forms that are carried out at once. */
export function netChanges(steps: readonly FittedStep[]): readonly Change[] {
  const net = new Map<string, Change>();
  for (const change of steps.flatMap((step) => step.changes)) {
    const key = keyOf(change);
    const first = net.get(key) ?? change;
    net.set(key, {
      name: change.name,
      type: change.type,
      ...(first.before ? { before: first.before } : {}),
      ...(change.after ? { after: change.after } : {}),
    });
  }
  return [...net.values()].filter((change) => change.before !== undefined || change.after !== undefined);
}

/**
 * The same, told step by step, for forms in which an RRset stands once: its net change stands with the last step that
 * touches it, and the steps before say so.
 */
export function netSteps(steps: readonly FittedStep[]): readonly FittedStep[] {
  const net = new Map(netChanges(steps).map((change) => [keyOf(change), change]));
  const lastAt = new Map(steps.flatMap((step) => step.changes.map((change) => [keyOf(change), step.number] as const)));
  return steps.map((step) => {
    const here = step.changes.filter((change) => lastAt.get(keyOf(change)) === step.number);
    const notes = step.changes
      .filter((change) => !here.includes(change))
      .map(
        (change) =>
          `${change.name} ${change.type}: stands with step ${lastAt.get(keyOf(change)) ?? 0}, which changes it again.`,
      );
    return {
      ...step,
      changes: here.flatMap((change) => net.get(keyOf(change)) ?? []),
      raised: [...step.raised, ...notes],
    };
  });
}

const keyOf = ({ type, name }: Change): string => `${type} ${name}`;

/** Removals first: a CNAME can only come where nothing else stands (RFC 1034 §3.6.2). */
export const removalsFirst = (changes: readonly Change[]): readonly Change[] => [
  ...changes.filter((change) => change.after === undefined),
  ...changes.filter((change) => change.after !== undefined),
];

function keyed(set: RrSet | undefined): ReadonlyMap<string, Rdata<RrType>> {
  return new Map((set?.data ?? []).map((data) => [meaningOf(set?.type ?? 'TXT', data), data]));
}

const meaningOf = (type: RrType, data: Rdata<RrType>): string =>
  type === 'TXT' || type === 'SPF' ? txtText(data as Txt) : formatRdata(type, data);
