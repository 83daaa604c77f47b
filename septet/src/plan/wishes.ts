/**
 * Intent and needs as wishes: the steps that a domain takes in publish order, each with the records that it wants, before
 * anybody has looked at what is there. Pure data; `make-plan.ts` compares it with what is seen.
 *
 * The order is that of the records' dependence: hosts, MX, SPF and DKIM, DMARC without enforcement, tracking, TLS-RPT,
 * MTA-STS in testing, then the ramps of DMARC and MTA-STS, and BIMI at the end.
 */
import { under, type DnsName } from '../dns/name.ts';
import type { Mx } from '../dns/rrset.ts';
import { nullMx } from '../records/mx/record.ts';
import type { SenderNeeds, SpfNeed } from '../senders/needs.ts';
import { bimiWishes, dmarcWishes, mtaStsWishes, tlsReportWishes, trackingWishes } from './wishes-policy.ts';
import type { DomainIntent } from './intent.ts';
import type { StepId } from './plan.ts';
import type { Want, Wish } from './wish.ts';

export interface WishInput {
  readonly intent: DomainIntent;
  readonly needs: readonly SenderNeeds[];
  /** Public halves of the keys that Septet keeps, as DKIM record texts by selector. */
  readonly ownKeys: ReadonlyMap<string, string>;
}

/** All steps of a domain, in publish order. */
export function wishesOf(input: WishInput): readonly Wish[] {
  const { intent } = input;
  const hosts = hostWishes(input);
  const mx = mxWishes(input, hosts);
  const firstIds = [...hosts.filter((wish) => wish.wants.every((want) => want.kind !== 'ptr')), ...mx].map(
    (wish) => wish.id,
  );
  const auth = [...recordWishes(input), ...spfWishes(input, firstIds), ...dkimWishes(input, firstIds)];
  const authIds = auth.filter((wish) => wish.record === 'spf' || wish.record === 'dkim').map((wish) => wish.id);
  const dmarc = dmarcWishes(intent, authIds);
  const monitoring = dmarc.early.map((wish) => wish.id);
  const tracking = trackingWishes(intent, monitoring);
  const tlsReports = tlsReportWishes(intent, monitoring);
  const policy = mtaStsWishes(
    intent,
    [...mx, ...tlsReports].map((wish) => wish.id),
  );
  return [
    ...hosts,
    ...mx,
    ...auth,
    ...dmarc.early,
    ...tracking,
    ...tlsReports,
    ...policy.early,
    ...dmarc.ramp,
    ...policy.enforce,
    ...tightenWishes(intent, authIds),
    ...bimiWishes(intent, dmarc.enforcing),
  ];
}

/**
 * The exchanges that are wanted; undefined: nobody said, so they stay as they are. Those of a sender that hosts mailboxes
 * count only while nothing stands: other forms of the same provider are as good.
 */
export function wantedExchanges({ intent, needs }: Pick<WishInput, 'intent' | 'needs'>): readonly Mx[] | undefined {
  if (!intent.takesMail) return [nullMx];
  return intent.mx ?? needs.find((need) => need.mx.length > 0)?.mx;
}

const none = { gates: [], after: [], order: 'soft', notes: [] } as const;

