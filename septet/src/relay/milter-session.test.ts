/** The milter as a mail server sees it, frame by frame. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import { frame, frameReader, steps, uint32, type Frame } from './milter-frames.ts';
import { milterSession, type MilterOptions } from './milter-session.ts';
import type { RelayEvent } from './relay-log.ts';
import type { Rewriting } from './rewriting.ts';
import { room } from './room.ts';

const told = { links: 1, signed: false, notes: [] } as const;
const shouting: Rewriting = {
  concerns: (header) => Buffer.from(header).includes('ours'),
  rewrite: async (octets) => {
    const text = Buffer.from(octets).toString('latin1');
    if (text.includes('BAD')) return { octets, told: { ...told, kind: 'failed' } };
    if (text.includes('same')) return { octets, told: { ...told, kind: 'untouched' } };
    const changed = `X-New: 1\r\n${text.replace('Subject: a', 'Subject: A').replace('body', 'BODY')}`;
    return { octets: Buffer.from(changed, 'latin1'), told: { ...told, kind: 'rewritten' } };
  },
};

function session(options: Partial<MilterOptions> = {}) {
  const events: RelayEvent[] = [];
  const memory = room(100_000);
  const one = milterSession({
    rewriting: shouting,
    maxOctets: 10_000,
    room: memory,
    onFault: 'accept',
    log: (event) => void events.push(event),
    ...options,
  });
  /** The answers to a frame as text: letter and data. */
  const say = async (letter: string, data: string | Uint8Array = ''): Promise<readonly string[]> => {
    const { out, end } = await one.take({ letter, data: Buffer.from(data as string, 'latin1') });
    const frames = frameReader().read(Buffer.concat(out)) ?? [];
    return [...frames.map((each) => `${each.letter}${each.data.toString('latin1')}`), ...(end ? ['END'] : [])];
  };
  const offer = (protocol: number, actions = 0x1ff, version = 6): Promise<readonly string[]> =>
    say('O', Buffer.concat([uint32(version), uint32(actions), uint32(protocol)]));
  return { say, offer, events, memory, close: one.close };
}

const all = 0x1fffff;

test('two messages on one connection: changed, and as it was', async () => {
  const { say, offer, events, memory } = session();
  const [answer = ''] = await offer(all);
  assert.equal(answer[0], 'O');
  const chosen = Buffer.from(answer.slice(1), 'latin1').readUInt32BE(8);
  assert.ok((chosen & steps.leadingSpace) !== 0 && (chosen & steps.noReplyHeader) !== 0);
  assert.deepEqual(await say('D', 'Mi\0id\0'), []);
  assert.deepEqual(await say('M', '<a@ours.test>\0SIZE=1\0'), []);
  assert.deepEqual(await say('R', '<b@x.test>\0'), []);
  assert.deepEqual(await say('L', 'From\0 a@ours.test\0'), []);
  assert.deepEqual(await say('L', 'Subject\0 a\n\tb\0'), []);
  assert.deepEqual(await say('N'), ['c']);
  assert.deepEqual(await say('B', 'the bo'), ['c']);
  assert.deepEqual(await say('B', 'dy\r\n'), ['c']);
  assert.deepEqual(await say('E'), ['m\0\0\0\x01Subject\0 A\n\tb\0', 'i\0\0\0\0X-New\0 1\0', 'bthe BODY\r\n', 'c']);
  assert.equal(memory.used(), 0);
  await say('M', '<>\0');
  await say('L', 'From\0 a@ours.test\0');
  await say('L', 'Subject\0 same\0');
  await say('N');
  assert.deepEqual(await say('E', 'the body\r\n'), ['c']);
  await say('M', '<>\0');
  await say('L', 'From\0 a@theirs.test\0');
  assert.deepEqual(await say('N'), ['a']);
  await say('M', '<>\0');
  await say('L', 'From\0 a@ours.test\0');
  assert.deepEqual(await say('A'), []);
  assert.equal(memory.used(), 0);
  assert.deepEqual(await say('Q'), ['END']);
  assert.deepEqual(
    events.map((event) => event.event === 'message' && [event.outcome, event.rewriting.kind]),
    [
      ['accepted', 'rewritten'],
      ['accepted', 'untouched'],
    ],
  );
});

