/** Readers that go away, readers that are slow, and a standard input that is closed. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { folder, jsonLines, septet, start } from './program.ts';
import { rootZone } from './zones.ts';

const domains = Array.from({ length: 1000 }, (_, index) => `d${index}.example`);
const files = {
  'list.txt': domains.join('\n'),
  'z.zone': `${rootZone}\n${domains.map((domain) => `${domain}. TXT "v=spf1 -all"`).join('\n')}`,
};

test('a reader that goes away ends the program at once and in silence', async (t) => {
  const file = await folder(t, files);
  const child = start(['check', '--from', file('list.txt'), '--zone', file('z.zone')]);
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => void (errors += chunk.toString()));
  const [first] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  assert.match(first.toString(), /^\{"version":1,"domain":"d0\.example"/);
  child.stdout?.destroy();
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  assert.equal(signal, null);
  // 1 where the findings were known before the pipe was seen to be closed.
  assert.ok(code === 0 || code === 1, `exit code ${code}`);
  assert.doesNotMatch(errors, /EPIPE|Error|\n {4}at /);
});

test('one report that nobody reads keeps its exit code', async (t) => {
  const file = await folder(t, { 'z.zone': `${rootZone}\nbad.example. TXT "v=spf1 ip4:1.2.3 -all"` });
  const child = start(['check', 'bad.example', '--zone', file('z.zone'), '--only', 'spf']);
  child.stdout?.destroy();
  child.stderr?.resume();
  const [code] = (await once(child, 'close')) as [number | null];
  assert.equal(code, 1);
});

test('a thousand domains through a slow pipe: every line, in order', async (t) => {
  const file = await folder(t, files);
  const child = start(['check', '--from', file('list.txt'), '--zone', file('z.zone')]);
  child.stderr?.resume();
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    if (chunks.length % 8 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const lines = jsonLines(Buffer.concat(chunks).toString('utf8'));
  assert.deepEqual(
    lines.map((line) => line['domain']),
    domains,
  );
});

test('a closed standard input is an empty one', async (t) => {
  const file = await folder(t, files);
  const list = await septet(['check', '--from', '-', '--zone', file('z.zone')]);
  assert.deepEqual([list.code, list.stdout], [2, '']);
  assert.match(list.stderr, /^standard input holds no domain\.\n$/i);
  const batch = await septet(['spf', '--batch', '-', '--zone', file('z.zone')]);
  assert.deepEqual(batch, { code: 0, stdout: '', stderr: '' });
  const policy = await septet(['mta-sts', '--policy', '-']);
  assert.equal(policy.code, 2);
  assert.match(policy.stderr, /^Standard input is empty\.\n$/);
});