function hostWishes({ needs }: WishInput): readonly Wish[] {
  const wishes: Wish[] = [];
  for (const need of needs) {
    const own = need.records.filter((record) => record.purpose === 'host');
    if (own.length > 0) {
      wishes.push({
        ...none,
        id: `host.${need.id}`,
        record: 'host',
        title: `Addresses of ${[...new Set(own.map((record) => record.name))].join(', ')}`,
        why: own[0]?.why ?? '',
        wants: own.flatMap(wantOf),
      });
    }
    for (const host of need.hosts) {
      wishes.push({
        ...none,
        id: `host.${host.address}`,
        record: 'host',
        title: host.helo ? `Reverse name of ${host.address}: ${host.helo}` : `Reverse name of ${host.address}`,
        why: 'Gmail, Yahoo and most others refuse or defer mail from an address whose name does not lead back to it.',
        wants: [{ kind: 'ptr', address: host.address, ...(host.helo ? { helo: host.helo } : {}) }],
      });
    }
  }
  return wishes;
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
      ...none,
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

/** Return paths and proofs of ownership. */
function recordWishes({ needs }: WishInput): readonly Wish[] {
  return needs.flatMap((need) => {
    const group = (purpose: 'return-path' | 'ownership'): readonly Wish[] => {
      const records = need.records.filter((record) => record.purpose === purpose);
      if (records.length === 0) return [];
      const returns = purpose === 'return-path';
      return [
        {
          ...none,
          id: `${purpose}.${need.id}`,
          record: returns ? 'mx' : 'zone',
          title: returns ? `Return path of ${need.title}` : `Show ${need.title} that the domain is yours`,
          why: records[0]?.why ?? '',
          wants: records.flatMap(wantOf),
          notes: comparing(need),
        },
      ];
    };
    return [...group('ownership'), ...group('return-path')];
  });
}

function wantOf(record: SenderNeeds['records'][number]): readonly Want[] {
  switch (record.type) {
    case 'CNAME':
      return [{ kind: 'alias', name: record.name, target: record.target, purpose: record.purpose }];
    case 'MX':
      return [{ kind: 'mx', name: record.name, exchanges: record.exchanges, alone: true }];
    case 'TXT':
      return [
        {
          kind: 'txt',
          name: record.name,
          text: record.text,
          ...(record.replaces ? { replaces: record.replaces } : {}),
        },
      ];
    default:
      return [{ kind: 'addresses', name: record.name, type: record.type, addresses: record.addresses }];
  }
}

function spfWishes({ intent, needs }: WishInput, after: readonly StepId[]): readonly Wish[] {
  const byName = new Map<DnsName, { need: SpfNeed; from: SenderNeeds }[]>();
  for (const from of needs) {
    for (const need of from.spf) {
      const list = byName.get(need.name);
      if (list) list.push({ need, from });
      else byName.set(need.name, [{ need, from }]);
    }
  }
  if (!byName.has(intent.domain)) byName.set(intent.domain, []);
  return [...byName].map(([name, entries]): Wish => {
    const titles = [...new Set(entries.map((entry) => entry.from.title))];
    const own = name === intent.domain;
    return {
      ...none,
      id: own ? 'spf' : `spf.${name.slice(0, -intent.domain.length - 1)}`,
      record: 'spf',
      title: titles.length > 0 ? `Let ${list(titles)} send as ${name}` : `Say that nobody else sends as ${name}`,
      why: own
        ? 'Receivers ask this record whether the connecting host may use the domain as MAIL FROM.'
        : `${list(titles)} uses this name as MAIL FROM, so this record is the one that is asked.`,
      wants: [
        {
          kind: 'spf',
          name,
          needs: entries.map((entry) => entry.need),
          all: own ? intent.spf.all : entries.every((entry) => entry.need.alone) ? 'keep' : 'ramp',
          alone: !own && entries.every((entry) => entry.need.alone),
        },
      ],
      after,
    };
  });
}

function dkimWishes({ intent, needs, ownKeys }: WishInput, after: readonly StepId[]): readonly Wish[] {
  return needs.flatMap((need): readonly Wish[] => {
    if (need.dkim.length === 0) return [];
    const wants = need.dkim.map((key): Want => {
      const name = key.selector === undefined ? undefined : under(`${key.selector}._domainkey`, intent.domain);
      if (key.kind === 'missing' || name === undefined) {
        const where = key.kind === 'missing' ? key.where : `Choose a shorter selector than ${key.selector}.`;
        return { kind: 'missing', why: `The DKIM key of ${need.title} is not known.`, cure: where };
      }
      if (key.kind === 'cname') return { kind: 'alias', name, target: key.target, purpose: 'dkim' };
      if (key.kind === 'txt') return { kind: 'dkim-key', name, value: key.value, verbatim: key.verbatim };
      const value = ownKeys.get(key.selector);
      if (value !== undefined) return { kind: 'dkim-key', name, value, verbatim: false };
      return {
        kind: 'missing',
        why: `There is no key ${key.selector} for ${intent.domain} yet.`,
        cure: `Make one with: septet dkim generate ${intent.domain} --selector ${key.selector}`,
      };
    });
    return [
      {
        ...none,
        id: `dkim.${need.id}`,
        record: 'dkim',
        title: `DKIM ${wants.length === 1 ? 'key' : 'keys'} of ${need.title}`,
        why: 'Receivers check the signature of each message with this key; DMARC passes by it even when mail is forwarded.',
        wants,
        after,
        notes: comparing(need),
      },
    ];
  });
}

function tightenWishes(intent: DomainIntent, auth: readonly StepId[]): readonly Wish[] {
  if (intent.spf.all !== 'ramp') return [];
  return [
    {
      ...none,
      id: 'spf.tighten',
      record: 'spf',
      title: `End the SPF record of ${intent.domain} with -all`,
      why: 'Receivers without DMARC then refuse strangers too. Forwarded mail may be refused before DKIM is looked at (RFC 9989 §7.1).',
      wants: [{ kind: 'spf', name: intent.domain, needs: [], all: '-', alone: false }],
      gates: [{ kind: 'aligned', reports: 'dmarc', days: 14, messages: 500, share: 0.995 }],
      after: auth,
      order: 'firm',
    },
  ];
}

const comparing = (need: SenderNeeds): readonly string[] =>
  need.compareWithDashboard
    ? [`Please compare with the dashboard of ${need.title}: these values are expected, not promised.`]
    : [];

/** `A, B and C`. */
function list(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
