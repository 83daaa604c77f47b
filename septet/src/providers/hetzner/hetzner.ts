/**
 * Hetzner by its Cloud API (`/v1/zones/{zone}/rrsets`, since October 2025; the older DNS Console had an API of its own).
 * It keeps RRsets; TTL and records are changed by two actions, each of which is followed until it has ended. Source:
 * docs.hetzner.cloud, "Zones", "Zone RRSets", "Zone RRSet Actions", "Errors".
 */
import { sameData, type Change } from '../../change/change.ts';
import type { DnsName } from '../../dns/name.ts';
import { formatRdata } from '../../dns/rdata-text.ts';
import { typeFromText } from '../../dns/rr-type.ts';
import type { DnsHost, HostFault, HostOptions, HostOutside, HostRead } from '../host.ts';
import { applyInTurn, type Unwritten } from '../https/apply.ts';
import { askJson, clean, malformed, noZone, torn, type Api, type Ask } from '../https/ask.ts';
import { at, listAt, numberAt, textAt, type JsonObject } from '../https/json.ts';
import { canRead, canWrite, meaning, throttled, words } from './api.ts';
import { limitsOf } from '../https/limits-of.ts';
import {
  atNames,
  gather,
  longName,
  memberText,
  readData,
  shortName,
  unread,
  wholeName,
  type HostRecord,
  type LiveSets,
  type Special,
} from '../https/values.ts';
import { refusal } from '../pending.ts';

export interface HetznerOptions {
  readonly token: string;
  /** Base of the API; `https://api.hetzner.cloud` without. */
  readonly url?: string | undefined;
  /** RRsets a page; 50 without, which is the most. */
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
  /** What people wrote beside the records, by name, type and data. */
  readonly comments: ReadonlyMap<string, string>;
}

interface FoundZone {
  readonly ttlSeconds: number;
  readonly nameServers: readonly DnsName[];
}

const usualUrl = 'https://api.hetzner.cloud';
/** House limits: pages of one zone; how often an action is asked for, and how long the wait between is. */
const maxPages = 2000;
const maxPolls = 60;
const pollMs = 500;

export function hetznerHost(options: HetznerOptions): DnsHost {
  const { token, url = usualUrl, pageSize = 50, outside } = options;
  const api: Api = {
    title: 'Hetzner',
    outside,
    base: `${url.replace(/\/+$/, '')}/v1`,
    secrets: [token],
    credentials: 'token',
    sign: (request) => ({ ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } }),
    words,
    meaning,
    throttled,
  };
  const limits = limitsOf('hetzner');
  return {
    id: 'hetzner',
    title: api.title,
    limits,
    atomic: false,
    read: (zone, names, { signal }: HostOptions = {}) => read({ api, zone, pageSize, signal }, names),
    apply: async (zone, changes, { signal }: HostOptions = {}) => {
      signal?.throwIfAborted();
      const fault = refusal(zone, changes, limits);
      if (fault) return fault;
      const account = { api, zone, pageSize, signal };
      const found = await findZone(account);
      if ('kind' in found) return found;
      const writer = { title: api.title, look: () => readZone(account, found) };
      return applyInTurn(writer, changes, (change, live) => writeSet(account, change, live));
    },
  };
}

async function findZone({ api, zone, signal }: Account): Promise<FoundZone | HostFault> {
  const path = `/zones/${encodeURIComponent(zone)}`;
  const answer = await askJson(api, { method: 'GET', path, needs: canRead, also: [404], signal });
  if (answer.kind === 'fault') return answer;
  if (answer.status === 404) {
    const detail = `The project of this token has no zone ${zone} at Hetzner.`;
    const cure = `Look whether ${zone} is in another project, or still in the old DNS Console, and move it.`;
    return noZone(api, zone, detail, cure);
  }
  const found = at(answer.value, 'zone');
  const ttlSeconds = numberAt(found, 'ttl');
  if (ttlSeconds === undefined) return malformed(api, path, 'the zone has no TTL');
  const nameServers = (listAt(at(found, 'authoritative_nameservers'), 'assigned') ?? [])
    .map((name) => (typeof name === 'string' ? wholeName(name) : undefined))
    .filter((name) => name !== undefined);
  return { ttlSeconds, nameServers };
}

async function read(account: Account, names: readonly DnsName[]): Promise<HostRead> {
  const found = await findZone(account);
  if ('kind' in found) return found;
  const live = await readZone(account, found);
  if ('kind' in live) return live;
  const { sets, special } = atNames(live, names);
  return {
    kind: 'read',
    zone: account.zone,
    nameServers: found.nameServers,
    sets,
    special: special.map(({ name, what }) => ({ name, what })),
  };
}

