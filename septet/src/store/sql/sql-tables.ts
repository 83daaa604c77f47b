/** The tables of both databases, as Kysely sees them; `migrations.ts` makes them. Times are milliseconds since 1970. */
import type { Generated } from 'kysely';

export interface Tables {
  /** Strings that stand in many rows: own domains, source keys, reporters. */
  word: { id: Generated<number>; hash: string; text: string };
  report: ReportTable;
  /** A large report on its way in: its rows are there already, under its id, and count for nothing. */
  draft: { id: number; owner: string; touched_at: number };
  draft_rollup: { draft: number; source: number } & Counters;
  report_row: {
    report: number;
    n: number;
    source: number;
    ip: string;
    count: number;
    /** An index of `dispositions`. */
    disposition: number;
    /** 1 pass, 0 fail, null not told. */
    dkim: number | null;
    spf: number | null;
    shape: number;
  };
  /** What is the same in many rows of one report, as JSON: reasons, names, authentication results. */
  report_shape: { report: number; n: number; detail: string };
  /** `vouched`: 1 for reports that are `authenticated` or of a `file`, 0 for others. `kind`, `key`: see `rollupKinds`. */
  rollup: { domain: number; vouched: number; kind: number; day: number; key: number } & Counters;
  refusal: {
    id: Generated<number>;
    at: number;
    code: string;
    text: string;
    origin: string;
    trust: string;
    source: string;
  };
  source_mark: { domain: string; source_key: string; mark: string; note: string | null; at: number };
  reverse_name: { address: string; name: string | null; at: number };
  observation: { id: Generated<number>; domain: string; at: number; by: string; before: string | null; after: string };
  observation_last: { domain: string; name: string; type: string; seen_from: string; seen: string };
  ramp_state: { domain: string; ramp: string; revision: number; state: string };
  ramp_event: { id: Generated<number>; domain: string; at: number; event: string };
  alert: { domain: string; key: string; severity: string; text: string; since: number };
  secret: { name: string; sealed: string };
  tracking_hit: {
    id: Generated<number>;
    domain: string;
    at: number;
    /** Indexes of `kinds` and `agents` in `tracking-shelf.ts`. */
    kind: number;
    agent: number;
    campaign: string;
    message: string;
    reader: string;
    link: number | null;
    address: string | null;
  };
  tracking_day: { domain: string; day: number; campaign: string; kind: number; agent: number; count: number };
  /** `key`: the recipient in lower case. */
  suppression: {
    domain: string;
    kind: string;
    key: string;
    recipient: string;
    reader: string;
    at: number;
    source: string;
    campaign: string;
  };
  outbox: { id: string; domain: string; at: number; body: string; tries: number; next_at: number };
  /** `kind`: `policy`, `exchange`, `asset`. */
  hosted: { domain: string; kind: string; name: string; value: string; at: number };
  /** Of one domain, in its order (`journal-shelf.ts`). */
  journal: { domain: string; n: number; at: number; entry: string };
  /** When each job of `watch` ran last. */
  job_run: { kind: string; subject: string; at: number; run: string };
  /** What each channel of alerts has been told. */
  channel_state: { channel: string; revision: number; state: string };
}

export interface ReportTable {
  id: number;
  /** `aggregate`, `tls`, `failure`. */
  kind: string;
  /** Digest of kind, reporter, report id and domain: one report, however often it comes. */
  identity: string;
  /** Digest of what it says. */
  content: string;
  /** The domain of the configuration; null for a foreign report. */
  domain: number | null;
  /** The domain that it is about, as written. */
  about: string;
  trust: string;
  /** The middle of its range, by which it counts. */
  middle_at: number;
  imported_at: number;
  rows: number;
  messages: number;
  /** 0 after retention took the rows. */
  has_rows: number;
  /** Head, TLS report or failure report, as JSON. */
  document: string;
  /** `ReportSource` as JSON. */
  source: string;
}

