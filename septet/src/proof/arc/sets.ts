/**
 * Collects the ARC sets of a message (RFC 8617 §5.2 steps 1 to 3): three fields for every instance, instances from 1 to
 * N without a gap, and the `cv=` that each place in the chain may have. Nothing is verified here.
 */
import { valueOf, type Field, type Header } from '../../mail/header.ts';
import { parseAuthenticationResults } from '../../mail/parse-authres.ts';
import type { SignatureReading } from '../dkim/signature.ts';
import type { ArcSet } from './outcome.ts';
import { maxInstance, readArcSignature, resultsInstance } from './tags.ts';

export const resultsKey = 'arc-authentication-results';
export const messageKey = 'arc-message-signature';
export const sealKey = 'arc-seal';

/** A set with its three fields. */
export interface WholeSet {
  readonly instance: number;
  readonly results: Field;
  readonly message: Field;
  readonly seal: Field;
  readonly messageRead: SignatureReading;
  readonly sealRead: SignatureReading;
  /** What the fields say, not yet verified. */
  readonly told: ArcSet;
}

export type Collected =
  | { readonly kind: 'none' }
  /** The form is as it should be; from instance 1 up. */
  | { readonly kind: 'chain'; readonly sets: readonly WholeSet[] }
  /** `reason` is a sentence with its RFC section; `highest` is the highest instance that can be read, 0 for none. */
  | {
      readonly kind: 'broken';
      readonly reason: string;
      readonly told: readonly ArcSet[];
      readonly highest: number;
      /** The newest seal says `cv=fail`: somebody on the way found the chain broken and closed it. */
      readonly closed: boolean;
    };

interface Loose {
  readonly results: Field[];
  readonly message: Field[];
  readonly seal: Field[];
}

/** Linear in the fields; what stands beyond 50 instances is counted and not read. */
export function collectSets(header: Header): Collected {
  const sets = new Map<number, Loose>();
  const readings = new Map<Field, SignatureReading>();
  let fault: string | undefined;
  let fields = 0;
  for (const field of header.fields) {
    const kind = kindOf(field.key);
    if (kind === undefined) continue;
    fields++;
    const instance = kind === 'results' ? resultsInstance(field) : instanceOf(field, readings);
    if (instance === undefined) {
      fault ??= `The ${field.name} in line ${field.line} has no instance from 1 to ${maxInstance}${kind === 'results' ? ' in front' : ''} (RFC 8617 §4.2.1).${whyOf(readings.get(field))}`;
      continue;
    }
    const set = sets.get(instance) ?? { results: [], message: [], seal: [] };
    if (!sets.has(instance)) sets.set(instance, set);
    if (set[kind].length < 2) set[kind].push(field);
  }
  if (fields === 0) return { kind: 'none' };
  const instances = [...sets.keys()].sort((a, b) => a - b);
  const told = instances.map((instance) => toldBy(instance, sets.get(instance), readings));
  const highest = instances.at(-1) ?? 0;
  const newest = told.at(-1);
  if (newest?.claimed === 'fail') {
    const by = newest.domain ?? 'its sealer';
    const reason = `The newest seal (i=${highest}) says cv=fail: ${by} found the chain broken before it (RFC 8617 §5.2 step 2).`;
    return { kind: 'broken', reason, told, highest, closed: true };
  }
  fault ??= structureFault(sets, instances) ?? claimFault(told);
  if (fault !== undefined) return { kind: 'broken', reason: fault, told, highest, closed: false };
  return { kind: 'chain', sets: told.map((one) => whole(one, sets.get(one.instance), readings)) };
}

function kindOf(key: string): keyof Loose | undefined {
  if (key === resultsKey) return 'results';
  if (key === messageKey) return 'message';
  return key === sealKey ? 'seal' : undefined;
}

function instanceOf(field: Field, readings: Map<Field, SignatureReading>): number | undefined {
  const reading = readArcSignature(field);
  readings.set(field, reading);
  return reading.tags.instance;
}

/** The fault that cost the field its instance, where one can be told. */
function whyOf(reading: SignatureReading | undefined): string {
  if (reading?.kind !== 'bad') return '';
  const [first] = reading.problems;
  return ` ${(reading.problems.find(({ text }) => /\bi=/.test(text)) ?? first).text}`;
}

/** RFC 8617 §5.2 step 3, A and B. */
function structureFault(sets: ReadonlyMap<number, Loose>, instances: readonly number[]): string | undefined {
  for (const [index, instance] of instances.entries()) {
    if (instance !== index + 1)
      return `The chain has no set ${index + 1}, although it has a set ${instance} (RFC 8617 §5.2 step 3).`;
    const set = sets.get(instance);
    for (const [kind, name] of [
      ['results', 'ARC-Authentication-Results'],
      ['message', 'ARC-Message-Signature'],
      ['seal', 'ARC-Seal'],
    ] as const) {
      const count = set?.[kind].length ?? 0;
      if (count === 0) return `Set ${instance} has no ${name} (RFC 8617 §5.2 step 3).`;
      if (count > 1) return `Set ${instance} has more than one ${name} (RFC 8617 §5.2 step 3).`;
    }
  }
  return undefined;
}

/** RFC 8617 §5.2 step 3, C. */
function claimFault(told: readonly ArcSet[]): string | undefined {
  for (const { instance, claimed } of told) {
    const wanted = instance === 1 ? 'none' : 'pass';
    if (claimed === wanted) continue;
    const found = claimed === undefined ? 'no cv= that can be read' : `cv=${claimed}`;
    return `The seal of set ${instance} has ${found} where cv=${wanted} belongs (RFC 8617 §5.2 step 3).`;
  }
  return undefined;
}

function toldBy(instance: number, set: Loose | undefined, readings: ReadonlyMap<Field, SignatureReading>): ArcSet {
  const seal = set?.seal[0];
  const tags = seal && readings.get(seal)?.tags;
  const [field] = set?.results ?? [];
  const results = field && parseAuthenticationResults(valueOf(field), { arc: true });
  return {
    instance,
    ...(tags?.d === undefined ? {} : { domain: tags.d }),
    ...(tags?.s === undefined ? {} : { selector: tags.s }),
    ...(tags?.cv === undefined ? {} : { claimed: tags.cv }),
    ...(results?.kind === 'good' ? { results: results.value } : {}),
  };
}

function whole(told: ArcSet, set: Loose | undefined, readings: ReadonlyMap<Field, SignatureReading>): WholeSet {
  const [results, message, seal] = [set?.results[0], set?.message[0], set?.seal[0]];
  const messageRead = message && readings.get(message);
  const sealRead = seal && readings.get(seal);
  if (!results || !messageRead || !sealRead) throw new TypeError(`set ${told.instance} is not whole`);
  return { instance: told.instance, results, message, seal, messageRead, sealRead, told };
}
