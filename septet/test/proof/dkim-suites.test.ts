/**
 * The two public suites of DKIM, run whole. Every difference stands in a table with the section that decides it.
 *
 * Most of Mail::DKIM's messages are older than RFC 6376: no `v=`, SHA-1, keys of 512 and 768 bits, DomainKeys. Today they
 * must not pass. What they are worth still is their arithmetic: a second test computes it with our canonical forms and
 * the hash and key of their day.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createPublicKey, verify } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { DnsName } from '../../src/dns/name.ts';
import type { Resolver } from '../../src/dns/resolver.ts';
import type { Answer } from '../../src/dns/rrset.ts';
import { bodyOf, fieldsOf, type Field, type Header } from '../../src/mail/header.ts';
import { splitMessage } from '../../src/mail/parse-header.ts';
import { bodyHasher } from '../../src/proof/dkim/body.ts';
import { canonicalField, canonicalSignature, type CanonicalForm } from '../../src/proof/dkim/canonical.ts';
import type { DkimOutcome } from '../../src/proof/dkim/outcome.ts';
import { selectFields } from '../../src/proof/dkim/select.ts';
import { maxSignatures, verifyDkim } from '../../src/proof/dkim/verify.ts';
import { publishable, readKey } from '../../src/records/dkim/key.ts';
import { read } from '../../src/records/dkim/record.ts';
import { scanTagList } from '../../src/text/tag-list.ts';
import { sharedData } from '../shared-data.ts';

const now = Date.parse('2026-11-23T12:00:00Z');

type Given = readonly string[] | 'nxdomain' | 'servfail' | 'timeout';

/** What is not in the table does not exist. */
function resolverOf(table: ReadonlyMap<string, Given>): Resolver {
  const answer = (name: DnsName): Answer<'TXT'> => {
    const base = { name, type: 'TXT', server: 'suite', chain: [], dnssec: 'unknown' } as const;
    const given = table.get(name) ?? 'nxdomain';
    if (given === 'nxdomain') return { ...base, kind: 'nxdomain', negativeTtlSeconds: 0 };
    if (typeof given === 'string') return { ...base, kind: 'failed', reason: given };
    const data = given.map((text) => ({ strings: [text] }));
    return { ...base, kind: 'found', set: { name, type: 'TXT', ttlSeconds: 300, data } };
  };
  return { query: (name) => Promise.resolve(answer(name) as never) };
}

const run = (file: string, table: ReadonlyMap<string, Given>): Promise<readonly DkimOutcome[]> =>
  verifyDkim(splitMessage(readFileSync(file)), { resolver: resolverOf(table) }, now);

const brief = (outcome: DkimOutcome): string =>
  outcome.fault === undefined ? outcome.result : `${outcome.result} ${outcome.fault}`;

// ---- Mail::DKIM

type Explained = readonly [ours: string, why: string];

/** Why our outcome is not the one of the suite, by what ours is. */
const reasons = {
  noVersion: 'RFC 6376 §6.1.1: v= is required; these are of drafts that had none (and bh= came later still)',
  otherVersion: 'RFC 6376 §6.1.1: v= other than 1 is an incompatible version; v=0.5 was that of drafts',
  sha1: 'RFC 8301 §3.1: rsa-sha1 must not be used for verifying',
  domainKeys:
    'RFC 4870, which RFC 4871 made historic: DomainKey-Signature is no DKIM-Signature, so there is nothing to verify',
} as const;

const mailDkim: ReadonlyMap<string, Explained> = new Map<string, Explained>([
  ...['good_ietf00_1', 'good_ietf00_2', 'good_ietf00_3', 'good_ietf00_4', 'good_ietf00_5'].map(missing),
  ...['mine_ietf01_1', 'mine_ietf01_2', 'mine_ietf01_3', 'mine_ietf01_4'].map(missing),
  ...['good_ietf01_1', 'good_ietf01_2', 'bad_ietf01_1', 'bad_ietf01_2', 'bad_ietf01_3', 'bad_1'].map(missing),
  ['multiple_1', ['permerror tag_missing, '.repeat(4).slice(0, -2), reasons.noVersion]],
  ...['mine_ietf05_1', 'no_body_1', 'no_body_2', 'no_body_3'].map((name): [string, Explained] => [
    name,
    ['neutral version', reasons.otherVersion],
  ]),
  ...['good_rfc4871_3', 'good_rfc4871_4', 'good_1878523', 'good_83176', 'bad_1878954'].map(old),
  ...['good_qp_1', 'good_qp_2', 'good_qp_3', 'goodkey_1', 'goodkey_2', 'goodkey_3', 'goodkey_4'].map(old),
  ['multiple_2', [`${'permerror sha1, '.repeat(3)}neutral syntax`, reasons.sha1]],
  ...['good_dk_gmail', 'good_dk_yahoo', 'good_dk_1', 'good_dk_2', 'good_dk_3', 'good_dk_4', 'good_dk_5'].map(none),
  ...['good_dk_6', 'good_dk_7', 'dk_headers_1', 'dk_headers_2', 'dk_multiple_1'].map(none),
  ...['bad_dk_1', 'bad_dk_2', 'bad_dk_3', 'bad_dk_4', 'bad_dk_5'].map(none),
]);

