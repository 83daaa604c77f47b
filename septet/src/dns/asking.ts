/**
 * One question on its way to an answer: which server is asked next, what counts as an answer, when to give up.
 *
 * A server that stays silent is asked again after the next one, with longer waits; late replies to earlier sends still
 * count. A server that says no (SERVFAIL, REFUSED, garbage, unreachable) is not asked the same thing again.
 */
import type { DnsName } from './name.ts';
import { failedAnswer, maxCnameHops } from './read-answer.ts';
import type { Answer, CnameHop, FailureReason, RrType } from './rrset.ts';
import type { TcpServer } from './transport-tcp.ts';
import type { Carrier, Flight, ServerAddress } from './transport.ts';
import type { UdpServer } from './transport-udp.ts';
import { answersQuery } from './wire-decode.ts';
import { encodeQuery } from './wire-encode.ts';
import { rcodes, type Question } from './wire-types.ts';

/** A server with its transports and what is known about it. */
export interface Upstream {
  readonly address: ServerAddress;
  readonly udp: UdpServer;
  readonly tcp: TcpServer;
  /** It answered FORMERR to EDNS and understood the same question without (RFC 6891 §7). */
  plain: boolean;
  /** Questions in a row that it left unanswered. */
  silences: number;
  /** Milliseconds that its replies over UDP take of late; absent before the first. */
  replyMs?: number;
}

/** What all questions of one resolver share. */
export interface Terms {
  readonly timeoutMs: number;
  /** Sends of one question in all, TCP after truncation not counted. */
  readonly attempts: number;
  readonly recursion: boolean;
  readonly transport: 'udp' | 'tcp';
  readonly followCnames: boolean;
  readonly read: (message: Buffer, question: Question, server: string) => Answer;
  /** The servers in the order in which the next question should ask them. */
  readonly order: () => readonly Upstream[];
  readonly now: () => number;
  readonly done: (asking: Asking, answer: Answer) => void;
}

/** What a failure says, the most telling first. */
const weight: Readonly<Record<FailureReason, number>> = {
  servfail: 4,
  refused: 3,
  malformed: 2,
  unreachable: 1,
  timeout: 0,
};

/** A TCP connection may close while a question is on its way; that often is asked again on a new connection. */
const maxReconnects = 2;

interface Sent {
  readonly carrier: Carrier;
  readonly id: number;
  readonly upstream: Upstream;
  readonly period: number;
  readonly at: number;
}

/**
 * A packet to a near server is missed soon: after eight times its usual reply time, at least this long, the question is
 * sent once more. That does not count among the attempts, whose waits are made for far and slow servers.
 */
const leastWaitMs = 60;
const usualWaits = 8;

export class Asking implements Flight {
  readonly name: DnsName;
  readonly type: RrType;
  readonly dnssec: boolean;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (reason: unknown) => void;
  packet: Buffer = noPacket;

  private readonly terms: Terms;
  private questionEnd = 0;
  /** The name asked for now: `name`, or the end of the chain so far. */
  private target: DnsName;
  private chain: readonly CnameHop[] = noHops;
  private chainSecure = true;
  private upstreams: readonly Upstream[] = [];
  private sent: Sent | undefined;
  private earlier: Sent[] | undefined;
  private saidNo: Set<Upstream> | undefined;
  private turn = 0;
  private sends = 0;
  private reconnects = 0;
  private strays = 0;
  private overTcp: boolean;
  private edns = true;
  private failure: Answer | undefined;
  private retryAt = 0;
  private missedAt = Infinity;
  private deadline = 0;

  constructor(
    terms: Terms,
    name: DnsName,
    type: RrType,
    options: { readonly dnssec: boolean; readonly signal: AbortSignal | undefined },
    resolve: (answer: Answer) => void,
    reject: (reason: unknown) => void,
  ) {
    this.terms = terms;
    this.name = name;
    this.target = name;
    this.type = type;
    this.dnssec = options.dnssec;
    this.signal = options.signal;
    this.resolve = resolve;
    this.reject = reject;
    this.overTcp = terms.transport === 'tcp';
  }

