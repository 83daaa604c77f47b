/** The domain's own record, term by term. */
import { addressClass, parseAddress } from '../../dns/address.ts';
import type { AddressClass } from '../../dns/address.ts';
import { proxyOf } from '../../dns/cdn-ranges.ts';
import { isAscii, scanMacros, usesMacro } from './macro.ts';
import { formatIp4, formatIp6, ip4Bits, ip6Bits, wordMask } from './address.ts';
import { poolOwner } from './cloud-ranges.ts';
import type { SpfContext } from './context.ts';
import type { SpfObservation } from './lookup.ts';
import type { SpfRecord } from './record.ts';
import type { Mend } from './repair.ts';
import type { Sheet } from './sheet.ts';
import { textsOf } from './sheet.ts';
import type { AllTerm, Ip4Term, Ip6Term, Mechanism, Term } from './term.ts';
import type { SpfTree } from './tree.ts';

/** RFC 7208 §3.4: the record alone, and the whole answer, in octets. */
const comfortableOctets = 450;
const smallPacketOctets = 512;

const broad = { error4: 8, warning4: 20, error6: 8, warning6: 32 } as const; // house thresholds, RFC 9989 §7.1

const kindText: Readonly<Partial<Record<AddressClass, string>>> = {
  private: 'private, RFC 1918',
  loopback: 'the machine itself',
  'link-local': 'link-local',
  cgnat: 'shared behind a provider’s NAT, RFC 6598',
  ula: 'unique local',
  benchmarking: 'for benchmarks',
  multicast: 'multicast',
  reserved: 'reserved',
  unspecified: 'no address at all',
};

export function checkRecord(
  sheet: Sheet,
  mend: Mend,
  record: SpfRecord,
  tree: SpfTree,
  seen: SpfObservation,
  context: SpfContext,
): void {
  const at = record.terms.findIndex((term) => term.kind === 'all');
  const all = record.terms[at] as AllTerm | undefined;
  checkEnd(sheet, mend, record, at, all, context);
  let capital: Term | undefined;
  for (const term of record.terms) {
    if (term.kind === 'ip4') checkIp4(sheet, mend, term);
    else if (term.kind === 'ip6') checkIp6(sheet, mend, term);
    else checkOther(sheet, mend, term, seen);
    if (/^[+~?-]?[a-z]*[A-Z]/.test(term.text)) capital ??= term;
    if (/^[+~?-]?[a-z0-9]*[A-Z]/.test(term.text))
      mend.replace(
        term,
        term.text.replace(/^[^:=/]*/, (name) => name.toLowerCase()),
      );
  }
  if (capital)
    sheet.add('spf.term.case', { term: capital.text }, { evidence: [sheet.evidence(capital.at)], mends: true });
  checkDuplicates(sheet, mend, record, tree);
  checkSize(sheet, seen);
}

function checkEnd(
  sheet: Sheet,
  mend: Mend,
  record: SpfRecord,
  at: number,
  all: AllTerm | undefined,
  context: SpfContext,
): void {
  const redirect = record.terms.find((term) => term.kind === 'redirect');
  if (!all) {
    if (!redirect) {
      mend.endWith('~all');
      sheet.add('spf.all.missing', {}, { evidence: [sheet.evidence()], mends: true });
    }
    return;
  }
  const evidence = [sheet.evidence(all.at)];
  if (redirect) {
    mend.remove(redirect);
    sheet.add(
      'spf.redirect.with_all',
      { term: redirect.text },
      { evidence: [sheet.evidence(redirect.at)], mends: true },
    );
  }
  const behind = record.terms.slice(at + 1).filter((term) => 'qualifier' in term && term.kind !== 'all');
  if (behind.length > 0) {
    mend.endWith(all.qualifier === '+' || all.qualifier === '?' ? '~all' : all.text);
    sheet.add(
      'spf.all.not_last',
      { all: all.text, terms: behind.map((term) => `\`${term.text}\``).join(', ') },
      { evidence: [sheet.evidence(...behind.map((term) => term.at))], mends: true },
    );
  }
  if (all.qualifier === '+' || all.qualifier === '?') {
    mend.endWith('~all');
    if (all.qualifier === '+') sheet.add('spf.all.pass', { all: all.text }, { evidence, mends: true });
    else sheet.add('spf.all.neutral', {}, { evidence, mends: true });
  } else if (all.qualifier === '~') sheet.add('spf.all.softfail', {}, { evidence });
  else if (context.sendsMail !== false && record.terms.some((term) => 'qualifier' in term && term.kind !== 'all')) {
    sheet.add('spf.all.hardfail_early_reject', {}, { evidence });
  }
}

