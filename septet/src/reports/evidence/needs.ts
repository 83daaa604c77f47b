/**
 * What a step of the DMARC or SPF ramp needs of the reports, and what it has. One computation for gates, for
 * `septet ramp` and for findings. Every need is so made that more failures never meet it where fewer did not: volumes
 * count mail that passes, and shares of faults are of mail that passes. Pure.
 */
import type { DmarcEvidence, SenderCounts } from './measure.ts';
import { share, sumCounts } from './counts.ts';
import { dayMs, dayOf, startOf } from './days.ts';
import type { SourceJudgement } from './sources.ts';

export type NeedKind =
  | 'days'
  | 'coverage'
  | 'volume'
  | 'pass-rate'
  | 'each-sender'
  | 'unclassified'
  | 'new-sender'
  | 'dkim-rate'
  | 'spf-rate'
  | 'forwarded'
  | 'errors'
  | 'tls-reports'
  | 'tls-clean'
  | 'mx-covered'
  | 'certificates'
  | 'policy-served'
  | 'enforced'
  | 'logo'
  | 'approval';

export interface Need {
  readonly kind: NeedKind;
  readonly met: boolean;
  /** `messages of yours that pass`. */
  readonly what: string;
  /** `412`, `99.2 %`. */
  readonly has: string;
  readonly wants: string;
  /** Milliseconds since 1970, where the clock alone meets it. */
  readonly earliest?: number;
  /** The sources, reporters or hosts that it is about. */
  readonly items: readonly string[];
}

/** Defaults: catalogue 5.2 (house). */
export interface DmarcLimits {
  readonly messages: number;
  /** Organisations that report independently of each other. */
  readonly reporters: number;
  /** Of the days whose reports ought to be here. */
  readonly reportDayShare: number;
  /** A report of a day comes so many days after it, at the latest. */
  readonly reportLagDays: number;
  /** The two largest reporters may be silent for so many days. */
  readonly silentDays: number;
  readonly aligned: number;
  readonly eachAligned: number;
  /** Senders with less are judged with all others together only. */
  readonly eachMessages: number;
  readonly unknownShare: number;
  /** Fewer messages of an unknown source hold nothing up: single forged ones come every day. */
  readonly unknownMessages: number;
  readonly newDays: number;
  readonly dkim: number;
  readonly spf: number;
  readonly forwardedShare: number;
  readonly errorShare: number;
}

export const dmarcLimits: DmarcLimits = {
  messages: 500,
  reporters: 3,
  reportDayShare: 0.9,
  reportLagDays: 2,
  silentDays: 3,
  aligned: 0.995,
  eachAligned: 0.98,
  eachMessages: 10,
  unknownShare: 0.001,
  unknownMessages: 3,
  newDays: 7,
  dkim: 0.98,
  spf: 0.98,
  forwardedShare: 0.001,
  errorShare: 0.001,
};

export const percent = (part: number): string => `${cut(part * 100)} %`;
/** Cut and not rounded, so that 99.49 % does not read as the 99.5 % that are wanted. */
const cut = (value: number): string => (Math.floor(value * 100 + 1e-9) / 100).toString();

/** Enough receivers report, on enough days, and the largest have not fallen silent. */
export function coverageNeed(evidence: DmarcEvidence, limits: DmarcLimits): Need {
  const { dueDays, reportedDays, reporters, expected } = evidence;
  const dayShare = share(reportedDays, dueDays.length);
  const lastDue = dueDays.at(-1);
  const oldest = lastDue === undefined ? undefined : dayOf(startOf(lastDue) - limits.silentDays * dayMs);
  // Before the first day is due nobody can be late.
  const silent = expected.filter(({ lastDay }) => oldest !== undefined && lastDay <= oldest);
  const met = dayShare >= limits.reportDayShare && reporters.length >= limits.reporters && silent.length === 0;
  const has = `${reportedDays} of ${dueDays.length} days, ${reporters.length} receivers`;
  return {
    kind: 'coverage',
    met,
    what: 'reports',
    has: silent.length > 0 ? `${has}; silent: ${silent.map(({ name }) => name).join(', ')}` : has,
    wants: `${percent(limits.reportDayShare)} of the days, ${limits.reporters} receivers, the two largest among them`,
    items: silent.map(({ name, lastDay }) => `${name}, silent since ${lastDay}`),
  };
}

export function volumeNeed({ mine }: DmarcEvidence, limits: DmarcLimits): Need {
  return {
    kind: 'volume',
    met: mine.aligned >= limits.messages,
    what: 'messages of yours that pass',
    has: `${mine.aligned}`,
    wants: `${limits.messages}`,
    items: [],
  };
}

export function passRateNeed({ mine, senders }: DmarcEvidence, limits: DmarcLimits): Need {
  return {
    kind: 'pass-rate',
    met: mine.messages > 0 && share(mine.aligned, mine.messages) >= limits.aligned,
    what: 'of your mail passes',
    has: mine.messages > 0 ? percent(share(mine.aligned, mine.messages)) : 'nothing reported',
    wants: percent(limits.aligned),
    items: senders.filter((sender) => sender.aligned < sender.messages).map(failing),
  };
}

const failing = (sender: SenderCounts): string =>
  `${sender.sender}: ${sender.messages - sender.aligned} of ${sender.messages} fail`;

export function eachSenderNeed(evidence: DmarcEvidence, limits: DmarcLimits): Need {
  const low = judged(evidence, limits).filter(({ aligned, messages }) => share(aligned, messages) < limits.eachAligned);
  return eachNeed('each-sender', 'senders of yours that pass', low, evidence, limits.eachAligned);
}

