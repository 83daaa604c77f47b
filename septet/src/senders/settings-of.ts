/**
 * The way back, for `septet init`: from what is live to settings whose needs demand everything that now sends. Senders
 * with a profile are recognised by it; whatever their needs do not cover is carried by `custom` senders, so that no live
 * sender is lost.
 */
import type { DnsName } from '../dns/name.ts';
import { isNullMx } from '../records/mx/record.ts';
import { parseTerm } from '../records/spf/term.ts';
import { shown } from './account.ts';
import { detectSenders, type Clue } from './detect.ts';
import { senders } from './kinds.ts';
import { asMechanism, mechanismText } from './kinds/custom.ts';
import { isAlias, isText, labelOf } from './kinds/parts.ts';
import { canBeGiven } from './keys.ts';
import { needsOf } from './needs-of.ts';
import type { DkimNeed, SenderNeeds, SenderSetting } from './needs.ts';
import type { SeenForInit, SeenMailFrom, SeenSelector } from './seen.ts';
import type { Values } from './sender.ts';

export type { SeenForInit, SeenMailFrom, SeenSelector } from './seen.ts';

export interface SettingsOf {
  readonly senders: readonly SenderSetting[];
  /** What is in no setting, one line each, for a person: terms that let nobody pass, revoked keys, senders too vague. */
  readonly unclaimed: readonly string[];
}

/** Settings for everything that now sends. Pure. */
export function settingsOf(seen: SeenForInit): SettingsOf {
  const unclaimed: string[] = [];
  const recognised = claimKeys(seen, recognise(seen, unclaimed));
  const { needs } = needsOf(seen.domain, recognised);
  return { senders: [...recognised, ...remainder(seen, needs, unclaimed)], unclaimed };
}

/** The senders that show themselves, with the values that can be read. */
function recognise(seen: SeenForInit, unclaimed: string[]): readonly SenderSetting[] {
  const clues = new Map<string, readonly Clue[]>(detectSenders(cluesOf(seen)).map((one) => [one.id, one.clues]));
  const settings: SenderSetting[] = [];
  const vague: Vague[] = [];
  for (const sender of senders) {
    const found = sender.profile === undefined ? undefined : clues.get(sender.profile);
    if (found === undefined || sender.recognise === undefined) continue;
    const values = sender.recognise(seen, found).filter((one) => fitsAliases(seen, { kind: sender.key, values: one }));
    const seenAs = some(found.map(({ value }) => shown(value)));
    for (const one of values) {
      const setting = { kind: sender.key, values: one };
      const missing = missingInSpf(seen, setting);
      if (missing === undefined) settings.push(setting);
      else
        unclaimed.push(
          `${sender.title} has left traces (${seenAs}), and the SPF record does not hold ${missing}. What is live is kept as it is; if it sends as ${seen.domain}, add ${sender.key}.`,
        );
    }
    if (values.length === 0) vague.push({ title: sender.title, key: sender.key, seenAs });
  }
  if (vague.length > 0) unclaimed.unshift(vagueText(vague));
  return settings;
}

interface Vague {
  readonly title: string;
  readonly key: string;
  readonly seenAs: string;
}

/** One sentence for all of them. */
function vagueText(vague: readonly Vague[]): string {
  const [one, ...more] = vague;
  const rest = 'What is live is kept as it is; to have';
  if (one && more.length === 0)
    return `${one.title} has left traces (${one.seenAs}), and DNS does not tell its settings. ${rest} its other records planned, add ${one.key}.`;
  const traces = joined(vague.map(({ title, seenAs }) => `${title} (${seenAs})`));
  const keys = joined(vague.map(({ key }) => key));
  return `${traces} have left traces, and DNS does not tell their settings. ${rest} their other records planned, add ${keys}.`;
}

const joined = (texts: readonly string[]): string => [texts.slice(0, -1).join(', '), ...texts.slice(-1)].join(' and ');

/**
 * What the sender would need in a record that stands and does not say it, here or further in. Its owner has written down
 * who sends: a trace elsewhere, such as the MX, adds nobody.
 */
