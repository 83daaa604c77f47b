/** The sandbox, audited through real sockets; then the same audit from its recording, which must be the same report. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { audit } from '../../src/audit/audit.ts';
import type { AuditOptions } from '../../src/audit/gather.ts';
import type { Report } from '../../src/audit/report.ts';
import { parseAddress } from '../../src/dns/address.ts';
import { authorityFinder } from '../../src/dns/authoritative.ts';
import { dnsName } from '../../src/dns/name.ts';
import { networkResolver } from '../../src/dns/network-resolver.ts';
import { makeAuthority } from '../../src/sandbox/certificates.ts';
import { broken, greengrocer, mended, selector, trackingHost } from '../../src/sandbox/greengrocer.ts';
import { openSandbox, type SandboxPlan } from '../../src/sandbox/sandbox.ts';
import { readRecording, recordingWorld, replayWorld } from '../../src/world/recording.ts';
import type { World } from '../../src/world/world.ts';
import { assertNoFaults, faultsOf } from '../audit/valid-findings.ts';

const domain = dnsName(greengrocer);
const address = parseAddress('20.61.97.25');
assert.ok(address);
const options: AuditOptions = {
  depth: 'full',
  selectors: [selector],
  addresses: [address],
  helo: `mail.${greengrocer}`,
  tracking: [dnsName(trackingHost)],
};

interface Seen {
  readonly report: Report;
  readonly again: Report;
  readonly json: string;
}

/** Audits in the sandbox with all that a World can hold, and again from the recording. */
async function seeTwice(plan: SandboxPlan, other: SandboxPlan): Promise<Seen> {
  const [sandbox, elsewhere] = await Promise.all([openSandbox(plan), openSandbox(other)]);
  const behind = networkResolver({ servers: [elsewhere.resolver], timeoutMs: 2000 });
  try {
    const port = Number(sandbox.resolver.split(':')[1]);
    const world: World = {
      ...sandbox.world,
      otherResolvers: [behind],
      authoritative: authorityFinder({ resolver: sandbox.world.resolver, port, timeoutMs: 300, attempts: 1 }),
    };
    const recorder = recordingWorld(world);
    const report = await audit(recorder.world, domain, options);
    const json = JSON.stringify(recorder.recording());
    const recording = readRecording(JSON.parse(json));
    assert.ok(typeof recording !== 'string', String(recording));
    return { report, again: await audit(replayWorld(recording), domain, options), json };
  } finally {
    await behind.close();
    await Promise.all([sandbox.close(), elsewhere.close()]);
  }
}

suite('the sandbox', () => {
  const authority = makeAuthority('Sandbox', Date.now());
  const plans = { broken: broken(authority), mended: mended(authority) };

  for (const [title, plan, other] of [
    ['broken', plans.broken, plans.mended],
    ['mended', plans.mended, plans.broken],
  ] as const) {
    test(`${title}: a replay of its recording is the same report, and holds no secret`, async () => {
      const { report, again, json } = await seeTwice(plan, other);
      assert.deepEqual(again, report);
      assertNoFaults(faultsOf(report));
      const recorded = JSON.parse(json) as Record<string, unknown[]>;
      for (const part of ['dns', 'authorities', 'asked', 'fetched'])
        assert.ok((recorded[part]?.length ?? 0) > 0, `${part} is part of this recording`);
      assert.doesNotMatch(json, /PRIVATE KEY/);
      for (const { certificate } of plan.sites.values()) {
        const secret = certificate.key.split('\n')[1] ?? '';
        assert.ok(secret.length > 40 && !json.includes(secret) && !JSON.stringify(report).includes(secret));
      }
    });
  }

  test('mended: policy, logo and tracking host come over HTTPS with certificates that are verified', async () => {
    const sandbox = await openSandbox(plans.mended);
    const report = await audit(sandbox.world, domain, options).finally(() => sandbox.close());
    const states = Object.entries(report.records).map(([key, { state }]) => `${key} ${state}`);
    assert.deepEqual(
      states.filter((line) => !/ (pass|skip)$/.test(line)),
      ['bimi fail'],
    );
    const bimi = report.findings.filter(({ record, state }) => record === 'bimi' && state === 'fail');
    assert.deepEqual(
      bimi.map(({ code }) => code),
      ['bimi.a.missing'],
      'the logo was read and is fine; the sandbox has no mark certificate',
    );
    assert.deepEqual(report.records.mtasts?.details?.['policy'], {
      mode: 'enforce',
      mx: [`mail.${greengrocer}`, `mx2.${greengrocer}`],
      maxAgeSeconds: 2_592_000,
    });
    assert.ok(report.findings.every(({ state }) => state !== 'unknown'));
  });

  test('the certificates are verified: without trust in the authority nothing is taken over HTTPS', async () => {
    const sandbox = await openSandbox({ ...plans.mended, authority: makeAuthority('Stranger', Date.now()) });
    const report = await audit(sandbox.world, domain, options).finally(() => sandbox.close());
    const codes = report.findings.map(({ code }) => code);
    for (const code of ['mtasts.https.cert', 'bimi.l.fetch', 'track.tls.chain'])
      assert.ok(codes.includes(code), `${code} among ${codes.join(' ')}`);
    assert.equal(report.records.mtasts?.details?.['policy'], null);
  });
});
