/** What is served, seen as others see it: by `septet check`, and with the exchanges of DNS. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { audit } from '../../src/audit/audit.ts';
import { hostedFile } from '../../src/config/serve-keys.ts';
import { dnsName } from '../../src/dns/name.ts';
import { readZone } from '../../src/dns/zone-read.ts';
import { zoneResolver } from '../../src/dns/zone-resolver.ts';
import { parsePolicy } from '../../src/records/mtasts/policy.ts';
import { makeAuthority } from '../../src/sandbox/certificates.ts';
import { httpsFetch } from '../../src/world/https.ts';
import type { World } from '../../src/world/world.ts';
import { labCertificates, rules, shop, shopDomain, startLab, track } from './tracking-lab.ts';

const logo = Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny-ps" viewBox="0 0 100 100">
  <title>Shop</title>
  <desc>A green apple</desc>
  <rect x="0" y="0" width="100" height="100" fill="#ffffff"/>
  <circle cx="50" cy="54" r="30" fill="#2e8b57"/>
</svg>
`);
const file = hostedFile(dnsName('logo.shop.example'), 'logo', logo);

const zone = (id: string) => `
shop.example. 3600 SOA ns1.shop.example. hostmaster.shop.example. 1 7200 3600 1209600 300
shop.example. 3600 NS ns1.shop.example.
ns1.shop.example. 3600 A 127.0.0.1
shop.example. 3600 MX 10 mx.shop.example.
mx.shop.example. 3600 A 127.0.0.1
shop.example. 3600 TXT "v=spf1 mx -all"
_dmarc.shop.example. 3600 TXT "v=DMARC1; p=reject; rua=mailto:dmarc@shop.example"
mta-sts.shop.example. 3600 CNAME serve.shop.example.
logo.shop.example. 3600 CNAME serve.shop.example.
track.shop.example. 3600 CNAME serve.shop.example.
serve.shop.example. 3600 A 127.0.0.1
_mta-sts.shop.example. 3600 TXT "v=STSv1; id=${id};"
_smtp._tls.shop.example. 3600 TXT "v=TLSRPTv1; rua=mailto:tls@shop.example"
default._bimi.shop.example. 3600 TXT "v=BIMI1; l=https://${file.host}${file.path}"
`;

describe('what is served', () => {
  test('has no error in tracking, MTA-STS and BIMI for septet check', async (t) => {
    const authority = makeAuthority('Septet tests', Date.now());
    const lab = await startLab({
      certificates: labCertificates(authority),
      domains: [
        shopDomain({
          tracking: { host: track, ...rules },
          assets: [{ domain: shop, host: file.host, path: file.path, octets: logo }],
        }),
      ],
    });
    t.after(() => lab.close());
    const read = readZone(zone('20261123T120000'), { file: 'test' });
    assert.ok(read.kind === 'good');
    const resolver = zoneResolver([read.zone]);
    const ports = { 443: lab.serving.httpsPort ?? 0, 80: lab.serving.httpPort ?? 0 };
    const now = (): number => Date.now();
    const world: World = {
      resolver,
      otherResolvers: [],
      fetch: httpsFetch({ resolver, now, ports, extraCa: [authority.certificate] }),
      now,
      randomBytes: (count) => new Uint8Array(count),
    };
    const report = await audit(world, shop, { depth: 'full', tracking: [track] });
    const faults = report.findings.filter(
      ({ code, state }) => /^(track|mtasts|bimi|svg)\./.test(code) && state === 'fail',
    );
    assert.deepEqual(
      faults.filter(({ severity }) => severity === 'error').map(({ code, message }) => `${code}: ${message}`),
      [],
    );
    const warnings = faults.filter(({ severity }) => severity === 'warning').map(({ code }) => code);
    // A logo without a mark certificate is one that few show: that is the domain's own choice.
    assert.deepEqual(
      warnings.filter((code) => code !== 'bimi.a.missing'),
      [],
    );
    assert.ok(lab.serving.counters.requests.get('policy 200') !== undefined);
    assert.ok(lab.serving.counters.requests.get('logo 200') !== undefined);
  });

  test('exchanges that the configuration does not name come from DNS, in the background', async (t) => {
    const read = readZone(zone('1'), { file: 'test' });
    assert.ok(read.kind === 'good');
    const { mx: _mx, ...intent } = shopDomain().intent;
    const lab = await startLab({ resolver: zoneResolver([read.zone]), domains: [shopDomain({ intent })] });
    t.after(() => lab.close());
    const answer = await lab.ask('/.well-known/mta-sts.txt', { host: 'mta-sts.shop.example' });
    const policy = parsePolicy(answer.body);
    assert.deepEqual(policy.kind === 'good' && policy.value.mx, [{ wildcard: false, name: 'mx.shop.example' }]);
    const facts = await lab.store.hosted.facts('policy');
    assert.deepEqual(
      facts.map(({ value }) => value),
      [answer.body.toString()],
    );
  });
});
