/** What is wrong with the domain's place in the DNS: its name, servers, wildcards, aliases, DNSSEC and CAA. Pure. */
import { parseAddress } from '../../dns/address.ts';
import { proxyOf, type HttpProxy } from '../../dns/cdn-ranges.ts';
import { isAtOrBelow, parseDomain, parseName, root, type NameFault } from '../../dns/name.ts';
import { isPublicSuffix, registrableDomain } from '../../dns/public-suffix.ts';
import type { Answer } from '../../dns/rrset.ts';
import { dataOf, txtText } from '../../dns/rrset.ts';
import type { Finding } from '../../finding/finding.ts';
import { checkCaa, type CaaContext } from './caa.ts';
import { checkDelegation } from './delegation.ts';
import { checkResolvers } from './resolvers.ts';
import { checkDnssec } from './dnssec.ts';
import { evidenceOf } from './evidence.ts';
import { found } from './findings.ts';
import type { AliasObservation, FullObservation, ZoneObservation } from './lookup.ts';
import type { PlacesObservation, Stray } from './places.ts';
import { titleOf } from './kinds.ts';

export interface ZoneContext extends CaaContext {
  /** Strays of the missing records, where they were looked for. */
  readonly places?: PlacesObservation;
  /** Whether the domain has exchanges of its own; some cities and institutions receive mail at a public suffix. */
  readonly hasMx?: boolean;
}

export function checkZone(observation: ZoneObservation, context: ZoneContext = {}): readonly Finding[] {
  const { domain, seenAt, full, soa } = observation;
  const findings: Finding[] = [];
  if (isPublicSuffix(domain)) {
    const severity = context.hasMx === true ? 'warning' : 'error';
    findings.push(
      found('dns.domain.public_suffix', { subject: { name: domain, type: 'SOA' }, args: { domain }, severity }),
    );
  }
  checkExistence(observation, findings);
  checkWildcard(observation, findings);
  if (context.places) for (const stray of context.places.strays) findings.push(strayFinding(stray));
  if (full !== undefined || soa.kind === 'failed') {
    const { dnssec, delegation } = full ?? {};
    const serversAnswer = delegation?.soa.some(({ answer }) => answer.kind === 'found') ?? false;
    findings.push(...checkDnssec({ domain, soa, seenAt, dnssec, serversAnswer }));
  }
  if (full !== undefined) {
    if (full.delegation) findings.push(...checkDelegation(full.delegation, seenAt));
    findings.push(...checkResolvers(full.resolvers, seenAt));
    findings.push(...checkCaa(full.caa, domain, context), ...checkFull(full));
  }
  return findings;
}

const faults: Readonly<Record<NameFault, string>> = {
  empty: 'nothing was entered',
  'email-address': 'it is an e-mail address',
  url: 'it is a URL',
  'empty-label': 'two dots follow each other, or it begins with one',
  'label-too-long': 'a part between dots has more than 63 octets',
  'name-too-long': 'it has more than 253 characters',
  'illegal-character': 'it has a character that domains cannot have, or a hyphen at the edge of a label',
  'bad-escape': 'it has a backslash that means nothing',
  'not-idna': 'it has characters that internationalised domains cannot have',
  'ip-address': 'it is an IP address',
};

/** Whether a person's input is a domain at all; `undefined` when it is. */
export function checkInput(input: string): Finding | undefined {
  const parsed = parseDomain(input);
  if (parsed.ok) return undefined;
  const meant = parsed.meant === undefined ? undefined : parseName(parsed.meant);
  const name = meant?.ok ? meant.name : root;
  const advice = name === root ? 'Enter the domain alone, such as mail.example.' : `Enter ${name}.`;
  const at = parsed.part === '' ? -1 : input.indexOf(parsed.part);
  const marks = at < 0 ? [] : [{ offset: at, length: parsed.part.length }];
  return found('dns.domain.invalid_name', {
    subject: { name, type: 'NAME' },
    args: { input, fault: faults[parsed.fault], advice },
    evidence: [{ kind: 'file', place: 'input', text: input, marks }],
  });
}

function checkExistence({ domain, soa }: ZoneObservation, findings: Finding[]): void {
  const hop = soa.chain[0];
  if (hop?.owner === domain) {
    // Below the registered domain an alias may well be meant.
    if (registrableDomain(domain) !== domain) return;
    const args = { name: domain, target: hop.target };
    const evidence = [{ kind: 'record', name: domain, type: 'CNAME', text: `${hop.target}.` } as const];
    findings.push(found('dns.cname.apex', { subject: { name: domain, type: 'CNAME' }, args, evidence }));
    return;
  }
  const isMissing = soa.kind === 'nxdomain' || (soa.kind === 'nodata' && soa.nxname === true);
  if (!isMissing) return;
  const registered = registrableDomain(domain) ?? domain;
  const isRegistered = registered !== domain && (soa.zone === undefined || isAtOrBelow(soa.zone, registered));
  if (isRegistered) return;
  const subject = { name: registered, type: 'SOA' };
  findings.push(found('dns.domain.nxdomain', { subject, args: { domain: registered }, evidence: [evidenceOf(soa)] }));
}

