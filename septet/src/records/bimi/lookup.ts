/** Finds the BIMI record of a domain as a reader would, and fetches what it points to. */
import type { DnsName } from '../../dns/name.ts';
import { under } from '../../dns/name.ts';
import type { Answer } from '../../dns/rrset.ts';
import { txtText } from '../../dns/rrset.ts';
import type { FetchFailure, FetchLimits, World } from '../../world/world.ts';
import { crlAddresses, readEvidence } from './certificate.ts';
import { isBimi, isDeclined, localPartSelector, parse } from './record.ts';

/** Room for a logo that is too large, so that its size can be told; BIMI allows 32 KB. */
const logoLimits: FetchLimits = { maxOctets: 1024 * 1024, timeoutMs: 10_000, maxRedirects: 3 };
const evidenceLimits: FetchLimits = { maxOctets: 256 * 1024, timeoutMs: 10_000, maxRedirects: 3 };
const crlLimits: FetchLimits = { maxOctets: 4 * 1024 * 1024, timeoutMs: 10_000, maxRedirects: 3 };
const maxCrlAddresses = 2;

export interface BimiLookupOptions {
  /** From the BIMI-Selector header of a message; `default` without one. */
  readonly selector?: string;
  /** The organisational domain, asked when the domain itself has no record. */
  readonly orgDomain?: DnsName;
  /** The local part of the author's address, for records with `lps=`. */
  readonly localPart?: string;
  /** Look for the record in wrong places when there is none: five more questions. Default: no. */
  readonly probe?: boolean;
}

/** What came over HTTPS. `body` is base64. */
export type Fetched =
  | { readonly kind: 'not-needed' }
  /** Offline: there was nobody to fetch it. */
  | { readonly kind: 'not-fetched'; readonly url: string }
  | {
      readonly kind: 'response';
      readonly url: string;
      readonly redirects: readonly string[];
      readonly status: number;
      readonly contentType: string;
      readonly body: string;
      readonly elapsedMs: number;
      /** `TLSv1.3` and so on; absent for plain http. */
      readonly protocol?: string;
    }
  | {
      readonly kind: 'failed';
      readonly url: string;
      readonly redirects: readonly string[];
      readonly reason: FetchFailure;
      readonly detail: string;
    };

export interface BimiObservation {
  readonly domain: DnsName;
  readonly orgDomain: DnsName;
  readonly selector: string;
  readonly answers: readonly Answer[];
  /** Absent when the name would be too long to exist. */
  readonly author: Answer<'TXT'> | undefined;
  /** Asked only where the author domain has no record and is not the organisational domain itself. */
  readonly organisational: Answer<'TXT'> | undefined;
  readonly localPart: string | undefined;
  /** The answer for the selector that the local part gives, where the record asks for it. */
  readonly local: Answer<'TXT'> | undefined;
  readonly logo: Fetched;
  readonly evidence: Fetched;
  /** The revocation lists that the certificate names. */
  readonly crls: readonly Fetched[];
  /** Answers from places where no reader looks; asked only when no record was found. */
  readonly strays: readonly Answer<'TXT'>[];
}