export function dkimNeed(evidence: DmarcEvidence, limits: DmarcLimits): Need {
  const { mine } = evidence;
  const rate = share(mine.dkimAligned, mine.messages);
  const low = judged(evidence, limits).filter((one) => share(one.dkimAligned, one.messages) < limits.dkim);
  return {
    kind: 'dkim-rate',
    met: mine.messages > 0 && rate >= limits.dkim,
    what: 'of your mail is signed with your domain',
    has: mine.messages > 0 ? percent(rate) : 'nothing reported',
    wants: percent(limits.dkim),
    items: low.map(({ sender, dkimAligned, messages }) => `${sender}: ${dkimAligned} of ${messages} signed`),
  };
}

export function spfNeed(evidence: DmarcEvidence, limits: DmarcLimits): Need {
  const low = judged(evidence, limits).filter((one) => share(one.messages - one.withoutSpf, one.messages) < limits.spf);
  return eachNeed('spf-rate', 'senders of yours whose SPF passes', low, evidence, limits.spf);
}

const judged = ({ senders }: DmarcEvidence, { eachMessages }: DmarcLimits): readonly SenderCounts[] =>
  senders.filter(({ messages }) => messages >= eachMessages);

function eachNeed(
  kind: 'each-sender' | 'spf-rate',
  what: string,
  low: readonly SenderCounts[],
  { senders }: DmarcEvidence,
  wanted: number,
): Need {
  const count = senders.filter(({ messages }) => messages > 0).length;
  return {
    kind,
    met: count > 0 && low.length === 0,
    what,
    has: count > 0 ? `${count - low.length} of ${count}` : 'nothing reported',
    wants: `each ${percent(wanted)}`,
    items: low.map((one) =>
      kind === 'spf-rate' ? `${one.sender}: SPF fails for ${one.withoutSpf} of ${one.messages}` : failing(one),
    ),
  };
}

/** Sources that nobody has judged and that send at least a thousandth of what passes. */
export function unclassifiedNeed(evidence: DmarcEvidence, limits: DmarcLimits): Need {
  const large = unclassified(evidence, limits);
  return {
    kind: 'unclassified',
    met: large.length === 0,
    what: 'sources that nobody knows',
    has: `${large.length}`,
    wants: `none above ${percent(limits.unknownShare)} of your mail`,
    items: large.map(({ title, messages }) => `${title}: ${messages} messages`),
  };
}

export const unclassified = ({ sources, mine }: DmarcEvidence, limits: DmarcLimits): readonly SourceJudgement[] =>
  sources.filter(
    ({ standing, messages }) =>
      standing === 'unknown' && messages >= limits.unknownMessages && messages >= limits.unknownShare * mine.aligned,
  );

/** A sender that has only just begun may not have shown all its mail. */
export function newSenderNeed(evidence: DmarcEvidence, limits: DmarcLimits): Need {
  const from = dayOf(evidence.now - limits.newDays * dayMs);
  const fresh = [
    ...evidence.senders.filter((sender) => sender.firstDay > from && sender.messages >= limits.eachMessages),
    ...unclassified(evidence, limits)
      .filter(({ looksOwn, firstDay }) => looksOwn && firstDay > from)
      .map(({ sender, firstDay }) => ({ sender, firstDay })),
  ];
  const newest = fresh
    .map(({ firstDay }) => firstDay)
    .sort()
    .at(-1);
  return {
    kind: 'new-sender',
    met: newest === undefined,
    what: 'senders of yours that are new',
    has: `${fresh.length}`,
    wants: `none in ${limits.newDays} days`,
    ...(newest === undefined ? {} : { earliest: startOf(newest) + limits.newDays * dayMs }),
    items: fresh.map(({ sender, firstDay }) => `${sender}, since ${firstDay}`),
  };
}

export function errorNeed({ mine, senders }: DmarcEvidence, limits: DmarcLimits): Need {
  const rate = share(mine.errors, mine.aligned);
  return {
    kind: 'errors',
    met: mine.aligned > 0 && rate <= limits.errorShare,
    what: 'temperror and permerror',
    has: mine.aligned > 0 ? percent(rate) : 'nothing reported',
    wants: `at most ${percent(limits.errorShare)}`,
    items: senders.filter(({ errors }) => errors > 0).map(({ sender, errors }) => `${sender}: ${errors}`),
  };
}

/** Mail that forwarders and lists pass on and that fails: nobody can mend it, somebody has to accept it. */
export function forwardLoss({ sources, mine }: DmarcEvidence): { readonly messages: number; readonly share: number } {
  const passed = sumCounts(sources.filter(({ standing }) => standing === 'forwarder'));
  const messages = passed.messages - passed.aligned;
  return { messages, share: share(messages, mine.aligned) };
}

/** Mail that comes from others than our senders by our signature: SPF `-all` may refuse it before DKIM is looked at. */
export function forwardedNeed(evidence: DmarcEvidence, limits: DmarcLimits): Need {
  const passed = evidence.sources.filter(
    ({ standing, key, messages }) => standing === 'forwarder' && messages > 0 && !key.includes('spf='),
  );
  const rate = share(sumCounts(passed).messages, evidence.mine.aligned);
  return {
    kind: 'forwarded',
    met: evidence.mine.aligned > 0 && rate <= limits.forwardedShare,
    what: 'mail that others pass on under your envelope',
    has: evidence.mine.aligned > 0 ? percent(rate) : 'nothing reported',
    wants: `at most ${percent(limits.forwardedShare)}, or your approval`,
    items: passed.map(({ title, messages }) => `${title}: ${messages} messages`),
  };
}
