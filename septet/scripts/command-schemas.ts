/** The JSON of everything but the report of a domain: lines of lists, and the commands for one record or file. */
import { z } from 'zod';
import { findings, maybe, name, version } from './report-schema.ts';

/** A line of `--from` that is no domain. */
export const unreadableLineSchema = z
  .strictObject({
    line: z.int().min(1).meta({ description: 'The number of the line, from 1' }),
    input: z.string().meta({ description: 'The line, without comment and blanks' }),
    error: z.string().meta({ description: 'One sentence for people' }),
  })
  .meta({ id: 'UnreadableLine' });

const verdict = z.enum(['pass', 'fail', 'softfail', 'neutral', 'none', 'temperror', 'permerror']);
const spfVerdict = {
  result: verdict.meta({ description: 'RFC 7208 §2.6' }),
  explanation: z.string().nullable().meta({ description: 'What `exp=` says, for `fail`' }),
  domain: z.string().meta({ description: 'The domain that was judged' }),
  lookups: z.int().meta({ description: 'Look-ups until the verdict, of at most 10' }),
  voids: z.int().meta({ description: 'Those with empty answers, of at most 2' }),
  matched: z
    .strictObject({
      term: z.string().meta({ description: 'The mechanism as written' }),
      path: z.array(name).meta({ description: 'The domains from the judged one to the record with the mechanism' }),
    })
    .nullable()
    .meta({ description: 'The mechanism that decided' }),
  problem: z
    .strictObject({
      code: z.string().meta({ description: 'The code that tells more' }),
      reason: z.string().meta({ description: 'One sentence for people' }),
    })
    .nullable()
    .meta({ description: 'Why it is temperror, permerror or none' }),
};

export const spfBatchLineSchema = z.strictObject(spfVerdict).meta({ id: 'SpfBatchLine' });

export const spfBatchErrorSchema = z
  .strictObject({
    line: z.int().min(1).meta({ description: 'The number of the line, from 1' }),
    error: z.string().meta({ description: 'One sentence for people' }),
  })
  .meta({ id: 'SpfBatchError' });

const traceStep = z
  .strictObject({
    index: z.int().meta({ description: 'The place of the term in its record, from 0' }),
    term: z.string().meta({ description: 'The term as written' }),
    outcome: z
      .enum(['match', 'no-match', 'void', 'impossible-name', 'followed', 'error'])
      .meta({ description: 'What came of it' }),
    lookups: z.int().meta({ description: 'The running count behind it' }),
    voids: z.int().meta({ description: 'The running count behind it' }),
    target: maybe(z.string()).meta({ description: 'The name that was asked' }),
    seen: maybe(z.array(z.string())).meta({ description: 'What DNS answered' }),
    get nested() {
      return maybe(trace).meta({ description: 'The record behind `include` and `redirect`' });
    },
  })
  .meta({ id: 'TraceStep', description: 'One term that was evaluated' });

export const trace = z
  .strictObject({
    domain: name,
    record: maybe(z.string()).meta({ description: 'The text of the record; absent when there is none' }),
    get steps() {
      return z.array(traceStep).meta({ description: 'The terms in the order of their evaluation' });
    },
    verdict: verdict.meta({ description: 'What this record answers' }),
  })
  .meta({ id: 'Trace', description: 'One SPF record that was evaluated' });

export const spfVerdictSchema = z
  .strictObject({
    version,
    ip: z.string().meta({ description: 'The address that sends' }),
    mailFrom: z.string().meta({ description: 'The MAIL FROM address' }),
    helo: z.string().meta({ description: 'The HELO name' }),
    ...spfVerdict,
    trace: maybe(trace).meta({ description: 'How the verdict came about' }),
  })
  .meta({ id: 'SpfVerdict' });

export const spfRecordSchema = z
  .strictObject({
    version,
    domain: name,
    lookups: z.int().nullable().meta({ description: 'Of the whole tree; null without a record' }),
    voids: z.int().nullable().meta({ description: 'Look-ups with empty answers' }),
    complete: z.boolean().nullable().meta({ description: 'False: a look-up failed, so the counts are at least' }),
    ipv4Addresses: z.number().nullable().meta({ description: 'How many IPv4 addresses may send' }),
    tree: z
      .array(
        z.strictObject({
          depth: z.int().meta({ description: '0 for the record of the domain' }),
          domain: name,
          text: z.string().meta({ description: 'The term; on the line that opens a record, its text' }),
          count: maybe(z.int()).meta({ description: 'The running number of look-ups' }),
          state: maybe(z.string()).meta({ description: '`good`, or what is wrong with the record' }),
          void: maybe(z.literal(true)).meta({ description: 'The look-up is void' }),
          dynamic: maybe(z.literal(true)).meta({ description: 'It depends on the message' }),
        }),
      )
      .meta({ description: 'The tree as lines' }),
    findings,
  })
  .meta({ id: 'SpfRecord' });

