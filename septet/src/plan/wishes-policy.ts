/** The wishes that say how receivers shall treat the domain: DMARC, tracking, TLS-RPT, MTA-STS, BIMI. */
import { isAtOrBelow, parseName, under, type DnsName } from '../dns/name.ts';
import { authorisationName } from '../records/dmarc/destinations.ts';
import { parseReportUri } from '../records/dmarc/uri.ts';
import type { DomainIntent, RampStage } from './intent.ts';
import type { Gate, StepId } from './plan.ts';
import type { Want, Wish } from './wish.ts';

const none = { gates: [], after: [], order: 'soft', notes: [] } as const;

/** How much of the domain's own mail must be seen to pass before a policy may hurt it (house; RFC 9989 §5.1.6). */
const evidence = { messages: 500, share: 0.995 } as const;

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
}

export function dmarcWishes(intent: DomainIntent, auth: readonly StepId[]): DmarcWishes {
  const name = under('_dmarc', intent.domain);
  if (name === undefined) return { early: [], ramp: [] };
  const authorisations = authorisationWishes(intent);
  const stages = intent.dmarc.ramp.filter(
    (stage) => stage.name !== 'reject' || !intent.people || intent.dmarc.rejectConfirmed,
  );
  const wishes = stages.map((stage, index): Wish => {
    const before = stages[index - 1];
    const gates: Gate[] = [];
    if (before) {
      gates.push({
        kind: 'elapsed',
        since: `dmarc.${before.name}`,
        seconds: before.days * 86_400,
        counts: 'stage',
        why: `${before.days} days at the stage before (RFC 9989 §7.4)`,
      });
      gates.push({ kind: 'aligned', reports: 'dmarc', days: before.days, ...evidence });
    }
    const last = stages.length < intent.dmarc.ramp.length && index === stages.length - 1;
    return {
      id: `dmarc.${stage.name}`,
      record: 'dmarc',
      title: stageTitles[stage.name],
      why: stageWhys[stage.name],
      wants: [{ kind: 'dmarc', name, stage: stage.name }],
      gates,
      after: [...auth, ...(before ? [`dmarc.${before.name}`] : authorisations.map((wish) => wish.id))],
      order: before ? 'firm' : 'soft',
      notes: last
        ? [
            'People send from this domain, so the ramp ends here: p=reject breaks mailing lists (RFC 9989 §7.4). If you want it all the same: reject: confirmed below dmarc.',
          ]
        : [],
    };
  });
  const enforcing = stages.find((stage) => stage.name === 'quarantine' || stage.name === 'reject');
  const early = wishes.filter((_, index) => index === 0);
  return {
    early: [...authorisations, ...early],
    ramp: wishes.slice(1),
    ...(enforcing ? { enforcing: `dmarc.${enforcing.name}` } : {}),
  };
}

/** A destination outside the domain has to agree in its own DNS (RFC 9990 §4). */
function authorisationWishes(intent: DomainIntent): readonly Wish[] {
  const hosts = new Set<DnsName>();
  for (const uri of [...intent.dmarc.reports, ...intent.dmarc.failureReports]) {
    const host = hostOf(uri);
    if (host !== undefined && !isAtOrBelow(host, intent.domain) && !isAtOrBelow(intent.domain, host)) hosts.add(host);
  }
  return [...hosts].flatMap((host): readonly Wish[] => {
    const name = authorisationName(intent.domain, host);
    if (name === undefined) return [];
    return [
      {
        ...none,
        id: `dmarc.authorise.${host}`,
        record: 'dmarc',
        title: `Let ${host} take the reports of ${intent.domain}`,
        why: `Without this record at ${host}, receivers send no DMARC reports there.`,
        wants: [{ kind: 'authorise', name, host }],
      },
    ];
  });
}

function hostOf(uri: string): DnsName | undefined {
  const parsed = parseReportUri(uri);
  if (!parsed.ok) return undefined;
  const host = /^mailto:[^@]+@([^?!]+)/i.exec(uri)?.[1] ?? (URL.canParse(uri) ? new URL(uri).hostname : '');
  const name = parseName(host);
  return name.ok && name.name !== '' ? name.name : undefined;
}

export function trackingWishes(intent: DomainIntent, after: readonly StepId[]): readonly Wish[] {
  if (!intent.tracking) return [];
  const { host, target } = intent.tracking;
  return [
    {
      ...none,
      id: 'tracking',
      record: 'tracking',
      title: `Links in mail lead to ${host}`,
      why: 'Links under your own domain keep your reputation apart from that of other senders of the same service.',
      wants: [{ kind: 'alias', name: host, target, purpose: 'tracking' }],
      gates: [{ kind: 'serves', url: `https://${host}/`, what: 'tracking' }],
      after,
    },
  ];
}

