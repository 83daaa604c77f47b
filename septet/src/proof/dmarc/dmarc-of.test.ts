import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { zoneWorld, type FailingQuestion } from '../../../test/zone-world.ts';
import { dnsName } from '../../dns/name.ts';
import type { Author } from '../../mail/author.ts';
import type { DkimOutcome } from '../dkim/outcome.ts';
import { dmarcOf } from './dmarc-of.ts';
import type { DmarcOutcome, DmarcReading } from './outcome.ts';
import type { Envelope } from '../envelope/envelope.ts';
import type { SpfOutcome } from '../proof.ts';

const spf = (domain: string, result: SpfOutcome['result'], scope: SpfOutcome['scope'] = 'mfrom'): SpfOutcome => ({
  scope,
  domain,
  result,
  reason: `SPF says ${result}.`,
});
const dkim = (domain: string, result: DkimOutcome['result'] = 'pass', selector = 's1'): DkimOutcome => ({
  line: 1,
  result,
  reason: result === 'pass' ? '' : `DKIM says ${result}.`,
  domain: dnsName(domain),
  selector,
  signedHeaders: ['from'],
});

interface Case {
  readonly zone: string;
  readonly author?: string;
  readonly spf?: readonly SpfOutcome[];
  readonly dkim?: readonly DkimOutcome[];
  readonly failures?: readonly FailingQuestion[];
  readonly envelope?: Partial<Envelope>;
}

function run(given: Case, several?: readonly string[]): Promise<DmarcOutcome> {
  const world = zoneWorld(given.zone, given.failures ? { failures: given.failures } : {});
  const domain = dnsName(given.author ?? 'example.com');
  const author: Author = several
    ? { kind: 'several', domains: several.map(dnsName), mailboxes: [], fields: 1 }
    : { kind: 'one', domain, mailboxes: [] };
  const envelope: Envelope = { why: '', hops: [], ...given.envelope };
  return dmarcOf(world, { author, spf: given.spf ?? [], dkim: given.dkim ?? [], envelope });
}

async function both(given: Case): Promise<readonly [current: DmarcReading, older: DmarcReading]> {
  const { readings } = await run(given);
  const [current, older] = readings;
  assert.ok(current && older && readings.length === 2);
  assert.deepEqual([current.reader, older.reader], ['RFC 9989', 'RFC 7489']);
  return [current, older];
}

const reject = '_dmarc.example.com. TXT "v=DMARC1; p=reject"\nexample.com. A 192.0.2.1';

