/** What a domain has already, collected for `septet init`. What could not be told is kept apart from what is not there. */
import { gather, trackingVendorOf, type Seen } from '../../audit/gather.ts';
import { ancestor, labels, under, type DnsName } from '../../dns/name.ts';
import { registrableDomain } from '../../dns/public-suffix.ts';
import { dataOf, txtText, type Answer, type RrType } from '../../dns/rrset.ts';
import type { MtaStsIntent } from '../../plan/intent.ts';
import { bimiTexts } from '../../records/bimi/lookup.ts';
import { parse as parseBimi } from '../../records/bimi/record.ts';
import { isPolicy, type Policy } from '../../records/dmarc/record.ts';
import { parsePolicy } from '../../records/mtasts/policy.ts';
import { parse as parseMtaSts } from '../../records/mtasts/record.ts';
import { spfTree, type TreeNode } from '../../records/spf/tree.ts';
import { parse as parseTlsRpt } from '../../records/tlsrpt/record.ts';
import { probeTracking } from '../../records/tracking/lookup.ts';
import { profiles } from '../../senders/profiles.ts';
import {
  settingsOf,
  type SeenForInit,
  type SeenMailFrom,
  type SeenSelector,
  type SettingsOf,
} from '../../senders/settings-of.ts';
import type { Mx } from '../../dns/rrset.ts';
import type { World } from '../../world/world.ts';

export interface SeenDomain {
  readonly domain: DnsName;
  /** The zone that holds the domain, and its servers; absent when nobody could tell. */
  readonly zone?: { readonly name: DnsName; readonly servers: readonly DnsName[] };
  /** Absent without an MX of its own; empty for the null MX (RFC 7505). */
  readonly mx?: readonly Mx[];
  readonly spf: readonly string[];
  readonly dkim: readonly SeenSelector[];
  readonly senders: SettingsOf;
  readonly dmarc?: {
    readonly text: string;
    readonly p: Policy | undefined;
    readonly sp: Policy | undefined;
    readonly np: Policy | undefined;
    readonly testing: boolean;
    readonly reports: readonly string[];
    readonly failureReports: readonly string[];
  };
  readonly tlsReports: readonly string[];
  /** `unknown`: announced, and the policy could not be fetched or read. */
  readonly mtaSts?: MtaStsIntent['mode'] | 'unknown';
  readonly bimi?: { readonly logo: string; readonly certificate?: string };
  readonly tracking?: { readonly host: DnsName; readonly target: DnsName; readonly vendor: string };
  /** What could not be looked up. */
  readonly untold: readonly Untold[];
  /** Nothing at all was answered. */
  readonly silent: boolean;
}

export interface Untold {
  readonly record: 'mx' | 'spf' | 'dkim' | 'dmarc' | 'tlsrpt' | 'mtasts' | 'bimi' | 'ns' | 'mailfrom' | 'tracking';
  /** For a person: `TLS reports`. */
  readonly title: string;
  readonly reason: string;
}

const records = ['mx', 'spf', 'dkim', 'dmarc', 'mtasts', 'tlsrpt', 'bimi'] as const;

/** Labels that senders use as MAIL FROM: those of the profiles, and habits. */
const mailFromLabels: readonly string[] = [
  ...new Set([
    ...profiles.flatMap(({ returnPath }) => returnPath?.label ?? []),
    'bounce',
    'bounces',
    'return',
    'rp',
    'em',
    'mg',
    'mail',
    'news',
  ]),
];

/** Asks for everything that `init` starts from. Never rejects for a DNS outcome. */
export async function seeDomain(world: World, domain: DnsName): Promise<SeenDomain> {
  const [seen, zone, mailFrom, tracked] = await Promise.all([
    gather(world, domain, { depth: 'bulk', only: new Set(records) }),
    zoneOf(world, domain),
    mailFromOf(world, domain),
    probeTracking(world, domain, trackingVendorOf),
  ]);
  const own = seen.spf?.nodes[0];
  const texts = own ? dataOf(own).map(txtText) : [];
  const spf = texts.filter(isSpf).flatMap(termsOf);
  const dkim = selectorsOf(seen);
  const mx = seen.mx?.mx.kind === 'found' ? seen.mx.mx.set.data : undefined;
  const exchanges = (mx ?? []).filter(({ exchange }) => exchange !== '');
  const forInit: SeenForInit = {
    domain,
    mx: exchanges.map(({ exchange }) => exchange),
    spf,
    spfBehind: seen.spf ? passedOn(spfTree(seen.spf).root) : [],
    txt: texts.filter((text) => !isSpf(text)),
    dkim,
    mailFrom: mailFrom.seen,
  };
  const tracking = tracked.found[0];
  const notTold = tracked.answers.filter(({ kind }) => kind === 'failed');
  const untold = untoldOf(seen, [
    ['ns', 'name servers', zone.failed],
    ['mailfrom', titleOf('names for bounces', mailFrom.failed), mailFrom.failed[0]],
    ['tracking', titleOf('tracking', notTold), notTold[0]],
  ]);
  const asked = [seen.mx?.mx, own, seen.dmarc?.discovery.walk.levels[0]];
  return {
    domain,
    ...(zone.found ? { zone: zone.found } : {}),
    ...(mx ? { mx: exchanges } : {}),
    spf,
    dkim,
    senders: settingsOf(forInit),
    ...dmarcOf(seen),
    tlsReports: tlsReportsOf(seen),
    ...mtaStsOf(seen),
    ...bimiOf(seen),
    ...(tracking ? { tracking } : {}),
    untold,
    silent: asked.every((one) => one === undefined || ('kind' in one ? one.kind : one.outcome) === 'failed'),
  };
}

