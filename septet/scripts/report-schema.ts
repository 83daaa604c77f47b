/**
 * The report as a zod schema with a sentence for every field. `docs/report.schema.json` and the tables of `docs/json.md` are
 * made of it. The types at the end do not compile when the schema and the code drift apart.
 */
import { z } from 'zod';
import { recordOrder, reportVersion, type Report } from '../src/audit/report.ts';
import type { DnsName } from '../src/dns/name.ts';
import type { Finding } from '../src/finding/finding.ts';

/** zod's name for `key?: T` without `undefined`. */
export const maybe = z.exactOptional;

export const name = z
  .string()
  .meta({ description: 'A DNS name: lower case, A-labels, no trailing dot; the root is ""' });

const span = z
  .strictObject({
    offset: z.int().min(0).meta({ description: 'Where it begins, in characters of `text`, from 0' }),
    length: z.int().min(0).meta({ description: 'How many characters; 0 is a place between two' }),
  })
  .meta({ id: 'Span', description: 'Characters of a text that are marked' });

const subject = z
  .strictObject({
    name: name.meta({ description: 'The owner name the finding is about; "" for a file' }),
    type: z.string().meta({ description: 'The record type, or `SVG`, `PEM`, `file` for files' }),
  })
  .meta({ id: 'Subject', description: 'What a finding is about' });

const recordEvidence = z
  .strictObject({
    kind: z.literal('record'),
    name,
    type: z.string().meta({ description: 'The record type' }),
    text: z.string().meta({ description: 'The value; strings of a TXT record joined, one character for each octet' }),
    marks: maybe(z.array(span)).meta({ description: 'The faulty characters' }),
    ttlSeconds: maybe(z.number()).meta({ description: 'The TTL as it was answered' }),
    server: maybe(z.string()).meta({ description: 'Who answered' }),
  })
  .meta({ id: 'RecordEvidence', description: 'A record as it was seen' });

const answerEvidence = z
  .strictObject({
    kind: z.literal('answer'),
    name,
    type: z.string().meta({ description: 'The record type that was asked for' }),
    outcome: z.string().meta({ description: '`NXDOMAIN`, `no data`, `timeout`, … For people, not for programs' }),
    server: maybe(z.string()).meta({ description: 'Who answered' }),
  })
  .meta({ id: 'AnswerEvidence', description: 'A question whose answer holds no data' });

const httpEvidence = z
  .strictObject({
    kind: z.literal('http'),
    url: z.string().meta({ description: 'What was asked' }),
    status: maybe(z.int()).meta({ description: 'The status; absent when there was no response' }),
    detail: z.string().meta({ description: 'One line for people' }),
  })
  .meta({ id: 'HttpEvidence', description: 'What a web server said' });

const fileEvidence = z
  .strictObject({
    kind: z.literal('file'),
    place: z.string().meta({ description: 'The path or the URL of the file' }),
    line: maybe(z.int()).meta({ description: 'From 1' }),
    column: maybe(z.int()).meta({ description: 'From 1' }),
    text: z.string().meta({ description: 'What stands there' }),
    marks: maybe(z.array(span)).meta({ description: 'The faulty characters' }),
  })
  .meta({ id: 'FileEvidence', description: 'A place in a file' });

const factEvidence = z
  .strictObject({
    kind: z.literal('fact'),
    label: z.string().meta({ description: 'What was measured' }),
    value: z.string().meta({ description: 'The measure, for people' }),
  })
  .meta({ id: 'FactEvidence', description: 'Anything else worth a line' });

const evidence = z
  .discriminatedUnion('kind', [recordEvidence, answerEvidence, httpEvidence, fileEvidence, factEvidence])
  .meta({ id: 'Evidence', description: 'Why a finding says what it says' });

const recordToSet = z
  .strictObject({
    name,
    type: z.string().meta({ description: 'The record type' }),
    ttlSeconds: z.number().meta({ description: 'The TTL to give it' }),
    data: z.array(z.string()).meta({
      description:
        'Presentation text (RFC 1035 §5.1), one entry for each record; for TXT the bare value without quotes, however long',
    }),
    action: maybe(z.literal('remove')).meta({ description: 'Absent: publish. `remove`: delete what stands there' }),
  })
  .meta({ id: 'RecordToSet', description: 'A record to publish or to delete' });

const fix = z
  .strictObject({
    text: z.string().meta({ description: 'What to do' }),
    set: maybe(z.array(recordToSet)).meta({ description: 'The exact records, where they follow from what was seen' }),
  })
  .meta({ id: 'Fix', description: 'The cure of a finding' });

