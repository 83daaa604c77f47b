/**
 * Who sends for a domain, told from its records, and what follows: selectors worth asking, notes for SPF, the provider
 * behind an exchange. Pure functions over the table of profiles.
 */
import type { DnsName } from '../dns/name.ts';
import { matchesPattern, type SelectorCandidate } from '../records/dkim/expectation.ts';
import type { ExchangeProvider } from '../records/mx/check.ts';
import type { ReturnPath } from '../records/mx/return-path.ts';
import type { DkimUse, SenderProfile } from './profile.ts';
import { profiles } from './profiles.ts';
import { sesDkimZone, sesRegionOf } from './ses.ts';

/** What was seen of a domain. Names are in the form of `DnsName`; leave out what was not asked. */
export interface SenderClues {
  readonly spfIncludes?: readonly string[];
  readonly mxExchanges?: readonly string[];
  /** The TXT values of the domain itself. */
  readonly apexTxt?: readonly string[];
  /** Where the CNAMEs at selectors point. */
  readonly dkimTargets?: readonly string[];
  /** Selectors that hold a key. */
  readonly dkimSelectors?: readonly string[];
  /** CNAME targets and exchanges of the names that are used as MAIL FROM. */
  readonly returnPathTargets?: readonly string[];
  readonly trackingTargets?: readonly string[];
}

export interface Clue {
  readonly kind: 'spf' | 'mx' | 'txt' | 'dkim' | 'selector' | 'return-path' | 'tracking';
  /** What gave the sender away. */
  readonly value: string;
}

export interface DetectedSender {
  /** Of the profile. */
  readonly id: string;
  readonly title: string;
  readonly kind: SenderProfile['kind'];
  readonly confidence: SenderProfile['confidence'];
  readonly clues: readonly Clue[];
}

/** The senders whose traces are there, in the order of the table. */
export function detectSenders(seen: SenderClues): readonly DetectedSender[] {
  const found: DetectedSender[] = [];
  for (const profile of profiles) {
    const clues = cluesFor(profile, seen);
    if (clues.length === 0) continue;
    const { id, title, kind, confidence } = profile;
    found.push({ id, title, kind, confidence, clues });
  }
  const resend = found.find(({ id }) => id === 'resend');
  // What Resend has at Amazon SES cannot be told from SES itself: it takes more than that to name Resend.
  return resend && !resend.clues.some(({ kind }) => kind === 'selector' || kind === 'tracking')
    ? found.filter((one) => one !== resend)
    : found;
}

/** The usual selectors of these senders, for `lookupDkim`. */
export function selectorsFor(detected: readonly DetectedSender[]): readonly SelectorCandidate[] {
  return detected.flatMap(({ id, title }) => (byId.get(id)?.dkim ?? []).flatMap((use) => candidates(use, title)));
}

function candidates(use: DkimUse, title: string): readonly SelectorCandidate[] {
  return use.selectors.map((selector) => ({
    selector,
    origin: 'profile',
    group: title,
    expect: {
      type: use.type,
      ...(use.targets ? { targets: use.targets.map((target) => target.replaceAll('{selector}', selector)) } : {}),
    },
  }));
}

/** What the profiles know about an include of an SPF record. */
export interface SpfNote {
  /**
   * `retired`: the name is of old instructions; `now` is the current one, absent when none is needed.
   * `not-needed`: the sender's MAIL FROM is a name of its own.
   * `mail-from`: the include belongs to the name that is used as MAIL FROM, not to the domain in From.
   */
  readonly kind: 'retired' | 'not-needed' | 'mail-from';
  readonly include: string;
  readonly now?: string;
  /** Title of the sender. */
  readonly sender: string;
  readonly note?: string;
}

