/** The JSON of ramps, of what `watch` says, and of what has happened. */
import { z } from 'zod';
import { findings, maybe, name, version } from './report-schema.ts';
import { standing } from './reports-schemas.ts';

const time = z.iso.datetime();
const count = z.int().min(0);
const sentence = z.string().meta({ description: 'One sentence for people' });
const since = time.meta({ description: 'The first moment that counts' });

const need = z
  .strictObject({
    kind: z.string().meta({ description: '`days`, `coverage`, `volume`, `pass-rate`, `approval`…' }),
    met: z.boolean().meta({ description: 'Whether it is there' }),
    what: z.string().meta({ description: 'What is counted, for people, as `has` and `wants`' }),
    has: z.string().meta({ description: 'What there is' }),
    wants: z.string().meta({ description: 'What is needed' }),
    earliest: maybe(time.meta({ description: 'When the clock alone meets it' })),
    items: z.array(z.string()).meta({ description: 'The sources, receivers or hosts that it is about' }),
  })
  .meta({ id: 'Need', description: 'One gate before the next stage' });
const stage = z.string().meta({ description: 'The stage' });

export const rampSchema = z
  .strictObject({
    version,
    domain: name,
    ramps: z
      .array(
        z.strictObject({
          ramp: z.enum(['dmarc', 'spf', 'mta-sts', 'bimi']).meta({ description: 'Which' }),
          stages: z.array(z.string()).meta({ description: 'In order' }),
          stage: z.string().nullable().meta({ description: 'Null before the first' }),
          since: time.nullable().meta({ description: 'Since when it stands' }),
          kept: z.boolean().meta({ description: 'False: `watch` has not written it down yet' }),
          live: z.string().nullable().meta({ description: 'What DNS shows' }),
          next: z.string().nullable().meta({ description: 'Null at the end' }),
          earliest: time.nullable().meta({ description: 'Not before' }),
          decision: z
            .enum(['stay', 'advance', 'back', 'unknown', 'not begun'])
            .meta({ description: 'What `watch` would do now' }),
          why: sentence,
          asks: z.boolean().meta({ description: 'Only a person’s yes is missing: `septet approve`' }),
          needs: z.array(need).meta({ description: 'Before the next stage, met or not' }),
          waitsFor: z
            .array(
              z.strictObject({
                kind: z.string().meta({ description: 'The kind of the gate, as in a plan' }),
                detail: sentence,
              }),
            )
            .meta({ description: 'Gates of the plan that reports do not open' }),
          wouldBreak: z
            .array(
              z.strictObject({
                key: z.string().meta({ description: 'The source' }),
                title: z.string().meta({ description: 'For a person' }),
                standing,
                messages: count.meta({ description: 'That the step would have touched' }),
                of: count.meta({ description: 'Of so many' }),
                fate: z.string().meta({ description: 'What would become of them' }),
              }),
            )
            .meta({ description: 'If the step were made today' }),
          alerts: z.array(z.string()).meta({ description: 'What hurts, a sentence each' }),
          moving: z
            .strictObject({
              to: stage,
              startedAt: time.meta({ description: 'When it was meant' }),
              direction: z.enum(['advance', 'back']).meta({ description: 'Which way' }),
              why: sentence,
            })
            .nullable()
            .meta({ description: 'A step on its way' }),
          paused: z
            .strictObject({ why: sentence, at: time.meta({ description: 'When' }) })
            .nullable()
            .meta({ description: 'Stopped by `septet approve --reject`' }),
          watchUntil: time.nullable().meta({ description: 'Until when the last step is watched closely' }),
          findings,
        }),
      )
      .meta({ description: 'Those of the configuration' }),
  })
  .meta({ id: 'Ramps' });

