import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '../../config/read-config.ts';
import { dnsName } from '../../dns/name.ts';
import { sourceHints } from './source-hints.ts';

const domain = dnsName('example.com');

function hintsOf(senders: string): ReturnType<typeof sourceHints> {
  const text = `domains:\n  example.com:\n    senders:\n${senders}`;
  const read = readConfig(text, { file: 'septet.yaml', env: {} });
  assert.ok(read.kind === 'good', JSON.stringify(read));
  return sourceHints(domain, read.config.domains.get(domain)?.intent);
}

test('services by name, own hosts by address, others by organisation', () => {
  const hints = hintsOf(
    [
      '      - google-workspace: {}',
      '      - custom: { name: Shop, spf: [include:_spf.shop.test, ip4:192.0.2.8/29] }',
      '',
    ].join('\n'),
  );
  assert.deepEqual(hints.services, ['Google Workspace']);
  assert.deepEqual(hints.organisations, ['shop.test']);
  assert.deepEqual(hints.addresses, ['192.0.2.8']);
});

test('a domain that the configuration does not have gives no hints', () => {
  const { services, organisations, addresses } = sourceHints(domain, undefined);
  assert.deepEqual([services, organisations, addresses], [[], [], []]);
});
