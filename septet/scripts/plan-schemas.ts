/**
 * The JSON of a plan, of where its steps stand, and of the commands that change SPF records and DKIM keys.
 * `docs/plan.schema.json` and a part of `docs/json.md` are made of it. The types at the end do not compile when the
 * schema and the plan drift apart.
 */
import { z } from 'zod';
import { planVersion } from '../src/plan/plan.ts';
import { planValue } from '../src/cli/plan-json.ts';
import { recordOrder } from '../src/audit/report.ts';
import type { DnsName } from '../src/dns/name.ts';
import type { Finding, RecordKey } from '../src/finding/finding.ts';
import { keyTypes, type KeyType } from '../src/records/dkim/make-key.ts';
import { signerIds } from '../src/cli/dkim-signers.ts';
import { findingSchema, maybe, name, version } from './report-schema.ts';

const planVersionField = z.literal(planVersion).meta({ description: 'The version of this contract' });
const time = (what: string) => z.iso.datetime().meta({ description: `${what}; ISO 8601, UTC` });
const timeOrNull = (what: string) => z.iso.datetime().nullable().meta({ description: `${what}; ISO 8601, UTC` });
const sentence = (what: string) => z.string().meta({ description: what });
const sentences = (what: string) => z.array(z.string()).meta({ description: what });
const count = (what: string) => z.int().min(0).meta({ description: what });
const recordType = z.string().meta({ description: 'The record type: `TXT`, `MX`, `CNAME`, `A`, `AAAA`, …' });
const ttlSeconds = z.int().min(0).meta({ description: 'The TTL in seconds (RFC 2181 §8)' });
const stepId = sentence('The step: `spf`, `dkim.s1`, `dmarc.quarantine`; the same between plans');
const recordKey = z
  .enum(recordOrder as [RecordKey, ...RecordKey[]])
  .meta({ description: 'The record that it belongs to, as in a finding' });
const digest = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .meta({ description: 'SHA-256 over every change, before and after, hexadecimal; `publish --plan` takes its beginning' });

const plannedSet = z
  .strictObject({
    ttlSeconds: ttlSeconds.meta({ description: 'The TTL in seconds; of what stands, as a cache may have shortened it' }),
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
    z
      .strictObject({
        kind: z.enum(['done', 'ready', 'outside']).meta({
          description:
            '`done`: what is live serves; `ready`: every gate is open; `outside`: somebody has to do the work in `outside` first',
        }),
      })
      .meta({ id: 'PlainStatus', description: 'Nothing more is to be said' }),
    z
      .strictObject({
        kind: z.literal('waiting').meta({ description: 'A gate is not open' }),
        until: maybe(time('Where the clock alone opens the gates: when')),
      })
      .meta({ id: 'WaitingStatus', description: 'A step that waits' }),
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
        ...work,
        kind: z.literal('record'),
        who: sentence('Who can publish it, for people'),
        name: name.meta({ description: 'The owner name' }),
        type: recordType,
        data: sentences('As `data` of a PlannedSet; empty: what stands there shall go'),
      })
      .meta({ id: 'RecordWork', description: 'A record in a zone of somebody else' }),
    z
      .strictObject({
        ...work,
        kind: z.literal('file'),
        url: sentence('Where it has to be found'),
        text: sentence('The whole text of the file'),
      })
      .meta({ id: 'FileWork', description: 'A file to put on a web server (the policy of RFC 8461 §3.2)' }),
    z
      .strictObject({ ...work, kind: z.literal('note'), text: sentence('What to do, for people') })
      .meta({ id: 'NoteWork', description: 'Anything else' }),
  ])
  .meta({ id: 'OutsideWork', description: 'Work outside the zone' });

