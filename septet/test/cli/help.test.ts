/** `--version`, `--help` of everything, and `septet explain`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import manifest from '../../package.json' with { type: 'json' };
import { allCatalogues as catalogues } from '../../src/cli/codes.ts';
import { mailboxDemands } from '../../src/audit/mailbox-demands.ts';
import { commands } from '../../src/cli/run.ts';
import { septet, within } from './program.ts';

test('--version and -V, on the fast path and off it', async () => {
  for (const args of [['--version'], ['-V']]) {
    // oxlint-disable-next-line no-await-in-loop -- two runs
    assert.deepEqual(await septet(args), { code: 0, stdout: `${manifest.version}\n`, stderr: '' });
    // oxlint-disable-next-line no-await-in-loop -- see above
    assert.deepEqual(await within(args), { code: 0, stdout: `${manifest.version}\n`, stderr: '' });
  }
});

test('help of everything fits the width and names every command', async () => {
  const bare = await septet([]);
  assert.equal(bare.code, 2);
  const all = await septet(['--help']);
  assert.deepEqual([all.code, all.stdout], [0, bare.stdout]);
  assert.match(all.stdout, /Exit codes: 0 /);
  for (const { name, summary } of commands) {
    assert.ok(all.stdout.includes(name) && all.stdout.includes(summary), name);
    // oxlint-disable-next-line no-await-in-loop -- in the order of the table
    const [help, other] = [await within([name, '--help']), await within(['help', name])];
    assert.equal(help.code, 0);
    assert.equal(other.stdout, help.stdout, name);
    assert.match(help.stdout, new RegExp(`^Usage: septet ${name} `));
    for (const line of help.stdout.split('\n')) assert.ok(line.length <= 80, line);
  }
});

test('help of what stands below a command fits the width too', async () => {
  const below = [
    ...['flatten', 'merge', 'optimise'].map((name) => ['spf', name]),
    ...['generate', 'import', 'export', 'rotate'].map((name) => ['dkim', name]),
    ...['verify', 'headers', 'sign', 'listen', 'send'].map((name) => ['message', name]),
    ...['convert', 'preview'].map((name) => ['bimi', name]),
    ...['import', 'parse', 'show'].map((name) => ['reports', name]),
    ...['mark', 'unmark'].map((name) => ['sources', name]),
    ['ramp', 'simulate'],
    ['alerts', 'test'],
  ];
  for (const args of below) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const { code, stdout } = await within([...args, '--help']);
    assert.equal(code, 0);
    assert.ok(stdout.startsWith(`Usage: septet ${args.join(' ')} `), stdout);
    for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line);
  }
});

test('every code of every catalogue is explained, as text and as JSON', async () => {
  for (const { rows } of catalogues) {
    for (const code of Object.keys(rows)) {
      // oxlint-disable-next-line no-await-in-loop -- hundreds, each at once
      const [text, json] = await Promise.all([
        within(['explain', code]),
        within(['explain', code, '--format', 'json']),
      ]);
      assert.equal(text.code, 0, code);
      assert.ok(text.stdout.startsWith(`${code}: `), code);
      assert.equal((JSON.parse(json.stdout) as { code: string }).code, code);
      for (const line of text.stdout.split('\n')) {
        assert.ok(line.length <= 80, `${code}: ${line}`);
        assert.equal(line, line.trimEnd());
      }
    }
  }
});

test('areas, demands, codes to come, and what only verdicts name', async () => {
  for (const { area } of catalogues) {
    // oxlint-disable-next-line no-await-in-loop -- a dozen
    const run = await within(['explain', area]);
    assert.equal(run.code, 0, area);
    assert.ok(run.stdout.length > 100, area);
  }
  for (const { id, rows } of mailboxDemands) {
    for (const { row } of rows) {
      // oxlint-disable-next-line no-await-in-loop -- some dozens
      const run = await within(['explain', `req.${id}.${row}`]);
      assert.equal(run.code, 0);
      assert.match(run.stdout, /\nSource: /);
    }
  }
  assert.match(
    (await within(['explain', 'req.gmail'])).stdout,
    /\nreq\.gmail\.spf\n {4}Gmail: SPF \(required for bulk\)\n/,
  );
  for (const { later } of catalogues) {
    for (const code of Object.keys(later)) {
      // oxlint-disable-next-line no-await-in-loop -- some dozens
      const run = await within(['explain', code]);
      assert.equal(run.code, 2, code);
      assert.match(run.stderr, /is known, but no check reports it yet: it needs \S+ \S+/, code);
    }
  }
  for (const code of ['spf.request.address', 'spf.request.domain', 'spf.time.exceeded']) {
    // oxlint-disable-next-line no-await-in-loop -- three
    const [text, json] = [await septet(['explain', code]), await within(['explain', code, '--format', 'json'])];
    assert.equal(text.code, 0);
    assert.match(text.stdout, /\nHow to mend it\n {2}\S/);
    assert.equal((JSON.parse(json.stdout) as { source: string }).source.slice(0, 8), 'RFC 7208');
  }
});