const isSpf = (text: string): boolean => /^v=spf1(?: |$)/i.test(text);
const termsOf = (text: string): readonly string[] =>
  text
    .split(/ +/)
    .slice(1)
    .filter((term) => term !== '');

/** Records by which somebody passes: where includes lead that let pass, and redirections. */
const passedOn = ({ terms }: TreeNode): readonly DnsName[] =>
  terms.flatMap(({ nested }) => (nested?.authorises ? [nested.domain, ...passedOn(nested)] : []));

/** Selectors that hold a key or lead to one; what a wildcard answers is not one of them. */
function selectorsOf({ dkim }: Seen): readonly SeenSelector[] {
  const anywhere = dkim?.random && shapeOf(dkim.random);
  const found: SeenSelector[] = [];
  for (const { candidate, answer } of dkim?.selectors ?? []) {
    const hop = answer.chain[0];
    if (anywhere !== undefined && anywhere !== '' && shapeOf(answer) === anywhere) continue;
    const { selector } = candidate;
    if (hop) found.push({ selector, target: hop.target });
    else for (const txt of dataOf(answer).slice(0, 1)) found.push({ selector, text: txtText(txt) });
  }
  return found;
}

/** What an answer holds, to tell a wildcard by. */
function shapeOf(answer: Answer<'TXT'>): string {
  return [...answer.chain.map((hop) => hop.target), ...dataOf(answer).map(txtText)].join('\n');
}

interface Found<T> {
  readonly found?: T;
  readonly failed?: Answer;
}

/** The zone of a domain by its NS records, from the domain up to where it was registered. */
async function zoneOf(
  world: World,
  domain: DnsName,
): Promise<Found<{ readonly name: DnsName; readonly servers: readonly DnsName[] }>> {
  const top = labels(registrableDomain(domain, { icannOnly: true }) ?? domain).length;
  const all = labels(domain).length;
  const names = Array.from({ length: all - top + 1 }, (_, up) => ancestor(domain, all - up));
  const answers = await Promise.all(names.map((name) => world.resolver.query(name, 'NS')));
  for (const answer of answers) {
    if (answer.kind === 'failed') return { failed: answer };
    if (answer.kind === 'found' && answer.chain.length === 0)
      return { found: { name: answer.name, servers: answer.set.data } };
  }
  return {};
}

/** Names below the domain with what a MAIL FROM has: SPF and MX of its own, or an alias to a name that has them. */
async function mailFromOf(
  world: World,
  domain: DnsName,
): Promise<{ readonly seen: readonly SeenMailFrom[]; readonly failed: readonly Answer[] }> {
  const ask = async (name: DnsName) => {
    const [mx, txt] = await Promise.all([world.resolver.query(name, 'MX'), world.resolver.query(name, 'TXT')]);
    return { name, mx, txt };
  };
  const random = `septet-${Buffer.from(world.randomBytes(6)).toString('hex')}`;
  const names = [random, ...mailFromLabels].flatMap((label) => under(label, domain) ?? []);
  const [anywhere, ...asked] = await Promise.all(names.map(ask));
  const wildcard = anywhere ? `${aliasOf(anywhere.mx)} ${JSON.stringify(dataOf(anywhere.mx))}` : '';
  const seen: SeenMailFrom[] = [];
  const failed: Answer[] = [];
  for (const { name, mx, txt } of asked) {
    failed.push(...[mx, txt].filter(({ kind }) => kind === 'failed'));
    const alias = aliasOf(mx) ?? aliasOf(txt);
    const spf = dataOf(txt).map(txtText).filter(isSpf).flatMap(termsOf);
    const isWild = anywhere?.mx.kind === 'found' && `${aliasOf(mx)} ${JSON.stringify(dataOf(mx))}` === wildcard;
    if (dataOf(mx).length === 0 || (spf.length === 0 && alias === undefined) || isWild) continue;
    seen.push({ name, ...(alias === undefined ? {} : { alias }), mx: dataOf(mx), spf });
  }
  return { seen, failed };
}

const aliasOf = (answer: Answer<RrType>): DnsName | undefined => answer.chain[0]?.target;

