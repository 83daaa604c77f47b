/** The JSON of reports and sources. */
import { z } from 'zod';
import { maybe, version } from './report-schema.ts';

const time = z.iso.datetime();
const count = z.int().min(0);
const share = z.number().min(0).max(1);
const domain = z.string().meta({ description: 'The domain that it is about' });
const since = time.meta({ description: 'The first moment that counts' });
const until = time.meta({ description: 'The moment that counts no more' });

const names = {
  report: z.enum(['aggregate', 'tls', 'failure']).meta({ description: 'Of which kind it is' }),
  place: z.string().meta({ description: 'The file or message, and what in it: `a.eml > b.zip > c.xml`' }),
  reporter: z.string().meta({ description: 'As it calls itself' }),
  reportId: z.string().meta({ description: 'As the reporter numbers it' }),
  domain,
  yours: z.boolean().meta({ description: 'Whether the configuration has the domain; else it is kept apart' }),
};
const place = z.string().meta({ description: 'The file or message' });
const sentence = z.string().meta({ description: 'One sentence for people' });
const repair = z
  .strictObject({
    code: z.string().meta({ description: 'Which fault' }),
    text: sentence,
    row: count.meta({ description: 'The first record with it, from 1; 0 in the head' }),
    count: count.meta({ description: 'How often' }),
  })
  .meta({ id: 'ReportRepair', description: 'What was mended while reading' });

export const importLineSchema = z.discriminatedUnion('kind', [
  z
    .strictObject({
      kind: z.literal('stored').meta({ description: 'It is on disk' }),
      ...names,
      rows: count.meta({ description: 'Records; policies of a TLS report' }),
      messages: count.meta({ description: 'Messages; sessions of a TLS report; incidents of a failure report' }),
      trust: z
        .enum(['authenticated', 'file', 'unauthenticated'])
        .meta({ description: '`authenticated`: a signature of its reporter holds. `unauthenticated` opens no gates' }),
      untrusted: z.string().nullable().meta({ description: 'Why nobody vouches for it' }),
      repairs: z.array(repair).meta({ description: 'What was mended' }),
    })
    .meta({ id: 'ImportStored', description: 'A report that is new' }),
  z
    .strictObject({
      kind: z.literal('duplicate').meta({ description: 'It is known' }),
      ...names,
      same: z.boolean().meta({ description: 'False: the id was used before, with other content. The first stays' }),
      raised: z.boolean().meta({
        description: 'It counts from now on: its domain is configured, or somebody vouches for it, for the first time',
      }),
      firstSeen: time.meta({ description: 'When it came first' }),
    })
    .meta({ id: 'ImportDuplicate', description: 'A report that came before' }),
  z
    .strictObject({ kind: z.literal('left-out').meta({ description: 'Without --keep-failures' }), ...names })
    .meta({ id: 'ImportLeftOut', description: 'A failure report that is not kept' }),
  z
    .strictObject({
      kind: z.literal('refused').meta({ description: 'It cannot be used' }),
      place,
      code: z
        .enum([
          'not-xml',
          'not-report',
          'incomplete',
          'entities',
          'limit',
          'domain',
          'range',
          'count',
          'container',
          'empty',
          'json',
        ])
        .meta({ description: 'Why' }),
      text: sentence,
    })
    .meta({ id: 'ImportRefused', description: 'What is no report, or a broken one' }),
  z
    .strictObject({
      kind: z.literal('postponed').meta({ description: 'A key could not be looked up' }),
      place,
      text: sentence,
    })
    .meta({ id: 'ImportPostponed', description: 'A message of which nothing was stored: import it again' }),
  z
    .strictObject({ kind: z.literal('unreadable').meta({ description: 'It cannot be opened' }), place, text: sentence })
    .meta({ id: 'ImportUnreadable', description: 'A file or folder' }),
  z
    .strictObject({ kind: z.literal('notice').meta({ description: 'The import goes on' }), text: sentence })
    .meta({ id: 'ImportNotice', description: 'Something to know' }),
  z
    .strictObject({
      kind: z.literal('summary').meta({ description: 'The last line' }),
      version,
      files: count.meta({ description: 'Files and messages that were read to their end' }),
      reports: z
        .strictObject({
          aggregate: count.meta({ description: 'DMARC reports' }),
          tls: count.meta({ description: 'TLS reports' }),
          failure: count.meta({ description: 'Failure reports' }),
        })
        .meta({ description: 'That were stored' }),
      rows: count.meta({ description: 'Records of the DMARC reports' }),
      messages: count.meta({ description: 'Messages in these' }),
      sessions: count.meta({ description: 'Sessions of the TLS reports' }),
      duplicates: count.meta({ description: 'Known before, with the same content' }),
      raised: count.meta({ description: 'Of these, those that count from now on' }),
      differing: count.meta({ description: 'With an id that was used before for other content' }),
      refused: count.meta({ description: 'That cannot be used' }),
      unreadable: count.meta({ description: 'That cannot be opened' }),
      leftOut: count.meta({ description: 'Failure reports that are not kept' }),
      postponed: count.meta({ description: 'Messages to be imported again' }),
      unauthenticated: count.meta({ description: 'Stored, and nobody vouches for them' }),
      mended: count.meta({ description: 'Stored, with something mended' }),
      domains: z.record(z.string(), count).meta({ description: 'Stored reports by domain of yours' }),
      foreign: z.record(z.string(), count).meta({ description: 'Those that are kept apart, by domain' }),
    })
    .meta({ id: 'ImportSummary', description: 'The sums' }),
]);

