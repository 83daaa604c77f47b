/**
 * The JSON of a proof (`septet message verify --json`). `docs/proof.schema.json` and a part of `docs/json.md` are made of it.
 * The types at the end do not compile when the schema and the proof drift apart.
 */
import { z } from 'zod';
import { recordOrder } from '../src/audit/report.ts';
import type { ProofDocument } from '../src/cli/message/proof-json.ts';
import type { DnsName } from '../src/dns/name.ts';
import type { FindingKey } from '../src/finding/finding.ts';
import { proofVersion, type Proof } from '../src/proof/proof.ts';
import { authenticationResults, methodResult } from './authres-schemas.ts';
import { effect, trace } from './command-schemas.ts';
import { count, sentence, sentences, time } from './plan-schemas.ts';
import { findingSchema, maybe, name } from './report-schema.ts';
import { arcOutcome, dkimOutcome, lineNumber } from './signature-schemas.ts';

const versionField = z.literal(proofVersion).meta({ description: 'The version of this contract' });
const flag = (what: string) => z.boolean().meta({ description: what });
const text = (what: string) => z.string().meta({ description: what });
const policy = z.enum(['none', 'quarantine', 'reject']);

const mailbox = z
  .strictObject({
    displayName: maybe(text('The name, decoded, for people')),
    local: text('The part before the last `@`, without quotes'),
    domainText: text('The domain as written'),
    domain: maybe(name).meta({ description: 'The domain; absent for an address literal, and for what is no name' }),
    group: maybe(text('The group that it stands in (RFC 5322 §3.4)')),
  })
  .meta({ id: 'Mailbox', description: 'One address of From' });

const mailboxes = z.array(mailbox).meta({ description: 'The addresses in their order' });
const author = z
  .discriminatedUnion('kind', [
    z
      .strictObject({
        kind: z.literal('one').meta({ description: 'One domain' }),
        domain: name.meta({ description: 'The author domain (RFC 9989)' }),
        mailboxes,
      })
      .meta({ id: 'OneAuthor', description: 'One domain, from one address or several' }),
    z
      .strictObject({
        kind: z.literal('several').meta({ description: 'Several' }),
        domains: z.array(name).meta({ description: 'The author domains' }),
        mailboxes,
        fields: count('How many From fields there are'),
      })
      .meta({ id: 'SeveralAuthors', description: 'Addresses of several domains, or several From fields' }),
    z
      .strictObject({
        kind: z.literal('none').meta({ description: 'None' }),
        why: z.enum(['no-field', 'empty', 'no-address', 'no-domain']).meta({ description: 'What is missing' }),
      })
      .meta({ id: 'NoAuthor', description: 'No author domain' }),
  ])
  .meta({ id: 'Author', description: 'The author of the message, as From tells it' });

const message = z
  .strictObject({
    author: author.meta({ description: 'Who wrote it' }),
    subject: maybe(text('Decoded, cut to 500 characters')),
    messageId: maybe(text('As written, cut to 500 characters')),
    date: maybe(time('The Date field; absent where it cannot be read')),
    octets: count('Octets of the whole message as it was read'),
    lineEnd: z.enum(['crlf', 'lf']).meta({ description: 'How its lines end' }),
    parts: count('MIME parts'),
    bulk: flag('Marketing or list mail, as its fields show'),
  })
  .meta({ id: 'MessageFacts', description: 'What the message is' });

export const received = z
  .strictObject({
    line: lineNumber,
    helo: maybe(text('What the client called itself, as written')),
    reverseName: maybe(text('The name that the server found for its address')),
    ip: maybe(text('The address of the client')),
    by: maybe(text('The host that wrote the field')),
    protocol: maybe(text('`ESMTPS`, `HTTP`, …, upper case')),
    authenticated: flag('The client proved who it is (RFC 3848)'),
    tls: maybe(
      z.strictObject({
        version: maybe(text('As written')),
        cipher: maybe(text('As written')),
      }),
    ).meta({ description: 'The field shows TLS' }),
    for: maybe(text('The recipient that is named')),
    id: maybe(text('The id that the server gave')),
    envelopeFrom: maybe(text('The envelope sender that is noted')),
    at: maybe(z.number()).meta({ description: 'Milliseconds since 1970' }),
  })
  .meta({ id: 'Hop', description: 'One Received field (RFC 5321 §4.4)' });

