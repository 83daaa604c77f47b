/**
 * Whole checks of all records, as `septet check --from` does them, against a Knot on loopback: 10,000 real domains of
 * `../shared/data/wild` and 10,000 synthetic ones with every record present. Server and client share the machine.
 *
 *     node septet/scripts/bench-check.ts [--domains 10000] [--rounds 3] [--transport udp|tcp] [--threads 1] [--memory]
 *
 * `--memory` checks 20,000 domains in one run and prints the peak of each. Web servers are not asked (`--no-https`).
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startKnot } from '../test/servers/knot.ts';

const { values } = parseArgs({
  options: {
    domains: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '3' },
    transport: { type: 'string' },
    threads: { type: 'string', default: '1' },
    memory: { type: 'boolean', default: false },
  },
});
const count = values.memory ? 20_000 : Number(values.domains);
const rounds = values.memory ? 1 : Number(values.rounds);
const data = process.env['SEPTET_DATA'] ?? path.resolve(import.meta.dirname, '../../../shared/data');
const cli = path.resolve(import.meta.dirname, '../bin/septet.js');
const folder = await mkdtemp(path.join(tmpdir(), 'septet-bench-'));

/** A zone in which every domain has all records; what vendors share stands once. */
function syntheticZone(domains: number): string {
  const key = `MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA${'u1SU1LfVLPHCozMxH2Mo4lgOEePzNm0tRgeLezV6ffAt0gunVTLw7onLRnrq0'.repeat(5).slice(0, 299)}`;
  const lines = [
    '$ORIGIN allseven.test.',
    '$TTL 3600',
    '@ SOA ns1 hostmaster 1 7200 3600 1209600 300',
    '@ NS ns1',
    'ns1 A 20.0.0.1',
    'mx.vendor A 20.0.0.2',
    'mx.vendor AAAA 2603:1020::2',
    'click.vendor A 20.0.0.3',
    'sts.vendor A 20.0.0.4',
    'vendor MX 10 mx.vendor',
    '_spf.vendor TXT "v=spf1 include:_spf2.vendor.allseven.test ip4:20.1.0.0/22 -all"',
    '_spf2.vendor TXT "v=spf1 ip4:20.2.0.0/22 ip6:2603:1020::/48 -all"',
  ];
  for (let i = 0; i < domains; i++) {
    const d = `d${i}`;
    lines.push(
      `${d} MX 10 mx.vendor`,
      `${d} A 20.3.${(i >> 8) & 255}.${i & 255}`,
      `${d} TXT "v=spf1 include:_spf.vendor.allseven.test ip4:20.3.${(i >> 8) & 255}.${i & 255} ~all"`,
      `s1._domainkey.${d} TXT "v=DKIM1; k=rsa; p=${key.slice(0, 200)}" "${key.slice(200)}AQAB"`,
      `_dmarc.${d} TXT "v=DMARC1; p=quarantine; np=reject; rua=mailto:dmarc@${d}.allseven.test"`,
      `track.${d} CNAME click.vendor`,
      `_mta-sts.${d} TXT "v=STSv1; id=20261101T000000;"`,
      `mta-sts.${d} CNAME sts.vendor`,
      `_smtp._tls.${d} TXT "v=TLSRPTv1; rua=mailto:tls@${d}.allseven.test"`,
      `default._bimi.${d} TXT "v=BIMI1; l=https://logo.vendor.allseven.test/${d}.svg"`,
    );
  }
  return `${lines.join('\n')}\n`;
}

interface Run {
  readonly seconds: number;
  readonly peakMb: number;
  readonly code: number;
}

/** One run of the program; its output is read and counted, not kept. */
function check(list: string, server: string, more: readonly string[]): Promise<Run & { readonly lines: number }> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const args = [
      cli,
      'check',
      '--from',
      list,
      '--resolver',
      server,
      '--no-https',
      '--format',
      'ndjson',
      '--threads',
      values.threads,
      ...(values.transport === undefined ? [] : ['--transport', values.transport]),
      ...more,
    ];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let peakMb = 0;
    let lines = 0;
    const watch = setInterval(() => {
      readFile(`/proc/${child.pid}/status`, 'utf8').then(
        (text) => (peakMb = Math.max(peakMb, Number(/VmHWM:\s+(\d+)/.exec(text)?.[1] ?? 0) / 1024)),
        () => {},
      );
    }, 100);
    child.stdout.on('data', (chunk: Buffer) => {
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines++;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(watch);
      resolve({ seconds: (performance.now() - started) / 1000, peakMb, code: code ?? -1, lines });
    });
  });
}

const wild = (await readFile(path.join(data, 'wild/domains.txt'), 'utf8')).split('\n').filter(Boolean).slice(0, count);
const synthetic = Array.from({ length: count }, (_, i) => `d${i}.allseven.test`);
const lists = { wild: path.join(folder, 'wild.txt'), synthetic: path.join(folder, 'synthetic.txt') };
await writeFile(lists.wild, wild.join('\n'));
await writeFile(lists.synthetic, synthetic.join('\n'));
const knot = await startKnot([
  { origin: '.', file: path.join(data, 'wild/root.zone') },
  { origin: 'allseven.test', text: syntheticZone(count) },
]);
try {
  process.stdout.write(
    `${cpus()[0]?.model ?? 'processor'}, ${cpus().length} cores, Node ${process.version}, ${values.transport ?? 'transport as the program chooses'}, threads ${values.threads}\n`,
  );
  for (const [name, list, more] of [
    ['wild', lists.wild, []],
    ['synthetic', lists.synthetic, ['--selector', 's1']],
  ] as const) {
    const rates: number[] = [];
    let peak = 0;
    for (let round = 0; round < rounds; round++) {
      const run = await check(list, knot.server, more);
      if (run.lines === 0) throw new Error(`the check printed nothing (exit code ${run.code})`);
      rates.push(run.lines / run.seconds);
      peak = Math.max(peak, run.peakMb);
    }
    const sorted = rates.toSorted((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
    process.stdout.write(
      `${name}: ${Math.round(median)} domains a second (median of ${rates.map(Math.round).join(', ')}), peak ${Math.round(peak)} MB\n`,
    );
  }
} finally {
  await knot.stop();
  await rm(folder, { recursive: true, force: true });
}
