/**
 * A ramp: stages in order, each with what has to hold before it is entered. Stages are data, so that an owner may write
 * others; `decide.ts` walks over them and knows no stage by name.
 */
import { dmarcLimits, type DmarcLimits, type NeedKind } from '../../reports/evidence/needs.ts';
import type { DmarcEvidence } from '../../reports/evidence/measure.ts';
import { tlsLimits, type TlsEvidence, type TlsLimits } from '../../reports/evidence/tls-measure.ts';
import { dayMs } from '../../reports/evidence/days.ts';
import type { BimiFacts } from './bimi-facts.ts';

export type RampName = 'dmarc' | 'spf' | 'mta-sts' | 'bimi';

/** What can stand before a stage; `days` comes of the stage before, `approval` of a question. */
export type GateName = Exclude<NeedKind, 'days' | 'approval'>;

export interface Ramp {
  readonly name: RampName;
  /** In order; the first needs nothing. */
  readonly stages: readonly Stage[];
}

/** Also the form of stages that an owner writes. */
export interface Stage {
  readonly name: string;
  /** Whole days for which it stands before the next may begin. */
  readonly days: number;
  /** What has to hold before it is entered. */
  readonly gates: readonly GateName[];
  /** A person says yes before it is entered; the question. */
  readonly asks?: string;
  /** Gates that a person may pass over by approving the stage. */
  readonly waivable?: readonly GateName[];
  /** False: a step that cannot be taken back usefully; it alerts only. */
  readonly mayGoBack?: false;
}

export interface RampLimits {
  readonly dmarc: DmarcLimits;
  readonly tls: TlsLimits;
  readonly watch: WatchLimits;
  /** Evidence older than this many days counts no more. */
  readonly windowDays: number;
  /** Every step waits for a person. */
  readonly asksAlways: boolean;
}

/** When a step that was made hurts. */
export interface WatchLimits {
  /** Days after a step. */
  readonly days: number;
  /** Days before the step with which it is compared. */
  readonly baselineDays: number;
  /** A sender is compared from so many messages on, before and after. */
  readonly messages: number;
  /** The share that passes fell by more than this: 0.01 is one point. */
  readonly fall: number;
  /** Bounces that name the domain's authentication (5.7.26, 5.7.515, 5.7.1), more than in as long a time before. */
  readonly bounces: number;
  /** Sessions that failed TLS. */
  readonly tlsSessions: number;
  /** False: it alerts and leaves going back to a person. */
  readonly mayGoBack: boolean;
}

/** Catalogue 5.2 and the issue (house). */
export const rampLimits: RampLimits = {
  dmarc: dmarcLimits,
  tls: tlsLimits,
  watch: { days: 7, baselineDays: 28, messages: 100, fall: 0.01, bounces: 5, tlsSessions: 5, mayGoBack: true },
  windowDays: 28,
  asksAlways: false,
};

/** What is known. What is absent could not be told, and opens nothing. */
export interface RampEvidence {
  /** Measured from `evidenceSince` on. */
  readonly dmarc?: DmarcEvidence;
  /** The time before the step to this stage (`baselineDays`). */
  readonly before?: DmarcEvidence;
  readonly tls?: TlsEvidence;
  readonly mtaSts?: MtaStsFacts;
  readonly bimi?: BimiFacts;
  /** Bounces of the kinds above: since the step, and in as long a time before it. */
  readonly bounces?: { readonly before: number; readonly since: number };
}

export interface MtaStsFacts {
  /** Live exchanges that no `mx:` line covers. */
  readonly uncovered: readonly string[];
  /** Live exchanges without a certificate that is valid for their name, with the reason. */
  readonly badCertificates: readonly string[];
  /** The policy of the stage is served and its id announced. */
  readonly served: boolean;
}

/** From when on evidence counts for the next step: since the stage stands, and no longer than the window. */
export function evidenceSince(stage: Stage, since: number, now: number, limits: RampLimits): number {
  return Math.max(since, now - Math.max(stage.days, limits.windowDays) * dayMs);
}
