/** What a plan would take away from a domain, judged from the records themselves: nothing is what every plan shall answer. */
import { membersOf, type Change } from '../../src/change/change.ts';
import { isAtOrBelow, relativeTo, type DnsName } from '../../src/dns/name.ts';
import { formatRdata } from '../../src/dns/rdata-text.ts';
import { txtText, type Answer, type Mx, type RrSet, type Txt } from '../../src/dns/rrset.ts';
import type { Plan, Step } from '../../src/plan/plan.ts';
import type { Source } from '../../src/records/spf/answers.ts';
import { inherited, isDmarc, milder, noWeight, weightOf } from './dmarc-weight.ts';
import { edges, isSpf, verdict, withTexts } from './spf-passes.ts';

export interface Loss {
  readonly kind:
    | 'spf' // an address passed and does not any more
    | 'stranger' // an address passes that nobody asked for
    | 'dkim'
    | 'mx'
    | 'dmarc'
    | 'inherited' // a policy of its own is milder than that of the domain above
    | 'foreign' // a TXT member of somebody else
    | 'unanswered' // planned although DNS did not answer
    | 'loses' // the step says itself that a record in use goes
    | 'other';
  readonly step: string;
  readonly text: string;
}

/** SPF mechanisms that the configuration wants at a name. */
export type Wanted = ReadonlyMap<DnsName, readonly string[]>;

export function lossesOf(source: Source, plan: Plan, wanted: Wanted): readonly Loss[] {
  const losses: Loss[] = [];
  const now = new Map<string, RrSet | undefined>();
  for (const step of plan.steps) {
    const tell = (kind: Loss['kind'], text: string): void => void losses.push({ kind, step: step.id, text });
    if (step.status.kind === 'blocked' && step.changes.length > 0 && step.status.why.includes('did not answer'))
      tell('unanswered', step.status.why);
    for (const change of step.changes) {
      const key = `${change.type} ${change.name}`;
      const live = source(change.name, change.type);
      const stands = now.has(key) ? now.get(key) : standing(live);
      if (!live || live.kind === 'failed') tell('unanswered', `${key}: ${live?.detail ?? 'not asked'}`);
      if (!isAtOrBelow(change.name, plan.zone)) tell('other', `${key} is not in the zone ${plan.zone}`);
      if (!same(change.before, stands)) tell('other', `${key}: before is not what stands there`);
      if (!change.after && stands) tell('other', `${key} is taken away`);
      judge(change, stands, source, { step, plan, wanted, tell });
      now.set(key, change.after);
    }
    if (step.loses.length > 0 && !isDead(step, source)) tell('loses', step.loses.join(' | '));
  }
  return losses;
}

/** What stands at the name itself: neither behind an alias nor made by a wildcard. */
const standing = (answer: Answer | undefined): RrSet | undefined =>
  answer?.kind === 'found' && answer.chain.length === 0 ? answer.set : undefined;

const same = (a: RrSet | undefined, b: RrSet | undefined): boolean =>
  a === undefined || b === undefined ? a === b : membersOf(a).join('\n') === membersOf(b).join('\n');

interface Context {
  readonly step: Step;
  readonly plan: Plan;
  readonly wanted: Wanted;
  tell(kind: Loss['kind'], text: string): void;
}

function judge(change: Change, stands: RrSet | undefined, source: Source, context: Context): void {
  const { tell } = context;
  const before = stands?.data ?? [];
  const after = change.after?.data ?? [];
  switch (change.type) {
    case 'TXT':
      return judgeTxt(change.name, before as readonly Txt[], after as readonly Txt[], source, context);
    case 'MX': {
      const [old, next] = [before as readonly Mx[], after as readonly Mx[]];
      const place = (list: readonly Mx[], exchange: DnsName): number =>
        Math.min(...list.filter((mx) => mx.exchange === exchange).map((mx) => mx.preference));
      for (const { exchange } of old)
        if (!next.some((mx) => mx.exchange === exchange)) tell('mx', `${change.name}: ${exchange || 'null MX'} goes`);
      for (const a of old)
        for (const b of old)
          if (place(old, a.exchange) < place(old, b.exchange) && place(next, a.exchange) >= place(next, b.exchange))
            tell('mx', `${change.name}: ${a.exchange} is no longer tried before ${b.exchange}`);
      return;
    }
    default: {
      const texts = (set: RrSet | undefined): readonly string[] =>
        (set?.data ?? []).map((data) => formatRdata(change.type, data as never));
      const kept = texts(change.after);
      for (const text of texts(stands))
        if (!kept.includes(text))
          tell(change.name.includes('_domainkey') ? 'dkim' : 'other', `${change.name} ${change.type} ${text} goes`);
    }
  }
}

