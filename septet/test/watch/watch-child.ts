/**
 * `septet watch` as a process whose clock a test moves: the file named first holds milliseconds that are added to the
 * time. Everything else is as `main.ts` builds it.
 *
 *     node watch-child.ts CLOCK-FILE watch --once …
 */
import { readFileSync } from 'node:fs';
import { run } from '../../src/cli/run.ts';
import { processIo } from '../../src/process-io.ts';

const [clock = '', ...args] = process.argv.slice(2);
const now = (): number => Date.now() + Number(readFileSync(clock, 'utf8'));
process.exitCode = await run(args, { ...processIo(), now });
