/** `septet bimi convert` and `preview` as commands: files, streams, exit codes, JSON, and bad input. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { folder, septet, within } from '../cli/program.ts';
import { converting, refused } from './convert-samples.ts';

const files = {
  'logo.svg': converting['illustrator']?.svg ?? '',
  'ready.svg': converting['already in the profile']?.svg ?? '',
  'clip.svg': refused['clip']?.svg ?? '',
  'text.svg': 'no picture',
  'bare.svg': '<svg viewBox="0 0 1 1"/>',
  'bomb.svg': refused['entity bomb']?.svg ?? '',
  'empty.svg': '',
};

test('convert: a file, with every change, and the check accepts it', async (t) => {
  const file = await folder(t, files);
  const made = await septet([
    'bimi',
    'convert',
    file('logo.svg'),
    '-o',
    file('out.svg'),
    '--title',
    'Rivertown',
    '--background',
    '0b3d91',
  ]);
  assert.deepEqual([made.code, made.stderr], [0, '']);
  assert.match(made.stdout, /\n {2}valid SVG Tiny PS, \d+ octets\n/);
  assert.match(made.stdout, /The rules of `<style>` become attributes[^]*logo\.svg:6:1\n/);
  assert.match(made.stdout, /\n {2}septet bimi preview \S+out\.svg --html preview\.html\n$/);
  // Only places and the command to copy may be longer, as this test's folder is.
  for (const line of made.stdout.split('\n')) assert.ok(line.length <= 80 || line.includes('svg'), line);
  const svg = readFileSync(file('out.svg'), 'utf8');
  assert.match(
    svg,
    /^<svg [^>]*baseProfile="tiny-ps"[^>]*>\n {2}<title>Rivertown<\/title>\n {2}<rect [^>]*fill="#0b3d91"/,
  );
  const checked = await within(['bimi', file('out.svg')]);
  assert.equal(checked.code, 0, checked.stdout);
  assert.match(checked.stdout, /Nothing needs doing\./);
});

test('convert: without a name the logo goes to standard output, and what is said beside it', async (t) => {
  const file = await folder(t, files);
  const made = await septet(['bimi', 'convert', '-', '--title', 'Rivertown'], { input: files['logo.svg'] });
  assert.equal(made.code, 0);
  assert.match(made.stdout, /^<svg [^]*<\/svg>\n$/);
  assert.match(made.stderr, /^standard input\n {2}valid SVG Tiny PS/);
  assert.match(made.stderr, /Left for you[^]*--background/);
  const again = await within(['bimi', 'convert', '-'], { input: made.stdout });
  assert.equal(again.stdout, made.stdout);
  assert.match(again.stderr, /Nothing had to be changed\./);
  assert.equal((await within(['bimi', 'convert', file('ready.svg'), '-o', file('x.svg')])).stderr, '');
});

test('convert: a refused logo writes nothing and is told', async (t) => {
  const file = await folder(t, files);
  const made = await within(['bimi', 'convert', file('clip.svg'), '--out', file('out.svg'), '--title', 'T']);
  assert.equal(made.code, 1);
  assert.match(
    made.stdout,
    /refused, nothing is written[^]*Cannot be converted[^]*cut by a clipping path[^]*clip\.svg:1:\d+\n/,
  );
  assert.equal(existsSync(file('out.svg')), false);
  const bare = await within(['bimi', 'convert', file('clip.svg'), '--title', 'T']);
  assert.deepEqual([bare.code, bare.stdout], [1, '']);
});

test('convert: JSON', async (t) => {
  const file = await folder(t, files);
  const made = JSON.parse((await within(['bimi', 'convert', file('logo.svg'), '--title', 'T', '--json'])).stdout) as {
    readonly version: number;
    readonly result: string;
    readonly octets: number;
    readonly svg: string;
    readonly changes: readonly {
      readonly kind: string;
      readonly sentence: string;
      readonly places: readonly unknown[];
    }[];
    readonly findings: readonly { readonly code: string }[];
  };
  assert.deepEqual([made.version, made.result, made.octets], [1, 'converted', Buffer.byteLength(made.svg)]);
  assert.ok(made.changes.some(({ kind }) => kind === 'look'));
  assert.ok(made.findings.some(({ code }) => code === 'svg.background'));
  const told = await within(['bimi', 'convert', file('clip.svg'), '--json']);
  assert.equal(told.code, 1);
  assert.equal((JSON.parse(told.stdout) as { result: string }).result, 'refused');
});

test('bad input is a sentence', async (t) => {
  const file = await folder(t, files);
  const table: readonly (readonly [args: readonly string[], says: RegExp])[] = [
    [['convert'], /missing required argument 'logo'/],
    [['convert', file('none.svg')], /cannot be read/],
    [['convert', file('empty.svg')], /is empty/],
    [['convert', file('logo.svg'), '-o', file('./logo.svg')], /would replace/],
    [['convert', file('logo.svg'), '--title', ' '], /--title is the name/],
    [['preview', file('none.svg')], /cannot be read/],
    [['preview', file('empty.svg')], /cannot be shown/],
    [['preview', file('text.svg')], /cannot be shown, as it cannot be read as SVG/],
    [['preview', file('bare.svg')], /its root is not/],
    [['preview', file('bomb.svg')], /entity/],
    [[file('logo.svg'), '--svg', file('logo.svg')], /Give the logo once/],
    [[], /^Give a logo/],
  ];
  for (const [args, says] of table) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const made = await within(['bimi', ...args]);
    assert.equal(made.code, 2, args.join(' '));
    assert.match(made.stderr, says);
    assert.doesNotMatch(made.stderr, / at .*\.ts:/);
  }
});

test('preview: the page to standard output; without Chromium a sentence instead of a picture', async (t) => {
  const file = await folder(t, files);
  const made = await within(['bimi', 'preview', file('ready.svg')]);
  assert.equal(made.code, 0);
  assert.match(made.stdout, /^<!doctype html>[^]*Preview of Ready[^]*Valid SVG Tiny PS[^]*<\/html>\n$/);
  // The logo stands in the page once, however often it is shown.
  assert.equal(made.stdout.split('data:image').length - 1, 1);
  const { drawPage, findProgram } = await import('../../src/cli/bimi/chromium.ts');
  const seen: string[] = [];
  const found = await findProgram({ PATH: '/a:relative:/b' }, (name) => {
    seen.push(name);
    return Promise.resolve(name === '/b/google-chrome');
  });
  assert.equal(found, '/b/google-chrome');
  assert.ok(seen.includes('/a/chromium') && !seen.some((name) => name.startsWith('relative')));
  const nothing = { env: {}, exists: () => Promise.resolve(false) };
  assert.equal(await findProgram(nothing.env, nothing.exists), undefined);
  const options = { width: 10, height: 10, out: file('x.png'), io: nothing };
  await assert.rejects(drawPage('', options), /^InputError: A picture needs Chromium, .* --html makes a page/);
  // What cannot be started draws nothing.
  const wrong = {
    ...options,
    io: { env: { PATH: '/nowhere' }, exists: (name: string) => Promise.resolve(name === '/nowhere/chromium') },
  };
  await assert.rejects(drawPage('', wrong), /^InputError: Chromium .* made no picture: .*ENOENT/);
});
