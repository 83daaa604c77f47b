/** One suite on both databases: reports, tallies, duplicates, drafts, retention. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { dnsName } from '../../src/dns/name.ts';
import type { AggregateRow } from '../../src/reports/aggregate.ts';
import { sourceKeyOf } from '../../src/reports/source-key.ts';
import type { StorePlace } from '../../src/store/open-store.ts';
import type { Store, Trust } from '../../src/store/store.ts';
import { databases, reopen } from './databases.ts';
import * as s from './samples.ts';

const other = dnsName('example.net');
const query = { domain: s.domain, ...s.always };

for (const database of await databases()) {
  describe(database.kind, { skip: database.skip }, () => {
    let store: Store;
    let place: StorePlace;
    before(() => database.begin());
    after(async () => {
      await store?.close();
      await database.end();
    });
    beforeEach(async () => {
      await store?.close();
      place = await database.place();
      store = await reopen(place);
    });

    test('a report comes back as it went in', async () => {
      const rows: readonly AggregateRow[] = [
        s.row({
          count: 3,
          reasons: [{ type: 'local_policy', comment: 'arc=pass\u0000"\u2028' }],
          envelopeTo: 'x.example',
        }),
        s.row({ sourceIp: '2001:db8::1', dkimAuth: [], spfAuth: [], count: 0, disposition: 'reject' }),
      ].map(({ spf, ...row }) => (assert.equal(spf, 'pass'), row));
      const outcome = await s.put(store, { id: 'r1', rows });
      assert.deepEqual(outcome, { kind: 'stored', rows: 2, messages: 3 });
      const read = await s.collect(store.reports.rows(query));
      assert.deepEqual(
        read.map(({ row }) => row),
        rows,
      );
      assert.deepEqual(
        read.map(({ sourceKey }) => sourceKey),
        rows.map(sourceKeyOf),
      );
      const [listed] = await store.reports.list(query, 10);
      assert.deepEqual(listed, { head: s.headOf('r1', rows), facts: s.factsOf() });
      assert.deepEqual(await s.collect(store.reports.rows({ ...query, sourceKey: 'ip=2001:db8::/48' })), read.slice(1));
      assert.deepEqual(await s.collect(store.reports.rows({ ...query, sourceKey: 'nobody' })), []);
    });

    /** Every table of counts, so that nothing stays where it no longer belongs. */
    const counts = async (more: { unauthenticated?: boolean } = {}) => ({
      day: await store.reports.tally({ ...query, ...more }, 'day'),
      source: await store.reports.tally({ ...query, ...more }, 'source'),
      receiver: await store.reports.tally({ ...query, ...more }, 'receiver'),
      disposition: await store.reports.tally({ ...query, ...more }, 'disposition'),
      sourceDays: await store.reports.sourceDays({ ...query, ...more }),
    });
    const mixed = (many: number): readonly AggregateRow[] =>
      Array.from({ length: many }, (_, n) =>
        s.row({
          sourceIp: `192.0.${n % 200}.1`,
          count: n + 1,
          ...(n % 3 === 0 ? { dkim: 'fail', spf: 'fail', disposition: 'reject', dkimAuth: [], spfAuth: [] } : {}),
          ...(n % 5 === 0 ? { reasons: [{ type: 'forwarded' as const }] } : {}),
        }),
      );

    const putForeign = async (id: string, rows: readonly AggregateRow[], trust: Trust, about = 'example.com') => {
      const draft = store.reports.draft();
      await draft.rows(rows);
      const head = s.headOf(id, rows, { policy: { domain: about, p: 'none' } });
      return draft.finish(head, { ...s.foreignFacts(), trust });
    };

    for (const many of [7, 4500]) {
      test(`a foreign report counts when its domain is configured, ${many} rows`, async () => {
        const rows = mixed(many);
        await s.put(store, { id: 'mine', rows });
        const expected = await counts();
        await store.close();
        place = await database.place();
        store = await reopen(place);
        await putForeign('mine', rows, 'file');
        await putForeign('other', rows, 'file', 'x.example');
        assert.deepEqual((await counts()).day, []);
        const domainOf = (about: string) => (about === s.domain ? s.domain : undefined);
        const both = await Promise.all([store.reports.adopt(domainOf), store.reports.adopt(domainOf)]);
        assert.equal(
          both.reduce((sum, one) => sum + (one.get(s.domain) ?? 0), 0),
          1,
        );
        assert.deepEqual(await counts(), expected);
        assert.equal((await store.reports.list(query, 10)).length, 1);
        assert.deepEqual(await store.reports.foreign(s.always), [{ domain: 'x.example', reports: 1 }]);
        assert.equal((await store.reports.adopt(domainOf)).size, 0);
      });

      test(`a report that comes again and counts for more does so, ${many} rows`, async () => {
        const rows = mixed(many);
        await s.put(store, { id: 'mine', rows });
        const expected = await counts();
        await store.close();
        place = await database.place();
        store = await reopen(place);
        await putForeign('mine', rows, 'unauthenticated');
        const first = await s.put(store, { id: 'mine', rows, facts: { trust: 'unauthenticated' } });
        assert.deepEqual(first, { kind: 'duplicate', same: true, firstSeen: s.now, raised: true });
        assert.deepEqual((await counts()).day, []);
        assert.deepEqual(await counts({ unauthenticated: true }), expected);
        const second = await s.put(store, { id: 'mine', rows, facts: { trust: 'authenticated' } });
        assert.deepEqual(second, { kind: 'duplicate', same: true, firstSeen: s.now, raised: true });
        assert.deepEqual(await counts(), expected);
        assert.deepEqual(await counts({ unauthenticated: true }), expected);
        // And never down again.
        const third = await putForeign('mine', rows, 'unauthenticated');
        assert.deepEqual(third, { kind: 'duplicate', same: true, firstSeen: s.now });
        assert.deepEqual(await counts(), expected);
      });

      test(`a forged report does not keep the true one out, ${many} rows`, async () => {
        const rows = mixed(many);
        await s.put(store, { id: 'mine', rows });
        const expected = { ...(await counts()), rows: await s.collect(store.reports.rows(query)) };
        await store.close();
        place = await database.place();
        store = await reopen(place);
        const forged = [s.row({ count: 9, sourceIp: '198.51.100.1' }), ...mixed(many)];
        await s.put(store, { id: 'mine', rows: forged, facts: { trust: 'unauthenticated' } });
        const outcome = await s.put(store, { id: 'mine', rows, facts: { trust: 'authenticated' } });
        assert.equal(outcome.kind, 'stored');
        assert.deepEqual({ ...(await counts()), rows: await s.collect(store.reports.rows(query)) }, expected);
        assert.deepEqual((await counts({ unauthenticated: true })).day, expected.day);
        const later = await s.put(store, { id: 'mine', rows: forged, facts: { trust: 'authenticated' } });
        assert.deepEqual(later, { kind: 'duplicate', same: false, firstSeen: s.now });
      });
    }

    test('counts in the tally: aligned, dispositions, forwarders, errors', async () => {
      await s.put(store, {
        id: 'r1',
        rows: [
          s.row({ count: 100 }),
          s.row({ count: 20, spf: 'fail', disposition: 'pass' }),
          s.row({ count: 3, dkim: 'fail', spf: 'fail', disposition: 'quarantine', reasons: [{ type: 'forwarded' }] }),
          s.row({
            count: 7,
            dkim: 'fail',
            disposition: 'reject',
            reasons: [{ type: 'local_policy', comment: 'arc=pass' }],
            dkimAuth: [{ domain: 'example.com', result: 'temperror' }],
          }),
        ],
      });
      const [line] = await store.reports.tally(query, 'day');
      assert.deepEqual(line, {
        key: '2026-11-01',
        messages: 130,
        aligned: 127,
        dkimAligned: 120,
        spfAligned: 107,
        quarantined: 3,
        rejected: 7,
        forwarded: 10,
        errors: 7,
      });
      const by = await store.reports.tally(query, 'disposition');
      assert.deepEqual(
        by.map(({ key, messages }) => [key, messages]),
        [
          ['none', 100],
          ['pass', 20],
          ['reject', 7],
          ['quarantine', 3],
        ],
      );
    });

    test('tallies of any period equal what the rows add up to', async () => {
      await Promise.all(Array.from({ length: 150 }, (_, n) => s.put(store, s.numbered(n))));
      const begin = Date.parse('2026-09-03T00:00:00Z');
      const periods = [
        s.always,
        { since: begin, until: begin + 1 },
        { since: begin + 5000, until: begin + 40 * s.day + 3 },
        { since: begin + 27 * s.day, until: begin + 59 * s.day },
        { since: begin + 28 * s.day, until: begin + 28 * s.day },
      ];
      for (const period of periods) {
        const rows = await s.collect(store.reports.rows({ domain: s.domain, ...period }));
        for (const by of ['source', 'receiver', 'day', 'disposition'] as const) {
          const wanted = new Map<string, number>();
          for (const row of rows) {
            const day = new Date(((row.begin + row.end) / 2) * 1000).toISOString().slice(0, 10);
            const key = { source: row.sourceKey, receiver: row.reporter, day, disposition: row.disposition }[by];
            wanted.set(key, (wanted.get(key) ?? 0) + row.row.count);
          }
          const found = await store.reports.tally({ domain: s.domain, ...period }, by);
          assert.deepEqual(new Map(found.map(({ key, messages }) => [key, messages])), wanted);
          const keys = found.map(({ key }) => key);
          if (by === 'day') assert.deepEqual(keys, [...keys].sort());
        }
        const days = await store.reports.sourceDays({ domain: s.domain, ...period });
        assert.equal(
          days.reduce((sum, { messages }) => sum + messages, 0),
          rows.reduce((sum, { row }) => sum + row.count, 0),
        );
      }
      assert.equal((await s.collect(store.reports.rows({ domain: s.domain, ...s.always }))).length, 1500);
    });

    test('the same report again is a duplicate, with other content too', async () => {
      await s.put(store, { id: 'r1', facts: { importedAt: 5 } });
      assert.deepEqual(await s.put(store, { id: 'r1' }), { kind: 'duplicate', same: true, firstSeen: 5 });
      const changed = await s.put(store, { id: 'r1', rows: [s.row({ count: 2 })] });
      assert.deepEqual(changed, { kind: 'duplicate', same: false, firstSeen: 5 });
      const policy = { domain: 'example.net' } as const;
      assert.equal((await s.put(store, { id: 'r1', head: { policy } })).kind, 'stored');
      assert.equal((await s.put(store, { id: 'r1', head: { reporter: 'other' } })).kind, 'stored');
      const at = await Promise.all(Array.from({ length: 20 }, () => s.put(store, { id: 'r2' })));
      assert.equal(at.filter(({ kind }) => kind === 'stored').length, 1);
      assert.equal((await store.reports.tally(query, 'day'))[0]?.messages, 4);
    });

    test('a large report goes through the tables, counts once, and may be given up', async () => {
      const batches = Array.from({ length: 24 }, (_, n) => s.numberedRows(n * 1000, 1000));
      const rows = batches.flat();
      const large = async (): Promise<unknown> => {
        const draft = store.reports.draft();
        for (const batch of batches) await draft.rows(batch);
        assert.equal((await store.reports.tally(query, 'day')).length, before);
        return draft.finish(s.headOf('large', rows), s.factsOf());
      };
      let before = 0;
      const messages = rows.reduce((sum, { count }) => sum + count, 0);
      assert.deepEqual(await large(), { kind: 'stored', rows: 24_000, messages });
      before = 1;
      assert.deepEqual(await large(), { kind: 'duplicate', same: true, firstSeen: s.now });
      const given = store.reports.draft();
      for (const batch of batches) await given.rows(batch);
      await given.discard();
      const read = await s.collect(store.reports.rows(query));
      assert.equal(read.length, 24_000);
      assert.deepEqual(read[23_456]?.row, rows[23_456]);
      const sums = await store.reports.tally(query, 'source');
      assert.equal(
        sums.reduce((sum, line) => sum + line.messages, 0),
        messages,
      );
      const lines = await s.collect(store.backup());
      const counts = (lines.at(-1) as { readonly counts: Record<string, number> }).counts;
      assert.equal(counts['report_row'], 24_000);
    });

    test('more sources than memory is given to count', async () => {
      const rows = Array.from({ length: 25_000 }, (_, i) =>
        s.row({
          sourceIp: `10.${i >> 8}.${i & 255}.1`,
          dkimAuth: [],
          spfAuth: [],
          dkim: 'fail',
          spf: 'fail',
          count: (i % 3) + 1,
        }),
      );
      const draft = store.reports.draft();
      for (let i = 0; i < rows.length; i += 1000) await draft.rows(rows.slice(i, i + 1000));
      assert.equal((await draft.finish(s.headOf('wide', rows), s.factsOf())).kind, 'stored');
      for (const period of [s.always, { since: s.november * 1000, until: s.november * 1000 + 1 }]) {
        const lines = await store.reports.tally({ domain: s.domain, ...period }, 'source');
        assert.equal(lines.length, 25_000);
        assert.equal(
          lines.reduce((sum, line) => sum + line.messages, 0),
          rows.reduce((sum, { count }) => sum + count, 0),
        );
      }
    });

    test('absurd counts and times do no harm', async () => {
      const huge = s.row({ count: Number.MAX_SAFE_INTEGER });
      await s.put(store, { id: 'a', rows: [huge, huge] });
      await s.put(store, { id: 'b', rows: [huge] });
      await s.put(store, { id: 'c', head: { range: { begin: 9e14, end: 9e15 } } });
      await s.put(store, { id: 'd', head: { range: { begin: -5, end: -1 } } });
      const lines = await store.reports.tally({ ...query, until: Infinity }, 'day');
      assert.deepEqual(
        lines.map(({ key, messages }) => [key, messages]),
        [
          ['1970-01-01', 1],
          ['2026-11-01', Number.MAX_SAFE_INTEGER],
          ['9999-12-31', 1],
        ],
      );
      const [source] = await store.reports.tally({ ...query, until: Infinity }, 'source');
      assert.equal(source?.messages, Number.MAX_SAFE_INTEGER);
    });

    test('text of any kind', async () => {
      const odd = 'a\u0000b\ud800 \u{1f600} ’;drop table report --';
      const rows = [s.row({ headerFrom: odd, sourceIp: odd, spfAuth: [], dkimAuth: [] })];
      const head = { reporter: odd, policy: { domain: odd } };
      assert.equal((await s.put(store, { id: odd.repeat(2000), rows, head })).kind, 'stored');
      assert.equal((await s.put(store, { id: odd.repeat(2000), rows, head })).kind, 'duplicate');
      const [read] = await s.collect(store.reports.rows(query));
      assert.equal(read?.row.headerFrom, odd);
      assert.equal((await store.reports.tally(query, 'receiver'))[0]?.key, odd.replace('\0', '\u2400').toWellFormed());
    });

    test('what nobody vouches for counts only when asked for; foreign reports are apart', async () => {
      await s.put(store, { id: 'a' });
      await s.put(store, { id: 'b', facts: { trust: 'unauthenticated' } });
      const draft = store.reports.draft();
      await draft.rows([s.row({ headerFrom: 'stranger.example' })]);
      const head = s.headOf('c', [s.row()], { policy: { domain: 'stranger.example' } });
      await draft.finish(head, s.foreignFacts());
      const messages = async (unauthenticated: boolean): Promise<readonly unknown[]> => [
        (await store.reports.tally({ ...query, unauthenticated }, 'source'))[0]?.messages,
        (await store.reports.list({ ...query, unauthenticated }, 10)).length,
        (await s.collect(store.reports.rows({ ...query, unauthenticated }))).length,
      ];
      assert.deepEqual(await messages(false), [1, 1, 1]);
      assert.deepEqual(await messages(true), [2, 2, 2]);
      assert.deepEqual(await store.reports.foreign(s.always), [{ domain: 'stranger.example', reports: 1 }]);
      assert.deepEqual(await store.reports.tally({ domain: other, ...s.always }, 'day'), []);
    });

    test('TLS and failure reports, refusals', async () => {
      const tls = {
        kind: 'tls',
        reporter: 'receiver.example',
        reportId: 't1',
        range: { begin: s.november, end: s.november + 86_399 },
        policies: [
          {
            policyType: 'sts',
            policyString: ['version: STSv1'],
            policyDomain: 'example.com',
            mxHosts: ['mx.example.com'],
            successful: 10,
            failed: 1,
            failures: [{ resultType: 'certificate-expired', failedSessions: 1 }],
          },
        ],
        repairs: [],
      } as const;
      assert.deepEqual(await store.reports.addTls(tls, s.factsOf()), { kind: 'stored', rows: 1, messages: 11 });
      assert.equal((await store.reports.addTls(tls, s.factsOf())).kind, 'duplicate');
      assert.deepEqual(await store.reports.tls(query), [{ report: tls, facts: s.factsOf() }]);
      const failure = {
        kind: 'failure',
        reporter: 'receiver.example',
        reportId: 'f1',
        feedbackType: 'auth-failure',
        reportedDomain: 'example.com',
        authFailure: ['dkim'],
        incidents: 2,
        person: {},
        repairs: [],
      } as const;
      assert.equal((await store.reports.addFailure(failure, s.factsOf())).kind, 'stored');
      assert.deepEqual(await store.reports.failures(query), [{ report: failure, facts: s.factsOf() }]);
      const { domain: _, ...facts } = s.factsOf({ source: { origin: 'a.zip', inside: ['b.xml'] } });
      await store.reports.addRefusal({ code: 'entities', text: 'It has entities.' }, facts);
      assert.deepEqual(await store.reports.refusals(s.always), [
        { refusal: { code: 'entities', text: 'It has entities.' }, origin: 'a.zip > b.xml', at: s.now },
      ]);
    });

    test('retention: rows before rollups; a report that comes again is still known', async () => {
      await Promise.all(Array.from({ length: 60 }, (_, n) => s.put(store, s.numbered(n))));
      const all = await store.reports.tally(query, 'source');
      const gone = await store.retain({ rows: 40, rollups: 400, failures: 1, observations: 1 }, s.now);
      // The reports are of 2026-11-01 and the 59 days before; the cut is on 2026-10-14.
      assert.equal(gone['rows'], 410);
      assert.equal((await s.collect(store.reports.rows(query))).length, 190);
      assert.deepEqual(await store.reports.tally(query, 'source'), all);
      assert.equal((await s.put(store, s.numbered(59))).kind, 'duplicate');
      const rest = await store.retain({ rows: 40, rollups: 40, failures: 1, observations: 1 }, s.now);
      assert.equal(rest['reports'], 41);
      const days = await store.reports.tally(query, 'day');
      assert.equal(days[0]?.key, '2026-10-14');
      assert.equal(days.length, 19);
      assert.deepEqual(await store.retain({ rows: 40, rollups: 40, failures: 1, observations: 1 }, s.now), {
        rows: 0,
        reports: 0,
        rollups: 0,
        failures: 0,
        refusals: 0,
        observations: 0,
        trackingDays: 0,
        reverseNames: 0,
      });
    });

    test('all stays when it is opened again', async () => {
      await s.put(store, { id: 'a' });
      await store.close();
      store = await reopen(place);
      assert.equal((await s.put(store, { id: 'a' })).kind, 'duplicate');
      assert.equal((await s.put(store, { id: 'b' })).kind, 'stored');
      assert.equal((await store.reports.list(query, 1)).length, 1);
    });
  });
}
