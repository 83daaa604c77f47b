/** The wishes that follow from who sends: hosts, return paths, proofs of ownership, SPF, DKIM, links of a service. */
import { relativeTo, under, type DnsName } from '../dns/name.ts';
import type { NeedPurpose, SenderNeeds, SpfNeed } from '../senders/needs.ts';
import type { DomainIntent } from './intent.ts';
import type { StepId } from './plan.ts';
import { plain, type Want, type Wish } from './wish.ts';

/** Addresses of the senders' own hosts, and their reverse names; an address that two senders share is asked for once. */
export function hostWishes(needs: readonly SenderNeeds[]): readonly Wish[] {
  const wishes: Wish[] = [];
  for (const need of needs) {
    const own = need.records.filter((record) => record.purpose === 'host');
    if (own.length > 0) {
      wishes.push({
        ...plain,
        id: `host.${need.id}`,
        record: 'host',
        title: `Addresses of ${[...new Set(own.map((record) => record.name))].join(', ')}`,
        why: sentence(own[0]?.why ?? ''),
        wants: own.flatMap(wantOf),
      });
    }
    for (const host of need.hosts) {
      if (wishes.some((wish) => wish.id === `host.${host.address}`)) continue;
      wishes.push({
        ...plain,
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

const recordSteps = {
  ownership: { record: 'zone', title: (service: string) => `Show ${service} that the domain is yours` },
  'return-path': { record: 'mx', title: (service: string) => `Return path of ${service}` },
  tracking: { record: 'tracking', title: (service: string) => `Links of ${service} carry your name` },
} as const;

function recordWish(need: SenderNeeds, purpose: keyof typeof recordSteps, after: readonly StepId[]): readonly Wish[] {
  const records = need.records.filter((record) => record.purpose === (purpose satisfies NeedPurpose));
  const [first] = records;
  if (!first) return [];
  const { record, title } = recordSteps[purpose];
  const wants = records.flatMap(wantOf);
  return [
    { ...plain, id: `${purpose}.${need.id}`, record, title: title(need.title), why: sentence(first.why), wants, after },
  ];
}

/** Proofs of ownership and return paths. */
export const recordWishes = (needs: readonly SenderNeeds[], after: readonly StepId[]): readonly Wish[] =>
  needs.flatMap((need) => [...recordWish(need, 'ownership', []), ...recordWish(need, 'return-path', after)]);

/** Hosts for the links of sending services. */
export const senderTrackingWishes = (needs: readonly SenderNeeds[], after: readonly StepId[]): readonly Wish[] =>
  needs.flatMap((need) => recordWish(need, 'tracking', after));

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

export function spfWishes(
  intent: DomainIntent,
  needs: readonly SenderNeeds[],
  after: readonly StepId[],
): readonly Wish[] {
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
      ...plain,
      id: own ? 'spf' : `spf.${relativeTo(name, intent.domain) ?? name}`,
      record: 'spf',
      title: titles.length > 0 ? `Let ${list(titles)} send as ${name}` : `Say who may send as ${name}`,
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

interface DkimInput {
  readonly intent: DomainIntent;
  readonly needs: readonly SenderNeeds[];
  readonly ownKeys: ReadonlyMap<string, string>;
  readonly rotations?: ReadonlyMap<string, string>;
}

export function dkimWishes(input: DkimInput, after: readonly StepId[]): readonly Wish[] {
  const { intent, needs, ownKeys, rotations = new Map<string, string>() } = input;
  const named = new Set<string>();
  const rotated = (selector: string, name: DnsName): Want | undefined => {
    const value = rotations.get(selector);
    if (value !== undefined) named.add(selector);
    return value === undefined ? undefined : { kind: 'dkim-key', name, value, verbatim: false, rotation: true };
  };
  const wishes = needs.flatMap((need): readonly Wish[] => {
    if (need.dkim.length === 0) return [];
    const wants = need.dkim.map((key): Want => {
      const signer = 'domain' in key ? (key.domain ?? intent.domain) : intent.domain;
      const name = key.selector === undefined ? undefined : under(`${key.selector}._domainkey`, signer);
      if (key.kind === 'missing' || name === undefined) {
        const where = key.kind === 'missing' ? key.where : `Choose a shorter selector than ${key.selector}.`;
        return { kind: 'missing', why: `The DKIM key of ${need.title} is not known.`, cure: where };
      }
      const turning = signer === intent.domain ? rotated(key.selector, name) : undefined;
      if (turning) return turning;
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
        ...plain,
        id: `dkim.${need.id}`,
        record: 'dkim',
        title: `DKIM ${wants.length === 1 ? 'key' : 'keys'} of ${need.title}`,
        why: 'Receivers check the signature of each message with this key; DMARC passes by it even when mail is forwarded.',
        wants,
        after,
      },
    ];
  });
  const others = [...rotations.keys()].flatMap((selector): readonly Want[] => {
    const name = named.has(selector) ? undefined : under(`${selector}._domainkey`, intent.domain);
    const want = name === undefined ? undefined : rotated(selector, name);
    return want ? [want] : [];
  });
  if (others.length === 0) return wishes;
  const rotation: Wish = {
    ...plain,
    id: 'dkim.rotation',
    record: 'dkim',
    title: others.length === 1 ? 'DKIM key of a rotation' : 'DKIM keys of a rotation',
    why: 'The new key stands before anybody signs with it; the old one goes when no message on its way needs it.',
    wants: others,
    after,
  };
  return [...wishes, rotation];
}

/** The words of a profile as a sentence. */
const sentence = (words: string): string =>
  `${words.slice(0, 1).toUpperCase()}${words.slice(1)}${/[.?]$/.test(words) || words === '' ? '' : '.'}`;

/** `A, B and C`. */
function list(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
