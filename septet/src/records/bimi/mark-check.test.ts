import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import * as pki from '../../../test/bimi/test-certificates.ts';
import { expectCodes, zoneWorldNow } from '../../../test/zone-world.ts';
import { dnsName } from '../../dns/name.ts';
import { rows } from './findings-mc.ts';
import { checkCertificate } from './mark-check.ts';
import type { MarkSource } from './mark-source.ts';
import type { RevocationList } from './mark-source.ts';

const svg = Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny-ps" viewBox="0 0 9 9"><title>Bakery</title></svg>',
);
const url = pki.crlUrl;
const good: readonly RevocationList[] = [{ kind: 'fetched', url, bytes: pki.crlOf([5]) }];
const source: MarkSource = {
  place: 'mark.pem',
  subject: { name: dnsName('default._bimi.example.com'), type: 'PEM' },
  now: zoneWorldNow,
  owner: { domain: dnsName('example.com'), orgDomain: dnsName('example.com'), selector: 'default' },
  crls: good,
  roots: [pki.testRoot],
};
const { extensions } = pki;
const ca = pki.caCertificate();
const chain = (wish: pki.MarkWish = {}): string => pki.pem(pki.markCertificate(svg, wish), ca);
const withOnly = (extension: string, value: Buffer | undefined): string =>
  chain({ extensions: { [extension]: value } });
/** What every good certificate says: its kind, and that its timestamp could not be verified here. */
const always = ['mc.kind', 'mc.sct'] as const;

type Code = keyof typeof rows;
interface Scenario {
  readonly name: string;
  readonly pem: string | Uint8Array;
  /** Beside `always`, unless `alone`. */
  readonly codes: readonly Code[];
  readonly alone?: true;
  readonly with?: Partial<MarkSource>;
}

const otherCa = pki.makeCertificate({
  subject: { CN: 'Stranger' },
  issuer: { CN: 'Stranger' },
  keys: pki.newKeys(),
  signer: pki.newKeys().privateKey,
  from: '2020-01-01',
  to: '2040-01-01',
  extensions: [extensions.ca(true)],
});
const entrust: Partial<MarkSource> = { roots: [{ ...pki.testRoot, issuer: 'Entrust' }] };
const { markType: _, ...withoutType } = pki.markSubject;
const { trademarkId: __, ...withoutTrademark } = pki.markSubject;
const key = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n';

