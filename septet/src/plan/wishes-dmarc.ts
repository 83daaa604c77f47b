/** The wishes of DMARC: who takes the reports, the first record, and the ramp to an enforced policy. */
import { under, type DnsName } from '../dns/name.ts';
import { registrableDomain } from '../dns/public-suffix.ts';
import { authorisationName } from '../records/dmarc/destinations.ts';
import { parseReportUri } from '../records/dmarc/uri.ts';
import type { DomainIntent, RampStage } from './intent.ts';
import type { Gate, StepId } from './plan.ts';
import { backStep, dmarcBack, type Standings } from './ramp-standing.ts';
import { plain, type Wish } from './wish.ts';

/** How much of the domain's own mail must be seen to pass before a policy may hurt it (house; RFC 9989 §5.1.6). */
const evidence = { messages: 500, share: 0.995 };

const stageTitles: Readonly<Record<RampStage['name'], string>> = {
  none: 'Ask for DMARC reports, enforce nothing',
  sampled: 'Quarantine a tenth of what fails DMARC',
  quarantine: 'Quarantine what fails DMARC',
  reject: 'Refuse what fails DMARC',
};
const stageWhys: Readonly<Record<RampStage['name'], string>> = {
  none: 'Gmail, Yahoo and Outlook.com ask bulk senders for a DMARC record; its reports show every host that sends as you.',
  sampled:
    'Readers of RFC 7489 quarantine one message in ten, readers of RFC 9989 only report: mistakes show while they are cheap.',
  quarantine: 'Forged mail goes to the spam folder. A logo (BIMI) needs at least this.',
  reject: 'Forged mail is refused. You learn of refused mail from the aggregate reports only.',
};

export interface DmarcWishes {
  /** Authorisations and `p=none`. */
  readonly early: readonly Wish[];
  readonly ramp: readonly Wish[];
  /** The first step at which the policy is enforced in full; absent when the ramp has none. */
  readonly enforcing?: StepId;
  /** The policy becomes milder now; nothing is begun that builds on it. */
  readonly goesBack?: true;
}

export function dmarcWishes(intent: DomainIntent, auth: readonly StepId[], standings?: Standings): DmarcWishes {
  const name = under('_dmarc', intent.domain);
  if (name === undefined) return { early: [], ramp: [] };
  const { ramp, rejectConfirmed } = intent.dmarc;
  const authorisations = authorisationWishes(intent);
  const all = ramp.filter((stage) => stage.name !== 'reject' || !intent.people || rejectConfirmed);
  const back = dmarcBack(standings, all);
  // What lies before the ramp on its way back is not wished for now.
  const stages = back ? all.slice(0, all.findIndex((stage) => stage.name === back.to) + 1) : all;
  if (stages.length === 0) return { early: [...authorisations, rejectOnly(ramp)], ramp: [] };
  const wishes = stages.map((stage, index): Wish => {
    const before = stages[index - 1];
    const last = stages.length < ramp.length && !back && index === stages.length - 1;
    return {
      id: `dmarc.${stage.name}`,
      record: 'dmarc',
      title: stageTitles[stage.name],
      why: stageWhys[stage.name],
      wants: [{ kind: 'dmarc', name, stage: stage.name }],
      gates: gatesOf(stage, before, intent.moves?.messages),
      after: [...auth, ...(before ? [`dmarc.${before.name}`] : authorisations.map((wish) => wish.id))],
      order: stage.name === 'none' ? 'soft' : 'firm',
      notes: [...(before || intent.dmarc.reports.length > 0 ? [] : [unread]), ...(last ? [endsHere] : [])],
    };
  });
  if (back) {
    const way: Wish = {
      ...plain,
      id: backStep('dmarc', back.to),
      record: 'dmarc',
      title: `Take DMARC back to the stage ${back.to}`,
      why: `Mail of yours fails since the last step: ${back.why}.`,
      wants: [{ kind: 'dmarc-back', name, stage: back.to }],
    };
    return { early: [...authorisations, ...wishes.slice(0, 1)], ramp: [...wishes.slice(1), way], goesBack: true };
  }
  const enforcing = stages.find((stage) => stage.name === 'quarantine' || stage.name === 'reject');
  return {
    early: [...authorisations, ...wishes.slice(0, 1)],
    ramp: wishes.slice(1),
    ...(enforcing ? { enforcing: `dmarc.${enforcing.name}` } : {}),
  };
}

const unread =
  'No address takes reports, so nobody will see who sends and the ramp never begins. Name one with dmarc.reports.';
const endsHere =
  'People send from this domain, so the ramp ends here: p=reject breaks mailing lists (RFC 9989 §7.4). To go on, set reject: confirmed below dmarc.';

function gatesOf(stage: RampStage, before: RampStage | undefined, messages = evidence.messages): readonly Gate[] {
  if (!before) {
    if (stage.name === 'none') return [];
    const question = `begins with p=${stage.name === 'reject' ? 'reject' : 'quarantine'}, before any report has shown who sends. Agree?`;
    return [{ kind: 'approved', question }];
  }
  return [
    {
      kind: 'elapsed',
      since: `dmarc.${before.name}`,
      seconds: before.days * 86_400,
      counts: 'stage',
      why: `${before.days} days at the stage before (RFC 9989 §7.4)`,
    },
    { kind: 'aligned', reports: 'dmarc', days: before.days, ...evidence, messages },
  ];
}

/** A ramp that has nothing but a stage that nobody confirmed. */
const rejectOnly = (ramp: readonly RampStage[]): Wish => ({
  ...plain,
  id: `dmarc.${ramp[0]?.name ?? 'none'}`,
  record: 'dmarc',
  title: stageTitles.reject,
  why: stageWhys.reject,
  wants: [
    {
      kind: 'missing',
      why: 'People send from this domain, and p=reject breaks mailing lists (RFC 9989 §7.4).',
      cure: 'Begin the ramp with the stage none, or set reject: confirmed below dmarc.',
    },
  ],
});

/** A destination at another organisation has to agree in its own DNS (RFC 9990 §4). */
function authorisationWishes(intent: DomainIntent): readonly Wish[] {
  const organisation = (name: DnsName): DnsName => registrableDomain(name) ?? name;
  const hosts = new Set<DnsName>();
  for (const text of [...intent.dmarc.reports, ...intent.dmarc.failureReports]) {
    const parsed = parseReportUri(text);
    const host = parsed.ok ? parsed.uri.host : undefined;
    if (host !== undefined && organisation(host) !== organisation(intent.domain)) hosts.add(host);
  }
  return [...hosts].flatMap((host): readonly Wish[] => {
    const name = authorisationName(intent.domain, host);
    if (name === undefined) return [];
    return [
      {
        ...plain,
        id: `dmarc.authorise.${host}`,
        record: 'dmarc',
        title: `Let ${host} take the reports of ${intent.domain}`,
        why: `Without this record at ${host}, receivers send no DMARC reports there.`,
        wants: [{ kind: 'authorise', name, host }],
      },
    ];
  });
}
