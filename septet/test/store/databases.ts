/** Stores for the suites: SQLite always, PostgreSQL where it is installed. */
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { openStore, type StoreOptions, type StorePlace } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { postgresMissing, startPostgres, type Postgres } from '../servers/postgres.ts';
import { temporaryFolder } from '../servers/process.ts';
import { now } from './samples.ts';

export const secretKey = new Uint8Array(32).fill(7);
export const options: StoreOptions = { now: () => now, randomBytes, secretKey };

export interface Database {
  readonly kind: Store['kind'];
  readonly skip: string | false;
  /** A new, empty place. */
  place(): Promise<StorePlace>;
  begin(): Promise<void>;
  end(): Promise<void>;
  server(): Postgres;
}

export async function databases(settings: Readonly<Record<string, string>> = {}): Promise<readonly Database[]> {
  return [sqlite(), postgres(await postgresMissing(), settings)];
}

function sqlite(): Database {
  let folder = '';
  let files = 0;
  return {
    kind: 'sqlite',
    skip: false,
    place: async () => ({ kind: 'sqlite', file: path.join(folder, `${++files}`, 'septet.db') }),
    begin: async () => {
      folder = await temporaryFolder('store');
    },
    end: () => rm(folder, { recursive: true, force: true }),
    server: () => {
      throw new Error('SQLite has no server');
    },
  };
}

function postgres(skip: string | false, settings: Readonly<Record<string, string>>): Database {
  let server: Postgres | undefined;
  const running = (): Postgres => {
    if (!server) throw new Error('the server is not started');
    return server;
  };
  return {
    kind: 'postgres',
    skip,
    place: async () => ({ kind: 'postgres', url: await running().database() }),
    begin: async () => {
      server = await startPostgres(settings);
    },
    end: async () => server?.stop(),
    server: running,
  };
}

export const reopen = (place: StorePlace, more: Partial<StoreOptions> = {}): Promise<Store> =>
  openStore(place, { ...options, ...more });
