/** Messages to one name server, signed where there is a key, and what its replies are worth. */
import type { DnsExchange } from '../../dns/update-transport.ts';
import { decodeMessage } from '../../dns/wire-decode.ts';
import { rcodeName, type Message } from '../../dns/wire-types.ts';
import type { HostFault } from '../host.ts';
import { clock, signMessage, verifyReply, type TsigError, type TsigKey, type TsigVerdict } from '../tsig.ts';

export interface Server {
  /** For a person: `192.0.2.53:53`. */
  readonly text: string;
  readonly key: TsigKey | undefined;
  readonly exchange: DnsExchange;
  /** Milliseconds since 1970. */
  now(): number;
  randomBytes(count: number): Uint8Array;
}

/** The octets of a message under the id. */
export type Encode = (id: number) => Buffer;

export type Talked =
  /** In the order of the messages. What says that something succeeded is signed where there is a key. */
  { readonly kind: 'talked'; readonly replies: readonly Message[] } | HostFault;

const maxMessageOctets = 65_535; // RFC 1035 §4.2.2
const maxInOneGo = 1000;

/** Sends the messages over one connection and checks every reply. Rejects only with the reason of the signal. */
export async function talk(server: Server, messages: readonly Encode[], signal?: AbortSignal): Promise<Talked> {
  const replies: Message[] = [];
  for (let from = 0; from < messages.length; from += maxInOneGo) {
    const talked = await talkOnce(server, messages.slice(from, from + maxInOneGo), signal);
    if (talked.kind === 'fault') return talked;
    replies.push(...talked.replies);
  }
  return { kind: 'talked', replies };
}

async function talkOnce(server: Server, messages: readonly Encode[], signal?: AbortSignal): Promise<Talked> {
  const { key } = server;
  const ids = differentIds(server, messages.length);
  const nowSeconds = Math.floor(server.now() / 1000);
  const sent = messages.map((encode, i) => {
    const message = encode(ids[i] as number);
    return key === undefined ? { message, mac: Buffer.alloc(0) } : signMessage(message, key, nowSeconds);
  });
  if (sent.some(({ message }) => message.length > maxMessageOctets)) {
    const detail = 'The changes do not fit into one DNS message of 65,535 octets.';
    return fault('rejected', detail, 'Publish fewer records at once, or shorter ones.');
  }
  const exchanged = await server.exchange(
    sent.map(({ message }) => message),
    signal,
  );
  if (exchanged.kind === 'failed') {
    const unknown = exchanged.sent ? ' Whether it was carried out is not known.' : '';
    const detail = `The name server was not reached: ${exchanged.detail}.${unknown}`;
    return fault('unreachable', detail, 'Look whether it runs and takes DNS over TCP from here, then run again.');
  }
  const replies: Message[] = [];
  for (const [i, octets] of exchanged.replies.entries()) {
    const read = readReply(server, octets, sent[i]?.mac ?? Buffer.alloc(0), nowSeconds);
    if (read.kind === 'fault') return read;
    replies.push(read.message);
  }
  return { kind: 'talked', replies };
}

function differentIds(server: Server, count: number): readonly number[] {
  const ids = new Set<number>();
  while (ids.size < count) {
    const octets = Buffer.from(server.randomBytes(2 * (count - ids.size)));
    for (let at = 0; at < octets.length; at += 2) ids.add(octets.readUInt16BE(at));
  }
  return [...ids];
}

type ReadReply = { readonly kind: 'message'; readonly message: Message } | HostFault;

function readReply(server: Server, octets: Buffer, mac: Buffer, nowSeconds: number): ReadReply {
  const decoded = decodeMessage(octets);
  if (decoded.kind === 'malformed' || !decoded.message.response) {
    const detail = decoded.kind === 'malformed' ? decoded.detail : 'it is not a response';
    return garbage(server, `cannot be read: ${detail}`);
  }
  const { message } = decoded;
  if (message.truncated) return garbage(server, 'is truncated, although it came over TCP');
  if (server.key === undefined) return { kind: 'message', message };
  const verdict = verifyReply(octets, server.key, mac, nowSeconds);
  return judge(server, server.key, verdict, message, nowSeconds);
}

