/** The floor of every fake host: a server on loopback that keeps what it was asked, runs out of patience and fails to order. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Path and query as they came. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface FakeServer {
  readonly url: string;
  /** Since the server runs. */
  readonly asked: Asked[];
  readonly hooks: {
    /** Answers in the place of the API. */
    before?: ((asked: Asked) => Answer | undefined) | undefined;
    /** So many requests are still answered; then comes the API's own 429. */
    budget?: number | undefined;
  };
  stop(): Promise<void>;
}

export const json = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(value),
});

export async function startFake(handle: (asked: Asked) => Answer, limited: Answer): Promise<FakeServer> {
  const asked: Asked[] = [];
  const hooks: FakeServer['hooks'] = {};
  const answerTo = (one: Asked): Answer => {
    if (hooks.budget !== undefined && hooks.budget-- <= 0) return limited;
    return hooks.before?.(one) ?? handle(one);
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(request);
    const url = new URL(request.url ?? '/', 'http://fake');
    const one = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      target: request.url ?? '/',
      headers: request.headers,
      body,
    };
    asked.push(one);
    const { status, headers = {}, body: text = '' } = answerTo(one);
    response.writeHead(status, headers).end(text);
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    hooks,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

export type Body = Readonly<Record<string, unknown>>;

/** The body as a JSON object; `undefined` when it is none. */
export function jsonBody({ body }: Asked): Body | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Body) : undefined;
  } catch {
    return undefined;
  }
}

export const bearer = ({ headers }: Asked): string | undefined =>
  /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1];

/** The first key that is not in the list. */
export const unknownKey = (body: Body, allowed: readonly string[]): string | undefined =>
  Object.keys(body).find((key) => !allowed.includes(key));
