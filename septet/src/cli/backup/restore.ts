/** `septet restore`: a backup into an empty store, of either database, all of it or nothing. */
import { rm } from 'node:fs/promises';
import type { Command } from 'commander';
import { exitCodes } from '../../audit/report.ts';
import { InputError, type Io } from '../io.ts';
import { wrap } from '../paint.ts';
import { addStoreOptions, openStoreOf, storePlace, type StoreOptions } from '../store-option.ts';

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  addStoreOptions(command)
    .argument('<file>', 'a file of septet backup; - is standard input')
    .action(async (file: string, options: StoreOptions) => {
      done(await restore(file, options, io));
    });
}

async function restore(file: string, options: StoreOptions, io: Io): Promise<number> {
  // A wrong name makes no store.
  if (file !== '-' && !(await io.exists(file))) throw new InputError(`${file} cannot be read: there is no such file.`);
  const place = storePlace(options, io);
  const isNew = place.kind === 'sqlite' && !(await io.exists(place.file));
  const store = await openStoreOf(options, io);
  let restored = false;
  try {
    const counts = await store.restore(parsed(file, io));
    restored = true;
    const rows = Object.entries(counts).filter(([, count]) => count > 0);
    const told = rows.map(([table, count]) => `${table.replaceAll('_', ' ')} ${count}`).join(', ');
    const where = place.kind === 'sqlite' ? place.file : 'the database';
    await io.out(
      `${wrap(`Restored into ${where}: ${told === '' ? 'an empty backup' : `rows of ${told}`}.`, io.columns, '')}\n`,
    );
    return exitCodes.fine;
  } finally {
    await store.close();
    // Nothing was restored: the file that was made for it goes.
    if (!restored && isNew && place.kind === 'sqlite') await removeStore(place.file);
  }
}

async function* parsed(file: string, io: Io): AsyncGenerator<unknown> {
  let number = 0;
  for await (const line of io.lines(file)) {
    number++;
    if (line === '') continue;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      const what = number === 1 ? 'it is no backup of septet' : 'the file is damaged or was cut off';
      throw new InputError(`Line ${number} of ${file} cannot be read: ${what}. Nothing was restored.`);
    }
    yield value;
  }
}

async function removeStore(file: string): Promise<void> {
  for (const name of [file, `${file}-wal`, `${file}-shm`]) {
    // oxlint-disable-next-line no-await-in-loop -- three files
    await rm(name, { force: true });
  }
  await rm(`${file}-locks`, { recursive: true, force: true });
}
