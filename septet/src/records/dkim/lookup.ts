import type { DnsName } from '../../dns/name.ts';
import { labels, parent, under } from '../../dns/name.ts';
import { type Answer, isAbsent } from '../../dns/rrset.ts';
import type { World } from '../../world/world.ts';
import { canarySelectors } from './common-selectors.ts';
import type { SelectorCandidate } from './expectation.ts';

export interface DkimLookupOptions {
  /**
   * Whom to ask for: the configured ones, those of the senders found, `commonSelectors`. Of candidates with the same
   * selector the one with the surest origin counts.
   */
  readonly selectors: readonly SelectorCandidate[];
  /** `all` asks the common ones too; `found-only` only those that are given or belong to a profile. Default `all`. */
  readonly probe?: 'all' | 'found-only';
  /** False: where `_domainkey` does not exist, that is believed without asking two canaries. Default true. */
  readonly canaries?: boolean;
  /** Other names of the owner under which a key may have been put by mistake. Default: the parent of a sub-domain. */
  readonly relatives?: readonly DnsName[];
}

export interface SelectorSeen {
  readonly candidate: SelectorCandidate;
  readonly name: DnsName;
  readonly answer: Answer<'TXT'>;
}

/** What stands where the key of a missing selector is put by mistake: `s1.<domain>`, `s1._domainkey.<relative>`. */
export interface Stray {
  readonly candidate: SelectorCandidate;
  /** Where it should stand. */
  readonly wanted: DnsName;
  readonly answer: Answer<'TXT'>;
}

export interface DkimObservation {
  readonly domain: DnsName;
  /** `_domainkey.<domain>` TXT; absent when that name would be too long to exist. */
  readonly base?: Answer<'TXT'>;
  readonly selectors: readonly SelectorSeen[];
  readonly strays: readonly Stray[];
  /** Selectors whose name cannot exist: an empty or too long label. */
  readonly impossible: readonly SelectorCandidate[];
  /** What a selector answers that nobody has chosen; absent when nothing stands below `_domainkey`. */
  readonly random?: Answer<'TXT'>;
  readonly delegation?: Answer<'NS'>;
  /** `_adsp._domainkey.<domain>`. */
  readonly adsp?: Answer<'TXT'>;
  readonly answers: readonly Answer[];
}

const maxRelatives = 4; // house
const maxProfileStrays = 2; // house: a profile's selector is only a guess, so few names are asked for it

/**
 * Asks for the keys of a domain.
 *
 * `_domainkey` comes first: where it does not exist, nothing exists below (RFC 8020), so only the given selectors are
 * asked and two canaries, which show a server that denies a name although others stand below it.
 */
export async function lookupDkim(world: World, domain: DnsName, options: DkimLookupOptions): Promise<DkimObservation> {
  const baseName = under('_domainkey', domain);
  const impossible: SelectorCandidate[] = [];
  if (baseName === undefined)
    return { domain, selectors: [], strays: [], impossible: [...options.selectors], answers: [] };
  // Names of the common selectors are made only where something stands below `_domainkey`.
  const named: Named[] = [];
  const likely = merged(options.selectors.filter(({ origin }) => origin !== 'common'));
  const common = (): readonly SelectorCandidate[] =>
    options.probe === 'found-only'
      ? []
      : [...merged(options.selectors.filter(({ origin }) => origin === 'common'))].flatMap(([key, candidate]) =>
          likely.has(key) ? [] : [candidate],
        );
  for (const candidate of likely.values()) {
    const name = under(candidate.selector, baseName);
    if (name !== undefined && candidate.selector !== '') named.push({ candidate, name });
    else if (candidate.origin === 'given') impossible.push(candidate);
  }
  const nameAll = (candidates: readonly SelectorCandidate[]): readonly Named[] =>
    candidates.flatMap((candidate) => {
      const name = under(candidate.selector, baseName);
      return name === undefined || candidate.selector === '' ? [] : [{ candidate, name }];
    });
  const { resolver } = world;
  const ask = async ({ candidate, name }: Named): Promise<SelectorSeen> => {
    return { candidate, name, answer: await resolver.query(name, 'TXT') };
  };

  const given = named.filter(({ candidate }) => candidate.origin === 'given');
  const profiled = named.filter(({ candidate }) => candidate.origin === 'profile');
  const [base, ...seen] = await Promise.all([resolver.query(baseName, 'TXT'), ...given.map(ask)]);
  const answers: Answer[] = [base, ...seen.map(({ answer }) => answer)];

  let wider: { random?: Answer<'TXT'>; delegation?: Answer<'NS'>; adsp?: Answer<'TXT'> } = {};
  let sungBy: readonly Named[] = [];
  let exists = base.chain.length > 0 || base.kind === 'found' || (base.kind === 'nodata' && !base.nxname);
  if (!exists && options.canaries !== false) {
    const canaries = [
      ...profiled,
      ...nameAll(common().filter(({ selector }) => canarySelectors.includes(selector))),
    ].filter(({ candidate }) => canarySelectors.includes(candidate.selector));
    const sung = await Promise.all(canaries.map(ask));
    seen.push(...sung);
    answers.push(...sung.map(({ answer }) => answer));
    exists = seen.some(({ answer }) => answer.kind === 'found' || answer.chain.length > 0);
    sungBy = canaries;
  }
  if (exists) {
    const label = `septet-${hex(world.randomBytes(6))}`;
    const [random, delegation, adsp] = await Promise.all([
      ask0(world, label, baseName),
      resolver.query(baseName, 'NS'),
      ask0(world, '_adsp', baseName),
    ]);
    wider = { delegation, ...(random ? { random } : {}), ...(adsp ? { adsp } : {}) };
    answers.push(delegation, ...(random ? [random] : []), ...(adsp ? [adsp] : []));
    // A wildcard above that answers for `_domainkey` itself proves that no name stands below it (RFC 4592 §2.2.2).
    if (!(random && base.kind === 'found' && sameAnswer(base, random))) {
      const sung = new Set(sungBy.map(({ name }) => name));
      const rest = [...profiled, ...nameAll(common())].filter(({ name }) => !sung.has(name));
      const more = await Promise.all(rest.map(ask));
      seen.push(...more);
      answers.push(...more.map(({ answer }) => answer));
    }
  }

  const strays = await lookForStrays(world, domain, options, missing(named, seen, exists));
  answers.push(...strays.map(({ answer }) => answer));
  return { domain, base, selectors: seen, strays, impossible, ...wider, answers };
}

