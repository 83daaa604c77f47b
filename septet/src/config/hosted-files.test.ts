/** Files that are hosted: what is for everybody holds no secret. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dnsName } from '../dns/name.ts';
import { withHostedFiles } from './hosted-files.ts';
import { readConfig } from './read-config.ts';

const read = async (pem: string) => {
  const text = 'domains: { shop.example: { bimi: { logo: logo.svg, certificate: vmc.pem, host: logo } } }';
  const config = readConfig(text, { file: '/etc/septet/septet.yaml', env: {} });
  assert.ok(config.kind === 'good', JSON.stringify(config));
  return withHostedFiles(config.config, async (name) => Buffer.from(name.endsWith('.pem') ? pem : '<svg/>'));
};
const certificate = '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n';

test('a certificate with its private key behind it is not served', async () => {
  for (const kind of ['', 'RSA ', 'EC ', 'ENCRYPTED ']) {
    const key = `-----BEGIN ${kind}PRIVATE KEY-----\nc2VjcmV0\n-----END ${kind}PRIVATE KEY-----\n`;
    const result = await read(certificate + key); // oxlint-disable-line no-await-in-loop
    assert.ok(result.kind === 'bad');
    assert.match(result.problems.join(), /bimi\.certificate: \/etc\/septet\/vmc\.pem holds a private key/);
    assert.doesNotMatch(result.problems.join(), /c2VjcmV0/);
  }
  const result = await read(certificate);
  assert.ok(result.kind === 'good');
  assert.equal(result.config.domains.get(dnsName('shop.example'))?.files?.length, 2);
});
