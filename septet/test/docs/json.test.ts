/** Real output of every command holds to the documented JSON, field by field: an undocumented field fails. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { z } from 'zod';
import {
  bimiFilesSchema,
  dmarcSchema,
  mtaStsFileSchema,
  spfBatchErrorSchema,
  spfBatchLineSchema,
  spfRecordSchema,
  spfVerdictSchema,
  unreadableLineSchema,
} from '../../scripts/command-schemas.ts';
import { reportSchema } from '../../scripts/report-schema.ts';
import { audit } from '../../src/audit/audit.ts';
import { dnsName } from '../../src/dns/name.ts';
import { makeAuthority } from '../../src/sandbox/certificates.ts';
import { broken, greengrocer, mended, selector, trackingHost } from '../../src/sandbox/greengrocer.ts';
import { openSandbox } from '../../src/sandbox/sandbox.ts';
import { parseAddress } from '../../src/dns/address.ts';
import { fakeFetch, zoneWorld } from '../zone-world.ts';
import { septet } from './septet.ts';

/** As a reader of the output gets it. */
function holds(schema: z.ZodType, value: unknown): void {
  const result = schema.safeParse(JSON.parse(JSON.stringify(value)));
  const problems = result.error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`) ?? [];
  assert.deepEqual(problems, []);
}

for (const [named, plan] of [
  ['broken', broken],
  ['mended', mended],
] as const) {
  test(`the report of the sandbox's domain, ${named}`, async () => {
    const sandbox = await openSandbox(plan(makeAuthority('test', Date.now())));
    try {
      const address = parseAddress('20.61.97.25');
      assert.ok(address);
      const report = await audit(sandbox.world, dnsName(greengrocer), {
        depth: 'full',
        selectors: [selector],
        tracking: [dnsName(trackingHost)],
        helo: `mail.${greengrocer}`,
        addresses: [address],
      });
      holds(reportSchema, report);
      assert.equal(Object.keys(report.records).length, 10);
      const errors = report.findings.filter(({ severity, state }) => severity === 'error' && state === 'fail');
      assert.equal(errors.length > 0, named === 'broken');
    } finally {
      await sandbox.close();
    }
  });
}

const zones: Readonly<Record<string, string>> = {
  'nothing at all': 'example.test. A 192.0.2.1',
  'everything in the wrong place': `
    example.test. SOA ns.test. h.test. 1 2 3 4 5
    example.test. TXT "v=spf1 +all"
    example.test. TXT "v=spf1 ptr exists:%{i}.example.test include:gone.test ?all junk"
    example.test. TXT "v=DMARC1; p=none"
    _dmarc.example.test. TXT "v=DMARC1; p=rejct; pct=a; rua=x@y.test"
    example.test. MX 10 192.0.2.1.
    example.test. MX 10 alias.example.test.
    alias.example.test. CNAME gone.example.test.
    default._domainkey.example.test. TXT "v=DKIM1; p=MIGfMA0"
    mail._domainkey.example.test. TXT "v=DKIM1; p="
    _mta-sts.example.test. TXT "v=STSv1; id=a-b"
    _smtp._tls.example.test. TXT "v=TLSRPTv1; rua=tls@example.test"
    default._bimi.example.test. TXT "v=BIMI1; l=http://x.test/a.svg; a="
  `,
  'null MX': 'example.test. MX 0 .\nexample.test. TXT "v=spf1 -all"\n_dmarc.example.test. TXT "v=DMARC1;p=reject"',
};
const pages = {
  'https://mta-sts.example.test/.well-known/mta-sts.txt': { body: 'version: STSv1\nmode: enforced\n' },
};

for (const [title, text] of Object.entries(zones)) {
  for (const depth of ['full', 'bulk'] as const) {
    test(`the report of a zone: ${title}, ${depth}`, async () => {
      const flush = text.replaceAll(/^ +/gm, '').trim();
      holds(
        reportSchema,
        await audit(zoneWorld(flush, { fetch: fakeFetch(pages) }), dnsName('example.test'), { depth }),
      );
    });
  }
}

test('a domain that does not exist, and one whose servers fail', async () => {
  const gone = await audit(zoneWorld('other.test. A 192.0.2.1'), dnsName('example.test'), { depth: 'full' });
  assert.deepEqual(
    gone.findings.map(({ code }) => code),
    ['dns.domain.nxdomain'],
  );
  holds(reportSchema, gone);
  const failing = zoneWorld('example.test. A 192.0.2.1', { failures: [['example.test', '*', 'timeout']] });
  holds(reportSchema, await audit(failing, dnsName('example.test'), { depth: 'full', only: new Set(['spf', 'mx']) }));
});

const zone = ['--zone', 'docs/examples/root.zone', 'docs/examples/shop.example.zone'];
const json = ['--format', 'json'];

test('septet check: one report, and lines', () => {
  const one = septet(['check', 'shop.example', ...json, ...zone]);
  assert.equal(one.code, 1);
  holds(reportSchema, JSON.parse(one.out));
  const many = septet(['check', '--from', '-', ...zone], { input: 'shop.example # ours\n\nhttps://shop.example/\n' });
  assert.equal(many.code, 2);
  const [first, second, ...rest] = many.out.trimEnd().split('\n');
  holds(reportSchema, JSON.parse(first ?? ''));
  holds(unreadableLineSchema, JSON.parse(second ?? ''));
  assert.deepEqual(rest, []);
});

test('septet spf: verdict, record and batch', () => {
  holds(spfVerdictSchema, JSON.parse(septet(['spf', 'shop.example', '--ip', '20.61.97.25', ...json, ...zone]).out));
  holds(spfVerdictSchema, JSON.parse(septet(['spf', 'gone.example', '--ip', '20.61.97.25', ...json, ...zone]).out));
  holds(spfRecordSchema, JSON.parse(septet(['spf', 'shop.example', ...json, ...zone]).out));
  const input = '{"ip":"20.61.97.26","mailFrom":"a@shop.example"}\nnonsense\n';
  const batch = septet(['spf', '--batch', '-', ...zone], { input });
  const [first, second] = batch.out.trimEnd().split('\n');
  holds(spfBatchLineSchema, JSON.parse(first ?? ''));
  holds(spfBatchErrorSchema, JSON.parse(second ?? ''));
  assert.equal(batch.code, 2);
});

test('septet dmarc, mta-sts and bimi', () => {
  holds(dmarcSchema, JSON.parse(septet(['dmarc', 'shop.example', ...json, ...zone]).out));
  const policy = septet(['mta-sts', '--policy', '-', ...json], { input: 'version: STSv1\nmode: testing\n' });
  holds(mtaStsFileSchema, JSON.parse(policy.out));
  const logo = septet(['bimi', '--svg', '-', ...json], { input: '<svg xmlns="http://www.w3.org/2000/svg"/>' });
  holds(bimiFilesSchema, JSON.parse(logo.out));
});
