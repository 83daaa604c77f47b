/** An HTTP client on which things go wrong to order: between a host's client and a fake or a real server. */
import type { HostHttp, HttpReply, HttpRequest } from '../../src/providers/host.ts';

export interface Trouble {
  /** Which requests count: all, those that write (every method but GET), or those that read. */
  readonly on: 'any' | 'write' | 'read';
  /** So many of them pass first; default 0. */
  readonly after?: number;
  /** The status that comes instead; 0 for a connection that is lost. */
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The server carries the request out all the same, and only the reply is lost. Default false. */
  readonly carriedOut?: boolean;
  /** How many requests fail in a row; default 1. */
  readonly times?: number;
}

export interface TroubledHttp {
  readonly http: HostHttp;
  /** Arms troubles; each is used up on its own. */
  trouble(...troubles: readonly Trouble[]): void;
  /** Runs once, before the next request that writes is sent: a change by somebody else at the worst moment. */
  beforeWrite(act: () => Promise<void>): void;
  /** What was sent since the last call, troubles included. */
  sent(): readonly HttpRequest[];
  /** Disarms everything. */
  calm(): void;
}

interface Armed {
  readonly trouble: Trouble;
  after: number;
  times: number;
}

export function troubledHttp(inner: HostHttp): TroubledHttp {
  let armed: Armed[] = [];
  let requests: HttpRequest[] = [];
  let act: (() => Promise<void>) | undefined;

  const failing = (request: HttpRequest): Trouble | undefined => {
    for (const one of armed) {
      const { on } = one.trouble;
      if (on !== 'any' && (on === 'read') !== (request.method === 'GET')) continue;
      if (one.after > 0) {
        one.after--;
        continue;
      }
      one.times--;
      if (one.times === 0) armed = armed.filter((other) => other !== one);
      return one.trouble;
    }
    return undefined;
  };

  const http: HostHttp = async (request): Promise<HttpReply> => {
    requests.push(request);
    if (act !== undefined && request.method !== 'GET') {
      const now = act;
      act = undefined;
      await now();
    }
    const trouble = failing(request);
    if (trouble === undefined) return inner(request);
    if (trouble.carriedOut === true) await inner(request);
    if (trouble.status === 0) return { kind: 'failed', detail: 'the server ended the connection' };
    const { status, headers = {}, body = '{}' } = trouble;
    return { kind: 'reply', status, headers: { 'content-type': 'application/json', ...headers }, body };
  };

  return {
    http,
    trouble: (...troubles) => {
      armed.push(...troubles.map((trouble) => ({ trouble, after: trouble.after ?? 0, times: trouble.times ?? 1 })));
    },
    beforeWrite: (now) => {
      act = now;
    },
    sent: () => {
      const all = requests;
      requests = [];
      return all;
    },
    calm: () => {
      armed = [];
      act = undefined;
    },
  };
}
