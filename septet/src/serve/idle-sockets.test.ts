import assert from 'node:assert/strict';
import { test } from 'node:test';
import { idleSockets } from './idle-sockets.ts';

test('a connection ends when nothing moved for so long, in either direction, and not before', () => {
  let clock = 0;
  const ended: string[] = [];
  const socket = (name: string) => ({ bytesRead: 0, bytesWritten: 0, destroy: () => void ended.push(name) });
  const idle = idleSockets(100, () => clock);
  const [silent, reads, writes, gone] = [socket('silent'), socket('reads'), socket('writes'), socket('gone')];
  for (const one of [silent, reads, writes, gone]) idle.add(one);
  idle.delete(gone);
  for (clock = 30; clock <= 90; clock += 30) {
    reads.bytesRead++;
    writes.bytesWritten++;
    idle.look();
  }
  assert.deepEqual(ended, []);
  clock = 120;
  idle.look();
  assert.deepEqual(ended, ['silent']);
  idle.delete(silent);
  clock = 189;
  idle.look();
  assert.deepEqual(ended, ['silent']);
  clock = 190;
  idle.look();
  assert.deepEqual(ended, ['silent', 'reads', 'writes']);
});
