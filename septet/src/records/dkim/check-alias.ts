/** The aliases at selectors: where they lead, and whether all that a sender wants are there. */
import type { DnsName } from '../../dns/name.ts';
import { isAbsent } from '../../dns/rrset.ts';
import type { Finding, Subject } from '../../finding/finding.ts';
import { aliasEvidence, type DkimContext, type JudgedSelector } from './evidence.ts';
import { exactTarget, fillPattern, fitsTarget } from './expectation.ts';
import { found } from './findings.ts';

const sesTarget = /^([^.]+)\.(dkim(?:\.[a-z0-9-]+)?\.amazonses\.com)$/;
const microsoftTarget = /\.(?:onmicrosoft\.com|dkim\.mail\.microsoft)$/;

/** Looks at the alias of one selector, if it has one. Answers whether there is one. At most one finding. */
export function checkAlias(one: JudgedSelector, domain: DnsName, context: DkimContext, findings: Finding[]): boolean {
  const { answer, name, candidate } = one.seen;
  const [hop] = answer.chain;
  if (!hop) return false;
  if (answer.kind === 'failed') return true; // could not be followed: nothing is known about its end
  const { target } = hop;
  const { selector } = one;
  const subject: Subject = { name, type: 'CNAME' };
  const evidence = aliasEvidence(answer);
  const reached = one.keys.length > 0;
  const fits =
    !candidate.expect ||
    answer.chain.some((step) => fitsTarget(candidate.expect ?? { type: 'CNAME' }, domain, step.target));
  const known = candidate.expect?.type === 'CNAME' && !fits;

  if (!reached) {
    const ses = sesTarget.exec(target);
    if (ses && context.ses && ses[2] !== context.ses.zone) {
      const { region, zone } = context.ses;
      const token = ses[1] ?? selector;
      const set = [{ name, type: 'CNAME', ttlSeconds: hop.ttlSeconds, data: [`${token}.${zone}.`] }];
      findings.push(
        found('dkim.cname.ses_region', {
          subject,
          args: { selector, target, region, zone, token, domain },
          evidence,
          set,
        }),
      );
      return true;
    }
    if (known && microsoftTarget.test(target)) {
      findings.push(found('dkim.cname.dash_form', { subject, args: { selector, target, domain }, evidence }));
      return true;
    }
  }
  // What a profile expects is only a guess, so a key that is reached by another way is right.
  if (known && (!reached || candidate.origin === 'given')) {
    const expected = (candidate.expect?.targets ?? []).map((pattern) => fillPattern(pattern, domain)).join(' or ');
    const exact = candidate.expect && exactTarget(candidate.expect, domain);
    const set = exact === undefined ? [] : [{ name, type: 'CNAME', ttlSeconds: hop.ttlSeconds, data: [`${exact}.`] }];
    findings.push(found('dkim.cname.wrong_target', { subject, args: { selector, target, expected }, evidence, set }));
  } else if (!reached) {
    const end = answer.chain.at(-1)?.target ?? target;
    const severity = one.inUse ? 'error' : 'warning';
    findings.push(
      found('dkim.cname.dangling', { subject, args: { selector, target: end, domain }, evidence, severity }),
    );
  }
  return true;
}

/** Senders whose several aliases are only partly there. */
export function checkGroups(judged: readonly JudgedSelector[], domain: DnsName, findings: Finding[]): void {
  const groups = new Map<string, JudgedSelector[]>();
  for (const one of judged) {
    const { group, expect } = one.seen.candidate;
    if (group === undefined || expect?.type !== 'CNAME') continue;
    const members = groups.get(group);
    if (members) members.push(one);
    else groups.set(group, [one]);
  }
  for (const [group, members] of groups) {
    const missing = members.filter(({ seen }) => isAbsent(seen.answer) && seen.answer.chain.length === 0);
    const present = members.find(
      ({ seen: { answer, candidate } }) =>
        answer.chain[0] && candidate.expect && fitsTarget(candidate.expect, domain, answer.chain[0].target),
    );
    const [first] = missing;
    if (!first || !present) continue;
    const ttlSeconds = present.seen.answer.chain[0]?.ttlSeconds ?? 3600;
    const set = missing.flatMap(({ seen }) => {
      const target = seen.candidate.expect && exactTarget(seen.candidate.expect, domain);
      return target === undefined ? [] : [{ name: seen.name, type: 'CNAME', ttlSeconds, data: [`${target}.`] }];
    });
    findings.push(
      found('dkim.cname.incomplete', {
        subject: { name: first.seen.name, type: 'CNAME' },
        args: { group, total: members.length, missing: missing.map(({ selector }) => selector).join(', ') },
        evidence: aliasEvidence(present.seen.answer),
        set,
      }),
    );
  }
}