describe('dmarcOf', () => {
  test('relaxed alignment of either method is a pass, and says by what', async () => {
    const [current, older] = await both({
      zone: reject,
      spf: [spf('bounce.example.com', 'pass')],
      dkim: [dkim('other.example'), dkim('example.com')],
    });
    assert.equal(current.result, 'pass');
    assert.equal(
      current.reason,
      'SPF passed for bounce.example.com, DKIM passed for example.com, aligned with example.com.',
    );
    assert.deepEqual(
      current.identifiers.map(({ method, match, aligned }) => [method, match, aligned]),
      [
        ['spf', 'relaxed', true],
        ['dkim', 'none', false],
        ['dkim', 'strict', true],
      ],
    );
    assert.equal(older.result, 'pass');
    assert.equal(current.disposition, 'none');
    assert.deepEqual(current.published, { kind: 'policy', policy: 'reject', tag: 'p' });
  });

  test('strict modes want the same name', async () => {
    const zone = '_dmarc.example.com. TXT "v=DMARC1; p=quarantine; adkim=s; aspf=s"';
    const given = { zone, spf: [spf('bounce.example.com', 'pass')], dkim: [dkim('news.example.com')] };
    const [current, older] = await both(given);
    assert.deepEqual([current.result, older.result], ['fail', 'fail']);
    assert.equal(current.disposition, 'quarantine');
    assert.deepEqual(
      current.identifiers.map(({ match, aligned }) => [match, aligned]),
      [
        ['relaxed', false],
        ['relaxed', false],
      ],
    );
  });

  test('what did not pass is not aligned, however well its name fits', async () => {
    const [current] = await both({
      zone: reject,
      spf: [spf('example.com', 'softfail')],
      dkim: [dkim('example.com', 'fail')],
    });
    assert.equal(current.result, 'fail');
    assert.equal(current.disposition, 'reject');
    assert.equal(current.reason, 'Neither SPF nor DKIM passed.');
  });

  test('the HELO identity never counts; with the null sender the HELO name is the MAIL FROM identity', async () => {
    const [without] = await both({
      zone: reject,
      spf: [spf('bounce.other.example', 'pass'), spf('mail.example.com', 'pass', 'helo')],
    });
    assert.equal(without.result, 'fail');
    assert.equal(without.identifiers.length, 1);
    const [bounce] = await both({
      zone: reject,
      spf: [spf('mail.example.com', 'pass'), spf('mail.example.com', 'pass', 'helo')],
    });
    assert.equal(bounce.result, 'pass');
  });

  test('no record: none, and alignment is told by the list', async () => {
    const [current, older] = await both({ zone: 'example.com. A 192.0.2.1', dkim: [dkim('mail.example.com')] });
    assert.deepEqual([current.result, older.result], ['none', 'none']);
    assert.deepEqual([current.source, current.published.kind], ['none', 'no-dmarc']);
    assert.equal(current.identifiers[0]?.match, 'relaxed');
  });

  test('several records count as none', async () => {
    const zone = '_dmarc.example.com. TXT "v=DMARC1; p=none"\n_dmarc.example.com. TXT "v=DMARC1; p=reject"';
    const [current, older] = await both({ zone, dkim: [dkim('example.com')] });
    assert.deepEqual([current.result, older.result], ['none', 'none']);
  });

  test('a record that fails to answer is temperror, not fail', async () => {
    const [current, older] = await both({
      zone: reject,
      failures: [['_dmarc.example.com', 'TXT', 'servfail']],
      dkim: [dkim('example.com')],
    });
    assert.deepEqual([current.result, older.result], ['temperror', 'temperror']);
    assert.match(current.reason, /_dmarc\.example\.com \(servfail\)/);
    assert.equal(current.published.kind, 'unknown');
  });

  test('a question above that fails leaves relaxed alignment open and strict alignment alone', async () => {
    const zone = '_dmarc.news.example.com. TXT "v=DMARC1; p=reject"';
    const failures: readonly FailingQuestion[] = [['_dmarc.example.com', 'TXT', 'timeout']];
    const [open, older] = await both({ zone, failures, author: 'news.example.com', dkim: [dkim('example.com')] });
    assert.equal(open.result, 'temperror');
    assert.equal(older.result, 'pass', 'the list asks nobody');
    const [exact] = await both({ zone, failures, author: 'news.example.com', dkim: [dkim('news.example.com')] });
    assert.equal(exact.result, 'pass');
  });

  test('a temperror of something that could align is temperror; of something else it is a fail', async () => {
    const [dkimOpen] = await both({ zone: reject, dkim: [dkim('example.com', 'temperror')] });
    assert.equal(dkimOpen.result, 'temperror');
    const [spfOpen] = await both({ zone: reject, spf: [spf('bounce.example.com', 'temperror')] });
    assert.equal(spfOpen.result, 'temperror');
    const [foreign] = await both({
      zone: reject,
      spf: [spf('other.example', 'temperror')],
      dkim: [dkim('other.example', 'temperror')],
    });
    assert.equal(foreign.result, 'fail');
    const [passed] = await both({ zone: reject, spf: [spf('', 'unknown')], dkim: [dkim('example.com')] });
    assert.equal(passed.result, 'pass');
  });

  test('an unknown envelope leaves it open, unless its MAIL FROM could not align', async () => {
    const [open] = await both({ zone: reject, spf: [spf('', 'unknown')] });
    assert.equal(open.result, 'temperror');
    const [foreign] = await both({ zone: reject, spf: [spf('amazonses.com', 'unknown')] });
    assert.equal(foreign.result, 'fail');
  });

  test('a record without a usable policy: permerror without rua, p=none with it', async () => {
    const [bad] = await both({ zone: '_dmarc.example.com. TXT "v=DMARC1; p=rejct"', dkim: [dkim('example.com')] });
    assert.equal(bad.result, 'permerror');
    const zone = '_dmarc.example.com. TXT "v=DMARC1; p=rejct; rua=mailto:d@example.com"';
    const [lenient] = await both({ zone, dkim: [dkim('other.example')] });
    assert.equal(lenient.result, 'fail');
    assert.equal(lenient.disposition, 'none');
  });

  test('sub-domains: sp where they exist, np where NXDOMAIN denies them, and old readers know no np', async () => {
    const zone = `
_dmarc.example.com. TXT "v=DMARC1; p=none; sp=quarantine; np=reject"
news.example.com. A 192.0.2.1`;
    const [exists, older] = await both({ zone, author: 'news.example.com' });
    assert.deepEqual([exists.disposition, older.disposition], ['quarantine', 'quarantine']);
    assert.equal(exists.source, 'organisation');
    const [ghost, olderGhost] = await both({ zone, author: 'ghost.example.com' });
    assert.deepEqual([ghost.disposition, olderGhost.disposition], ['reject', 'quarantine']);
    assert.deepEqual(ghost.published, { kind: 'policy', policy: 'reject', tag: 'np' });
    const failures: readonly FailingQuestion[] = [['ghost.example.com', 'A', 'timeout']];
    const [untold] = await both({ zone, author: 'ghost.example.com', failures });
    assert.deepEqual([untold.result, untold.published.kind, untold.disposition], ['fail', 'unknown', 'none']);
  });

  test('t=y lowers for new readers and is reported; pct samples for old ones', async () => {
    const zone = '_dmarc.example.com. TXT "v=DMARC1; p=quarantine; t=y; pct=10"';
    const outcome = await run({ zone, envelope: { ip: { value: '192.0.2.9', from: 'option' } } });
    const [current, older] = outcome.readings;
    assert.equal(current?.disposition, 'none');
    assert.equal(older?.disposition, 'quarantine');
    assert.deepEqual(older?.sampled, { percent: 10, rest: 'none' });
    assert.deepEqual(outcome.report?.policy_evaluated.reason, [
      { type: 'policy_test_mode', comment: 't=y: quarantine is applied as none' },
    ]);
    const [, none] = await both({ zone: '_dmarc.example.com. TXT "v=DMARC1; p=reject; t=y; pct=0"' });
    assert.equal(none.disposition, 'quarantine');
  });

  test('the tree walk and the list part where a registry or psd=n stands in between', async () => {
    const zone = `
_dmarc.example.com. TXT "v=DMARC1; p=none"
_dmarc.dept.example.com. TXT "v=DMARC1; p=reject; psd=n"`;
    const given = { zone, author: 'mail.dept.example.com', dkim: [dkim('example.com')] };
    const [current, older] = await both(given);
    assert.equal(current.organisationalDomain, 'dept.example.com');
    assert.equal(current.result, 'fail');
    assert.equal(current.record?.name, '_dmarc.dept.example.com');
    assert.equal(older.result, 'pass');
    assert.equal(older.record?.name, '_dmarc.example.com');
  });

  test('several author domains: each is judged', async () => {
    const { readings } = await run({ zone: reject, dkim: [dkim('example.com')] }, ['example.com', 'other.example']);
    assert.deepEqual(
      readings.map(({ author, result }) => `${author} ${result}`),
      ['example.com pass', 'example.com pass', 'other.example none', 'other.example none'],
    );
    const many = Array.from({ length: 40 }, (_, i) => `d${i}.example`);
    assert.equal((await run({ zone: reject }, many)).readings.length, 20, 'RFC 9989 §11.5: not without end');
  });

  test('no author, no reading', async () => {
    const author: Author = { kind: 'none', why: 'no-field' };
    const outcome = await dmarcOf(zoneWorld(reject), { author, spf: [], dkim: [], envelope: { why: '', hops: [] } });
    assert.deepEqual(outcome, { readings: [] });
  });

  test('the row of a report', async () => {
    const { report } = await run({
      zone: reject,
      spf: [spf('bounce.example.com', 'fail'), spf('mail.example.com', 'pass', 'helo')],
      dkim: [dkim('other.example', 'fail'), dkim('example.com', 'pass', 's2')],
      envelope: {
        ip: { value: '192.0.2.9', from: 'Received' },
        mailFrom: { value: 'x@Bounce.Example.com', from: 'Return-Path' },
        recipients: ['me@receiver.example'],
      },
    });
    assert.deepEqual(report, {
      source_ip: '192.0.2.9',
      count: 1,
      policy_evaluated: { disposition: 'none', dkim: 'pass', spf: 'fail', reason: [] },
      identifiers: { header_from: 'example.com', envelope_from: 'bounce.example.com', envelope_to: 'receiver.example' },
      auth_results: {
        dkim: [
          { domain: 'example.com', selector: 's2', result: 'pass' },
          { domain: 'other.example', selector: 's1', result: 'fail', human_result: 'DKIM says fail.' },
        ],
        spf: { domain: 'bounce.example.com', scope: 'mfrom', result: 'fail' },
      },
    });
    assert.equal((await run({ zone: 'example.com. A 192.0.2.1' })).report, undefined);
    assert.equal(
      (await run({ zone: reject, failures: [['_dmarc.example.com', 'TXT', 'servfail']] })).report,
      undefined,
    );
  });

  test('200 signatures of 200 domains cost a bounded number of questions', async () => {
    let asked = 0;
    const world = zoneWorld(reject);
    const counting = {
      ...world,
      resolver: {
        ...world.resolver,
        query: ((...args) => (asked++, world.resolver.query(...args))) as typeof world.resolver.query,
      },
    };
    const signatures = Array.from({ length: 200 }, (_, i) => dkim(`d${i}.example`));
    const author: Author = { kind: 'one', domain: dnsName('example.com'), mailboxes: [] };
    const { readings } = await dmarcOf(counting, {
      author,
      spf: [],
      dkim: [dkim('example.com', 'fail'), ...signatures],
      envelope: { why: '', hops: [] },
    });
    assert.equal(readings[0]?.identifiers.length, 201);
    assert.ok(asked > 0 && asked < 100, `${asked} questions`);
  });
});
