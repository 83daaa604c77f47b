/** `watch:` at the top: how often `septet watch` looks, where reports come from, and what is kept for how long. */
import path from 'node:path';
import { boolean, choice, integer, list, mapping, scalar, type Shape } from './shape.ts';

export interface WatchConfig {
  /** Milliseconds from one run to the next. */
  readonly every: {
    readonly check: number;
    readonly import: number;
    readonly ramps: number;
    readonly retain: number;
    readonly tell: number;
  };
  /** Where reports come from. */
  readonly reports: readonly ReportPlace[];
  /** Days for which things are kept. */
  readonly keep: {
    readonly rows: number;
    readonly rollups: number;
    readonly failures: number;
    readonly observations: number;
  };
  /** False: every step of a ramp waits for a person. Settings of a domain come first. */
  readonly automatic: boolean;
  /** False: a step that hurts is told, and a person takes it back. Settings of a domain come first. */
  readonly goBack: boolean;
  readonly keepFailures: 'no' | 'redacted' | 'whole';
  /** Reports count although nobody vouches for the mail that brought them. */
  readonly unauthenticated: boolean;
}

export type ReportPlace =
  | { readonly kind: 'folder'; readonly path: string }
  /** As `--imap` takes it; the password stands in an environment variable. */
  | { readonly kind: 'mailbox'; readonly url: string };

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

export const watchDefaults: WatchConfig = {
  every: { check: hourMs, import: 15 * minuteMs, ramps: hourMs, retain: dayMs, tell: minuteMs },
  reports: [],
  // house: a year and a month of single rows, three years of sums; personal data of failure reports a month
  keep: { rows: 400, rollups: 1100, failures: 30, observations: 400 },
  automatic: false,
  goBack: false,
  keepFailures: 'no',
  unauthenticated: false,
};

const units: Readonly<Record<string, number>> = { s: 1000, m: minuteMs, h: hourMs, d: dayMs };
const shortestMs = 10_000; // house: servers of others are asked
const longestMs = 7 * dayMs; // house

const span: Shape<number> = scalar({
  words: 'a time such as 90s, 15m, 1h or 1d, from 10s to 7d',
  schema: { type: 'string', pattern: '^\\d{1,6}[smhd]$' },
  take(text) {
    const match = /^(\d{1,6})([smhd])$/.exec(text);
    const value = match ? Number(match[1]) * (units[match[2] ?? ''] ?? Number.NaN) : Number.NaN;
    return value >= shortestMs && value <= longestMs ? { value } : { fault: 'is none' };
  },
});

const reportPlace: Shape<ReportPlace> = {
  ...scalar<ReportPlace>({
    words: 'the path of a folder, or imaps://user:${PASSWORD}@host/INBOX',
    schema: { type: 'string', minLength: 1 },
    take: (text) => ({ value: { kind: 'folder', path: text } }),
  }),
  read(source, reading) {
    if (source.kind !== 'scalar' || source.text === '')
      return void reading.problem(source.place, `${reading.path} is ${this.words}.`);
    const { text } = source;
    if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return { kind: 'folder', path: text };
    if (!/^imaps?:\/\//i.test(text))
      return void reading.problem(source.place, `${reading.path} is ${this.words}; this is another kind of address.`);
    // The value of a variable may hold the password; in the file it may not.
    const written = /^imaps?:\/\/[^/@]*:([^/]*)@/i.exec(text)?.[1];
    if (source.variable === undefined && written !== undefined && !/^\$\{\w+\}$/.test(written))
      return void reading.problem(
        source.place,
        `${reading.path} holds a password, which is not written out. Put it into an environment variable and write imaps://user:\${PASSWORD}@….`,
      );
    return { kind: 'mailbox', url: text };
  },
};

const days = (example: string, without: number, about: string) => ({
  shape: integer(1, 36_500, 'days'),
  about,
  example,
  without: String(without),
});

export const watchShape = mapping(
  {
    check: { shape: span, about: 'how often each domain is checked', example: '6h', without: '1h' },
    import: { shape: span, about: 'how often reports are fetched', example: '1h', without: '15m' },
    ramps: { shape: span, about: 'how often it is decided whether a ramp moves', example: '6h', without: '1h' },
    reports: {
      shape: list(reportPlace, { words: 'a list of folders and mailboxes', least: 1 }),
      about: 'where reports come from: folders, and mailboxes by IMAP',
      example: '[ /var/mail/dmarc, "imaps://dmarc:${IMAP_PASSWORD}@mail.example.com/INBOX" ]',
      without: 'none are fetched; septet reports import brings them',
    },
    automatic: {
      shape: boolean,
      about: 'whether ramps move by themselves where the evidence is there',
      example: 'true',
      without: 'false: each step waits for septet approve',
    },
    goBack: {
      shape: boolean,
      about: 'whether a step that makes your own mail fail is taken back by itself',
      example: 'true',
      without: 'false: it is told, and a person takes it back',
    },
    failures: {
      shape: choice(['no', 'redacted', 'whole']),
      about: 'whether failure reports, which hold personal data, are kept',
      example: 'redacted',
      without: 'no',
    },
    unauthenticated: {
      shape: boolean,
      about: 'whether reports count although nobody vouches for the mail that brought them',
      example: 'true',
      without: 'false',
    },
    keep: {
      shape: mapping(
        {
          rows: days('90', watchDefaults.keep.rows, 'days for single rows of reports'),
          rollups: days('400', watchDefaults.keep.rollups, 'days for the sums of each day'),
          failures: days('7', watchDefaults.keep.failures, 'days for failure reports'),
          observations: days('200', watchDefaults.keep.observations, 'days for what was seen in DNS'),
        },
        'a mapping such as { rows: 90 }',
      ),
      about: 'how long things are kept, in days',
      example: '{ rows: 90, rollups: 400 }',
      without: 'rows 400, rollups 1100, failures 30, observations 400',
    },
  },
  'a mapping such as { check: 1h, reports: [ /var/mail/dmarc ] }',
);

type Written = NonNullable<ReturnType<typeof watchShape.read>>;

/** The settings with their defaults. Folders are meant from `folder`, in which the configuration stands. */
export function watchOf(written: Written | undefined, folder: string): WatchConfig {
  const { check, import: fetching, ramps, reports, failures, keep = {}, ...rest } = written ?? {};
  const { every } = watchDefaults;
  return {
    ...watchDefaults,
    ...rest,
    every: { ...every, check: check ?? every.check, import: fetching ?? every.import, ramps: ramps ?? every.ramps },
    reports: (reports ?? []).map((place) =>
      place.kind === 'folder' && !path.isAbsolute(place.path)
        ? { kind: 'folder', path: path.join(folder, place.path) }
        : place,
    ),
    keep: { ...watchDefaults.keep, ...keep },
    keepFailures: failures ?? watchDefaults.keepFailures,
  };
}
