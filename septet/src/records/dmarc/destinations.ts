/**
 * The mailboxes that reports go to. A report leaves the organisation only when the receiving side agrees: the record
 * `<policy domain>._report._dmarc.<destination>` says `v=DMARC1` (RFC 9990 §4, RFC 7489 §7.1). A wildcard at
 * `*._report._dmarc.<destination>` answers the same question.
 */
import { type DnsName, maxNameOctets, under } from '../../dns/name.ts';
import { registrableDomain } from '../../dns/public-suffix.ts';
import type { QueryOptions } from '../../dns/resolver.ts';
import { type Answer, txtText } from '../../dns/rrset.ts';
import type { World } from '../../world/world.ts';
import { walkTree } from './discover.ts';
import { type DmarcRecord, isDmarc, parse } from './record.ts';
import type { ReportUri } from './uri.ts';
import { isWebmail } from './webmail.ts';

export interface Authorisation {
  /** Absent when the name would be longer than DNS allows. */
  readonly name?: DnsName;
  readonly outcome: 'given' | 'absent' | 'unknown' | 'name-too-long';
  /** The DMARC records found there. */
  readonly texts: readonly string[];
  /** URIs in such a record that take the place of the asked one. */
  readonly instead?: readonly ReportUri[];
  /** For an inherited policy: the name with the sub-domain in it exists, though no reader asks for it. */
  readonly misnamed?: DnsName;
}

export interface Destination {
  readonly tag: 'rua' | 'ruf';
  readonly uri: ReportUri;
  readonly host: DnsName;
  /** The host belongs to another organisation than the record: for all readers, or only for those who walk the tree. */
  readonly external?: 'all' | 'new';
  readonly webmail: boolean;
  readonly authorisation?: Authorisation;
  /** Where mail for the host goes; absent for schemes other than mailto. */
  readonly mail?: 'mx' | 'address' | 'null-mx' | 'none' | 'unknown';
}

export interface DestinationQuestion {
  readonly world: World;
  /** Where the applied record stands. */
  readonly policyDomain: DnsName;
  /** The domain that is checked. */
  readonly domain: DnsName;
  readonly options: QueryOptions | undefined;
  readonly known: (name: DnsName) => Answer<'TXT'> | undefined;
  /** Gets every further answer. */
  readonly answers: Answer[];
}

/** House limit: destinations that are looked at. Receivers need to honour two (RFC 7489 §6.2). */
const maxDestinations = 10;

/** Looks at every destination of the record; each host is asked once. */
export async function lookupDestinations(
  ask: DestinationQuestion,
  record: DmarcRecord,
): Promise<readonly Destination[]> {
  const wanted: { tag: 'rua' | 'ruf'; uri: ReportUri; host: DnsName }[] = [];
  for (const tag of ['rua', 'ruf'] as const) {
    for (const uri of record[tag] ?? []) if (uri.host !== undefined) wanted.push({ tag, uri, host: uri.host });
  }
  const hosts = new Map<DnsName, Promise<Omit<Destination, 'tag' | 'uri' | 'mail'>>>();
  const mails = new Map<DnsName, Promise<Destination['mail'] & string>>();
  return Promise.all(
    wanted.slice(0, maxDestinations).map(async ({ tag, uri, host }) => {
      let about = hosts.get(host);
      if (about === undefined) hosts.set(host, (about = lookAt(ask, host)));
      if (uri.scheme !== 'mailto') return { tag, uri, ...(await about) };
      let mail = mails.get(host);
      if (mail === undefined) mails.set(host, (mail = mailAt(ask, host)));
      const [facts, reach] = await Promise.all([about, mail]);
      return { tag, uri, ...facts, mail: reach };
    }),
  );
}

async function lookAt(ask: DestinationQuestion, host: DnsName): Promise<Omit<Destination, 'tag' | 'uri' | 'mail'>> {
  const external = await isExternal(ask, host);
  const webmail = isWebmail(host);
  if (external === undefined) return { host, webmail };
  if (webmail) return { host, external, webmail };
  return { host, external, webmail, authorisation: await authorisationAt(ask, host) };
}

