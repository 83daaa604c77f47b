/**
 * `npm run bench:message`: DKIM signatures verified and made a second on one core, keys from memory, against others in the
 * same run: `openssl speed`, the hash and the signature alone, npm's mailauth, and libopendkim (C).
 *
 *     node septet/scripts/bench-message.ts [--seconds 2] [--rounds 3] [--memory]
 *
 * A verification is the whole of it: the octets of the message are split, the header read, the body hashed, the key record
 * found, the signature computed. Of several rounds the best counts, for everybody. `--memory` reads a message of 100 MB
 * instead, with the DKIM hash and the MIME tree in one pass, and prints the peak.
 */
import { Buffer } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync, hash, sign, verify, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { dnsName, type DnsName } from '../src/dns/name.ts';
import type { Resolver } from '../src/dns/resolver.ts';
import type { Answer } from '../src/dns/rrset.ts';
import { mimeReader } from '../src/mail/mime-reader.ts';
import { splitMessage } from '../src/mail/parse-header.ts';
import { readMessages } from '../src/mail/read-messages.ts';
import { bodyHasher } from '../src/proof/dkim/body.ts';
import { keyFinder } from '../src/proof/dkim/key.ts';
import { signMessage, type SignOptions } from '../src/proof/dkim/sign.ts';
import { prepare, verifySignatures } from '../src/proof/dkim/verify.ts';
import { recordOf } from '../src/records/dkim/make-key.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '3' },
    memory: { type: 'boolean', default: false },
  },
});
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);
/** libopendkim has the clock of the machine, and refuses what is signed in the future. */
const now = Date.now() - 60_000;
const domain = dnsName('example.com');
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const rate = (value: number | undefined): string =>
  (value === undefined ? '–' : Math.round(value).toLocaleString('en')).padStart(9);

if (values.memory) await memory();
else await figures();

