/** A resolver that asks over HTTPS (RFC 8484): the DNS message travels as the body of a POST. */
import type { IncomingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:https';
import type { DnsName } from './name.ts';
import type { NetworkResolver } from './network-resolver.ts';
import { failedAnswer, readAnswer } from './read-answer.ts';
import type { QueryOptions } from './resolver.ts';
import type { Answer, FailureReason, RrType } from './rrset.ts';
import { describeSocketError } from './transport-udp.ts';
import { answersQuery } from './wire-decode.ts';
import { encodeQuery } from './wire-encode.ts';
import type { Question } from './wire-types.ts';

export interface DohOptions {
  /** `https://dns.example/dns-query` */
  readonly url: string;
  /** For one question, in milliseconds; default 5000. */
  readonly timeoutMs?: number;
  /** Connections, and so questions at once; the rest wait. Default 64. */
  readonly concurrency?: number;
  /** Certificates (PEM) that count instead of the well-known roots. */
  readonly ca?: string;
}

const mediaType = 'application/dns-message'; // RFC 8484 §6
const maxMessageOctets = 65_535; // RFC 1035 §4.2.2

/** Throws on a URL that is not `https:`. */
export function dohResolver(options: DohOptions): NetworkResolver {
  const url = new URL(options.url);
  if (url.protocol !== 'https:') throw new TypeError(`DNS over HTTPS needs an https: URL, not ${options.url}`);
  const { timeoutMs = 5000, concurrency = 64, ca } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency, ...(ca !== undefined && { ca }) });
  const ending = new AbortController();

  const query = async (name: DnsName, type: RrType, asked?: QueryOptions): Promise<Answer> => {
    const question: Question = { name, type };
    const signal = asked?.signal;
    signal?.throwIfAborted();
    // The id is 0 so that HTTP caches see equal questions as equal (RFC 8484 §4.1).
    const { packet, questionEnd } = encodeQuery({ ...question, id: 0, dnssec: asked?.dnssec === true });
    const fail = (reason: FailureReason, detail: string): Answer => failedAnswer(question, options.url, reason, detail);
    const clock = AbortSignal.timeout(timeoutMs);
    const stop = AbortSignal.any([clock, ending.signal, ...(signal ? [signal] : [])]);
    let reply: Reply;
    try {
      reply = await post(url, packet, agent, stop);
    } catch (error) {
      signal?.throwIfAborted();
      ending.signal.throwIfAborted();
      if (clock.aborted) return fail('timeout', `no answer from ${options.url} within ${timeoutMs} ms`);
      if (error instanceof TooLarge) return fail('malformed', `more than ${maxMessageOctets} octets`);
      return fail('unreachable', `${options.url}: ${describeSocketError(error as Error)}`);
    }
    if (reply.status !== 200) return fail(reply.status < 500 ? 'refused' : 'servfail', `HTTP status ${reply.status}`);
    const kind = (reply.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
    if (kind !== mediaType) return fail('malformed', `the content type is ${kind || 'missing'}, not ${mediaType}`);
    if (!answersQuery(reply.body, packet, questionEnd)) {
      return fail('malformed', 'the body is not a DNS response to the question');
    }
    return readAnswer(reply.body, question, options.url);
  };

  return {
    query: query as NetworkResolver['query'],
    close: () => {
      ending.abort(new Error('the resolver was closed'));
      agent.destroy();
      return Promise.resolve();
    },
  };
}

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

class TooLarge extends Error {
  override readonly name = 'TooLarge';
}

function post(url: URL, packet: Buffer, agent: Agent, signal: AbortSignal): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': mediaType, accept: mediaType, 'content-length': packet.length };
    const sending = request(url, { method: 'POST', agent, headers, signal }, (response) => {
      const chunks: Buffer[] = [];
      let octets = 0;
      response.on('data', (chunk: Buffer) => {
        octets += chunk.length;
        if (octets > maxMessageOctets) response.destroy(new TooLarge());
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    sending.on('error', reject);
    sending.end(packet);
  });
}