const state = z.enum(['pass', 'fail', 'unknown', 'skip']);
const recordKey = z.enum(recordOrder as [Finding['record'], ...Finding['record'][]]);

export const findingSchema = z
  .strictObject({
    code: z.string().meta({ description: 'Stable; `septet explain CODE` and [findings.md](findings.md) explain it' }),
    severity: z
      .enum(['error', 'warning', 'info', 'ok'])
      .meta({ description: '`error`: broken at a major reader; `warning`: fragile; `info`: advice or a fact' }),
    state: state.meta({
      description:
        '`fail`: it stands; `unknown`: it could not be told; `pass`: a fact that needs no doing; `skip`: it does not apply',
    }),
    record: recordKey.meta({ description: 'The record that it belongs to' }),
    subject: subject.meta({ description: 'What it is about' }),
    message: z.string().meta({ description: 'What is wrong, in one or two sentences' }),
    consequence: z.string().meta({ description: 'Who notices, and what happens then' }),
    evidence: z.array(evidence).meta({ description: 'Why it says so' }),
    fix: fix.meta({ description: 'How to mend it' }),
    source: z.string().meta({ description: 'The rule: an RFC section, a provider’s page, or `house`' }),
    follows: maybe(z.string()).meta({ description: 'The code of the finding of the same record that causes this one' }),
  })
  .meta({ id: 'Finding', description: 'One rule, for one subject' });

const observedRecord = z
  .strictObject({
    name,
    type: z.string().meta({ description: 'The record type' }),
    ttlSeconds: z.number().meta({ description: 'The TTL as it was answered' }),
    data: z.array(z.string()).meta({
      description: 'Presentation text, one entry for each record; for TXT the joined value without quotes',
    }),
  })
  .meta({ id: 'ObservedRecord', description: 'A record set as it was seen' });

const usable = z.boolean().nullable();
const recordReport = <Shape extends z.ZodRawShape>(id: string, description: string, details: Shape) =>
  z
    .strictObject({
      state: state.meta({
        description:
          '`fail`: an error or a warning stands; `unknown`: something could not be told; `skip`: optional and absent, or not looked at; else `pass`',
      }),
      summary: z.string().meta({ description: 'One line for people: what is there' }),
      observed: z.array(observedRecord).meta({ description: 'The records as they were seen' }),
      details: maybe(z.strictObject(details)).meta({ description: 'Particulars of this record' }),
    })
    .meta({ id, description });

const records = z
  .strictObject({
    mx: maybe(
      recordReport('MxReport', 'MX', {
        usable: usable.meta({ description: 'Whether the domain receives mail; null: could not be told' }),
        nullMx: z.boolean().meta({ description: 'The domain says that it receives none (RFC 7505)' }),
      }),
    ),
    spf: maybe(
      recordReport('SpfReport', 'SPF', {
        usable: usable.meta({ description: 'Whether the record evaluates; null: could not be told' }),
        lookups: z.int().nullable().meta({ description: 'Terms that ask DNS, of at most 10; null without a record' }),
        voids: z.int().nullable().meta({ description: 'Look-ups with empty answers, of at most 2' }),
        complete: z.boolean().nullable().meta({ description: 'False: a look-up failed, so the counts are at least' }),
      }),
    ),
    dkim: maybe(
      recordReport('DkimReport', 'DKIM', {
        usable: usable.meta({ description: 'Whether a usable key is published; null: no selector is known' }),
        keys: z
          .array(
            z.strictObject({
              selector: z.string().meta({ description: 'The selector' }),
              type: z.string().meta({ description: '`RSA 2048`, `Ed25519`, `revoked`, `unusable`' }),
              origin: z.string().meta({
                description: 'Why it was asked for: `given`, `profile` (a sender that was recognised) or `common`',
              }),
            }),
          )
          .meta({ description: 'The keys that were found' }),
      }),
    ),
    dmarc: maybe(
      recordReport('DmarcReport', 'DMARC', {
        usable: usable.meta({ description: 'Whether a policy applies; null: could not be told' }),
        organisationalDomain: z
          .strictObject({
            rfc9989: name.nullable().meta({ description: 'By tree walk; null: could not be told' }),
            rfc7489: name.nullable().meta({ description: 'By public suffix list; null: a public suffix itself' }),
          })
          .meta({ description: 'The organisational domain, both ways' }),
        rfc9989: z.string().meta({ description: 'What a new reader does with failing mail, for people' }),
        rfc7489: z.string().meta({ description: 'What an old reader does with failing mail, for people' }),
      }),
    ),
    tracking: maybe(recordReport('TrackingReport', 'The tracking hosts', {})),
    mtasts: maybe(
      recordReport('MtaStsReport', 'MTA-STS', {
        policy: z
          .strictObject({
            mode: z.enum(['enforce', 'testing', 'none']).meta({ description: 'The mode' }),
            mx: z.array(z.string()).meta({ description: 'Exchanges and patterns, `*.example.com`' }),
            maxAgeSeconds: z.int().meta({ description: 'How long senders keep it' }),
          })
          .nullable()
          .meta({ description: 'The policy that was fetched; null: none, or not usable' }),
      }),
    ),
    tlsrpt: maybe(recordReport('TlsRptReport', 'TLS-RPT', {})),
    bimi: maybe(recordReport('BimiReport', 'BIMI', {})),
    host: maybe(
      recordReport('HostReport', 'The sending hosts', {
        helo: z.string().meta({ description: 'The HELO name that was given' }),
      }),
    ),
    zone: maybe(recordReport('ZoneReport', 'The DNS itself', {})),
  })
  .meta({ id: 'Records', description: 'The report of each record, by key; a record that was not asked for is absent' });

