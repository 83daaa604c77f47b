/** The HTTP server in front of pages: bounded in header octets, connections and time. */
import { Buffer } from 'node:buffer';
import { createServer, type ServerResponse } from 'node:http';
import { listenFault } from '../listen-fault.ts';
import type { Pages } from './report-pages.ts';

export interface WebListenerOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly pages: Pages;
  readonly maxConnections?: number;
  /** For a request to come in. */
  readonly timeoutMs?: number;
  /** One line for the terminal, without line end. */
  log?(line: string): void;
}

export interface WebListener {
  readonly port: number;
  close(): Promise<void>;
}

const maxHeaderOctets = 8 * 1024; // house
const defaultConnections = 100; // house
const defaultTimeoutMs = 10_000; // house

/** Rejects with `ListenFault`. */
export async function startWebListener(options: WebListenerOptions): Promise<WebListener> {
  const { host, port, pages, timeoutMs = defaultTimeoutMs } = options;
  const server = createServer(
    {
      maxHeaderSize: maxHeaderOctets,
      headersTimeout: timeoutMs,
      requestTimeout: timeoutMs,
      keepAliveTimeout: 2000,
      connectionsCheckingInterval: Math.max(100, Math.min(1000, timeoutMs / 2)),
    },
    (request, response) => {
      // Whatever a client sends along is not read; the connection ends with the answer.
      if (request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined)
        response.shouldKeepAlive = false;
      try {
        answer(response, request.method ?? '', request.url ?? '', pages);
      } catch (error) {
        options.log?.(
          `A page could not be made: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        );
        if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' });
        response.end('This page cannot be made.\n');
      }
    },
  );
  server.maxConnections = options.maxConnections ?? defaultConnections;
  server.setTimeout(timeoutMs);
  const bound = await new Promise<number>((resolve, reject) => {
    const failed = (error: Error): void => reject(listenFault(error, { host, port, option: '--web' }));
    server.once('error', failed);
    server.listen(port, host, () => {
      server.off('error', failed);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
  server.on('error', (error) => options.log?.(`The web server: ${error.message}`));
  return {
    port: bound,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(response: ServerResponse, method: string, url: string, pages: Pages): void {
  const { status, headers, body } = pages({ method, url });
  const octets = typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
  response.writeHead(status, { ...headers, 'content-length': octets.length });
  if (method === 'HEAD') response.end();
  else response.end(octets);
}
