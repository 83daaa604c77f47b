/**
 * The JSON of a plan, and of where its steps stand. `docs/plan.schema.json` and a part of `docs/json.md` are made of it. The
 * type at the end does not compile when the schema and the plan drift apart.
 */
import { z } from 'zod';
import { planVersion } from '../src/plan/plan.ts';
import type { planValue } from '../src/cli/plan/plan-json.ts';
import { recordOrder } from '../src/audit/report.ts';
import type { DnsName } from '../src/dns/name.ts';
import type { RecordKey } from '../src/finding/finding.ts';
import { findingSchema, maybe, name } from './report-schema.ts';

const planVersionField = z.literal(planVersion).meta({ description: 'The version of this contract' });
export const time = (what: string) => z.iso.datetime().meta({ description: `${what}; ISO 8601, UTC` });
export const timeOrNull = (what: string) =>
  z.iso
    .datetime()
    .nullable()
    .meta({ description: `${what}; ISO 8601, UTC` });
export const sentence = (what: string) => z.string().meta({ description: what });
export const sentences = (what: string) => z.array(z.string()).meta({ description: what });
export const count = (what: string) => z.int().min(0).meta({ description: what });
export const recordType = z.string().meta({ description: 'The record type: `TXT`, `MX`, `CNAME`, `A`, `AAAA`, …' });
export const ttlSeconds = z.int().min(0).meta({ description: 'The TTL in seconds (RFC 2181 §8)' });
const stepId = sentence('The step: `spf`, `dkim.s1`, `dmarc.quarantine`; the same between plans');
const recordKey = z
  .enum(recordOrder as [RecordKey, ...RecordKey[]])
  .meta({ description: 'The record that it belongs to, as in a finding' });
const digest = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .meta({
    description: 'SHA-256 over every change, before and after, hexadecimal; `publish --plan` takes its beginning',
  });

const plannedSet = z
  .strictObject({
    ttlSeconds: ttlSeconds.meta({
      description: 'The TTL in seconds; of what stands, as a cache may have shortened it',
    }),
    data: sentences(
      'Presentation text (RFC 1035 §5.1), one entry for each record; for TXT the joined value without quotes, however long',
    ),
    zone: sentences(
      'The same as lines of a zone file, one for each record, which show the strings of at most 255 octets of a TXT record',
    ),
  })
  .meta({ id: 'PlannedSet', description: 'A whole RRset' });

const change = z
  .strictObject({
    name: name.meta({ description: 'The owner name' }),
    type: recordType,
    before: plannedSet.nullable().meta({ description: 'What stands there; null: nothing' }),
    after: plannedSet.nullable().meta({
      description: 'What shall stand there, with all that is kept of others; null: nothing',
    }),
  })
  .meta({ id: 'Change', description: 'What a step does to one RRset. It is always whole' });

const status = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('done').meta({ description: 'What is live serves' }) }).meta({
      id: 'DoneStatus',
      description: 'Nothing is to be done',
    }),
    z.strictObject({ kind: z.literal('ready').meta({ description: 'Every gate is open' }) }).meta({
      id: 'ReadyStatus',
      description: 'A step that can be published now',
    }),
    z.strictObject({ kind: z.literal('outside').meta({ description: 'The work in `outside` comes first' }) }).meta({
      id: 'OutsideStatus',
      description: 'A step that somebody else has to make possible',
    }),
    z
      .strictObject({
        kind: z.literal('waiting').meta({ description: 'A gate is not open' }),
        until: maybe(time('Where the clock alone opens the gates: when')),
      })
      .meta({ id: 'WaitingStatus', description: 'A step that has to be waited for' }),
    z
      .strictObject({
        kind: z.literal('blocked').meta({ description: 'It cannot be planned as things are' }),
        why: sentence('What stands in the way, in a sentence'),
        cure: sentence('What to do about it, in a sentence'),
        unanswered: maybe(z.literal(true)).meta({
          description: 'DNS did not answer: nothing is wrong for all that is known; ask again',
        }),
      })
      .meta({ id: 'BlockedStatus', description: 'A step that needs a person, or an answer' }),
  ])
  .meta({ id: 'StepStatus', description: 'Where a step stands' });

