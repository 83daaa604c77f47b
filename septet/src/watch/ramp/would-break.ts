/** What would happen today to mail that fails now, if the step were made. Pure. */
import type { SourceJudgement, Standing } from '../../reports/evidence/sources.ts';
import type { RampEvidence } from './ramp.ts';

export interface Break {
  readonly key: string;
  readonly title: string;
  readonly standing: Standing;
  /** Messages (sessions for `enforce`) of the window that the step would have touched. */
  readonly messages: number;
  readonly of: number;
  /** `quarantined`, `refused`… */
  readonly fate: string;
}

interface Fate {
  readonly fate: string;
  /** Of the source's messages, those that the stage touches. */
  failing(source: SourceJudgement): number;
}

const failsDmarc = (source: SourceJudgement): number => source.messages - source.aligned;
const failsSpf = (source: SourceJudgement): number => (source.key.includes('spf=') ? 0 : source.messages);

/** Stages that touch mail; at the others nothing breaks. */
const fates: ReadonlyMap<string, Fate> = new Map([
  ['sampled', { fate: 'quarantined by RFC 7489 readers, one in ten', failing: failsDmarc }],
  ['quarantine', { fate: 'quarantined', failing: failsDmarc }],
  ['reject', { fate: 'refused', failing: failsDmarc }],
  ['-all', { fate: 'refused where SPF is judged alone', failing: failsSpf }],
]);

/** The owner's own senders first, then those with most messages. Empty where the stage touches no mail. */
export function wouldBreak(evidence: RampEvidence, to: string): readonly Break[] {
  if (to === 'enforce' || to === 'long') return wouldHold(evidence);
  const fate = fates.get(to);
  if (!fate) return [];
  return (evidence.dmarc?.sources ?? [])
    .map((source) => ({
      key: source.key,
      title: source.title,
      standing: source.standing,
      messages: fate.failing(source),
      of: source.messages,
      fate: fate.fate,
    }))
    .filter(({ messages }) => messages > 0)
    .sort((a, b) => rank(a.standing) - rank(b.standing) || b.messages - a.messages || (a.key < b.key ? -1 : 1));
}

const order: readonly Standing[] = ['mine', 'unknown', 'forwarder', 'not mine'];
const rank = (standing: Standing): number => order.indexOf(standing);

/** Mail to the domain that senders would hold back. */
function wouldHold({ tls, mtaSts }: RampEvidence): readonly Break[] {
  const of = tls ? tls.successful + tls.failed : 0;
  const fate = 'held back by senders that know the policy';
  const failing =
    tls && tls.failed > 0
      ? [
          {
            key: 'tls',
            title: tls.failures[0] ?? 'sessions',
            standing: 'mine' as const,
            messages: tls.failed,
            of,
            fate,
          },
        ]
      : [];
  const uncovered = (mtaSts?.uncovered ?? []).map((host): Break => ({
    key: host,
    title: host,
    standing: 'mine',
    messages: of,
    of,
    fate,
  }));
  return [...failing, ...uncovered];
}