async function figures(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'septet-bench-'));
  try {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const ed25519 = generateKeyPairSync('ed25519').privateKey;
    const openssl = opensslSpeed();
    const opendkim = compileOpenDkim(folder);
    if (typeof opendkim !== 'string') say(`libopendkim is left out: ${opendkim.why}`);
    if (!openssl) say('openssl speed is left out: the program openssl is not installed');
    else say(`openssl speed rsa2048: ${rate(openssl.sign)} signed, ${rate(openssl.verify)} verified a second`);
    for (const size of [10_000, 100_000]) await sized(size, rsa, ed25519, openssl, opendkim, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function sized(
  size: number,
  rsa: KeyObject,
  ed25519: KeyObject,
  openssl: { readonly sign: number; readonly verify: number } | undefined,
  opendkim: string | { readonly why: string },
  folder: string,
): Promise<void> {
  const plain = messageOf(size);
  const options = (selector: string, key: KeyObject): SignOptions => ({ domain, selector, keys: [{ key }], now });
  const signed = (selector: string, key: KeyObject): Buffer =>
    Buffer.concat([Buffer.from(signMessage(splitMessage(plain), options(selector, key)), 'latin1'), plain]);
  const [byRsa, byEd25519] = [signed('rsa', rsa), signed('ed25519', ed25519)];
  const records: ReadonlyMap<string, string> = new Map([
    ['rsa._domainkey.example.com', recordOf(rsa)],
    ['ed25519._domainkey.example.com', recordOf(ed25519)],
  ]);
  const findKey = keyFinder({ resolver: memoryResolver(records) });
  const whole = async (message: Buffer): Promise<void> => {
    const { header, body } = splitMessage(message);
    const prepared = prepare(header, now);
    const hasher = bodyHasher(prepared.wants, header.lineEnd);
    hasher.write(body);
    const [outcome] = await verifySignatures(prepared, hasher.end(), findKey);
    if (outcome?.result !== 'pass') throw new Error(`the signature does not hold: ${outcome?.reason ?? 'none'}`);
  };
  const signing = (selector: string, key: KeyObject) => async (): Promise<void> => {
    if (signMessage(splitMessage(plain), options(selector, key)).length < 200) throw new Error('nothing was signed');
  };
  const pem = rsa.export({ format: 'pem', type: 'pkcs1' }).toString();
  const [signedFile, plainFile, recordFile, pemFile] = ['signed.eml', 'plain.eml', 'record.txt', 'key.pem'].map(
    (name) => path.join(folder, name),
  ) as [string, string, string, string];
  writeFileSync(signedFile, byRsa);
  writeFileSync(plainFile, plain);
  writeFileSync(recordFile, records.get('rsa._domainkey.example.com') ?? '');
  writeFileSync(pemFile, pem);
  const other = (verb: 'verify' | 'sign', message: string, key: string) => (): number | undefined =>
    typeof opendkim === 'string' ? runOpenDkim(opendkim, verb, message, key) : undefined;
  const mailauth = await loadMailauth(byRsa, plain, records, pem);

  // Everybody has a turn in every round, so that what else the machine does falls on all.
  const best = new Map<string, number>();
  for (let round = 0; round < rounds; round++) {
    const turns: readonly (readonly [string, () => Promise<number | undefined> | number | undefined])[] = [
      ['verify rsa', () => perSecond(() => whole(byRsa))],
      ['verify rsa opendkim', other('verify', signedFile, recordFile)],
      ['verify rsa floor', () => perSecond(floorVerify(rsa, plain))],
      ['verify ed25519', () => perSecond(() => whole(byEd25519))],
      ['verify ed25519 floor', () => perSecond(floorVerify(ed25519, plain))],
      ['verify rsa mailauth', () => mailauth && perSecond(mailauth.verify)],
      ['sign rsa', () => perSecond(signing('rsa', rsa))],
      ['sign rsa opendkim', other('sign', plainFile, pemFile)],
      ['sign rsa floor', () => perSecond(floorSign(rsa, plain))],
      ['sign ed25519', () => perSecond(signing('ed25519', ed25519))],
      ['sign ed25519 floor', () => perSecond(floorSign(ed25519, plain))],
      ['sign rsa mailauth', () => mailauth && perSecond(mailauth.sign)],
    ];
    for (const [name, turn] of turns) {
      const value = await turn();
      if (value !== undefined) best.set(name, Math.max(best.get(name) ?? 0, value));
    }
  }
  const of = (name: string): number | undefined => best.get(name);
  say('');
  say(`${size / 1000} KB, a second       septet     floor libopendkim mailauth`);
  for (const name of ['verify rsa', 'verify ed25519', 'sign rsa', 'sign ed25519']) {
    const line = [of(name), of(`${name} floor`), of(`${name} opendkim`), of(`${name} mailauth`)].map(rate);
    say(`  ${name.padEnd(16)} ${line.join(' ')}`);
  }
  const small = size === 10_000;
  aim('verify RSA-2048 against libopendkim', of('verify rsa'), of('verify rsa opendkim'), small ? 2 : 1);
  if (small) {
    aim('sign RSA-2048 against openssl speed', of('sign rsa'), openssl?.sign, 0.75);
    aim('sign Ed25519, a second', of('sign ed25519'), 1, 9000);
  }
}

function aim(what: string, ours: number | undefined, theirs: number | undefined, least: number): void {
  if (ours === undefined || theirs === undefined) return;
  const ratio = ours / theirs;
  const shown = least > 100 ? Math.round(ratio).toLocaleString('en') : ratio.toFixed(2);
  say(`  ${ratio >= least ? 'met   ' : 'MISSED'} ${what}: ${shown}, at least ${least.toLocaleString('en')}`);
}

async function perSecond(once: () => Promise<unknown>): Promise<number> {
  for (let i = 0; i < 20; i++) await once();
  const from = performance.now();
  let count = 0;
  let elapsed = 0;
  do {
    for (let i = 0; i < 20; i++, count++) await once();
    elapsed = performance.now() - from;
  } while (elapsed < seconds * 1000);
  return (count * 1000) / elapsed;
}

/** What nobody who uses `node:crypto` can go below: one hash over the octets, one signature over a short text. */
function floorVerify(key: KeyObject, message: Buffer): () => Promise<void> {
  const text = Buffer.alloc(600, 'x');
  const publicKey = createPublicKey(key);
  const made = floorSignature(key, text);
  const ed25519 = key.asymmetricKeyType === 'ed25519';
  return async () => {
    const digest = hash('sha256', message, 'buffer');
    const holds = ed25519
      ? verify(null, hash('sha256', text, 'buffer'), publicKey, made)
      : verify('sha256', text, publicKey, made);
    if (!holds || digest.length !== 32) throw new Error('the floor does not hold');
  };
}

function floorSign(key: KeyObject, message: Buffer): () => Promise<void> {
  const text = Buffer.alloc(600, 'x');
  return async () => {
    if (hash('sha256', message, 'buffer').length + floorSignature(key, text).length < 90)
      throw new Error('no signature');
  };
}

function floorSignature(key: KeyObject, text: Buffer): Buffer {
  return key.asymmetricKeyType === 'ed25519'
    ? sign(null, hash('sha256', text, 'buffer'), key)
    : sign('sha256', text, key);
}

function memoryResolver(records: ReadonlyMap<string, string>): Resolver {
  const peek = (name: DnsName): Answer<'TXT'> => {
    const text = records.get(name);
    if (text === undefined) throw new Error(`nobody should ask for ${name}`);
    const set = { name, type: 'TXT', ttlSeconds: 300, data: [{ strings: [text] }] } as const;
    return { kind: 'found', name, type: 'TXT', server: 'bench', chain: [], dnssec: 'unknown', set };
  };
  return { peek: peek as never, query: (name) => Promise.resolve(peek(name) as never) };
}

interface Turns {
  readonly verify: () => Promise<void>;
  readonly sign: () => Promise<void>;
}

async function loadMailauth(
  signed: Buffer,
  plain: Buffer,
  records: ReadonlyMap<string, string>,
  pem: string,
): Promise<Turns | undefined> {
  const mailauth = await import('mailauth').catch(() => undefined);
  if (!mailauth) {
    say('mailauth is left out: it is not installed');
    return undefined;
  }
  const resolver = (name: string): Promise<string[][]> => Promise.resolve([[records.get(name) ?? '']]);
  return {
    async verify() {
      const { results } = await mailauth.dkimVerify(signed, { resolver });
      if (results[0]?.status.result !== 'pass') throw new Error('mailauth does not verify what was signed');
    },
    async sign() {
      const one = { signingDomain: 'example.com', selector: 'rsa', privateKey: pem };
      const result = await mailauth.dkimSign(plain, {
        canonicalization: 'relaxed/relaxed',
        ...one,
        signatureData: [one],
      });
      if (result.signatures.length < 200) throw new Error('mailauth did not sign');
    },
  };
}

function opensslSpeed(): { readonly sign: number; readonly verify: number } | undefined {
  const { stdout } = spawnSync('openssl', ['speed', '-seconds', String(Math.max(1, Math.round(seconds))), 'rsa2048'], {
    encoding: 'utf8',
  });
  const match = /^rsa\s+2048 bits\s+\S+\s+\S+\s+([\d.]+)\s+([\d.]+)/m.exec(stdout ?? '');
  return match ? { sign: Number(match[1]), verify: Number(match[2]) } : undefined;
}

function compileOpenDkim(folder: string): string | { readonly why: string } {
  const program = path.join(folder, 'opendkim-bench');
  const source = path.join(import.meta.dirname, 'opendkim-bench.c');
  const built = spawnSync('gcc', ['-O2', '-o', program, source, '-lopendkim'], { encoding: 'utf8' });
  if (built.error) return { why: 'gcc is not installed' };
  if (built.status === 0) return program;
  return { why: /opendkim/.test(built.stderr) ? 'libopendkim-dev is not installed' : built.stderr };
}

function runOpenDkim(program: string, verb: 'verify' | 'sign', message: string, key: string): number {
  const { stdout, stderr, status } = spawnSync(program, [verb, message, key, String(seconds)], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`libopendkim ${verb}: ${status} ${stderr}`);
  return Number(stdout);
}

/** Octets of a message of about this size, lines of a newsletter, CRLF. */
function messageOf(size: number): Buffer {
  const header = [
    'Received: from app.example.com (app.example.com [192.0.2.10])',
    '\tby out.example.com (Postfix) with ESMTPS id 4Xy7Zk2f9Gz1x',
    '\tfor <someone@mailbox.example>; Mon, 23 Nov 2026 10:59:58 +0000 (UTC)',
    'From: "Example News" <news@example.com>',
    'To: Some One <someone@mailbox.example>',
    'Subject: =?utf-8?Q?What_is_new_in_November=3A_three_things?=',
    'Date: Mon, 23 Nov 2026 10:59:57 +0000',
    'Message-ID: <4f0f0f5e-2c49-4bb0-9d53-8f6d1c4f2b7a@example.com>',
    'Reply-To: help@example.com',
    'List-Id: Example News <news.example.com>',
    'List-Unsubscribe: <https://track.example.com/u/4f0f0f5e2c494bb0>, <mailto:off@example.com>',
    'List-Unsubscribe-Post: List-Unsubscribe=One-Click',
    'Feedback-ID: nov:news:example',
    'MIME-Version: 1.0',
    'Content-Type: text/html; charset=utf-8',
    'Content-Transfer-Encoding: quoted-printable',
  ];
  const words = 'the quick brown fox jumps over a lazy dog while <p> and </p> stand=20around it, quite still.'.split(
    ' ',
  );
  const lines = [...header, ''];
  let octets = lines.join('\r\n').length + 2;
  for (let i = 0; octets < size; i++) {
    let line = i % 3 === 0 ? '    ' : '';
    if (i % 9 !== 8) while (line.length < 60) line += `${words[(i * 7 + line.length) % words.length]} `;
    lines.push(line.trimEnd() === '' ? '' : `${line.trimEnd()}${i % 4 === 0 ? '=' : ''}`);
    octets += (lines.at(-1) ?? '').length + 2;
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n`, 'latin1');
}

/** 100 MB, made while they are read. */
async function memory(): Promise<void> {
  const total = 100_000_000;
  const head = Buffer.from(
    'From: a@example.com\r\nContent-Type: multipart/mixed; boundary=b\r\nMIME-Version: 1.0\r\nDKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=s; h=from; bh=AAAA; b=AAAA\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n',
  );
  const half = Buffer.from('\r\n--b\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n');
  const text = messageOf(65_000).subarray(1000);
  const base64 = Buffer.from(`${Buffer.alloc(57, 'x').toString('base64')}\r\n`.repeat(800));
  async function* chunks(): AsyncIterable<Uint8Array> {
    yield head;
    for (let octets = 0; octets < total / 2; octets += text.length) yield Buffer.from(text);
    yield half;
    for (let octets = 0; octets < total / 2; octets += base64.length) yield Buffer.from(base64);
    yield Buffer.from('\r\n--b--\r\n');
  }
  const from = performance.now();
  for await (const message of readMessages(chunks())) {
    const { wants } = prepare(message.header, now);
    const hasher = bodyHasher(wants, message.header.lineEnd);
    const mime = mimeReader(message.header);
    let octets = 0;
    for await (const piece of message.body) {
      hasher.write(piece);
      mime.write(piece);
      octets += piece.length;
    }
    const [digest] = hasher.end();
    const took = (performance.now() - from) / 1000;
    say(
      `${octets} octets of body in ${mime.end().parts} parts, sha256 ${digest?.digest.toString('hex').slice(0, 16)}…`,
    );
    say(`${took.toFixed(1)} s, ${Math.round(octets / took / 1e6)} MB a second`);
  }
  const peak = process.resourceUsage().maxRSS / 1024;
  say(`${peak < 150 ? 'met   ' : 'MISSED'} peak ${Math.round(peak)} MB, at most 150`);
}