const demand = z
  .strictObject({
    code: z.string().meta({ description: '`req.gmail.spf`; `septet explain` explains it' }),
    title: z.string().meta({ description: 'The demand, for people' }),
    level: z.enum(['required', 'required for bulk', 'recommended']).meta({ description: 'Of whom it is demanded' }),
    state: z
      .enum(['met', 'unmet', 'unknown', 'not shown'])
      .meta({ description: '`not shown`: neither DNS nor HTTPS shows it' }),
    detail: z.string().meta({ description: 'One line for people' }),
    because: z.array(z.string()).meta({ description: 'Codes of the findings that decide it' }),
  })
  .meta({ id: 'Demand', description: 'One demand of a mailbox provider' });

const providerCard = z
  .strictObject({
    id: z.string().meta({ description: '`gmail`, `yahoo`, `outlook`, `icloud`; more may come' }),
    title: z.string().meta({ description: 'Its name' }),
    bulk: z.string().meta({ description: 'Who counts as a bulk sender there' }),
    demands: z.array(demand).meta({ description: 'What it demands, and what was seen of it' }),
    source: z.string().meta({ description: 'Where the demands are published' }),
    seenOn: z.string().meta({ description: 'The ISO date on which they were read' }),
  })
  .meta({ id: 'ProviderCard', description: 'What a mailbox provider demands of senders' });

export const version = z.literal(reportVersion).meta({ description: 'The version of this contract' });
export const findings = z.array(findingSchema).meta({ description: 'Worst first' });

export const reportSchema = z
  .strictObject({
    version,
    domain: name.meta({ description: 'The domain that was checked' }),
    checkedAt: z.iso.datetime().meta({ description: 'ISO 8601, UTC' }),
    records: records.meta({ description: 'What was seen, record by record' }),
    findings,
    mailboxProviders: z
      .array(providerCard)
      .meta({ description: 'Empty with `--only`, and where the domain does not exist' }),
  })
  .meta({ id: 'Report', title: 'Septet report', description: 'The report of one domain' });

/**
 * JSON Schema 2020-12 of the report. It allows unknown fields, because a later release of the same version may add some;
 * the zod schemas, which the tests use, do not.
 */
export function reportJsonSchema(): object {
  return z.toJSONSchema(reportSchema, {
    target: 'draft-2020-12',
    override: ({ jsonSchema }) => {
      delete jsonSchema.additionalProperties;
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
    },
  });
}

/** A value as JSON has it: names are strings, nothing is readonly, and `details` is compared where it is documented. */
type Plain<T> = T extends DnsName
  ? string
  : T extends readonly (infer Item)[]
    ? Plain<Item>[]
    : T extends object
      ? { -readonly [Key in keyof T]: Key extends 'details' ? unknown : Plain<T[Key]> }
      : T;
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Does not compile when the schema and the type of the code differ. */
export const schemasAreTheTypes: [
  Same<Plain<z.infer<typeof reportSchema>>, Plain<Report>>,
  Same<Plain<z.infer<typeof findingSchema>>, Plain<Finding>>,
] = [true, true];