/** The columns of a `Tally`, in the order of `counterColumns`. */
export interface Counters {
  messages: number;
  aligned: number;
  dkim_aligned: number;
  spf_aligned: number;
  quarantined: number;
  rejected: number;
  forwarded: number;
  errors: number;
}

export const counterColumns = [
  'messages',
  'aligned',
  'dkim_aligned',
  'spf_aligned',
  'quarantined',
  'rejected',
  'forwarded',
  'errors',
] as const satisfies readonly (keyof Counters)[];

/** Every table with its columns, parents first: the order in which a backup is written and read, and what orders it. */
export const backedUp: readonly {
  readonly table: Exclude<keyof Tables, 'draft' | 'draft_rollup'>;
  readonly columns: readonly string[];
  /** Columns of the primary key. */
  readonly key: readonly string[];
}[] = [
  { table: 'word', columns: ['id', 'hash', 'text'], key: ['id'] },
  {
    table: 'report',
    columns: [
      'id',
      'kind',
      'identity',
      'content',
      'domain',
      'about',
      'trust',
      'middle_at',
      'imported_at',
      'rows',
      'messages',
      'has_rows',
      'document',
      'source',
    ],
    key: ['id'],
  },
  { table: 'report_shape', columns: ['report', 'n', 'detail'], key: ['report', 'n'] },
  {
    table: 'report_row',
    columns: ['report', 'n', 'source', 'ip', 'count', 'disposition', 'dkim', 'spf', 'shape'],
    key: ['report', 'n'],
  },
  {
    table: 'rollup',
    columns: ['domain', 'vouched', 'kind', 'day', 'key', ...counterColumns],
    key: ['domain', 'vouched', 'kind', 'day', 'key'],
  },
  { table: 'refusal', columns: ['id', 'at', 'code', 'text', 'origin', 'trust', 'source'], key: ['id'] },
  { table: 'source_mark', columns: ['domain', 'source_key', 'mark', 'note', 'at'], key: ['domain', 'source_key'] },
  { table: 'reverse_name', columns: ['address', 'name', 'at'], key: ['address'] },
  { table: 'observation', columns: ['id', 'domain', 'at', 'by', 'before', 'after'], key: ['id'] },
  {
    table: 'observation_last',
    columns: ['domain', 'name', 'type', 'seen_from', 'seen'],
    key: ['domain', 'name', 'type', 'seen_from'],
  },
  { table: 'ramp_state', columns: ['domain', 'ramp', 'revision', 'state'], key: ['domain', 'ramp'] },
  { table: 'ramp_event', columns: ['id', 'domain', 'at', 'event'], key: ['id'] },
  { table: 'alert', columns: ['domain', 'key', 'severity', 'text', 'since'], key: ['domain', 'key'] },
  { table: 'secret', columns: ['name', 'sealed'], key: ['name'] },
  { table: 'journal', columns: ['domain', 'n', 'at', 'entry'], key: ['domain', 'n'] },
  { table: 'job_run', columns: ['kind', 'subject', 'at', 'run'], key: ['kind', 'subject'] },
  { table: 'channel_state', columns: ['channel', 'revision', 'state'], key: ['channel'] },
  {
    table: 'tracking_hit',
    columns: ['id', 'domain', 'at', 'kind', 'agent', 'campaign', 'message', 'reader', 'link', 'address'],
    key: ['id'],
  },
  {
    table: 'tracking_day',
    columns: ['domain', 'day', 'campaign', 'kind', 'agent', 'count'],
    key: ['domain', 'day', 'campaign', 'kind', 'agent'],
  },
  {
    table: 'suppression',
    columns: ['domain', 'kind', 'key', 'recipient', 'reader', 'at', 'source', 'campaign'],
    key: ['domain', 'kind', 'key'],
  },
  { table: 'outbox', columns: ['id', 'domain', 'at', 'body', 'tries', 'next_at'], key: ['id'] },
  { table: 'hosted', columns: ['domain', 'kind', 'name', 'value', 'at'], key: ['domain', 'kind', 'name'] },
];