function missingInSpf(seen: SeenForInit, setting: SenderSetting): string | undefined {
  if (seen.spf.length === 0) return undefined;
  const live = new Set(
    reached(seen.spf)
      .flatMap((text) => mechanismText(text) ?? [])
      .map(asMechanism)
      .map(compared),
  );
  for (const name of seen.spfBehind ?? []) live.add(`include:${name}`);
  const needs = needsOf(seen.domain, [setting]).needs.flatMap((need) => need.spf);
  for (const need of needs) {
    if (need.name !== seen.domain || need.retired.some((target) => live.has(`include:${target}`))) continue;
    const missing = need.mechanisms.find((mechanism) => !live.has(compared(mechanism)));
    if (missing !== undefined) return missing;
  }
  return undefined;
}

/** The terms that are looked at: nothing behind `all` is (RFC 7208 §5.1). */
function reached(terms: readonly string[]): readonly string[] {
  const end = terms.findIndex((text) => /^[-+~?]?all$/i.test(text));
  return end < 0 ? terms : terms.slice(0, end);
}

/** Whether nothing that the sender needs would stand beside a live alias that leads elsewhere. */
function fitsAliases(seen: SeenForInit, setting: SenderSetting): boolean {
  const aliases = seen.mailFrom.filter((one) => one.alias !== undefined);
  if (aliases.length === 0) return true;
  const [need] = needsOf(seen.domain, [setting]).needs;
  return aliases.every(({ name, alias }) => {
    const records = need?.records.filter((record) => record.name === name) ?? [];
    if (need?.spf.some((one) => one.name === name)) return false;
    return records.every((record) => record.type === 'CNAME' && record.target === alias);
  });
}

/** The first two, and how many more there are. */
const some = (texts: readonly string[]): string =>
  texts.length > 3 ? `${texts.slice(0, 2).join(', ')} and ${texts.length - 2} more` : texts.join(', ');

function cluesOf(seen: SeenForInit): Parameters<typeof detectSenders>[0] {
  return {
    spfIncludes: reached(seen.spf).flatMap((text) => {
      const term = parseTerm(text, 0, []);
      return term?.kind === 'include' && term.qualifier === '+' ? (term.domain.name ?? []) : [];
    }),
    mxExchanges: seen.mx,
    apexTxt: seen.txt,
    dkimTargets: seen.dkim.filter(isAlias).map(({ target }) => target),
    dkimSelectors: seen.dkim.map(({ selector }) => selector),
    returnPathTargets: seen.mailFrom.flatMap(({ alias, mx }) => alias ?? mx.map(({ exchange }) => exchange)),
  };
}

/** Where a recognised sender would want other data at a selector than is live, what is live is written into its setting. */
function claimKeys(seen: SeenForInit, settings: readonly SenderSetting[]): readonly SenderSetting[] {
  return settings.map((setting) => {
    const [need] = needsOf(seen.domain, [setting]).needs;
    const live = (key: DkimNeed): SeenSelector | undefined =>
      seen.dkim.find((one) => one.selector === key.selector && canBeGiven(one, seen.domain));
    if (!need?.dkim.some((key) => live(key) !== undefined && !covers(key, live(key)))) return setting;
    const keys = need.dkim.flatMap((key) => live(key) ?? keyEntry(key));
    return { ...setting, values: { ...setting.values, dkim: keys.map(entryOf) } };
  });
}

function keyEntry(key: DkimNeed): readonly SeenSelector[] {
  if (key.kind === 'cname') return [{ selector: key.selector, target: key.target }];
  return key.kind === 'txt' ? [{ selector: key.selector, text: key.value }] : [];
}

/** In the form of the field `dkim`. */
const entryOf = (one: SeenSelector): Values =>
  isAlias(one) ? { selector: one.selector, target: one.target } : { selector: one.selector, value: one.text };

/** Whether the need asks for what is live. */
function covers(need: DkimNeed, live: SeenSelector | undefined): boolean {
  if (live === undefined || need.selector !== live.selector) return false;
  if (need.kind === 'cname') return isAlias(live) && need.target === live.target;
  return need.kind === 'txt' && isText(live) && need.value === live.text.trim();
}

/** Custom senders for what no recognised one demands: one for the domain itself, one for each other MAIL FROM name. */
function remainder(seen: SeenForInit, needs: readonly SenderNeeds[], unclaimed: string[]): readonly SenderSetting[] {
  const spf = leftMechanisms(seen.spf, coveredAt(needs, seen.domain), seen.domain, unclaimed);
  const dkim = leftKeys(seen, needs, unclaimed);
  const values: Values = {
    ...(spf.length > 0 ? { spf } : {}),
    ...(dkim.length > 0 ? { dkim: dkim.map(entryOf) } : {}),
  };
  const own = spf.length + dkim.length > 0 ? [{ kind: 'custom', values }] : [];
  return [...own, ...seen.mailFrom.flatMap((one) => leftMailFrom(seen, one, needs, unclaimed))];
}