function dmarcOf({ domain, dmarc }: Seen): Pick<SeenDomain, 'dmarc'> {
  const level = dmarc?.discovery.walk.levels.find((one) => one.domain === domain);
  const { record } = level ?? {};
  if (!record) return {};
  const policy = (tag: typeof record.p): Policy | undefined => (isPolicy(tag) ? tag : undefined);
  const uris = (list: typeof record.rua): readonly string[] =>
    (list ?? []).flatMap(({ uri, scheme, host }) =>
      host !== undefined && /^(mailto|https)$/.test(scheme) ? [uri] : [],
    );
  return {
    dmarc: {
      text: level?.texts[0] ?? '',
      p: policy(record.p),
      sp: policy(record.sp),
      np: policy(record.np),
      testing: record.t === 'y',
      reports: uris(record.rua),
      failureReports: uris(record.ruf),
    },
  };
}

function tlsReportsOf({ tlsrpt }: Seen): readonly string[] {
  const texts = tlsrpt?.txt ? dataOf(tlsrpt.txt).map(txtText) : [];
  return texts.flatMap((text) => {
    const parsed = parseTlsRpt(text);
    return parsed.kind === 'good' ? parsed.value.rua.map(({ uri }) => uri) : [];
  });
}

/** The mode that is served: a policy that enforces already stays so, and what is not known is not guessed. */
function mtaStsOf({ mtasts }: Seen): Pick<SeenDomain, 'mtaSts'> {
  const texts = mtasts?.txt ? dataOf(mtasts.txt).map(txtText) : [];
  if (!mtasts || !texts.some((text) => parseMtaSts(text).kind === 'good')) return {};
  const served = mtasts.policy.kind === 'response' && mtasts.policy.status === 200 ? mtasts.policy.body : undefined;
  const policy = served && parsePolicy(served);
  if (policy?.kind !== 'good') return { mtaSts: 'unknown' };
  const { mode } = policy.value;
  return { mtaSts: mode === 'testing' ? 'ramp' : mode };
}

function bimiOf({ bimi }: Seen): Pick<SeenDomain, 'bimi'> {
  for (const text of bimi?.author ? bimiTexts(bimi.author) : []) {
    const parsed = parseBimi(text);
    if (parsed.kind !== 'good' || parsed.value.location === '') continue;
    const { location, evidence } = parsed.value;
    return { bimi: { logo: location, ...(evidence === '' ? {} : { certificate: evidence }) } };
  }
  return {};
}

function untoldOf(
  seen: Seen,
  more: readonly (readonly [Untold['record'], string, Answer | undefined])[],
): readonly Untold[] {
  const failed = (answers: readonly Answer[] | undefined): Answer | undefined =>
    answers?.find(({ kind }) => kind === 'failed');
  const own = seen.dmarc?.discovery.walk.levels[0];
  const dmarc = own?.outcome === 'failed' ? own : undefined;
  const answers: readonly (readonly [Untold['record'], string, Answer | undefined])[] = [
    ['mx', 'MX', seen.mx?.mx],
    ['spf', 'SPF', seen.spf?.nodes[0]],
    ['dkim', dkimTitle(seen), failed(seen.dkim?.selectors.map(({ answer }) => answer)) ?? seen.dkim?.base],
    ['dmarc', 'DMARC', dmarc && failed(seen.dmarc?.answers.filter(({ name }) => name === dmarc.query))],
    ['tlsrpt', 'TLS reports', seen.tlsrpt?.txt],
    ['mtasts', 'MTA-STS', seen.mtasts?.txt],
    ['bimi', 'BIMI', seen.bimi?.author],
    ...more,
  ];
  return answers.flatMap(([record, title, answer]) =>
    answer?.kind === 'failed' ? [{ record, title, reason: reasons[answer.reason] }] : [],
  );
}

const reasons: Readonly<Record<Extract<Answer, { readonly kind: 'failed' }>['reason'], string>> = {
  timeout: 'no answer in time',
  servfail: 'the server failed',
  refused: 'the server refused',
  malformed: 'the answer could not be read',
  unreachable: 'no server could be reached',
};

/** The names themselves, where they are one or two. */
function titleOf(title: string, failed: readonly Answer[]): string {
  const names = [...new Set(failed.map(({ name }) => name))];
  return names.length > 2 ? title : names.join(', ') || title;
}

/** `DKIM`, with the selectors where it is some of them. */
function dkimTitle({ dkim }: Seen): string {
  const all = dkim?.selectors ?? [];
  const failed = all.filter(({ answer }) => answer.kind === 'failed').map(({ candidate }) => candidate.selector);
  if (failed.length === 0 || failed.length === all.length) return 'DKIM';
  const shown = failed.length > 4 ? failed.slice(0, 3) : failed.slice(0, -1);
  const last = failed.length > 4 ? `${failed.length - 3} more` : failed.at(-1);
  return failed.length === 1 ? `the DKIM selector ${last}` : `the DKIM selectors ${shown.join(', ')} and ${last}`;
}
