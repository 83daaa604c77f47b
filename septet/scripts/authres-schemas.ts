/** Authentication-Results as JSON: parts of a proof. */
import { z } from 'zod';
import { count, sentence } from './plan-schemas.ts';
import { maybe } from './report-schema.ts';

const text = (what: string) => z.string().meta({ description: what });

const property = z
  .strictObject({
    ptype: text('`smtp`, `header`, `body`, `policy`, …, lower case; empty where the receiver left it out'),
    property: text('`mailfrom`, `d`, `s`, …, lower case'),
    value: text('Without quotes'),
  })
  .meta({ id: 'ResultProperty', description: 'What a result is about' });

export const methodResult = z
  .strictObject({
    method: text('`dkim`, `spf`, `dmarc`, …, lower case'),
    methodVersion: maybe(z.number()).meta({ description: 'The version of the method; absent: 1' }),
    result: text('Lower case'),
    reason: maybe(text('What stands behind `reason=`')),
    properties: z.array(property).meta({ description: 'In their order' }),
    comments: z.array(z.string()).meta({ description: 'The comments that stand with it, without parentheses' }),
    at: z
      .strictObject({ offset: count('From 0'), length: count('How many characters') })
      .meta({ description: 'Where it stands in the value of the field, in octets' }),
  })
  .meta({ id: 'MethodResult', description: 'One result (RFC 8601 §2.2)' });

const repair = z
  .strictObject({
    code: z
      .enum([
        'id.missing',
        'id.character',
        'version.invalid',
        'semicolon.missing',
        'semicolon.extra',
        'result.empty',
        'result.character',
        'method.duplicate_equals',
        'property.no_ptype',
        'property.no_value',
        'property.character',
        'reason.position',
        'comment.unclosed',
        'quote.unclosed',
        'text.stray',
        'limit.results',
      ])
      .meta({ description: 'What was wrong' }),
    text: sentence('One sentence for people'),
    offset: count('Where, in octets of the value, from 0'),
    length: count('How many octets'),
  })
  .meta({ id: 'Repair', description: 'What had to be mended to read the field' });

export const authenticationResults = z
  .strictObject({
    authservId: maybe(text('Who says so; absent where the receiver writes none')),
    version: z.number().meta({ description: '1 where it is not written' }),
    instance: maybe(z.number()).meta({ description: 'Of an ARC set (RFC 8617 §4.1.1)' }),
    results: z.array(methodResult).meta({ description: 'Empty for `none`' }),
    none: z.boolean().meta({ description: '`; none`: the receiver looked at nothing' }),
    repairs: z.array(repair).meta({ description: 'Empty where the field keeps to the grammar' }),
  })
  .meta({ id: 'AuthenticationResults', description: 'One Authentication-Results field (RFC 8601 §2.2)' });
