/**
 * Two Debian Postfixes and what stands between them: the senders' server, on which OpenDKIM signs; a catcher, in which the
 * test alters messages as the way alters them; and the receiver's server, on which OpenDKIM verifies and OpenDMARC judges.
 */
import type { Buffer } from 'node:buffer';
import { networkResolver } from '../../src/dns/network-resolver.ts';
import type { World } from '../../src/world/world.ts';
import { startKnot } from '../servers/knot.ts';
import { startOpenDmarc } from '../servers/opendmarc.ts';
import { startSigner, startVerifier } from '../servers/opendkim.ts';
import { startPostfix, type Postfix } from '../servers/postfix.ts';
import { freePort } from '../servers/process.ts';
import { sendBySmtp, startCatcher, type Caught, type Sending } from './postfix-smtp.ts';
import { ed25519Rules, makeKeys, signingRules, zoneText, type Keys } from './postfix-zone.ts';

/** The programs that the lab needs. */
export const programs = ['postfix', 'opendkim', 'opendmarc', 'knotd', 'unshare'] as const;

/** What the receiver calls itself: its host name and its authserv-id. */
export const receiver = 'mx.receiver.example';

export interface Stopping {
  stop(): Promise<void>;
}

export interface Received {
  /** As it lies in the mailbox, with the receiver's fields on top. */
  readonly stored: Buffer;
  /** What the receiver does with such a message when it follows the policy. */
  readonly disposition: 'none' | 'quarantine' | 'reject';
}

export interface Lab {
  readonly keys: Keys;
  readonly world: World;
  /** Of the DNS: `127.1.2.3:53`. */
  readonly dns: string;
  /** Through the senders' Postfix, which signs it; what it sends on. */
  signed(message: Buffer, sending: Sending): Promise<Caught>;
  /** Through a Postfix that forwards to `to` and keeps the envelope's sender. */
  forwarded(message: Buffer, sending: Sending): Promise<Caught>;
  /** To the receiver's Postfix. */
  receive(message: Buffer, sending: Sending): Promise<Received>;
  /** From the senders' Postfix straight to the receiver's. */
  straight(message: Buffer, sending: Sending): Promise<Buffer>;
  /** What the servers logged. */
  logs(): Promise<string>;
  stop(): Promise<void>;
}

/** Names under which a mailbox of the receiver is reached by another way. */
const receiverDomain = 'receiver.example';
const straightDomain = 'straight.receiver.example';
const forwarderDomain = 'alias.forwarder.example';

export const mailboxOf = (id: string): string => `${id}@${receiverDomain}`;

/** An address of 127.0.0.0/8 for one run: DNS on port 53 without being in another run's way. */
export function ownAddress(): string {
  const octet = (): number => 1 + Math.floor(Math.random() * 253);
  return `127.${octet()}.${octet()}.${octet()}`;
}

