/** What a look at a domain was answered, as observations: who said what of which record. Pure. */
import { liveOf, membersOf } from '../../change/change.ts';
import { absolute, isAtOrBelow, isBelow, parseName, under, type DnsName } from '../../dns/name.ts';
import { txtText, type Answer, type RrType } from '../../dns/rrset.ts';
import { policyUrl } from '../../records/mtasts/lookup.ts';
import type { Observation } from '../../store/store.ts';
import type { Recording } from '../../world/recording.ts';
import { isWatchedType, type WatchedRecord } from './places.ts';

export interface LookSeen {
  readonly domain: DnsName;
  /** Everything that was answered: `recordingWorld` has noted it. */
  readonly recording: Pick<Recording, 'now' | 'dns' | 'asked' | 'fetched'>;
  readonly watched: readonly WatchedRecord[];
  /** The last known state at each place. */
  readonly known: readonly Observation[];
}

const maxPolicyLines = 60; // house: what is kept of a page
const maxLineLength = 300;

export function observationsOf({ domain, recording, watched, known }: LookSeen): readonly Observation[] {
  const all = new Map<string, Observation>();
  const before = new Set(known.map(placeOf));
  const wanted = new Set(watched.map(({ name, type }) => `${type} ${name}`));
  const add = (one: Omit<Observation, 'domain' | 'at'>): void => {
    const observation: Observation = { domain, at: recording.now, ...one };
    // What could be told stands; a second failure adds nothing.
    if (observation.state !== 'unknown' || !all.has(placeOf(observation))) all.set(placeOf(observation), observation);
  };
  const addAnswer = (name: DnsName, type: RrType, seenFrom: string, answer: Answer): void => {
    if (!isWatchedType(type)) return;
    const here = { name, type, seenFrom };
    const isKnown = (other: string): boolean => before.has(placeOf({ ...here, type: other }));
    const cared = wanted.has(`${type} ${name}`) || isKnown(type);
    const live = liveOf(type, answer);
    if (live.kind === 'present') {
      if (cared || isOwnKey(domain, name, type)) {
        add({ ...here, state: 'present', data: membersOf(live.set), ttlSeconds: live.set.ttlSeconds });
      } else if (type === 'TXT' && !isAtOrBelow(name, domain)) addInclude(here, answer);
      if (isKnown('CNAME') && type !== 'CNAME') add({ ...here, type: 'CNAME', state: 'absent', data: [] });
    } else if (live.kind === 'alias') {
      const target = { state: 'present' as const, data: [absolute(live.target)], ttlSeconds: live.ttlSeconds };
      if (cared || isKnown('CNAME') || isOwnKey(domain, name, type)) add({ ...here, type: 'CNAME', ...target });
      if (isKnown(type)) add({ ...here, state: 'absent', data: [] });
    } else if (cared) {
      add({ ...here, state: live.kind, data: [] });
      if (live.kind === 'absent' && isKnown('CNAME')) add({ ...here, type: 'CNAME', state: 'absent', data: [] });
    }
  };
  /** Policies of others that the domain's own SPF record leads to. */
  const addInclude = (here: { name: DnsName; type: string; seenFrom: string }, answer: Answer): void => {
    if (answer.kind !== 'found') return;
    const texts = (answer as Extract<Answer<'TXT'>, { kind: 'found' }>).set.data.map(txtText);
    const policies = texts.filter((text) => /^v=spf1( |$)/i.test(text));
    if (policies.length > 0)
      add({ ...here, state: 'present', data: policies.toSorted(), ttlSeconds: answer.set.ttlSeconds });
  };
  for (const { question, answer } of recording.dns) {
    const [, type, name] = question.split(' ');
    if (question.endsWith(' DO') || type === undefined || name === undefined) continue;
    const server = answer.server.startsWith('zone ') ? answer.server : `resolver ${answer.server}`;
    addAnswer(nameOf(name), type as RrType, server, answer);
  }
  for (const { question, answers } of recording.asked) {
    const [, type, name] = question.split(' ');
    if (type === undefined || name === undefined) continue;
    for (const { server, address, answer } of answers) {
      const place = server === '' ? `authoritative ${address}` : `authoritative ${server} (${address})`;
      addAnswer(nameOf(name), type as RrType, place, answer);
    }
  }
  for (const one of pagesOf(domain, recording)) add(one);
  return [...all.values()];
}

const placeOf = ({ name, type, seenFrom }: Pick<Observation, 'name' | 'type' | 'seenFrom'>): string =>
  JSON.stringify([name, type, seenFrom]);

/** A name of a recording is one that was parsed once. */
const nameOf = (text: string): DnsName => {
  const parsed = parseName(text);
  return parsed.ok ? parsed.name : (text as DnsName);
};

/** Keys that were found count from the first look on, whoever published them. */
function isOwnKey(domain: DnsName, name: DnsName, type: string): boolean {
  const top = under('_domainkey', domain);
  return top !== undefined && isBelow(name, top) && (type === 'TXT' || type === 'CNAME');
}

/** The MTA-STS policy, and the certificates of the domain's own web servers without their dates: a renewal is no change. */
function pagesOf(domain: DnsName, { fetched }: LookSeen['recording']): readonly Omit<Observation, 'domain' | 'at'>[] {
  const found: Omit<Observation, 'domain' | 'at'>[] = [];
  for (const { outcome } of fetched) {
    if (!URL.canParse(outcome.url)) continue;
    const { hostname, protocol, origin } = new URL(outcome.url);
    const host = parseName(hostname);
    if (!host.ok || protocol !== 'https:' || !isAtOrBelow(host.name, domain)) continue;
    const certificate = outcome.tls?.certificate;
    if (certificate) {
      const names = certificate.names.map((name) => `name ${name}`).toSorted();
      const data = [`issuer ${certificate.issuer}`.slice(0, maxLineLength), ...names.slice(0, maxPolicyLines)];
      found.push({ name: host.name, type: 'CERT', seenFrom: `${origin}/`, state: 'present', data });
    }
    if (outcome.url !== policyUrl(domain)) continue;
    const page = { name: host.name, type: 'HTTPS', seenFrom: outcome.url };
    if (outcome.kind === 'response' && outcome.status === 200) {
      const lines = Buffer.from(outcome.body, 'base64').toString('latin1').split(/\r?\n/);
      const kept = lines.filter((line) => line !== '').map((line) => line.slice(0, maxLineLength));
      found.push({ ...page, state: 'present', data: kept.toSorted().slice(0, maxPolicyLines) });
    } else {
      const gone = outcome.kind === 'response' && (outcome.status === 404 || outcome.status === 410);
      found.push({ ...page, state: gone ? 'absent' : 'unknown', data: [] });
    }
  }
  return found;
}
