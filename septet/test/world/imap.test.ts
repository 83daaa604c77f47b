/** Mailboxes on a real Dovecot: what is read is what was delivered, octet for octet, each once, whatever happens meanwhile. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { followMailbox, type FollowOptions } from '../../src/world/follow-mailbox.ts';
import { openMailbox, type Mailbox, type MailboxOptions } from '../../src/world/imap.ts';
import type { ImapFault } from '../../src/world/imap-faults.ts';
import type { MailboxItem, MailboxMessage } from '../../src/world/imap-messages.ts';
import type { ImapUrl } from '../../src/world/imap-url.ts';
import { mayStartDovecot, startDovecot, type Dovecot } from '../servers/dovecot.ts';
import { missing } from '../servers/process.ts';
import { sharedData } from '../shared-data.ts';

const skip = (await missing('dovecot', 'doveadm', 'openssl')) || mayStartDovecot();
const password = 'a word: with "quotes" \\ and ü';
const names = ['anna', 'many', 'large', 'follow', 'gone', 'killed', 'moves', 'seen', 'pieces', 'hands', 'aborts'];
let dovecot: Dovecot;

before(async () => {
  if (skip === false)
    dovecot = await startDovecot({ users: Object.fromEntries(names.map((name) => [name, password])) });
});
after(async () => {
  if (skip === false) await dovecot.stop();
});

const urlOf = (user: string, more: Partial<ImapUrl> = {}): ImapUrl => ({
  host: '127.0.0.1',
  port: dovecot.imaps,
  tls: 'implicit',
  login: { user, password },
  mailbox: 'INBOX',
  ...more,
});
const trusted = (): MailboxOptions => ({ ca: [dovecot.ca], timeoutMs: 10_000 });

async function opened(url: ImapUrl, options: MailboxOptions = {}): Promise<Mailbox> {
  const result = await openMailbox(url, { ...trusted(), ...options });
  assert.ok(result.kind === 'open', JSON.stringify(result));
  return result.mailbox;
}

async function faultOf(url: ImapUrl, options: MailboxOptions = trusted()): Promise<ImapFault> {
  const result = await openMailbox(url, options);
  if (result.kind === 'open') await result.mailbox.close();
  assert.ok(result.kind === 'failed');
  assert.ok(!result.fault.text.includes(url.login.password), result.fault.text);
  return result.fault;
}

async function octetsOf({ octets }: MailboxMessage): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of octets) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function allOf(items: AsyncIterable<MailboxItem>): Promise<readonly MailboxItem[]> {
  const out: MailboxItem[] = [];
  for await (const item of items) out.push(item);
  return out;
}

const messagesOf = (items: readonly MailboxItem[]): readonly MailboxMessage[] =>
  items.filter((item) => item.kind === 'message');

const hash = (octets: Uint8Array): string => createHash('sha256').update(octets).digest('hex');
/** What IMAP makes of the line ends of a file. */
const asSent = (octets: Buffer): Buffer => Buffer.from(octets.toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1');
const numbered = (number: number): string => `${String(number).padStart(6, '0')}.M${number}.test`;
const simple = (text: string): string => `From: a@example.net\r\nSubject: ${text}\r\n\r\n${text}\r\n`;

test('hundreds of messages and the e-mails of the shared reports are read, octet for octet', { skip }, async (t) => {
  const folder = sharedData(t, 'reports/parsedmarc');
  if (folder === undefined) return;
  const mails = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.eml'))
    .map((name) => readFileSync(join(folder, name)));
  assert.ok(mails.length >= 8);
  const sent: Buffer[] = [...mails];
  for (let number = 0; number < 600; number++) {
    sent.push(Buffer.from(`Subject: ${number}\r\n\r\n${randomBytes(number * 7).toString('base64')}\r\n`));
  }
  await Promise.all(sent.map((octets, number) => dovecot.deliver('many', octets, numbered(number))));
  const mailbox = await opened(urlOf('many'));
  const began = performance.now();
  const items = await allOf(mailbox.messages());
  t.diagnostic(`${items.length} messages in ${Math.round(performance.now() - began)} ms`);
  const found = messagesOf(items);
  assert.equal(found.length, sent.length);
  assert.ok(found.every(({ uid }, at) => at === 0 || uid > (found[at - 1]?.uid ?? 0)));
  const hashes = await Promise.all(found.map(async (one) => hash(await octetsOf(one))));
  assert.deepEqual([...hashes].sort(), sent.map((octets) => hash(asSent(octets))).sort());
  const [first] = found;
  assert.ok(first?.internalDate !== undefined && Math.abs(first.internalDate - Date.now() / 1000) < 600);

  const last = found.at(-100);
  assert.ok(last !== undefined);
  const rest = await allOf(mailbox.messages({ uidValidity: mailbox.uidValidity, lastUid: last.uid }));
  assert.equal(rest.length, 99);
  const none = await allOf(mailbox.messages({ uidValidity: mailbox.uidValidity, lastUid: found.at(-1)?.uid ?? 0 }));
  assert.deepEqual(none, []);
  const other = await allOf(mailbox.messages({ uidValidity: mailbox.uidValidity + 1, lastUid: last.uid }));
  assert.equal(other.length, sent.length, 'another UIDVALIDITY starts over');
  const beyond = await allOf(mailbox.messages({ uidValidity: mailbox.uidValidity, lastUid: 4_000_000_000 }));
  assert.equal(beyond.length, sent.length, 'a UID that was never given is no position');
  await mailbox.close();
  const flags = await dovecot.doveadm('fetch', '-u', 'many', 'flags', 'mailbox', 'INBOX');
  assert.doesNotMatch(flags, /Seen/);
});

test('NUL, 8-bit and 0x80 come as they were delivered', { skip }, async () => {
  const every = Buffer.concat([Buffer.from('Subject: every octet\r\n\r\n'), Buffer.from([...octetsWithoutLineEnds()])]);
  const dashes = Buffer.from('Subject: \u2013 \u2014\r\n\r\n\u00e4\u20ac\u2013\u0000\r\n');
  const coded = Buffer.from(
    'MIME-Version: 1.0\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\nX-Dash: \u2013\r\n\r\naGFsbG8K\r\n',
  );
  const sent = [every, dashes, coded];
  for (const [number, octets] of sent.entries()) await dovecot.deliver('anna', octets, numbered(number));
  for (const url of [urlOf('anna'), urlOf('anna', { port: dovecot.imap, tls: 'required' })]) {
    const mailbox = await opened(url);
    const found = messagesOf(await allOf(mailbox.messages()));
    const contents = await Promise.all(found.map(octetsOf));
    assert.deepEqual(contents.map(hash).sort(), sent.map(hash).sort());
    assert.deepEqual(found.map(({ size }) => size).sort(), sent.map(({ length }) => length).sort());
    await mailbox.close();
  }
});

function* octetsWithoutLineEnds(): Generator<number> {
  for (let octet = 0; octet < 256; octet++) if (octet !== 10 && octet !== 13) yield octet;
}

test(
  'a message of 50 MB is read in pieces; one above the limit is passed over with a sentence',
  { skip },
  async (t) => {
    const line = Buffer.from(`${'x'.repeat(70)}\u00e4\r\n`);
    const large = Buffer.concat([Buffer.from('Subject: large\r\n\r\n'), Buffer.alloc(50_000_000, line)]);
    await dovecot.deliver('large', simple('before'), numbered(1));
    await dovecot.deliver('large', large, numbered(2));
    await dovecot.deliver('large', simple('after'), numbered(3));
    const mailbox = await opened(urlOf('large'));
    const began = performance.now();
    const found = messagesOf(await allOf(mailbox.messages()));
    t.diagnostic(`${Math.round(performance.now() - began)} ms`);
    assert.equal(found.length, 3);
    const middle = found.find(({ size }) => size > 1_000_000);
    assert.ok(middle !== undefined);
    assert.equal(middle.size, asSent(large).length);
    assert.equal(hash(await octetsOf(middle)), hash(asSent(large)));
    for await (const piece of middle.octets) assert.ok(piece.length <= 1024 * 1024);
    await mailbox.close();

    const limited = await opened(urlOf('large'), { maxOctets: 10_000_000 });
    const items = await allOf(limited.messages());
    assert.deepEqual(items.map(({ kind }) => kind).sort(), ['message', 'message', 'skipped']);
    const skipped = items.find((item) => item.kind === 'skipped');
    assert.ok(skipped?.kind === 'skipped');
    assert.match(skipped.why, /^Message 2 has 47\.7 MiB, more than the limit of 9\.6 MiB, and is passed over\./);
    await limited.close();
  },
);

test('messages are marked or moved when they have been taken, and only then', { skip }, async () => {
  for (const user of ['moves', 'seen']) {
    for (let number = 0; number < 5; number++) await dovecot.deliver(user, simple(`${number}`), numbered(number));
  }
  const missingFolder = await faultOf(urlOf('moves'), { ...trusted(), done: { kind: 'move', folder: 'Archive' } });
  assert.equal(missingFolder.kind, 'no-target');
  assert.match(missingFolder.text, /^There is no folder Archive .* There is: INBOX\.$/);

  const count = async (user: string, ...query: readonly string[]): Promise<number> =>
    (await dovecot.doveadm('search', '-u', user, ...query)).split('\n').filter(Boolean).length;
  await dovecot.doveadm('mailbox', 'create', '-u', 'moves', 'Archive');
  const moving = await opened(urlOf('moves'), { done: { kind: 'move', folder: 'Archive' } });
  let taken = 0;
  for await (const item of moving.messages()) {
    assert.equal(item.kind, 'message');
    if (++taken === 3) break;
  }
  assert.equal(await count('moves', 'mailbox', 'Archive', 'all'), 2, 'the third was in the hands of a reader who left');
  assert.equal(await count('moves', 'mailbox', 'INBOX', 'all'), 3);
  await allOf(moving.messages());
  await moving.close();
  assert.equal(await count('moves', 'mailbox', 'Archive', 'all'), 5);

  const marking = await opened(urlOf('seen'), { done: { kind: 'seen' } });
  assert.equal((await allOf(marking.messages())).length, 5);
  await marking.close();
  assert.equal(await count('seen', 'mailbox', 'INBOX', 'seen'), 5);
});

test('a message that somebody else deletes in the middle is nobody\u2019s loss', { skip }, async () => {
  for (let number = 0; number < 4; number++) {
    await dovecot.deliver('pieces', `${simple('x')}${'y'.repeat(3_000_000)}\r\n`, numbered(number));
  }
  const mailbox = await opened(urlOf('pieces'));
  const kinds: string[] = [];
  for await (const item of mailbox.messages()) {
    if (kinds.length === 0) await dovecot.doveadm('expunge', '-u', 'pieces', 'mailbox', 'INBOX', 'uid', '3');
    kinds.push(item.kind === 'message' ? `${item.uid}` : item.kind);
  }
  assert.deepEqual(kinds, ['1', '2', '4']);
  await mailbox.close();
});

test('why a mailbox cannot be opened is an outcome with a sentence', { skip }, async () => {
  const wrong = await faultOf(urlOf('anna', { login: { user: 'anna', password: 'not-this-one' } }));
  assert.equal(wrong.kind, 'password');
  assert.match(wrong.text, /refuses this user and password\. It says: Authentication failed\. Check both/);
  assert.doesNotMatch(wrong.text, /anna|not-this/);

  const absent = await faultOf(urlOf('anna', { mailbox: 'Reports' }));
  assert.equal(absent.kind, 'no-mailbox');
  assert.match(absent.text, /^There is no mailbox Reports on 127\.0\.0\.1:\d+\..* There is: INBOX\.$/);

  const untrusted = await faultOf(urlOf('anna'), { timeoutMs: 5000 });
  assert.equal(untrusted.kind, 'certificate');
  assert.match(untrusted.text, /is not trusted: it is self-signed\. .*--ca/);
  const later = await faultOf(urlOf('anna', { port: dovecot.imap, tls: 'required' }), { timeoutMs: 5000 });
  assert.equal(later.kind, 'certificate');
  const name = await faultOf(urlOf('anna', { host: '127.0.0.2' }));
  assert.ok(name.kind === 'unreachable' || name.kind === 'certificate');

  assert.equal((await faultOf(urlOf('anna', { port: dovecot.imap }))).kind, 'no-tls');
  const silent = await faultOf(urlOf('anna', { tls: 'optional' }), { timeoutMs: 500 });
  assert.equal(silent.kind, 'unreachable');
  const nobody = await faultOf(urlOf('anna', { port: 1 }));
  assert.equal(nobody.kind, 'unreachable');
  assert.match(nobody.text, /^127\.0\.0\.1, port 1: no server listens there\.$/);

  const plain = await startDovecot({ users: { anna: password }, startTls: false });
  try {
    const clear = await faultOf(urlOf('anna', { port: plain.imap, tls: 'required' }));
    assert.equal(clear.kind, 'no-tls');
    assert.match(clear.text, /offers no TLS, and the password would go over the network in clear/);
    assert.doesNotMatch(await plain.log(), /Logged in|auth failed/i);
    const loopback = await opened(urlOf('anna', { port: plain.imap, tls: 'optional' }));
    await loopback.close();
  } finally {
    await plain.stop();
  }
});

interface Following {
  readonly subjects: readonly string[];
  readonly notices: readonly string[];
  readonly times: readonly number[];
  until(ready: () => boolean, what: string): Promise<void>;
  end(): Promise<void>;
}

/** Follows in the background. */
function following(url: ImapUrl, more: Partial<FollowOptions> = {}): Following {
  const subjects: string[] = [];
  const notices: string[] = [];
  const times: number[] = [];
  const stop = new AbortController();
  const world = { now: () => performance.now(), randomBytes: (count: number) => randomBytes(count) };
  const items = followMailbox(url, {
    ...trusted(),
    signal: stop.signal,
    world,
    firstPauseMs: 50,
    maxPauseMs: 200,
    ...more,
  });
  const running = (async () => {
    for await (const item of items) {
      if (item.kind === 'message') {
        subjects.push(/^Subject: (.*)\r$/m.exec((await octetsOf(item)).toString('latin1'))?.[1] ?? '');
        times.push(performance.now());
      } else notices.push(item.kind === 'notice' ? item.text : JSON.stringify(item));
    }
  })();
  return {
    subjects,
    notices,
    times,
    async until(ready, what) {
      const limit = performance.now() + 10_000;
      while (!ready()) {
        if (performance.now() > limit) assert.fail(`${what}: ${JSON.stringify({ subjects, notices })}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    async end() {
      stop.abort();
      await running;
    },
  };
}

test(
  'IDLE tells of a new message in under a second; it goes on when the mailbox is opened again',
  { skip },
  async (t) => {
    await dovecot.deliver('follow', simple('first'), numbered(1));
    const one = following(urlOf('follow'), { reopenMs: 700 });
    try {
      await one.until(() => one.subjects.length === 1, 'the first message');
      const delays: number[] = [];
      for (let number = 2; number < 6; number++) {
        await new Promise((resolve) => setTimeout(resolve, 300));
        const began = performance.now();
        await dovecot.deliver('follow', simple(`${number}`), numbered(number));
        await one.until(() => one.subjects.length === number, `message ${number}`);
        delays.push((one.times.at(-1) ?? 0) - began);
      }
      t.diagnostic(`noticed after ${delays.map(Math.round).join(', ')} ms`);
      assert.ok(Math.max(...delays) < 1000, `${delays}`);
      assert.deepEqual(one.subjects, ['first', '2', '3', '4', '5']);
      assert.deepEqual(one.notices, []);
    } finally {
      await one.end();
    }
    // From where it was left.
    const again = following(urlOf('follow'), { since: { uidValidity: 1, lastUid: 4 } });
    await again.until(() => again.subjects.length === 5, 'all of them, as that UIDVALIDITY is not this one');
    await again.end();
    assert.match(again.notices.join(), /UIDVALIDITY/);
  },
);

test('a server without IDLE is asked', { skip }, async () => {
  const dull = await startDovecot({ users: { anna: password }, capability: 'IMAP4rev1 UIDPLUS' });
  const one = following(urlOf('anna', { port: dull.imaps }), { ca: [dull.ca], pollMs: 100 });
  try {
    await new Promise((resolve) => setTimeout(resolve, 300));
    await dull.deliver('anna', simple('one'), numbered(1));
    await one.until(() => one.subjects.length === 1, 'one');
    await dull.deliver('anna', simple('two'), numbered(2));
    await one.until(() => one.subjects.length === 2, 'two');
    assert.deepEqual(one.notices, []);
    assert.doesNotMatch(await dull.log(), /IDLE/);
  } finally {
    await one.end();
    await dull.stop();
  }
});

test('a mailbox that is deleted in the middle and made again is read from its beginning', { skip }, async () => {
  await dovecot.deliver('gone', simple('old 1'), numbered(1), 'Reports');
  await dovecot.deliver('gone', simple('old 2'), numbered(2), 'Reports');
  const one = following(urlOf('gone', { mailbox: 'Reports' }));
  try {
    await one.until(() => one.subjects.length === 2, 'the old ones');
    await dovecot.doveadm('mailbox', 'delete', '-u', 'gone', '-s', 'Reports');
    await one.until(() => one.notices.some((text) => text.includes('There is no mailbox Reports')), 'it is gone');
    await dovecot.doveadm('mailbox', 'create', '-u', 'gone', 'Reports');
    await dovecot.deliver('gone', simple('new 1'), numbered(3), 'Reports');
    await one.until(() => one.subjects.length === 3, 'the new one');
    await dovecot.deliver('gone', simple('new 2'), numbered(4), 'Reports');
    await one.until(() => one.subjects.length === 4, 'and what comes after');
    assert.deepEqual(one.subjects, ['old 1', 'old 2', 'new 1', 'new 2']);
    assert.match(one.notices.join('\n'), /is open again[^]*UIDVALIDITY is another one/);
    assert.ok(one.notices.length <= 5, one.notices.join('\n'));
  } finally {
    await one.end();
  }
});

test('a server that goes and comes back: nothing lost, nothing doubled', { skip }, async () => {
  for (let number = 0; number < 20; number++) await dovecot.deliver('killed', simple(`${number}`), numbered(number));
  const one = following(urlOf('killed'));
  try {
    await one.until(() => one.subjects.length === 20, 'twenty');
    for (let round = 0; round < 2; round++) {
      await dovecot.kill();
      const before = one.notices.length;
      for (let number = 0; number < 5; number++) {
        const at = 20 + round * 5 + number;
        await dovecot.deliver('killed', simple(`${at}`), numbered(at));
      }
      await one.until(() => one.notices.slice(before).some((text) => text.includes('no server listens')), 'it is told');
      await dovecot.start();
      await one.until(() => one.subjects.length === 25 + round * 5, 'those that came meanwhile');
    }
    const all = Array.from({ length: 30 }, (_, number) => `${number}`);
    assert.deepEqual([...one.subjects].sort(), [...all].sort());
    assert.ok(one.notices.some((text) => text.includes('It is tried again until it works.')));
  } finally {
    await one.end();
  }
});

test(
  'what only a person can change ends it at the beginning; the signal ends it without a word',
  { skip },
  async () => {
    const wrong = following(urlOf('anna', { login: { user: 'anna', password: 'wrong' } }));
    await wrong.until(() => wrong.notices.length === 1, 'told');
    assert.match(wrong.notices.join(), /"failed".*"password"/);
    await wrong.end();

    for (let number = 0; number < 3; number++) await dovecot.deliver('aborts', simple(`${number}`), numbered(number));
    const stop = new AbortController();
    const world = { now: () => performance.now(), randomBytes: (count: number) => randomBytes(count) };
    let count = 0;
    const began = performance.now();
    const options: FollowOptions = { ...trusted(), signal: stop.signal, world, done: { kind: 'seen' } };
    for await (const item of followMailbox(urlOf('aborts'), options)) {
      assert.equal(item.kind, 'message');
      count++;
      if (count === 2) stop.abort();
    }
    assert.equal(count, 2);
    assert.ok(performance.now() - began < 3000);
    const marked = await dovecot.doveadm('search', '-u', 'aborts', 'mailbox', 'INBOX', 'seen');
    assert.equal(marked.split('\n').filter(Boolean).length, 2, 'both had been taken');
  },
);

test('a server that is killed while a message is in somebody\u2019s hands', { skip }, async () => {
  for (let number = 0; number < 4; number++) {
    await dovecot.deliver('hands', `${simple(`${number}`)}${'y'.repeat(3_000_000)}\r\n`, numbered(number));
  }
  const stop = new AbortController();
  const world = { now: () => performance.now(), randomBytes: (count: number) => randomBytes(count) };
  const options: FollowOptions = { ...trusted(), signal: stop.signal, world, firstPauseMs: 50, maxPauseMs: 200 };
  const uids: number[] = [];
  const notices: string[] = [];
  let restarted: Promise<void> | undefined;
  for await (const item of followMailbox(urlOf('hands'), options)) {
    if (item.kind === 'message') uids.push(item.uid);
    else notices.push(item.kind === 'notice' ? item.text : item.kind);
    if (uids.length === 2 && restarted === undefined) {
      await dovecot.kill();
      restarted = new Promise((resolve) => setTimeout(resolve, 300)).then(() => dovecot.start());
    }
    if (uids.length === 4) stop.abort();
  }
  await restarted;
  assert.deepEqual(uids, [1, 2, 3, 4]);
  assert.match(notices[0] ?? '', /^The connection to INBOX on 127\.0\.0\.1:\d+ ended in the middle\./);
});
