/**
 * How many questions a second `networkResolver` asks a Knot on loopback: TXT and MX of the real domains in
 * `../shared/data/wild`, server included in the machine's two cores.
 *
 *     node septet/scripts/bench-dns.ts [udp|tcp] [in flight] [rounds]
 */
import { readFileSync } from 'node:fs';
import { parseName, type DnsName } from '../src/dns/name.ts';
import { networkResolver } from '../src/dns/network-resolver.ts';
import type { RrType } from '../src/dns/rrset.ts';
import { startKnot } from '../test/servers/knot.ts';

const data = process.env['SEPTET_DATA'] ?? new URL('../../../shared/data/', import.meta.url).pathname;
const transport = process.argv[2] === 'tcp' ? 'tcp' : 'udp';
const inFlight = Number(process.argv[3] ?? 1000);
const rounds = Number(process.argv[4] ?? 5);
const given = process.env['SEPTET_DNS'];

const names: DnsName[] = [];
for (const line of readFileSync(`${data}wild/domains.txt`, 'utf8').split('\n')) {
  const parsed = parseName(line.trim());
  if (parsed.ok) names.push(parsed.name);
}
const questions = names.flatMap((name): [DnsName, RrType][] => [
  [name, 'TXT'],
  [name, 'MX'],
]);

const knot = given === undefined ? await startKnot([{ origin: '.', file: `${data}wild/root.zone` }]) : undefined;
const resolver = networkResolver({ servers: [given ?? knot?.server ?? ''], concurrency: inFlight, transport });
const outcomes = new Map<string, number>();

async function round(): Promise<number> {
  const started = performance.now();
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < questions.length; i = next++) {
      const [name, type] = questions[i] as [DnsName, RrType];
      const answer = await resolver.query(name, type);
      const outcome = answer.kind === 'failed' ? `failed ${answer.reason}` : answer.kind;
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return questions.length / ((performance.now() - started) / 1000);
}

const rates: number[] = [];
const before = process.cpuUsage();
const begun = performance.now();
for (let i = 0; i < rounds; i++) rates.push(await round());
const cpu = process.cpuUsage(before);
const share = (cpu.user + cpu.system) / 1000 / (performance.now() - begun);
await resolver.close();
await knot?.stop();
const shown = rates.map((rate) => Math.round(rate).toLocaleString('en'));
process.stdout.write(
  `${transport}, ${inFlight} in flight, ${questions.length.toLocaleString('en')} questions a round\n` +
    `questions a second: ${shown.join('  ')}\n` +
    `client processor: ${share.toFixed(2)} cores (${Math.round((cpu.user / (cpu.user + cpu.system)) * 100)} % user)\n` +
    `outcomes: ${[...outcomes].map(([kind, count]) => `${kind} ${count}`).join(', ')}\n`,
);
