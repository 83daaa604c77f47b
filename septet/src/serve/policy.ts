/**
 * Which MTA-STS policy a domain serves now: the one that the plan's gate `serves` asks for next, made by the same
 * `wantedPolicy`. Senders learn of a policy by the id in DNS, so the file comes first and the id after it (RFC 8461 §3.3);
 * a policy that is taken back is followed by mode `none` until every cache has forgotten it (§8.3). Pure.
 */
import type { DnsName } from '../dns/name.ts';
import type { DomainIntent } from '../plan/intent.ts';
import { wantedPolicy } from '../records/mtasts/plan.ts';
import { parsePolicy, type MtaStsPolicy } from '../records/mtasts/policy.ts';
import { evidenceOf } from '../store/evidence.ts';
import type { JournalEntry } from '../store/journal.ts';
import type { RampState } from '../store/store.ts';

export interface PolicyInput {
  /** Absent: the domain is in the configuration no more. */
  readonly intent?: Pick<DomainIntent, 'mtaSts' | 'takesMail' | 'mx'>;
  /** The ramp `mta-sts`, where `septet watch` moves it. */
  readonly ramp?: RampState;
  /** The last step of MTA-STS that the journal says was published or vouched for. */
  readonly journal?: { readonly stage: PolicyStage; readonly at: number };
  /** Exchanges that DNS named, each with the last time. */
  readonly exchanges: readonly { readonly name: DnsName; readonly at: number }[];
  /** What was served before, with the last time. */
  readonly past: readonly { readonly policy: MtaStsPolicy; readonly at: number }[];
  readonly now: number;
}

/** `long`: `enforce`, and kept for a month. */
export type PolicyStage = 'none' | 'testing' | 'enforce' | 'long';

export type HostedPolicy =
  | { readonly kind: 'served'; readonly policy: MtaStsPolicy; readonly why: string; readonly until?: number }
  /** Nothing is served; `why` is a sentence where that is a fault. */
  | { readonly kind: 'none'; readonly why?: string };

/** An exchange that left DNS is named for so long: resolvers and queues may still know it. House: two days. */
export const exchangeKeptMs = 2 * 86_400_000;
/** `watch/ramp/stages.ts`: the last stage of the ramp keeps the policy for a month. */
const longMaxAgeSeconds = 2_592_000;
/** How late `past` may have been written (`host-state.ts`). */
const marginMs = 3_600_000;

export function policyOf(input: PolicyInput): HostedPolicy {
  const { intent, now } = input;
  const wanted = intent?.mtaSts;
  if (!intent || !wanted) return withdrawn(input);
  if (wanted.mode === 'none') return none('mtaSts.mode is none');
  if (!intent.takesMail) return withdrawn(input);
  const configured = (intent.mx ?? []).flatMap(({ exchange }) => (exchange === '' ? [] : [exchange]));
  const seen = input.exchanges.filter(({ at }) => at > now - exchangeKeptMs).map(({ name }) => name);
  // Those that come and those that go: a sender that still knows the old MX has to find it in the policy.
  const exchanges = [...new Set([...configured, ...seen])];
  if (exchanges.length === 0)
    return {
      kind: 'none',
      why: 'The exchanges are not known: the configuration names none with mx, and DNS was not heard. A policy without them would stop all mail.',
    };
  const stage = wanted.mode === 'ramp' ? stageOf(input) : wanted.mode;
  if (stage === 'none') return none('the ramp goes back to none');
  const mode = stage === 'testing' ? 'testing' : 'enforce';
  const policy = wantedPolicy({
    mode,
    exchanges,
    ...(stage === 'long' ? { maxAgeSeconds: longMaxAgeSeconds } : {}),
  });
  return { kind: 'served', policy, why: wanted.mode === 'ramp' ? `the ramp is at ${stage}` : `mtaSts.mode is ${mode}` };
}

const none = (why: string): HostedPolicy => ({
  kind: 'served',
  policy: wantedPolicy({ mode: 'none', exchanges: [] }),
  why,
});

/** Mode `none` for as long as a sender may hold what was served before. */
function withdrawn({ past, now }: PolicyInput): HostedPolicy {
  const ends = past.flatMap(({ policy, at }) =>
    policy.mode === 'none' ? [] : [at + policy.maxAgeSeconds * 1000 + marginMs],
  );
  const until = Math.max(...ends);
  if (!(until > now)) return { kind: 'none' };
  return { kind: 'served', policy: wantedPolicy({ mode: 'none', exchanges: [] }), why: 'it was taken back', until };
}

/** What was decided last counts: the ramp's step (the one on its way, whose file comes first), or a person's. */
function stageOf({ ramp, journal }: PolicyInput): PolicyStage {
  const rampAt = ramp?.moving?.startedAt ?? ramp?.since ?? -Infinity;
  if (journal && journal.at > rampAt) return journal.stage;
  if (!ramp) return 'testing';
  const stage = ramp.moving?.to ?? ramp.stage;
  if (stage === 'enforce' || stage === 'long') return stage;
  // Before its first step the ramp stands at `none`, and wants the file of `testing` to be there.
  return ramp.moving?.direction === 'back' && stage === 'none' ? 'none' : 'testing';
}

/** A policy that was kept as text. */
export function readPolicyText(text: string): MtaStsPolicy | undefined {
  const parsed = parsePolicy(Buffer.from(text, 'latin1'));
  return parsed.kind === 'good' ? parsed.value : undefined;
}

const steps: ReadonlyMap<string, PolicyStage> = new Map([
  ['mtasts.testing', 'testing'],
  ['mtasts.enforce', 'enforce'],
  ['mtasts.long', 'long'],
  ['mtasts.back.testing', 'testing'],
  ['mtasts.back.enforce', 'enforce'],
]);

/** What a person or `watch` published last, or said would be served. */
export function journalStage(entries: readonly JournalEntry[]): PolicyInput['journal'] {
  const { published } = evidenceOf(entries);
  const found = [...published].map(([step, { at }]) => ({ step, at }));
  for (const entry of entries) if (entry.kind === 'vouched') found.push({ step: entry.step, at: Date.parse(entry.at) });
  let last: PolicyInput['journal'];
  for (const { step, at } of found) {
    const stage = steps.get(step);
    if (stage !== undefined && (last === undefined || at >= last.at)) last = { stage, at };
  }
  return last;
}
