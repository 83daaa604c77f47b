/** Signatures as JSON, of DKIM and of ARC: parts of a proof. */
import { z } from 'zod';
import { authenticationResults } from './authres-schemas.ts';
import { count, sentence, sentences } from './plan-schemas.ts';
import { maybe, name } from './report-schema.ts';

const text = (what: string) => z.string().meta({ description: what });
export const lineNumber = z.int().min(1).meta({ description: 'The line of the field in the message, from 1' });
const certainty = z.enum(['shown', 'proved', 'likely']).meta({
  description: '`shown`: two texts were compared; `proved`: the hash fits without the change; `likely`: it looks so',
});

const fault = z.enum([
  'syntax',
  'version',
  'tag_missing',
  'algorithm_unknown',
  'canonicalization_unknown',
  'sha1',
  'from_unsigned',
  'i_outside_d',
  'i_strict',
  'expired',
  'future',
  'timestamps',
  'query_unknown',
  'key_unavailable',
  'key_missing',
  'key_syntax',
  'key_revoked',
  'key_type',
  'key_hash',
  'key_service',
  'key_short',
  'key_unusable',
  'body_length',
  'body_hash',
  'signature',
  'limit',
]);

const change = z
  .discriminatedUnion('kind', [
    z
      .strictObject({
        kind: z.literal('field').meta({ description: 'A header field' }),
        field: text('Its name'),
        how: z.enum(['altered', 'removed', 'added', 'refolded']).meta({ description: 'What became of it' }),
        was: maybe(text('Its value when it was signed')),
        is: maybe(text('Its value now')),
        line: maybe(lineNumber),
        certainty,
      })
      .meta({ id: 'FieldChange', description: 'A header field is another one' }),
    z
      .strictObject({
        kind: z.enum(['footer', 'banner']).meta({ description: 'Below or above what was signed' }),
        fromLine: count('The first line, in the body, from 1'),
        lines: count('How many lines'),
        text: text('The first of them, cut to 200 characters'),
        certainty,
      })
      .meta({ id: 'AddedLines', description: 'Lines were put in' }),
    z
      .strictObject({
        kind: z.literal('line').meta({ description: 'A line of the body' }),
        line: count('In the body, from 1'),
        was: text('The line when it was signed'),
        is: text('The line now'),
        certainty,
      })
      .meta({ id: 'LineChange', description: 'A line of the body is another one' }),
    z
      .strictObject({
        kind: z.literal('form').meta({ description: 'The form of the same text' }),
        what: z
          .enum(['line-ends', 'trailing-blanks', 'blank-lines', 'transfer-encoding', 'wrapped', 'mbox-quoting'])
          .meta({ description: 'What is different' }),
        text: sentence('One sentence for people'),
        certainty,
      })
      .meta({ id: 'FormChange', description: 'The signed text comes about by another reading of the same body' }),
  ])
  .meta({ id: 'MessageChange', description: 'A difference between what was signed and what is there' });

const form = z.enum(['simple', 'relaxed']);
const dkimKey = z
  .strictObject({
    name: name.meta({ description: 'Where the key stands' }),
    kind: z.enum(['found', 'bad', 'missing', 'several', 'unavailable']).meta({
      description: '`found`: it can be used; `unavailable`: the look-up failed',
    }),
    texts: sentences('The TXT values at the name'),
    aliases: z.array(name).meta({ description: 'Names of the CNAMEs that led there' }),
    type: maybe(z.enum(['rsa', 'ed25519'])).meta({ description: 'The kind of key' }),
    bits: maybe(z.number()).meta({ description: 'Of the modulus' }),
    testing: maybe(z.boolean()).meta({ description: '`t=y`: the domain is testing (RFC 6376 §3.6.1)' }),
    server: maybe(text('Who answered')),
    detail: maybe(text('`NXDOMAIN`, `no data`, `servfail`, for people')),
  })
  .meta({ id: 'DkimKeySeen', description: 'The key record of a signature' });

