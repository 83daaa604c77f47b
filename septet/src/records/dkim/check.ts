import type { DnsName } from '../../dns/name.ts';
import { type Answer, dataOf, isAbsent, txtText } from '../../dns/rrset.ts';
import { makeFinding, type Row } from '../../finding/catalogue.ts';
import type { Finding, RecordToSet, Subject } from '../../finding/finding.ts';
import { checkAlias, checkGroups } from './check-alias.ts';
import { checkBase, checkNoneKnown } from './check-base.ts';
import { aliasEvidence, type DkimContext, type JudgedSelector, textEvidence, toSet } from './evidence.ts';
import { found, rows } from './findings.ts';
import { judge, type Judged } from './judge.ts';
import { type DkimObservation, sameAnswer, type SelectorSeen } from './lookup.ts';
import { shareFactor } from './weak-keys.ts';

const udpOctets = 1232; // RFC 9715 §3.1: what passes everywhere without fragments

/** Findings about the keys of a domain. Pure. */
export function check(observation: DkimObservation, context: DkimContext = {}): readonly Finding[] {
  const { domain } = observation;
  const findings: Finding[] = [];
  const judged = observation.selectors.filter((seen) => isOwn(seen, observation)).map((seen) => judgeSelector(seen));
  const strays = checkStrays(observation, findings);
  for (const one of judged) {
    if (one.keys.length === 0) {
      if (!checkAlias(one, domain, context, findings)) checkMissing(one, domain, strays.has(one.selector), findings);
    } else {
      checkSelector(one, domain, findings);
      checkAlias(one, domain, context, findings);
    }
  }
  for (const candidate of observation.impossible) {
    const subject: Subject = { name: observation.base?.name ?? domain, type: 'TXT' };
    const outcome = 'no such name can exist, because a label is empty or too long';
    findings.push(found('dkim.key.missing', { subject, args: { selector: candidate.selector, domain, outcome } }));
  }
  checkGroups(judged, domain, findings);
  checkTogether(judged, domain, context, findings);
  checkBase(observation, findings);
  checkNoneKnown(observation, judged, context, findings);
  return findings;
}

/** Whether the answer is the selector's own and not that of a wildcard. A given selector is looked at in any case. */
function isOwn(seen: SelectorSeen, { random }: DkimObservation): boolean {
  if (seen.candidate.origin === 'given' || !random) return true;
  return isAbsent(random) && random.chain.length === 0 ? true : !sameAnswer(seen.answer, random);
}

function judgeSelector(seen: SelectorSeen): JudgedSelector {
  const { candidate } = seen;
  const keys: Judged[] = [];
  const unrelated: string[] = [];
  for (const txt of dataOf(seen.answer)) {
    const judged = judge(txtText(txt));
    if (judged.kind === 'other') unrelated.push(judged.text);
    else keys.push(judged);
  }
  const inUse = candidate.signs ?? candidate.origin === 'given';
  return { seen, selector: candidate.selector, inUse, keys, unrelated };
}

/** Faults of the key itself: no other text at the same name mends them. */
const needsNewKey: ReadonlySet<string> = new Set([
  'dkim.key.too_short',
  'dkim.key.1024',
  'dkim.key.over_4096',
  'dkim.key.exponent',
  'dkim.key.known_weak',
]);