const origin = z
  .enum(['option', 'listener', 'Received', 'Return-Path', 'Received-SPF', 'Authentication-Results', 'mbox', 'From'])
  .meta({ description: 'Where it was found; `option`: said by the user, `listener`: seen by our own server' });
const known = <Value extends z.ZodType>(value: Value, id: string, what: string) =>
  z.strictObject({ value, from: origin, line: maybe(lineNumber) }).meta({ id, description: what });

const knownText = known(text('The value'), 'KnownText', 'A value, and where it was found');
const envelope = z
  .strictObject({
    ip: maybe(knownText).meta({ description: 'The address of the client that gave it to the receiver' }),
    helo: maybe(knownText).meta({ description: 'What that client called itself' }),
    mailFrom: maybe(knownText).meta({ description: 'The envelope sender; "" for the null sender' }),
    tls: maybe(known(flag('Whether TLS was used'), 'KnownFlag', 'A fact, and where it was found')).meta({
      description: 'Whether it came over TLS',
    }),
    recipients: maybe(sentences('The envelope recipients; only our own server knows them')),
    hop: maybe(received).meta({ description: 'The hop whose word was taken: where the receiver begins' }),
    why: sentence('Why that hop, in a sentence'),
    hops: z.array(received).meta({ description: 'All hops, the newest first' }),
  })
  .meta({ id: 'Envelope', description: 'The envelope (RFC 5321), and where each part was found' });

const spfWord = z.enum(['pass', 'fail', 'softfail', 'neutral', 'none', 'temperror', 'permerror']);
const spfDetail = z
  .strictObject({
    kind: z.literal('result').meta({ description: 'Always `result`' }),
    result: spfWord.meta({ description: 'RFC 7208 §2.6' }),
    explanation: maybe(text('What `exp=` says, for `fail`')),
    domain: text('The domain that was judged'),
    lookups: count('Look-ups until the verdict, of at most 10 (RFC 7208 §4.6.4)'),
    voids: count('Those with empty answers, of at most 2'),
    matched: maybe(
      z.strictObject({
        term: text('The mechanism as written'),
        path: z.array(name).meta({ description: 'The domains from the judged one to the record with the mechanism' }),
      }),
    ).meta({ description: 'The mechanism that decided' }),
    problem: maybe(
      z.strictObject({ code: text('The code that tells more'), reason: sentence('One sentence for people') }),
    ).meta({ description: 'Why it is temperror, permerror or none' }),
    trace: maybe(trace).meta({ description: 'How the verdict came about' }),
  })
  .meta({ id: 'SpfDetail', description: 'An evaluation of SPF' });

const spf = z
  .strictObject({
    scope: z.enum(['mfrom', 'helo']).meta({ description: 'The identity: MAIL FROM or HELO' }),
    domain: text('Its domain; empty where there is none'),
    result: z.enum([...spfWord.options, 'unknown']).meta({
      description: 'RFC 7208 §2.6; `unknown`: there was nothing to evaluate with, and `reason` says what was missing',
    }),
    reason: sentence('One sentence for people'),
    detail: maybe(spfDetail).meta({ description: 'The evaluation, where there was one' }),
  })
  .meta({ id: 'SpfOutcome', description: 'SPF of one identity' });

const identifier = z
  .strictObject({
    method: z.enum(['spf', 'dkim']).meta({ description: 'What proves it' }),
    domain: name.meta({ description: 'Of MAIL FROM, or `d=`' }),
    selector: maybe(text('`s=` for DKIM')),
    passed: flag('The method itself passed'),
    match: z.enum(['strict', 'relaxed', 'none', 'unknown']).meta({
      description: '`strict`: the author domain itself; `relaxed`: the same organisation; `none`: another one',
    }),
    aligned: flag('It passed, and matches as the record asks'),
    organisationalDomain: maybe(name).meta({ description: 'As this reader finds it' }),
  })
  .meta({ id: 'Identifier', description: 'A domain that may stand for the author domain' });

