/** The rules of the tracking host that DNS decides; `check-web.ts` has those of its web server. */
import { parseAddress } from '../../dns/address.ts';
import { proxyOf } from '../../dns/cdn-ranges.ts';
import { isAtOrBelow, type DnsName } from '../../dns/name.ts';
import { dataOf, isAbsent, type Answer } from '../../dns/rrset.ts';
import type { Evidence, Finding, RecordToSet } from '../../finding/finding.ts';
import { checkWeb } from './check-web.ts';
import { found } from './findings.ts';
import type { TrackingObservation } from './lookup.ts';
import { format } from './record.ts';

export interface TrackingContext {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The From domain. */
  readonly domain: DnsName;
  /** The MAIL FROM domains, where they differ from it. */
  readonly mailFrom?: readonly DnsName[] | undefined;
  /** The organisational domains of the tracking host and of the From domain. */
  readonly orgDomain?: { readonly tracking: DnsName; readonly from: DnsName } | undefined;
  readonly expectedTarget?: DnsName | undefined;
  /** Hosts that sending services share among their customers; names below them count too. */
  readonly sharedTargets?: readonly DnsName[] | undefined;
}

const defaultTtlSeconds = 3600;

/** Judges what `lookupTracking` saw. A DNS question that failed yields nothing: `dns.query.temporary` tells of it. */
export function check(seen: TrackingObservation, context: TrackingContext): readonly Finding[] {
  const out: Finding[] = [];
  checkPlace(seen, context, out);
  checkConflict(seen, context, out);
  const missing = isAbsent(seen.cname) && isAbsent(seen.a) && isAbsent(seen.aaaa);
  if (missing) reportMissing(seen, context, out);
  else {
    checkTarget(seen, context, out);
    checkProxy(seen, context, out);
    if (seen.web.kind === 'asked') checkWeb(seen.host, seen.domain, seen.web, context.now, out);
  }
  return out;
}

/** Whether the name itself is well chosen. */
function checkPlace(seen: TrackingObservation, context: TrackingContext, out: Finding[]): void {
  const { host } = seen;
  const subject = { name: host, type: 'CNAME' };
  const isFrom = host === context.domain;
  if (isFrom || context.mailFrom?.includes(host)) {
    const args = { host, role: isFrom ? 'From' : 'MAIL FROM' };
    out.push(found('track.cname.at_from_name', { subject, args, evidence: [evidenceOf(seen.cname)] }));
  }
  if (context.sharedTargets?.some((shared) => isAtOrBelow(host, shared))) {
    out.push(found('track.shared_domain', { subject, args: { host, domain: context.domain } }));
    return;
  }
  const { orgDomain } = context;
  if (!orgDomain || orgDomain.tracking === orgDomain.from) return;
  const evidence: Evidence[] = [
    { kind: 'fact', label: 'organisational domains', value: `${orgDomain.tracking}, ${orgDomain.from}` },
  ];
  out.push(found('track.orgdomain.differs', { subject, args: orgDomain, evidence }));
}

/** Other records at the name, seen because they answer without following a CNAME. */
function checkConflict(seen: TrackingObservation, context: TrackingContext, out: Finding[]): void {
  const { host, cname } = seen;
  const isAlias = cname.kind === 'found';
  // At the From domain itself the other records are right and the CNAME is wrong; `track.cname.at_from_name` says so.
  if (host === context.domain || context.mailFrom?.includes(host)) return;
  if (!isAlias && context.expectedTarget === undefined) return;
  const others: Answer[] = isAlias ? [seen.a, seen.aaaa, seen.txt, seen.mx] : [seen.txt, seen.mx];
  const own = others.filter((answer) => answer.kind === 'found' && answer.chain.length === 0);
  if (own.length === 0) return;
  const args = { host, types: own.map((answer) => answer.type).join(', ') };
  const evidence: Evidence[] = isAlias ? [evidenceOf(cname)] : [];
  for (const answer of own) evidence.push({ kind: 'fact', label: host, value: `has ${answer.type} records` });
  out.push(found('track.cname.conflict', { subject: { name: host, type: 'CNAME' }, args, evidence }));
}

function reportMissing(seen: TrackingObservation, context: TrackingContext, out: Finding[]): void {
  const { host, cname } = seen;
  const args = {
    host,
    outcome: cname.kind === 'nxdomain' ? 'the name does not exist' : 'no such records',
    target: context.expectedTarget ?? 'the host that the sending service names',
  };
  const free = isAbsent(seen.txt) && isAbsent(seen.mx) && host !== context.domain;
  const evidence = [evidenceOf(cname), evidenceOf(seen.a)];
  out.push(
    found('track.missing', {
      subject: { name: host, type: 'CNAME' },
      args,
      evidence,
      set: free ? aliasToSet(host, context) : [],
    }),
  );
}

