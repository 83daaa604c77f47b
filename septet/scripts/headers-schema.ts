/** The JSON of `septet message headers`. */
import { z } from 'zod';
import { headersVersion } from '../src/cli/message/headers.ts';
import { authenticationResults } from './authres-schemas.ts';
import { count, sentence } from './plan-schemas.ts';
import { received, receiverField } from './proof-schemas.ts';
import { maybe } from './report-schema.ts';
import { lineNumber } from './signature-schemas.ts';

const text = (what: string) => z.string().meta({ description: what });

const { line, name, dialect, standing, why } = receiverField.shape;
const field = {
  kind: z.literal('good').meta({ description: 'It could be read' }),
  line,
  name,
  dialect,
  standing,
  why,
  text: text('The value on one line'),
};
const entry = z
  .discriminatedUnion('kind', [
    z
      .strictObject({ ...field, ...authenticationResults.shape })
      .meta({ id: 'ReadResults', description: 'A field that could be read' }),
    z
      .strictObject({
        ...field,
        kind: z.literal('bad').meta({ description: 'It could not be read' }),
        problem: sentence('Why not, in a sentence'),
      })
      .meta({ id: 'UnreadableResults', description: 'A field that could not be read' }),
  ])
  .meta({ id: 'ResultsField', description: 'One field of results' });

const tagField = z
  .strictObject({
    line: lineNumber,
    name: text('The name of the field'),
    tags: z
      .array(z.strictObject({ name: text('As written'), value: text('As written, without folds') }))
      .meta({ description: 'In their order' }),
    broken: z.array(z.string()).meta({ description: 'Pieces that are not `name=value`' }),
  })
  .meta({ id: 'TagField', description: 'A field that is a list of tags' });

export const headersSchema = z
  .strictObject({
    version: z.literal(headersVersion).meta({ description: 'The version of this contract' }),
    source: text('The file, `-` for standard input; `mail.mbox#3`: the third message of a mailbox file'),
    header: z
      .strictObject({
        lineEnd: z.enum(['crlf', 'lf']).meta({ description: 'How its lines end' }),
        octets: count('Octets up to the body'),
        lines: count('Lines up to the body'),
        problems: z
          .array(
            z.strictObject({
              code: text('`line.not_field`, `octets.nul`, …'),
              line: lineNumber.meta({ description: 'Where it was met first' }),
              count: count('How often'),
            }),
          )
          .meta({ description: 'What is not as RFC 5322 wants it' }),
        fields: count('How many fields there are'),
      })
      .meta({ description: 'The header as a whole' }),
    speaker: maybe(text('Who speaks for the receiver; absent where it cannot be told')),
    authenticationResults: z.array(entry).meta({ description: 'From the top' }),
    arc: z
      .array(
        z.strictObject({
          instance: maybe(z.number()).meta({ description: '`i=`; absent where it cannot be read' }),
          results: maybe(entry).meta({ description: 'ARC-Authentication-Results' }),
          messageSignature: maybe(tagField).meta({ description: 'ARC-Message-Signature' }),
          seal: maybe(tagField).meta({ description: 'ARC-Seal' }),
        }),
      )
      .meta({ description: 'The fields of each instance together, from the top' }),
    received: z.array(received).meta({ description: 'The hops, the newest first; at most 1000' }),
    receivedFields: count('How many there are'),
  })
  .meta({ id: 'HeadersDocument', description: 'The fields in which servers tell of a message' });