const mode = z.enum(['r', 's']);
const reading = z
  .strictObject({
    reader: z.enum(['RFC 9989', 'RFC 7489']).meta({ description: 'New readers, and old ones' }),
    author: name.meta({ description: 'The author domain' }),
    result: z.enum(['pass', 'fail', 'none', 'temperror', 'permerror']).meta({ description: 'What the reader finds' }),
    reason: sentence('One sentence for people'),
    record: maybe(z.strictObject({ name: name.meta({ description: 'Where it stands' }), text: text('Its text') })).meta(
      { description: 'The policy record' },
    ),
    source: z
      .enum(['author', 'organisation', 'registry', 'none', 'unknown'])
      .meta({ description: 'Whose record it is: of the domain itself, of the organisation, of a public suffix' }),
    organisationalDomain: maybe(name).meta({ description: 'As this reader finds it' }),
    adkim: mode.meta({ description: 'Alignment that DKIM needs: relaxed or strict' }),
    aspf: mode.meta({ description: 'Alignment that SPF needs: relaxed or strict' }),
    identifiers: z.array(identifier).meta({ description: 'What may prove the author domain' }),
    published: effect.meta({ description: 'What the record asks for, for mail that fails' }),
    disposition: policy.meta({ description: 'What this reader does with this message' }),
    sampled: maybe(
      z.strictObject({
        percent: z.number().meta({ description: 'Messages of a hundred' }),
        rest: policy.meta({ description: 'What happens to the others' }),
      }),
    ).meta({ description: 'The disposition is drawn by lot (`pct`)' }),
  })
  .meta({ id: 'DmarcVerdict', description: 'DMARC as one generation of readers evaluates it' });

const passOrFail = z.enum(['pass', 'fail']);
const reportRow = z
  .strictObject({
    source_ip: maybe(text('The address of the client')),
    count: z.literal(1).meta({ description: 'Always 1' }),
    policy_evaluated: z
      .strictObject({
        disposition: policy.meta({ description: 'What was done' }),
        dkim: passOrFail.meta({ description: 'Aligned DKIM' }),
        spf: passOrFail.meta({ description: 'Aligned SPF' }),
        reason: z
          .array(
            z.strictObject({
              type: text('`mailing_list`, `local_policy`, …'),
              comment: maybe(text('For people')),
            }),
          )
          .meta({ description: 'Why another policy was applied' }),
      })
      .meta({ description: 'The verdict' }),
    identifiers: z
      .strictObject({
        header_from: text('The author domain'),
        envelope_from: maybe(text('The domain of MAIL FROM')),
        envelope_to: maybe(text('The domain of the recipient')),
      })
      .meta({ description: 'The domains' }),
    auth_results: z
      .strictObject({
        dkim: z
          .array(
            z.strictObject({
              domain: text('`d=`'),
              selector: text('`s=`'),
              result: text('RFC 8601 §2.7.1'),
              human_result: maybe(text('For people')),
            }),
          )
          .meta({ description: 'The signatures' }),
        spf: maybe(
          z.strictObject({
            domain: text('The domain that was judged'),
            scope: z.enum(['mfrom', 'helo']).meta({ description: 'The identity' }),
            result: text('RFC 7208 §2.6'),
          }),
        ).meta({ description: 'SPF' }),
      })
      .meta({ description: 'What the methods found' }),
  })
  .meta({
    id: 'ReportRow',
    description: 'The row that an aggregate report would hold; the names are those of its XML (RFC 9990)',
  });

export const receiverField = z
  .strictObject({
    line: lineNumber,
    name: text('The name of the field'),
    value: authenticationResults.meta({ description: 'The field, read' }),
    dialect: maybe(text('Whose way of writing it is: `gmail`, `microsoft`, …; absent: none that is known')),
    standing: z.enum(['trusted', 'claim', 'copy', 'forged']).meta({
      description:
        '`trusted`: the receiver’s own; `claim`: nobody vouches for it; `copy`: of an earlier hop; `forged`: the receiver cannot have written it',
    }),
    why: sentence('Why it stands so, for people'),
  })
  .meta({ id: 'ReceiverField', description: 'One Authentication-Results field' });

const countedResult = methodResult
  .extend({ line: lineNumber })
  .meta({ id: 'CountedResult', description: 'A MethodResult with the line of its field' });

const difference = z
  .strictObject({
    method: z.enum(['spf', 'dkim', 'dmarc', 'arc']).meta({ description: 'What it is about' }),
    about: text('`d=` and `s=` for DKIM'),
    ours: text('What Septet finds'),
    theirs: text('What the receiver says'),
    why: sentence('Why that may be, for people'),
    line: lineNumber,
  })
  .meta({ id: 'Difference', description: 'Where the receiver and Septet say different things' });

