/** `septet backup`: everything that is stored, as one file of JSON lines, of one moment. */
import type { Command } from 'commander';
import { exitCodes } from '../../audit/report.ts';
import { storeIfAny } from '../plan/plan-store.ts';
import { InputError, type Io } from '../io.ts';
import { wrap } from '../paint.ts';
import { addStoreOptions, storePlace, type StoreOptions } from '../store-option.ts';
import { writeWhole } from './backup-file.ts';

interface Options extends StoreOptions {
  readonly force?: boolean;
}

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  addStoreOptions(command)
    .argument('[file]', 'where it goes; - is standard output (default: septet-<day>.backup here)')
    .option('--force', 'overwrite a file that is there')
    .action(async (file: string | undefined, options: Options) => {
      done(await backup(file, options, io));
    });
}

async function backup(named: string | undefined, options: Options, io: Io): Promise<number> {
  const file = named ?? `septet-${new Date(io.now()).toISOString().slice(0, 10)}.backup`;
  const store = await storeIfAny(options, io);
  if (!store) {
    const place = storePlace(options, io);
    const where = place.kind === 'sqlite' ? place.file : 'the database';
    throw new InputError(`Nothing is stored yet: ${where} is not there. Name the place with --data or --store.`);
  }
  try {
    let lines = 0;
    const texts = async function* (): AsyncGenerator<string> {
      for await (const line of store.backup()) {
        lines++;
        yield `${JSON.stringify(line)}\n`;
      }
    };
    if (file === '-') {
      for await (const text of texts()) await io.out(text);
      return exitCodes.fine;
    }
    const octets = await writeWhole(file, texts(), { force: options.force === true }, io);
    const words = `${file}: ${lines} lines, ${sizeText(octets)}. Secrets in it stay encrypted; keep SEPTET_SECRET_KEY apart. Keys and journals are in the state folder, and not in it.`;
    await io.out(`${wrap(words, io.columns, '')}\n`);
    return exitCodes.fine;
  } finally {
    await store.close();
  }
}

function sizeText(octets: number): string {
  if (octets < 10_000) return `${octets} octets`;
  return octets < 10_000_000 ? `${Math.round(octets / 1000)} kB` : `${Math.round(octets / 1_000_000)} MB`;
}