const auth = {
  domain: z.string().meta({ description: 'The domain that was checked' }),
  result: z.string().meta({ description: 'A word of RFC 8601' }),
  humanResult: maybe(z.string().meta({ description: 'As the receiver explains it' })),
};
const passOrFail = z.enum(['pass', 'fail']).nullable();

export const parsedAggregateSchema = z
  .strictObject({
    kind: z.literal('aggregate').meta({ description: 'A DMARC report' }),
    reporter: names.reporter,
    reportId: names.reportId,
    range: z
      .strictObject({
        begin: time.meta({ description: 'The first second' }),
        end: time.meta({ description: 'The last' }),
      })
      .meta({ description: 'What it reports on' }),
    policy: z
      .strictObject({
        domain,
        p: maybe(z.string().meta({ description: 'The policy' })),
        sp: maybe(z.string().meta({ description: 'That of sub-domains' })),
        np: maybe(z.string().meta({ description: 'That of sub-domains that do not exist' })),
        adkim: maybe(z.enum(['r', 's']).meta({ description: 'Alignment of DKIM' })),
        aspf: maybe(z.enum(['r', 's']).meta({ description: 'Alignment of SPF' })),
        fo: maybe(z.string().meta({ description: 'Options of failure reports' })),
        pct: maybe(z.number().meta({ description: 'The share, RFC 7489' })),
        testing: maybe(z.boolean().meta({ description: '`t=y` was in force, RFC 9990' })),
        discoveryMethod: maybe(z.enum(['psl', 'treewalk']).meta({ description: 'How the record was found, RFC 9990' })),
        versionPublished: maybe(z.string().meta({ description: 'The version in the record' })),
      })
      .meta({ description: 'The record as the receiver saw it' }),
    errors: maybe(z.array(z.string()).meta({ description: 'What the reporter says was wrong with the record' })),
    records: z
      .array(
        z.strictObject({
          sourceIp: z.string().meta({ description: 'The address that sent' }),
          count: count.meta({ description: 'Messages' }),
          disposition: z
            .enum(['none', 'quarantine', 'reject', 'pass'])
            .meta({ description: 'What was done with them' }),
          dkim: passOrFail.meta({ description: 'Aligned, as DMARC saw it; null where the reporter does not say' }),
          spf: passOrFail.meta({ description: 'The same of SPF' }),
          reasons: z
            .array(
              z.strictObject({
                type: z.string().meta({ description: '`forwarded`, `mailing_list`, `local_policy`…, or as written' }),
                comment: maybe(z.string().meta({ description: 'As the receiver explains it' })),
              }),
            )
            .meta({ description: 'Why it did otherwise than the policy says' }),
          headerFrom: z.string().meta({ description: 'The domain of From' }),
          envelopeFrom: z.string().nullable().meta({ description: 'The domain of MAIL FROM' }),
          envelopeTo: z.string().nullable().meta({ description: 'The domain of RCPT TO' }),
          dkimAuth: z
            .array(z.strictObject({ ...auth, selector: maybe(z.string().meta({ description: 'The selector' })) }))
            .meta({ description: 'Signatures' }),
          spfAuth: z
            .array(
              z.strictObject({
                ...auth,
                scope: maybe(z.enum(['mfrom', 'helo']).meta({ description: 'Of which name' })),
              }),
            )
            .meta({ description: 'SPF results' }),
        }),
      )
      .meta({ description: 'In the order of the report' }),
  })
  .meta({ id: 'ParsedAggregate' });

const tally = {
  messages: count.meta({ description: 'Messages' }),
  aligned: count.meta({ description: 'Those that passed DMARC' }),
  dkimAligned: count.meta({ description: 'By DKIM' }),
  spfAligned: count.meta({ description: 'By SPF' }),
  quarantined: count.meta({ description: 'That went to spam' }),
  rejected: count.meta({ description: 'That were refused' }),
  forwarded: count.meta({ description: 'That the receiver knew to be forwarded' }),
  errors: count.meta({ description: 'With temperror or permerror' }),
};

