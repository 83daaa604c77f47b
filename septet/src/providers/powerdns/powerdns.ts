/**
 * PowerDNS Authoritative by its HTTP API (4.x). One PATCH carries all changes of an `apply`, and PowerDNS makes them in
 * one transaction of its database. It has no prerequisites: what stands there is read once more right before.
 */
import type { Change } from '../../change/change.ts';
import { absolute, type DnsName } from '../../dns/name.ts';
import { formatRdata } from '../../dns/rdata-text.ts';
import type { DnsHost, HostFault, HostOutside } from '../host.ts';
import { applyTogether } from '../https/apply.ts';
import { ask, type Api } from '../https/ask.ts';
import { parseJson, textAt } from '../https/json.ts';
import { limitsOf } from '../https/limits-of.ts';
import type { Special } from '../https/values.ts';
import { refusal } from '../pending.ts';
import { findZone, heldAt, zonePath, type Held } from './zone.ts';

export interface PowerDnsOptions {
  /** `http://127.0.0.1:8081`, with or without `/api/v1`. */
  readonly url: string;
  readonly apiKey: string;
  /** Id of the server; default `localhost`, the only one that PowerDNS itself has. */
  readonly server?: string;
  readonly outside: HostOutside;
}

const title = 'PowerDNS';

export function powerDnsHost({ url, apiKey, server = 'localhost', outside }: PowerDnsOptions): DnsHost {
  const limits = limitsOf('powerdns');
  const api: Api = {
    title,
    outside,
    base: `${url.replace(/\/+$/, '').replace(/\/api\/v1$/, '')}/api/v1/servers/${encodeURIComponent(server)}`,
    secrets: [apiKey],
    credentials: 'API key',
    sign: (request) => ({ ...request, headers: { ...request.headers, 'x-api-key': apiKey } }),
    words: (body) => {
      const text = textAt(parseJson(body), 'error');
      return text === undefined ? undefined : { text };
    },
    meaning: (status, _words, asked) =>
      status === 404 && asked.method === 'GET' ? { reason: 'no-zone', cure: noServer(server) } : undefined,
  };
  return {
    id: 'powerdns',
    title,
    limits,
    atomic: true,
    read: async (zone, names, options) => {
      options?.signal?.throwIfAborted();
      const found = await findZone(api, zone, options?.signal);
      if (found.kind === 'fault') return found;
      const held = await heldAt(api, found, names, options?.signal);
      if ('kind' in held) return held;
      const { nameServers, sets } = held;
      return { kind: 'read', zone, nameServers, sets, special: eachOnce(held.special) };
    },
    apply: async (zone, changes, options) => {
      const signal = options?.signal;
      signal?.throwIfAborted();
      const refused = refusal(zone, changes, limits);
      if (refused !== undefined) return refused;
      if (changes.length === 0) return { kind: 'applied' };
      const found = await findZone(api, zone, signal);
      if (found.kind === 'fault') return found;
      const names = changes.map((change) => change.name);
      const look = async (): Promise<Held | HostFault> => {
        const held = await heldAt(api, found, names, signal);
        return 'kind' in held ? held : (unwritable(zone, held) ?? held);
      };
      return applyTogether({ title, look }, changes, (todo) => patch(api, zonePath(found), todo, signal));
    },
  };
}

/** Why nothing can be written to the zone at this server. */
function unwritable(zone: DnsName, { zoneKind, presigned }: Held): HostFault | undefined {
  const fault = (detail: string, cure: string): HostFault => ({ kind: 'fault', reason: 'rejected', detail, cure });
  if (/^(slave|secondary|consumer)$/i.test(zoneKind)) {
    const detail = `${zone} is a secondary zone at this PowerDNS (${zoneKind}): its records come from its primary, which would undo every change.`;
    return fault(detail, 'Publish at the primary server of the zone.');
  }
  if (!presigned) return undefined;
  const detail = `${zone} is signed elsewhere and only served by this PowerDNS: a change would have no signature.`;
  return fault(detail, 'Publish where the zone is signed.');
}

/** All changes in one transaction. Comments of an RRset stay, because none are sent. */
async function patch(
  api: Api,
  path: string,
  changes: readonly Change[],
  signal: AbortSignal | undefined,
): Promise<HostFault | undefined> {
  const body = JSON.stringify({ rrsets: changes.map(rrsetOf) });
  const answer = await ask(api, { method: 'PATCH', path, body, needs: 'to change zones', signal });
  return answer.kind === 'fault' ? answer : undefined;
}

function rrsetOf({ name, type, after }: Change): object {
  const owner = absolute(name);
  if (after === undefined) return { name: owner, type, changetype: 'DELETE' };
  const records = after.data.map((data) => ({ content: formatRdata(type, data), disabled: false }));
  return { name: owner, type, ttl: after.ttlSeconds, changetype: 'REPLACE', records };
}

const noServer = (server: string): string =>
  `Look whether the URL is that of the API and whether the server is called ${server} there.`;

/** An ALIAS stands in for several types and is told once. */
function eachOnce(special: readonly Special[]): readonly { readonly name: DnsName; readonly what: string }[] {
  const seen = new Map(special.map(({ name, what }) => [`${name} ${what}`, { name, what }]));
  return [...seen.values()];
}
