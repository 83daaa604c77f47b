/** `septet tracking keys`: which keys make and read the addresses of links, and a new one with `--rotate`. No secret is shown. */
import path from 'node:path';
import {
  readTrackingKeys,
  rotateTrackingKeys,
  TrackingKeysFault,
  trackingKeysFile,
  type TrackingKeys,
} from '../../rewrite/tracking-keys.ts';
import { InputError, type Io } from '../io.ts';
import { painter, wrap } from '../paint.ts';
import { dataFolder, type StoreOptions } from '../store-option.ts';
import { visible, visibleJson } from '../visible.ts';

export interface KeysOptions extends Pick<StoreOptions, 'data'> {
  readonly rotate?: boolean;
  readonly json?: boolean;
}

const dayMs = 86_400_000;

/** Exit code 0; 1 where there are no keys yet. Throws `InputError`. */
export async function trackingKeys(options: KeysOptions, io: Io): Promise<number> {
  const folder = dataFolder(options, io);
  const keys = await (async () => {
    try {
      return await (options.rotate ? rotateTrackingKeys(folder, io) : readTrackingKeys(folder));
    } catch (error) {
      if (error instanceof TrackingKeysFault) throw new InputError(error.message);
      throw error;
    }
  })();
  const file = path.join(folder, trackingKeysFile);
  const newest = keys?.keys.at(-1)?.id;
  // The newest first: that one is looked for.
  const listed = [...(keys?.keys ?? [])].reverse().map(({ id, createdAt }) => ({
    id,
    created: new Date(createdAt).toISOString(),
    days: Math.max(0, Math.floor((io.now() - createdAt) / dayMs)),
    writes: id === newest,
  }));
  await io.out(
    options.json
      ? `${visibleJson({ version: 1, file, rotated: options.rotate === true, keys: listed }, 2)}\n`
      : textOf(keys, listed, file, options.rotate === true, io),
  );
  return keys ? 0 : 1;
}

interface Listed {
  readonly id: number;
  readonly created: string;
  readonly days: number;
  readonly writes: boolean;
}

function textOf(
  keys: TrackingKeys | undefined,
  listed: readonly Listed[],
  file: string,
  rotated: boolean,
  io: Io,
): string {
  const paint = painter(io.columns, io.colours);
  const told = (text: string): string => `${wrap(text, paint.columns, '')}\n`;
  if (!keys)
    return `There are no tracking keys yet at\n  ${visible(file)}\n${told('They are made when a message is rewritten or septet serve starts; with --rotate now.')}`;
  const row = (id: string, created: string, age: string, does: string): string =>
    `${id.padStart(4)}  ${created.padEnd(10)}  ${age.padStart(10)}  ${does}`;
  const rows = listed.map(({ id, created, days, writes }) =>
    row(String(id), created.slice(0, 10), days === 1 ? '1 day' : `${days} days`, writes ? 'makes and reads' : 'reads'),
  );
  const [first] = listed;
  const after =
    rotated && first
      ? told(
          `Key ${first.id} makes the addresses from now on${listed.length > 1 ? ', and the older ones go on reading theirs' : ''}. septet serve reads it within half a minute, septet relay within one. Keep a copy of the file, and give it to every machine that serves these links before mail goes out.`,
        )
      : told('Every key reads for as long as it is in the file; the newest makes addresses. --rotate adds one.');
  return `${[paint('bold', row('Key', 'Made', 'Age', 'Addresses')), ...rows].join('\n')}\n\n${visible(file)}\n${after}`;
}
