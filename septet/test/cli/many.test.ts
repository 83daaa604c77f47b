/** `septet check --from`: lists of domains as people write them, in both orders and every format. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exitCodes } from '../../src/audit/report.ts';
import { folder, jsonLines, septet, serve, within, type Finished } from './program.ts';
import { exampleZone, rootZone } from './zones.ts';

const domains = Array.from({ length: 40 }, (_, index) => `d${index}.example`);
const manyZone = `${rootZone}\n${domains.map((domain) => `${domain}. TXT "v=spf1 -all"\n${domain}. MX 0 .`).join('\n')}`;
const domainsOf = (run: Finished): readonly unknown[] => jsonLines(run.stdout).map((line) => line['domain']);

test('blanks, comments, a byte order mark, CRLF and bad lines', async (t) => {
  const list =
    '\ufeff# ours\r\n\r\nd0.example   # the first\r\n   D1.Example.\r\nme@d2.example\r\nhttps://d3.example/x\r\n\td2.example\r\nno domain\r\n';
  const file = await folder(t, { 'list.txt': list, 'z.zone': manyZone });
  for (const place of [file('list.txt'), '-']) {
    // oxlint-disable-next-line no-await-in-loop -- two runs
    const run = await septet(['check', '--from', place, '--zone', file('z.zone'), '--only', 'spf'], { input: list });
    const lines = jsonLines(run.stdout);
    assert.equal(run.code, exitCodes.misuse);
    assert.deepEqual(
      lines.map((line) => line['domain'] ?? line['line']),
      ['d0.example', 'd1.example', 5, 6, 'd2.example', 8],
    );
    assert.deepEqual(
      lines.flatMap((line) => (line['error'] === undefined ? [] : [line['input']])),
      ['me@d2.example', 'https://d3.example/x', 'no domain'],
    );
    const where = place === '-' ? '' : place;
    assert.ok(run.stderr.includes(`${where}, line 5: me@d2.example is an e-mail address, not a domain.`), run.stderr);
    assert.ok(run.stderr.includes('Did you mean d2.example?'));
    assert.match(run.stderr, /3 checked, 0 with findings, 0 could not be told/);
    assert.doesNotMatch(run.stderr, /\n {4}at /);
  }
});

test('input order keeps the order of the file, also when answers come late; done order loses nothing', async (t) => {
  const server = await serve(t, async (question) => {
    const number = Number(/^d(\d+)\./.exec(question.name)?.[1] ?? 0);
    await new Promise((resolve) => setTimeout(resolve, number % 3 === 0 ? 60 : 0));
    return { kind: 'response', response: { rcode: 0 } };
  });
  const file = await folder(t, { 'list.txt': domains.join('\n') });
  const args = ['check', '--from', file('list.txt'), '--resolver', server.server, '--no-https', '--only', 'spf'];
  const [input, done] = [
    await septet([...args, '--jobs', '7']),
    await septet([...args, '--order', 'done', '--jobs', '7']),
  ];
  assert.deepEqual(domainsOf(input), domains);
  assert.notDeepEqual(domainsOf(done), domains);
  assert.deepEqual(domainsOf(done).toSorted(), domains.toSorted());
  assert.equal(input.code, exitCodes.findings);
  assert.equal(done.code, exitCodes.findings);
});

test('every format of many domains, from a file and from the command line', async (t) => {
  const file = await folder(t, { 'list.txt': 'd0.example\nexample.com\n', 'z.zone': manyZone, 'e.zone': exampleZone });
  const args = ['check', '--from', file('list.txt'), '--zone', file('z.zone'), file('e.zone'), '--only', 'spf,tls-rpt'];
  for (const format of ['json', 'ndjson']) {
    // oxlint-disable-next-line no-await-in-loop -- two runs
    const run = await within([...args, '--format', format]);
    assert.deepEqual(domainsOf(run), ['d0.example', 'example.com']);
  }
  const text = await within([...args, '--format', 'text']);
  assert.match(text.stdout, /^d0\.example .*\n[^]*\nexample\.com /);
  const markdown = await within([...args, '--format', 'markdown']);
  assert.deepEqual(markdown.stdout.match(/^# .*$/gm), ['# d0.example', '# example.com']);
  const sarif = JSON.parse((await within([...args, '--format', 'sarif'])).stdout) as {
    version: string;
    runs: { results: { ruleId: string }[] }[];
  };
  assert.equal(sarif.version, '2.1.0');
  assert.equal(sarif.runs.length, 1);
  const typed = await within(['check', 'd0.example', 'd1.example', '--zone', file('z.zone'), '--format', 'ndjson']);
  assert.deepEqual(domainsOf(typed), ['d0.example', 'd1.example']);
});

test('exit codes of many: unreadable before findings before unknown before fine', async (t) => {
  const file = await folder(t, { 'z.zone': `${manyZone}\nbad.example. TXT "v=spf1 ip4:1.2.3 -all"` });
  const code = async (input: string, ...more: readonly string[]): Promise<number> =>
    (await within(['check', '--from', '-', '--zone', file('z.zone'), '--only', 'spf', ...more], { input })).code;
  assert.equal(await code('d0.example'), exitCodes.fine);
  assert.equal(await code('d0.example\nbad.example'), exitCodes.findings);
  assert.equal(await code('bad.example\nnot a domain'), exitCodes.misuse);
  const silent = await serve(t, () => ({ kind: 'silence' }));
  const run = await within(
    ['check', '--from', '-', '--resolver', silent.server, '--timeout', '0.2', '--no-https', '--only', 'spf'],
    { input: 'd0.example\n' },
  );
  assert.equal(run.code, exitCodes.couldNotTell);
});

test('a list that holds no domain is told', async (t) => {
  const file = await folder(t, { 'z.zone': manyZone, empty: '', comments: '# none\n\n  \n' });
  for (const name of ['empty', 'comments']) {
    // oxlint-disable-next-line no-await-in-loop -- two runs
    const run = await within(['check', '--from', file(name), '--zone', file('z.zone')]);
    assert.equal(run.code, exitCodes.misuse, name);
    assert.match(run.stderr, /holds no domain\.\n/);
    assert.equal(run.stdout, '');
  }
});

test('long lists in worker threads keep the order too, when whole batches come late', async (t) => {
  const many = Array.from({ length: 1200 }, (_, index) => `w${index}.example`);
  const server = await serve(t, async (question) => {
    const number = Number(/(?:^|\.)w(\d+)\./.exec(question.name)?.[1] ?? 0);
    // Every other batch of 64 is slow, so that later ones are done first.
    if (Math.floor(number / 64) % 2 === 0) await new Promise((resolve) => setTimeout(resolve, 40));
    return { kind: 'response', response: { rcode: 3 } };
  });
  const file = await folder(t, { 'list.txt': many.join('\n') });
  for (const threads of ['1', '2']) {
    // oxlint-disable-next-line no-await-in-loop -- one server for both runs
    const run = await septet([
      'check',
      '--from',
      file('list.txt'),
      '--resolver',
      server.server,
      '--no-https',
      '--only',
      'spf',
      '--threads',
      threads,
    ]);
    assert.deepEqual(domainsOf(run), many);
    assert.match(run.stderr, /1200 checked/);
  }
});

test('a long list with a resolver that is none gets the sentence of a short one', async (t) => {
  const file = await folder(t, {
    'list.txt': Array.from({ length: 1100 }, (_, index) => `w${index}.example`).join('\n'),
  });
  const run = await septet(['check', '--from', file('list.txt'), '--resolver', 'nonsense', '--no-https']);
  assert.equal(run.code, exitCodes.misuse);
  assert.match(run.stderr, /nonsense is not the address of a resolver/);
  assert.doesNotMatch(run.stderr, /\n {4}at /);
});
