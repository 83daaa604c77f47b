/** `septet serve --sandbox`: all of it on loopback for a made-up domain, with addresses to try. Nothing leaves the machine. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { hostedFile } from '../../config/serve-keys.ts';
import { dnsName, type DnsName } from '../../dns/name.ts';
import { tokenWriter } from '../../rewrite/tokens.ts';
import { openTrackingKeys, TrackingKeysFault, type TrackingKeys } from '../../rewrite/tracking-keys.ts';
import { makeAuthority, type Authority } from '../../sandbox/certificates.ts';
import type { Certificates } from '../../serve/certificates/certificates.ts';
import type { HostingConfig } from '../../serve/host-state.ts';
import { ListenFault } from '../../serve/listen-fault.ts';
import { secureContext } from '../../serve/public-listener.ts';
import { startServing, type Serving } from '../../serve/serving.ts';
import { InputError, type Io } from '../io.ts';
import { painter, type Paint } from '../paint.ts';
import { openStoreOf } from '../store-option.ts';
import { visible } from '../visible.ts';
import { serveSettings, type ServeDefaults, type ServeOptions } from './serve-options.ts';
import { logTo, untilEnd } from './serve-run.ts';

/** Names below `localhost` lead to this machine without DNS, in browsers and in curl (RFC 6761 §6.3). */
export const sandboxDomain = dnsName('greengrocer.localhost');
const track = dnsName(`track.${sandboxDomain}`);
const policyHost = dnsName(`mta-sts.${sandboxDomain}`);
const logoHost = dnsName(`logo.${sandboxDomain}`);

const places: ServeDefaults = { host: '127.0.0.1', http: '8080', https: '8443', admin: '127.0.0.1:9470' };

const logo = Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny-ps" viewBox="0 0 100 100">
  <title>Greengrocer</title>
  <desc>A green apple</desc>
  <rect x="0" y="0" width="100" height="100" fill="#ffffff"/>
  <circle cx="50" cy="54" r="30" fill="#2e8b57"/>
  <rect x="47" y="14" width="6" height="16" fill="#8b5a2b"/>
</svg>
`);

/** Exit code 0 when it was asked to end. Throws `InputError`. */
export async function serveSandbox(options: ServeOptions, io: Io): Promise<number> {
  const settings = serveSettings({ ...options, log: options.log ?? 'warn' }, places);
  const own = options.data === undefined && options.store === undefined;
  const authority = makeAuthority('Septet sandbox', io.now());
  const { folder, ca } = await madeFolder(options.data, authority);
  const closers: (() => Promise<void>)[] = own ? [() => rm(folder, { recursive: true, force: true })] : [];
  try {
    const store = await openStoreOf(options.store === undefined ? { data: folder } : { store: options.store }, io);
    closers.push(() => store.close());
    const keys = await openTrackingKeys(folder, io);
    const log = logTo(io, settings.level);
    const serving = await startServing({
      host: settings.host,
      http: settings.http,
      https: settings.https,
      ...(settings.admin ? { admin: settings.admin } : {}),
      ...(settings.proxies ? { proxies: settings.proxies } : {}),
      config: hosting(folder),
      store,
      keys: async () => keys,
      certificates: certificatesOf(authority),
      webhookOf: async () => undefined,
      retentionDays: () => 90,
      now: io.now,
      randomBytes: io.randomBytes,
      log,
    });
    closers.push(() => serving.close(settings.drainMs));
    await io.out(addresses(serving, keys, ca, painter(io.columns, io.colours)));
    await untilEnd(serving, io, log);
    return 0;
  } catch (error) {
    if (error instanceof ListenFault || error instanceof TrackingKeysFault) throw new InputError(error.message);
    throw error;
  } finally {
    for (const closer of closers.reverse()) {
      // oxlint-disable-next-line no-await-in-loop -- in the reverse of the order in which they were opened
      await closer();
    }
  }
}

/** A temporary folder where none is named. Throws `InputError`. */
async function madeFolder(
  named: string | undefined,
  authority: Authority,
): Promise<{ readonly folder: string; readonly ca: string }> {
  try {
    const folder = named ?? (await mkdtemp(path.join(tmpdir(), 'septet-sandbox-')));
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const ca = path.join(folder, 'sandbox-ca.pem');
    await writeFile(ca, authority.certificate);
    return { folder, ca };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InputError(
      `The sandbox cannot write to ${visible(named ?? tmpdir())} (${why}). Name a folder with --data.`,
    );
  }
}

function hosting(state: string): HostingConfig {
  const { path: place, octets } = hostedFile(logoHost, 'logo', logo);
  return {
    state,
    domains: [
      {
        domain: sandboxDomain,
        intent: {
          mtaSts: { mode: 'testing' },
          takesMail: true,
          mx: [{ preference: 10, exchange: dnsName(`mail.${sandboxDomain}`) }],
        },
        tracking: { host: track, opens: true, clicks: true, addresses: 'none', privateTargets: true, notify: false },
        assets: [{ domain: sandboxDomain, host: logoHost, path: place, octets }],
      },
    ],
  };
}

function certificatesOf(authority: Authority): Certificates {
  const names: readonly DnsName[] = [track, policyHost, logoHost];
  const issued = authority.issue(names);
  const context = secureContext(issued);
  return {
    contextFor: (name) => (names.some((known) => known === name) ? context : undefined),
    challengeContextFor: () => undefined,
    challengeAnswer: async () => undefined,
    facts: () => names.map((name) => ({ name, state: 'good', from: 'sandbox' })),
    wanted: () => {},
    run: (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
  };
}

function addresses(serving: Serving, keys: TrackingKeys, ca: string, paint: Paint): string {
  const writer = tokenWriter(keys);
  const port = serving.httpsPort;
  const base = (host: string): string =>
    port === undefined ? `http://${host}:${serving.httpPort}` : `https://${host}:${port}`;
  const at = (url: string): string => url.replace(/^https:\/\/[^/]+/, base(new URL(url).hostname));
  const recipient = 'ann@example.com';
  const ids = { message: 'newsletter-1', campaign: 'autumn', reader: writer.reader(sandboxDomain, recipient) };
  const unsubscribe = at(writer.unsubscribe(track, ids, recipient));
  const curl = `curl --cacert ${ca}`;
  const part = (title: string, lines: readonly string[]): string =>
    `${paint('bold', title)}\n${lines.map((line) => `  ${line}\n`).join('')}\n`;
  return [
    `Serving ${sandboxDomain} on this machine. Names below localhost need no DNS.\nThe certificate is of an authority made for this run:\n  ${visible(ca)}\n\n`,
    part('MTA-STS policy', [`${curl} ${base(policyHost)}/.well-known/mta-sts.txt`]),
    part('BIMI logo', [`${base(logoHost)}${hostedFile(logoHost, 'logo', logo).path}`]),
    part('A click, which leads on and is counted', [at(writer.click(track, ids, 1, `${base(track)}/?you-clicked`))]),
    part('The pixel of an open', [at(writer.open(track, ids))]),
    part('The unsubscribe page, for people', [unsubscribe]),
    part('One-click unsubscribe (RFC 8058), as mailboxes do it', [
      `${curl} -d List-Unsubscribe=One-Click \\`,
      `  ${unsubscribe}`,
    ]),
    ...(serving.adminPort === undefined
      ? []
      : [part('For operators', [`http://127.0.0.1:${serving.adminPort}/metrics`])]),
    'End with Ctrl-C.\n',
  ].join('');
}