/** Asks one or two questions where there is no record. Never rejects for an outcome of the network. */
export async function lookupBimi(
  world: World,
  domain: DnsName,
  options: BimiLookupOptions = {},
): Promise<BimiObservation> {
  const { selector = 'default', orgDomain = domain, localPart, probe = false } = options;
  const answers: Answer[] = [];
  const ask = async (name: DnsName | undefined): Promise<Answer<'TXT'> | undefined> => {
    if (name === undefined) return undefined;
    const answer = world.resolver.peek?.(name, 'TXT') ?? (await world.resolver.query(name, 'TXT'));
    answers.push(answer);
    return answer;
  };
  const author = await ask(under(`${selector}._bimi`, domain));
  const askParent = domain !== orgDomain && (author === undefined || (author.kind !== 'failed' && !holdsBimi(author)));
  const organisational = askParent ? await ask(under(`${selector}._bimi`, orgDomain)) : undefined;
  const seen = { domain, orgDomain, selector, answers, author, organisational, localPart };
  const nothing = { local: undefined, logo: notNeeded, evidence: notNeeded, crls: [], strays: [] };

  const at =
    author && holdsBimi(author) ? author : organisational && holdsBimi(organisational) ? organisational : undefined;
  if (!at) {
    const failed = author?.kind === 'failed' || organisational?.kind === 'failed';
    if (!probe || failed) return { ...seen, ...nothing };
    const strays: Answer<'TXT'>[] = [];
    for (const answer of await Promise.all(wrongPlaces(selector, domain).map(ask))) if (answer) strays.push(answer);
    return { ...seen, ...nothing, strays };
  }
  const parsed = parseOnly(at);
  if (!parsed) return { ...seen, ...nothing };
  const owner = at === author ? domain : orgDomain;
  const localSelector = localPart === undefined ? undefined : localPartSelector(parsed, localPart);
  const local =
    localSelector === undefined || localSelector === selector
      ? undefined
      : await ask(under(`${localSelector}._bimi`, owner));
  const record = (local && parseOnly(local)) ?? parsed;
  if (isDeclined(record)) return { ...seen, ...nothing, local };
  const [logo, evidence] = await Promise.all([
    fetchOne(world, record.location, logoLimits),
    fetchOne(world, record.evidence, evidenceLimits),
  ]);
  const crls = await fetchCrls(world, evidence);
  return { ...seen, local, logo, evidence, crls, strays: [] };
}

const notNeeded: Fetched = { kind: 'not-needed' };

/** The places where people put the record by mistake. */
function wrongPlaces(selector: string, domain: DnsName): readonly (DnsName | undefined)[] {
  return [
    domain,
    under('_bimi', domain),
    under('bimi', domain),
    under(`_bimi.${selector}`, domain),
    under(`${selector}.bimi`, domain),
  ];
}

export function bimiTexts(answer: Answer<'TXT'>): readonly string[] {
  return answer.kind === 'found' ? answer.set.data.map(txtText).filter(isBimi) : [];
}

/** Whether a reader would take a record from the answer, one or (wrongly) several. */
export function holdsBimi(answer: Answer<'TXT'>): boolean {
  return answer.kind === 'found' && answer.set.data.some((txt) => isBimi(txtText(txt)));
}

function parseOnly(answer: Answer<'TXT'>) {
  const texts = bimiTexts(answer);
  const parsed = texts.length === 1 ? parse(texts[0] ?? '') : undefined;
  return parsed?.kind === 'good' ? parsed.value : undefined;
}

async function fetchOne(world: World, url: string, limits: FetchLimits): Promise<Fetched> {
  if (url === '') return notNeeded;
  if (!world.fetch) return { kind: 'not-fetched', url };
  const outcome = await world.fetch(url, limits);
  if (outcome.kind === 'failed') {
    const { redirects, reason, detail } = outcome;
    return { kind: 'failed', url, redirects, reason, detail };
  }
  return {
    kind: 'response',
    url,
    redirects: outcome.redirects,
    status: outcome.status,
    contentType: outcome.headers['content-type'] ?? '',
    body: Buffer.from(outcome.body).toString('base64'),
    elapsedMs: outcome.elapsedMs,
    ...(outcome.tls ? { protocol: outcome.tls.protocol } : {}),
  };
}

async function fetchCrls(world: World, evidence: Fetched): Promise<readonly Fetched[]> {
  if (evidence.kind !== 'response' || evidence.status !== 200) return [];
  const document = readEvidence(Buffer.from(evidence.body, 'base64'));
  const addresses = crlAddresses(document).slice(0, maxCrlAddresses);
  return Promise.all(addresses.map((url) => fetchOne(world, url, crlLimits)));
}