/** Whether the organisational domains differ: by the list, or by a tree walk from the host. */
async function isExternal(ask: DestinationQuestion, host: DnsName): Promise<Destination['external']> {
  const { policyDomain } = ask;
  if (host === policyDomain) return undefined;
  const mine = registrableDomain(policyDomain) ?? policyDomain;
  if ((registrableDomain(host) ?? host) !== mine) return 'all';
  // Within one registered domain new readers may still see two organisations (RFC 9990 §4 step 1).
  const [there, here] = await Promise.all([walkOrganisation(ask, host), walkOrganisation(ask, policyDomain)]);
  return there !== undefined && here !== undefined && there !== here ? 'new' : undefined;
}

async function walkOrganisation(ask: DestinationQuestion, start: DnsName): Promise<DnsName | undefined> {
  const own = new Map<DnsName, Answer<'TXT'>>();
  const answers = (name: DnsName): Answer<'TXT'> | undefined => ask.known(name) ?? own.get(name);
  let result = walkTree(start, answers);
  while (result.kind === 'needs') {
    const { names } = result;
    // oxlint-disable-next-line no-await-in-loop -- one round in practice
    const got = await Promise.all(names.map((name) => ask.world.resolver.query(name, 'TXT', ask.options)));
    for (const [i, answer] of got.entries()) {
      own.set(names[i]!, answer);
      ask.answers.push(answer);
    }
    result = walkTree(start, answers);
  }
  const { organisation } = result.walk;
  return organisation.kind === 'known' ? organisation.domain : undefined;
}

/** The name of the record with which a destination agrees to get reports about a domain (RFC 9990 §4 step 3). */
export function authorisationName(policyDomain: DnsName, host: DnsName): DnsName | undefined {
  return under(`${policyDomain}._report._dmarc`, host);
}

async function authorisationAt(ask: DestinationQuestion, host: DnsName): Promise<Authorisation> {
  const name = authorisationName(ask.policyDomain, host);
  if (name === undefined) return { outcome: 'name-too-long', texts: [] };
  const answer = await ask.world.resolver.query(name, 'TXT', ask.options);
  ask.answers.push(answer);
  if (answer.kind === 'failed') return { name, outcome: 'unknown', texts: [] };
  const texts = textsOf(answer);
  if (texts.length > 0) {
    const parsed = parse(texts[0]!);
    const instead = parsed.kind === 'good' ? parsed.value.rua : undefined;
    return { name, outcome: 'given', texts, ...(instead?.length ? { instead } : {}) };
  }
  if (ask.domain === ask.policyDomain) return { name, outcome: 'absent', texts };
  const wrong = authorisationName(ask.domain, host);
  if (wrong === undefined) return { name, outcome: 'absent', texts };
  const other = await ask.world.resolver.query(wrong, 'TXT', ask.options);
  ask.answers.push(other);
  return { name, outcome: 'absent', texts, ...(textsOf(other).length > 0 ? { misnamed: wrong } : {}) };
}

function textsOf(answer: Answer<'TXT'>): readonly string[] {
  return answer.kind === 'found' ? answer.set.data.map(txtText).filter(isDmarc) : [];
}

/** RFC 5321 §5.1: the MX, else the address of the name itself; RFC 7505: a lone `0 .` refuses mail. */
async function mailAt(ask: DestinationQuestion, host: DnsName): Promise<Destination['mail'] & string> {
  const { resolver } = ask.world;
  const mx = await resolver.query(host, 'MX', ask.options);
  ask.answers.push(mx);
  if (mx.kind === 'failed') return 'unknown';
  if (mx.kind === 'found') return mx.set.data.every((entry) => entry.exchange === '') ? 'null-mx' : 'mx';
  if (mx.kind === 'nxdomain') return 'none';
  const addresses = await Promise.all([
    resolver.query(host, 'A', ask.options),
    resolver.query(host, 'AAAA', ask.options),
  ]);
  ask.answers.push(...addresses);
  if (addresses.some((answer) => answer.kind === 'found')) return 'address';
  return addresses.some((answer) => answer.kind === 'failed') ? 'unknown' : 'none';
}

/** Characters that the authorisation name would take, for the message; RFC 1035 §2.3.4 allows 253. */
export function authorisationLength(policyDomain: DnsName, host: DnsName): number {
  return `${policyDomain}._report._dmarc.${host}`.length;
}

export const maxNameCharacters = maxNameOctets - 2;