  start(): void {
    this.deadline = this.terms.now() + this.terms.timeoutMs;
    this.ask();
  }

  /** Called every few hundredths of a second. */
  tick(now: number): void {
    if (now >= this.deadline) {
      if (this.sent) this.sent.upstream.silences++;
      this.giveUp();
    } else if (now >= this.retryAt && this.sends < this.terms.attempts) {
      if (this.sent) this.sent.upstream.silences++;
      this.transmit();
    } else if (this.sent && now >= this.missedAt) {
      this.missedAt = Infinity;
      this.sent.upstream.udp.lost();
      this.sendTo(this.sent.upstream);
    }
  }

  /** Forgets everything in flight; no outcome follows. */
  stop(): void {
    if (this.sent) this.sent.carrier.forget(this.sent.id);
    if (this.earlier) for (const sent of this.earlier) sent.carrier.forget(sent.id);
    this.sent = undefined;
    this.earlier = undefined;
  }

  arrived(message: Buffer, carrier: Carrier, id: number): void {
    if (!answersQuery(message, this.packet, this.questionEnd)) {
      this.strays++;
      return;
    }
    const sent = this.take(carrier, id);
    if (sent === undefined) return;
    const { upstream } = sent;
    upstream.silences = 0;
    if (carrier.protocol === 'udp') {
      const took = this.terms.now() - sent.at;
      upstream.replyMs = upstream.replyMs === undefined ? took : upstream.replyMs * 0.9 + took * 0.1;
    }
    const truncated = ((message[2] as number) & 0x02) !== 0;
    if (truncated && carrier.protocol === 'udp') {
      this.overTcp = true;
      this.sendTo(upstream);
      return;
    }
    const rcode = (message[3] as number) & 15;
    if (this.edns && (rcode === rcodes.formatError || rcode === rcodes.notImplemented)) {
      this.edns = false;
      this.encode();
      this.sendTo(upstream);
      return;
    }
    if (!this.edns && !upstream.plain && rcode === rcodes.noError) upstream.plain = true;
    const answer = this.terms.read(message, { name: this.target, type: this.type }, upstream.address.text);
    if (answer.kind === 'failed') {
      if (answer.chain.length > 0 && answer.reason === 'malformed') this.finish(answer);
      else this.refused(upstream, answer);
    } else if (
      answer.kind === 'nodata' &&
      answer.chain.length > 0 &&
      answer.zone === undefined &&
      this.terms.followCnames
    ) {
      this.continueAt(answer);
    } else {
      this.finish(answer);
    }
  }

  lost(carrier: Carrier, detail: string): void {
    const sent = this.takeFrom(carrier);
    if (sent === undefined) return;
    if (carrier.protocol === 'tcp' && this.reconnects < maxReconnects) {
      this.reconnects++;
      this.sendTo(sent.upstream);
      return;
    }
    const text = sent.upstream.address.text;
    sent.upstream.silences++;
    this.refused(
      sent.upstream,
      failedAnswer({ name: this.target, type: this.type }, text, 'unreachable', `${text}: ${detail}`),
    );
  }

  private ask(): void {
    this.upstreams = this.terms.order();
    this.turn = 0;
    this.sends = 0;
    this.saidNo = undefined;
    this.edns = this.upstreams[0]?.plain !== true;
    this.encode();
    this.transmit();
  }

  private encode(): void {
    const { packet, questionEnd } = encodeQuery({
      name: this.target,
      type: this.type,
      recursion: this.terms.recursion,
      edns: this.edns,
      dnssec: this.dnssec,
    });
    this.packet = packet;
    this.questionEnd = questionEnd;
  }