function checkIp4(sheet: Sheet, mend: Mend, term: Ip4Term): void {
  const { address, prefix } = term;
  const network = address & wordMask(prefix);
  if (network !== address) {
    const text = `${formatIp4(network)}/${prefix}`;
    mend.replace(term, `${sign(term)}ip4:${text}`);
    sheet.add(
      'spf.ip.host_bits',
      { term: term.text, network: text, count: grouped(2 ** (ip4Bits - prefix)) },
      { evidence: [sheet.evidence(term.at)], mends: true },
    );
  }
  if (prefix < broad.error4 || (prefix === broad.error4 && isPublic(address)))
    addBroad(sheet, term, ip4Bits - prefix, 'error');
  else {
    checkClass(sheet, term, formatIp4(address));
    if (term.qualifier !== '+') return;
    if (prefix < broad.warning4) addBroad(sheet, term, ip4Bits - prefix, 'warning');
    const owner = poolOwner(network, prefix);
    if (owner !== undefined)
      sheet.add('spf.ip.shared_cloud', { term: term.text, owner }, { evidence: [sheet.evidence(term.at)] });
  }
}

function checkIp6(sheet: Sheet, mend: Mend, term: Ip6Term): void {
  const [a, b, c, d] = term.address;
  const { prefix } = term;
  const n = term.address.map((word, k) => word & wordMask(prefix, 32 * k));
  if (n[0] !== a || n[1] !== b || n[2] !== c || n[3] !== d) {
    const text = `${formatIp6(n[0] ?? 0, n[1] ?? 0, n[2] ?? 0, n[3] ?? 0)}/${prefix}`;
    mend.replace(term, `${sign(term)}ip6:${text}`);
    sheet.add(
      'spf.ip.host_bits',
      { term: term.text, network: text, count: sizeText(ip6Bits - prefix) },
      { evidence: [sheet.evidence(term.at)], mends: true },
    );
  }
  if (prefix <= broad.error6) addBroad(sheet, term, ip6Bits - prefix, 'error');
  else {
    checkClass(sheet, term, formatIp6(a, b, c, d));
    if (prefix < broad.warning6) addBroad(sheet, term, ip6Bits - prefix, 'warning');
  }
}

function sign(term: Mechanism): string {
  return term.text.startsWith(term.qualifier) ? term.qualifier : '';
}

function addBroad(sheet: Sheet, term: Ip4Term | Ip6Term, bits: number, severity: 'error' | 'warning'): void {
  if (term.qualifier !== '+') return;
  sheet.add(
    'spf.ip.too_broad',
    { term: term.text, domain: sheet.answer.name, count: sizeText(bits) },
    { severity, evidence: [sheet.evidence(term.at)] },
  );
}

function checkClass(sheet: Sheet, term: Ip4Term | Ip6Term, text: string): void {
  const address = parseAddress(text);
  if (!address) return;
  const kind = addressClass(address);
  if (kind === 'documentation' || text === '1.2.3.4')
    sheet.add('spf.ip.documentation', { term: term.text }, { evidence: [sheet.evidence(term.at)] });
  else {
    const shown = kindText[kind];
    if (shown !== undefined)
      sheet.add('spf.ip.private', { term: term.text, kind: shown }, { evidence: [sheet.evidence(term.at)] });
  }
}

function checkOther(sheet: Sheet, mend: Mend, term: Term, seen: SpfObservation): void {
  const evidence = () => [sheet.evidence(term.at)];
  switch (term.kind) {
    case 'ptr':
      sheet.add('spf.ptr.used', { term: term.text }, { evidence: evidence() });
      break;
    case 'exists':
      if (!term.domain.dynamic) sheet.add('spf.exists.static', { term: term.text }, { evidence: evidence() });
      break;
    case 'modifier':
      if (isMechanismName(term.name)) break; // the parser reports it
      mend.remove(term);
      sheet.add('spf.modifier.unknown', { term: term.text }, { evidence: evidence(), mends: true });
      break;
    case 'a':
      checkProxy(sheet, term.domain === null ? seen.domain : term.domain.name, term, seen);
      break;
    case 'exp':
      checkExplanation(sheet, term.domain.name, term, seen);
      break;
    default:
  }
  if ('domain' in term && term.domain?.dynamic) {
    if (usesMacro(term.domain, 'p')) sheet.add('spf.macro.p', { term: term.text }, { evidence: evidence() });
    if (term.kind !== 'exp' && usesMacro(term.domain, 'l', 's'))
      sheet.add('spf.macro.local_part', { term: term.text }, { evidence: evidence() });
  }
}

function isMechanismName(name: string): boolean {
  return (
    name === 'include' ||
    name === 'a' ||
    name === 'mx' ||
    name === 'ptr' ||
    name === 'exists' ||
    name === 'ip4' ||
    name === 'ip6' ||
    name === 'all'
  );
}

