/** What the intake stores of mails and files, and for whom it vouches: on a real SQLite, with signatures made here. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dnsName } from '../../src/dns/name.ts';
import { parseHeader } from '../../src/mail/parse-header.ts';
import { verifyDkim } from '../../src/proof/dkim/verify.ts';
import { openIntake } from '../../src/watch/intake/intake.ts';
import type { IntakeItem } from '../../src/watch/intake/intake-item.ts';
import { Unreadable } from '../../src/watch/intake/unreadable.ts';
import { zoneWorld, zoneWorldNow } from '../zone-world.ts';
import { example, item, open, put, query, wordsOf, zone } from './intake-desk.ts';
import { failureMail, gz, mail, signed, signedInPart, tlsJson, xml } from './intake-mail.ts';

test('a signature of the reporter vouches; without one, or with a stranger, nobody does', async (t) => {
  const opened = await open(t);
  const report = (id: string, more: object = {}) => gz(xml({ id, ...more }));
  assert.deepEqual(
    await put(
      opened,
      mail({ signer: 'receiver.example', attachment: report('good') }),
      mail({ attachment: report('unsigned') }),
      mail({ signer: 'evil.example', attachment: report('not-aligned') }),
      mail({ from: 'a@evil.example', signer: 'evil.example', attachment: report('forged') }),
      mail({
        from: 'a@evil.example',
        signer: 'evil.example',
        attachment: report('as-google', { reporter: 'google.com' }),
      }),
      mail({
        from: 'a@evil.example',
        signer: 'evil.example',
        attachment: report('as-other', { reporter: 'other.example' }),
      }),
      mail({
        from: 'a@mail.microsoft.com',
        signer: 'microsoft.com',
        attachment: report('ms', { reporter: 'Outlook.com' }),
      }),
      report('file'),
    ),
    [
      'stored good authenticated',
      'stored unsigned unauthenticated: no signature of receiver.example holds on the mail that carried it',
      'stored not-aligned unauthenticated: no signature of receiver.example holds on the mail that carried it',
      'stored forged unauthenticated: evil.example signed the mail that carried it, and its contact is at receiver.example',
      'stored as-google unauthenticated: evil.example signed the mail that carried it, and it says that it is of Google',
      'stored as-other unauthenticated: evil.example signed the mail that carried it, and its contact is at receiver.example',
      'stored ms authenticated',
      'stored file file',
    ],
  );
  const days = await opened.store.reports.tally(query(example), 'day');
  const all = await opened.store.reports.tally({ ...query(example), unauthenticated: true }, 'day');
  const [messages, more] = [days, all].map((lines) => lines.reduce((sum, line) => sum + line.messages, 0));
  // Three of eight count; all have the same rows.
  assert.equal(messages! * 8, more! * 3);
  assert.equal(opened.intake.summary().unauthenticated, 5);
});

test('a mail that was altered proves nothing', async (t) => {
  const opened = await open(t);
  const good = mail({ signer: 'receiver.example', attachment: gz(xml({ id: 'altered' })) });
  const altered = Buffer.concat([good, Buffer.from('\r\nmore\r\n')]);
  assert.match((await put(opened, altered))[0] ?? '', /^stored altered unauthenticated/);
});

test('a signature over the beginning of the body alone does not vouch for what follows (l=)', async (t) => {
  const opened = await open(t);
  const octets = signedInPart('receiver.example', xml({ id: 'behind' }));
  const outcomes = await verifyDkim(
    { header: parseHeader(octets), body: octets.subarray(parseHeader(octets).octets) },
    zoneWorld(zone),
    zoneWorldNow,
  );
  assert.deepEqual(
    outcomes.map(({ result }) => result),
    ['pass'],
    'the signature itself holds',
  );
  assert.match(
    (await put(opened, octets))[0] ?? '',
    /^stored behind unauthenticated: no signature of receiver\.example/,
  );
});

test('who imports may vouch', async (t) => {
  const opened = await open(t, {
    allowUnauthenticated: true,
    failures: [['s._domainkey.receiver.example', 'TXT', 'timeout']],
  });
  assert.deepEqual(
    await put(
      opened,
      mail({ attachment: gz(xml({ id: 'unsigned' })) }),
      mail({ signer: 'receiver.example', attachment: gz(xml({ id: 'no-key' })) }),
    ),
    ['stored unsigned file', 'stored no-key file'],
  );
});

test('a key that cannot be looked up: nothing is stored, and it comes in later', async (t) => {
  const opened = await open(t, { failures: [['s._domainkey.receiver.example', 'TXT', 'servfail']] });
  const octets = mail({ signer: 'receiver.example', attachment: gz(xml({ id: 'later' })) });
  assert.equal(await opened.intake.take(item(octets)), 'postponed');
  await opened.intake.settle();
  assert.deepEqual(opened.events.map(wordsOf), ['postponed']);
  assert.deepEqual(await opened.store.reports.list({ ...query(example), unauthenticated: true }, 10), []);
  assert.equal(opened.intake.summary().postponed, 1);
  const again = openIntake({
    store: opened.store,
    world: zoneWorld(zone),
    domains: new Set([example]),
    keepFailures: 'no',
    allowUnauthenticated: false,
    signal: new AbortController().signal,
    patienceSeconds: 0,
    tell: (event) => void opened.events.push(event),
  });
  assert.deepEqual(await put({ ...opened, intake: again }, octets), ['stored later authenticated']);
});

test('a report on older days does not wait for a key for ever', async (t) => {
  const opened = await open(t, { failures: [['s._domainkey.receiver.example', 'TXT', 'servfail']] });
  const old = xml({ id: 'old' }).replaceAll('1795', '1790');
  assert.deepEqual(await put(opened, mail({ signer: 'receiver.example', attachment: gz(old) })), [
    'stored old unauthenticated: the DKIM key of receiver.example could not be looked up',
  ]);
});

test('messages of a mailbox file are each checked; one attached to another is not vouched for', async (t) => {
  const opened = await open(t);
  const one = mail({ signer: 'receiver.example', attachment: gz(xml({ id: 'one' })) }).toString('latin1');
  const two = mail({ attachment: gz(xml({ id: 'two' })) }).toString('latin1');
  const mbox = [one, two].map((text) => `From x Fri Nov 20 00:00:00 2026\n${text.replaceAll('\r\n', '\n')}\n`).join('');
  assert.deepEqual(await put(opened, mbox), [
    'stored one authenticated',
    'stored two unauthenticated: no signature of receiver.example holds on the mail that carried it',
  ]);
  const inner = mail({ signer: 'receiver.example', attachment: gz(xml({ id: 'inner' })) });
  assert.deepEqual(
    await put(opened, mail({ signer: 'receiver.example', attachment: inner, type: 'application/octet-stream' })),
    ['stored inner unauthenticated: it came attached to another message'],
  );
  const forwarded = signed(
    `From: <a@evil.example>\r\nMIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\n${mail({ signer: 'receiver.example', attachment: gz(xml({ id: 'forwarded' })) }).toString('latin1')}`,
    'evil.example',
  );
  assert.deepEqual(await put(opened, forwarded), [
    'stored forwarded unauthenticated: evil.example signed the mail that carried it, and its contact is at receiver.example',
  ]);
});

test('each report counts once, whatever carries it; another content under the same id does not count', async (t) => {
  const opened = await open(t);
  const text = xml({ id: 'one' });
  assert.deepEqual(
    await put(opened, text, gz(text), gz(gz(text).toString('latin1') && text), xml({ id: 'one', seed: 2 })),
    ['stored one file', 'duplicate one true', 'duplicate one true', 'duplicate one false'],
  );
  const { aggregate, duplicates, differing, rows } = opened.intake.summary();
  assert.deepEqual({ aggregate, duplicates, differing, rows }, { aggregate: 1, duplicates: 2, differing: 1, rows: 10 });
});

test('domains that are not configured are kept apart, those below a configured one too', async (t) => {
  const opened = await open(t);
  await put(
    opened,
    xml({ id: 'a', domain: 'other.example' }),
    xml({ id: 'b', domain: 'news.example.com' }),
    xml({ id: 'c' }),
  );
  const { domains, foreign } = opened.intake.summary();
  assert.deepEqual(
    [[...domains], [...foreign]],
    [
      [['example.com', 1]],
      [
        ['other.example', 1],
        ['news.example.com', 1],
      ],
    ],
  );
  assert.deepEqual(
    (await opened.store.reports.foreign({ since: 0, until: zoneWorldNow })).map(({ domain }) => domain),
    ['news.example.com', 'other.example'],
  );
});

test('a TLS report on two domains counts for each', async (t) => {
  const opened = await open(t, { domains: new Set([example, dnsName('example.net')]) });
  assert.deepEqual(await put(opened, tlsJson('t1', ['example.com', 'example.net', 'other.example'])), [
    'stored t1 file',
    'stored t1 file',
    'stored t1 file',
  ]);
  for (const name of ['example.com', 'example.net']) {
    const [stored, ...more] = await opened.store.reports.tls(query(dnsName(name)));
    assert.deepEqual(more, []);
    assert.deepEqual(
      stored?.report.policies.map(({ policyDomain }) => policyDomain),
      [name],
    );
  }
  assert.equal(opened.intake.summary().sessions, 42 + 43 + 44);
});

test('failure reports: left out, redacted, or whole', async (t) => {
  const opened = await open(t);
  assert.deepEqual(await put(opened, failureMail), ['left out failure-1@receiver.example']);
  for (const [keepFailures, subject] of [
    ['redacted', undefined],
    ['whole', 'a private subject'],
  ] as const) {
    const { store, intake, events } = await open(t, { keepFailures, allowUnauthenticated: true });
    await put({ store, intake, events }, failureMail);
    const [stored] = await store.reports.failures(query(example));
    assert.equal(stored?.report.sourceIp, '192.0.2.77');
    assert.equal(stored?.report.person.subject, subject);
    if (keepFailures === 'redacted') assert.ok(!JSON.stringify(stored).includes('private'));
  }
});

test('refusals are told each time and stored once; a file that cannot be read is told', async (t) => {
  const opened = await open(t);
  const broken: IntakeItem = item('<feedback><record>', 'broken.xml');
  for (let n = 0; n < 3; n++) await opened.intake.take(broken);
  await opened.intake.settle();
  assert.equal(opened.intake.summary().refused, 3);
  assert.equal((await opened.store.reports.refusals({ since: 0, until: Infinity })).length, 1);
  const gone: IntakeItem = {
    origin: 'gone',
    octets() {
      throw new Unreadable('gone cannot be read: the disk fails.');
    },
  };
  assert.equal(await opened.intake.take(gone), 'unreadable');
  assert.equal(opened.intake.summary().unreadable, 1);
});