const scenarios: readonly Scenario[] = [
  { name: 'a good chain', pem: chain(), codes: [] },
  { name: 'a good chain with its root', pem: chain() + pki.pem(pki.rootCertificate), codes: [] },
  { name: 'nothing', pem: '', codes: ['mc.pem.format'], alone: true },
  { name: 'a web page', pem: '<!DOCTYPE html><html></html>', codes: ['mc.pem.format'], alone: true },
  { name: 'DER', pem: pki.markCertificate(svg), codes: ['mc.pem.format'], alone: true },
  { name: 'PKCS #7', pem: '-----BEGIN PKCS7-----\nMIIB\n-----END PKCS7-----\n', codes: ['mc.pem.format'], alone: true },
  { name: 'text', pem: 'hello', codes: ['mc.pem.format'], alone: true },
  { name: 'a private key', pem: key, codes: ['mc.pem.format'], alone: true },
  { name: 'a private key before the chain', pem: key + chain(), codes: ['mc.pem.format'] },
  {
    name: 'a certificate that is none',
    pem: `${chain()}${pki.pem(Buffer.from([0x30, 1, 0]))}`,
    codes: ['mc.pem.format'],
  },
  { name: 'the wrong way round', pem: pki.pem(ca, pki.markCertificate(svg)), codes: ['mc.pem.order'] },
  { name: 'twice', pem: chain() + pki.pem(ca), codes: ['mc.pem.order'] },
  { name: 'the leaf alone', pem: pki.pem(pki.markCertificate(svg)), codes: ['mc.chain.incomplete', 'mc.revoked'] },
  { name: 'another root', pem: chain(), codes: ['mc.chain.untrusted'], with: { roots: [] } },
  {
    name: 'the wrong intermediate',
    pem: pki.pem(pki.markCertificate(svg), otherCa),
    codes: ['mc.chain.incomplete', 'mc.revoked'],
  },
  { name: 'Entrust', pem: chain(), codes: ['mc.issuer.entrust'], with: entrust },
  { name: 'expired', pem: chain({ from: '2025-06-01', to: '2026-06-01' }), codes: ['mc.validity'] },
  { name: 'not yet valid', pem: chain({ from: '2026-12-01' }), codes: ['mc.validity'] },
  {
    name: 'an expired intermediate',
    pem: pki.pem(pki.markCertificate(svg), pki.caCertificate({ to: '2026-01-01' })),
    codes: ['mc.validity'],
  },
  { name: 'ending in 20 days', pem: chain({ to: '2026-12-13T12:00:00Z' }), codes: ['mc.expiring'] },
  { name: 'ending in 50 days', pem: chain({ to: '2027-01-12' }), codes: ['mc.expiring'] },
  { name: 'three years', pem: chain({ to: '2029-06-01' }), codes: ['mc.validity_long'] },
  {
    name: 'revoked',
    pem: chain(),
    codes: ['mc.revoked'],
    with: { crls: [{ kind: 'fetched', url, bytes: pki.crlOf([5, 77]) }] },
  },
  { name: 'no revocation list', pem: withOnly('crl', undefined), codes: ['mc.crl.missing'] },
  {
    name: 'a certificate for web servers',
    pem: withOnly('purposes', extensions.purposes('1.3.6.1.5.5.7.3.1')),
    codes: ['mc.eku'],
  },
  {
    name: 'several purposes',
    pem: withOnly('purposes', extensions.purposes(pki.bimiPurpose, '1.3.6.1.5.5.7.3.1')),
    codes: ['mc.eku'],
  },
  {
    name: 'an intermediate without the purpose',
    pem: pki.pem(pki.markCertificate(svg), pki.caCertificate({ extensions: [extensions.ca(true)] })),
    codes: ['mc.eku'],
  },
  {
    name: 'an authority as leaf',
    pem: pki.pem(pki.markCertificate(svg, { extensions: { ca: extensions.ca(true) } }), ca),
    codes: ['mc.ca_true'],
  },
  { name: 'name constraints', pem: withOnly('names2', extensions.nameConstraints()), codes: ['mc.name_constraints'] },
  { name: 'another key usage', pem: withOnly('keyUsage', extensions.keyUsage(0x20)), codes: ['mc.key_usage'] },
  { name: 'no key usage', pem: withOnly('keyUsage', undefined), codes: [] },
  { name: 'another policy', pem: withOnly('policies', extensions.policies(['1.2.3'], true)), codes: ['mc.policy'] },
  {
    name: 'no practice statement',
    pem: withOnly('policies', extensions.policies([pki.markPolicy], false)),
    codes: ['mc.policy'],
  },
  { name: 'no timestamp', pem: withOnly('scts', undefined), codes: [] },
  { name: 'a pilot after the pilot', pem: withOnly('pilot', extensions.pilot()), codes: ['mc.pilot_ext'] },
  {
    name: 'a pilot in its time',
    pem: chain({ from: '2025-03-01', extensions: { pilot: extensions.pilot() } }),
    codes: [],
  },
  { name: 'no mark type', pem: chain({ subject: withoutType }), codes: ['mc.mark_type', 'mc.sct'], alone: true },
  {
    name: 'an unknown mark type',
    pem: chain({ subject: { ...pki.markSubject, markType: 'Nice Mark' } }),
    codes: ['mc.mark_type', 'mc.sct'],
    alone: true,
  },
  { name: 'no trademark', pem: chain({ subject: withoutTrademark }), codes: ['mc.subject_fields'] },
  {
    name: 'prior use without its source',
    pem: chain({ subject: { ...pki.markSubject, markType: 'Prior Use Mark' } }),
    codes: ['mc.subject_fields'],
  },
  { name: 'another domain', pem: withOnly('names', extensions.names('example.net')), codes: ['mc.san.mismatch'] },
  {
    name: 'one selector',
    pem: withOnly('names', extensions.names('default._bimi.example.com')),
    codes: ['mc.san.selector_only'],
  },
  {
    name: 'another selector',
    pem: withOnly('names', extensions.names('news._bimi.example.com')),
    codes: ['mc.san.mismatch'],
  },
  { name: 'no logo', pem: withOnly('logotype', undefined), codes: ['mc.logotype.missing'] },
  {
    name: 'a critical logo',
    pem: withOnly('logotype', extensions.logotype(svg, { critical: true })),
    codes: ['mc.logotype.critical'],
  },
  {
    name: 'a logo elsewhere',
    pem: withOnly('logotype', extensions.logotype(svg, { uri: 'https://example.com/a.svg' })),
    codes: ['mc.logotype.uri'],
  },
  {
    name: 'a logo without gzip',
    pem: withOnly('logotype', extensions.logotype(svg, { uri: `data:image/svg+xml;base64,${svg.toString('base64')}` })),
    codes: ['mc.logotype.uri'],
  },
  {
    name: 'another hash',
    pem: withOnly('logotype', extensions.logotype(svg, { hashOf: Buffer.from('x') })),
    codes: ['mc.logotype.hash'],
  },
  {
    name: 'a weak hash',
    pem: withOnly('logotype', extensions.logotype(svg, { hash: 'sha1' })),
    codes: ['mc.logotype.hash'],
  },
  {
    name: 'a bad logo',
    pem: withOnly('logotype', extensions.logotype(Buffer.from('<svg/>'))),
    codes: ['mc.logotype.svg'],
  },
  { name: 'a short key', pem: chain({ keys: pki.newRsaKeys(1024) }), codes: ['mc.key_strength'] },
  { name: 'a strange curve', pem: chain({ keys: pki.newKeys('secp256k1') }), codes: ['mc.key_strength'] },
  { name: 'a good RSA key', pem: chain({ keys: pki.newRsaKeys(2048) }), codes: [] },
];