export function tlsReportWishes(intent: DomainIntent, after: readonly StepId[]): readonly Wish[] {
  const name = under('_smtp._tls', intent.domain);
  if (intent.tlsReports.length === 0 || name === undefined) return [];
  return [
    {
      ...none,
      id: 'tlsrpt',
      record: 'tlsrpt',
      title: 'Ask senders for reports on TLS',
      why: 'Large senders then tell daily whether they could reach your mail servers over TLS; nothing else shows MTA-STS at work.',
      wants: [{ kind: 'tlsrpt', name, uris: intent.tlsReports }],
      after,
    },
  ];
}

export interface MtaStsWishes {
  readonly early: readonly Wish[];
  readonly enforce: readonly Wish[];
}

export function mtaStsWishes(intent: DomainIntent, after: readonly StepId[]): MtaStsWishes {
  const name = under('_mta-sts', intent.domain);
  const host = under('mta-sts', intent.domain);
  if (!intent.mtaSts || name === undefined || host === undefined) return { early: [], enforce: [] };
  const url = `https://${host}/.well-known/mta-sts.txt`;
  const { mode } = intent.mtaSts;
  const early: Wish[] = [];
  const place = intent.mtaSts.host;
  if (place) {
    const wants: Want[] =
      'target' in place
        ? [{ kind: 'alias', name: host, target: place.target, purpose: 'policy-host' }]
        : (['A', 'AAAA'] as const).flatMap((type) => {
            const addresses = place.addresses.filter((address) => address.includes(':') === (type === 'AAAA'));
            return addresses.length > 0 ? [{ kind: 'addresses' as const, name: host, type, addresses }] : [];
          });
    early.push({
      ...none,
      id: 'mtasts.host',
      record: 'mtasts',
      title: `Where ${host} leads`,
      why: 'Senders fetch the MTA-STS policy from this host over HTTPS.',
      wants,
    });
  }
  const policy = (
    of: 'testing' | 'enforce' | 'none',
    more: Pick<Wish, 'title' | 'why' | 'gates' | 'after' | 'order'>,
  ): Wish => ({
    id: `mtasts.${of}`,
    record: 'mtasts',
    wants: [{ kind: 'mtasts', name, mode: of }],
    notes: [],
    ...more,
  });
  const serves: Gate = { kind: 'serves', url, what: 'policy' };
  const ready = [...after, ...early.map((wish) => wish.id)];
  if (mode === 'none') {
    early.push(
      policy('none', {
        title: 'Take MTA-STS back',
        why: 'Senders keep the last policy for its max_age; mode none lets them forget it (RFC 8461 §8.3).',
        gates: [serves],
        after: ready,
        order: 'soft',
      }),
    );
    return { early, enforce: [] };
  }
  early.push(
    policy('testing', {
      title: 'Announce an MTA-STS policy in testing mode',
      why: 'Senders check TLS and the names of your mail servers and report what fails; no mail is held back yet.',
      gates: [serves],
      after: ready,
      order: 'soft',
    }),
  );
  if (mode === 'testing') return { early, enforce: [] };
  const gates: Gate[] =
    mode === 'ramp'
      ? [
          { kind: 'elapsed', since: 'mtasts.testing', seconds: 7 * 86_400, counts: 'stage', why: 'a week of testing' },
          { kind: 'aligned', reports: 'tls', days: 7, messages: 1, share: 1 },
          serves,
        ]
      : [serves];
  const enforce = policy('enforce', {
    title: 'Enforce the MTA-STS policy',
    why: 'Senders then hold mail back rather than hand it to a server without a valid certificate.',
    gates,
    after: [...after, 'mtasts.testing'],
    order: 'firm',
  });
  return { early, enforce: [enforce] };
}

export function bimiWishes(intent: DomainIntent, enforcing: StepId | undefined): readonly Wish[] {
  if (!intent.bimi) return [];
  const { selector, logo, certificate } = intent.bimi;
  const name = under(`${selector}._bimi`, intent.domain);
  if (name === undefined) return [];
  const gates: Gate[] = [{ kind: 'serves', url: logo, what: 'logo' }];
  if (certificate) gates.push({ kind: 'serves', url: certificate, what: 'certificate' });
  return [
    {
      id: 'bimi',
      record: 'bimi',
      title: 'Show the logo',
      why: 'Gmail, Apple and Yahoo may show it beside mail that passes DMARC with an enforced policy.',
      wants: enforcing
        ? [{ kind: 'bimi', name, logo, ...(certificate ? { certificate } : {}) }]
        : [
            {
              kind: 'missing',
              why: 'The DMARC ramp of this domain never enforces.',
              cure: 'BIMI needs p=quarantine or p=reject; add the stage quarantine to dmarc.ramp.',
            },
          ],
      gates,
      after: enforcing ? [enforcing] : [],
      order: 'firm',
      notes: [],
    },
  ];
}
