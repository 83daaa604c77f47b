/** The rules of MX that DNS decides (RFC 5321 §5.1, RFC 7505). */
import { addressClass, parseAddress } from '../../dns/address.ts';
import { proxyOf, takesMail, type HttpProxy } from '../../dns/cdn-ranges.ts';
import type { DnsName } from '../../dns/name.ts';
import { dataOf, isAbsent, type Answer, type RrSet } from '../../dns/rrset.ts';
import type { Evidence, Finding, RecordToSet } from '../../finding/finding.ts';
import { found } from './findings.ts';
import type { HostSeen, MxObservation } from './lookup.ts';
import { addressInExchange, format, fusedPreference, isNullMx, type Mx } from './record.ts';

/** A mailbox provider as its exchanges show it. */
export interface ExchangeProvider {
  readonly id: string;
  readonly title: string;
  /** An older form of the exchange that the provider has replaced. */
  readonly form?: 'google-aspmx' | 'm365-protection-outlook' | undefined;
}

export interface MxContext {
  /** Whether the domain is used as a sender (From, Reply-To, MAIL FROM); `undefined` when nobody said. */
  readonly sends?: boolean | undefined;
  /** Whether the domain has mailboxes; `undefined` when nobody said. */
  readonly receives?: boolean | undefined;
  readonly providers?: ((exchange: DnsName) => ExchangeProvider | undefined) | undefined;
}

/** RFC 7208 §4.6.4: `mx` in SPF fails above ten. */
const manyExchanges = 10;
const defaultTtlSeconds = 3600;

/**
 * Judges what `lookupMx` saw. A question that failed yields nothing here: `dns.query.temporary` tells of it, and
 * nothing is called missing.
 */
export function check(seen: MxObservation, context: MxContext = {}): readonly Finding[] {
  const { mx } = seen;
  if (mx.kind === 'failed') return [];
  const out: Finding[] = [];
  if (mx.kind !== 'found') checkMissing(seen, context, out);
  else {
    checkSet(seen, mx.set, context, out);
    for (const host of seen.hosts) checkHost(seen, mx.set, host, out);
  }
  return out;
}

function checkMissing(seen: MxObservation, context: MxContext, out: Finding[]): void {
  const { domain, mx, fallback } = seen;
  const subject = { name: domain, type: 'MX' };
  const evidence = [outcomeEvidence(mx)];
  if (context.receives === false && context.sends !== true) {
    const set = mx.chain.length === 0 ? [recordToSet(domain, ['0 .'])] : [];
    out.push(found('mx.null.missing_parked', { subject, args: { domain }, evidence, set }));
    return;
  }
  if (fallback) {
    evidence.push(outcomeEvidence(fallback.a));
    if (fallback.aaaa) evidence.push(outcomeEvidence(fallback.aaaa));
    const addresses = addressesOf(fallback);
    if (addresses.length > 0) {
      const set = mx.chain.length === 0 ? [recordToSet(domain, [`10 ${domain}.`])] : [];
      out.push(
        found('mx.missing.implicit', { subject, args: { domain, addresses: addresses.join(', ') }, evidence, set }),
      );
      checkAddresses(fallback, out);
      return;
    }
    if (fallback.a.kind === 'failed' || fallback.aaaa?.kind === 'failed') return;
  }
  out.push(found('mx.missing.unreachable', { subject, args: { domain }, evidence }));
}

/** The rules about the MX records themselves. */
function checkSet(seen: MxObservation, set: RrSet<'MX'>, context: MxContext, out: Finding[]): void {
  const { domain } = seen;
  const records = set.data;
  const subject = { name: domain, type: 'MX' };
  const only = records.length === 1 ? records[0] : undefined;
  const nullRecord = records.find(isNullMx);
  if (nullRecord && only) {
    const text = format(only);
    const evidence = [recordEvidence(set, only)];
    if (context.sends === true || context.receives === true) {
      const remove: RecordToSet = { ...recordToSet(domain, [text], set.ttlSeconds), action: 'remove' };
      out.push(found('mx.null.on_sender', { subject, args: { domain, text }, evidence, set: [remove] }));
    }
    if (only.preference !== 0) {
      const fixed = [recordToSet(domain, ['0 .'], set.ttlSeconds)];
      out.push(
        found('mx.null.preference', { subject, args: { domain, preference: only.preference }, evidence, set: fixed }),
      );
    }
    return;
  }
  if (nullRecord) {
    const text = format(nullRecord);
    const others = records.filter((mx) => !isNullMx(mx));
    const data = context.receives === false || others.length === 0 ? ['0 .'] : others.map(format);
    const evidence = records.map((mx) => recordEvidence(set, mx));
    const fixed = [recordToSet(domain, data, set.ttlSeconds)];
    out.push(
      found('mx.null.not_alone', { subject, args: { domain, text, others: records.length - 1 }, evidence, set: fixed }),
    );
  } else if (only) {
    if (seen.hosts.length === 1) {
      out.push(
        found('mx.single', {
          subject,
          args: { domain, exchange: only.exchange },
          evidence: [recordEvidence(set, only)],
        }),
      );
    }
  } else if (records.length > manyExchanges) {
    const evidence: Evidence[] = [{ kind: 'fact', label: 'MX records', value: String(records.length) }];
    out.push(found('mx.many', { subject, args: { domain, count: records.length }, evidence }));
  }
  for (const mx of records) checkName(seen, set, mx, out);
  if (records.length > 1) checkDuplicates(seen, set, out);
  checkIpv6(seen, out);
  if (context.providers) checkProviders(seen, set, context.providers, out);
}

