/** States of channels as files of a folder, one for each: written whole or not at all. For one machine. */
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { reasonOf, syncFolder } from '../../store/files/key-files.ts';
import { takeLock } from '../../store/files/lock.ts';
import { StateFault } from '../../store/state-fault.ts';
import type { ChannelShelf, ChannelState } from './channel-state.ts';

/** `alerts/mail-2.json` below the state folder. Methods reject with `StateFault`, whose message names the file. */
export function fileChannels(folder: string): ChannelShelf {
  const fileOf = (channel: string): string => path.join(folder, 'alerts', `${channel}.json`);
  const load = (channel: string): Promise<ChannelState | undefined> => readState(fileOf(channel), channel);
  const save = async (state: ChannelState): Promise<boolean> => {
    const file = fileOf(state.channel);
    const before = await load(state.channel);
    if (state.revision !== (before?.revision ?? 0) + 1) return false;
    try {
      await writeWhole(file, `${JSON.stringify(state)}\n`);
    } catch (error) {
      throw new StateFault(`${file} cannot be written: ${reasonOf(error)}.`);
    }
    return true;
  };
  return { load, save: (state) => locked(fileOf(state.channel), () => save(state)) };
}

const lockTries = 10; // house; each waits for 200 ms

/** Loading and writing are not divided by another process, nor by another shelf of this one. False where it stays locked. */
async function locked(file: string, work: () => Promise<boolean>): Promise<boolean> {
  for (let turn = 0; turn < lockTries; turn++) {
    // oxlint-disable-next-line no-await-in-loop -- until the other one has done
    const lock = await takeLock(`${file}.lock`, { pid: 0 });
    if (lock.kind === 'taken') continue;
    try {
      // oxlint-disable-next-line no-await-in-loop -- at most once
      return await work();
    } finally {
      // oxlint-disable-next-line no-await-in-loop -- at most once
      await lock.release();
    }
  }
  return false;
}

async function readState(file: string, channel: string): Promise<ChannelState | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new StateFault(`${file} cannot be read: ${reasonOf(error)}.`);
  }
  try {
    const state = JSON.parse(text) as Partial<ChannelState> | null;
    const lists = [state?.told, state?.waiting, state?.sentAt];
    if (state?.channel === channel && typeof state.revision === 'number' && lists.every(Array.isArray))
      return state as ChannelState;
  } catch {
    // Told below, with what to do.
  }
  throw new StateFault(
    `${file} is damaged: it does not say what this channel has been told. Move it away; what is open is then told once more.`,
  );
}

async function writeWhole(file: string, text: string): Promise<void> {
  const folder = path.dirname(file);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const handle = await open(`${file}.new`, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.new`, file);
  await syncFolder(folder);
}
