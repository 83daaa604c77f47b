/**
 * Cloudflare by its API v4. One record is one object with an identifier; a change of an RRset becomes a batch, which
 * Cloudflare carries out in one transaction. Records that are proxied, flattened or of types that Septet does not read
 * are shown as special and never touched.
 */
import type { Change } from '../../change/change.ts';
import type { DnsName } from '../../dns/name.ts';
import type { DnsHost, HostApplied, HostFault, HostOptions, HostOutside, HostRead } from '../host.ts';
import { applyTogether } from '../https/apply.ts';
import { malformed, noZone, torn, type Api } from '../https/ask.ts';
import { at, listAt, numberAt, textAt } from '../https/json.ts';
import { limitsOf } from '../https/limits-of.ts';
import { atNames, gather, wholeName, type LiveSets, type Special } from '../https/values.ts';
import { refusal } from '../pending.ts';
import { call, cloudflareApi, dnsEdit, dnsRead, whoseFault, zoneRead } from './api.ts';
import { batchOf } from './batch.ts';
import { readRecord, type KeptRecord } from './records.ts';

export interface CloudflareOptions {
  readonly token: string;
  /** Base of the API; `https://api.cloudflare.com/client/v4` without. */
  readonly url?: string | undefined;
  /** Records a page; 1000 without. */
  readonly pageSize?: number;
  readonly outside: HostOutside;
}

const usualUrl = 'https://api.cloudflare.com/client/v4';
/** House limit: pages of one zone. */
const maxPages = 500;
/** The smallest plan's limit of operations in one batch. */
const maxOperations = 200;

interface FoundZone {
  readonly id: string;
  readonly nameServers: readonly DnsName[];
}

interface Live extends LiveSets {
  readonly records: readonly KeptRecord[];
}

export function cloudflareHost(options: CloudflareOptions): DnsHost {
  const { token, url = usualUrl, outside, pageSize = 1000 } = options;
  const api = cloudflareApi(token, url.replace(/\/+$/, ''), outside);
  const limits = limitsOf('cloudflare');
  return {
    id: 'cloudflare',
    title: api.title,
    limits,
    atomic: true,
    read: (zone, names, { signal }: HostOptions = {}) => read(api, pageSize, zone, names, signal),
    apply: async (zone, changes, { signal }: HostOptions = {}) => {
      signal?.throwIfAborted();
      const fault = refusal(zone, changes, limits);
      if (fault) return fault;
      const found = await findZone(api, zone, signal);
      return 'kind' in found ? found : apply(api, pageSize, zone, found, changes, signal);
    },
  };
}

async function read(
  api: Api,
  pageSize: number,
  zone: DnsName,
  names: readonly DnsName[],
  signal: AbortSignal | undefined,
): Promise<HostRead> {
  const found = await findZone(api, zone, signal);
  if ('kind' in found) return found;
  const live = await readZone(api, pageSize, zone, found, signal);
  if ('kind' in live) return live;
  const { sets, special } = atNames(live, names);
  return {
    kind: 'read',
    zone,
    nameServers: found.nameServers,
    sets,
    special: special.map(({ name, what }) => ({ name, what })),
  };
}

function apply(
  api: Api,
  pageSize: number,
  zone: DnsName,
  found: FoundZone,
  changes: readonly Change[],
  signal: AbortSignal | undefined,
): Promise<HostApplied> {
  const writer = { title: api.title, look: () => readZone(api, pageSize, zone, found, signal) };
  return applyTogether(writer, changes, async (todo, live) => {
    const batch = batchOf(todo, live.records);
    const count = batch.deletes.length + batch.patches.length + batch.posts.length;
    if (count > maxOperations) {
      return {
        kind: 'fault',
        reason: 'rejected',
        detail: `${count} records change at once, and Cloudflare takes ${maxOperations} in one transaction.`,
        cure: 'Publish in smaller steps.',
      };
    }
    // Sent again after a failure: what was done already is refused as a record that is gone or there twice, and then
    // the zone is read once more.
    const path = `/zones/${found.id}/dns_records/batch`;
    const body = JSON.stringify(batch);
    const answer = await call(api, { method: 'POST', path, body, needs: dnsEdit, idempotent: true, signal });
    return answer.kind === 'fault' ? answer : undefined;
  });
}

async function findZone(api: Api, zone: DnsName, signal: AbortSignal | undefined): Promise<FoundZone | HostFault> {
  const path = `/zones?name=${encodeURIComponent(zone)}&per_page=50`;
  const answer = await call(api, { method: 'GET', path, needs: zoneRead, signal });
  if (answer.kind === 'fault') return whoseFault(api, answer, zoneRead, signal);
  if (!Array.isArray(answer.result)) return malformed(api, path, 'the list of zones is not a list');
  const all = (answer.result as readonly unknown[]).filter((item) => wholeName(textAt(item, 'name') ?? '') === zone);
  const active = all.filter((item) => textAt(item, 'status') === 'active');
  const [only, ...others] = active.length > 0 ? active : all;
  if (only === undefined) {
    const detail = `The token shows no zone ${zone} at Cloudflare.`;
    const cure = `Look whether the zone is in this account, and give the token ${zoneRead} and ${dnsEdit} for it.`;
    return noZone(api, zone, detail, cure);
  }
  if (others.length > 0) {
    const detail = `The token shows ${others.length + 1} zones ${zone} at Cloudflare, in several accounts.`;
    return noZone(api, zone, detail, 'Make a token that is for one account only.');
  }
  const id = textAt(only, 'id');
  if (id === undefined || !/^[0-9a-z]{1,32}$/i.test(id)) return malformed(api, path, 'the zone has no identifier');
  const nameServers = (listAt(only, 'name_servers') ?? [])
    .map((name) => (typeof name === 'string' ? wholeName(name) : undefined))
    .filter((name) => name !== undefined);
  return { id, nameServers };
}

/** All records, page by page. */
async function readZone(
  api: Api,
  pageSize: number,
  zone: DnsName,
  found: FoundZone,
  signal: AbortSignal | undefined,
): Promise<Live | HostFault> {
  const records = new Map<string, KeptRecord>();
  const special: Special[] = [];
  const totals: (number | undefined)[] = [];
  for (let page = 1; page <= maxPages; page++) {
    const path = `/zones/${found.id}/dns_records?per_page=${pageSize}&page=${page}&order=name`;
    const answer = await call(api, { method: 'GET', path, needs: dnsRead, signal });
    if (answer.kind === 'fault') return answer;
    if (!Array.isArray(answer.result)) return malformed(api, path, 'the list of records is not a list');
    for (const item of answer.result as readonly unknown[]) {
      const one = readRecord(item, zone);
      if (one === undefined) return malformed(api, path, 'a record lacks its id, name, type or TTL');
      if ('record' in one) records.set(one.record.id, one.record);
      else special.push(one.special);
    }
    const info = at(answer.envelope, 'result_info');
    totals.push(numberAt(info, 'total_count'));
    if (page >= (numberAt(info, 'total_pages') ?? 1)) {
      const all = [...records.values()];
      const fault = torn(api, totals, all.length + special.length);
      return fault ?? { sets: gather(all), special, records: all };
    }
  }
  return malformed(api, `/zones/${found.id}/dns_records`, `it has more than ${maxPages} pages`);
}