/** Exchanges that are no host names at all. */
function checkName(seen: MxObservation, set: RrSet<'MX'>, mx: Mx, out: Finding[]): void {
  const { domain } = seen;
  const subject = { name: domain, type: 'MX' };
  const address = addressInExchange(mx.exchange, domain);
  if (address !== undefined) {
    const host = seen.hosts.find((host) => host.host === mx.exchange);
    if (host && !hasNoAddress(host)) return;
    const text = format(mx);
    out.push(found('mx.target.ip', { subject, args: { text, address }, evidence: [recordEvidence(set, mx)] }));
    return;
  }
  const meant = fusedPreference(mx.exchange);
  if (!meant) return;
  const evidence = [recordEvidence(set, mx)];
  const args = { exchange: mx.exchange, preference: meant.preference, meant: meant.exchange };
  const fixed = recordToSet(
    domain,
    set.data.map((other) => format(other === mx ? meant : other)),
    set.ttlSeconds,
  );
  out.push(found('mx.preference.missing', { subject, args, evidence, set: [fixed] }));
}

function checkDuplicates(seen: MxObservation, set: RrSet<'MX'>, out: Finding[]): void {
  const first = new Map<DnsName, Mx[]>();
  for (const mx of set.data) {
    const same = first.get(mx.exchange);
    if (same) same.push(mx);
    else first.set(mx.exchange, [mx]);
  }
  if (first.size === set.data.length) return;
  const subject = { name: seen.domain, type: 'MX' };
  const best = (same: readonly Mx[]): Mx => same.reduce((a, b) => (b.preference < a.preference ? b : a));
  const fixed = [
    recordToSet(
      seen.domain,
      [...first.values()].map((same) => format(best(same))),
      set.ttlSeconds,
    ),
  ];
  for (const [exchange, same] of first) {
    if (same.length === 1 || exchange === '') continue;
    const args = { exchange, times: same.length, preferences: same.map((mx) => mx.preference).join(', ') };
    const evidence = same.map((mx) => recordEvidence(set, mx));
    out.push(found('mx.host.duplicate', { subject, args, evidence, set: fixed }));
  }
}

function checkIpv6(seen: MxObservation, out: Finding[]): void {
  let reachable = false;
  for (const host of seen.hosts) {
    if (host.aaaa && !isAbsent(host.aaaa)) return;
    if (host.a.kind === 'found') reachable = true;
  }
  if (!reachable || seen.notAsked > 0) return;
  const evidence = seen.hosts.flatMap((host) => (host.aaaa ? [outcomeEvidence(host.aaaa)] : []));
  out.push(
    found('mx.ipv6.none', { subject: { name: seen.domain, type: 'MX' }, args: { domain: seen.domain }, evidence }),
  );
}

function checkProviders(
  seen: MxObservation,
  set: RrSet<'MX'>,
  providers: NonNullable<MxContext['providers']>,
  out: Finding[],
): void {
  const { domain } = seen;
  const subject = { name: domain, type: 'MX' };
  const titles = new Map<string, string>();
  const legacyGoogle: Mx[] = [];
  for (const mx of set.data) {
    const provider = providers(mx.exchange);
    if (!provider) continue;
    titles.set(provider.id, provider.title);
    if (provider.form === 'google-aspmx') legacyGoogle.push(mx);
    if (provider.form === 'm365-protection-outlook') {
      const host = seen.hosts.find((host) => host.host === mx.exchange);
      const missing = host !== undefined && hasNoAddress(host);
      const args = { exchange: mx.exchange, outcome: missing ? ' and does not exist' : '' };
      const evidence = [recordEvidence(set, mx)];
      out.push(
        found('mx.provider.m365_form', { subject, args, evidence, ...(missing ? { severity: 'warning' } : {}) }),
      );
    }
  }
  if (legacyGoogle.length > 0) {
    const alone = legacyGoogle.length === set.data.length;
    const evidence = legacyGoogle.map((mx) => recordEvidence(set, mx));
    const fixed = alone ? [recordToSet(domain, ['1 smtp.google.com.'], set.ttlSeconds)] : [];
    const args = { domain, count: legacyGoogle.length };
    out.push(found('mx.provider.legacy_google', { subject, args, evidence, set: fixed }));
  }
  if (titles.size > 1) {
    const args = { domain, providers: [...titles.values()].join(', ') };
    out.push(found('mx.mixed_providers', { subject, args, evidence: set.data.map((mx) => recordEvidence(set, mx)) }));
  }
}