const work = {
  done: z.boolean().meta({ description: 'Whether it is seen to be done' }),
  unanswered: maybe(z.literal(true)).meta({ description: 'It could not be told; it counts as not done' }),
};
const outsideWork = z
  .discriminatedUnion('kind', [
    z
      .strictObject({
        kind: z.literal('record').meta({ description: 'A record' }),
        ...work,
        who: sentence('Who can publish it, for people'),
        name: name.meta({ description: 'The owner name' }),
        type: recordType,
        data: sentences('As `data` of a PlannedSet; empty: what stands there shall go'),
      })
      .meta({ id: 'RecordWork', description: 'A record in a zone of somebody else' }),
    z
      .strictObject({
        kind: z.literal('file').meta({ description: 'A file' }),
        ...work,
        url: sentence('Where it has to be found'),
        text: sentence('The whole text of the file'),
      })
      .meta({ id: 'FileWork', description: 'A file to put on a web server (the policy of RFC 8461 §3.2)' }),
    z
      .strictObject({
        ...work,
        kind: z.literal('note').meta({ description: 'Something else' }),
        text: sentence('What to do, for people'),
      })
      .meta({ id: 'NoteWork', description: 'Anything else' }),
  ])
  .meta({ id: 'OutsideWork', description: 'Work outside the zone' });

const gate = z
  .discriminatedUnion('kind', [
    z
      .strictObject({
        kind: z.literal('visible').meta({ description: 'It is seen' }),
        step: stepId.meta({ description: 'The step whose records are meant' }),
      })
      .meta({
        id: 'VisibleGate',
        description: 'Every authoritative server and two resolvers show the records of a step',
      }),
    z
      .strictObject({
        kind: z.literal('elapsed').meta({ description: 'Time is over' }),
        since: stepId.meta({ description: 'The step from which it counts, once its records are seen everywhere' }),
        seconds: count('How long'),
        counts: z.enum(['change', 'stage']).meta({
          description: '`change`: only where Septet made the record; `stage`: always, as the stages of a ramp do',
        }),
        why: sentence('Why, for people'),
      })
      .meta({ id: 'ElapsedGate', description: 'Old data has left the caches (RFC 2308 §5), or a stage has lasted' }),
    z
      .strictObject({
        kind: z.literal('serves').meta({ description: 'It is served' }),
        url: sentence('What is fetched'),
        what: z.enum(['policy', 'logo', 'certificate', 'tracking']).meta({ description: 'What has to be there' }),
      })
      .meta({ id: 'ServesGate', description: 'What a record will point at is really there' }),
    z
      .strictObject({
        kind: z.literal('aligned').meta({ description: 'It passes' }),
        reports: z
          .enum(['dmarc', 'tls'])
          .meta({ description: 'Which reports show it: DMARC (RFC 9990) or TLS (RFC 8460)' }),
        days: count('Days that the reports have to cover'),
        messages: count('Messages that they have to tell of'),
        share: z.number().min(0).max(1).meta({ description: 'The part of them that has to pass, from 0 to 1' }),
      })
      .meta({ id: 'AlignedGate', description: 'Reports show that mail of the domain passes' }),
    z
      .strictObject({
        kind: z.literal('approved').meta({ description: 'It is agreed to' }),
        question: sentence('What is asked, for people'),
      })
      .meta({ id: 'ApprovedGate', description: 'A person has said yes' }),
  ])
  .meta({ id: 'Gate', description: 'What has to be proved before a step is taken' });

const position = {
  state: z
    .enum(['open', 'closed', 'unknown'])
    .meta({ description: '`unknown`: somebody who was asked did not answer; it counts as closed' }),
  detail: sentence('What was seen, or what is awaited, for people'),
  until: maybe(time('Where the clock alone opens it: when')),
};

const gatePosition = z
  .strictObject({
    gate: gate.meta({ description: 'The gate' }),
    early: maybe(z.literal(true)).meta({ description: 'The step it asks about is not done, so nothing was looked at' }),
    ...position,
  })
  .meta({ id: 'GatePosition', description: 'A gate, and where it stands' });

export const price = z
  .strictObject({
    lookupsBefore: count('Terms that ask DNS, of at most 10 (RFC 7208 §4.6.4), on the worst path; now'),
    lookupsAfter: count('With what is planned'),
    voidsBefore: count('Look-ups with empty answers, of at most 2 (RFC 7208 §4.6.4); now'),
    voidsAfter: count('With what is planned'),
    octetsBefore: count('Octets of the SPF text at the name itself; now'),
    octetsAfter: count('With what is planned'),
  })
  .meta({ id: 'SpfPrice', description: 'What an SPF record costs its readers, before and after' });

