/** PowerDNS Authoritative with its SQLite backend and its HTTP API, for tests. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { findBinary, freePort, missing, run, temporaryFolder } from './process.ts';

/** Where Debian's `pdns-backend-sqlite3` keeps the tables. */
const schema = '/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql';

/** As `missing`, for the server with its backend: `pdns-server` and `pdns-backend-sqlite3`. */
export async function missingPowerDns(): Promise<string | false> {
  const reason = await missing('pdns_server');
  if (reason !== false || existsSync(schema)) return reason;
  const absent = 'not installed here: pdns-backend-sqlite3';
  if (process.env['CI'] === 'true') throw new Error(`${absent}; CI installs what the tests need`);
  process.stderr.write(`skipped, ${absent}\n`);
  return absent;
}

export interface PowerDnsServer {
  /** For DNS: `127.0.0.1:40123`. */
  readonly server: string;
  /** For the API: `http://127.0.0.1:40124`. */
  readonly url: string;
  readonly apiKey: string;
  /** One request to the API, past every client of ours. Rejects unless it succeeds. */
  api(method: string, path: string, body?: unknown): Promise<unknown>;
  stop(): Promise<void>;
}

/** Starts it without zones; make them with `api('POST', '/zones', …)`. */
export async function startPowerDns(): Promise<PowerDnsServer> {
  const path = await findBinary('pdns_server');
  if (path === undefined) throw new Error('pdns_server is not installed');
  const [port, webPort] = [await freePort(), await freePort()];
  const folder = await temporaryFolder('powerdns');
  const database = join(folder, 'zones.sqlite');
  const tables = new DatabaseSync(database);
  tables.exec(await readFile(schema, 'utf8'));
  tables.close();
  const apiKey = 'the-key-of-the-tests-4711';
  const config = [
    'launch=gsqlite3',
    `gsqlite3-database=${database}`,
    'gsqlite3-dnssec=yes',
    'local-address=127.0.0.1',
    `local-port=${port}`,
    `socket-dir=${folder}`,
    'api=yes',
    `api-key=${apiKey}`,
    'webserver=yes',
    'webserver-address=127.0.0.1',
    `webserver-port=${webPort}`,
    'webserver-allow-from=127.0.0.0/8',
    'enable-lua-records=yes',
    'expand-alias=no',
    'dnsupdate=yes',
    'allow-dnsupdate-from=127.0.0.0/8',
    // What was written is to be seen at once.
    'cache-ttl=0',
    'query-cache-ttl=0',
    'negquery-cache-ttl=0',
    'zone-cache-refresh-interval=0',
    'zone-metadata-cache-ttl=0',
    'receiver-threads=1',
    'distributor-threads=1',
  ];
  await writeFile(join(folder, 'pdns.conf'), `${config.join('\n')}\n`);
  const url = `http://127.0.0.1:${webPort}`;
  const api = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${url}/api/v1/servers/localhost${path}`, {
      method,
      headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  };
  const running = await run(path, [`--config-dir=${folder}`, '--guardian=no', '--daemon=no'], folder, async () =>
    api('GET', '').then(
      () => true,
      () => false,
    ),
  );
  return { server: `127.0.0.1:${port}`, url, apiKey, api, stop: running.stop };
}
