/** The rules of sending hosts that DNS decides: PTR, the way back, HELO, and SPF verdicts that are handed in. */
import { parseAddress, reverseName, type IpAddress } from '../../dns/address.ts';
import { isAtOrBelow, type DnsName } from '../../dns/name.ts';
import { dataOf, isAbsent, txtText, type Answer } from '../../dns/rrset.ts';
import type { Evidence, Finding, RecordToSet } from '../../finding/finding.ts';
import { found } from './findings.ts';
import { genericPart } from './generic.ts';
import type { AddressSeen, HeloSeen, HostObservation } from './lookup.ts';

export interface HostContext {
  /** The From domain. */
  readonly domain?: DnsName | undefined;
  /** The organisational domain of a name. Without it, names are compared with `domain` itself. */
  readonly orgDomainOf?: ((name: DnsName) => DnsName) | undefined;
  /** What SPF of the MAIL FROM domain says about each sending address (canonical text). */
  readonly spf?: { readonly domain: DnsName; readonly verdicts: readonly SpfVerdict[] } | undefined;
}

export interface SpfVerdict {
  readonly address: string;
  /** RFC 7208 §2.6. */
  readonly result: 'pass' | 'fail' | 'softfail' | 'neutral' | 'none' | 'temperror' | 'permerror';
}

const defaultTtlSeconds = 3600;

/** Judges what `lookupHost` saw. A question that failed yields nothing: `dns.query.temporary` tells of it. */
export function check(seen: HostObservation, context: HostContext = {}): readonly Finding[] {
  const out: Finding[] = [];
  for (const address of seen.addresses) checkAddress(address, seen.helo, context, out);
  if (seen.helo) checkHelo(seen.helo, context, out);
  return out;
}

function checkAddress(seen: AddressSeen, helo: HeloSeen | undefined, context: HostContext, out: Finding[]): void {
  const address = parseAddress(seen.address);
  if (!address) throw new TypeError(`not an address: ${seen.address}`);
  const name = reverseName(address);
  if (seen.class !== 'public') {
    const evidence: Evidence[] = [{ kind: 'fact', label: 'address', value: `${seen.address} (${seen.class})` }];
    out.push(
      found('host.ip.private', {
        subject: { name, type: 'IP' },
        args: { address: seen.address, kind: seen.class },
        evidence,
      }),
    );
    return;
  }
  checkSpf(seen, address, context, out);
  const { ptr } = seen;
  if (!ptr || ptr.kind === 'failed') return;
  const subject = { name, type: 'PTR' };
  if (ptr.kind !== 'found') {
    const evidence = [evidenceOf(ptr)];
    const target = helo?.seen?.name;
    const set: RecordToSet[] = target
      ? [{ name, type: 'PTR', ttlSeconds: defaultTtlSeconds, data: [`${target}.`] }]
      : [];
    const code = address.family === 4 ? 'host.ptr.missing' : 'host.ptr.ipv6_missing';
    out.push(found(code, { subject, args: { address: seen.address, name }, evidence, set }));
    return;
  }
  checkNames(seen, address, ptr, context, out);
  const names = ptr.set.data;
  const first = names[0];
  const greeting = helo?.seen?.name;
  if (greeting !== undefined && first !== undefined && !names.includes(greeting)) {
    const args = { helo: greeting, address: seen.address, names: names.join(', '), first };
    const set: RecordToSet[] = [{ name, type: 'PTR', ttlSeconds: ptr.set.ttlSeconds, data: [`${greeting}.`] }];
    const evidence = [evidenceOf(ptr)];
    out.push(found('host.helo.ptr_mismatch', { subject: { name: greeting, type: 'HELO' }, args, evidence, set }));
  }
}

/** The rules about the names that a PTR answer holds. */
function checkNames(
  seen: AddressSeen,
  address: IpAddress,
  ptr: Answer<'PTR'> & { kind: 'found' },
  context: HostContext,
  out: Finding[],
): void {
  const subject = { name: reverseName(address), type: 'PTR' };
  const names = ptr.set.data;
  let confirmed = 0;
  let unconfirmed = 0;
  for (const { answer } of seen.forward) {
    if (answer.kind === 'failed') continue;
    if ((dataOf<'A' | 'AAAA'>(answer) as readonly string[]).includes(seen.address)) confirmed++;
    else unconfirmed++;
  }
  const evidence = [evidenceOf(ptr), ...seen.forward.map(({ answer }) => evidenceOf(answer))];
  if (confirmed === 0 && unconfirmed === seen.forward.length) {
    const args = {
      address: seen.address,
      names: names.join(', '),
      seen: seen.forward.map(({ answer }) => outcomeOf(answer)).join('; '),
    };
    out.push(found('host.ptr.not_forward', { subject, args, evidence, set: wayBack(seen, context) }));
  } else if (names.length > 1 && unconfirmed > 0) {
    const args = { address: seen.address, count: names.length, unconfirmed };
    out.push(found('host.ptr.multiple', { subject, args, evidence }));
  }
  const { domain, orgDomainOf } = context;
  const organisation = domain === undefined ? undefined : (orgDomainOf?.(domain) ?? domain);
  const generic = names.map((name) => ({ name, part: genericPart(name, address, organisation) }));
  const first = generic[0];
  if (first?.part !== undefined && generic.every(({ part }) => part !== undefined)) {
    const args = { address: seen.address, name: first.name, part: first.part };
    out.push(found('host.ptr.generic', { subject, args, evidence: [evidenceOf(ptr, first.part)] }));
  }
  if (organisation !== undefined && first && !names.some((name) => isAtOrBelow(name, organisation))) {
    const args = { address: seen.address, name: first.name, organisation };
    out.push(found('host.ptr.foreign', { subject, args, evidence: [evidenceOf(ptr)] }));
  }
}