function checkSelector(one: JudgedSelector, domain: DnsName, findings: Finding[]): void {
  const { answer, name } = one.seen;
  const subject: Subject = { name, type: 'TXT' };
  const { selector } = one;
  const joined = joinPieces(one.keys);
  if (one.keys.length > 1) {
    const evidence = one.keys.map((key) => textEvidence(name, answer, key.text));
    const set = setOf(name, answer, joined?.mended ?? joined?.text);
    findings.push(
      found('dkim.record.multiple', { subject, args: { selector, count: one.keys.length }, evidence, set }),
    );
  }
  checkUnrelated(one, findings);
  for (const key of joined ? [joined] : one.keys) {
    const set = setOf(name, answer, key.mended);
    for (const { code, offset, length, args, severity } of key.faults) {
      const row: Row = rows[code];
      const inUse = code === 'dkim.p.revoked' && one.inUse ? ({ severity: 'error', state: 'fail' } as const) : {};
      findings.push(
        makeFinding('dkim', code, row, {
          subject,
          args: { ...args, selector, domain },
          evidence: [textEvidence(name, answer, key.text, offset, length), ...aliasEvidence(answer)],
          ...(row.severity === 'info' || needsNewKey.has(code) ? {} : { set }),
          ...(severity ? { severity } : {}),
          ...inUse,
        }),
      );
    }
  }
  const octets = answer.octets ?? octetsOf(answer);
  if (octets > udpOctets) findings.push(found('dkim.answer.size', { subject, args: { selector, octets } }));
}

/** One key that was spread over several records, a tag or two in each: what it is when they are put together. */
function joinPieces(keys: readonly Judged[]): Judged | undefined {
  if (keys.length < 2 || keys.filter(({ key }) => key).length !== 1) return undefined;
  const pieces = keys.map(({ text }) => text.trim().replace(/;$/, ''));
  const first = pieces.filter((text) => text.startsWith('v='));
  const last = pieces.filter((text) => !text.startsWith('v='));
  const joined = judge([...first, ...last].join('; '));
  return joined.kind === 'good' ? joined : undefined;
}

function checkUnrelated(one: JudgedSelector, findings: Finding[]): void {
  if (one.unrelated.length === 0) return;
  const { name, answer } = one.seen;
  findings.push(
    found('dkim.record.unrelated_txt', {
      subject: { name, type: 'TXT' },
      args: { selector: one.selector },
      evidence: one.unrelated.map((text) => textEvidence(name, answer, text)),
      set: one.unrelated.map((text) => ({ ...toSet(name, answer, text), action: 'remove' })),
    }),
  );
}

/** A selector in use without key and without alias. Nothing is said where the world did not answer. */
function checkMissing(one: JudgedSelector, domain: DnsName, hasStray: boolean, findings: Finding[]): void {
  const { answer, name, candidate } = one.seen;
  if (candidate.origin !== 'common') checkUnrelated(one, findings);
  if (!one.inUse || hasStray || answer.kind === 'failed') return;
  const outcome =
    answer.kind === 'nxdomain'
      ? 'the name does not exist'
      : answer.kind === 'nodata'
        ? 'the name holds no TXT'
        : 'its TXT is no key';
  const shown = answer.kind === 'nxdomain' ? 'NXDOMAIN' : 'no data';
  findings.push(
    found('dkim.key.missing', {
      subject: { name, type: 'TXT' },
      args: { selector: one.selector, domain, outcome },
      evidence:
        answer.kind === 'found' ? [] : [{ kind: 'answer', name, type: 'TXT', outcome: shown, server: answer.server }],
    }),
  );
}

/** Keys at the wrong name. Answers the selectors whose key was found there. */
function checkStrays(observation: DkimObservation, findings: Finding[]): ReadonlySet<string> {
  const { domain, base } = observation;
  const selectors = new Set<string>();
  for (const { candidate, wanted, answer } of observation.strays) {
    const key = liveKey(answer);
    if (!key || selectors.has(candidate.selector)) continue;
    selectors.add(candidate.selector);
    const { selector } = candidate;
    const misnamed = answer.name === `${selector.toLowerCase()}.${domain}`;
    const subject: Subject = { name: answer.name, type: 'TXT' };
    const evidence = [textEvidence(answer.name, answer, key.text), ...aliasEvidence(answer)];
    const set = strayToSet(wanted, answer, key);
    findings.push(
      misnamed
        ? found('dkim.name.no_domainkey', { subject, args: { stray: answer.name, wanted }, evidence, set })
        : found('dkim.name.subdomain_mismatch', {
            subject,
            args: { stray: answer.name, wanted, selector, domain },
            evidence,
            set,
          }),
    );
  }
  const key = base ? liveKey(base) : undefined;
  const spilled = base && observation.random && sameAnswer(base, observation.random);
  if (base && key && !spilled) {
    const args = { stray: base.name, wanted: `<selector>.${base.name}` };
    const evidence = [textEvidence(base.name, base, key.text)];
    findings.push(found('dkim.name.no_domainkey', { subject: { name: base.name, type: 'TXT' }, args, evidence }));
  }
  return selectors;
}

