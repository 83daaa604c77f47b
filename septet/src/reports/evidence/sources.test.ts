import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { dnsName } from '../../dns/name.ts';
import { countsOf, noCounts, type SourceDay } from './counts.ts';
import { judgeSources, type Mark, type SourceHints } from './sources.ts';

const hints = (over: Partial<SourceHints> = {}): SourceHints => ({
  domain: dnsName('mail.example.com'),
  services: ['Amazon SES'],
  organisations: [dnsName('relay.example')],
  addresses: ['192.0.2.10'],
  reverseNames: new Map(),
  ...over,
});
const line = (source: string, messages = 100, over: Partial<SourceDay> = {}): SourceDay => ({
  ...noCounts,
  day: '2026-01-05',
  source,
  messages,
  ...over,
});
const one = (source: string, over: Partial<SourceDay> = {}, more: Partial<SourceHints> = {}, marks: Mark[] = []) =>
  judgeSources([line(source, 100, over)], marks, hints(more))[0];

/** key, standing, title, part of the reason. */
const table: readonly (readonly [string, string, string, RegExp, Partial<SourceDay>?, Partial<SourceHints>?])[] = [
  ['dkim=example.com spf=example.com', 'mine', 'own hosts of example.com', /SPF of example\.com/],
  ['spf=example.com', 'mine', 'own hosts of example.com', /SPF of example\.com/],
  ['dkim=example.com', 'mine', 'own hosts of example.com', /signs with a key/],
  ['dkim=amazonses.com,example.com spf=amazonses.com', 'mine', 'Amazon SES', /plan names Amazon SES/],
  ['dkim=amazonses.com spf=amazonses.com', 'mine', 'Amazon SES', /plan names Amazon SES/],
  ['spf=relay.example', 'mine', 'relay.example', /plan names relay\.example/],
  ['ip=192.0.2.0/24', 'mine', 'own hosts of example.com', /address 192\.0\.2\.10/],
  ['dkim=example.com spf=forward.example', 'forwarder', 'forward.example, forwarding', /taken the envelope over/],
  ['dkim=example.com spf=google.com', 'forwarder', 'Google Workspace, forwarding', /taken the envelope over/],
  ['dkim=amazonses.com spf=lists.example', 'forwarder', 'lists.example, forwarding', /mail of Amazon SES/],
  ['spf=lists.example', 'forwarder', 'lists.example, forwarding', /Receivers say/, { forwarded: 51 }],
  ['spf=lists.example', 'unknown', 'lists.example', /proves lists\.example only/, { forwarded: 50 }],
  ['dkim=example.com,mailgun.org spf=mailgun.org', 'unknown', 'Mailgun', /signs with a key of example\.com/],
  ['dkim=mailgun.org spf=mailgun.org', 'unknown', 'Mailgun', /not in the plan/],
  ['ip=203.0.113.0/24', 'unknown', '203.0.113.0/24', /proves nothing/],
  [
    'ip=203.0.113.0/24',
    'unknown',
    'old.example.com',
    /reverse name old\.example\.com is yours/,
    {},
    { reverseNames: new Map([['203.0.113.9', 'old.example.com']]) },
  ],
  ['what?', 'unknown', 'what?', /proves nothing/],
];

describe('whose a source is', () => {
  for (const [key, standing, title, because, over, more] of table) {
    test(`${key} is ${standing} (${title})`, () => {
      const judged = one(key, over, more);
      assert.equal(judged?.standing, standing);
      assert.equal(judged.title, title);
      assert.match(judged.because, because);
      assert.ok(/[.]$/.test(judged.toDo), judged.toDo);
    });
  }

  test('the owner decides over everything else', () => {
    for (const mark of ['mine', 'forwarder', 'not mine'] as const) {
      const judged = one('spf=example.com', {}, {}, [{ sourceKey: 'spf=example.com', mark }]);
      assert.equal(judged?.standing, mark);
      assert.equal(judged.marked, true);
    }
  });

  test('only what leads to the owner looks like the owner', () => {
    assert.equal(one('dkim=mailgun.org spf=mailgun.org')?.looksOwn, true);
    assert.equal(one('ip=203.0.113.0/24')?.looksOwn, false);
  });

  test('mail with our signature and no SPF is forwarded when it is a small part, and ours when it is not', () => {
    const of = (messages: number) =>
      judgeSources(
        [line('dkim=example.com spf=example.com', 2000), line('dkim=example.com', messages)],
        [],
        hints(),
      ).at(-1);
    assert.equal(of(100)?.standing, 'forwarder');
    assert.equal(of(101)?.standing, 'mine');
  });

  test('days add up, and the first and last are told', () => {
    const days = ['2026-01-07', '2026-01-05', '2026-01-06'].map((day) =>
      line('spf=example.com', 10, { day, aligned: 5 }),
    );
    const judged = judgeSources(days, [], hints())[0];
    assert.deepEqual(
      [judged?.messages, judged?.alignedShare, judged?.firstDay, judged?.lastDay],
      [30, 0.5, '2026-01-05', '2026-01-07'],
    );
  });

  test('what is to be done names the cure', () => {
    assert.match(
      one('dkim=amazonses.com spf=amazonses.com')?.toDo ?? '',
      /Let Amazon SES sign with d=mail\.example\.com/,
    );
    assert.match(one('spf=example.com', { aligned: 100 })?.toDo ?? '', /without DKIM, forwarded mail fails/);
    assert.match(one('spf=example.com', { aligned: 100, dkimAligned: 100 })?.toDo ?? '', /^Nothing: it passes\.$/);
    assert.match(one('ip=203.0.113.0/24')?.toDo ?? '', /septet sources mark 'ip=203\.0\.113\.0\/24' mine/);
  });
});

test('a row counts as passed only where the reporter says so', () => {
  const row = {
    sourceIp: '192.0.2.1',
    count: 7,
    disposition: 'quarantine' as const,
    reasons: [{ type: 'local_policy', comment: 'arc=pass as.1' }],
    headerFrom: 'example.com',
    dkimAuth: [{ domain: 'example.com', result: 'temperror' as const }],
    spfAuth: [{ domain: 'example.com', result: 'pass' as const }],
  };
  assert.deepEqual(countsOf(row), { ...noCounts, messages: 7, quarantined: 7, forwarded: 7, errors: 7 });
  assert.equal(countsOf({ ...row, spf: 'pass' }).aligned, 7);
  assert.equal(countsOf({ ...row, reasons: [{ type: 'local_policy' }] }).forwarded, 0);
});
