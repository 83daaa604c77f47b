/** Real mark certificates and what is not one, with the clock set to a day of their life. */
import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { dnsName } from '../../src/dns/name.ts';
import { checkCertificate } from '../../src/records/bimi/mark-check.ts';
import { markRoots } from '../../src/records/bimi/roots.ts';
import { sharedData } from '../shared-data.ts';
import { expectCodes } from '../zone-world.ts';

interface Expected {
  readonly file: string;
  readonly now: string;
  readonly domain: string;
  readonly codes: readonly string[];
  readonly subject: string;
  readonly issuer: string;
  readonly root?: string;
  /** SHA-256 of the logo after decompression. */
  readonly logo?: string;
}

const authorityCodes = ['mc.eku', 'mc.ca_true', 'mc.logotype.missing'];
const globalsign = {
  file: 'globalsign-vmc.pem',
  domain: 'globalsign.com',
  subject: 'O=GMO GlobalSign Pte. Ltd.',
  issuer: 'CN=GlobalSign GCC R42 Verified Mark CA 2023',
  root: 'GlobalSign Verified Mark Root R42',
  logo: '8cf4779f8a9f9282f6ff5af5ad6057d5f604e28a16dec04885ff1b5b9357e70e',
};
const redsift = {
  file: 'redshift.pem',
  domain: 'redsift.com',
  subject: 'O=RedSift',
  issuer: 'CN=Entrust Verified Mark CA - VMC2',
  root: 'Entrust Verified Mark Root Certification Authority - VMCR1',
  logo: '07001de5838688fb340e2a92a8d1e23e5b28aea5fc195403bcfa02055b318a00',
};

const table: readonly Expected[] = [
  { ...globalsign, now: '2025-10-01', codes: ['mc.kind', 'mc.sct', 'mc.logotype.hash'] },
  { ...globalsign, now: '2026-03-20', codes: ['mc.kind', 'mc.sct', 'mc.logotype.hash', 'mc.expiring'] },
  { ...globalsign, now: '2026-11-23', codes: ['mc.kind', 'mc.sct', 'mc.logotype.hash', 'mc.validity'] },
  { ...globalsign, now: '2025-01-01', codes: ['mc.kind', 'mc.sct', 'mc.logotype.hash', 'mc.validity'] },
  {
    ...globalsign,
    now: '2025-10-01',
    domain: 'example.com',
    codes: ['mc.kind', 'mc.sct', 'mc.logotype.hash', 'mc.san.mismatch'],
  },
  // Issued in 2021, before the type of the mark had to be named.
  { ...redsift, now: '2022-01-01', codes: ['mc.issuer.entrust', 'mc.sct', 'mc.mark_type'] },
  { ...redsift, now: '2026-11-23', codes: ['mc.issuer.entrust', 'mc.sct', 'mc.mark_type', 'mc.validity'] },
  {
    file: 'catchall.delivery.pem',
    now: '2022-08-01',
    domain: 'catchall.delivery',
    codes: [
      'mc.chain.untrusted',
      'mc.eku',
      'mc.eku',
      'mc.policy',
      'mc.sct',
      'mc.mark_type',
      'mc.subject_fields',
      'mc.logotype.missing',
      'mc.crl.missing',
    ],
    subject: 'CN=catchall.delivery',
    issuer: "O=Let's Encrypt, CN=R3",
  },
  {
    file: 'postal_vmc.pem',
    now: '2022-08-01',
    domain: 'postal.vmc.local',
    codes: [
      'mc.chain.untrusted',
      'mc.eku',
      'mc.policy',
      'mc.sct',
      'mc.mark_type',
      'mc.subject_fields',
      'mc.san.mismatch',
      'mc.logotype.missing',
      'mc.crl.missing',
    ],
    subject: 'CN=postal.vmc.local',
    issuer: 'CN=postal.vmc.local',
  },
  ...[
    { file: 'digicert.pem', name: 'DigiCert Verified Mark Root CA' },
    { file: 'entrust_vmc_specific.pem', name: 'Entrust Verified Mark Root Certification Authority - VMCR1' },
    { file: 'globalsign-root.pem', name: 'GlobalSign Verified Mark Root R42' },
  ].map(({ file, name }) => {
    return {
      file,
      now: '2026-11-23',
      domain: 'example.com',
      codes: authorityCodes,
      subject: `CN=${name}`,
      issuer: `CN=${name}`,
      root: name,
    };
  }),
];

for (const expected of table) {
  test(`${expected.file} on ${expected.now}`, async (t) => {
    const place = sharedData(t, `bimi/certificates/${expected.file}`);
    if (place === undefined) return;
    const bytes = await readFile(place);
    const domain = dnsName(expected.domain);
    const verdict = checkCertificate(bytes, {
      place: expected.file,
      subject: { name: domain, type: 'PEM' },
      now: Date.parse(expected.now),
      owner: { domain, orgDomain: domain, selector: 'default' },
    });
    expectCodes(verdict.findings, expected.codes);
    const { certificate } = verdict;
    assert.ok(certificate);
    assert.ok(certificate.subject.includes(expected.subject), certificate.subject);
    assert.ok(certificate.issuer.includes(expected.issuer), certificate.issuer);
    assert.equal(certificate.root, expected.root);
    assert.equal(certificate.isForMarks, expected.logo !== undefined);
    const logo = verdict.logo && createHash('sha256').update(verdict.logo).digest('hex');
    assert.equal(logo, expected.logo);
  });
}

test('the facts of the roots are those of the certificates', async (t) => {
  const files = ['digicert.pem', 'entrust_vmc_specific.pem', 'globalsign-root.pem'];
  for (const file of files) {
    const place = sharedData(t, `bimi/certificates/${file}`);
    if (place === undefined) return;
    const x509 = new X509Certificate(await readFile(place));
    const root = markRoots.find(({ name }) => x509.subject.includes(`CN=${name}`));
    assert.deepEqual(root && { ...root, name: '', issuer: '', source: '' }, {
      name: '',
      issuer: '',
      source: '',
      fingerprint: x509.fingerprint256.replaceAll(':', '').toLowerCase(),
      notBefore: x509.validFromDate.toISOString(),
      notAfter: x509.validToDate.toISOString(),
      publicKey: x509.publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    });
  }
});
