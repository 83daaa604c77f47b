/**
 * The digest of a plan: what was seen and what would be written, in one number. Who publishes by digest publishes exactly
 * the changes that were shown, or nothing.
 */
import { createHash } from 'node:crypto';
import { membersOf, type Change } from '../change/change.ts';
import type { DnsName } from '../dns/name.ts';
import type { RrSet } from '../dns/rrset.ts';
import { planVersion, type Step } from './plan.ts';

/**
 * SHA-256 over the changes of all steps, in order. Order of members, string cuts and the TTL of what is there do not
 * count, nor does a text that comes from the clock (`Change.stamp`), nor the state of gates.
 */
export function digestOf(domain: DnsName, zone: DnsName, steps: readonly Pick<Step, 'id' | 'changes'>[]): string {
  const lines: unknown[] = [planVersion, domain, zone];
  for (const step of steps) {
    if (step.changes.length > 0) lines.push([step.id, step.changes.map(changeKey)]);
  }
  return createHash('sha256').update(JSON.stringify(lines)).digest('hex');
}

/** Whether two sets of changes would do the same to the same data, apart from the clock. */
export function sameChanges(a: readonly Change[], b: readonly Change[]): boolean {
  return JSON.stringify(a.map(changeKey)) === JSON.stringify(b.map(changeKey));
}

/** A short form for people; publishing takes any form of at least 8 digits that fits. */
export const shortDigest = (digest: string): string => digest.slice(0, 12);

export function fitsDigest(given: string, digest: string): boolean {
  return given.length >= 8 && digest.startsWith(given.toLowerCase());
}

/** What stays the same when only the clock moves. */
function changeKey(change: Change): readonly unknown[] {
  const { name, type, before, after, stamp } = change;
  const members = (set: RrSet | undefined): readonly string[] | null =>
    set ? membersOf(set).map((text) => (stamp === undefined ? text : withoutClock(text, stamp))) : null;
  return [name, type, members(before), members(after), after?.ttlSeconds ?? null];
}

/**
 * A step may find what an earlier one of the same plan published, a minute later and so with a later stamp: in an id that
 * carries the fingerprint of its policy, only the fingerprint counts.
 */
const withoutClock = (text: string, stamp: string): string =>
  text.replaceAll(/\b\d{8}T\d{6}(?=P[0-9a-f]{8}\b)/g, '*').replaceAll(stamp, '*');
