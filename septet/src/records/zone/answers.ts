/**
 * Rules that hold for every DNS answer, whichever record asked for it. They run over thousands of domains a second,
 * so an answer without fault costs a few comparisons and one pass over its text.
 */
import { isAtOrBelow, isBelow, labels, relativeTo, type DnsName } from '../../dns/name.ts';
import { registrableDomain } from '../../dns/public-suffix.ts';
import { formatRdata } from '../../dns/rdata-text.ts';
import type { Answer, Mx, Txt } from '../../dns/rrset.ts';
import { txtText } from '../../dns/rrset.ts';
import { makeFinding } from '../../finding/catalogue.ts';
import type { Finding, RecordToSet } from '../../finding/finding.ts';
import { maxUdpOctets } from './delegation.ts';
import { failedValidation } from './dnssec.ts';
import { evidenceOf, listOf, outcomeOf } from './evidence.ts';
import { found, rows } from './findings.ts';
import { kindOfName, randomLabelStart } from './places.ts';
import { jointProblems } from './joints.ts';
import { setDamage } from './pieces.ts';
import { kindOfText, titleOf, type Versioned } from './kinds.ts';
import type { TextCode } from './problem.ts';
import { textDamage, type TextDamage } from './text.ts';

export interface AnswersContext {
  readonly domain: DnsName;
}

/** House limits; see the rows. */
const maxChainHops = 4;
const minTtlSeconds = 300;
const maxNegativeTtlSeconds = 3600;

/** What `checkAnswers` has at hand for every answer. */
interface Run {
  readonly answers: readonly Answer[];
  readonly domain: DnsName;
  /** The registered domain; records at and below it are the user's own. */
  readonly organisation: DnsName;
  readonly findings: Finding[];
}

/** The rules over all answers that the homes got for one domain; one finding for each name and code. */
export function checkAnswers(answers: readonly Answer[], { domain }: AnswersContext): readonly Finding[] {
  const run: Run = { answers, domain, organisation: registrableDomain(domain) ?? domain, findings: [] };
  let hasAlias = false;
  let hasLongAbsence = false;
  const read = new Set<DnsName>();
  for (const answer of answers) {
    const { name, type, chain } = answer;
    if (name.startsWith(randomLabelStart)) continue;
    const isOwn = isAtOrBelow(name, run.organisation);
    if (answer.kind === 'failed') checkFailure(run, answer, isOwn);
    if (!isOwn) continue;
    if (chain.length > 0) {
      hasAlias = true;
      checkChain(run, answer);
    }
    if (answer.kind === 'found') {
      checkSet(run, answer);
      if (type === 'TXT' && !read.has(name)) {
        read.add(name);
        checkTexts(run, answer as Answer<'TXT'> & { kind: 'found' });
      } else if (type === 'CNAME') hasAlias = true;
    } else if (answer.kind !== 'failed' && answer.negativeTtlSeconds > maxNegativeTtlSeconds) hasLongAbsence = true;
  }
  if (hasAlias) checkCoexistence(run);
  if (hasLongAbsence) checkAbsence(run);
  return run.findings.length > 1 ? once(run.findings) : run.findings;
}