export const reportsShowSchema = z
  .strictObject({
    version,
    since,
    until,
    by: z.enum(['source', 'day', 'receiver', 'result']).meta({ description: 'What the lines are' }),
    domains: z
      .array(
        z.strictObject({
          domain,
          messages: count.meta({ description: 'In all' }),
          days: z
            .array(z.strictObject({ day: z.iso.date().meta({ description: 'Of UTC' }), ...tally }))
            .meta({ description: 'Days with reports, in order' }),
          lines: z
            .array(
              z.strictObject({
                key: z
                  .string()
                  .meta({ description: 'Source, day, reporter; `dkim+spf`, `dkim`, `spf`, `fail` of results' }),
                title: z.string().meta({ description: 'The same for a person' }),
                messages: tally.messages,
                aligned: maybe(tally.aligned),
                dkimAligned: maybe(tally.dkimAligned),
                spfAligned: maybe(tally.spfAligned),
                quarantined: maybe(tally.quarantined),
                rejected: maybe(tally.rejected),
                forwarded: maybe(tally.forwarded),
                errors: maybe(tally.errors),
              }),
            )
            .meta({ description: 'Most messages first; of results `messages` alone is told' }),
          dispositions: z
            .array(
              z.strictObject({
                key: z.string().meta({ description: '`none`, `quarantine`, `reject`, `pass`' }),
                messages: tally.messages,
              }),
            )
            .nullable()
            .meta({ description: 'What receivers did, `--by result`; else null' }),
          unauthenticatedMessages: count.meta({ description: 'Of reports that nobody vouches for: not counted above' }),
          tls: z
            .strictObject({
              reports: count.meta({ description: 'TLS reports' }),
              successful: count.meta({ description: 'Sessions' }),
              failed: count.meta({ description: 'Sessions that failed' }),
              reporters: z
                .array(
                  z.strictObject({
                    reporter: names.reporter,
                    successful: count.meta({ description: 'Sessions' }),
                    failed: count.meta({ description: 'Sessions that failed' }),
                  }),
                )
                .meta({ description: 'Most sessions first' }),
              failures: z
                .array(
                  z.strictObject({
                    type: z.string().meta({ description: 'A word of RFC 8460 §4.3' }),
                    host: z.string().meta({ description: 'The mail server; empty where nobody says' }),
                    sessions: count.meta({ description: 'Sessions' }),
                    reporters: z.array(z.string()).meta({ description: 'Who reported it' }),
                  }),
                )
                .meta({ description: 'Most sessions first' }),
            })
            .meta({ description: 'TLS of mail to the domain' }),
        }),
      )
      .meta({ description: 'Those that were asked for' }),
    foreign: z
      .array(z.strictObject({ domain, reports: count.meta({ description: 'How many' }) }))
      .meta({ description: 'Reports that are kept apart' }),
    refusals: z
      .array(
        z.strictObject({
          at: time.meta({ description: 'When' }),
          place,
          code: z.string().meta({ description: 'As of `reports import`' }),
          text: sentence,
        }),
      )
      .meta({ description: 'The newest first' }),
  })
  .meta({ id: 'ReportsShow' });

export const standing = z.enum(['mine', 'forwarder', 'not mine', 'unknown']).meta({ description: 'Whose it is' });

export const sourcesSchema = z
  .strictObject({
    version,
    since,
    until,
    domains: z
      .array(
        z.strictObject({
          domain,
          sources: z
            .array(
              z.strictObject({
                key: z.string().meta({ description: 'What its mail proves, or its network; for `sources mark`' }),
                title: z.string().meta({ description: 'For a person' }),
                sender: z.string().meta({ description: 'The same for all sources of one sender' }),
                standing,
                because: sentence,
                marked: z.boolean().meta({ description: 'A person said so' }),
                looksOwn: z.boolean().meta({ description: 'Unknown, but it leads to the owner' }),
                ...tally,
                alignedShare: share.meta({ description: 'Of its messages' }),
                dkimShare: share.meta({ description: 'Of its messages' }),
                spfShare: share.meta({ description: 'Of its messages' }),
                firstDay: z.iso.date().meta({ description: 'The first day on which it was reported' }),
                lastDay: z.iso.date().meta({ description: 'The last one' }),
                toDo: z.string().meta({ description: 'What to do, for people' }),
              }),
            )
            .meta({ description: 'Most messages first' }),
        }),
      )
      .meta({ description: 'Those that were asked for' }),
  })
  .meta({ id: 'Sources' });
