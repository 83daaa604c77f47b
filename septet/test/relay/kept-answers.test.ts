/** The marks: a message whose answer the client did not hear goes out once. */
import assert from 'node:assert/strict';
import { readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { openMarks } from '../../src/relay/marks.ts';
import { startCarrier } from '../../src/world/next-carrier.ts';
import { fixedRoute } from '../../src/relay/fixed-route.ts';
import { folder } from '../cli/program.ts';
import { talk } from '../serve/clients.ts';
import { nextServer, placeOf, relay } from './parties.ts';

const begin = 'EHLO c\r\nMAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\n';
const content = 'Subject: 1\r\n\r\n1\r\n.\r\n';

const marksOf = async (t: TestContext) => {
  const place = (await folder(t, {}))('marks');
  return { marks: openMarks(place, Date.now), names: () => readdirSync(place).map((name) => name.slice(41)) };
};

const until = async (done: () => boolean): Promise<void> => {
  const limit = performance.now() + 5000;
  while (!done() && performance.now() < limit) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(done(), 'it did not come about in 5 seconds');
};

async function opened(t: TestContext, port: number) {
  const client = await talk(t, port);
  client.send(begin);
  for (let index = 0; index < 4; index++) await client.reply(); // oxlint-disable-line no-await-in-loop
  return client;
}

test('an answer that was heard leaves nothing; the same message may go out again', async (t) => {
  const next = await nextServer(t);
  const { marks, names } = await marksOf(t);
  const { port } = await relay(t, next.port, { marks });
  const client = await opened(t, port);
  assert.match(await client.say(content), /^250 2\.0\.0 Ok: queued/);
  assert.deepEqual(names(), ['taken']);
  await client.say('NOOP\r\n');
  assert.deepEqual(names(), []);
  const again = await opened(t, port);
  assert.match(await again.say(`${content}QUIT\r\n`), /^250 2\.0\.0 Ok: queued/);
  await again.ended;
  assert.deepEqual(names(), []);
  assert.equal(next.taken.length, 2);
});

test('a client that went away while the next server thought hears of it when it comes again', async (t) => {
  const next = await nextServer(t, { final: () => 'silence' });
  const slow = await nextServer(t, { final: () => '250 2.0.0 Ok' });
  const { marks, names } = await marksOf(t);
  const first = await relay(t, next.port, { marks, answerMs: 200 });
  const client = await opened(t, first.port);
  assert.match(await client.say(content), /^451 4\.4\.2 The next server did not say in time/);
  assert.deepEqual(names(), ['sent']);
  // It is still waited for, so that the client that comes again is to wait as well.
  const again = await opened(t, first.port);
  assert.match(await again.say(content), /^451 4\.4\.2 The next server has this message/);
  assert.equal(next.said.filter((line) => line === 'DATA').length, 1);

  const { marks: others, names: left } = await marksOf(t);
  const gone = await relay(t, slow.port, {
    marks: others,
    rewriting: {
      concerns: () => true,
      rewrite: async (octets) => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        return { octets, told: { kind: 'untouched', links: 0, signed: false, notes: [] } };
      },
    },
  });
  const leaving = await opened(t, gone.port);
  leaving.send(content);
  await new Promise((resolve) => setTimeout(resolve, 30));
  leaving.leave();
  await until(() => slow.taken.length === 1);
  await until(() => left().includes('taken'));
  const back = await opened(t, gone.port);
  assert.match(await back.say(content), /^250 2\.0\.0 Ok: the next server has taken it already/);
  await back.say('QUIT\r\n');
  assert.equal(slow.taken.length, 1);
  assert.deepEqual(left(), []);
});

test('a refusal leaves nothing, and another recipient or text is another message', async (t) => {
  const next = await nextServer(t, { final: () => '554 5.7.1 No' });
  const { marks, names } = await marksOf(t);
  const { port } = await relay(t, next.port, { marks });
  const client = await opened(t, port);
  assert.match(await client.say(content), /^554/);
  assert.deepEqual(names(), []);
  const octets = Buffer.from('x');
  const files = [
    marks.of(octets, 'a', ['b', 'c']),
    marks.of(octets, 'a', ['c', 'b']),
    marks.of(octets, 'a', ['b']),
    marks.of(octets, 'a,b', []),
    marks.of(Buffer.from('y'), 'a', ['b', 'c']),
  ].map(({ file }) => file);
  assert.equal(new Set(files).size, 4);
});

test('a message whose hearer is no more is sent again, and told; old files go', async (t) => {
  const next = await nextServer(t);
  const { marks, names } = await marksOf(t);
  const { port, events } = await relay(t, next.port, { marks });
  const mark = marks.of(Buffer.from('Subject: 1\r\n\r\n1\r\n'), 'a@x.test', ['b@x.test']);
  writeFileSync(`${mark.file}.sent`, '4194400');
  const client = await opened(t, port);
  assert.match(await client.say(content), /^250 2\.0\.0 Ok: queued/);
  assert.ok(events.some((event) => event.event === 'again' && event.standing === 'unsure'));
  const old = new Date(Date.now() - 2 * 86_400_000);
  utimesSync(`${mark.file}.taken`, old, old);
  marks.sweep();
  assert.deepEqual(names(), []);
});

test('the process that speaks with the next server: all goes through it, and its death is a 451', async (t) => {
  const next = await nextServer(t);
  const carrier = startCarrier();
  t.after(carrier.close);
  const { marks, names } = await marksOf(t);
  const route = fixedRoute({ place: placeOf(next.port), name: 'relay.test', openNext: carrier.open });
  const { port } = await relay(t, next.port, { marks, route });
  const client = await opened(t, port);
  const large = `Subject: 1\r\n\r\n${`${'\u00e9'.repeat(70)}\r\n`.repeat(4000)}`;
  client.send(Buffer.from(large, 'latin1'));
  assert.match(await client.say('.\r\n'), /^250/);
  assert.equal(next.taken[0]?.message, large);

  const silent = await nextServer(t, { final: () => 'silence' });
  const doomed = startCarrier();
  t.after(doomed.close);
  const opening = await doomed.open(placeOf(silent.port), 'relay.test');
  assert.ok(opening.kind === 'open');
  const { session } = opening;
  await session.command('MAIL FROM:<a@x.test>');
  await session.command('RCPT TO:<b@x.test>');
  const answer = session.message(Buffer.from('x\r\n'), 10_000);
  await until(() => silent.said.includes('DATA'));
  process.kill(session.pid, 'SIGKILL');
  assert.deepEqual(await answer, { kind: 'lost', why: 'closed' });
  // Another one takes its place.
  const other = await doomed.open(placeOf(next.port), 'relay.test');
  assert.ok(other.kind === 'open' && other.session.pid !== session.pid);
  assert.deepEqual(names(), ['taken']);
});
