/**
 * The form of a record's catalogue (`findings.ts`): one row per code with severity, sentences, cure and source.
 * A finding in the code is a code and arguments; the sentences live only in the catalogue. Codes are public:
 * never renamed, never reused.
 */
import type { Evidence, Finding, FindingKey, RecordToSet, Severity, State, Subject } from './finding.ts';

export interface Row {
  /** The leading severity. */
  readonly severity: Exclude<Severity, 'ok'>;
  /** Other severities the row may take, where it depends on a condition; `test` then says which. */
  readonly or?: readonly Exclude<Severity, 'ok'>[];
  /** Default: `fail` for errors and warnings, `pass` for info. */
  readonly state?: State;
  /** What is tested, in one sentence, for `septet explain` and `docs/findings.md`. */
  readonly test: string;
  /** What is wrong. `{placeholders}` are filled from the finding's arguments. */
  readonly message: string;
  /** Who notices, and what happens then. May hold placeholders. */
  readonly why: string;
  /** How to mend it. May hold placeholders. */
  readonly fix: string;
  /** `RFC 7208 §4.6.4`, `Google email sender guidelines`, `house`. */
  readonly source: string;
}

export type Rows = Readonly<Record<string, Row>>;

type Placeholders<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;
type ArgsOf<R extends Row> = Readonly<
  Record<Placeholders<R['message']> | Placeholders<R['why']> | Placeholders<R['fix']>, string | number>
>;

export interface Details<Args> {
  readonly subject: Subject;
  readonly args: Args;
  readonly evidence?: readonly Evidence[];
  readonly set?: readonly RecordToSet[];
  /** One of the row's `or` severities (or its leading one). */
  readonly severity?: Exclude<Severity, 'ok'>;
  readonly state?: State;
}

/** `args` may be left out when the row has no placeholder. */
export type DetailsFor<R extends Row> = [keyof ArgsOf<R>] extends [never]
  ? Omit<Details<Record<never, never>>, 'args'>
  : Details<ArgsOf<R>>;

/**
 * Makes the function with which a record's `check.ts` reports its rows:
 *
 *     const found = reporter('mtasts', rows);
 *     found('mtasts.txt.id_format', { subject, args: { id }, evidence });
 */
export function reporter<const R extends Rows>(record: FindingKey, rows: R) {
  return <C extends keyof R & string>(code: C, details: DetailsFor<R[C]>): Finding =>
    makeFinding(record, code, rows[code] as Row, details as Details<Readonly<Record<string, string | number>>>);
}

/** The untyped form, for problems of parsers whose code is only known at run time. */
export function makeFinding(
  record: FindingKey,
  code: string,
  row: Row,
  details: Omit<Details<Readonly<Record<string, string | number>>>, 'args'> & {
    readonly args?: Readonly<Record<string, string | number>>;
  },
): Finding {
  const severity = details.severity ?? row.severity;
  const state = details.state ?? row.state ?? (severity === 'info' ? 'pass' : 'fail');
  const args = details.args ?? {};
  return {
    code,
    severity,
    state,
    record,
    subject: details.subject,
    message: fill(row.message, args),
    consequence: fill(row.why, args),
    evidence: details.evidence ?? [],
    fix: { text: fill(row.fix, args), ...(details.set && details.set.length > 0 ? { set: details.set } : {}) },
    source: row.source,
  };
}

/** Replaces `{name}` by its value. A placeholder without a value is a bug, so it throws. */
export function fill(template: string, args: Readonly<Record<string, string | number>>): string {
  let open = template.indexOf('{');
  if (open < 0) return template;
  let filled = '';
  let from = 0;
  for (; open >= 0; open = template.indexOf('{', from)) {
    const close = template.indexOf('}', open);
    const name = template.slice(open + 1, close);
    if (close < 0 || !Object.hasOwn(args, name)) throw new TypeError(`no value for {${name}} in: ${template}`);
    filled += template.slice(from, open) + String(args[name]);
    from = close + 1;
  }
  return filled + template.slice(from);
}
