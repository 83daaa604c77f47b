/** What operators see: counters for Prometheus, health, readiness, and `ask` for proxies that get certificates on demand. */
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { CertificateFacts } from './certificates/certificates.ts';
import type { Counters } from './counters.ts';
import type { Handler, Response } from './public-listener.ts';

export interface AdminParts {
  readonly counters: Counters;
  /** Names that are served. */
  hosts(): ReadonlySet<string>;
  connections(): number;
  certificates(): readonly CertificateFacts[];
  /** Mode by domain. */
  policies(): ReadonlyMap<string, string>;
  waitingWebhooks(): Promise<number>;
  /** What keeps this machine from serving, one sentence each; empty: ready. */
  faults(): Promise<readonly string[]>;
}

export function adminPages(parts: AdminParts): Handler {
  const registry = registryOf(parts);
  return (request, response) => {
    const url = URL.parse(request.url ?? '/', 'http://admin');
    if (request.method !== 'GET' && request.method !== 'HEAD') return send(response, 405, 'Only GET and HEAD.\n');
    const failed = (error: unknown): void =>
      send(response, 500, `${error instanceof Error ? error.message : String(error)}\n`);
    switch (url?.pathname) {
      case '/healthz':
        return send(response, 200, 'ok\n');
      case '/readyz':
        parts
          .faults()
          .then((faults) => send(response, faults.length > 0 ? 503 : 200, `${faults.join('\n') || 'ready'}\n`))
          .catch(failed);
        return;
      case '/metrics':
        registry
          .metrics()
          .then((text) => send(response, 200, text, registry.contentType))
          .catch(failed);
        return;
      case '/ask': {
        // Caddy's `on_demand_tls { ask … }`: 2xx means that it may get a certificate for the name.
        const name = (url?.searchParams.get('domain') ?? '').toLowerCase().replace(/\.$/, '');
        return parts.hosts().has(name) ? send(response, 200, 'ours\n') : send(response, 404, 'not ours\n');
      }
      default:
        return send(response, 404, '/healthz, /readyz, /metrics, /ask?domain=…\n');
    }
  };
}

function send(response: Response, status: number, text: string, type = 'text/plain; charset=utf-8'): void {
  const octets = Buffer.from(text);
  response.writeHead(status, { 'content-type': type, 'content-length': octets.length, 'cache-control': 'no-store' });
  response.end(octets);
}

function registryOf(parts: AdminParts): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const { counters } = parts;
  /** Labels are the words of the key, in order. */
  const counter = (
    name: string,
    help: string,
    labelNames: readonly string[],
    from: ReadonlyMap<string, number>,
  ): void => {
    const made = new Counter({
      name,
      help,
      labelNames: [...labelNames],
      registers: [],
      collect() {
        this.reset();
        for (const [key, value] of from) {
          const words = labelNames.length > 1 ? key.split(' ') : [key];
          this.inc(Object.fromEntries(labelNames.map((label, index) => [label, words[index] ?? ''])), value);
        }
      },
    });
    registry.registerMetric(made);
  };
  const gauge = (
    name: string,
    help: string,
    labelNames: readonly string[],
    collect: (gauge: Gauge) => void | Promise<void>,
  ): void => {
    const made = new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers: [],
      async collect() {
        this.reset();
        await collect(this);
      },
    });
    registry.registerMetric(made);
  };
  counter('septet_serve_requests_total', 'Answers by route and status', ['route', 'status'], counters.requests);
  counter('septet_serve_hits_total', 'Stored clicks, opens and unsubscribes', ['kind', 'agent'], counters.hits);
  counter('septet_serve_lost_total', 'Hits that were not stored before their answer', ['kind'], counters.lost);
  counter('septet_serve_refused_total', 'Addresses that were not ours', ['why'], counters.refused);
  counter('septet_serve_limited_total', 'Requests that were too many', ['which'], counters.limited);
  counter('septet_serve_webhooks_total', 'Tries to tell of unsubscribes', ['outcome'], counters.webhooks);
  counter('septet_serve_reloads_total', 'Reloads of the configuration', ['outcome'], counters.reloads);
  gauge('septet_serve_connections', 'Open connections', [], (one) => one.set(parts.connections()));
  gauge('septet_serve_hosts', 'Names that are served', [], (one) => one.set(parts.hosts().size));
  gauge('septet_serve_webhooks_waiting', 'Unsubscribes that wait to be told', [], async (one) =>
    one.set(await parts.waitingWebhooks()),
  );
  gauge('septet_serve_policy', 'MTA-STS policies that are served', ['domain', 'mode'], (one) => {
    for (const [domain, mode] of parts.policies()) one.set({ domain, mode }, 1);
  });
  gauge('septet_serve_certificate_end_seconds', 'When certificates end, in Unix time', ['name'], (one) => {
    for (const { name, notAfter } of parts.certificates())
      if (notAfter !== undefined) one.set({ name }, notAfter / 1000);
  });
  return registry;
}