const run = (scenario: Pick<Scenario, 'pem' | 'with'>) => {
  const bytes = typeof scenario.pem === 'string' ? Buffer.from(scenario.pem) : scenario.pem;
  return checkCertificate(bytes, { ...source, ...scenario.with });
};

for (const scenario of scenarios) {
  test(`mark certificate: ${scenario.name}`, () => {
    expectCodes(run(scenario).findings, scenario.alone ? scenario.codes : [...always, ...scenario.codes]);
  });
}

test('a file without a domain is not asked for its names', () => {
  const { owner: _, ...nobody } = source;
  const pem = Buffer.from(withOnly('names', extensions.names('example.net')));
  expectCodes(checkCertificate(pem, nobody).findings, always);
});

test('every code of the catalogue stands in a scenario', () => {
  const told = new Set<string>([...always, ...scenarios.flatMap(({ codes }) => codes)]);
  assert.deepEqual(
    Object.keys(rows).filter((code) => !told.has(code)),
    [],
  );
});

const stateOf = (code: Code, scenario: Pick<Scenario, 'pem' | 'with'>): string | undefined => {
  const finding = run(scenario).findings.find((candidate) => candidate.code === code);
  return finding && `${finding.severity} ${finding.state}`;
};

test('a timestamp that cannot be verified is no fault, its absence is one', () => {
  assert.equal(stateOf('mc.sct', { pem: chain() }), 'info skip');
  assert.equal(stateOf('mc.sct', { pem: withOnly('scts', undefined) }), 'error fail');
});

test('revocation is told only by a list that the issuer signed and that is current', () => {
  const told = (...crls: readonly RevocationList[]) => stateOf('mc.revoked', { pem: chain(), with: { crls } });
  const failed: RevocationList = { kind: 'failed', url, reason: 'timeout' };
  assert.equal(told(failed), 'info unknown');
  assert.equal(told(failed, ...good), undefined);
  assert.equal(told({ kind: 'not-fetched', url }), 'info skip');
  assert.equal(told({ kind: 'fetched', url, bytes: Buffer.from('x') }), 'info unknown');
  assert.equal(told({ kind: 'fetched', url, bytes: pki.foreignCrl() }), 'info unknown');
  assert.equal(told({ kind: 'fetched', url, bytes: pki.crlOf([], '2026-11-02') }), 'info unknown');
  assert.equal(told({ kind: 'fetched', url, bytes: pki.crlOf([77]) }), 'error fail');
});

test('Entrust is an error from 16 November 2024 on, a warning before', () => {
  const old = chain({ from: '2024-11-15', to: '2026-12-31' });
  assert.equal(stateOf('mc.issuer.entrust', { pem: chain(), with: entrust }), 'error fail');
  assert.equal(stateOf('mc.issuer.entrust', { pem: old, with: entrust }), 'warning fail');
});

test('a private key is named by its line and never shown', () => {
  const secret = '-----BEGIN EC PRIVATE KEY-----\nc2VjcmV0\n-----END EC PRIVATE KEY-----\n';
  const verdict = run({ pem: chain() + secret });
  assert.ok(verdict.findings.some(({ code }) => code === 'mc.pem.format'));
  assert.doesNotMatch(JSON.stringify(verdict.findings), /c2VjcmV0|secret/);
});

test('the logo of the certificate is handed on, and its kind', () => {
  const verdict = run({ pem: chain() });
  assert.deepEqual(verdict.logo && Buffer.from(verdict.logo), svg);
  assert.equal(verdict.kind, 'VMC');
  assert.equal(
    run({ pem: chain({ subject: { ...pki.markSubject, markType: 'Modified Registered Mark' } }) }).kind,
    'CMC',
  );
});

test('damaged certificates are read without an exception', () => {
  const whole = pki.markCertificate(svg);
  const place = fc.integer({ min: 0, max: whole.length - 1 });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(place, fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }),
      (changes) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of changes) bytes[at] = value;
        run({ pem: pki.pem(bytes, ca) });
      },
    ),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void run({ pem: bytes })),
    { numRuns: 200 },
  );
});

test('a certificate without a subject is read too', () => {
  assert.ok(run({ pem: chain({ subject: {} }) }).findings.length > 0);
});

test('a damaged revocation list tells nothing', () => {
  const list = pki.crlOf([77]);
  for (let at = 0; at < list.length; at += 7) {
    const bytes = Buffer.from(list);
    bytes[at] = (bytes[at] ?? 0) ^ 0xff;
    run({ pem: chain(), with: { crls: [{ kind: 'fetched', url, bytes }] } });
  }
});