function missing(name: string): [string, Explained] {
  return [name, ['permerror tag_missing', reasons.noVersion]];
}
function old(name: string): [string, Explained] {
  return [name, ['permerror sha1', reasons.sha1]];
}
function none(name: string): [string, Explained] {
  return [name, ['none', reasons.domainKeys]];
}

function readFakeDns(file: string): ReadonlyMap<string, Given> {
  const table = new Map<string, Given>();
  for (const line of readFileSync(file, 'latin1').split('\n')) {
    const match = /^([^#\s]\S*)\s+(.*)$/.exec(line);
    if (!match) continue;
    const [, name = '', text = ''] = match;
    if (text === 'NXDOMAIN') table.set(name, 'nxdomain');
    else if (text.startsWith('~~')) table.set(name, text.includes('SERVFAIL') ? 'servfail' : 'timeout');
    else table.set(name, [text === '""' ? '' : text]);
  }
  return table;
}

/** The words of the suite, and what of ours agrees with them. */
const agrees: Readonly<Record<string, RegExp>> = {
  pass: /^pass$/,
  fail: /^fail (body_hash|signature)$/,
  invalid: /^(neutral|permerror|temperror) \w+$/,
};

test('dkim/mail-dkim: every message as expected or explained', async (t) => {
  const folder = sharedData(t, 'dkim/mail-dkim');
  if (folder === undefined) return;
  const table = readFakeDns(path.join(folder, 'FAKE_DNS.dat'));
  const cases = readFileSync(path.join(folder, 'expected.txt'), 'latin1').trim().split('\n');
  assert.equal(cases.length, 79);
  assert.equal(cases.length, readdirSync(path.join(folder, 'corpus')).length);
  const counts = new Map<string, number>();
  for (const line of cases) {
    const [file = '', expected = ''] = line.split(' ');
    const name = file.replace(/\.txt$/, '');
    const outcomes = await run(path.join(folder, 'corpus', file), table);
    const ours = outcomes.map(brief).join(', ') || 'none';
    const explained = mailDkim.get(name);
    if (explained) {
      assert.equal(ours, explained[0], name);
      assert.ok(!agrees[expected]?.test(ours), `${name} agrees now: take it out of the table`);
      counts.set(explained[1], (counts.get(explained[1]) ?? 0) + 1);
    } else assert.match(ours, agrees[expected] ?? /^$/, `${name}: ${expected} there, ${ours} here`);
    for (const outcome of outcomes) {
      assert.ok(outcome.result !== 'pass' || !/sha1/i.test(outcome.algorithm ?? ''), `${name}: rsa-sha1 passes`);
      assert.ok(outcome.result !== 'pass' || (outcome.key?.bits ?? 0) >= 1024 || outcome.key?.type === 'ed25519', name);
    }
  }
  for (const [why, count] of counts) t.diagnostic(`${count} of 79 differ: ${why}`);
});

/** What the old suite calls good, computed with the hash and the key of its day. DomainKeys has other canonical forms. */
test('dkim/mail-dkim: our canonical forms give the hashes and signatures of the old messages', (t) => {
  const folder = sharedData(t, 'dkim/mail-dkim');
  if (folder === undefined) return;
  const table = readFakeDns(path.join(folder, 'FAKE_DNS.dat'));
  const cases = readFileSync(path.join(folder, 'expected.txt'), 'latin1').trim().split('\n');
  let held = 0;
  for (const line of cases) {
    const [file = '', expected = ''] = line.split(' ');
    const { header, body } = splitMessage(readFileSync(path.join(folder, 'corpus', file)));
    const fields = fieldsOf(header, 'dkim-signature');
    const results = fields.map((field) => oldArithmetic(header, body, field, table)).filter((one) => one !== undefined);
    // Which of the four would be good with their own rules is not said by the suite; one of several is enough there.
    if (expected === 'pass' && results.length > 0) assert.ok(results.includes(true), `${file}: does not hold`);
    if (expected === 'fail') assert.ok(!results.includes(true), `${file}: holds`);
    held += results.filter(Boolean).length;
  }
  assert.equal(held, 33);
});

/** `undefined` for a signature without a body hash, as the first drafts had it, and where there is no key. */
function oldArithmetic(
  header: Header,
  body: Uint8Array,
  field: Field,
  table: ReadonlyMap<string, Given>,
): boolean | undefined {
  const tags = new Map(scanTagList(bodyOf(field)).tags.map(({ name, value }) => [name, value.replaceAll(/\s/g, '')]));
  const [algorithm, form] = [tags.get('a') ?? '', tags.get('c') ?? 'simple'];
  const hashName = algorithm.endsWith('-sha1') ? 'sha1' : algorithm.endsWith('-sha256') ? 'sha256' : undefined;
  const record = table.get(`${tags.get('s')}._domainkey.${tags.get('d')}`);
  const bh = tags.get('bh');
  if (!hashName || !algorithm.startsWith('rsa-') || bh === undefined || typeof record !== 'object') return undefined;
  const key = publishable(readKey(Buffer.from(read(record[0] ?? '')?.value.publicKey ?? '', 'base64')));
  const [headerForm, bodyForm = 'simple'] = form.split('/') as [CanonicalForm, CanonicalForm?];
  if (key === undefined || !/^(simple|relaxed)$/.test(headerForm)) return undefined;
  const length = tags.get('l');
  const hasher = bodyHasher(
    [{ form: bodyForm, hash: hashName, ...(length === undefined ? {} : { length: Number(length) }) }],
    header.lineEnd,
  );
  hasher.write(body);
  if (hasher.end()[0]?.digest.toString('base64') !== bh) return false;
  const text = selectFields(header.fields, (tags.get('h') ?? '').split(':'))
    .flatMap((one) => (one ? [`${canonicalField(one, headerForm)}\r\n`] : []))
    .join('');
  const signed = Buffer.from(text + canonicalSignature(field, headerForm), 'latin1');
  const publicKey = createPublicKey({ key: Buffer.from(key, 'base64'), format: 'der', type: 'spki' });
  return verify(hashName, signed, publicKey, Buffer.from(tags.get('b') ?? '', 'base64'));
}

// ---- chasquid

/** State of the suite → ours. */
const states: Readonly<Record<string, RegExp>> = {
  SUCCESS: /^pass( body_length)?$/,
  PERMFAIL: /^(neutral|permerror|fail) \w+$/,
  TEMPFAIL: /^temperror key_unavailable$/,
};

test('dkim/chasquid: every message as expected or explained', async (t) => {
  const folder = sharedData(t, 'dkim/chasquid');
  if (folder === undefined) return;
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('.msg'))
    .map((file) => file.slice(0, -'.msg'.length));
  assert.equal(names.length, 11);
  for (const name of names) {
    const table = readChasquidDns(folder, `${name}.dns`);
    const outcomes = await run(follow(folder, `${name}.msg`) ?? '', table);
    const result = follow(folder, `${name}.result`);
    if (name === '03-bad_message') {
      // There is no expected result but an error of their parser.
      assert.equal(result, undefined);
      assert.deepEqual(outcomes, []);
      t.diagnostic('03-bad_message: refused there; here a text without fields is a message without signatures');
      continue;
    }
    const expected = JSON.parse(readFileSync(result ?? '', 'utf8')) as { Results: { State: string; Domain: string }[] };
    if (name === '02-too_many_headers') {
      assert.equal(expected.Results.length, 5);
      assert.deepEqual(
        outcomes.map(brief),
        Array.from({ length: 7 }, () => 'pass'),
      );
      t.diagnostic(
        `02-too_many_headers: they stop behind 5 signatures, we behind ${maxSignatures}; RFC 6376 §6.1 leaves the limit to the verifier`,
      );
      continue;
    }
    assert.equal(outcomes.length, expected.Results.length, name);
    for (const [index, { State, Domain }] of expected.Results.entries()) {
      const outcome = outcomes[index];
      assert.match(outcome ? brief(outcome) : '', states[State] ?? /^$/, `${name}, signature ${index + 1}`);
      // They give no domain where the version is another; we do.
      if (Domain !== '') assert.equal(outcome?.domain, Domain);
    }
  }
});

test('dkim/chasquid: l= is told, and a key of another type at the same name does no harm', async (t) => {
  const folder = sharedData(t, 'dkim/chasquid');
  if (folder === undefined) return;
  const limited = await run(
    follow(folder, '09-limited_body.msg') ?? '',
    readChasquidDns(folder, '09-limited_body.dns'),
  );
  assert.deepEqual(limited[0]?.length, { signed: 17, beyond: 37 });
  const two = await run(follow(folder, '07-algo_mismatch.msg') ?? '', readChasquidDns(folder, '07-algo_mismatch.dns'));
  assert.equal(two[0]?.key?.kind, 'several');
  assert.equal(two[0]?.key?.type, 'ed25519');
});

/** A file of the suite may hold the name of another that stands for it. */
function follow(folder: string, file: string): string | undefined {
  if (!readdirSync(folder).includes(file)) return undefined;
  const full = path.join(folder, file);
  const text = readFileSync(full, 'latin1').trim();
  return /^[\w.-]+\.(dns|msg|result)$/.test(text) ? path.join(folder, text) : full;
}

function readChasquidDns(folder: string, file: string): ReadonlyMap<string, Given> {
  const table = new Map<string, Given>();
  const full = follow(folder, file);
  if (full === undefined) return table;
  const text = readFileSync(full, 'utf8').replaceAll(/\\\n\s*/g, '');
  for (const line of text.split('\n')) {
    const match = /^([^\s:]+):\s*(.*)$/.exec(line);
    if (!match) continue;
    const [, name = '', value = ''] = match;
    const before = table.get(name);
    if (value === 'TEMPERROR') table.set(name, 'servfail');
    else if (value === 'PERMERROR') table.set(name, 'nxdomain');
    else table.set(name, typeof before === 'object' ? [...before, value] : [value]);
  }
  return table;
}
