/** What reaches the terminal: its width, its colours, and nothing that strangers wrote to steer it. */
import assert from 'node:assert/strict';
import { stripVTControlCharacters } from 'node:util';
import { test } from 'node:test';
import { folder, septet, within } from './program.ts';
import { exampleZone, hostileZone, rootZone } from './zones.ts';

const zones = { 'root.zone': rootZone, 'example.zone': exampleZone, 'hostile.zone': hostileZone };
const commandsOf = (domain: string): readonly (readonly string[])[] => [
  ['check', domain],
  ['check', domain, '--verbose', '--selector', 's1'],
  ['dmarc', domain],
  ['spf', domain],
  ['spf', domain, '--ip', '203.0.113.9'],
  ['spf', `fails.${domain}`, '--ip', '203.0.113.9'],
];

/** Lines that are wider than the terminal though nobody copies them. */
function tooWide(text: string, columns: number): readonly string[] {
  const lines = text.split('\n');
  let copied = false;
  return lines.filter((line) => {
    // Names and values under Publish and Delete are never wrapped.
    copied = /^ +(Publish|Delete) {2}/.test(line) || (copied && /^ {7}\S/.test(line));
    return !copied && line.length > columns;
  });
}

test('in 40, 80 and 120 columns nothing but what is copied is wider, and no line ends in a blank', async (t) => {
  const file = await folder(t, zones);
  const zone = ['--zone', ...Object.keys(zones).map(file)];
  for (const columns of [40, 80, 120]) {
    for (const args of [...commandsOf('example.com'), ...commandsOf('hostile.example')]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other, so that a failure names its command
      const { stdout } = await within([...args, ...zone], { columns });
      assert.ok(stdout.length > 100, args.join(' '));
      assert.deepEqual(tooWide(stdout, columns), [], args.join(' '));
      for (const line of stdout.split('\n')) assert.equal(line, line.trimEnd(), args.join(' '));
    }
  }
});

test('control characters of strangers never reach the terminal, in any format', async (t) => {
  const file = await folder(t, zones);
  const zone = ['--zone', ...Object.keys(zones).map(file)];
  const formats = ['text', 'markdown', 'json', 'ndjson', 'sarif'].map((format) => [
    'check',
    'hostile.example',
    '--selector',
    's1',
    '--format',
    format,
  ]);
  const many = ['ndjson', 'text'].map((format) => ['check', 'hostile.example', 'example.com', '--format', format]);
  for (const args of [
    ...commandsOf('hostile.example'),
    ...formats,
    ...many,
    ['dmarc', 'hostile.example', '--format', 'json'],
    ['spf', 'fails.hostile.example', '--ip', '203.0.113.9', '--format', 'json'],
  ]) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other, so that a failure names its command
    const { stdout } = await within([...args, ...zone]);
    // oxlint-disable-next-line no-control-regex -- these are what must not be there
    const steering = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
    assert.doesNotMatch(stdout, steering, args.join(' '));
  }
  const { stdout } = await within(['spf', 'fails.hostile.example', '--ip', '203.0.113.9', ...zone]);
  assert.match(stdout, /^fail /);
});

test('colours only when they are asked for, and they change nothing else', async (t) => {
  const file = await folder(t, zones);
  const args = ['check', 'example.com', '--zone', file('root.zone'), file('example.zone')];
  const at = ['--at', '2026-11-23T12:00:00Z'];
  const run = (env: Readonly<Record<string, string>>) => septet([...args, ...at], { env });
  const [piped, plain, forced] = await Promise.all([
    run({}),
    run({ FORCE_COLOR: '1', NO_COLOR: '1' }),
    run({ FORCE_COLOR: '1' }),
  ]);
  assert.equal(plain.stdout, piped.stdout);
  assert.ok(!piped.stdout.includes('\u001b'));
  assert.ok(forced.stdout.includes('\u001b[1mexample.com'));
  assert.equal(stripVTControlCharacters(forced.stdout), piped.stdout);
});
