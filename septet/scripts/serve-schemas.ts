/** The JSON of what is hosted: certificates, counts of links, keys, the suppression list, and logos that are converted. */
import { z } from 'zod';
import { findings, maybe, name, version } from './report-schema.ts';

const time = z.iso.datetime();
const count = z.int().min(0);

export const certificatesSchema = z
  .strictObject({
    version,
    certificates: z
      .array(
        z.strictObject({
          name,
          state: z.enum(['good', 'renewing', 'waiting', 'failed']).meta({
            description: '`waiting`: none yet, and none was refused; `failed`: the last order was',
          }),
          notBefore: time
            .nullable()
            .meta({ description: 'Null where there is none yet, as `notAfter`, `days`, `issuer`' }),
          notAfter: time.nullable().meta({ description: 'Until when it serves' }),
          days: z.int().nullable().meta({ description: 'Whole days that are left; negative after its end' }),
          issuer: z.string().nullable().meta({ description: 'The name of the authority in the certificate' }),
          from: z
            .string()
            .meta({ description: '`acme` with the URL of the authority, `file` with its path, or `nowhere`' }),
          nextTry: time.nullable().meta({ description: 'When it is ordered again after a failure' }),
          fault: z.string().nullable().meta({ description: 'Why the last order failed' }),
        }),
      )
      .meta({ description: 'By name' }),
  })
  .meta({ id: 'Certificates' });

export const trackingShowSchema = z
  .strictObject({
    version,
    since: z.iso.date().meta({ description: 'The first day, of UTC' }),
    by: z.enum(['campaign', 'day']).meta({ description: 'What `key` is' }),
    lines: z.array(
      z.strictObject({
        domain: name,
        key: z.string().meta({ description: 'The campaign, empty for none; or the day, `2026-11-23`' }),
        clicks: count.meta({ description: 'By persons' }),
        opens: count.meta({ description: 'By persons' }),
        unsubscribes: count.meta({ description: 'Each recipient once' }),
        proxyOpens: count.meta({ description: 'Opens by servers of mail programs' }),
        scanners: count.meta({ description: 'Clicks and opens with no person behind them' }),
      }),
    ),
  })
  .meta({ id: 'TrackingShow' });

export const trackingKeysSchema = z
  .strictObject({
    version,
    file: z.string().meta({ description: 'Where the keys are' }),
    rotated: z.boolean().meta({ description: 'Whether one was added just now' }),
    keys: z
      .array(
        z.strictObject({
          id: z.int().min(1).max(255).meta({ description: 'As it stands in addresses' }),
          created: time.meta({ description: 'When it was made' }),
          days: count.meta({ description: 'Whole days since then' }),
          writes: z.boolean().meta({ description: 'True for the one that makes addresses' }),
        }),
      )
      .meta({ description: 'The newest first; empty where none was made yet' }),
  })
  .meta({ id: 'TrackingKeys' });

export const suppressionSchema = z
  .strictObject({
    recipient: z.string().meta({ description: 'The address or id, to the letter' }),
    domain: name,
    kind: z.enum(['unsubscribed', 'do-not-track']).meta({ description: 'What the recipient wants' }),
    since: time.meta({ description: 'When it came on the list' }),
    source: z.enum(['one-click', 'page', 'import', 'by hand']).meta({ description: 'How' }),
    campaign: z.string().meta({ description: 'Of the message that led there; empty for none' }),
  })
  .meta({ id: 'Suppression' });

export const bimiConvertSchema = z
  .strictObject({
    version,
    file: z.string().meta({ description: 'The file that was given; `-` for standard input' }),
    result: z.enum(['converted', 'refused']).meta({ description: 'Where it is refused nothing is written' }),
    octets: maybe(z.int()).meta({ description: 'Of the result' }),
    svg: maybe(z.string()).meta({ description: 'The result, without `-o`' }),
    out: maybe(z.string()).meta({ description: 'Where it was written to, with `-o`' }),
    changes: z
      .array(
        z.strictObject({
          kind: z.enum(['changed', 'look', 'refused']).meta({
            description:
              '`changed`: the same picture; `look`: a person should look at it; `refused`: cannot be converted',
          }),
          sentence: z.string().meta({ description: 'One sentence for people' }),
          places: z
            .array(
              z.strictObject({
                line: z.int().min(1).meta({ description: 'From 1' }),
                column: z.int().min(1).meta({ description: 'From 1' }),
              }),
            )
            .meta({ description: 'In the file that was given, five at most' }),
          count: z.int().min(1).meta({ description: 'How often' }),
        }),
      )
      .meta({ description: 'Refusals first' }),
    findings: findings.meta({ description: 'What the check says of the result' }),
  })
  .meta({ id: 'BimiConvert' });