/** Mechanisms that the needs demand at a name, and those that they replace. */
function coveredAt(needs: readonly SenderNeeds[], name: DnsName): ReadonlySet<string> {
  const covered = new Set<string>();
  for (const need of needs.flatMap(({ spf }) => spf)) {
    if (need.name !== name || need.mechanisms.length === 0) continue;
    for (const mechanism of need.mechanisms) covered.add(compared(mechanism));
    for (const target of need.retired) covered.add(`include:${target}`);
  }
  return covered;
}

/** Mechanism names and domains know no case; a macro letter does (RFC 7208 §7.3). */
function compared(mechanism: string): string {
  return mechanism.includes('%') ? mechanism : mechanism.toLowerCase().replace(/\.$/, '');
}

/**
 * Terms behind `all`, and a `redirect=` beside it, are never looked at (RFC 7208 §5.1, §6.1): nobody sends by them, and
 * they are not taken over.
 */
function leftMechanisms(
  terms: readonly string[],
  covered: ReadonlySet<string>,
  name: DnsName,
  unclaimed: string[],
): readonly string[] {
  const left = new Map<string, string>();
  const end = terms.findIndex((text) => /^[-+~?]?all$/i.test(text));
  for (const [index, text] of terms.entries()) {
    const dead = end >= 0 && (index > end || /^redirect=/i.test(text));
    const mechanism = mechanismText(text);
    if (dead) {
      unclaimed.push(
        `SPF of ${name}: ${shown(text)} stands ${/^redirect=/i.test(text) ? 'beside' : 'behind'} ${terms[end]} and is never looked at.`,
      );
      continue;
    }
    if (mechanism !== undefined) {
      const key = compared(asMechanism(mechanism));
      if (!covered.has(key) && !left.has(key)) left.set(key, mechanism);
    } else if (/^\+?all$/i.test(text))
      unclaimed.push(`SPF of ${name}: ${shown(text)} lets every host pass, whoever it is.`);
    else if (parseTerm(text, 0, []) === undefined)
      unclaimed.push(
        `SPF of ${name}: ${shown(text)} cannot be read, and with it receivers answer permerror for everybody.`,
      );
    else if (index !== end) unclaimed.push(`SPF of ${name}: ${shown(text)} lets nobody pass; no sender needs it.`);
  }
  return [...left.values()];
}

function leftKeys(seen: SeenForInit, needs: readonly SenderNeeds[], unclaimed: string[]): readonly SeenSelector[] {
  const demanded = needs.flatMap(({ dkim }) => dkim);
  const useless = seen.dkim.filter((one) => !canBeGiven(one, seen.domain)).map(({ selector }) => shown(selector));
  if (useless.length === 1)
    unclaimed.push(`The selector ${useless[0]} holds no usable key; no receiver accepts its signatures.`);
  if (useless.length > 1)
    unclaimed.push(`The selectors ${joined(useless)} hold no usable key; no receiver accepts their signatures.`);
  return seen.dkim.filter((one) => canBeGiven(one, seen.domain) && !demanded.some((need) => covers(need, one)));
}

function leftMailFrom(
  seen: SeenForInit,
  one: SeenMailFrom,
  needs: readonly SenderNeeds[],
  unclaimed: string[],
): readonly SenderSetting[] {
  const label = labelOf(seen, one.name);
  const records = needs.flatMap((need) => need.records).filter(({ name }) => name === one.name);
  if (label === undefined) return [];
  if (one.alias !== undefined) {
    if (records.some((record) => record.type === 'CNAME' && record.target === one.alias)) return [];
    return [{ kind: 'custom', values: { returnPath: label, target: one.alias } }];
  }
  const spf = leftMechanisms(one.spf, coveredAt(needs, one.name), one.name, unclaimed);
  const mx = records.some(({ type }) => type === 'MX')
    ? []
    : one.mx.flatMap((mx) => (isNullMx(mx) ? [] : [`${mx.preference} ${mx.exchange}`]));
  if (spf.length + mx.length === 0) return [];
  return [
    {
      kind: 'custom',
      values: { mailFrom: label, ...(spf.length > 0 ? { spf } : {}), ...(mx.length > 0 ? { mx } : {}) },
    },
  ];
}
