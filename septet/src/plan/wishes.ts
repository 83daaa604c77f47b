/**
 * Intent and needs as wishes: the steps that a domain takes in publish order, each with the records that it wants, before
 * anybody has looked at what is there. Pure data; `make-plan.ts` compares it with what is seen.
 *
 * The order is that of the records' dependence: hosts, MX, SPF and DKIM, DMARC without enforcement, tracking, TLS-RPT,
 * MTA-STS in testing, then the ramps of DMARC and MTA-STS, and BIMI at the end.
 */
import type { Mx } from '../dns/rrset.ts';
import { nullMx } from '../records/mx/record.ts';
import type { SenderNeeds } from '../senders/needs.ts';
import { dmarcWishes } from './wishes-dmarc.ts';
import { bimiWishes, mtaStsWishes, tlsReportWishes, trackingWishes } from './wishes-policy.ts';
import { dkimWishes, hostWishes, recordWishes, senderTrackingWishes, spfWishes } from './wishes-senders.ts';
import type { DomainIntent } from './intent.ts';
import type { StepId } from './plan.ts';
import { backStep, standingOf, type Standings } from './ramp-standing.ts';
import { plain, type Wish } from './wish.ts';

export interface WishInput {
  readonly intent: DomainIntent;
  readonly needs: readonly SenderNeeds[];
  /** Public halves of the keys that Septet keeps, as DKIM record texts by selector. */
  readonly ownKeys: ReadonlyMap<string, string>;
  /** Records of rotations under way, by selector; they go before what the senders name. `v=DKIM1; p=` revokes. */
  readonly rotations?: ReadonlyMap<string, string>;
  /** Where the ramps stand, where that is written down; without it nothing goes back. */
  readonly standings?: Standings;
  /**
   * The longest `max_age` of a policy that senders may still hold, in seconds, where reports told it. Absent: nobody
   * knows, and the longest that there can be is waited for (RFC 8461 §3.2).
   */
  readonly longestMaxAge?: number;
}

/** All steps of a domain, in publish order. */
export function wishesOf(input: WishInput): readonly Wish[] {
  const { intent, needs } = input;
  const ids = (wishes: readonly Wish[]): readonly StepId[] => wishes.map((wish) => wish.id);
  const hosts = hostWishes(needs);
  const mx = mxWishes(input, hosts);
  const named = ids(hosts.filter((wish) => wish.wants.every((want) => want.kind !== 'ptr')));
  const first = [...named, ...ids(mx)];
  const auth = [...spfWishes(intent, needs, first), ...dkimWishes(input, first)];
  const dmarc = dmarcWishes(intent, ids(auth), input.standings);
  const monitoring = ids(dmarc.early.slice(-1));
  const tlsReports = tlsReportWishes(intent, monitoring);
  const policy = mtaStsWishes(intent, ids([...mx, ...tlsReports]), {
    ...(input.standings ? { standings: input.standings } : {}),
    ...(input.longestMaxAge === undefined ? {} : { longestMaxAge: input.longestMaxAge }),
  });
  const wishes = [
    ...hosts,
    ...mx,
    ...recordWishes(needs, named),
    ...auth,
    ...dmarc.early,
    ...trackingWishes(intent, monitoring),
    ...senderTrackingWishes(needs, monitoring),
    ...tlsReports,
    ...policy.early,
    ...dmarc.ramp,
    ...policy.enforce,
    ...tightenWishes(intent, ids(auth), input.standings),
    ...(dmarc.goesBack ? [] : bimiWishes(intent, dmarc.enforcing)),
  ];
  return withSenderNotes(wishes, needs);
}

/**
 * The exchanges that are wanted; undefined: nobody said, so they stay as they are. Those of a sender that hosts mailboxes
 * count only while nothing stands: other forms of the same provider are as good.
 */
export function wantedExchanges({ intent, needs }: Pick<WishInput, 'intent' | 'needs'>): readonly Mx[] | undefined {
  if (!intent.takesMail) return [nullMx];
  return intent.mx ?? needs.find((need) => need.mx.length > 0)?.mx;
}

function mxWishes(input: WishInput, hosts: readonly Wish[]): readonly Wish[] {
  const exchanges = wantedExchanges(input);
  if (!exchanges) return [];
  const { domain, takesMail } = input.intent;
  const carried = hosts.filter((wish) =>
    wish.wants.some((want) => want.kind === 'addresses' && exchanges.some((mx) => mx.exchange === want.name)),
  );
  return [
    {
      ...plain,
      id: 'mx',
      record: 'mx',
      title: takesMail ? `Take mail for ${domain}` : `Say that ${domain} takes no mail`,
      why: takesMail
        ? 'Replies, bounces and the reports of DMARC and TLS need a host that takes them.'
        : 'Senders give up at once instead of trying for days (RFC 7505).',
      wants: [
        {
          kind: 'mx',
          name: domain,
          exchanges,
          alone: !takesMail || input.intent.mx !== undefined,
          ...(takesMail && input.intent.mx === undefined ? { ifAbsent: true as const } : {}),
        },
      ],
      after: carried.map((wish) => wish.id),
    },
  ];
}

function tightenWishes(
  intent: DomainIntent,
  auth: readonly StepId[],
  standings: Standings | undefined,
): readonly Wish[] {
  const back = standingOf(standings, 'spf')?.back;
  if (back) {
    return [
      {
        ...plain,
        id: backStep('spf', back.to),
        record: 'spf',
        title: `Take the SPF record of ${intent.domain} back to ~all`,
        why: `Mail of yours fails since the last step: ${back.why}.`,
        wants: [{ kind: 'spf-back', name: intent.domain }],
      },
    ];
  }
  if (intent.spf.all !== 'ramp') return [];
  return [
    {
      ...plain,
      id: 'spf.tighten',
      record: 'spf',
      title: `End the SPF record of ${intent.domain} with -all`,
      why: 'Receivers without DMARC then refuse strangers too. Forwarded mail may be refused before DKIM is looked at (RFC 9989 §7.1).',
      wants: [{ kind: 'spf', name: intent.domain, needs: [], all: '-', alone: false }],
      gates: [{ kind: 'aligned', reports: 'dmarc', days: 14, messages: intent.moves?.messages ?? 500, share: 0.995 }],
      after: auth,
      order: 'firm',
    },
  ];
}

/** What there is to say about a sender stands once: at its first step, or at that of SPF. */
function withSenderNotes(wishes: readonly Wish[], needs: readonly SenderNeeds[]): readonly Wish[] {
  const said = new Map<StepId, string[]>();
  for (const need of needs) {
    if (need.notes.length === 0) continue;
    const own = ['dkim', 'ownership', 'return-path'].map((first) => `${first}.${need.id}`);
    const step = wishes.find((wish) => own.includes(wish.id))?.id ?? 'spf';
    said.set(step, [...(said.get(step) ?? []), ...need.notes.map((note) => note.text)]);
  }
  return wishes.map((wish) => {
    const notes = said.get(wish.id);
    return notes ? { ...wish, notes: [...wish.notes, ...notes] } : wish;
  });
}
