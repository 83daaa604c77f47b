/**
 * DigitalOcean by its API v2. It knows single records only: an RRset is changed record by record, those that make place
 * for another being rewritten where they stand, so that a name never has two SPF records or none. Nothing here is
 * atomic; an RRset that is left half written is put back.
 */
import type { Change } from '../../change/change.ts';
import type { DnsName } from '../../dns/name.ts';
import type { RrSet } from '../../dns/rrset.ts';
import type { DnsHost, HostFault, HostOptions, HostOutside, HostRead } from '../host.ts';
import { applyInTurn, type Unwritten } from '../https/apply.ts';
import { askJson, malformed, noZone, torn, type Api, type Ask, type Words } from '../https/ask.ts';
import { at, listAt, numberAt, parseJson, textAt, type JsonObject } from '../https/json.ts';
import { limitsOf } from '../https/limits-of.ts';
import { atNames, gather, memberText, type LiveSets, type Special } from '../https/values.ts';
import { refusal } from '../pending.ts';
import { readRecord, recordFields, type KeptRecord } from './records.ts';

export interface DigitalOceanOptions {
  readonly token: string;
  /** Base of the API; `https://api.digitalocean.com` without. */
  readonly url?: string | undefined;
  /** Records a page; 200 without, which is the most. */
  readonly pageSize?: number;
  readonly outside: HostOutside;
}

interface Account {
  readonly api: Api;
  readonly zone: DnsName;
  readonly pageSize: number;
  readonly signal: AbortSignal | undefined;
}

interface Live extends LiveSets {
  readonly records: readonly KeptRecord[];
}

const usualUrl = 'https://api.digitalocean.com';
/** House limit: pages of one zone. */
const maxPages = 500;

export function digitalOceanHost(options: DigitalOceanOptions): DnsHost {
  const { token, url = usualUrl, pageSize = 200, outside } = options;
  const api: Api = {
    title: 'DigitalOcean',
    outside,
    base: `${url.replace(/\/+$/, '')}/v2`,
    secrets: [token],
    credentials: 'token',
    sign: (request) => ({ ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } }),
    words,
    meaning,
  };
  const limits = limitsOf('digitalocean');
  return {
    id: 'digitalocean',
    title: api.title,
    limits,
    atomic: false,
    read: (zone, names, { signal }: HostOptions = {}) => read({ api, zone, pageSize, signal }, names),
    apply: async (zone, changes, { signal }: HostOptions = {}) => {
      signal?.throwIfAborted();
      const fault = refusal(zone, changes, limits) ?? notUtf8(zone, changes);
      if (fault) return fault;
      const account = { api, zone, pageSize, signal };
      const writer = { title: api.title, look: () => readZone(account) };
      return applyInTurn(writer, changes, (change, live) => writeSet(account, change, live.records));
    },
  };
}

/** `{ "id": "unprocessable_entity", "message": "…" }` */
function words(body: string): Words | undefined {
  const value = parseJson(body);
  const [code, text] = [textAt(value, 'id'), textAt(value, 'message')];
  return text === undefined ? undefined : { ...(code === undefined ? {} : { code }), text };
}

/** A record that is gone: somebody else was here. The list of a domain that is not there is read by the caller. */
const meaning = (status: number, _said: Words | undefined, { method }: Ask): Partial<HostFault> | undefined =>
  status === 404 && method !== 'GET'
    ? { reason: 'changed', cure: 'Plan again; the new plan starts from what is there now.' }
    : undefined;

function notUtf8(zone: DnsName, changes: readonly Change[]): HostFault | undefined {
  for (const { name, type, after } of changes) {
    if (after?.data.some((data) => recordFields(zone, name, type, 0, data) === undefined) !== true) continue;
    return {
      kind: 'fault',
      reason: 'rejected',
      detail: `${name} ${type} holds octets that are not UTF-8, which the API of DigitalOcean cannot carry.`,
      cure: 'Write the text in ASCII.',
      at: { name, type },
    };
  }
  return undefined;
}

