/**
 * Opens the gate `aligned` of a plan. `plan/` stands on the same floor and may not import this file: whoever builds the
 * plan's evidence calls it and hands the answer in (`PlanEvidence.aligned`).
 */
import { dayMs } from './days.ts';
import type { DmarcEvidence } from './measure.ts';
import {
  coverageNeed,
  eachSenderNeed,
  errorNeed,
  newSenderNeed,
  passRateNeed,
  unclassifiedNeed,
  volumeNeed,
  type DmarcLimits,
  type Need,
} from './needs.ts';
import { tlsCleanNeed, tlsReportsNeed, type TlsEvidence, type TlsLimits } from './tls-measure.ts';

/** The shape of the plan's gate. */
export interface AlignedGate {
  readonly reports: 'dmarc' | 'tls';
  readonly days: number;
  readonly messages: number;
  /** 0 to 1. */
  readonly share: number;
}

/** The shape of the plan's `GatePosition` without the gate. */
export interface AlignedPosition {
  readonly state: 'open' | 'closed' | 'unknown';
  readonly detail: string;
  readonly until?: number;
}

/** Each absent where the store could not be read: that is not the same as no reports. */
export interface AlignedEvidence {
  /** Measured since the stage before was seen everywhere. */
  readonly dmarc?: DmarcEvidence;
  readonly tls?: TlsEvidence;
}

export function alignedPosition(
  gate: AlignedGate,
  evidence: AlignedEvidence,
  limits: { readonly dmarc: DmarcLimits; readonly tls: TlsLimits },
  now: number,
): AlignedPosition {
  const found = gate.reports === 'dmarc' ? evidence.dmarc : evidence.tls;
  if (!found) return { state: 'unknown', detail: 'the reports could not be read' };
  const until = found.since + gate.days * dayMs;
  const needs =
    gate.reports === 'dmarc' ? ofDmarc(gate, evidence.dmarc, limits.dmarc) : ofTls(gate, evidence.tls, limits.tls);
  const open = needs.filter(({ met }) => !met);
  if (open.length === 0 && now >= until) return { state: 'open', detail: needs.map(hasText).join('; ') };
  if (open.length > 0) return { state: 'closed', detail: open.map(needText).join('; ') };
  return { state: 'closed', detail: `needs ${gate.days} days of reports`, until };
}

function ofDmarc(gate: AlignedGate, evidence: DmarcEvidence | undefined, limits: DmarcLimits): readonly Need[] {
  if (!evidence) return [];
  return dmarcStepNeeds(evidence, { ...limits, messages: gate.messages, aligned: gate.share });
}

function ofTls(gate: AlignedGate, evidence: TlsEvidence | undefined, limits: TlsLimits): readonly Need[] {
  if (!evidence) return [];
  const wanted = { ...limits, sessions: gate.messages, cleanShare: gate.share };
  return [tlsReportsNeed(evidence, wanted), tlsCleanNeed(evidence, wanted)];
}

/** What every step of the DMARC ramp needs. */
export const dmarcStepNeeds = (evidence: DmarcEvidence, limits: DmarcLimits): readonly Need[] => [
  coverageNeed(evidence, limits),
  volumeNeed(evidence, limits),
  passRateNeed(evidence, limits),
  eachSenderNeed(evidence, limits),
  unclassifiedNeed(evidence, limits),
  newSenderNeed(evidence, limits),
  errorNeed(evidence, limits),
];

export const needText = ({ what, has, wants, items }: Need): string =>
  `${what}: ${has}, needs ${wants}${items.length > 0 ? ` (${listed(items)})` : ''}`;
const hasText = ({ what, has }: Need): string => `${what}: ${has}`;

export const listed = (items: readonly string[]): string =>
  items.length > 3 ? `${items.slice(0, 3).join(', ')} and ${items.length - 3} more` : items.join(', ');
