/** The wishes around mail that is not sent but met: links, TLS-RPT, MTA-STS, BIMI. */
import { under, type DnsName } from '../dns/name.ts';
import { policyUrl } from '../records/mtasts/lookup.ts';
import type { DomainIntent } from './intent.ts';
import type { Gate, StepId } from './plan.ts';
import { backStep, standingOf, type Standings } from './ramp-standing.ts';
import { plain, type Want, type Wish } from './wish.ts';

export function trackingWishes(intent: DomainIntent, after: readonly StepId[]): readonly Wish[] {
  if (!intent.tracking) return [];
  const { host, target } = intent.tracking;
  return [
    {
      ...plain,
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
      ...plain,
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

export function mtaStsWishes(
  intent: DomainIntent,
  after: readonly StepId[],
  { standings, longestMaxAge }: { readonly standings?: Standings; readonly longestMaxAge?: number } = {},
): MtaStsWishes {
  const name = under('_mta-sts', intent.domain);
  const host = under('mta-sts', intent.domain);
  if (!intent.mtaSts || name === undefined || host === undefined) return { early: [], enforce: [] };
  const url = policyUrl(intent.domain);
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
      ...plain,
      id: 'mtasts.host',
      record: 'mtasts',
      title: `Where ${host} leads`,
      why: 'Senders fetch the MTA-STS policy from this host over HTTPS.',
      wants,
    });
  }
  const policy = (
    of: 'testing' | 'enforce' | 'none',
    more: Pick<Wish, 'title' | 'why' | 'gates' | 'after' | 'order'> & Partial<Pick<Wish, 'id'>>,
    purpose: (Want & { readonly kind: 'mtasts' })['purpose'] = of === 'testing' && mode === 'ramp'
      ? 'rehearsal'
      : undefined,
  ): Wish => ({
    id: `mtasts.${of}`,
    record: 'mtasts',
    wants: [{ kind: 'mtasts', name, mode: of, ...(purpose ? { purpose } : {}) }],
    notes: [],
    ...more,
  });
  const serves: Gate = { kind: 'serves', url, what: 'policy' };
  const ready = [...after, ...early.map((wish) => wish.id)];
  const standing = standingOf(standings, 'mta-sts');
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
    // Counted only where the ramp is kept.
    const isCounted = standing?.stage === 'withdrawn' || standing?.stage === 'gone';
    return { early, enforce: isCounted ? [goneWish(name, serves, longestMaxAge)] : [] };
  }
  const way = standing?.back?.to;
  if (standing?.back && (way === 'testing' || way === 'enforce')) {
    const back = policy(
      way,
      {
        id: backStep('mta-sts', way),
        title: way === 'testing' ? 'Take MTA-STS back to testing mode' : 'Take the long MTA-STS policy back',
        why: `Senders cannot deliver since the last step: ${standing.back.why}.`,
        gates: [serves],
        after: [],
        order: 'soft',
      },
      'back',
    );
    return { early, enforce: [back] };
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
  // The last stage is counted only where the ramp is kept, too.
  const hasLong = mode === 'ramp' && (standing?.stage === 'enforce' || standing?.stage === 'long');
  const enforce = policy(
    'enforce',
    {
      title: 'Enforce the MTA-STS policy',
      why: 'Senders then hold mail back rather than hand it to a server without a valid certificate.',
      gates,
      after: [...after, 'mtasts.testing'],
      order: 'firm',
    },
    hasLong ? 'short' : undefined,
  );
  if (!hasLong) return { early, enforce: [enforce] };
  const long = policy(
    'enforce',
    {
      id: 'mtasts.long',
      title: 'Let senders keep the MTA-STS policy for a month',
      why: 'Who would strip TLS then has to hold senders off for as long; RFC 8461 §3.2 has weeks or more in mind.',
      gates: [
        {
          kind: 'elapsed',
          since: 'mtasts.enforce',
          seconds: 30 * 86_400,
          counts: 'stage',
          why: 'a month of enforcing',
        },
        { kind: 'aligned', reports: 'tls', days: 30, messages: 1, share: 1 },
        serves,
      ],
      after: ['mtasts.enforce'],
      order: 'firm',
    },
    'long',
  );
  return { early, enforce: [enforce, long] };
}

/** What a policy may say at most (RFC 8461 §3.2). */
const longestMaxAgeSeconds = 31_557_600;

/** The record goes last: until every policy has expired, senders have to hear of mode none (RFC 8461 §8.3). */
function goneWish(name: DnsName, serves: Gate, seconds = longestMaxAgeSeconds): Wish {
  const why =
    seconds < longestMaxAgeSeconds
      ? 'the policies that senders hold have expired'
      : 'nobody knows for how long senders keep the policy, and a year is the most';
  return {
    ...plain,
    id: 'mtasts.gone',
    record: 'mtasts',
    title: 'Take the MTA-STS record away',
    why: 'No sender holds a policy any more, so nothing has to be announced (RFC 8461 §8.3).',
    wants: [{ kind: 'mtasts-gone', name }],
    gates: [{ kind: 'elapsed', since: 'mtasts.none', seconds, counts: 'stage', why }, serves],
    after: ['mtasts.none'],
    order: 'firm',
    notes: ['After it the policy file and its host may go, too.'],
  };
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
