/**
 * A page for whoever has access to the DNS, as a value: what, why, each record field by field, what must stay, how to see
 * that it worked. `markdown.ts` and `html.ts` print it. It is for any host, so it says what hosts do differently.
 */
import type { Change } from '../../change/change.ts';
import { txtOf } from '../../change/txt.ts';
import type { DnsName } from '../../dns/name.ts';
import { formatTxtForZone } from '../../dns/rdata-text.ts';
import { txtText, type Rdata, type RrType, type Txt } from '../../dns/rrset.ts';
import type { FormFile, FormInput } from '../form.ts';
import { oneLine } from './comments.ts';
import { editsOf } from './edits.ts';
import { entryOf, isPlainText, relativeName, shownTxt, type Entry } from './entry.ts';
import { fit, type FittedStep } from './fit.ts';
import { shellWord } from './shell.ts';

export interface Page {
  readonly title: string;
  readonly intro: readonly string[];
  /** How to read the tables. */
  readonly hints: readonly string[];
  readonly steps: readonly PageStep[];
  /** Shell commands that show what is published. */
  readonly look: readonly string[];
  /** `npx septet status example.com` */
  readonly command: string;
  readonly later: readonly string[];
  readonly digest: string;
  readonly madeAt: string;
}

export interface PageStep {
  readonly number: number;
  readonly title: string;
  readonly why: string;
  readonly records: readonly PageRecord[];
  /** What stands at the same names and must not be touched. */
  readonly keep: readonly { readonly type: RrType; readonly name: string; readonly value: string }[];
  readonly outside: readonly string[];
  readonly files: readonly FormFile[];
  readonly cannot: readonly string[];
}

export interface PageRecord {
  readonly verb: 'Add' | 'Change' | 'Delete';
  readonly type: RrType;
  /** Relative to the zone, `@` for the zone itself. */
  readonly name: string;
  readonly fullName: DnsName;
  /** What shall stand there; for `Delete`, what goes. One line, to be copied as it is. */
  readonly value: string;
  readonly priority?: number;
  readonly ttlSeconds: number;
  /** For `Change`: what stands there now. */
  readonly now?: Entry;
  /** The value is written as in a zone file, because it holds octets that cannot be typed. */
  readonly zoneNotation: boolean;
  /** Texts over 255 octets: quoted pieces, for forms that refuse the whole. */
  readonly pieces?: string;
}

export function pageOf(input: FormInput): Page {
  const steps = fit(input, { host: 'this zone' }).map((fitted) => stepOf(fitted, input.zone));
  const count = steps.reduce((sum, step) => sum + step.records.length, 0);
  const changes = count === 1 ? 'There is one change' : `There are ${count} changes`;
  return {
    title: `DNS records for ${input.domain}`,
    intro:
      count === 0
        ? [`There is nothing to change in the DNS of ${input.domain} now.`]
        : [
            `Hello. ${changes} to make in the DNS zone ${input.zone}, for the e-mail of ${input.domain}. Please make them in this order. Thank you.`,
            'Nothing else in the zone has to change, and nothing else should.',
          ],
    hints: count === 0 ? [] : hintsOf(input.zone),
    steps,
    look: [...new Set(steps.flatMap((step) => step.records.map((record) => lookOf(record))))],
    command: `npx septet status ${input.domain}`,
    later: input.later.map(oneLine),
    digest: input.digest,
    madeAt: input.madeAt,
  };
}

const hintsOf = (zone: DnsName): readonly string[] => [
  `Name is the part in front of ${zone}; @ is ${zone} itself. Most forms add ${zone} by themselves. Where yours wants the whole name, take the one behind it.`,
  'Copy each value in one piece, without quotes around it. Most forms add quotes by themselves.',
  'Names in values have no dot at their end. If your host adds its own zone to them, put a dot behind.',
  'If there is a proxy switch (an orange cloud), it is off for all of these.',
  'If the TTL given is not on offer, take the next higher one.',
];

function stepOf(fitted: FittedStep, zone: DnsName): PageStep {
  return {
    number: fitted.number,
    title: oneLine(fitted.step.title),
    why: oneLine(fitted.step.why),
    records: fitted.changes.flatMap((change) => recordsOf(change, zone)),
    keep: fitted.changes.flatMap((change) =>
      editsOf(change).kept.map((data) => ({
        type: change.type,
        name: relativeName(change.name, zone),
        value: whole(entry(change.type, data)),
      })),
    ),
    outside: fitted.step.outside.map(oneLine),
    files: (fitted.step.files ?? []).map(({ url, lines }) => ({ url: oneLine(url), lines: lines.map(oneLine) })),
    cannot: fitted.refused.map(oneLine),
  };
}

function recordsOf(change: Change, zone: DnsName): readonly PageRecord[] {
  const { added, removed, type, ttlSeconds } = editsOf(change);
  const record = (verb: PageRecord['verb'], data: Rdata<RrType>, now?: Rdata<RrType>): PageRecord => {
    const text = type === 'TXT' || type === 'SPF' ? txtText(data as Txt) : undefined;
    return {
      verb,
      type,
      name: relativeName(change.name, zone),
      fullName: change.name,
      ...entry(type, data),
      ttlSeconds,
      ...(now === undefined ? {} : { now: entry(type, now) }),
      zoneNotation: text !== undefined && !isPlainText(text),
      ...(text !== undefined && text.length > 255 ? { pieces: formatTxtForZone(txtOf(text)) } : {}),
    };
  };
  const pairs = Math.min(added.length, removed.length);
  return [
    ...removed.slice(pairs).map((data) => record('Delete', data)),
    ...added.map((data, i) => {
      const now = i < pairs ? removed[i] : undefined;
      return now === undefined ? record('Add', data) : record('Change', data, now);
    }),
  ];
}

const entry = (type: RrType, data: Rdata<RrType>): Entry => entryOf(type, data, { dot: false, txt: shownTxt });

/** Priority and value, where there is one line for both. */
export const whole = ({ value, priority }: Entry): string => (priority === undefined ? value : `${priority} ${value}`);

const lookOf = ({ type, fullName }: PageRecord): string => `dig +short ${type} ${shellWord(fullName)}`;

/** `3600 (1 hour)` */
export function ttlWords(seconds: number): string {
  const units: readonly (readonly [number, string])[] = [
    [86_400, 'day'],
    [3600, 'hour'],
    [60, 'minute'],
  ];
  const unit = units.find(([length]) => seconds >= length && seconds % length === 0);
  if (unit === undefined) return String(seconds);
  const count = seconds / unit[0];
  return `${seconds} (${count} ${unit[1]}${count === 1 ? '' : 's'})`;
}