export const simulateLineSchema = z
  .strictObject({
    version,
    date: z.iso.date().meta({ description: 'The morning' }),
    stage,
    since: time.meta({ description: 'Since when it stands' }),
    decision: z.enum(['stay', 'advance', 'back']).meta({ description: 'What is done on this morning' }),
    reasons: maybe(z.array(z.string()).meta({ description: 'Of `stay`: what is awaited' })),
    needs: maybe(z.array(need).meta({ description: 'Of `stay` and `advance`' })),
    next: maybe(z.string().meta({ description: 'Of `stay`: the next stage' })),
    alerts: maybe(z.array(z.string()).meta({ description: 'Of `stay`: what hurts' })),
    to: maybe(z.string().meta({ description: 'Of `advance` and `back`: the stage' })),
    why: maybe(z.string().meta({ description: 'Of `advance` and `back`' })),
  })
  .meta({ id: 'SimulatedMorning' });

const texts = z.array(z.string());

export const historySchema = z
  .strictObject({
    version,
    domain: name,
    since,
    entries: z
      .array(
        z.discriminatedUnion('kind', [
          z
            .strictObject({
              kind: z.literal('change').meta({ description: 'A record is seen to have changed' }),
              at: time.meta({ description: 'When it was seen first' }),
              name,
              type: z.string().meta({ description: 'A record type; `HTTPS` and `CERT` of web servers' }),
              by: z.enum(['us', 'others', 'unknown']).meta({ description: 'Who did it, by the journal' }),
              before: texts.meta({ description: 'What stood there' }),
              after: texts.meta({ description: 'What stands there; empty: it is gone' }),
              places: z
                .array(
                  z.strictObject({
                    seenFrom: z.string().meta({ description: 'The server' }),
                    at: time.meta({ description: 'When' }),
                  }),
                )
                .meta({ description: 'Who shows it' }),
            })
            .meta({ id: 'HistoryChange', description: 'What somebody changed' }),
          z
            .strictObject({
              kind: z.literal('first-seen').meta({ description: 'Nothing was known of these' }),
              at: time.meta({ description: 'When' }),
              records: texts.meta({ description: '`example.com MX`' }),
            })
            .meta({ id: 'HistoryFirstSeen', description: 'Records that were seen for the first time' }),
          z
            .strictObject({
              kind: z.literal('published').meta({ description: 'Septet wrote' }),
              at: time.meta({ description: 'When' }),
              step: z.string().meta({ description: 'The step of the plan' }),
              outcome: z.enum(['written', 'taken back', 'stopped']).meta({ description: 'What came of it' }),
              host: z.string().meta({ description: 'The DNS host' }),
              changes: z
                .array(
                  z.strictObject({
                    name,
                    type: z.string().meta({ description: 'The record type' }),
                    before: texts.meta({ description: 'What stood there' }),
                    after: texts.meta({ description: 'What was written; empty: removed' }),
                  }),
                )
                .meta({ description: 'What it changed' }),
              detail: maybe(sentence),
            })
            .meta({ id: 'HistoryPublished', description: 'What Septet wrote' }),
          z
            .strictObject({
              kind: z.literal('ramp').meta({ description: 'A ramp' }),
              at: time.meta({ description: 'When' }),
              ramp: z.string().meta({ description: 'Which' }),
              what: z
                .string()
                .meta({ description: '`advanced`, `went back`, `waits for approval`, `approved`, `failed`…' }),
              from: maybe(stage),
              to: maybe(stage),
              why: sentence,
            })
            .meta({ id: 'HistoryRamp', description: 'What became of a ramp' }),
        ]),
      )
      .meta({ description: 'The oldest first' }),
  })
  .meta({ id: 'History' });

export const watchLineSchema = z
  .strictObject({
    time: time.meta({ description: 'When it was said' }),
    event: z
      .enum([
        'started',
        'checked',
        'changed',
        'alert',
        'settled',
        'ramp',
        'imported',
        'retained',
        'told',
        'failed',
        'waiting',
        'goes on',
        'notice',
        'ended',
      ])
      .meta({ description: 'What happened' }),
    domain: maybe(name),
    severity: z.enum(['info', 'warning', 'error']).meta({ description: 'How much it matters' }),
    text: sentence,
    details: maybe(z.record(z.string(), z.unknown()).meta({ description: 'Particulars; they may grow' })),
  })
  .meta({ id: 'WatchLine' });