function judgeTxt(
  name: DnsName,
  before: readonly Txt[],
  after: readonly Txt[],
  source: Source,
  context: Context,
): void {
  const { plan, tell } = context;
  const label = relativeTo(name, plan.domain) ?? '';
  const ours =
    label === '_dmarc'
      ? isDmarc
      : label.endsWith('_domainkey')
        ? (text: string) => /(?:^|;)\s*p\s*=/.test(text)
        : /^_mta-sts$|^_smtp\._tls$|\._bimi$/.test(label)
          ? (text: string) => /^v=(?:STSv1|TLSRPTv1|BIMI1)/i.test(text)
          : isSpf;
  const foreign = (list: readonly Txt[]): string =>
    JSON.stringify(list.filter((txt) => !ours(txtText(txt))).map(({ strings }) => strings));
  if (foreign(before) !== foreign(after)) tell('foreign', `${name}: ${foreign(before)} → ${foreign(after)}`);
  const [old, next] = [before, after].map((list) => list.map(txtText).filter(ours)) as [string[], string[]];
  if (label === '_dmarc') judgeDmarc(old, next, source, context);
  else if (label.endsWith('_domainkey')) {
    const keys = (list: readonly string[]): readonly string[] =>
      list.map((text) => (/(?:^|;)\s*p\s*=([^;]*)/.exec(text)?.[1] ?? '').replaceAll(/\s/g, ''));
    for (const key of keys(old)) if (!keys(next).includes(key)) tell('dkim', `${name}: the key ${key} goes`);
  } else if (ours === isSpf) judgeSpf(name, old, next, source, context);
}

function judgeDmarc(
  old: readonly string[],
  next: readonly string[],
  source: Source,
  { plan, tell, step }: Context,
): void {
  const after = next.length === 1 ? weightOf(next[0] ?? '') : noWeight;
  if (next.length > 1) tell('dmarc', `${step.id}: ${next.length} records`);
  if (old.length === 1) for (const text of milder(weightOf(old[0] ?? ''), after)) tell('dmarc', text);
  if (old.length === 0)
    for (const text of milder(inherited(plan.domain, source), after)) tell('inherited', `${plan.domain}: ${text}`);
}

function judgeSpf(
  name: DnsName,
  old: readonly string[],
  next: readonly string[],
  source: Source,
  { wanted, tell }: Context,
): void {
  if (next.length !== 1) return tell('spf', `${name}: ${next.length} records`);
  const asked = wanted.get(name) ?? [];
  const then = withTexts(source, name, next);
  // Several records, which receivers answer with permerror, are judged one by one: each means to let somebody pass.
  const olds = old.map((text) => withTexts(source, name, [text]));
  const wants = asked.map((mechanism) => withTexts(source, name, [`v=spf1 ${mechanism} -all`]));
  const at = new Set<string>(['0.0.0.0', '255.255.255.255', '::', '2001:db8::1']);
  for (const each of [...olds, then, ...wants]) edges(name, each, at);
  for (const ip of at) {
    const verdicts = olds.map((each) => verdict(ip, name, each));
    const passed = verdicts.includes('pass');
    const now = verdict(ip, name, then);
    const passes = now === 'pass';
    if (passed && !passes) return tell('spf', `${name}: ${ip} passed by ${old.join(' and ')}, not by ${next[0]}`);
    const invited = wants.some((each) => verdict(ip, name, each) === 'pass');
    // A record that is an error to receivers may be mended into what it means to say.
    const dead = verdicts.length > 0 && verdicts.every((each) => each === 'permerror');
    if (passes && !passed && !invited && !dead)
      return tell('stranger', `${name}: ${ip} passes by ${next[0]}, not by ${old.join(' and ')}`);
    if (invited && !passes && now !== 'temperror')
      return tell('spf', `${name}: ${ip} is wanted and does not pass by ${next[0]}`);
  }
}

/**
 * What a step gives up lets nobody pass: a term that does not say `+`, or a record that is an error to receivers
 * (RFC 7208 §4.5, §4.6).
 */
function isDead({ record, loses, changes }: Step, source: Source): boolean {
  if (record !== 'spf') return false;
  const refused = loses.every((text) => /^[?~-]\S+$/.test(text));
  return refused || changes.every(({ name }) => verdict('192.0.2.1', name, source) === 'permerror');
}
