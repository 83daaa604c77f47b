/** Whatever a host answers, a client says what it is; it never throws, never hangs and never shows the token. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { txtSet } from '../../change/txt.ts';
import { dnsName } from '../../dns/name.ts';
import { cloudflareHost } from '../cloudflare/cloudflare.ts';
import { digitalOceanHost } from '../digitalocean/digitalocean.ts';
import { gandiHost } from '../gandi/gandi.ts';
import { hetznerHost } from '../hetzner/hetzner.ts';
import type { DnsHost, HostHttp, HostOutside } from '../host.ts';
import { route53Host } from '../route53/route53.ts';

const zone = dnsName('example.com');
const token = 'do-not-show-this-token';
const after = txtSet(zone, 600, 'x');

const open: Readonly<Record<string, (outside: HostOutside) => DnsHost>> = {
  cloudflare: (outside) => cloudflareHost({ token, outside }),
  digitalocean: (outside) => digitalOceanHost({ token, outside }),
  gandi: (outside) => gandiHost({ token, outside }),
  hetzner: (outside) => hetznerHost({ token, outside }),
  route53: (outside) => route53Host({ accessKeyId: 'AKIA', secretAccessKey: token, outside }),
};

/** Words of the five APIs, so that garbage gets past the first look. */
const words =
  'success result errors code message result_info total_pages id name type ttl content data records value priority domain_records links pages next zone rrsets meta pagination next_page action status running rrset_name rrset_type rrset_ttl rrset_values proxied settings error_chain'.split(
    ' ',
  );
const leaf = fc.oneof(
  fc.constantFrom('example.com', 'TXT', 'A', '@', 'success', 'running', token, '"x"', '\\', ''),
  fc.integer({ min: -1, max: 3 }),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
);
const { value: anyJson } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...words), tie('value'), { maxKeys: 8 }),
  ),
}));
const tags = fc.constantFrom(
  ...'ListHostedZonesByNameResponse HostedZones HostedZone Id Name ResourceRecordSets TTL Error Code'.split(' '),
);
const { node: anyXml } = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom('example.com.', 'Z1', '&', '&amp;', '<', ''),
    fc.tuple(tags, fc.array(tie('node'), { maxLength: 3 })).map(([tag, inner]) => `<${tag}>${inner.join('')}</${tag}>`),
  ),
}));
const anyBody = fc.oneof(
  anyJson.map((value) => JSON.stringify(value)),
  anyJson.map((value) => JSON.stringify({ success: true, result: value, zone: value, domain_records: value })),
  anyXml,
  fc.string(),
);
const anyReply = fc.record({
  status: fc.constantFrom(200, 200, 200, 201, 204, 301, 400, 401, 403, 404, 409, 422, 429, 500),
  body: anyBody,
});

for (const [key, make] of Object.entries(open)) {
  test(`${key}: garbage is a fault or a reading, and never an exception`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyReply, { minLength: 1, maxLength: 6 }), async (replies) => {
        let sent = 0;
        const http: HostHttp = () => {
          const reply = replies[Math.min(sent++, replies.length - 1)];
          assert.ok(sent < 20_000, 'it ends');
          return Promise.resolve({ kind: 'reply', status: 200, body: '', headers: {}, ...reply });
        };
        const host = make({ http, now: () => 0, sleep: () => Promise.resolve() });
        const read = await host.read(zone, [zone]);
        assert.ok(read.kind === 'read' || read.kind === 'fault');
        sent = 0;
        const applied = await host.apply(zone, [{ name: zone, type: 'TXT', after }]);
        const faults = [read, applied].filter(({ kind }) => kind === 'fault' || kind === 'stopped');
        assert.ok(!JSON.stringify(faults).includes(token));
      }),
      { numRuns: 300 },
    );
  });
}
