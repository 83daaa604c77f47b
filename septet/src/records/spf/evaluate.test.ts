import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zoneWorld } from '../../../test/zone-world.ts';
import { AnswerTable } from './answers.ts';
import { checkHost } from './check-host.ts';
import { evaluate } from './evaluate.ts';
import type { SpfRequest } from './run.ts';
import { explainTrace } from './trace.ts';
import type { SpfResult } from './trace.ts';

async function judge(zone: string, request: Partial<SpfRequest> = {}): Promise<SpfResult> {
  return checkHost(zoneWorld(zone), {
    ip: '192.0.2.1',
    mailFrom: 'ann@example.org',
    helo: 'mail.example.org',
    ...request,
  });
}

test('includes are entered, the path to the match is told, and so are the counts', async () => {
  const result = await judge(
    'example.org. TXT "v=spf1 a include:_spf.a.example -all"\n_spf.a.example. TXT "v=spf1 ip4:192.0.2.0/24 ~all"',
  );
  assert.equal(result.result, 'pass');
  assert.equal(result.lookups, 2);
  assert.equal(result.voids, 1);
  assert.deepEqual(result.matched, { term: 'ip4:192.0.2.0/24', path: ['example.org', '_spf.a.example'] });
  assert.deepEqual(
    explainTrace(result).map(({ depth, text, lookups, voids }) => [depth, text, lookups, voids]),
    [
      [0, 'example.org: v=spf1 a include:_spf.a.example -all', undefined, undefined],
      [1, 'a (example.org) finds nothing in DNS', 1, 1],
      [1, '_spf.a.example: v=spf1 ip4:192.0.2.0/24 ~all', undefined, undefined],
      [2, 'ip4:192.0.2.0/24 matches', 2, 1],
      [1, 'include:_spf.a.example matches', 2, 1],
      [0, 'pass: ip4:192.0.2.0/24 matches', 2, 1],
    ],
  );
});

test('the null sender is judged by HELO, and a name of one label not at all', async () => {
  const zone = 'mail.example.org. TXT "v=spf1 -all"';
  assert.equal((await judge(zone, { mailFrom: '' })).result, 'fail');
  assert.equal((await judge(zone, { mailFrom: '<>' })).result, 'fail');
  assert.equal((await judge(zone, { mailFrom: '', helo: 'localhost' })).problem?.code, 'spf.request.domain');
  assert.equal((await judge(zone, { mailFrom: '', helo: '[192.0.2.1]' })).result, 'none');
});

test('an address that is none is told so', async () => {
  assert.equal((await judge('', { ip: '192.0.2' })).problem?.code, 'spf.request.address');
});

test('international domains are asked as A-labels', async () => {
  const zone =
    'xn--mller-kva.example. TXT "v=spf1 exists:%{d}.x.example -all"\nxn--mller-kva.example.x.example. A 127.0.0.2';
  assert.equal((await judge(zone, { mailFrom: 'ann@müller.example' })).result, 'pass');
});

test('a local part outside ASCII in a macro matches nothing (RFC 8616 §4)', async () => {
  const zone = 'example.org. TXT "v=spf1 -exists:%{l}.x.example ~all"\n*.x.example. A 127.0.0.2';
  assert.equal((await judge(zone, { mailFrom: 'jürgen@example.org' })).result, 'softfail');
  assert.equal((await judge(zone, { mailFrom: 'ann@example.org' })).result, 'fail');
});

test('explanations: macros c, r and t, and nothing below an include', async () => {
  const zone = `example.org. TXT "v=spf1 include:i.example -all exp=why.example"
i.example. TXT "v=spf1 -all exp=not.example"
why.example. TXT "%{c} at %{r} %{t} from %{s}: %{L}%_%%"
not.example. TXT "wrong"`;
  const result = await judge(zone, { mailFrom: 'a+b@example.org', receiver: 'mx.example.net', now: 1_700_000_000_500 });
  assert.equal(result.explanation, '192.0.2.1 at mx.example.net 1700000000 from a+b@example.org: a%2Bb %');
});

test('limits: ten look-ups, two voids, ten exchanges', async () => {
  const hosts = Array.from({ length: 12 }, (_, k) => `h${k}.example. A 198.51.100.${k}`).join('\n');
  const record = (count: number) =>
    `example.org. TXT "v=spf1 ${Array.from({ length: count }, (_, k) => `a:h${k}.example`).join(' ')} ?all"\n${hosts}`;
  assert.equal((await judge(record(10))).result, 'neutral');
  const over = await judge(record(11));
  assert.deepEqual([over.result, over.problem?.code, over.lookups], ['permerror', 'spf.lookups.exceeded', 11]);
  assert.equal((await judge('example.org. TXT "v=spf1 a:x.example a:y.example ?all"')).result, 'neutral');
  assert.equal(
    (await judge('example.org. TXT "v=spf1 a:x.example a:y.example mx"')).problem?.code,
    'spf.voids.exceeded',
  );
  const many = Array.from({ length: 11 }, (_, k) => `example.org. 300 MX 1 h${k}.example.`).join('\n');
  assert.equal(
    (await judge(`example.org. 300 TXT "v=spf1 mx ?all"\n${many}\n${hosts}`)).problem?.code,
    'spf.mx.too_many',
  );
});

test('voids inside an include count for the whole evaluation', async () => {
  const zone =
    'example.org. TXT "v=spf1 a:x.example include:i.example ?all"\ni.example. TXT "v=spf1 a:y.example a:z.example ?all"';
  assert.equal((await judge(zone)).problem?.code, 'spf.voids.exceeded');
});

test('a missing answer is asked for, together with what the rest of the record will need', () => {
  const table = new AnswerTable();
  const request = { ip: '192.0.2.1', mailFrom: 'a@example.org', helo: 'h.example' };
  const first = evaluate(request, table.source);
  assert.deepEqual(first, { kind: 'needs', questions: [['example.org', 'TXT']] });
  const world = zoneWorld('example.org. TXT "v=spf1 include:a.example mx:b.example include:c.example -all"');
  const answer = world.resolver.peek?.(
    first.kind === 'needs' ? (first.questions[0]?.[0] ?? ('' as never)) : ('' as never),
    'TXT',
  );
  assert.ok(answer);
  table.add(answer);
  assert.deepEqual(evaluate(request, table.source), {
    kind: 'needs',
    questions: [
      ['a.example', 'TXT'],
      ['b.example', 'MX'],
      ['c.example', 'TXT'],
    ],
  });
});

test('a failing question is temperror, an endless one too when the time is over', async () => {
  const failing = zoneWorld('', { failures: [['example.org', 'TXT', 'servfail']] });
  assert.equal((await checkHost(failing, { ip: '192.0.2.1', mailFrom: 'a@example.org' })).result, 'temperror');
  const silent = { ...zoneWorld(''), resolver: { query: () => new Promise<never>(() => undefined) } };
  const late = await checkHost(silent, { ip: '192.0.2.1', mailFrom: 'a@example.org' }, { timeLimitMs: 20 });
  assert.deepEqual([late.result, late.problem?.code, late.domain], ['temperror', 'spf.time.exceeded', 'example.org']);
});

test('the caller can cancel', async () => {
  const silent = { ...zoneWorld(''), resolver: { query: () => new Promise<never>(() => undefined) } };
  const reason = new Error('enough');
  await assert.rejects(
    checkHost(silent, { ip: '192.0.2.1', mailFrom: 'a@example.org' }, { signal: AbortSignal.abort(reason) }),
    reason,
  );
});
