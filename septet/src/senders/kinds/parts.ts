/** Needs that several kinds share, made from the dated facts of a profile; and what their traces have in common. */
import { dnsName, parseDomain, relativeTo, type DnsName } from '../../dns/name.ts';
import { fillPattern, matchesPattern } from '../../records/dkim/expectation.ts';
import type { Mx } from '../../dns/rrset.ts';
import { canBeGiven } from '../keys.ts';
import { shown, textOf, txtRecordsOf, type Account } from '../account.ts';
import type { NeedPurpose, RecordNeed, SpfNeed } from '../needs.ts';
import type { SenderProfile } from '../profile.ts';
import type { SeenForInit, SeenMailFrom, SeenSelector } from '../seen.ts';
import type { Values } from '../sender.ts';

/** The include of a profile, and the targets that it replaces, at a name. */
export function includeAt(
  name: DnsName,
  facts: SenderProfile,
  alone: boolean,
  include = facts.spf.includes[0],
): SpfNeed {
  return {
    name,
    mechanisms: include === undefined ? [] : [`include:${include}`],
    retired: (facts.spf.retired ?? []).map((one) => one.include),
    alone,
  };
}

/** What a new customer is told to publish as MX. */
export function wantedMx(facts: SenderProfile, domain: DnsName): readonly Mx[] {
  const wanted = facts.mx?.find((use) => use.wanted)?.wanted ?? [];
  return wanted.map(([preference, exchange]) => ({ preference, exchange: dnsName(fillPattern(exchange, domain)) }));
}

/** An alias, where its name is known. A target that is no name is a fault. */
export function alias(
  account: Account,
  name: DnsName | undefined,
  target: string,
  purpose: NeedPurpose,
  why: string,
): readonly RecordNeed[] {
  if (name === undefined) return [];
  const parsed = parseDomain(target);
  if (parsed.ok) return [{ type: 'CNAME', name, target: parsed.name, why, purpose }];
  account.faults.push(`${account.title}: ${shown(target)}, where ${name} is to lead, is not a host name.`);
  return [];
}

/** The TXT of the domain itself that `verification` gives. */
export function verificationOf(account: Account): readonly RecordNeed[] {
  const text = textOf(account, 'verification');
  if (text === undefined) return [];
  return [ownershipRecord(account, account.domain, text.replace(/^"(.*)"$/, '$1'))];
}

/** The TXT records that `ownership` gives. */
export function ownershipOf(account: Account, key = 'ownership'): readonly RecordNeed[] {
  return txtRecordsOf(account, key).map(({ name, text }) =>
    ownershipRecord(account, name, text.replace(/^"(.*)"$/, '$1')),
  );
}

function ownershipRecord(account: Account, name: DnsName, text: string): RecordNeed {
  return { type: 'TXT', name, text, why: `proves to ${account.title} that the domain is yours`, purpose: 'ownership' };
}

/** The label of a name below the domain; absent for the domain itself and for other names. */
export function labelOf(seen: SeenForInit, name: DnsName): string | undefined {
  const label = relativeTo(name, seen.domain);
  return label !== undefined && parseDomain(label).ok ? label : undefined;
}

/** The name for bounces that is an alias to one of the targets. */
export function aliasTo(
  seen: SeenForInit,
  pattern: RegExp,
): { readonly label: string; readonly match: RegExpExecArray } | undefined {
  for (const { name, alias } of seen.mailFrom) {
    const match = alias === undefined ? null : pattern.exec(alias);
    const label = labelOf(seen, name);
    if (match && label !== undefined) return { label, match };
  }
  return undefined;
}

/** The first name for bounces whose exchanges fit, every one. */
export function mailFromWith(
  seen: SeenForInit,
  fits: (exchange: DnsName, label: string) => boolean,
): (SeenMailFrom & { readonly label: string }) | undefined {
  for (const one of seen.mailFrom) {
    const label = labelOf(seen, one.name);
    if (
      label !== undefined &&
      one.alias === undefined &&
      one.mx.length > 0 &&
      one.mx.every((mx) => fits(mx.exchange, label))
    ) {
      return { ...one, label };
    }
  }
  return undefined;
}

export const isAlias = (one: SeenSelector): one is Extract<SeenSelector, { target: DnsName }> => 'target' in one;
export const isText = (one: SeenSelector): one is Extract<SeenSelector, { text: string }> => 'text' in one;

/** `selector` and `value` of the first usable key record whose selector fits. */
export function keySeen(seen: SeenForInit, fits: RegExp): Values {
  const key = seen.dkim.filter(isText).find((one) => fits.test(one.selector) && canBeGiven(one, seen.domain));
  return key ? { selector: key.selector, value: key.text } : {};
}

/** The aliases at selectors that fit, with their targets matched. */
export function aliasesSeen(
  seen: SeenForInit,
  target: RegExp,
): readonly { readonly selector: string; readonly target: DnsName; readonly match: RegExpExecArray }[] {
  return seen.dkim.filter(isAlias).flatMap((one) => {
    if (!canBeGiven(one, seen.domain)) return [];
    const { selector, target: found } = one;
    const match = target.exec(found);
    return match ? [{ selector, target: found, match }] : [];
  });
}

/** `verification`: the first text of the domain that begins as the profile says. */
export function verificationSeen(seen: SeenForInit, facts: SenderProfile): Values {
  const text = seen.txt.find((one) => {
    const begin = one.slice(0, 40).toLowerCase();
    return (facts.verification ?? []).some((prefix) => begin.startsWith(prefix));
  });
  return text === undefined ? {} : { verification: text };
}

/** Whether the domain's SPF record includes one of the targets with a pass. */
export function includes(seen: SeenForInit, targets: readonly string[]): boolean {
  return seen.spf.some((term) => {
    const target = /^\+?include:(.+?)\.?$/i.exec(term)?.[1]?.toLowerCase();
    return target !== undefined && targets.some((pattern) => matchesPattern(pattern, target));
  });
}