/** All RRsets, page by page. */
async function readZone({ api, zone, pageSize, signal }: Account, found: FoundZone): Promise<Live | HostFault> {
  const records: HostRecord[] = [];
  const special: Special[] = [];
  const comments = new Map<string, string>();
  const totals: (number | undefined)[] = [];
  const list = `/zones/${encodeURIComponent(zone)}/rrsets`;
  let page = 1;
  for (let pages = 0; pages < maxPages; pages++) {
    const path = `${list}?per_page=${pageSize}&page=${page}`;
    const answer = await askJson(api, { method: 'GET', path, needs: canRead, signal });
    if (answer.kind === 'fault') return answer;
    const sets = listAt(answer.value, 'rrsets');
    if (sets === undefined) return malformed(api, path, 'it has no rrsets');
    for (const item of sets) {
      const [short, typeText, members] = [textAt(item, 'name'), textAt(item, 'type'), listAt(item, 'records')];
      const name = short === undefined ? undefined : longName(short, zone);
      if (name === undefined || typeText === undefined || members === undefined) {
        return malformed(api, path, 'an RRset lacks its name, type or records');
      }
      const type = typeFromText(typeText);
      const ttlSeconds = numberAt(item, 'ttl') ?? found.ttlSeconds;
      const read = members.map((member) => {
        const data = type === undefined ? undefined : readData(type, textAt(member, 'value') ?? '', zone);
        const comment = textAt(member, 'comment');
        if (type !== undefined && data !== undefined && comment) comments.set(keyOf(name, type, data), comment);
        return data;
      });
      if (type === undefined || !read.every((data) => data !== undefined)) {
        special.push(unread(name, typeText, 'Hetzner', type));
      } else records.push(...read.map((data) => ({ name, type, ttlSeconds, data })));
    }
    const pagination = at(at(answer.value, 'meta'), 'pagination');
    totals.push(numberAt(pagination, 'total_entries'));
    const next = numberAt(pagination, 'next_page');
    if (next === undefined) {
      const whole = gather(records);
      return torn(api, totals, whole.length + special.length) ?? { sets: whole, special, comments };
    }
    page = next;
  }
  return malformed(api, list, `it has more than ${maxPages} pages`);
}

const keyOf = (name: DnsName, type: HostRecord['type'], data: HostRecord['data']): string =>
  `${name} ${type} ${memberText(type, data)}`;

async function writeSet(account: Account, change: Change, live: Live): Promise<Unwritten | undefined> {
  const { name, type, after } = change;
  const { zone } = account;
  const list = `/zones/${encodeURIComponent(zone)}/rrsets`;
  const short = shortName(name, zone);
  const one = `${list}/${encodeURIComponent(short)}/${type}`;
  const now = live.sets.find((set) => set.name === name && set.type === type);
  if (after === undefined) return unwritten(await act(account, { method: 'DELETE', path: one, needs: canWrite }));
  const records = new Map<string, JsonObject>();
  for (const data of after.data) {
    const key = keyOf(name, type, data);
    const comment = live.comments.get(key);
    const value = formatRdata(type, data);
    records.set(key, { value, ...(comment === undefined ? {} : { comment }) });
  }
  const members = [...records.values()];
  const post = (path: string, body: JsonObject): Promise<HostFault | undefined> =>
    act(account, { method: 'POST', path, body: JSON.stringify(body), needs: canWrite });
  if (now === undefined) {
    return unwritten(await post(list, { name: short, type, ttl: after.ttlSeconds, records: members }));
  }
  // The TTL first: when the second action fails, the RRset still holds what it held, and the next run goes on from there.
  if (now.ttlSeconds !== after.ttlSeconds) {
    const fault = await post(`${one}/actions/change_ttl`, { ttl: after.ttlSeconds });
    if (fault || sameData(now, after)) return unwritten(fault);
  }
  return unwritten(await post(`${one}/actions/set_records`, { records: members }));
}

/** Each action replaces the RRset as a whole, so that nothing is ever half written. */
const unwritten = (fault: HostFault | undefined): Unwritten | undefined =>
  fault === undefined ? undefined : { fault, half: false };

/** Sends a request that starts an action and follows it to its end. */
async function act({ api, signal }: Account, asked: Ask): Promise<HostFault | undefined> {
  const answer = await askJson(api, { ...asked, signal });
  if (answer.kind === 'fault') return answer;
  let action = at(answer.value, 'action');
  for (let polls = 0; ; polls++) {
    const [status, id] = [textAt(action, 'status'), numberAt(action, 'id')];
    if (status === 'success') return undefined;
    if (status === 'error') {
      const error = at(action, 'error');
      const code = clean(api, textAt(error, 'code') ?? 'no code');
      const message = clean(api, textAt(error, 'message') ?? '');
      const detail = `Hetzner began the change and could not end it (${code}: ${message}).`;
      return { kind: 'fault', reason: 'rejected', detail, cure: 'Look at the zone in the Hetzner Console.' };
    }
    if (status !== 'running' || id === undefined) return malformed(api, asked.path, 'it has no action');
    if (polls >= maxPolls) {
      const detail = `Hetzner has not ended the action ${id} in ${(maxPolls * pollMs) / 1000} seconds.`;
      return { kind: 'fault', reason: 'unreachable', detail, cure: 'Try again in a few minutes.' };
    }
    await api.outside.sleep(pollMs, signal);
    const next = await askJson(api, { method: 'GET', path: `/actions/${id}`, needs: canRead, signal });
    if (next.kind === 'fault') return next;
    action = at(next.value, 'action');
  }
}