/** Notes on the includes by which these senders were recognised; at most one for each include. */
export function spfNotes(detected: readonly DetectedSender[]): readonly SpfNote[] {
  const notes = new Map<string, SpfNote>();
  for (const { id, title: sender, clues } of detected) {
    const spf = byId.get(id)?.spf;
    if (!spf) continue;
    const note = spf.note === undefined ? {} : { note: spf.note };
    for (const { kind, value: include } of clues) {
      if (kind !== 'spf' || notes.has(include)) continue;
      const retired = spf.retired?.find((one) => matchesPattern(one.include, include));
      if (retired) {
        const now = retired.now === undefined ? {} : { now: retired.now };
        notes.set(include, { kind: 'retired', include, sender, ...now, ...note });
      } else if (spf.where === 'none') notes.set(include, { kind: 'not-needed', include, sender, ...note });
      else if (spf.where === 'mail-from') notes.set(include, { kind: 'mail-from', include, sender, ...note });
    }
  }
  return [...notes.values()];
}

/** The provider that takes mail at an exchange, for the rules of MX. */
export function mxProviderOf(exchange: DnsName): ExchangeProvider | undefined {
  for (const { id, title, mx } of profiles) {
    for (const { exchanges, form } of mx ?? []) {
      if (!matchesAny(exchanges, exchange)) continue;
      return form === undefined ? { id, title } : { id, title, form };
    }
  }
  return undefined;
}

/** The MX that a sender wants at the name for bounces, for `checkReturnPath`; absent where it wants a CNAME or nothing. */
export function returnPathOf(sender: DetectedSender): ReturnPath | undefined {
  const use = byId.get(sender.id)?.returnPath;
  if (use?.type !== 'MX' || use.wanted === undefined) return undefined;
  return {
    service: sender.title,
    wanted: use.wanted,
    matches: (exchange) => matchesAny(use.targets, exchange),
    alone: use.alone === true,
  };
}

/** Region and key zone of Amazon SES, where the name for bounces tells them; for the context of the DKIM check. */
export function sesOf(seen: SenderClues): { readonly region: string; readonly zone: DnsName } | undefined {
  for (const exchange of seen.returnPathTargets ?? []) {
    const region = sesRegionOf(exchange);
    if (region !== undefined) return { region, zone: sesDkimZone(region) };
  }
  return undefined;
}

const byId: ReadonlyMap<string, SenderProfile> = new Map(profiles.map((profile) => [profile.id, profile]));

/** The patterns of each profile, flat and with the domain left open. */
const patterns = new Map(
  profiles.map((profile) => {
    const open = (pattern: string): string =>
      pattern.replaceAll(/\{selector\}|\{domain\}|\{dashes\}/g, '*').replaceAll(/\*+/g, '*');
    const telling = profile.dkim.filter((use) => use.telling);
    return [
      profile.id,
      {
        includes: [...profile.spf.includes, ...(profile.spf.retired ?? []).map((one) => one.include)],
        exchanges: (profile.mx ?? []).flatMap((use) => use.exchanges),
        dkimTargets: profile.dkim.flatMap((use) => use.targets ?? []).map(open),
        selectors: telling.flatMap((use) => (use.pattern ? [...use.selectors, use.pattern] : use.selectors)),
        returnPath: profile.returnPath?.targets ?? [],
      },
    ] as const;
  }),
);

function cluesFor(profile: SenderProfile, seen: SenderClues): readonly Clue[] {
  const of = patterns.get(profile.id);
  if (!of) return [];
  const clues: Clue[] = [];
  const add = (kind: Clue['kind'], wanted: readonly string[], values: readonly string[] | undefined): void => {
    if (wanted.length === 0 || !values) return;
    for (const value of values) if (matchesAny(wanted, value)) clues.push({ kind, value });
  };
  add('spf', of.includes, seen.spfIncludes);
  add('mx', of.exchanges, seen.mxExchanges);
  add('dkim', of.dkimTargets, seen.dkimTargets);
  add('selector', of.selectors, seen.dkimSelectors);
  add('return-path', of.returnPath, seen.returnPathTargets);
  add('tracking', profile.tracking ?? [], seen.trackingTargets);
  if (profile.verification && seen.apexTxt) {
    for (const text of seen.apexTxt) {
      const begin = text.slice(0, 40).toLowerCase();
      if (profile.verification.some((prefix) => begin.startsWith(prefix))) clues.push({ kind: 'txt', value: text });
    }
  }
  return clues;
}

function matchesAny(wanted: readonly string[], value: string): boolean {
  for (const pattern of wanted) if (matchesPattern(pattern, value)) return true;
  return false;
}