const gate = z
  .discriminatedUnion('kind', [
    z
      .strictObject({ kind: z.literal('visible'), step: stepId.meta({ description: 'The step whose records are meant' }) })
      .meta({ id: 'VisibleGate', description: 'Every authoritative server and two resolvers show the records of a step' }),
    z
      .strictObject({
        kind: z.literal('elapsed'),
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
        kind: z.literal('serves'),
        url: sentence('What is fetched'),
        what: z.enum(['policy', 'logo', 'certificate', 'tracking']).meta({ description: 'What has to be there' }),
      })
      .meta({ id: 'ServesGate', description: 'What a record will point at is really there' }),
    z
      .strictObject({
        kind: z.literal('aligned'),
        reports: z.enum(['dmarc', 'tls']).meta({ description: 'Which reports show it: DMARC (RFC 9990) or TLS (RFC 8460)' }),
        days: count('Days that the reports have to cover'),
        messages: count('Messages that they have to tell of'),
        share: z.number().min(0).max(1).meta({ description: 'The part of them that has to pass, from 0 to 1' }),
      })
      .meta({ id: 'AlignedGate', description: 'Reports show that mail of the domain passes' }),
    z
      .strictObject({ kind: z.literal('approved'), question: sentence('What is asked, for people') })
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

const price = z
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

const verifyCounts = z
  .strictObject({
    ip4: count('Stretches of IPv4 addresses that were judged, one address of each'),
    ip6: count('Stretches of IPv6 addresses'),
    addresses: count('Random addresses'),
    mended: count('Of all these, those that get permerror today because of a limit, and afterwards what was meant'),
  })
  .meta({ id: 'VerifyCounts', description: 'What was judged with both records' });

const verdictWord = z.enum(['pass', 'fail', 'softfail', 'neutral', 'none', 'temperror', 'permerror']);

const termAndWhy = (what: string) => ({
  term: z.string().meta({ description: 'The term as written' }),
  why: z.string().meta({ description: what }),
});

export const spfChangeSchema = z
  .strictObject({
    version,
    command: z.enum(['flatten', 'merge', 'optimise']).meta({ description: 'Which command it was' }),
    domain: name.meta({ description: 'The domain whose record is changed' }),
    before: sentences('The SPF texts that stand there; several where a merge is due'),
    records: z
      .array(
        z.strictObject({
          name: name.meta({ description: 'The owner name' }),
          type: z.literal('TXT').meta({ description: 'The record type' }),
          ttlSeconds,
          text: sentence('The text; strings of at most 255 octets are cut of it'),
        }),
      )
      .meta({
        description:
          'What is to stand, the record of the domain first: publish from the last to the first. Equal to `before`: nothing is to be done. Empty where it is blocked',
      }),
    blocked: maybe(
      z.strictObject({
        why: sentence('What stands in the way, in a sentence'),
        cure: sentence('What to do about it, in a sentence'),
        unanswered: z.boolean().meta({ description: 'DNS did not answer: ask again' }),
      }),
    ).meta({ description: 'Nothing can be proposed' }),
    price: maybe(price).meta({
      description: 'What the records cost; where it is blocked by a limit, what they would have cost',
    }),
    fits: maybe(z.boolean()).meta({
      description: 'Every record keeps, with its name, to 450 octets (RFC 7208 §3.4); absent where it is blocked',
    }),
    flattened: maybe(sentences('')).meta({ description: '`flatten`: terms that became networks' }),
    kept: maybe(z.array(z.strictObject(termAndWhy('Half a sentence: why it cannot be taken apart')))).meta({
      description: '`flatten`: terms that stay as they are',
    }),
    sources: maybe(
      z.array(
        z.strictObject({
          name: name.meta({ description: 'Where the data stands' }),
          type: z.enum(['TXT', 'A', 'AAAA', 'MX']).meta({ description: 'The record type' }),
          ttlSeconds: ttlSeconds.meta({ description: 'For how many seconds it may be relied on' }),
        }),
      ),
    ).meta({ description: '`flatten`: where the networks come from; when one of these changes, they are out of date' }),
    removed: maybe(z.array(z.strictObject(termAndWhy('Half a sentence: why nothing is lost')))).meta({
      description: '`flatten`, `optimise`: terms that are left out',
    }),
    loses: maybe(sentences('')).meta({ description: '`merge`: what of the live records is lost; absent: nothing changes' }),
    notes: maybe(sentences('')).meta({ description: '`merge`: what was kept and why, for people' }),
    missed: maybe(count('')).meta({ description: 'The look-ups of `--to`, where they could not be reached' }),
    verified: maybe(
      z.discriminatedUnion('kind', [
        z
          .strictObject({
            kind: z.literal('equal').meta({ description: 'Every address gets the same verdict' }),
            counts: verifyCounts,
            partial: sentences('Terms that depend on the message, judged as if all and as if none matched; empty: none'),
          })
          .meta({ id: 'EqualProof', description: 'Both records judge alike' }),
        z
          .strictObject({
            kind: z.literal('different').meta({ description: 'An address gets another verdict' }),
            ip: sentence('The first such address'),
            before: verdictWord.meta({ description: 'Its verdict now (RFC 7208 §2.6)' }),
            after: verdictWord.meta({ description: 'Its verdict with what is proposed' }),
            counts: verifyCounts,
          })
          .meta({ id: 'DifferentProof', description: 'They do not' }),
      ]),
    ).meta({ description: '`flatten`, `optimise` with `--verify`' }),
    keepsAll: maybe(z.boolean()).meta({
      description: '`merge` with `--verify`: whoever passes by one of the old records passes by the new one',
    }),
  })
  .meta({ id: 'SpfChange' });

const selector = (what: string) => z.string().meta({ description: `${what} (RFC 6376 §3.1)` });

export const dkimKeySchema = z
  .strictObject({
    version,
    domain: name.meta({ description: 'The domain that signs' }),
    selector: selector('The selector'),
    type: z.enum(['rsa', 'ed25519']).meta({ description: 'The tag `k` of the record (RFC 6376 §3.6.1, RFC 8463 §3)' }),
    bits: z.int().meta({ description: 'Of the modulus; 256 for Ed25519' }),
    createdAt: time('When it was made or imported'),
    files: z
      .strictObject({
        private: sentence('The private half, PEM (PKCS#8), readable by its owner alone'),
        public: sentence('The public half, JSON'),
        setAside: maybe(z.string()).meta({ description: 'With `--force`: the private half that stood there before' }),
      })
      .meta({ description: 'Paths, relative where the state folder was given so. No field holds a private key' }),
    record: z
      .strictObject({
        name: name.meta({ description: 'The owner name' }),
        type: z.literal('TXT').meta({ description: 'The record type' }),
        value: sentence('The text, without quotes, however long'),
        zone: sentence('The same as a line of a zone file'),
      })
      .meta({ description: 'The record to publish' }),
    warnings: sentences('What is to be said of an imported key, for people; of a new one nothing'),
  })
  .meta({ id: 'DkimKey' });

export const dkimExportSchema = z
  .strictObject({
    version,
    domain: name.meta({ description: 'The domain that signs' }),
    for: z.enum(signerIds as [string, ...string[]]).meta({ description: 'The software that signs' }),
    selectors: z.array(selector('A selector')).meta({ description: 'The keys; none where the software takes none' }),
    files: z
      .array(
        z.strictObject({
          path: sentence('Where it belongs on the host that signs'),
          about: sentence('What to do with it, for people'),
          text: sentence('Its text, or the part of it that is new; ends in a line feed'),
        }),
      )
      .meta({ description: 'Configuration; it names private keys and holds none' }),
    commands: sentences('Shell commands for root on the host that signs, in order; they copy the private keys by path'),
    notes: sentences('What is worth knowing, for people'),
  })
  .meta({ id: 'DkimExport' });

const keyTypeField = z.enum(keyTypes as [KeyType, ...KeyType[]]);
const keyLook = z
  .strictObject({
    kind: z.enum(['visible', 'absent', 'other', 'unknown']).meta({
      description:
        '`visible`: everywhere; `absent`: nothing stands there, at one place or at all; `other`: something else does; `unknown`: somebody did not answer',
    }),
    detail: sentence('Half a sentence for people, which goes on after the name of the record'),
  })
  .meta({ id: 'KeyLook', description: 'What every server of the zone and every resolver says of a record' });

const rotation = z
  .strictObject({
    from: selector('The selector of the key that goes'),
    to: selector('The selector of the key that comes'),
    type: keyTypeField.meta({ description: 'The new key, as `--type` has it' }),
    phase: z
      .enum([
        'key',
        'publish',
        'spread',
        'prove',
        'switch',
        'keep',
        'revoke',
        'withdrawn',
        'remove',
        'finished',
        'abandoned',
      ])
      .meta({
        description:
          'What is to be done now: make the key; publish it; wait until its absence is forgotten (RFC 2308 §5); prove it; switch the signer; keep the old key for 7 days; revoke it (RFC 6376 §3.6.1); leave it so for 30 days; delete its record. Or how it ended',
      }),
    until: timeOrNull('When the clock alone opens the next phase; null: it does not'),
    begunAt: time('When it was begun'),
    visibleAt: timeOrNull('When the new key was seen everywhere; null: not yet, as below'),
    provedAt: timeOrNull('When a person said that it passes'),
    switchedAt: timeOrNull('When a person said that the signer uses it'),
    revokedAt: timeOrNull('When the old key was revoked here'),
    endedAt: timeOrNull('When it was finished or abandoned'),
    look: keyLook.nullable().meta({ description: 'The record that is waited for; null: none was looked at' }),
    oldLook: keyLook.nullable().meta({ description: 'The old record, which has to stay; null: it was not looked at' }),
    did: z
      .array(z.enum(['begun', 'visible', 'proved', 'switched', 'revoked', 'finished', 'abandoned']))
      .meta({ description: 'What this run noted, in order' }),
    early: z
      .enum(['proved', 'switched', 'abandoned'])
      .nullable()
      .meta({ description: 'The option that does not fit the phase and was not noted; null: none. The exit code is then 2' }),
  })
  .meta({ id: 'Rotation', description: 'One key that gives way to another' });

export const dkimRotateSchema = z
  .strictObject({
    version,
    domain: name.meta({ description: 'The domain that signs' }),
    rotations: z.array(rotation).meta({ description: 'What is going on; empty: nothing' }),
    wants: z
      .array(
        z.strictObject({
          selector: selector('The selector'),
          record: sentence('The text that has to stand at `<selector>._domainkey.<domain>`'),
        }),
      )
      .meta({ description: 'What has to be published because of rotations that are going on' }),
    next: maybe(
      z.strictObject({
        from: selector('The selector of the key that would go'),
        to: selector('The selector of the key that would come'),
        type: keyTypeField.meta({ description: 'Its type, as `--type` has it' }),
      }),
    ).meta({ description: 'What `--yes` would begin; only where nothing is going on' }),
  })
  .meta({ id: 'DkimRotations' });

type Plain<T> = T extends DnsName
  ? string
  : T extends Finding
    ? 'finding'
    : T extends readonly (infer Item)[]
      ? Plain<Item>[]
      : T extends object
        ? { -readonly [Key in keyof T]: Plain<T[Key]> }
        : T;
type Fits<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

/** Does not compile when the documented plan and the one that is printed differ. */
export const planSchemaIsTheType: Fits<Plain<z.infer<typeof planSchema>>, Plain<ReturnType<typeof planValue>>> = true;
