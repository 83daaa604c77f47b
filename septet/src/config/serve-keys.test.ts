/** What a domain says of its links and files, and the top says of certificates. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dnsName } from '../dns/name.ts';
import { loadConfig } from './find-config.ts';
import { readConfig } from './read-config.ts';

const shop = dnsName('shop.example');
const env = {};
const read = (lines: string, top = '') => {
  const indented = lines
    .split('\n')
    .map((line) => `    ${line}\n`)
    .join('');
  return readConfig(`domains:\n  shop.example:\n${indented}${top}`, { file: '/etc/septet/septet.yaml', env });
};
const domain = (lines: string) => {
  const result = read(lines);
  assert.ok(result.kind === 'good', JSON.stringify(result));
  return result.config.domains.get(shop);
};
const problem = (lines: string, top = ''): string => {
  const result = read(lines, top);
  assert.ok(result.kind === 'bad');
  return result.problems.map(({ message }) => message).join('\n');
};

test('links count opens and clicks, keep no addresses, and forget single ones in 90 days, unless told otherwise', () => {
  const plain = domain('tracking: { host: track, target: serve.example }')?.tracking;
  assert.deepEqual(plain, {
    host: 'track.shop.example',
    opens: true,
    clicks: true,
    addresses: 'none',
    retentionDays: 90,
    privateTargets: false,
  });
  const all = domain(
    'tracking:\n  host: track\n  target: serve.example\n  opens: false\n  clicks: false\n  addresses: truncated\n  retention: 7\n  privateTargets: true\n  webhook: { url: https://app.example/u, secret: { file: secret } }',
  )?.tracking;
  assert.deepEqual(all, {
    host: 'track.shop.example',
    opens: false,
    clicks: false,
    addresses: 'truncated',
    retentionDays: 7,
    privateTargets: true,
    webhook: { url: 'https://app.example/u', secret: { kind: 'file', name: '/etc/septet/secret' } },
  });
  assert.equal(domain('people: true')?.tracking, undefined);
});

test('what cannot be meant gets a sentence, and a secret is not repeated', () => {
  const tracking = (more: string): string => problem(`tracking: { host: track, target: serve.example, ${more} }`);
  assert.match(tracking('addresses: some'), /tracking\.addresses is none, truncated or full/);
  assert.match(tracking('retention: 0'), /tracking\.retention is a whole number of days from 1 to 3650/);
  assert.match(tracking('opens: perhaps'), /tracking\.opens is true or false/);
  assert.match(tracking('webhook: { url: http://x.example/ }'), /webhook\.url is an https: URL/);
  const told = tracking('webhook: { url: https://x.example/, secret: hunter2hunter2 }');
  assert.match(told, /secret is a secret and is not written out/);
  assert.doesNotMatch(told, /hunter2/);
});

test('files of BIMI are hosted where a name leads here; their addresses are of their content', async () => {
  const files: Readonly<Record<string, string>> = {
    '/etc/septet/septet.yaml':
      'domains:\n  shop.example:\n    tracking: { host: track, target: serve.example }\n    bimi: { logo: brand/logo.svg, certificate: /srv/vmc.pem }\n',
    '/etc/septet/brand/logo.svg': '<svg/>',
    '/srv/vmc.pem': 'PEM',
  };
  const outside = (there: Readonly<Record<string, string>>) => ({
    env,
    exists: async (file: string) => file in there,
    readFile: async (file: string) => {
      const text = there[file];
      if (text === undefined) throw new Error(`${file} cannot be read: there is no such file.`);
      return Buffer.from(text);
    },
  });
  const loaded = await loadConfig(outside(files), '/etc/septet/septet.yaml');
  assert.ok(loaded.kind === 'good', JSON.stringify(loaded));
  const { intent, files: hosted } = loaded.config.domains.get(shop) ?? {};
  assert.match(intent?.bimi?.logo ?? '', /^https:\/\/track\.shop\.example\/bimi\/[0-9a-f]{32}\.svg$/);
  assert.match(intent?.bimi?.certificate ?? '', /^https:\/\/track\.shop\.example\/bimi\/[0-9a-f]{32}\.pem$/);
  assert.deepEqual(
    hosted?.map(({ kind, host, octets }) => [kind, host, Buffer.from(octets).toString()]),
    [
      ['logo', 'track.shop.example', '<svg/>'],
      ['certificate', 'track.shop.example', 'PEM'],
    ],
  );
  const { '/srv/vmc.pem': _gone, ...less } = files;
  const lacking = await loadConfig(outside(less), '/etc/septet/septet.yaml');
  assert.ok(lacking.kind === 'bad');
  assert.match(lacking.message, /septet\.yaml:2:3: bimi\.certificate: \/srv\/vmc\.pem cannot be read/);

  assert.equal(domain('mtaSts: { mode: ramp }\nbimi: { logo: a.svg }')?.hosted?.host, 'mta-sts.shop.example');
  assert.equal(domain('bimi: { logo: a.svg, host: logo }')?.hosted?.host, 'logo.shop.example');
  assert.equal(domain('bimi: { logo: https://x.example/a.svg }')?.hosted, undefined);
  assert.match(problem('bimi: { logo: a.svg }'), /hosts files where a name leads to it\. Name one with host/);
  assert.match(problem('bimi: { logo: a.png }'), /bimi\.logo is an https: URL; "a\.png" is none, and no \.svg file/);
  assert.match(problem('bimi: { logo: a.svg, host: logo, certificate: a.svg }'), /bimi\.certificate .* no \.pem file/);
});

test('certificates come from an authority, or from files beside the configuration', () => {
  const top = (text: string) => read('people: true', text);
  const result = top(
    'serve:\n  acme: { agree: true, email: h@shop.example, challenge: dns-01, eab: { kid: k, hmacKey: { file: eab } } }\n  certificates: [{ cert: a.pem, key: /k.pem }]\n',
  );
  assert.ok(result.kind === 'good', JSON.stringify(result));
  assert.deepEqual(result.config.serve, {
    acme: {
      directory: 'https://acme-v02.api.letsencrypt.org/directory',
      challenge: 'dns-01',
      agree: true,
      email: 'h@shop.example',
      eab: { kid: 'k', hmacKey: { kind: 'file', name: '/etc/septet/eab' } },
    },
    certificates: [{ cert: '/etc/septet/a.pem', key: '/k.pem' }],
  });
  const none = top('');
  assert.ok(none.kind === 'good');
  assert.equal(none.config.serve, undefined);
  assert.match(problem('people: true', 'serve: { acme: { email: a@b.example } }\n'), /serve\.acme lacks agree/);
});