/** The first finding for each name and code. */
function once(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Set<string>();
  return findings.filter(({ code, subject }) => {
    const key = `${code} ${subject.name}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function checkFailure({ answers, findings }: Run, answer: Answer & { kind: 'failed' }, isOwn: boolean): void {
  const { name, type } = answer;
  if (isOwn && (isCircle(answer) || answer.chain.length > maxChainHops || failedValidation(answer))) return;
  // Another path to the same data worked.
  if (answers.some((other) => other.kind !== 'failed' && other.name === name && other.type === type)) return;
  const args = { name, type, outcome: outcomeOf(answer) };
  findings.push(found('dns.query.temporary', { subject: { name, type }, args, evidence: [evidenceOf(answer)] }));
}

// --- aliases ---------------------------------------------------------------------------------------------------------

function isCircle({ name, chain }: Answer): boolean {
  const end = chain.at(-1)?.target;
  return end !== undefined && (end === name || chain.some(({ owner }) => owner === end));
}

function checkChain(run: Run, answer: Answer): void {
  const { name, type, chain } = answer;
  const { findings } = run;
  const subject = { name, type: 'CNAME' };
  const path = [name, ...chain.map(({ target }) => target)].join(' → ');
  const evidence = [{ kind: 'fact', label: 'chain', value: path } as const];
  if (isCircle(answer)) {
    findings.push(found('dns.cname.loop', { subject, args: { name, chain: path }, evidence }));
    return;
  }
  if (chain.length > maxChainHops) {
    findings.push(
      found('dns.cname.chain_long', { subject, args: { name, hops: chain.length, chain: path }, evidence }),
    );
  }
  for (const { owner, target } of chain) {
    const others = chain.filter((hop) => hop.owner === owner);
    if (others.length > 1)
      reportMultiple(
        run,
        owner,
        others.map((hop) => hop.target),
      );
    if (isAtOrBelow(owner, run.organisation)) checkTarget(run, owner, 'CNAME', target, answer);
  }
  const target = chain.at(-1)?.target ?? name;
  const isMissing = answer.kind === 'nxdomain' || (answer.kind === 'nodata' && answer.nxname === true);
  if (
    isMissing &&
    !findings.some(({ code, subject }) => code === 'dns.target.zone_appended' && subject.name === name)
  ) {
    const registered = registrableDomain(target);
    const zone = answer.zone;
    const isFree = registered !== undefined && zone !== undefined && !isAtOrBelow(zone, registered);
    const missing = isFree ? `nobody has registered ${registered}` : 'that name does not exist';
    const set: RecordToSet[] =
      chain.length === 1
        ? [{ name, type: 'CNAME', ttlSeconds: chain[0]?.ttlSeconds ?? 0, data: [`${target}.`], action: 'remove' }]
        : [];
    findings.push(
      found('dns.cname.dangling', {
        subject,
        args: { name, target, missing },
        evidence: [...evidence, { kind: 'answer', name: target, type, outcome: outcomeOf({ ...answer, chain: [] }) }],
        set,
      }),
    );
  }
  const ttlSeconds = chain[0]?.ttlSeconds ?? minTtlSeconds;
  if (answer.authoritative === true && ttlSeconds < minTtlSeconds) reportTtl(run, name, 'CNAME', ttlSeconds);
}

function reportMultiple({ findings }: Run, name: DnsName, targets: readonly DnsName[]): void {
  const subject = { name, type: 'CNAME' };
  findings.push(found('dns.cname.multiple', { subject, args: { name, targets: listOf(targets) } }));
}

/** A name seen as an alias in one answer and with data of its own in another. */
function checkCoexistence({ answers, organisation, findings }: Run): void {
  const aliases = new Map<DnsName, DnsName>();
  for (const { chain } of answers) for (const { owner, target } of chain) aliases.set(owner, target);
  for (const answer of answers) {
    if (answer.kind !== 'found' || answer.chain.length > 0) continue;
    if (answer.type === 'CNAME') aliases.set(answer.name, answer.set.data[0] as DnsName);
  }
  for (const answer of answers) {
    const { name, type, chain } = answer;
    const target = aliases.get(name);
    if (answer.kind !== 'found' || target === undefined || chain.length > 0 || type === 'CNAME') continue;
    if (!isAtOrBelow(name, organisation)) continue;
    const evidence = [{ kind: 'record', name, type: 'CNAME', text: `${target}.` } as const, evidenceOf(answer)];
    findings.push(found('dns.cname.coexists', { subject: { name, type }, args: { name, target, type }, evidence }));
  }
}

// --- sets and targets ------------------------------------------------------------------------------------------------

function checkSet(run: Run, answer: Answer & { kind: 'found' }): void {
  const { name, type, chain, set, octets } = answer;
  const { findings } = run;
  if (set.ttlsSeconds !== undefined && chain.length === 0 && new Set(set.ttlsSeconds).size > 1) {
    const args = { name, type, ttls: listOf(set.ttlsSeconds.map(String)) };
    findings.push(found('dns.ttl.rrset_mismatch', { subject: { name, type }, args, evidence: [evidenceOf(answer)] }));
  }
  const isMail = type === 'TXT' || type === 'MX' || type === 'CNAME';
  if (!isMail) return;
  // Only servers of the zone show the TTL; a resolver shows what is left of it.
  if (chain.length === 0 && set.ttlSeconds < minTtlSeconds && answer.authoritative === true) {
    reportTtl(run, name, type, set.ttlSeconds);
  }
  if (octets !== undefined && octets > maxUdpOctets) {
    findings.push(found('dns.size.udp', { subject: { name, type }, args: { name, type, octets } }));
  }
  if (type === 'MX') {
    for (const { exchange } of set.data as readonly Mx[]) checkTarget(run, name, type, exchange, answer);
  } else if (type === 'CNAME') {
    const targets = set.data as readonly DnsName[];
    if (targets.length > 1) reportMultiple(run, name, targets);
    for (const target of targets) checkTarget(run, name, type, target, answer);
  }
}

function reportTtl({ findings }: Run, name: DnsName, type: string, ttl: number): void {
  findings.push(found('dns.ttl.too_low', { subject: { name, type }, args: { name, type, ttl } }));
}

function checkTarget(run: Run, name: DnsName, type: 'MX' | 'CNAME', target: DnsName, answer: Answer): void {
  const { domain, organisation, findings } = run;
  const subject = { name, type };
  const evidence = [{ kind: 'record', name, type, text: `${target}.` } as const];
  if (target.includes('/') || target.includes(':')) {
    findings.push(found('dns.target.scheme_or_path', { subject, args: { name, type, target }, evidence }));
    return;
  }
  for (const zone of domain === organisation ? [domain] : [domain, organisation]) {
    const meant = relativeTo(target, zone);
    if (meant === undefined || !meant.includes('.')) continue;
    const isOwnTwice = meant === zone || isBelow(meant as DnsName, zone);
    if (isOwnTwice || (endsLikeHost.test(meant) && doesNotExist(run, target, answer))) {
      const set = retargeted(answer, name, type, target, meant as DnsName);
      findings.push(
        found('dns.target.zone_appended', { subject, args: { name, type, target, zone, meant }, evidence, set }),
      );
      return;
    }
  }
}

/**
 * `aspmx.l.google.com`, `mx.host.nl`, as they stand in front of the own zone when the final dot was forgotten. A country
 * counts behind two more labels only, because `mx1.eu` may well be a host below the own zone.
 */
const endsLikeHost = /\.(?:com|net|org)$|^[^.]+\..+\.[a-z]{2}$/;

/** The records of the set, with the target as it was meant. */
function retargeted(
  answer: Answer,
  name: DnsName,
  type: 'MX' | 'CNAME',
  target: DnsName,
  meant: DnsName,
): readonly RecordToSet[] {
  const hop = answer.chain.find(({ owner }) => owner === name);
  if (hop) return [{ name, type, ttlSeconds: hop.ttlSeconds, data: [`${meant}.`] }];
  if (answer.kind !== 'found' || answer.type !== type) return [];
  const { set } = answer;
  const data =
    type === 'MX'
      ? (set.data as readonly Mx[]).map((mx) =>
          formatRdata('MX', mx.exchange === target ? { ...mx, exchange: meant } : mx),
        )
      : [`${meant}.`];
  return [{ name, type, ttlSeconds: set.ttlSeconds, data }];
}

function doesNotExist({ answers }: Run, target: DnsName, answer: Answer): boolean {
  if (answer.kind === 'nxdomain' && answer.chain.at(-1)?.target === target) return true;
  return answers.some(({ kind, name }) => kind === 'nxdomain' && name === target);
}

// --- absence ---------------------------------------------------------------------------------------------------------

function checkAbsence({ answers, domain, organisation, findings }: Run): void {
  const byZone = new Map<DnsName, (Answer & { kind: 'nodata' | 'nxdomain' })[]>();
  for (const answer of answers) {
    if (answer.kind !== 'nodata' && answer.kind !== 'nxdomain') continue;
    const { name, type, chain, zone = organisation } = answer;
    if (answer.negativeTtlSeconds <= maxNegativeTtlSeconds || chain.length > 0) continue;
    const isExpected = type === 'MX' ? name === domain : type === 'TXT' && isRecordName(name, domain);
    if (isExpected) byZone.set(zone, [...(byZone.get(zone) ?? []), answer]);
  }
  for (const [zone, absent] of byZone) {
    const seconds = Math.max(...absent.map(({ negativeTtlSeconds }) => negativeTtlSeconds));
    const evidence = absent.map((answer) => evidenceOf(answer));
    findings.push(
      found('dns.negcache.long', { subject: { name: zone, type: 'SOA' }, args: { zone, seconds }, evidence }),
    );
  }
}

/** Whether one of the records of the domain, or of a domain above it, belongs at the name. */
function isRecordName(name: DnsName, domain: DnsName): boolean {
  if (name === domain) return true;
  if (kindOfName(name) === undefined) return false;
  const parts = labels(name);
  const last = parts.findLastIndex((label) => label.startsWith('_'));
  return isAtOrBelow(domain, parts.slice(last + 1).join('.') as DnsName);
}

// --- texts -----------------------------------------------------------------------------------------------------------

function checkTexts(run: Run, answer: Answer<'TXT'> & { kind: 'found' }): void {
  const { name, set } = answer;
  const kind = kindOfName(name);
  for (const txt of set.data) {
    // At other names only SPF is judged: what else may stand there is somebody's verification token.
    const expect = kind ?? (looksLikeSpf(txt) ? 'spf' : undefined);
    const damage = expect && textDamage(txt, { expect, domain: run.domain });
    if (damage) reportDamage(run, answer, txt, damage);
  }
  if (set.data.length > 1) reportSet(run, answer, kind ?? 'spf');
}

function looksLikeSpf(txt: Txt): boolean {
  const text = txt.strings[0] ?? '';
  return text.startsWith('v=spf1') || kindOfText(txtText(txt)) === 'spf';
}

/** The finding of each code in the damage of one text; `name` is where the record stands. */
export function damageFindings(
  name: DnsName,
  txt: Txt,
  damage: TextDamage,
  { ttlSeconds, set = [] }: { readonly ttlSeconds?: number; readonly set?: readonly RecordToSet[] } = {},
): readonly Finding[] {
  const { text, kind, problems } = damage;
  const codes = new Set<TextCode>(problems.map(({ code }) => code));
  const joints = codes.has('dns.txt.joint_space') ? jointProblems(txt, kind) : [];
  const change = joints[0]?.kind === 'lost' ? 'missing' : 'added';
  return [...codes].map((code) => {
    const same = problems.filter((problem) => problem.code === code);
    const isForgiven = same.every(({ severity }) => severity === 'warning');
    return makeFinding('zone', code, rows[code], {
      subject: { name, type: 'TXT' },
      args: { name, title: titleOf[kind], text, change, ...same[0]?.args },
      ...(isForgiven ? { severity: 'warning' as const } : {}),
      evidence: [
        {
          kind: 'record',
          name,
          type: 'TXT',
          text,
          marks: same.map(({ offset, length }) => ({ offset, length })),
          ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
        },
      ],
      set,
    });
  });
}

function reportDamage(run: Run, answer: Answer<'TXT'> & { kind: 'found' }, txt: Txt, damage: TextDamage): void {
  const { name, chain, set } = answer;
  const { ttlSeconds } = set;
  const own = chain.length === 0 && damage.cleaned !== undefined;
  const cure = own ? replace(name, ttlSeconds, [damage.text], damage.cleaned) : [];
  run.findings.push(...damageFindings(name, txt, damage, { ttlSeconds, set: cure }));
}

function reportSet({ findings }: Run, { name, chain, set }: Answer<'TXT'> & { kind: 'found' }, kind: Versioned): void {
  const { ttlSeconds, data } = set;
  for (const { code, records, cleaned } of setDamage(data, kind)) {
    const texts = records.flatMap((i) => (data[i] ? [txtText(data[i])] : []));
    const subject = { name, type: 'TXT' };
    const title = titleOf[kind];
    const evidence = texts.map((text) => ({ kind: 'record', name, type: 'TXT', text, ttlSeconds }) as const);
    if (code === 'dns.txt.duplicate_identical')
      findings.push(found(code, { subject, args: { name, title }, evidence }));
    else {
      const cure = cleaned !== undefined && chain.length === 0 ? replace(name, ttlSeconds, texts, cleaned) : [];
      findings.push(found(code, { subject, args: { name, title, count: texts.length }, evidence, set: cure }));
    }
  }
}

function replace(name: DnsName, ttlSeconds: number, old: readonly string[], text: string): readonly RecordToSet[] {
  return [
    { name, type: 'TXT', ttlSeconds, data: old, action: 'remove' },
    { name, type: 'TXT', ttlSeconds, data: [text] },
  ];
}
