import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeAuthority } from '../../sandbox/certificates.ts';
import { fileCertificates } from './files.ts';
import { readCertificate } from './read-certificate.ts';

const authority = makeAuthority('Test', Date.now());
const one = authority.issue(['a.example.com', 'b.example.com']);
const star = authority.issue(['*.example.com']);

function disk(texts: Record<string, string>) {
  const told: string[] = [];
  const files = fileCertificates({
    files: [
      { cert: 'one.pem', key: 'one.key' },
      { cert: 'star.pem', key: 'star.key' },
    ],
    given: [],
    readFile: async (path) => {
      const text = texts[path];
      if (text === undefined) throw new Error(`${path} is not there.`);
      return Buffer.from(text);
    },
    log: (line) => void told.push(line),
  });
  return { files, told };
}

const both = () => ({
  'one.pem': one.certificate,
  'one.key': one.key,
  'star.pem': star.certificate,
  'star.key': star.key,
});

test('by their own name first, then by a star for one label; no other', async () => {
  const { files, told } = disk(both());
  assert.deepEqual(files.find('a.example.com'), [], 'nothing is read yet');
  await files.refresh();
  const from = (host: string): readonly string[] => files.find(host).map((placed) => placed.from);
  assert.deepEqual(from('a.example.com'), ['file one.pem', 'file star.pem']);
  assert.deepEqual(from('c.example.com'), ['file star.pem']);
  for (const host of ['example.com', 'd.c.example.com', 'a.example.org', '', 'com', '.example.com.'])
    assert.deepEqual(from(host), [], host);
  assert.deepEqual(told, []);
});

test('files that change are read again; damage leaves the old one in service and is told once', async () => {
  const texts: Record<string, string> = both();
  const { files, told } = disk(texts);
  await files.refresh();
  const before = files.find('c.example.com')[0]?.certificate;
  await files.refresh();
  assert.equal(files.find('c.example.com')[0]?.certificate, before, 'unchanged files are not read into a new context');
  texts['star.key'] = one.key;
  await files.refresh();
  await files.refresh();
  assert.equal(files.find('c.example.com')[0]?.certificate, before);
  assert.deepEqual(told, ['star.pem is for another key than the one beside it.']);
  const next = authority.issue(['*.example.com']);
  Object.assign(texts, { 'star.pem': next.certificate, 'star.key': next.key });
  await files.refresh();
  assert.notEqual(files.find('c.example.com')[0]?.certificate, before);
  delete texts['one.pem'];
  await files.refresh();
  assert.equal(files.find('b.example.com').length, 2, 'a file that vanished served before');
  assert.deepEqual(told.slice(1), ['one.pem is not there.']);
});

test('what cannot serve is a sentence without key octets', () => {
  const cases: readonly [string, string, RegExp][] = [
    ['', one.key, /^is not a certificate in PEM\.$/],
    ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', one.key, /^is not a certificate in PEM\.$/],
    [one.certificate, star.key, /^is for another key/],
    [one.certificate, 'no key', /^has no key beside it/],
    [one.certificate, '', /^has no key beside it/],
    [authority.issue([]).certificate, '', /^has no key beside it/],
    ['x'.repeat(300_000), one.key, /^is larger than 256 KiB/],
  ];
  for (const [cert, key, sentence] of cases) assert.match(String(readCertificate(cert, key)), sentence);
  const nameless = authority.issue([]);
  assert.match(String(readCertificate(nameless.certificate, nameless.key)), /^names no host in its subjectAltName/);
  const read = readCertificate(one.certificate, one.key);
  assert.ok(typeof read === 'object');
  assert.deepEqual([read.names, read.issuer], [['a.example.com', 'b.example.com'], 'Test']);
});