  /** Sends to the next server that has not said no. */
  private transmit(): void {
    const { upstreams, terms } = this;
    let upstream: Upstream | undefined;
    for (let i = 0; i < upstreams.length && upstream === undefined; i++) {
      const candidate = upstreams[this.turn++ % upstreams.length] as Upstream;
      if (!this.saidNo?.has(candidate)) upstream = candidate;
    }
    if (upstream === undefined) {
      this.giveUp();
      return;
    }
    // The waits double and together fill the time limit.
    const share = 2 ** this.sends / (2 ** terms.attempts - 1);
    this.sends++;
    const now = terms.now();
    this.retryAt = now + terms.timeoutMs * share;
    const first = this.sends === 1 && !this.overTcp && upstream.replyMs !== undefined;
    this.missedAt = first ? now + Math.max(leastWaitMs, usualWaits * (upstream.replyMs ?? 0)) : Infinity;
    this.sendTo(upstream);
  }

  private sendTo(upstream: Upstream): void {
    if (this.sent) (this.earlier ??= []).push(this.sent);
    const { udp } = upstream;
    const carrier = this.overTcp ? upstream.tcp.pick() : udp.pick();
    if (!this.overTcp) udp.sent();
    this.sent = { carrier, id: carrier.send(this), upstream, period: udp.period, at: this.terms.now() };
  }

  /** The send to which a reply belongs, which is over with that. */
  private take(carrier: Carrier, id: number): Sent | undefined {
    const sent = this.remove(carrier, id);
    if (sent !== undefined && carrier.protocol === 'udp') sent.upstream.udp.replied(sent.period);
    return sent;
  }

  private remove(carrier: Carrier, id: number): Sent | undefined {
    carrier.forget(id);
    const { sent } = this;
    if (sent !== undefined && sent.id === id && sent.carrier === carrier) {
      this.sent = undefined;
      return sent;
    }
    const at = this.earlier?.findIndex((one) => one.id === id && one.carrier === carrier) ?? -1;
    return at < 0 ? undefined : this.earlier?.splice(at, 1)[0];
  }

  private takeFrom(carrier: Carrier): Sent | undefined {
    const sent = this.sent?.carrier === carrier ? this.sent : this.earlier?.find((one) => one.carrier === carrier);
    return sent && this.take(carrier, sent.id);
  }

  private refused(upstream: Upstream, answer: Answer & { readonly kind: 'failed' }): void {
    const before = this.failure;
    if (before?.kind !== 'failed' || weight[answer.reason] >= weight[before.reason]) this.failure = answer;
    (this.saidNo ??= new Set()).add(upstream);
    // A question that still waits for another server is sent on when its time comes.
    if (this.sent === undefined) this.transmit();
  }

  private giveUp(): void {
    const { name, type, strays } = this;
    if (this.failure !== undefined) {
      this.finish(this.failure);
      return;
    }
    const texts = this.upstreams.map((upstream) => upstream.address.text).join(', ');
    const stray = strays === 0 ? '' : `; ${strays} that did not belong to the question came and did not count`;
    const detail = `no answer from ${texts} within ${this.terms.timeoutMs} ms${stray}`;
    this.finish(failedAnswer({ name, type }, this.upstreams[0]?.address.text ?? '', 'timeout', detail));
  }

  private continueAt(answer: Answer): void {
    const chain = [...this.chain, ...answer.chain];
    const target = chain.at(-1)?.target ?? this.name;
    const loops = target === this.name || chain.findIndex((hop) => hop.target === target) < chain.length - 1;
    if (loops || chain.length > maxCnameHops) {
      const detail = loops ? 'CNAME loop' : `more than ${maxCnameHops} CNAMEs in a row`;
      this.chain = noHops;
      this.finish(failedAnswer({ name: this.name, type: this.type }, answer.server, 'malformed', detail, chain));
      return;
    }
    this.stop();
    this.chain = chain;
    if (answer.dnssec !== 'secure') this.chainSecure = false;
    this.target = target;
    this.ask();
  }

  private finish(answer: Answer): void {
    this.stop();
    if (this.target === this.name) {
      this.terms.done(this, answer);
      return;
    }
    const dnssec = answer.dnssec === 'secure' && !this.chainSecure ? 'insecure' : answer.dnssec;
    this.terms.done(this, { ...answer, name: this.name, chain: [...this.chain, ...answer.chain], dnssec });
  }
}

const noPacket = Buffer.alloc(0);
const noHops: readonly CnameHop[] = [];