/** Whether the alias leads somewhere, and where it should. */
function checkTarget(seen: TrackingObservation, context: TrackingContext, out: Finding[]): void {
  const { host, cname, a, aaaa } = seen;
  const subject = { name: host, type: 'CNAME' };
  const targets = targetsOf(seen);
  const last = targets.at(-1);
  if (last !== undefined && isAbsent(a) && isAbsent(aaaa)) {
    const evidence = [evidenceOf(cname), evidenceOf(a), evidenceOf(aaaa)];
    out.push(found('track.target.unresolvable', { subject, args: { host, target: last }, evidence }));
  }
  const { expectedTarget } = context;
  if (expectedTarget === undefined || targets.includes(expectedTarget) || host === expectedTarget) return;
  const evidence = [evidenceOf(cname)];
  if (last !== undefined) {
    const args = { host, target: expectedTarget, seen: targets.join(' → ') };
    out.push(found('track.target.wrong', { subject, args, evidence, set: aliasToSet(host, context) }));
    return;
  }
  // Without a CNAME the addresses decide: a name server that follows the alias itself ("flattening") answers the target's.
  const { wanted } = seen;
  if (cname.kind === 'failed' || !wanted || wanted.a.kind === 'failed' || wanted.aaaa.kind === 'failed') return;
  const here = [...dataOf(a), ...dataOf(aaaa)];
  const there = [...dataOf(wanted.a), ...dataOf(wanted.aaaa)];
  if (here.some((address) => there.includes(address) || proxiedBy(address))) return;
  evidence.push(evidenceOf(a));
  const args = { host, target: expectedTarget, seen: here.join(', ') };
  out.push(found('track.target.wrong', { subject, args, evidence, set: [] }));
}

/** A proxy in front of the host, when a CNAME was wanted or HTTPS does not work behind it. */
function checkProxy(seen: TrackingObservation, context: TrackingContext, out: Finding[]): void {
  const { host, web } = seen;
  if (!isAbsent(seen.cname) || targetsOf(seen).length > 0) return;
  const troubled = context.expectedTarget !== undefined || (web.kind === 'asked' && web.https.kind === 'failed');
  if (!troubled) return;
  const addresses = [...dataOf(seen.a), ...dataOf(seen.aaaa)].filter((address) => proxiedBy(address));
  const proxy = addresses[0] === undefined ? undefined : proxiedBy(addresses[0]);
  if (!proxy) return;
  const evidence = [evidenceOf(seen.a.kind === 'found' ? seen.a : seen.aaaa)];
  const args = { host, addresses: addresses.join(', '), proxy: proxy.title, off: proxy.off };
  out.push(found('track.proxied', { subject: { name: host, type: 'A' }, args, evidence }));
}

/** Every name that the alias leads over, in order; none without an alias. */
function targetsOf(seen: TrackingObservation): readonly DnsName[] {
  const chain = seen.a.chain.length > 0 ? seen.a.chain : seen.aaaa.chain;
  return chain.length > 0 ? chain.map((hop) => hop.target) : dataOf(seen.cname).slice(0, 1);
}

function proxiedBy(text: string): ReturnType<typeof proxyOf> {
  const address = parseAddress(text);
  return address && proxyOf(address);
}

function aliasToSet(host: DnsName, context: TrackingContext): readonly RecordToSet[] {
  const { expectedTarget } = context;
  if (expectedTarget === undefined) return [];
  return [{ name: host, type: 'CNAME', ttlSeconds: defaultTtlSeconds, data: [format(expectedTarget)] }];
}

function evidenceOf(answer: Answer<'CNAME'> | Answer<'A'> | Answer<'AAAA'>): Evidence {
  if (answer.kind === 'found') {
    const texts = answer.set.type === 'CNAME' ? answer.set.data.map((target) => `${target}.`) : answer.set.data;
    const { name, type, ttlSeconds } = answer.set;
    return { kind: 'record', name, type, text: texts.join(', '), ttlSeconds, server: answer.server };
  }
  const outcome = answer.kind === 'nxdomain' ? 'NXDOMAIN' : answer.kind === 'nodata' ? 'no data' : answer.reason;
  return { kind: 'answer', name: answer.name, type: answer.type, outcome, server: answer.server };
}