function checkProxy(sheet: Sheet, name: string | null, term: Term, seen: SpfObservation): void {
  for (const answer of seen.answers) {
    if (answer.name !== name || answer.kind !== 'found' || (answer.type !== 'A' && answer.type !== 'AAAA')) continue;
    for (const text of answer.set.data as readonly string[]) {
      const address = parseAddress(text);
      const proxy = address && proxyOf(address);
      if (!proxy) continue;
      sheet.add(
        'spf.a.cdn',
        { term: term.text, address: text, owner: proxy.title },
        { evidence: [sheet.evidence(term.at), { kind: 'fact', label: `${answer.name} ${answer.type}`, value: text }] },
      );
      return;
    }
  }
}

function checkExplanation(sheet: Sheet, name: string | null, term: Term, seen: SpfObservation): void {
  const answer = seen.answers.find((each) => each.name === name && each.type === 'TXT');
  if (!answer || answer.kind === 'failed') return;
  const texts = textsOf(answer as Parameters<typeof textsOf>[0]);
  const only = texts[0] ?? '';
  let reason: string | undefined;
  if (texts.length === 0) reason = 'there is no TXT record';
  else if (texts.length > 1) reason = `there are ${texts.length} TXT records`;
  else if (!scanMacros(only, true).ok) reason = 'a macro in it is broken';
  else if (!isAscii(only)) reason = 'it holds characters outside ASCII';
  if (reason !== undefined)
    sheet.add('spf.exp.broken', { term: term.text, reason }, { evidence: [sheet.evidence(term.at)] });
}

/** Terms that stand twice, and networks inside other networks of this record or of what it includes. */
function checkDuplicates(sheet: Sheet, mend: Mend, record: SpfRecord, tree: SpfTree): void {
  const seen = new Map<string, Term>();
  for (const term of record.terms) {
    if (!('qualifier' in term) || term.kind === 'all') continue;
    const key = term.text.startsWith('+') ? term.text.slice(1).toLowerCase() : term.text.toLowerCase();
    const first = seen.get(key);
    if (first) {
      mend.remove(term);
      const code = term.kind === 'include' ? 'spf.include.duplicate' : 'spf.term.duplicate';
      const args =
        term.kind === 'include'
          ? { target: term.domain.text }
          : { term: term.text, covering: 'the same term before it' };
      sheet.add(code, args, { evidence: [sheet.evidence(first.at, term.at)], mends: true });
      continue;
    }
    seen.set(key, term);
    if (term.kind !== 'ip4' || term.qualifier !== '+') continue;
    const cover = coveringTerm(term, record, tree);
    if (!cover) continue;
    // What a service names may change tomorrow, so only cover by the own record is taken out.
    if (cover.own) mend.remove(term);
    sheet.add(
      'spf.term.duplicate',
      { term: term.text, covering: cover.text },
      { evidence: [sheet.evidence(term.at)], mends: cover.own },
    );
  }
}

function coveringTerm(
  term: Ip4Term,
  record: SpfRecord,
  tree: SpfTree,
): { readonly text: string; readonly own: boolean } | undefined {
  const first = (term.address & wordMask(term.prefix)) >>> 0;
  const last = first + 2 ** (ip4Bits - term.prefix) - 1;
  for (const range of tree.ranges) {
    if (range.first > first || range.last < last) continue;
    if (range.domain !== tree.root.domain) {
      if (range.last - range.first < 2 ** 24 - 1) return { text: `the record of ${range.domain}`, own: false };
      continue;
    }
    if (range.first === first && range.last === last) continue;
    const other = record.terms.find(
      (each) =>
        each.kind === 'ip4' &&
        each.qualifier === '+' &&
        each !== term &&
        (each.address & wordMask(each.prefix)) >>> 0 === range.first &&
        each.prefix < term.prefix,
    );
    if (other) return { text: `\`${other.text}\``, own: true };
  }
  return undefined;
}

function checkSize(sheet: Sheet, seen: SpfObservation): void {
  const { answer, text } = sheet;
  if (answer.kind !== 'found') return;
  // RFC 1035 §4.1: header 12, question name + 5, each record a pointer of 2 and 10 more, each string a length octet.
  let octets = 12 + seen.domain.length + 2 + 4;
  for (const { strings } of answer.set.data) {
    octets += 12;
    for (const string of strings) octets += string.length + 1;
  }
  if (octets > smallPacketOctets) {
    sheet.add(
      'spf.size.over_512',
      { domain: seen.domain, count: answer.set.data.length, octets },
      { evidence: [{ kind: 'fact', label: 'octets', value: `${octets} of ${smallPacketOctets}` }] },
    );
  } else if (text.length > comfortableOctets) {
    sheet.add('spf.size.over_450', { octets: text.length }, { evidence: [sheet.evidence()] });
  }
}

/** Whether an IPv4 address (a signed integer) is routed on the Internet. */
export function isPublic(address: number): boolean {
  const parsed = parseAddress(formatIp4(address));
  return parsed !== undefined && addressClass(parsed) === 'public';
}

/** `65,536`. */
export function grouped(count: number): string {
  return String(count).replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
}

function sizeText(bits: number): string {
  return bits > 40 ? `2^${bits}` : grouped(2 ** bits);
}