async function read(account: Account, names: readonly DnsName[]): Promise<HostRead> {
  const { zone } = account;
  const live = await readZone(account);
  if ('kind' in live) return live;
  const { sets, special } = atNames(live, names);
  const servers = live.sets.find((set): set is RrSet<'NS'> => set.type === 'NS' && set.name === zone);
  const nameServers = servers?.data ?? [];
  return { kind: 'read', zone, nameServers, sets, special: special.map(({ name, what }) => ({ name, what })) };
}

/** All records, page by page. */
async function readZone({ api, zone, pageSize, signal }: Account): Promise<Live | HostFault> {
  const records = new Map<number, KeptRecord>();
  const special: Special[] = [];
  let hidden = 0;
  const totals: (number | undefined)[] = [];
  const list = `/domains/${encodeURIComponent(zone)}/records`;
  for (let page = 1; page <= maxPages; page++) {
    const path = `${list}?per_page=${pageSize}&page=${page}`;
    const answer = await askJson(api, { method: 'GET', path, needs: 'domain:read', also: [404], signal });
    if (answer.kind === 'fault') return answer;
    if (answer.status === 404) return noZone(api, zone, `DigitalOcean has no domain ${zone} for this token.`);
    const found = listAt(answer.value, 'domain_records');
    if (found === undefined) return malformed(api, path, 'it has no domain_records');
    for (const item of found) {
      const one = readRecord(item, zone);
      if (one === undefined) return malformed(api, path, 'a record lacks its id, name, type, data or TTL');
      if ('record' in one) records.set(one.record.id, one.record);
      else if (textAt(item, 'type') === 'SOA') hidden++;
      else special.push(one.special);
    }
    totals.push(numberAt(at(answer.value, 'meta'), 'total'));
    if (textAt(at(at(answer.value, 'links'), 'pages'), 'next') === undefined) {
      const all = [...records.values()];
      const fault = torn(api, totals, all.length + special.length + hidden);
      return fault ?? { sets: gather(all), special, records: all };
    }
  }
  return malformed(api, list, `it has more than ${maxPages} pages`);
}

/** One request of those that change an RRset. */
interface Step {
  readonly method: 'POST' | 'PATCH' | 'DELETE';
  readonly id?: number;
  readonly fields?: JsonObject;
  readonly needs: string;
}

async function writeSet(
  { api, zone, signal }: Account,
  change: Change,
  records: readonly KeptRecord[],
): Promise<Unwritten | undefined> {
  let done = 0;
  const list = `/domains/${encodeURIComponent(zone)}/records`;
  for (const { method, id, fields, needs } of stepsOf(zone, change, records)) {
    const answer = await askJson(api, {
      method,
      path: id === undefined ? list : `${list}/${id}`,
      needs,
      ...(fields ? { body: JSON.stringify(fields) } : {}),
      // A PATCH names every field, so that a second one changes nothing.
      idempotent: method === 'PATCH',
      signal,
    });
    if (answer.kind === 'fault') {
      // An answer that is lost or cannot be read may have been a yes.
      return { fault: answer, half: done > 0 || answer.reason === 'unreachable' || answer.reason === 'malformed' };
    }
    done++;
  }
  return undefined;
}

function stepsOf(zone: DnsName, { name, type, after }: Change, records: readonly KeptRecord[]): readonly Step[] {
  const steps: Step[] = [];
  const leaving: KeptRecord[] = [];
  const wanted = new Map<string, JsonObject>();
  for (const data of after?.data ?? []) {
    const fields = recordFields(zone, name, type, after?.ttlSeconds ?? 0, data);
    if (fields) wanted.set(memberText(type, data), fields);
  }
  for (const record of records.filter((one) => one.name === name && one.type === type)) {
    const text = memberText(type, record.data);
    const fields = wanted.get(text);
    wanted.delete(text);
    if (fields === undefined) leaving.push(record);
    else if (record.ttlSeconds !== after?.ttlSeconds) {
      steps.push({ method: 'PATCH', id: record.id, fields, needs: 'domain:update' });
    }
  }
  for (const fields of wanted.values()) {
    const place = leaving.shift();
    if (place === undefined) steps.push({ method: 'POST', fields, needs: 'domain:create (with domain:update)' });
    else steps.push({ method: 'PATCH', id: place.id, fields, needs: 'domain:update' });
  }
  steps.push(...leaving.map(({ id }): Step => ({ method: 'DELETE', id, needs: 'domain:delete' })));
  return steps;
}
