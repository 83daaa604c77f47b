/** Stands between Septet and an API over HTTP: is told of every request, and may answer it itself. */
import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HttpPassing {
  readonly method: string;
  readonly path: string;
}

/** `on`: the message goes on; `never`: it does not, and nobody is told; a number: the status of an answer of its own. */
export type Fate = 'on' | 'never' | number;

export interface HttpWatch {
  request(passing: HttpPassing): Fate;
  reply(passing: HttpPassing): Fate;
}

export interface HttpProxy {
  readonly url: string;
  close(): Promise<void>;
}

export async function startHttpProxy(target: string, watch: HttpWatch): Promise<HttpProxy> {
  const { hostname, port } = new URL(target);
  const proxy = createServer((request, response) => {
    const passing = { method: request.method ?? '', path: request.url ?? '' };
    const own = (status: number): void => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end('{"error":"Internal Server Error"}');
    };
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const fate = watch.request(passing);
      if (typeof fate === 'number') return own(fate);
      if (fate === 'never') return;
      const { method, url: path, headers } = request;
      const onward = send({ hostname, port, method, path, headers }, (answer) => {
        const body: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => body.push(chunk));
        answer.on('end', () => {
          const replyFate = watch.reply(passing);
          if (typeof replyFate === 'number') return own(replyFate);
          if (replyFate === 'never') return;
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          response.end(Buffer.concat(body));
        });
      });
      onward.on('error', () => own(502));
      onward.end(Buffer.concat(chunks));
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        proxy.close(() => resolve());
        proxy.closeAllConnections();
      }),
  };
}
