/** `septet config`: the schema, the example that validates, the environment forms. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '../../src/config/read-config.ts';
import { septet, within } from './program.ts';

test('the JSON Schema is printed', async () => {
  const { code, stdout, stderr } = await septet(['config']);
  assert.equal(code, 0);
  assert.equal(stderr, '');
  const schema = JSON.parse(stdout) as { readonly $schema: string; readonly properties: object };
  assert.equal(schema.$schema, 'https://json-schema.org/draft/2020-12/schema');
  assert.deepEqual(Object.keys(schema.properties), [
    'domains',
    'resolvers',
    'state',
    'alerts',
    'watch',
    'relay',
    'serve',
  ]);
});

test('the example validates as it is printed', async () => {
  const { code, stdout } = await within(['config', '--example']);
  assert.equal(code, 0);
  const read = readConfig(stdout, { file: 'septet.yaml', env: {} });
  assert.equal(read.kind, 'good');
  for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line);
});

test('environment forms: names are whole, the rest fits the terminal', async () => {
  for (const columns of [40, 80]) {
    // oxlint-disable-next-line no-await-in-loop -- small
    const { code, stdout } = await within(['config', '--env', 'my-shop.example'], { columns });
    assert.equal(code, 0);
    assert.match(stdout, /^ {2}SEPTET_DOMAINS__MY___SHOP_EXAMPLE__DMARC__REPORTS$/m);
    assert.match(stdout, /^ {2}SEPTET_STATE$/m);
    for (const line of stdout.split('\n')) {
      assert.equal(line, line.trimEnd());
      assert.ok(line.length <= columns || /^ {2}SEPTET_\w+$/.test(line), line);
    }
  }
  const plain = await within(['config', '--env']);
  const painted = await within(['config', '--env'], { colours: true });
  assert.ok(painted.stdout.includes('\u001b['));
  assert.ok(!plain.stdout.includes('\u001b['));
});

test('wrong use is told', async () => {
  const both = await within(['config', '--example', '--env']);
  assert.equal(both.code, 2);
  assert.match(both.stderr, /--example and --env cannot be used together/);
  const odd = await within(['config', '--env', '_x.example.com']);
  assert.equal(odd.code, 2);
  assert.match(odd.stderr, /_x\.example\.com has no environment form/);
});