/** A finding whose `record` may also be `message`. */
const proofFinding = findingSchema
  .extend({
    record: z.enum<readonly FindingKey[]>([...recordOrder, 'message']).meta({
      description: 'The record that it belongs to; `message`: the message itself',
    }),
  })
  .meta({ id: 'ProofFinding', description: 'A Finding, as in a report; its `record` may also be `message`' });

export const proofSchema = z
  .strictObject({
    version: versionField,
    source: text('The file, `-` for standard input; `mail.mbox#3`: the third message of a mailbox file'),
    evaluatedAt: time('When it was evaluated'),
    message: message.meta({ description: 'What the message is' }),
    envelope: envelope.meta({ description: 'Who gave it to the receiver' }),
    spf: z.array(spf).meta({ description: 'Identity by identity' }),
    dkim: z.array(dkimOutcome).meta({ description: 'Signature by signature, from the top' }),
    arc: arcOutcome.meta({ description: 'The chain of ARC sets' }),
    dmarc: z
      .strictObject({
        readings: z.array(reading).meta({ description: 'Both readers, for every author domain' }),
        report: maybe(reportRow).meta({ description: 'Absent without an author domain or a policy record' }),
      })
      .meta({ description: 'DMARC on what was proved' }),
    receiver: z
      .strictObject({
        fields: z.array(receiverField).meta({ description: 'From the top' }),
        results: z.array(countedResult).meta({ description: 'The results that count, the topmost first' }),
        speaker: maybe(text('Who speaks: the authserv-id, or `(microsoft)`')),
      })
      .meta({ description: 'What the receiver says' }),
    differences: z.array(difference).meta({ description: 'Where the receiver says something else' }),
    sender: maybe(
      z.strictObject({
        id: text('As in the ids of steps'),
        title: text('Its name, for people'),
        because: text('How it was recognised, for people'),
      }),
    ).meta({ description: 'The sender of the plan; with `--domain`, where it can be told' }),
    planDomain: maybe(name).meta({ description: 'The domain of `--domain`' }),
    verdict: z
      .strictObject({
        kind: z.enum(['ideal', 'bar', 'weak', 'fail', 'unknown']).meta({
          description:
            '`ideal`: SPF, DKIM and DMARC pass, both aligned; `bar`: DMARC passes by DKIM; `weak`: by SPF alone',
        }),
        text: sentence('One sentence for people'),
        forwarded: flag('It came by a forwarder or a list'),
      })
      .meta({ description: 'The verdict' }),
    findings: z.array(proofFinding).meta({ description: 'Worst first' }),
  })
  .meta({ id: 'Proof', description: 'Everything that one message shows' });

export const proofErrorSchema = z
  .strictObject({
    source: text('The file'),
    error: sentence('One sentence for people'),
  })
  .meta({ id: 'ProofError', description: 'A file in which no message could be read' });

export const proofDocumentSchema = z
  .strictObject({
    version: versionField,
    proofs: z.array(proofSchema).meta({ description: 'In the order in which the messages were read' }),
    errors: z.array(proofErrorSchema).meta({ description: 'Files that could not be read' }),
  })
  .meta({ id: 'ProofDocument', title: 'Septet proofs', description: 'The proofs of messages' });

/** JSON Schema 2020-12 of the document; allows unknown fields, as that of the report does. */
export function proofJsonSchema(): object {
  return z.toJSONSchema(proofDocumentSchema, {
    target: 'draft-2020-12',
    override: ({ jsonSchema }) => {
      delete jsonSchema.additionalProperties;
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
    },
  });
}

type Plain<T> = T extends DnsName
  ? string
  : T extends readonly (infer Item)[]
    ? Plain<Item>[]
    : T extends object
      ? { -readonly [Key in keyof T]: Key extends 'trace' ? unknown : Plain<T[Key]> }
      : T;
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Does not compile when the documented proof and the one that is printed differ; `trace` is that of `septet spf`. */
export const proofSchemasAreTheTypes: [
  Same<Plain<z.infer<typeof proofSchema>>, Plain<Proof>>,
  Same<Plain<z.infer<typeof proofDocumentSchema>>, Plain<ProofDocument>>,
] = [true, true];
