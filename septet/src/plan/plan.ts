/**
 * A plan: ordered steps with gates that takes a domain from what is seen to what is wanted. A plan is a value; it is
 * made anew from what is seen whenever it is asked for, so that it never lies about the present.
 */
import type { Change, Comparison } from '../change/change.ts';
import type { DnsName } from '../dns/name.ts';
import type { Finding, RecordKey } from '../finding/finding.ts';

export const planVersion = 1;

/** `spf`, `dkim.s1`, `dmarc.quarantine`: the record, and what tells it from others of the domain. Stable between plans. */
export type StepId = string;

export interface Plan {
  readonly version: typeof planVersion;
  readonly domain: DnsName;
  /** The zone in which the records stand. */
  readonly zone: DnsName;
  /** ISO 8601, UTC. */
  readonly madeAt: string;
  /** In publish order: a step comes after all that its gates name. */
  readonly steps: readonly Step[];
  /** Rows of `plan.*`, `spf.tighten.*` and the like: what stands in the way, what was noticed. */
  readonly findings: readonly Finding[];
  /** Covers every change, before and after (`digest.ts`): `3f9a…`, 64 lower-case hexadecimal digits. */
  readonly digest: string;
}

export interface Step {
  readonly id: StepId;
  readonly record: RecordKey;
  /** One line: `Let Amazon SES pass for bounce.example.com`. */
  readonly title: string;
  /** Why it is needed, who notices. */
  readonly why: string;
  readonly comparison: Comparison;
  readonly status: StepStatus;
  /** RRsets, each whole. Empty when nothing is to be published by this step (a file to put up, a PTR to ask for). */
  readonly changes: readonly Change[];
  /** Work outside the zone, with the proof that it is done. */
  readonly outside?: readonly OutsideWork[];
  readonly gates: readonly GatePosition[];
  /** SPF steps: what the record costs. */
  readonly price?: SpfPrice;
  /** DMARC steps: what the published policy means to each generation of receivers. */
  readonly readers?: { readonly rfc9989: string; readonly rfc7489: string };
  /** Texts of live records that Septet did not make and that would go; publishing asks first. */
  readonly loses: readonly string[];
  /** Who sees the records of a step that is done. */
  readonly visibility?: Pick<GatePosition, 'state' | 'detail' | 'until'>;
  readonly notes: readonly string[];
}

export type StepStatus =
  /** What is live serves. */
  | { readonly kind: 'done' }
  /** Every gate is open. */
  | { readonly kind: 'ready' }
  /** A gate is closed. `until` in milliseconds since 1970 where the clock alone opens it. */
  | { readonly kind: 'waiting'; readonly until?: number }
  /** It cannot be planned as things are; both are sentences for a person. `unanswered`: DNS did not tell. */
  | { readonly kind: 'blocked'; readonly why: string; readonly cure: string; readonly unanswered?: true }
  /** Somebody has to do something outside this zone first (`outside`). */
  | { readonly kind: 'outside' };

/** `unanswered`: nobody could tell whether it is done; it counts as not done. */
export type OutsideWork = { readonly done: boolean; readonly unanswered?: true } & (
  | {
      readonly kind: 'record';
      readonly who: string;
      readonly name: DnsName;
      readonly type: string;
      readonly data: readonly string[];
    }
  | { readonly kind: 'file'; readonly url: string; readonly text: string }
  | { readonly kind: 'note'; readonly text: string }
);

/** What has to be proved before a step is taken. */
export type Gate =
  /** The step's records stand on every authoritative server, and two independent resolvers see them. */
  | { readonly kind: 'visible'; readonly step: StepId }
  /** So many seconds after the step's records were seen everywhere: the old data is gone from caches (RFC 2308 §5). */
  | {
      readonly kind: 'elapsed';
      readonly since: StepId;
      readonly seconds: number;
      /** `change`: waits only when Septet made the record; what stood there before is in every cache. `stage`: always. */
      readonly counts: 'change' | 'stage';
      readonly why: string;
    }
  /** What a record will point at is really there. */
  | { readonly kind: 'serves'; readonly url: string; readonly what: 'policy' | 'logo' | 'certificate' | 'tracking' }
  /** Reports show that the domain's own mail passes. */
  | {
      readonly kind: 'aligned';
      readonly reports: 'dmarc' | 'tls';
      readonly days: number;
      readonly messages: number;
      readonly share: number;
    }
  /** A person has said yes. */
  | { readonly kind: 'approved'; readonly question: string };

export interface GatePosition {
  readonly gate: Gate;
  readonly state: 'open' | 'closed' | 'unknown';
  /** The step that the gate asks about is not done yet, so there is nothing to look at. */
  readonly early?: true;
  /** One line: what was seen, or what is awaited. */
  readonly detail: string;
  /** Milliseconds since 1970, where the clock alone opens it. */
  readonly until?: number;
}

export interface SpfPrice {
  readonly lookupsBefore: number;
  readonly lookupsAfter: number;
  readonly voidsBefore: number;
  readonly voidsAfter: number;
  readonly octetsBefore: number;
  readonly octetsAfter: number;
}
