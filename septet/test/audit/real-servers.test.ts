/** Whole audits against real servers: Knot for a signed parent and its children, a validating unbound in front. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import { audit } from '../../src/audit/audit.ts';
import type { Report } from '../../src/audit/report.ts';
import { authorityFinder } from '../../src/dns/authoritative.ts';
import { dnsName } from '../../src/dns/name.ts';
import { networkResolver, type NetworkResolver } from '../../src/dns/network-resolver.ts';
import { serveDns } from '../../src/dns/server.ts';
import type { Finding } from '../../src/finding/finding.ts';
import { keyTagOf } from '../../src/records/zone/dnssec.ts';
import type { World } from '../../src/world/world.ts';
import { signZone, startKnot, type Knot, type KnotZone } from '../servers/knot.ts';
import { freePort, missing } from '../servers/process.ts';
import { startUnbound } from '../servers/unbound.ts';
import { assertNoFaults, faultsOf } from './valid-findings.ts';

const skip = await missing('knotd', 'unbound');

/** Every server has an address of its own and the same port, as name servers do. */
const at = {
  parent: '127.0.0.2',
  first: '127.0.0.3',
  second: '127.0.0.4',
  silent: '127.0.0.5',
  unrelated: '127.0.0.6',
  /** Nothing listens there. */
  nobody: '127.0.0.7',
};

/** A child with two servers; `more` is added to its zone. */
const child = (name: string, servers: readonly string[], more: string): string => `$ORIGIN ${name}.test.
$TTL 300
@ SOA ns1 hostmaster 1 7200 3600 1209600 60
${servers.map((_, i) => `@ NS ns${i + 1}`).join('\n')}
${servers.map((address, i) => `ns${i + 1} A ${address}`).join('\n')}
@ MX 10 mail
mail A 192.0.2.25
@ TXT "v=spf1 mx -all"
_dmarc TXT "v=DMARC1; p=none; rua=mailto:dmarc@${name}.test"
${more}
`;
const delegation = (name: string, servers: readonly string[]): string =>
  servers.map((address, i) => `${name} NS ns${i + 1}.${name}\nns${i + 1}.${name} A ${address}\n`).join('');

const both = [at.first, at.second];
const large = Array.from({ length: 16 }, (_, i) => `@ TXT "token-${i}=${'x'.repeat(240)}"`).join('\n');

