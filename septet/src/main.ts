/**
 * Where the process meets the program: builds what is outside (`process-io.ts`) and hands it to the CLI.
 */
import { run } from './cli/run.ts';
import { processIo } from './process-io.ts';

export async function main(args: readonly string[]): Promise<void> {
  // A reader that goes away (`septet … | head`) ends the program quietly: at once where more was to come, with its own
  // exit code where everything had been said.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      setImmediate(() => process.exit());
    });
  }
  process.exitCode = await run(args, processIo());
}