export const dkimOutcome = z
  .strictObject({
    line: lineNumber,
    result: z
      .enum(['pass', 'fail', 'policy', 'neutral', 'temperror', 'permerror'])
      .meta({ description: 'RFC 8601 §2.7.1' }),
    reason: sentence('One sentence for people'),
    fault: maybe(fault).meta({ description: 'Why it did not pass, or what is weak in it' }),
    domain: maybe(name).meta({ description: '`d=`; absent where it cannot be read' }),
    selector: maybe(text('`s=`; absent where it cannot be read')),
    identity: maybe(text('`i=` as written, or `@` and the domain')),
    algorithm: maybe(text('`a=`')),
    canonicalization: maybe(
      z.strictObject({
        header: form.meta({ description: 'Of the header' }),
        body: form.meta({ description: 'Of the body' }),
      }),
    ).meta({ description: '`c=`' }),
    signedHeaders: sentences('`h=` as written, in its order'),
    timestamp: maybe(z.number()).meta({ description: '`t=`, seconds since 1970' }),
    expires: maybe(z.number()).meta({ description: '`x=`, seconds since 1970' }),
    length: maybe(
      z.strictObject({
        signed: count('Octets of the canonical body that are signed'),
        beyond: count('How many more there are'),
      }),
    ).meta({ description: '`l=`' }),
    signatureStart: maybe(text('The beginning of `b=`, by which RFC 6008 tells signatures apart')),
    bodyHash: maybe(
      z.strictObject({ signed: text('`bh=`, base64'), computed: text('As the body has it, base64') }),
    ).meta({ description: 'The hash of the body' }),
    key: maybe(dkimKey).meta({ description: 'The key; absent where it was not asked for' }),
    changes: maybe(z.array(change)).meta({
      description: 'What probably happened to the message, where it can be told',
    }),
    keyFits: maybe(z.boolean()).meta({ description: 'False: another key made this signature, or `b=` was damaged' }),
    originalFits: maybe(z.boolean()).meta({
      description: 'False: what `--original` gave is not what was signed either',
    }),
    looked: maybe(z.strictObject({ octets: count('So many of the body'), of: count('How many it has') })).meta({
      description: 'Only the beginning of the body was looked at for changes',
    }),
  })
  .meta({ id: 'DkimOutcome', description: 'What became of one signature (RFC 6376 §6.1)' });

export const arcOutcome = z
  .strictObject({
    result: z.enum(['none', 'pass', 'fail', 'temperror']).meta({ description: 'Of the chain (RFC 8617 §5.2)' }),
    reason: sentence('One sentence for people'),
    sets: z
      .array(
        z
          .strictObject({
            instance: count('`i=`'),
            domain: maybe(name).meta({ description: '`d=` of the seal' }),
            selector: maybe(text('`s=` of the seal')),
            claimed: maybe(z.enum(['none', 'pass', 'fail'])).meta({
              description: '`cv=`: what the sealer said of the chain before it',
            }),
            results: maybe(authenticationResults).meta({ description: 'What the sealer had found' }),
            message: maybe(dkimOutcome).meta({ description: 'The ARC-Message-Signature; only the newest must pass' }),
            seal: maybe(
              z.strictObject({
                result: z.enum(['pass', 'fail', 'temperror']).meta({ description: 'Whether it verifies' }),
                reason: sentence('One sentence for people'),
                fault: maybe(fault).meta({ description: 'Why it did not pass' }),
                key: maybe(dkimKey).meta({ description: 'Its key' }),
              }),
            ).meta({ description: 'The ARC-Seal' }),
          })
          .meta({ id: 'ArcSet', description: 'One ARC set' }),
      )
      .meta({ description: 'From instance 1 up' }),
    oldestPass: maybe(z.number()).meta({
      description: 'The lowest instance whose message signature still passes, 0 for all (RFC 8617 §5.2)',
    }),
  })
  .meta({ id: 'ArcOutcome', description: 'ARC: told as explanation, never demanded of a sender' });