/** Starts everything, or stops what was started and rejects. */
export async function startLab(): Promise<Lab> {
  const started: Stopping[] = [];
  const stop = async (): Promise<void> => void (await Promise.allSettled(started.map((server) => server.stop())));
  const keep = async <T extends Stopping>(starting: Promise<T>): Promise<T> => {
    const server = await starting;
    started.push(server);
    return server;
  };
  try {
    return await start(keep, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

type Keep = <T extends Stopping>(starting: Promise<T>) => Promise<T>;

async function start(keep: Keep, stop: () => Promise<void>): Promise<Lab> {
  const keys = await makeKeys();
  const address = ownAddress();
  const knot = await keep(startKnot([{ origin: '.', text: zoneText(keys, address) }], { address, port: 53 }));
  const taken = new Set<number>();
  const port = (): Promise<number> => otherPort(taken);
  const [saying, acting, signing, forwarding, catching] = [
    await port(),
    await port(),
    await port(),
    await port(),
    await port(),
  ];
  // Every start is waited for, so that none is left behind where another fails.
  const [signer, secondSigner, verifier, sayer, actor, catcher] = await settled([
    keep(startSigner(signingRules(keys))),
    keep(startSigner(ed25519Rules(keys), ['SignatureAlgorithm ed25519-sha256'])),
    keep(startVerifier({ authservId: receiver, nameServer: address })),
    keep(startOpenDmarc({ authservId: receiver, nameServer: address })),
    keep(startOpenDmarc({ authservId: receiver, nameServer: address, acts: true })),
    keep(startCatcher(catching)),
  ]);
  const milters = (...all: readonly string[]) => ({ smtpd_milters: all.join(', ') });
  const [sender, mx] = await settled([
    keep(
      startPostfix({
        hostname: 'mail.good.example',
        listeners: [{ port: signing, settings: milters(signer.milter, secondSigner.milter) }, { port: forwarding }],
        files: { aliases: `/^(.*)@${forwarderDomain.replaceAll('.', '\\.')}$/ $1@${receiverDomain}\n` },
        main: {
          relayhost: `[127.0.0.1]:${catching}`,
          transport_maps: `inline:{ ${straightDomain}=smtp:[127.0.0.1]:${saying} }`,
          virtual_alias_domains: forwarderDomain,
          virtual_alias_maps: 'regexp:$config_directory/aliases',
        },
      }),
    ),
    keep(
      startPostfix({
        hostname: receiver,
        listeners: [
          { port: saying, settings: milters(verifier.milter, sayer.milter) },
          { port: acting, settings: milters(verifier.milter, actor.milter) },
        ],
        mailboxes: `${receiverDomain}, ${straightDomain}`,
        main: { smtpd_authorized_xclient_hosts: '127.0.0.1' },
      }),
    ),
  ]);
  const resolver = networkResolver({ servers: [knot.server] });
  const at = (to: string, domain: string): string => `${to.slice(0, to.indexOf('@'))}@${domain}`;
  return {
    keys,
    dns: knot.server,
    world: {
      resolver,
      otherResolvers: [],
      now: () => Date.now(),
      randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    },
    async signed(message, sending) {
      const { answer } = await sendBySmtp(signing, message, sending);
      if (!answer.startsWith('250')) throw new Error(answer);
      return catcher.caught(sending.to);
    },
    async forwarded(message, sending) {
      const to = at(sending.to, forwarderDomain);
      const { answer } = await sendBySmtp(forwarding, message, { ...sending, to });
      if (!answer.startsWith('250')) throw new Error(answer);
      return catcher.caught(sending.to);
    },
    async receive(message, sending) {
      const [said, acted] = await Promise.all([
        sendBySmtp(saying, message, sending),
        sendBySmtp(acting, message, { ...sending, to: `acted-${sending.to}` }),
      ]);
      if (!said.answer.startsWith('250')) throw new Error(said.answer);
      return { stored: await mx.mail(sending.to), disposition: await dispositionOf(acted.answer, mx) };
    },
    async straight(message, sending) {
      const to = at(sending.to, straightDomain);
      await sendBySmtp(signing, message, { ...sending, to });
      return mx.mail(to);
    },
    logs: async () => `${await sender.log()}\n${await mx.log()}`,
    async stop() {
      await Promise.all([stop(), resolver.close()]);
    },
  };
}

/** Postfix says `250 2.0.0 Ok: queued as 0123456789` for what it holds, too. */
async function dispositionOf(answer: string, mx: Postfix): Promise<Received['disposition']> {
  if (/^5\d\d .*DMARC/.test(answer)) return 'reject';
  const id = /queued as (\w+)/.exec(answer)?.[1];
  if (!answer.startsWith('250') || id === undefined) throw new Error(answer);
  return (await mx.waiting('hold')).includes(id) ? 'quarantine' : 'none';
}

/** Rejects as the first that rejects, but after all have come to their end. */
async function settled<T extends readonly [Promise<unknown>, ...Promise<unknown>[]]>(
  all: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(all);
  return Promise.all(all);
}

/** Different ones: a port that is free is still free when the next is looked for. */
async function otherPort(taken: Set<number>): Promise<number> {
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- until it is another one
    const port = await freePort();
    if (taken.has(port)) continue;
    taken.add(port);
    return port;
  }
}