function checkWildcard({ domain, random }: ZoneObservation, findings: Finding[]): void {
  if (random === undefined || random.kind === 'failed') return;
  const subject = { name: domain, type: 'TXT' };
  if (random.kind === 'nodata' && random.nxname === true) {
    const zone = random.zone ?? domain;
    const evidence = [evidenceOf(random)];
    findings.push(found('dns.denial.compact', { subject: { name: zone, type: 'NSEC' }, args: { zone }, evidence }));
    return;
  }
  if (random.kind === 'nxdomain' && random.chain.length === 0) return;
  const evidence = [evidenceOf(random)];
  if (random.kind === 'found') {
    // "v=spf1 -all" for every name is what parked domains are advised to publish; no other record is mistaken for it.
    const isHarmless = random.set.data.every((txt) => /^v=spf1(?: |$)/i.test(txtText(txt)));
    const severity = isHarmless ? ('info' as const) : ('warning' as const);
    const state = isHarmless ? { state: 'pass' as const } : {};
    findings.push(found('dns.wildcard.shadow', { subject, args: { domain }, evidence, severity, ...state }));
  }
  findings.push(found('dns.wildcard.ghost_subdomains', { subject, args: { domain }, evidence }));
}

function strayFinding({ code, kind, name, meant, text, ttlSeconds }: Stray): Finding {
  return found(code, {
    subject: { name: meant, type: 'TXT' },
    args: { title: titleOf[kind], name, meant },
    evidence: [{ kind: 'record', name, type: 'TXT', text, ttlSeconds }],
    set: [
      { name: meant, type: 'TXT', ttlSeconds, data: [text] },
      // A key at the parent may be in use there.
      ...(code === 'dns.name.at_parent'
        ? []
        : [{ name, type: 'TXT', ttlSeconds, data: [text], action: 'remove' as const }]),
    ],
  });
}

function checkFull({ between, aliases, spf99 }: FullObservation): readonly Finding[] {
  const findings: Finding[] = [];
  for (const { child, answer } of between) {
    if (answer.kind !== 'nxdomain' || answer.chain.length > 0) continue;
    const { name } = answer;
    const evidence = [evidenceOf(answer)];
    findings.push(found('dns.ent.nxdomain', { subject: { name, type: 'TXT' }, args: { name, child }, evidence }));
  }
  for (const alias of aliases) findings.push(...checkAlias(alias));
  if (spf99.kind === 'found' && spf99.chain.length === 0) {
    const { name, set } = spf99;
    const { ttlSeconds } = set;
    findings.push(
      found('dns.rrtype.spf99', {
        subject: { name, type: 'SPF' },
        args: { name },
        evidence: [evidenceOf(spf99)],
        set: [{ name, type: 'SPF', ttlSeconds, data: set.data.map(txtText), action: 'remove' }],
      }),
    );
  }
  return findings;
}

function checkAlias({ name, use, cname, a, aaaa }: AliasObservation): readonly Finding[] {
  if (cname.kind !== 'nodata') return [];
  const direct = [a, aaaa].filter((answer) => answer.kind === 'found' && answer.chain.length === 0);
  if (direct.length === 0) return [];
  const evidence = direct.map((answer) => evidenceOf(answer));
  const subject = { name, type: 'CNAME' };
  const proxy = proxyAmong([a, aaaa]);
  if (proxy === undefined) {
    const severity = use === 'tracking' ? 'warning' : 'error';
    return [found('dns.cname.flattened', { subject, args: { name }, evidence, severity })];
  }
  // A tracking host is a web host: what its proxy does is the business of the tracking record.
  if (use === 'tracking') return [];
  const args = { name, proxy: proxy.title, off: proxy.off };
  return [found('dns.cname.proxied', { subject, args, evidence })];
}

function proxyAmong(answers: readonly Answer<'A' | 'AAAA'>[]): HttpProxy | undefined {
  for (const text of answers.flatMap((answer) => dataOf(answer))) {
    const address = parseAddress(text);
    const proxy = address && proxyOf(address);
    if (proxy) return proxy;
  }
  return undefined;
}