test('a server that keeps the blank to itself, and waits for every answer', async () => {
  const { say, offer } = session();
  await offer(0);
  assert.deepEqual(await say('C', 'host\x004\0\x19127.0.0.1\0'), ['c']);
  assert.deepEqual(await say('M', '<a@ours.test>\0'), ['c']);
  assert.deepEqual(await say('R', '<b@x.test>\0'), ['c']);
  assert.deepEqual(await say('L', 'From\0a@ours.test\0'), ['c']);
  assert.deepEqual(await say('L', 'Subject\0a\0'), ['c']);
  assert.deepEqual(await say('N'), ['c']);
  assert.deepEqual(await say('E', 'body'), ['m\0\0\0\x01Subject\0A\0', 'i\0\0\0\0X-New\x001\0', 'bBODY', 'c']);
});

for (const onFault of ['accept', 'tempfail'] as const) {
  test(`what cannot be rewritten, or is too large: ${onFault}`, async () => {
    const wanted = onFault === 'accept' ? 'c' : 't';
    const { say, offer, events, memory } = session({ onFault });
    await offer(all);
    await say('M', '<>\0');
    await say('L', 'From\0 a@ours.test\0');
    await say('N');
    assert.deepEqual(await say('E', 'BAD'), [wanted]);
    await say('M', '<>\0');
    await say('L', 'From\0 a@ours.test\0');
    await say('N');
    assert.deepEqual(await say('B', 'x'.repeat(9000)), ['c']);
    assert.deepEqual(await say('B', 'x'.repeat(9000)), ['s']);
    assert.deepEqual(await say('E'), [wanted]);
    assert.equal(memory.used(), 0);
    assert.equal(events.filter((event) => event.event === 'message' && event.rewriting.kind === 'failed').length, 2);
    const broken = session({
      onFault,
      rewriting: {
        ...shouting,
        rewrite: async () => {
          throw new Error('a bug');
        },
      },
    });
    await broken.offer(all);
    await broken.say('M', '<>\0');
    await broken.say('L', 'From\0 a@ours.test\0');
    await broken.say('N');
    assert.deepEqual(await broken.say('E'), [wanted]);
    assert.ok(broken.events.some(({ event }) => event === 'fault'));
  });
}

test('a server that is too old or forbids changes, and letters that are none, end the connection', async () => {
  assert.deepEqual(await session().offer(all, 0x1ff, 2), ['END']);
  assert.deepEqual(await session().offer(all, 0x01), ['END']);
  assert.deepEqual(await session().say('O', 'x'), ['END']);
  assert.deepEqual(await session().say('Z'), ['END']);
});

test('frames are read in any pieces; what are none are refused', () => {
  const frames = fc.array(fc.record({ letter: fc.constantFrom('L', 'B', 'E'), text: fc.string({ maxLength: 40 }) }));
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 9 })), (all, cuts) => {
      const octets = Buffer.concat(all.map(({ letter, text }) => frame(letter, Buffer.from(text))));
      const reader = frameReader();
      const read: Frame[] = [];
      for (let at = 0, index = 0; at < octets.length; index++) {
        const size = cuts[index % Math.max(1, cuts.length)] ?? 5;
        read.push(...(reader.read(octets.subarray(at, at + size)) ?? []));
        at += size;
      }
      assert.deepEqual(
        read.map(({ letter, data }) => ({ letter, text: data.toString('utf8') })),
        all.map(({ letter, text }) => ({ letter, text })),
      );
    }),
  );
  assert.equal(frameReader().read(Buffer.from('GET / HTTP/1.1\r\n')), undefined);
  assert.equal(frameReader().read(Buffer.from([0, 0, 0, 0, 1])), undefined);
});

test('whatever frames come, no answer is more than a frame of the protocol, and memory is given back', async () => {
  const letters = fc.constantFrom('O', 'M', 'R', 'L', 'N', 'B', 'E', 'A', 'D', 'K', 'T');
  const any = fc.array(fc.record({ letter: letters, data: fc.string({ unit: 'binary', maxLength: 30 }) }), {
    maxLength: 20,
  });
  await fc.assert(
    fc.asyncProperty(any, async (frames) => {
      const { say, memory, close, offer } = session();
      await offer(all);
      for (const { letter, data } of frames) {
        // oxlint-disable-next-line no-await-in-loop -- frames in their order
        for (const answer of await say(letter, data)) assert.match(answer, /^([Ocasthmib]|END)/);
      }
      close();
      assert.equal(memory.used(), 0);
    }),
    { numRuns: 300 },
  );
});
