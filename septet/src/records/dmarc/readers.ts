/**
 * One record, two kinds of reader. RFC 9989 (2026) knows `np` and `t` and dropped `pct`; readers of RFC 7489 sample by
 * `pct` and know neither `np` nor `t`. Both are in use, so every effect is computed twice.
 */
import { type DmarcRecord, isPolicy, type Policy, type PolicyTag } from './record.ts';

/** What happens to mail that fails DMARC. */
export type Effect =
  /** No DMARC at all: neither policy nor reports. */
  | { readonly kind: 'no-dmarc' }
  /** A look-up failed, so nobody can tell. */
  | { readonly kind: 'unknown' }
  | {
      readonly kind: 'policy';
      readonly policy: Policy;
      /** The tag that the policy comes from; `default` when the reader puts `p=none` in the place of a broken record. */
      readonly tag: 'p' | 'sp' | 'np' | 'default';
      /** The reader lowers the published policy because of `t=y`. */
      readonly test?: true;
      /** Only so many of a hundred messages get the policy, the rest gets `rest` (RFC 7489 §6.6.4). */
      readonly sample?: { readonly percent: number; readonly rest: Policy };
    };

export interface Reading {
  readonly reader: 'RFC 9989' | 'RFC 7489';
  /** For mail from the domain that holds the record. */
  readonly domain: Effect;
  /** For mail from a sub-domain that exists and has no record of its own. */
  readonly existing: Effect;
  /** For mail from a sub-domain that does not exist. */
  readonly ghost: Effect;
  /** The record lacks a usable policy, so the reader puts `p=none` in its place or drops it. */
  readonly degraded: boolean;
}

const noDmarc: Effect = { kind: 'no-dmarc' };

/** 0 for `none`, 2 for `reject`. */
export function strength(policy: Policy): number {
  return policy === 'none' ? 0 : policy === 'quarantine' ? 1 : 2;
}

/** The next milder policy. */
export function lower(policy: Policy): Policy {
  return policy === 'reject' ? 'quarantine' : 'none';
}

/** How a receiver of RFC 9989 applies the record (§4.7, §4.10.1). */
export function readAs9989(record: DmarcRecord): Reading {
  const usable = isPolicy(record.p) && isUsable(record.sp) && isUsable(record.np);
  if (!usable) return degrade('RFC 9989', record);
  const p = record.p as Policy;
  const effect = (policy: Policy, tag: 'p' | 'sp' | 'np'): Effect =>
    record.t === 'y' && policy !== 'none'
      ? { kind: 'policy', policy: lower(policy), tag, test: true }
      : { kind: 'policy', policy, tag };
  const domain = effect(p, 'p');
  const existing = isPolicy(record.sp) ? effect(record.sp, 'sp') : domain;
  const ghost = isPolicy(record.np) ? effect(record.np, 'np') : existing;
  return { reader: 'RFC 9989', domain, existing, ghost, degraded: false };
}

/** How a receiver of RFC 7489 applies the record (§6.3, §6.6.3, §6.6.4). */
export function readAs7489(record: DmarcRecord): Reading {
  const usable = isPolicy(record.p) && isUsable(record.sp);
  if (!usable) return degrade('RFC 7489', record);
  const percent = record.pct ?? 100;
  const effect = (policy: Policy, tag: 'p' | 'sp'): Effect =>
    percent < 100 && policy !== 'none'
      ? { kind: 'policy', policy, tag, sample: { percent, rest: lower(policy) } }
      : { kind: 'policy', policy, tag };
  const domain = effect(record.p as Policy, 'p');
  const existing = isPolicy(record.sp) ? effect(record.sp, 'sp') : domain;
  return { reader: 'RFC 7489', domain, existing, ghost: existing, degraded: false };
}

/** The effect in words: `quarantine (p)`, `quarantine for 10 of 100 messages, none for the rest (p)`. */
export function effectText(effect: Effect): string {
  if (effect.kind === 'no-dmarc') return 'no DMARC';
  if (effect.kind === 'unknown') return 'unknown';
  if (effect.tag === 'default') return 'none (in place of a broken record)';
  if (effect.test) return `${effect.policy} (${effect.tag}, one level less because of t=y)`;
  if (!effect.sample) return `${effect.policy} (${effect.tag})`;
  const { percent, rest } = effect.sample;
  if (percent === 0) return `${rest} (${effect.tag}=${effect.policy}, but pct=0)`;
  return `${effect.policy} for ${percent} of 100 messages, ${rest} for the rest (${effect.tag})`;
}

/** The policy that failing messages meet; `none` where there is no DMARC or nobody can tell. */
export function policyOf(effect: Effect): Policy {
  if (effect.kind !== 'policy') return 'none';
  return effect.sample && effect.sample.percent === 0 ? effect.sample.rest : effect.policy;
}

function isUsable(tag: PolicyTag | undefined): boolean {
  return tag === undefined || isPolicy(tag);
}

/** Both generations: `p=none` when a report address can be used, else nothing (RFC 9989 §4.10.1, RFC 7489 §6.6.3). */
function degrade(reader: Reading['reader'], record: DmarcRecord): Reading {
  const effect: Effect = record.rua?.length ? { kind: 'policy', policy: 'none', tag: 'default' } : noDmarc;
  return { reader, domain: effect, existing: effect, ghost: effect, degraded: true };
}