/** The first key in the answer that is not revoked. */
function liveKey(answer: Answer<'TXT'>): Judged | undefined {
  for (const txt of dataOf(answer)) {
    const key = judge(txtText(txt));
    if (key.kind !== 'other' && key.key) return key;
  }
  return undefined;
}

function strayToSet(wanted: DnsName, answer: Answer<'TXT'>, key: Judged): readonly RecordToSet[] {
  const hop = answer.chain[0];
  if (hop) return [{ name: wanted, type: 'CNAME', ttlSeconds: hop.ttlSeconds, data: [`${hop.target}.`] }];
  return key.key?.kind === 'private' ? [] : [toSet(wanted, answer, key.mended ?? key.text)];
}

/** Rules over all keys of the domain. */
function checkTogether(
  judged: readonly JudgedSelector[],
  domain: DnsName,
  context: DkimContext,
  findings: Finding[],
): void {
  const byModulus = new Map<string, { readonly names: string[]; readonly subject: Subject }>();
  const ed25519: string[] = [];
  let rsa = 0;
  let given = false;
  for (const { seen, selector, keys, inUse } of judged) {
    for (const { key, kind } of keys) {
      if (key?.kind === 'ed25519' && kind === 'good') {
        ed25519.push(selector);
        given ||= inUse;
      }
      if (key?.kind !== 'rsa') continue;
      rsa++;
      const same = byModulus.get(key.modulus);
      if (same) same.names.push(seen.name);
      else byModulus.set(key.modulus, { names: [seen.name], subject: { name: seen.name, type: 'TXT' } });
    }
  }
  for (const { where, modulus } of context.otherKeys ?? []) {
    const same = byModulus.get(modulus);
    if (same && !same.names.includes(where)) same.names.push(where);
    for (const [own, { subject }] of byModulus) {
      if (!shareFactor(own, modulus)) continue;
      const weakness = `it has a prime in common with the key at ${where}, which opens both`;
      findings.push(found('dkim.key.known_weak', { subject, args: { weakness, domain } }));
    }
  }
  for (const { names, subject } of byModulus.values()) {
    const distinct = [...new Set(names)];
    if (distinct.length > 1) findings.push(found('dkim.key.shared', { subject, args: { names: distinct.join(', ') } }));
  }
  if (ed25519.length > 0 && rsa === 0) {
    const subject: Subject = { name: domain, type: 'TXT' };
    const args = { domain, selectors: ed25519.join(', ') };
    // Among guessed selectors the RSA key may be one that nobody named.
    findings.push(found('dkim.ed25519.only', { subject, args, state: given ? 'fail' : 'unknown' }));
  }
}

/** What to publish, where the record is the owner's own and not at the end of an alias. */
function setOf(name: DnsName, answer: Answer<'TXT'>, mended: string | undefined): readonly RecordToSet[] {
  return mended === undefined || answer.chain.length > 0 ? [] : [toSet(name, answer, mended)];
}

/** The octets of the answer on the wire, about, where no message was seen: names in full only once (RFC 1035 §4.1.4). */
function octetsOf(answer: Answer<'TXT'>): number {
  let octets = 12 + answer.name.length + 6 + 11; // header, question, OPT
  for (const { target } of answer.chain) octets += 12 + target.length + 2;
  for (const { strings } of dataOf(answer)) {
    octets += 12;
    for (const text of strings) octets += text.length + 1;
  }
  return octets;
}