/** Whether two answers hold the same aliases and texts, wherever they were asked. */
export function sameAnswer(one: Answer<'TXT'>, other: Answer<'TXT'>): boolean {
  if (one.kind !== other.kind || one.chain.length !== other.chain.length) return false;
  if (one.chain.some((hop, i) => hop.target !== other.chain[i]?.target)) return false;
  if (one.kind !== 'found' || other.kind !== 'found') return true;
  return JSON.stringify(one.set.data) === JSON.stringify(other.set.data);
}

interface Named {
  readonly candidate: SelectorCandidate;
  readonly name: DnsName;
}

const rank = { given: 0, profile: 1, common: 2 } as const;

/** One candidate for each selector, by the selector in lower case. */
function merged(candidates: readonly SelectorCandidate[]): ReadonlyMap<string, SelectorCandidate> {
  const best = new Map<string, SelectorCandidate>();
  for (const candidate of candidates) {
    const key = candidate.selector.toLowerCase();
    const before = best.get(key);
    if (!before) best.set(key, candidate);
    else {
      const surer = rank[candidate.origin] < rank[before.origin] ? candidate : before;
      const other = surer === candidate ? before : candidate;
      // What the profile knows about a given selector is kept.
      best.set(key, surer.expect || !other.expect ? surer : withExpectation(surer, other));
    }
  }
  return best;
}

function withExpectation(surer: SelectorCandidate, other: SelectorCandidate): SelectorCandidate {
  return {
    ...surer,
    ...(other.expect ? { expect: other.expect } : {}),
    ...(other.group ? { group: other.group } : {}),
  };
}

async function ask0(world: World, label: string, baseName: DnsName): Promise<Answer<'TXT'> | undefined> {
  const name = under(label, baseName);
  return name === undefined ? undefined : world.resolver.query(name, 'TXT');
}

/** The given selectors and the profiles' that the world says are not there. */
function missing(named: readonly Named[], seen: readonly SelectorSeen[], exists: boolean): readonly Named[] {
  const answers = new Map(seen.map(({ name, answer }) => [name, answer]));
  return named.filter(({ candidate, name }) => {
    if (candidate.origin === 'common') return false;
    const answer = answers.get(name);
    return answer ? isAbsent(answer) && answer.chain.length === 0 : !exists;
  });
}

/** Looks where a missing key may have been put instead. */
async function lookForStrays(
  world: World,
  domain: DnsName,
  options: DkimLookupOptions,
  missing: readonly Named[],
): Promise<readonly Stray[]> {
  const relatives = (options.relatives ?? (labels(domain).length > 2 ? [parent(domain)] : []))
    .filter((name) => name !== domain)
    .slice(0, maxRelatives);
  const questions: Promise<Stray>[] = [];
  const ask = (candidate: SelectorCandidate, wanted: DnsName, name: DnsName | undefined): void => {
    if (name === undefined) return;
    questions.push(world.resolver.query(name, 'TXT').then((answer) => ({ candidate, wanted, answer })));
  };
  let profiles = 0;
  for (const { candidate, name } of missing) {
    if (candidate.origin === 'given') {
      for (const relative of relatives) ask(candidate, name, under(`${candidate.selector}._domainkey`, relative));
    } else if (profiles++ >= maxProfileStrays) continue;
    ask(candidate, name, under(candidate.selector, domain));
  }
  return Promise.all(questions);
}

function hex(bytes: Uint8Array): string {
  let text = '';
  for (const octet of bytes) text += octet.toString(16).padStart(2, '0');
  return text;
}
