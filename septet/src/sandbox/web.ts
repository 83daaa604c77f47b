/** The sandbox's web servers on loopback: HTTPS by host name (SNI), and plain HTTP. */
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import type { KeyAndCertificate } from './certificates.ts';

export interface Page {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface Site {
  readonly certificate: KeyAndCertificate;
  /** By path, such as `/.well-known/mta-sts.txt`; anything else is 404. */
  readonly pages: Readonly<Record<string, Page>>;
}

export interface WebServers {
  readonly httpsPort: number;
  readonly httpPort: number;
  close(): Promise<void>;
}

/** Serves the sites by their host names, and plain HTTP with a redirect to HTTPS, on free ports of `address`. */
export async function serveWeb(sites: ReadonlyMap<string, Site>, address = '127.0.0.1'): Promise<WebServers> {
  const contexts = new Map(
    [...sites].map(([host, { certificate }]) => [
      host,
      tls.createSecureContext({ key: certificate.key, cert: certificate.certificate }),
    ]),
  );
  const first = [...sites.values()][0];
  const secure = https.createServer(
    {
      ...(first ? { key: first.certificate.key, cert: first.certificate.certificate } : {}),
      SNICallback: (name, done) => done(null, contexts.get(name)),
    },
    (request, response) => {
      const site = sites.get((request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase());
      const page = site?.pages[request.url ?? '/'] ?? { status: 404, body: 'not here\n' };
      response.writeHead(page.status ?? 200, { 'content-type': 'text/plain', ...page.headers });
      response.end(page.body ?? '');
    },
  );
  const plain = http.createServer((request, response) => {
    response.writeHead(308, { location: `https://${request.headers.host ?? ''}${request.url ?? '/'}` });
    response.end();
  });
  const listen = (server: http.Server | https.Server): Promise<number> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, address, () => resolve((server.address() as AddressInfo).port));
    });
  const [httpsPort, httpPort] = await Promise.all([listen(secure), listen(plain)]);
  return {
    httpsPort,
    httpPort,
    close: async () => {
      await Promise.all(
        [secure, plain].map(
          (server) =>
            new Promise<void>((resolve) => {
              server.close(() => resolve());
              server.closeAllConnections();
            }),
        ),
      );
    },
  };
}
