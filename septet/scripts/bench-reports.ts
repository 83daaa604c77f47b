/**
 * `npm run bench:reports`: how fast reports are read, and in how much memory. Each measurement runs in a process of its own,
 * so that one's memory is not the other's.
 *
 *     node septet/scripts/bench-reports.ts [--rows 100000] [--many 1000000]
 */
import { spawnSync } from 'node:child_process';
import { createReadStream, createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { createGzip } from 'node:zlib';
import { usualLimits } from '../src/reports/intake.ts';
import { readReports } from '../src/reports/read-reports.ts';
import { messagesOf, reportPieces } from './make-reports.ts';

interface Measured {
  readonly seconds: number;
  readonly rows: number;
  readonly messages: number;
  readonly peakMb: number;
  /** Codes of what was refused. */
  readonly refused: readonly string[];
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const { values } = parseArgs({
  options: { rows: { type: 'string' }, many: { type: 'string' }, measure: { type: 'string' } },
});

if (values.measure !== undefined) say(JSON.stringify(await measure(values.measure)));
else await bench(Number(values.rows ?? 100_000), Number(values.many ?? 1_000_000));

/** Reads one file as the product does. */
async function measure(file: string): Promise<Measured> {
  let rows = 0;
  let messages = 0;
  const refused: string[] = [];
  const from = performance.now();
  await readReports(
    createReadStream(file),
    file,
    {
      begin: () => undefined,
      rows: (batch) => {
        rows += batch.length;
      },
      aggregate: (head) => {
        messages += head.messages;
      },
      tls: () => undefined,
      failure: () => undefined,
      refused: ({ code }) => void refused.push(code),
    },
    { limits: { ...usualLimits, maxOctets: 4e9, maxPlainOctets: 4e9 } },
  );
  return {
    seconds: (performance.now() - from) / 1000,
    rows,
    messages,
    refused,
    peakMb: Math.round(process.resourceUsage().maxRSS / 1024),
  };
}

async function bench(rows: number, many: number): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'septet-bench-'));
  try {
    const xml = path.join(folder, 'report.xml');
    await pipeline(Readable.from(reportPieces({ rows, form: '9990' })), createWriteStream(xml));
    const gz = `${xml}.gz`;
    await pipeline(createReadStream(xml), createGzip(), createWriteStream(gz));
    const zip = path.join(folder, 'report.zip');
    const zipped = spawnSync('zip', ['-q', '-j', zip, xml]).status === 0;
    const plainOctets = statSync(xml).size;
    say(`${rows.toLocaleString('en')} rows, ${mb(plainOctets)} plain, ${mb(statSync(gz).size)} in gzip`);
    const expected = messagesOf({ rows, form: '9990' });
    const speed = show('plain XML', xml, plainOctets, rows, expected);
    show('gzip', gz, plainOctets, rows, expected);
    if (zipped) show('zip', zip, plainOctets, rows, expected);
    else say('zip is left out: the program is not installed');
    beside('xmllint --noout --huge', 'xmllint', ['--noout', '--huge', xml], plainOctets);
    beside('gunzip', 'gzip', ['-dc', gz], plainOctets);
    say(
      `${speed >= 43.2 ? 'met   ' : 'MISSED'} plain XML ${speed.toFixed(1)} MB a second, at least 8 times 5.4 (parsedmarc)`,
    );
    const long = path.join(folder, 'long.xml');
    await pipeline(Readable.from(reportPieces({ rows: many, form: '7489' })), createWriteStream(long));
    const longOctets = statSync(long).size;
    say(`${many.toLocaleString('en')} rows, ${mb(longOctets)} plain`);
    show('plain XML', long, longOctets, many, messagesOf({ rows: many, form: '7489' }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Best of three, worst memory. */
function show(what: string, file: string, plainOctets: number, rows: number, messages: number): number {
  const runs = [1, 2, 3].map(() => {
    const { stdout, stderr } = spawnSync(process.execPath, [import.meta.filename, '--measure', file], {
      encoding: 'utf8',
    });
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout) as Measured;
  });
  const best = Math.min(...runs.map(({ seconds }) => seconds));
  const peak = Math.max(...runs.map(({ peakMb }) => peakMb));
  if (runs.some((run) => run.rows !== rows || run.messages !== messages)) throw new Error(`${what}: counts are wrong`);
  const speed = plainOctets / 1e6 / best;
  say(
    `${peak < 200 ? 'met   ' : 'MISSED'} ${what}: ${best.toFixed(2)} s, ${speed.toFixed(1)} MB a second plain, ${Math.round(rows / best).toLocaleString('en')} rows a second, peak ${peak} MB (at most 200)`,
  );
  return speed;
}

function beside(what: string, program: string, args: readonly string[], plainOctets: number): void {
  const from = performance.now();
  const { error, status } = spawnSync(program, args, { stdio: 'ignore' });
  if (error !== undefined || status !== 0) say(`       ${what} is left out: ${error?.message ?? `status ${status}`}`);
  else say(`       ${what}: ${Math.round(plainOctets / 1e3 / (performance.now() - from))} MB a second`);
}

function mb(octets: number): string {
  return `${(octets / 1e6).toFixed(1)} MB`;
}
