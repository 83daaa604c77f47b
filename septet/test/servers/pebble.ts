/** pebble, the test authority of Let's Encrypt (RFC 8555), with a certificate of our own and a DNS server of the test. */
import { writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { makeAuthority } from '../../src/sandbox/certificates.ts';
import { findBinary, freePort, run, temporaryFolder } from './process.ts';

export interface PebbleOptions {
  /** What the directory is called; it has to resolve to 127.0.0.1 for the client. */
  readonly name: string;
  /** Where pebble asks for names: `127.0.0.1:40123`. */
  readonly dns: string;
  /** Where it looks for answers to challenges. */
  readonly httpPort: number;
  readonly tlsPort: number;
  /** Accounts have to be bound to these (RFC 8555 §7.3.4): key ids and HMAC keys in base64url. */
  readonly eab?: Readonly<Record<string, string>>;
  /** Percent of nonces that are refused; default 5, as pebble does by itself. */
  readonly badNonces?: number;
  /** Listens there instead of at any free port. */
  readonly port?: number;
}

export interface Pebble {
  readonly directory: string;
  readonly port: number;
  /** PEM: what a client of the authority has to trust. */
  readonly ca: string;
  /** PEM: what clients of the issued certificates have to trust. */
  root(): Promise<string>;
  log(): string;
  stop(): Promise<void>;
}

export async function startPebble(options: PebbleOptions): Promise<Pebble> {
  const path = await findBinary('pebble');
  if (path === undefined) throw new Error('pebble is not installed');
  const { name, dns, httpPort, tlsPort, eab, badNonces = 5 } = options;
  const [port, management] = [options.port ?? (await freePort()), await freePort()];
  const folder = await temporaryFolder('pebble');
  const authority = makeAuthority('Authority of the test', Date.now());
  const own = authority.issue([name]);
  const config = {
    listenAddress: `127.0.0.1:${port}`,
    managementListenAddress: `127.0.0.1:${management}`,
    certificate: join(folder, 'cert.pem'),
    privateKey: join(folder, 'key.pem'),
    httpPort,
    tlsPort,
    ocspResponderURL: '',
    externalAccountBindingRequired: eab !== undefined,
    externalAccountMACKeys: eab ?? {},
  };
  await writeFile(config.certificate, own.certificate);
  await writeFile(config.privateKey, own.key);
  await writeFile(join(folder, 'pebble.json'), JSON.stringify({ pebble: config }));
  const environment = ['PEBBLE_VA_NOSLEEP=1', 'PEBBLE_AUTHZREUSE=0', `PEBBLE_WFE_NONCEREJECT=${badNonces}`];
  const get = (at: number, route: string): Promise<string> => fetched(at, route, name, authority.certificate);
  const running = await run(
    '/usr/bin/env',
    [...environment, path, '-config', join(folder, 'pebble.json'), '-dnsserver', dns],
    folder,
    () =>
      get(port, '/dir').then(
        () => true,
        () => false,
      ),
  );
  return {
    directory: `https://${name}:${port}/dir`,
    port,
    ca: authority.certificate,
    root: () => get(management, '/roots/0'),
    log: running.log,
    stop: running.stop,
  };
}

function fetched(port: number, path: string, servername: string, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, servername, ca, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      response.on('end', () =>
        response.statusCode === 200 ? resolve(text) : reject(new Error(`${path}: ${response.statusCode}`)),
      );
    });
    asked.on('error', reject);
    asked.end();
  });
}
