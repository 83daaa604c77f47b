/**
 * How long `septet --version` takes against a bare Node, as whole processes in turn.
 *
 *     node septet/scripts/bench-start.ts [runs]
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const runs = Number(process.argv[2] ?? 30);
const cli = path.resolve(import.meta.dirname, '../bin/septet.js');

function milliseconds(args: readonly string[]): number {
  const started = performance.now();
  const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' });
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}`);
  return performance.now() - started;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

milliseconds([cli, '--version']);
milliseconds(['-e', '0']);
const septet: number[] = [];
const bare: number[] = [];
for (let run = 0; run < runs; run++) {
  septet.push(milliseconds([cli, '--version']));
  bare.push(milliseconds(['-e', '0']));
}
const [ours, floor] = [median(septet), median(bare)];
process.stdout.write(
  `septet --version ${ours.toFixed(1)} ms, node -e 0 ${floor.toFixed(1)} ms: ${(ours / floor).toFixed(2)} times (medians of ${runs})\n`,
);