/** The rules about one exchange and its addresses. */
function checkHost(seen: MxObservation, set: RrSet<'MX'>, host: HostSeen, out: Finding[]): void {
  const { domain } = seen;
  const chain = host.a.chain.length > 0 ? host.a.chain : (host.aaaa?.chain ?? host.a.chain);
  const alias = chain[0];
  const last = chain.at(-1);
  if (alias && last) {
    const evidence: Evidence[] = chain.map((hop) => ({
      kind: 'record',
      name: hop.owner,
      type: 'CNAME',
      text: `${hop.target}.`,
      ttlSeconds: hop.ttlSeconds,
    }));
    const data = set.data.map((mx) => format(mx.exchange === host.host ? { ...mx, exchange: last.target } : mx));
    const fixed = addressesOf(host).length > 0 ? [recordToSet(domain, data, set.ttlSeconds)] : [];
    const args = { exchange: host.host, target: last.target };
    out.push(found('mx.target.cname', { subject: { name: host.host, type: 'CNAME' }, args, evidence, set: fixed }));
  }
  if (hasNoAddress(host)) {
    // `mx.target.ip` says what is wrong with this one.
    if (addressInExchange(host.host, domain) !== undefined) return;
    const evidence = [outcomeEvidence(host.a)];
    if (host.aaaa) evidence.push(outcomeEvidence(host.aaaa));
    const args = { domain, exchange: host.host, outcome: host.aaaa ? 'no data' : 'the name does not exist' };
    out.push(found('mx.target.no_address', { subject: { name: host.host, type: 'A' }, args, evidence }));
    return;
  }
  checkAddresses(host, out);
}

/** Addresses that nobody can deliver to. */
function checkAddresses(host: HostSeen, out: Finding[]): void {
  for (const answer of [host.a, host.aaaa]) {
    if (answer?.kind !== 'found') continue;
    let unreachable: string[] | undefined;
    let proxied: string[] | undefined;
    let proxy: HttpProxy | undefined;
    for (const text of answer.set.data as readonly string[]) {
      const address = parseAddress(text);
      if (!address) continue;
      if (addressClass(address) !== 'public') (unreachable ??= []).push(text);
      else {
        const hit = proxyOf(address);
        if (!hit || takesMail(hit, host.host) || takesMail(hit, answer.set.name)) continue;
        proxy = hit;
        (proxied ??= []).push(text);
      }
    }
    if (!unreachable && !proxied) continue;
    const subject = { name: host.host, type: answer.type };
    const evidence = [outcomeEvidence(answer)];
    if (unreachable) {
      const args = { exchange: host.host, addresses: unreachable.join(', ') };
      out.push(found('mx.target.private', { subject, args, evidence }));
    }
    if (proxied && proxy) {
      const args = { exchange: host.host, addresses: proxied.join(', '), proxy: proxy.title, off: proxy.off };
      out.push(found('mx.target.proxied', { subject, args, evidence }));
    }
  }
}

function addressesOf(host: HostSeen): readonly string[] {
  return host.aaaa ? [...dataOf(host.a), ...dataOf(host.aaaa)] : dataOf(host.a);
}

function hasNoAddress(host: HostSeen): boolean {
  return isAbsent(host.a) && (host.aaaa === undefined || isAbsent(host.aaaa));
}

function recordToSet(name: DnsName, data: readonly string[], ttlSeconds = defaultTtlSeconds): RecordToSet {
  return { name, type: 'MX', ttlSeconds, data };
}

/** The record as text, with the exchange marked. */
function recordEvidence(set: RrSet<'MX'>, mx: Mx): Evidence {
  const text = format(mx);
  const offset = text.indexOf(' ') + 1;
  const marks = [{ offset, length: text.length - offset }];
  return { kind: 'record', name: set.name, type: 'MX', text, marks, ttlSeconds: set.ttlSeconds };
}

function outcomeEvidence(answer: Answer): Evidence {
  if (answer.kind === 'found') {
    const text = (answer.set.data as readonly string[]).join(', ');
    return {
      kind: 'record',
      name: answer.set.name,
      type: answer.type,
      text,
      ttlSeconds: answer.set.ttlSeconds,
      server: answer.server,
    };
  }
  const outcome = answer.kind === 'nxdomain' ? 'NXDOMAIN' : answer.kind === 'nodata' ? 'no data' : answer.reason;
  return { kind: 'answer', name: answer.name, type: answer.type, outcome, server: answer.server };
}
