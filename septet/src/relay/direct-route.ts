/**
 * Direct delivery: each transaction goes to a mail server of its recipients' domain (RFC 5321 §5.1), over TLS where that is
 * offered (RFC 7435), and as the domain's MTA-STS policy demands (RFC 8461). The relay keeps nothing, so a server that
 * cannot be reached now is a 4xx for the client. All recipients of a transaction are of one domain. DANE (RFC 7672) is not
 * honoured: that takes DNSSEC to the resolver.
 */
import { Buffer } from 'node:buffer';
import { parseDomain, type DnsName } from '../dns/name.ts';
import { matches, type MtaStsPolicy } from '../records/mtasts/policy.ts';
import { reply, type SmtpReply } from '../world/next-reply.ts';
import { openNext, type NextOpening, type NextSession, type OpenNext } from '../world/next-server.ts';
import type { World } from '../world/world.ts';
import { transactionOn } from './fixed-route.ts';
import { mxHosts, type MxHost } from './mx-hosts.ts';
import type { Outgoing, OutgoingMail, Route } from './outgoing.ts';
import type { RelayLog } from './relay-log.ts';
import { stsPolicies, type StsPolicies } from './sts-policies.ts';

export interface DirectRouteOptions {
  readonly world: World;
  /** What we call ourselves; receivers look it up. */
  readonly name: string;
  readonly log: RelayLog;
  /** 25, but for laboratories. */
  readonly port?: number;
  /** Also addresses of loopback and private networks. */
  readonly internal?: boolean;
  /** PEM, trusted besides the well-known roots. */
  readonly ca?: readonly string[];
  /** For the look-ups and all servers together, in milliseconds. */
  readonly openMs?: number;
  /** Absent: sessions are opened in this process. */
  readonly openNext?: OpenNext;
}

/** A client waits 5 minutes for the answer to RCPT (RFC 5321 §4.5.3.2.3). */
const usualOpenMs = 240_000;
const attemptMs = 60_000; // house
const commandMs = 240_000;

/** What most servers take; one that does not is told apart when it is known. */
const early = { eightBit: true, utf8: true, dsn: false, enhanced: false } as const;

export function directRoute(options: DirectRouteOptions): Route {
  const policies = stsPolicies(options.world);
  return {
    early,
    open: async () => ({ kind: 'open', outgoing: outgoingBy(options, policies) }),
  };
}

function outgoingBy(options: DirectRouteOptions, policies: StsPolicies): Outgoing {
  let mail: OutgoingMail | undefined;
  let current: { readonly domain: DnsName; readonly outgoing: Outgoing } | undefined;
  /** Domains that cannot be delivered to in this transaction. */
  let away = new Map<DnsName, SmtpReply>();
  let begun = false;

  /** The server of the domain, with MAIL said to it; or what the client is told of the recipient. */
  const begin = async (domain: DnsName, { path, wish, helo }: OutgoingMail): Promise<SmtpReply | undefined> => {
    if (current && (current.domain !== domain || !current.outgoing.usable())) {
      current.outgoing.close();
      current = undefined;
    }
    if (!current) {
      const opened = await openFor(domain, options, policies);
      if ('code' in opened) return opened;
      current = { domain, outgoing: transactionOn(opened) };
    }
    const { outgoing } = current;
    if (wish.utf8 && !outgoing.offer.utf8) return reply(553, '5.6.7 The server of the recipient takes no SMTPUTF8');
    const answer = await outgoing.mail({ path, wish, helo });
    return answer.code < 300 ? undefined : goOnWith(answer);
  };

  return {
    offer: early,
    usable: () => true,
    async mail(next) {
      mail = next;
      away = new Map();
      begun = false;
      return reply(250, '2.1.0 Ok');
    },
    async recipient(path) {
      if (!mail) throw new Error('there is a transaction');
      const domain = domainIn(path);
      if (domain === undefined) return reply(550, '5.1.2 The recipient has no domain that mail can be delivered to');
      if (begun && current?.domain !== domain)
        return reply(452, '4.5.3 One domain at a time here, send to this recipient again');
      const before = away.get(domain);
      if (before) return before;
      if (!begun) {
        const refusal = await begin(domain, mail);
        if (refusal) {
          away.set(domain, refusal);
          return refusal;
        }
        begun = true;
      }
      return goOnWith((await current?.outgoing.recipient(path, [])) ?? reply(451, '4.3.0 Try again later'));
    },
    async message(octets, eightBit, timeoutMs, marked) {
      if (!mail || !current) throw new Error('there is a transaction');
      const traced = Buffer.concat([Buffer.from(receivedField(mail.helo, options), 'latin1'), octets]);
      begun = false;
      return goOnWith(await current.outgoing.message(traced, eightBit, timeoutMs, marked));
    },
    async reset() {
      begun = false;
      await current?.outgoing.reset();
    },
    close: () => current?.outgoing.close(),
  };
}