/** The record that lets a PTR name of the own domain lead back. */
function wayBack(seen: AddressSeen, context: HostContext): readonly RecordToSet[] {
  const own = seen.forward.find(({ name }) => context.domain !== undefined && isAtOrBelow(name, context.domain));
  if (!own || own.answer.chain.length > 0) return [];
  const data = [...(dataOf<'A' | 'AAAA'>(own.answer) as readonly string[]), seen.address];
  const ttlSeconds = own.answer.kind === 'found' ? own.answer.set.ttlSeconds : defaultTtlSeconds;
  return [{ name: own.name, type: own.answer.type, ttlSeconds, data }];
}

function checkSpf(seen: AddressSeen, address: IpAddress, context: HostContext, out: Finding[]): void {
  const { spf } = context;
  const verdict = spf?.verdicts.find((verdict) => verdict.address === seen.address);
  if (!spf || !verdict) return;
  // `none` and `permerror` are faults of the record, and SPF's own rules tell of them; `temperror` says nothing.
  if (verdict.result !== 'fail' && verdict.result !== 'softfail' && verdict.result !== 'neutral') return;
  const mechanism = `${address.family === 4 ? 'ip4' : 'ip6'}:${seen.address}`;
  const args = { domain: spf.domain, result: verdict.result, address: seen.address, mechanism };
  const evidence: Evidence[] = [
    { kind: 'fact', label: `SPF of ${spf.domain} for ${seen.address}`, value: verdict.result },
  ];
  out.push(found('host.ip.not_in_spf', { subject: { name: reverseName(address), type: 'IP' }, args, evidence }));
}

function checkHelo(helo: HeloSeen, context: HostContext, out: Finding[]): void {
  const { seen } = helo;
  if (!seen) {
    const evidence: Evidence[] = [{ kind: 'fact', label: 'HELO', value: helo.text }];
    const name = context.domain ?? ('' as DnsName);
    out.push(found('host.helo.not_fqdn', { subject: { name, type: 'HELO' }, args: { helo: helo.text }, evidence }));
    return;
  }
  const args = { helo: seen.name };
  if (isAbsent(seen.a) && isAbsent(seen.aaaa)) {
    const evidence = [evidenceOf(seen.a), evidenceOf(seen.aaaa)];
    out.push(found('host.helo.unresolvable', { subject: { name: seen.name, type: 'A' }, args, evidence }));
    return;
  }
  if (seen.txt.kind === 'failed') return;
  if (dataOf(seen.txt).some((txt) => isSpf(txtText(txt)))) return;
  const alias = seen.txt.chain.length > 0 || seen.a.chain.length > 0;
  const others = dataOf(seen.txt).every((txt) => txt.strings.length === 1) ? dataOf(seen.txt).map(txtText) : undefined;
  const set: RecordToSet[] =
    alias || !others
      ? []
      : [{ name: seen.name, type: 'TXT', ttlSeconds: defaultTtlSeconds, data: [...others, 'v=spf1 a -all'] }];
  out.push(
    found('host.helo.no_spf', {
      subject: { name: seen.name, type: 'TXT' },
      args,
      evidence: [evidenceOf(seen.txt)],
      set,
    }),
  );
}

/** RFC 7208 §4.5: the version is the whole text or ends at a blank. */
function isSpf(text: string): boolean {
  return text.slice(0, 6).toLowerCase() === 'v=spf1' && (text.length === 6 || text.charCodeAt(6) === 32);
}

function outcomeOf(answer: Answer): string {
  if (answer.kind === 'found') return `${answer.name} has ${textsOf(answer).join(', ')}`;
  if (answer.kind === 'failed') return `${answer.name}: ${answer.reason}`;
  return answer.kind === 'nxdomain' ? `${answer.name} does not exist` : `${answer.name} has no ${answer.type} record`;
}

function textsOf(answer: Answer & { kind: 'found' }): readonly string[] {
  if (answer.type === 'TXT') return (answer as Answer<'TXT'> & { kind: 'found' }).set.data.map(txtText);
  return answer.set.data as readonly string[];
}

function evidenceOf(answer: Answer, part?: string): Evidence {
  if (answer.kind === 'found') {
    const text = textsOf(answer).join(', ');
    const offset = part === undefined ? -1 : text.indexOf(part);
    const marks = part !== undefined && offset >= 0 ? [{ offset, length: part.length }] : undefined;
    const base = {
      kind: 'record',
      name: answer.set.name,
      type: answer.type,
      text,
      ttlSeconds: answer.set.ttlSeconds,
      server: answer.server,
    } as const;
    return marks ? { ...base, marks } : base;
  }
  const outcome = answer.kind === 'nxdomain' ? 'NXDOMAIN' : answer.kind === 'nodata' ? 'no data' : answer.reason;
  return { kind: 'answer', name: answer.name, type: answer.type, outcome, server: answer.server };
}