suite('audits through unbound and of each server', { skip }, () => {
  const closers: (() => Promise<void>)[] = [];
  let port: number;
  let resolver: NetworkResolver;
  let stale: NetworkResolver;
  let world: World;

  before(async () => {
    port = await freePort(at.parent);
    const signed = await signZone('signed.test', child('signed', both, ''));
    const island = await signZone('island.test', child('island', both, ''));
    const touched = await signZone('touched.test', child('touched', both, ''));
    const other = await signZone('rekeyed.test', child('rekeyed', both, ''));
    const rekeyed = await signZone('rekeyed.test', child('rekeyed', both, ''));
    const parent = await signZone(
      'test',
      `$ORIGIN test.
$TTL 300
@ SOA ns hostmaster 1 7200 3600 1209600 60
@ NS ns
ns A ${at.parent}
${['signed', 'island', 'touched', 'rekeyed', 'plain', 'large', 'split'].map((name) => delegation(name, both)).join('')}
${delegation('half', [at.first, at.silent])}
${delegation('lame', [at.first, at.unrelated])}
${delegation('dead', [at.silent, at.nobody])}
signed ${dsOf('signed.test', signed.trustAnchor)}
touched ${dsOf('touched.test', touched.trustAnchor)}
rekeyed ${dsOf('rekeyed.test', other.trustAnchor)}
`,
    );
    const shared = [
      { origin: 'signed.test', text: signed.text },
      { origin: 'island.test', text: island.text },
      { origin: 'touched.test', text: touched.text.replaceAll('mx -all', 'mx +all') },
      { origin: 'rekeyed.test', text: rekeyed.text },
      { origin: 'plain.test', text: child('plain', both, '') },
      { origin: 'large.test', text: child('large', both, large) },
    ];
    const knot = async (address: string, zones: readonly KnotZone[], portThere = port): Promise<Knot> => {
      const started = await startKnot(zones, { address, port: portThere });
      closers.push(() => started.stop());
      return started;
    };
    await knot(at.parent, [{ origin: 'test', text: parent.text }]);
    await knot(at.first, [
      ...shared,
      { origin: 'split.test', text: child('split', both, '') },
      { origin: 'half.test', text: child('half', [at.first, at.silent], '') },
      { origin: 'lame.test', text: child('lame', [at.first, at.unrelated], '') },
    ]);
    const older = child('split', both, '').replace('mx -all', 'mx ~all');
    await knot(at.second, [...shared, { origin: 'split.test', text: older }]);
    await knot(at.unrelated, [{ origin: 'unrelated.test', text: child('unrelated', both, '') }]);
    const past = await knot(
      at.parent,
      [{ origin: 'plain.test', text: child('plain', both, '').replace('mx -all', 'mx ?all') }],
      await freePort(at.parent),
    );
    const silent = await serveDns({ address: at.silent, port, answer: () => ({ kind: 'silence' }) });
    closers.push(() => silent.close());
    const stubs = Object.fromEntries(
      ['signed', 'island', 'touched', 'rekeyed', 'plain', 'large', 'split', 'half', 'lame'].map((name) => [
        `${name}.test`,
        [`${at.first}:${port}`],
      ]),
    );
    const options = {
      stubs: { ...stubs, test: [`${at.parent}:${port}`], 'dead.test': [`${at.silent}:${port}`] },
      trustAnchors: [parent.trustAnchor],
    };
    const unbound = await startUnbound(options);
    closers.push(() => unbound.stop());
    const behind = await startUnbound({ ...options, stubs: { ...options.stubs, 'plain.test': [past.server] } });
    closers.push(() => behind.stop());
    resolver = networkResolver({ servers: [unbound.server], timeoutMs: 1500 });
    stale = networkResolver({ servers: [behind.server], timeoutMs: 4000 });
    closers.push(
      () => resolver.close(),
      () => stale.close(),
    );
    world = {
      resolver,
      otherResolvers: [],
      authoritative: authorityFinder({ resolver, port, timeoutMs: 400, attempts: 1 }),
      now: () => Date.now(),
      randomBytes: (count) => new Uint8Array(count).fill(7),
    };
  });

  after(async () => {
    for (const close of closers) await close();
  });

  async function check(name: string, over: Partial<World> = {}): Promise<Report> {
    const report = await audit({ ...world, ...over }, dnsName(`${name}.test`), {
      depth: 'full',
      signal: AbortSignal.timeout(30_000),
    });
    assertNoFaults(faultsOf(report));
    return report;
  }
  const codes = (report: Report, start: string): readonly string[] =>
    report.findings.filter((finding) => finding.code.startsWith(start)).map((finding) => finding.code);
  const the = (report: Report, code: string): Finding => {
    const found = report.findings.find((finding) => finding.code === code);
    assert.ok(found, `${code} is not among ${report.findings.map((finding) => finding.code).join(' ')}`);
    return found;
  };

  test('a zone with a chain of trust and servers of one mind has nothing to say about either', async () => {
    const report = await check('signed');
    for (const start of ['dns.dnssec.', 'dns.delegation.', 'dns.auth.', 'dns.propagation.', 'dns.query.'])
      assert.deepEqual(codes(report, start), [], start);
    assert.equal(report.records.spf?.state, 'pass');
    assert.equal(report.records.zone?.summary, 'zone of its own; each name server asked');
  });

  test('a signed zone without DS at the parent, and one that is not signed', async () => {
    assert.deepEqual(codes(await check('island'), 'dns.dnssec.'), ['dns.dnssec.no_ds']);
    assert.deepEqual(codes(await check('plain'), 'dns.dnssec.'), ['dns.dnssec.unsigned']);
  });

  test('a DS for another key: bogus, and every record unknown, none missing', async () => {
    const report = await check('rekeyed');
    assert.equal(the(report, 'dns.dnssec.bogus').severity, 'error');
    assert.match(the(report, 'dns.dnssec.bogus').message, /validation fails|refuses/);
    nothingMissing(report);
    for (const key of ['mx', 'spf', 'dmarc', 'mtasts', 'tlsrpt', 'bimi'] as const)
      assert.equal(report.records[key]?.state, 'unknown', key);
  });

  test('one broken signature: what it covers is unknown, with the reason, and the rest is read', async () => {
    const report = await check('touched');
    nothingMissing(report, ['spf', 'dns']);
    assert.equal(report.records.spf?.state, 'unknown');
    assert.match(report.records.spf?.summary ?? '', /could not be looked up \(SERVFAIL, DNSSEC Bogus \(EDE 6\)/);
    assert.equal(report.records.dmarc?.details?.['usable'], true);
    assert.equal(report.records.mx?.details?.['usable'], true);
  });

  test('an answer that UDP truncates is read over TCP', async () => {
    const report = await check('large');
    assert.equal(report.records.spf?.summary, 'v=spf1 mx -all (1 of 10 look-ups)');
    const size = the(report, 'dns.size.udp');
    assert.deepEqual([size.severity, size.record, size.subject.type], ['warning', 'spf', 'TXT']);
    assert.deepEqual(codes(report, 'dns.tcp'), [], 'these servers do answer over TCP');
  });

  test('a server that does not answer is a warning; one that does not know the zone too', async () => {
    const half = the(await check('half'), 'dns.delegation.lame');
    assert.deepEqual([half.severity, half.state], ['warning', 'unknown']);
    assert.match(half.message, /ns2\.half\.test/);
    const lame = the(await check('lame'), 'dns.delegation.lame');
    assert.deepEqual([lame.severity, lame.state], ['warning', 'fail']);
    assert.match(lame.message, /ns2\.lame\.test/);
    assert.doesNotMatch(lame.message, /ns1\.lame\.test/);
  });

  test('a zone whose servers are all silent: unknown throughout, none missing', async () => {
    const report = await check('dead');
    nothingMissing(report);
    assert.equal(report.records.mx?.state, 'unknown');
    assert.ok(report.findings.every((finding) => finding.state === 'unknown' || finding.state === 'pass'));
  });

  test('two servers that disagree', async () => {
    const report = await check('split');
    const found = the(report, 'dns.auth.inconsistent');
    assert.deepEqual([found.subject.name, found.subject.type, found.record], ['split.test', 'TXT', 'spf']);
    const said = found.evidence.map((one) => ('text' in one ? one.text : ''));
    assert.ok(
      said.some((text) => text.includes('-all')) && said.some((text) => text.includes('~all')),
      said.join(' | '),
    );
    assert.deepEqual(codes(report, 'dns.propagation.'), [], 'who disagrees is not behind');
  });

  test('two resolvers that disagree about what all servers say', async () => {
    const report = await check('plain', { otherResolvers: [stale] });
    const found = the(report, 'dns.propagation.pending');
    assert.deepEqual([found.subject.name, found.subject.type], ['plain.test', 'TXT']);
    assert.deepEqual(codes(await check('signed', { otherResolvers: [stale] }), 'dns.propagation.'), []);
  });
});

/** No finding says that something is absent, for the records of these areas (all without). */
function nothingMissing(report: Report, areas?: readonly string[]): void {
  const absent = report.findings.filter(
    ({ code, state }) =>
      state !== 'unknown' &&
      /\.(missing|none|nxdomain|no_record|no_address|unresolvable|undeliverable)(\.|$)/.test(code) &&
      (areas === undefined || areas.includes(code.split('.')[0] ?? '')),
  );
  assert.deepEqual(
    absent.map(({ code }) => code),
    [],
  );
}

/** The DS record (RFC 4034 §5.1.4, SHA-256) of a key given as `name. DNSKEY 257 3 13 …`. */
function dsOf(name: string, anchor: string): string {
  const [flags, protocol, algorithm, publicKey] = anchor.replace(/^.*DNSKEY\s+/, '').split(/\s+/);
  const key = {
    flags: Number(flags),
    protocol: Number(protocol),
    algorithm: Number(algorithm),
    publicKey: publicKey ?? '',
  };
  const owner = Buffer.concat([
    ...name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)])),
    Buffer.from([0]),
  ]);
  const head = Buffer.from([key.flags >> 8, key.flags & 255, key.protocol, key.algorithm]);
  const digest = createHash('sha256').update(owner).update(head).update(Buffer.from(key.publicKey, 'base64'));
  return `DS ${keyTagOf(key)} ${key.algorithm} 2 ${digest.digest('hex')}`;
}