/** A server that goes away is no reason for our client to go: it may have mail for others. */
const goOnWith = (answer: SmtpReply): SmtpReply => (answer.code === 421 ? { ...answer, code: 451 } : answer);

/** The domain behind the last @; undefined for address literals and names that are none. */
function domainIn(path: string): DnsName | undefined {
  const text = Buffer.from(path.slice(path.lastIndexOf('@') + 1), 'latin1').toString('utf8');
  if (!path.includes('@') || text.startsWith('[')) return undefined;
  const parsed = parseDomain(text);
  return parsed.ok ? parsed.name : undefined;
}

async function openFor(
  domain: DnsName,
  options: DirectRouteOptions,
  policies: StsPolicies,
): Promise<NextSession | SmtpReply> {
  const { world, internal = false, openMs = usualOpenMs } = options;
  const end = performance.now() + openMs;
  const random = (): number => (world.randomBytes(1)[0] ?? 0) / 256;
  const [found, policy] = await Promise.all([mxHosts(world, domain, { internal, random }), policies.of(domain)]);
  if (found.kind === 'none') return reply(found.code, found.text);
  const enforced = policy?.mode === 'enforce';
  const allowed = enforced ? found.hosts.filter(({ host }) => isListed(policy, host)) : found.hosts;
  if (allowed.length === 0) return reply(451, '4.7.5 The MTA-STS policy of the domain names none of its mail servers');
  let last = reply(451, '4.4.1 No mail server of the domain can be reached, try again later');
  for (const [host, address] of allowed.flatMap(({ host, addresses }) =>
    addresses.map((one) => [host, one] as const),
  )) {
    const left = end - performance.now();
    if (left <= 0) break;
    // oxlint-disable-next-line no-await-in-loop -- one server after the other
    const opening = await attempt(host, address, enforced, Math.min(attemptMs, left), options);
    if (opening.kind === 'open') return opening.session;
    options.log({ event: 'next', why: `a server for direct delivery: ${wordOf(opening)}` });
    last = replyOf(opening, enforced);
  }
  return last;
}

const isListed = (policy: MtaStsPolicy, host: MxHost['host']): boolean =>
  policy.mx.some((pattern) => matches(pattern, host));

async function attempt(
  host: DnsName,
  address: string,
  enforced: boolean,
  openMs: number,
  { name, port = 25, ca, openNext: opener = openNext }: DirectRouteOptions,
): Promise<NextOpening> {
  const secure = { name: host, verify: enforced, ...(ca ? { ca } : {}) };
  const place = { host: address, port, secure };
  const times = { openMs, commandMs };
  const opening = await opener({ ...place, tls: enforced ? 'required' : 'optional' }, name, times);
  // Without a policy TLS is better than none, and none is better than no delivery (RFC 7435 §3).
  return opening.kind === 'no-tls' && !enforced ? opener({ ...place, tls: 'never' }, name, times) : opening;
}

type Failed = Exclude<NextOpening, { kind: 'open' }>;

const wordOf = (opening: Failed): string =>
  opening.kind === 'refused' ? `it greets with ${opening.reply.code}` : opening.detail;

function replyOf(opening: Failed, enforced: boolean): SmtpReply {
  if (opening.kind === 'refused') return goOnWith(opening.reply);
  if (opening.kind === 'no-tls' && enforced)
    return reply(
      451,
      '4.7.5 The MTA-STS policy of the domain demands a valid certificate, which its server does not show',
    );
  return reply(451, '4.4.1 No mail server of the domain can be reached, try again later');
}

/** RFC 5321 §4.4. Who gave the message to us stays between us and them. */
function receivedField(helo: string, { name, world }: DirectRouteOptions): string {
  const from = /^[\w.-]+$/.test(helo) ? helo : 'unknown';
  const date = new Date(world.now()).toUTCString().replace('GMT', '+0000');
  return `Received: from ${from} by ${name} with ESMTP;\r\n\t${date}\r\n`;
}
