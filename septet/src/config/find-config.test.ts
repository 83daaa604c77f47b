import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findConfig, loadConfig, placesOf } from './find-config.ts';

const outside = (
  files: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = { HOME: '/home/ada' },
) => ({
  env,
  exists: async (path: string) => Object.hasOwn(files, path),
  readFile: async (path: string) => {
    const text = files[path];
    if (text === undefined) throw new Error(`${path} cannot be read.`);
    return Buffer.from(text);
  },
});

test('places are tried in order', async () => {
  const all = ['septet.yaml', 'septet.yml', '/home/ada/.config/septet/septet.yaml', '/etc/septet/septet.yaml'];
  assert.deepEqual(placesOf({ HOME: '/home/ada' }), all);
  for (let i = 0; i < all.length; i++) {
    const files = Object.fromEntries(all.slice(i).map((file) => [file, '']));
    // oxlint-disable-next-line no-await-in-loop -- small
    assert.deepEqual(await findConfig(outside(files)), { kind: 'found', file: all[i] });
  }
  assert.deepEqual(placesOf({ HOME: '/h', XDG_CONFIG_HOME: '/x' })[2], '/x/septet/septet.yaml');
  assert.deepEqual(placesOf({ HOME: '/h', XDG_CONFIG_HOME: 'relative' })[2], '/h/.config/septet/septet.yaml');
  assert.equal(placesOf({}).length, 3);
});

test('a named file is taken as it is; nothing at all offers init', async () => {
  assert.deepEqual(await findConfig(outside({ 'septet.yaml': '' }), 'other.yaml'), {
    kind: 'found',
    file: 'other.yaml',
  });
  assert.deepEqual(await findConfig(outside({}, { SEPTET_CONFIG: '/s.yaml' })), { kind: 'found', file: '/s.yaml' });
  const none = await findConfig(outside({}));
  assert.ok(none.kind === 'none');
  assert.match(none.message, /Run `septet init` to write one, or name a file with --config\./);
  assert.equal((await loadConfig(outside({}))).kind, 'none');
  await assert.rejects(loadConfig(outside({}), 'other.yaml'), /other\.yaml cannot be read/);
});

test('loading tells every fault with its place, and takes variables alone', async () => {
  const bad = await loadConfig(outside({ 'septet.yaml': 'domains:\n  co.uk:\nstat: x\n' }));
  assert.ok(bad.kind === 'bad');
  assert.match(
    bad.message,
    /^The configuration cannot be used:\nseptet\.yaml:2:3: co\.uk .*\nseptet\.yaml:3:1: "stat" .*state\?$/,
  );
  const alone = await loadConfig(outside({}, { SEPTET_DOMAINS__A_EXAMPLE__PEOPLE: 'false' }));
  assert.ok(alone.kind === 'good');
  assert.deepEqual([...alone.config.domains.keys()], ['a.example']);
  assert.equal(alone.config.state, '.septet');
  const beside = await loadConfig(outside({ '/x/s.yaml': 'domains: {}\n' }), '/x/s.yaml');
  assert.ok(beside.kind === 'good');
  assert.equal(beside.config.state, '/x/.septet');
});