export const effect = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('no-dmarc') }),
    z.strictObject({ kind: z.literal('unknown') }),
    z.strictObject({
      kind: z.literal('policy'),
      policy: z.enum(['none', 'quarantine', 'reject']),
      tag: z.enum(['p', 'sp', 'np', 'default']),
      test: maybe(z.literal(true)),
      sample: maybe(z.strictObject({ percent: z.number(), rest: z.enum(['none', 'quarantine', 'reject']) })),
    }),
  ])
  .meta({
    id: 'Effect',
    description:
      '`{kind: "policy", policy, tag}` with `test: true` where `t=y` lowers it, and `sample: {percent, rest}` where `pct` thins it; `{kind: "no-dmarc"}`; `{kind: "unknown"}`',
  });

const dmarcReader = {
  policy: z
    .strictObject({
      domain: effect.meta({ description: 'Mail from the domain itself' }),
      existing: effect.meta({ description: 'Mail from a sub-domain that exists' }),
      ghost: effect.meta({ description: 'Mail from a sub-domain that does not exist' }),
    })
    .meta({ description: 'What happens to mail that fails' }),
  source: z
    .union([
      z.strictObject({
        kind: z.enum(['author', 'organisation', 'registry']),
        domain: name,
        record: z.string().nullable(),
      }),
      z.strictObject({ kind: z.enum(['none', 'unknown']) }),
    ])
    .meta({
      description:
        '`{kind, domain, record}` with kind `author`, `organisation` or `registry`; or `{kind}` with `none` or `unknown`',
    }),
  queries: z
    .array(
      z.strictObject({
        query: name.meta({ description: 'The name that was asked' }),
        outcome: z.enum(['one', 'none', 'several', 'failed']).meta({ description: 'DMARC records there' }),
        detail: z.string().meta({ description: 'For people' }),
        records: z.array(z.string()).meta({ description: 'Their text' }),
      }),
    )
    .meta({ description: 'The questions in order' }),
};

export const dmarcSchema = z
  .strictObject({
    version,
    domain: name,
    organisationalDomain: z
      .strictObject({
        rfc9989: name.nullable().meta({ description: 'By tree walk; null: could not be told' }),
        rfc7489: name.nullable().meta({ description: 'By public suffix list; null: a public suffix itself' }),
      })
      .meta({ description: 'The organisational domain, both ways' }),
    rfc9989: z
      .strictObject({
        ...dmarcReader,
        stoppedBy: z.enum(['psd=y', 'psd=n']).nullable().meta({ description: 'The tag that ended the walk' }),
      })
      .meta({ description: 'As a new reader sees it' }),
    rfc7489: z.strictObject(dmarcReader).meta({ description: 'As an old reader sees it' }),
    findings,
  })
  .meta({ id: 'DmarcReading' });

const fileReport = {
  version,
  file: z.string().meta({ description: 'The files, as they were given' }),
  summary: z.string().meta({ description: 'One line for people' }),
};

export const mtaStsFileSchema = z.strictObject({ ...fileReport, findings }).meta({ id: 'MtaStsFile' });

export const bimiFilesSchema = z
  .strictObject({
    ...fileReport,
    schemaValid: maybe(z.boolean()).meta({
      description: 'Whether the logo is valid SVG Tiny PS; absent without a logo',
    }),
    certificate: maybe(
      z.strictObject({
        subject: z.string().meta({ description: 'The subject' }),
        issuer: z.string().meta({ description: 'The issuer' }),
        serial: z.string().meta({ description: 'The serial number, hexadecimal' }),
        notBefore: z.string().meta({ description: 'ISO 8601 day, UTC' }),
        notAfter: z.string().meta({ description: 'ISO 8601 day, UTC' }),
        names: z.array(z.string()).meta({ description: 'The domains that it is for' }),
        root: maybe(z.string()).meta({ description: 'The known root that the chain ends in' }),
        isForMarks: z.boolean().meta({ description: 'Whether its purpose is BIMI' }),
      }),
    ).meta({ description: 'The certificate of the mark; absent when none could be read' }),
    kind: maybe(z.enum(['VMC', 'CMC'])).meta({ description: 'Which kind of mark certificate' }),
    findings,
  })
  .meta({ id: 'BimiFiles' });