function judge(server: Server, key: TsigKey, verdict: TsigVerdict, message: Message, nowSeconds: number): ReadReply {
  switch (verdict.kind) {
    case 'good':
      if (verdict.error === undefined) return { kind: 'message', message };
      return tsigFault(server, key, verdict.error, nowSeconds, verdict.serverSeconds);
    case 'refused':
      return tsigFault(server, key, verdict.error, nowSeconds);
    case 'bad':
      return garbage(server, `is not what the key ${key.name} vouches for: ${verdict.detail}`);
    case 'unsigned': {
      // Nobody vouches for it, so it proves no success (RFC 8945 §5.4). That something failed may be passed on.
      if (faultOfRcode(server, message.rcode) !== undefined) return { kind: 'message', message };
      const cure = `Require the key ${key.name} for updates and queries in the server's configuration.`;
      return { ...garbage(server, 'is not signed although the request was'), cure };
    }
  }
}

function tsigFault(
  { text }: Server,
  key: TsigKey,
  error: TsigError,
  nowSeconds: number,
  serverSeconds?: number,
): HostFault {
  const { name, algorithm } = key;
  switch (error) {
    case 'BADKEY': {
      const detail = `The name server ${text} does not accept the TSIG key ${name} with ${algorithm} (BADKEY).`;
      const cure =
        "Compare the key's name and algorithm with the server's configuration, and see that it may update and query the zone: Knot answers so for a key that may not, too.";
      return fault('not-authenticated', detail, cure);
    }
    case 'BADSIG': {
      const detail = `The name server ${text} knows the TSIG key ${name}, but not this secret (BADSIG).`;
      return fault('not-authenticated', detail, "Copy the secret from the server's configuration, whole.");
    }
    case 'BADTIME': {
      const there = serverSeconds === undefined ? 'another' : clock(serverSeconds);
      const detail = `The clocks differ by more than five minutes: here it is ${clock(nowSeconds)}, at ${text} ${there} (BADTIME).`;
      return fault('not-authenticated', detail, 'Set the clock that is wrong, best by NTP, and run again.');
    }
    case 'BADTRUNC': {
      const detail = `The name server ${text} wants a MAC of another length for the TSIG key ${name} (BADTRUNC).`;
      return fault('not-authenticated', detail, `Let it accept the full MAC of ${algorithm}.`);
    }
  }
}

/** What an rcode says, whatever was asked; `undefined` for those whose meaning depends on the question. */
export function faultOfRcode({ text, key }: Server, rcode: number): HostFault | undefined {
  const name = rcodeName(rcode);
  switch (name) {
    case 'NOERROR':
    case 'NXDOMAIN':
    case 'YXDOMAIN':
    case 'YXRRSET':
    case 'NXRRSET':
      return undefined;
    case 'SERVFAIL': {
      const detail = `The name server ${text} failed (SERVFAIL). Whether it carried an update out is not known.`;
      return fault('unreachable', detail, "Look into the server's log, then run again.");
    }
    case 'REFUSED':
      if (key === undefined) {
        const detail = `The name server ${text} refuses without a TSIG key (REFUSED).`;
        return fault('not-authenticated', detail, 'Name key, algorithm and secret of a key that may update the zone.');
      }
      return fault(
        'not-permitted',
        `The name server ${text} accepts the TSIG key ${key.name}, but does not let it do this (REFUSED).`,
        `Permit updates and queries with ${key.name} for the zone: acl with action update and query in Knot, update-policy or allow-update in BIND.`,
      );
    case 'NOTAUTH':
      // Knot says so, too, to an address whose updates no rule allows.
      if (key === undefined) {
        const detail = `The name server ${text} takes no update of this zone without a TSIG key, or is not its primary (NOTAUTH).`;
        return fault('not-authenticated', detail, 'Name a key that may update the zone, and its primary server.');
      }
      return fault(
        'no-zone',
        `The name server ${text} is not the primary of this zone (NOTAUTH).`,
        'Name the server that holds the zone itself, and the zone by its own name.',
      );
    case 'NOTIMP':
      return fault(
        'rejected',
        `The name server ${text} takes no updates (NOTIMP).`,
        'Switch dynamic updates on for it.',
      );
    default: {
      const detail = `The name server ${text} does not accept the message (${name}).`;
      return fault('rejected', detail, "Look into the server's log for what it objects to.");
    }
  }
}

function garbage({ text }: Server, what: string): HostFault {
  const detail = `The response of the name server ${text} ${what}.`;
  return fault('malformed', detail, 'Look whether something between here and the server answers in its place.');
}

export function fault(reason: HostFault['reason'], detail: string, cure: string): HostFault {
  return { kind: 'fault', reason, detail, cure };
}