const step = z
  .strictObject({
    id: stepId,
    record: recordKey,
    title: sentence('One line for people'),
    why: sentence('Why it is needed and who notices, for people'),
    comparison: z.enum(['absent', 'equal', 'equivalent', 'superset', 'weaker', 'conflicting']).meta({
      description:
        'What is live against what is wanted, by meaning: nothing; the same; the same to every reader; more; a part; something else',
    }),
    status: status.meta({ description: 'Where it stands' }),
    changes: z.array(change).meta({ description: 'What is published, RRset by RRset; empty: nothing is' }),
    outside: maybe(z.array(outsideWork)).meta({ description: 'Work outside the zone, done or not' }),
    gates: z.array(gatePosition).meta({ description: 'What it waits for; empty: nothing' }),
    price: maybe(price).meta({ description: 'Steps of SPF' }),
    readers: maybe(
      z.strictObject({
        rfc9989: sentence('What a new reader does with failing mail, for people'),
        rfc7489: sentence('What an old reader does with failing mail, for people'),
      }),
    ).meta({ description: 'Steps of DMARC' }),
    loses: sentences('Texts of live records that Septet did not make and that would go; `publish` asks first'),
    visibility: maybe(
      z.strictObject({ ...position, until: maybe(time('When those caches forget that see it otherwise')) }),
    ).meta({ description: 'Who sees the records of a step that is done' }),
    notes: sentences('What is worth knowing, for people'),
  })
  .meta({ id: 'Step', description: 'One step of a plan' });

export const planSchema = z
  .strictObject({
    version: planVersionField,
    domain: name.meta({ description: 'The domain that is planned' }),
    zone: name.meta({ description: 'The zone in which its records stand' }),
    madeAt: time('When the world was looked at'),
    steps: z.array(step).meta({ description: 'In publish order: a step comes after all that its gates name' }),
    findings: z.array(findingSchema).meta({ description: 'What was noticed, worst first' }),
    digest,
  })
  .meta({ id: 'Plan', title: 'Septet plan', description: 'The steps that lead a domain to what is wanted' });

/** JSON Schema 2020-12 of the plan; allows unknown fields, as that of the report does. */
export function planJsonSchema(): object {
  return z.toJSONSchema(planSchema, {
    target: 'draft-2020-12',
    override: ({ jsonSchema }) => {
      delete jsonSchema.additionalProperties;
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
    },
  });
}

const published = {
  step: stepId,
  at: time('When it was begun'),
};

export const statusSchema = z
  .strictObject({
    version: planVersionField,
    domain: name.meta({ description: 'The domain' }),
    zone: name.meta({ description: 'The zone in which its records stand' }),
    madeAt: time('When the world was looked at'),
    digest,
    steps: z
      .array(
        z.strictObject({
          id: stepId,
          record: recordKey,
          title: sentence('One line for people'),
          status: z
            .enum(['done', 'ready', 'waiting', 'blocked', 'outside'])
            .meta({ description: 'The `kind` of its StepStatus' }),
          until: timeOrNull('When the clock alone opens its gates; null: it does not'),
          blocked: maybe(
            z.strictObject({
              why: sentence('What stands in the way'),
              cure: sentence('What to do'),
              unanswered: z.boolean().meta({ description: 'DNS or the web did not answer: try again later' }),
            }),
          ).meta({ description: 'For blocked steps' }),
          seen: maybe(z.string()).meta({ description: 'Who sees the records of a step that is done, for people' }),
          waitsFor: sentences('The gates that are not open, for people'),
        }),
      )
      .meta({ description: 'In publish order' }),
    published: z
      .array(z.strictObject({ ...published, host: sentence('The DNS host, as `dns.host` of `septet.yaml` names it') }))
      .meta({ description: 'What Septet published and has not taken back, the latest last' }),
    unfinished: z
      .array(z.strictObject(published))
      .meta({ description: 'Writes of a run that was cut off: `publish` takes them up' }),
  })
  .meta({ id: 'PlanStatus', description: 'Where the steps of a plan stand' });

type Plain<T> = T extends DnsName
  ? string
  : T extends readonly (infer Item)[]
    ? Plain<Item>[]
    : T extends object
      ? { -readonly [Key in keyof T]: Key extends 'findings' ? unknown : Plain<T[Key]> }
      : T;
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Does not compile when the documented plan and the one that is printed differ. */
export const planSchemaIsTheType: Same<Plain<z.infer<typeof planSchema>>, Plain<ReturnType<typeof planValue>>> = true;
