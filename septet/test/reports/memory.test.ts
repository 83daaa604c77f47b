/** How much memory reading takes, measured in a process of its own. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createGzip } from 'node:zlib';
import { messagesOf, reportPieces } from '../../scripts/make-reports.ts';

const bench = path.resolve(import.meta.dirname, '../../scripts/bench-reports.ts');

function fileIn(t: TestContext, name: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'septet-memory-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return path.join(folder, name);
}

interface Measured {
  readonly rows: number;
  readonly messages: number;
  readonly peakMb: number;
  readonly refused: readonly string[];
}

function measure(file: string): Measured {
  const { stdout, stderr } = spawnSync(process.execPath, [bench, '--measure', file], { encoding: 'utf8' });
  assert.notEqual(stdout, '', stderr);
  return JSON.parse(stdout) as Measured;
}

test('a report of 100,000 rows in gzip is read in less than 200 MB, every row counted', async (t) => {
  const file = fileIn(t, 'report.xml.gz');
  const wanted = { rows: 100_000, form: '7489' } as const;
  await pipeline(Readable.from(reportPieces(wanted)), createGzip({ level: 1 }), createWriteStream(file));
  const { rows, messages, peakMb, refused } = measure(file);
  assert.deepEqual([rows, messages, refused], [wanted.rows, messagesOf(wanted), []]);
  assert.ok(peakMb < 200, `${peakMb} MB`);
});

test('a bomb of 500 MB in gzip is refused in less than 200 MB', async (t) => {
  const file = fileIn(t, 'bomb.gz');
  function* blanks(): Generator<Buffer> {
    yield Buffer.from('<feedback>');
    for (let i = 0; i < 500; i++) yield Buffer.alloc(1_000_000, '<a></a> ');
  }
  await pipeline(Readable.from(blanks()), createGzip({ level: 1 }), createWriteStream(file));
  const { rows, peakMb, refused } = measure(file);
  assert.deepEqual([rows, refused], [0, ['limit']]);
  assert.ok(peakMb < 200, `${peakMb} MB`);
});
