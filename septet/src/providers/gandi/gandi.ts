/**
 * Gandi LiveDNS by its API v5. It keeps RRsets; a PUT replaces one as a whole, so that carrying it out twice is as good
 * as once. Source: api.gandi.net/docs/livedns.
 */
import type { Change } from '../../change/change.ts';
import type { DnsName } from '../../dns/name.ts';
import { formatRdata } from '../../dns/rdata-text.ts';
import { typeFromText } from '../../dns/rr-type.ts';
import type { DnsHost, HostFault, HostOptions, HostOutside, HostRead } from '../host.ts';
import { applyInTurn, type Unwritten } from '../https/apply.ts';
import { askJson, malformed, noZone, torn, type Api, type Ask, type Words } from '../https/ask.ts';
import { isObject, listAt, numberAt, parseJson, textAt } from '../https/json.ts';
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

export interface GandiOptions {
  readonly token: string;
  /** Base of the API; `https://api.gandi.net` without. */
  readonly url?: string | undefined;
  /** RRsets a page; 100 without. */
  readonly pageSize?: number;
  readonly outside: HostOutside;
}

interface Account {
  readonly api: Api;
  readonly zone: DnsName;
  readonly pageSize: number;
  readonly signal: AbortSignal | undefined;
}

const usualUrl = 'https://api.gandi.net';
/** House limit: pages of one zone. */
const maxPages = 500;

const mayRead = 'See and renew domain names';
const mayWrite = 'Manage domain name technical configurations';

export function gandiHost(options: GandiOptions): DnsHost {
  const { token, url = usualUrl, pageSize = 100, outside } = options;
  const api: Api = {
    title: 'Gandi',
    outside,
    base: `${url.replace(/\/+$/, '')}/v5/livedns`,
    secrets: [token],
    credentials: 'token',
    sign: (request) => ({ ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } }),
    words,
    meaning,
  };
  const limits = limitsOf('gandi');
  return {
    id: 'gandi',
    title: api.title,
    limits,
    atomic: false,
    read: (zone, names, { signal }: HostOptions = {}) => read({ api, zone, pageSize, signal }, names),
    apply: async (zone, changes, { signal }: HostOptions = {}) => {
      signal?.throwIfAborted();
      const fault = refusal(zone, changes, limits);
      if (fault) return fault;
      const account = { api, zone, pageSize, signal };
      const writer = { title: api.title, look: () => readZone(account) };
      return applyInTurn(writer, changes, (change) => writeSet(account, change));
    },
  };
}

/** `{ "object": …, "cause": …, "code": 404, "message": … }`, or `{ "status": "error", "errors": [{ "description" }] }`. */
function words(body: string): Words | undefined {
  const value = parseJson(body);
  const errors = (listAt(value, 'errors') ?? []).map((error) => {
    const [where, what] = [textAt(error, 'name'), textAt(error, 'description') ?? ''];
    return where === undefined ? what : `${where}: ${what}`;
  });
  const message = textAt(value, 'message') ?? textAt(value, 'cause');
  if (errors.length === 0) return message === undefined ? undefined : { text: message };
  return { text: errors.join('; ') };
}

/** "403: the bearer token has expired or does not have enough permissions": the body says which. */
function meaning(status: number, said: Words | undefined): Partial<HostFault> | undefined {
  const text = said?.text ?? '';
  return status === 403 && /expired|could not (be )?authenticated?|invalid (access )?token/i.test(text)
    ? {
        reason: 'not-authenticated',
        cure: 'Make a new personal access token in the Gandi admin and put it into place.',
      }
    : undefined;
}

async function read(account: Account, names: readonly DnsName[]): Promise<HostRead> {
  const { api, zone, signal } = account;
  const live = await readZone(account);
  if ('kind' in live) return live;
  const path = `/domains/${encodeURIComponent(zone)}/nameservers`;
  const answer = await askJson(api, { method: 'GET', path, needs: mayRead, also: [403, 404], signal });
  if (answer.kind === 'fault') return answer;
  const list = Array.isArray(answer.value) ? (answer.value as readonly unknown[]) : [];
  const nameServers = list
    .map((name) => (typeof name === 'string' ? wholeName(name) : undefined))
    .filter((name) => name !== undefined);
  const { sets, special } = atNames(live, names);
  return { kind: 'read', zone, nameServers, sets, special: special.map(({ name, what }) => ({ name, what })) };
}

/** All RRsets, page by page: a further page is announced in the header Link, whose address is not followed. */
async function readZone({ api, zone, pageSize, signal }: Account): Promise<LiveSets | HostFault> {
  const records: HostRecord[] = [];
  const special: Special[] = [];
  const totals: (number | undefined)[] = [];
  const list = `/domains/${encodeURIComponent(zone)}/records`;
  for (let page = 1; page <= maxPages; page++) {
    const path = `${list}?per_page=${pageSize}&page=${page}`;
    const answer = await askJson(api, { method: 'GET', path, needs: mayRead, also: [404], signal });
    if (answer.kind === 'fault') return answer;
    if (answer.status === 404) {
      const cure = `Look whether ${zone} uses LiveDNS at Gandi, and whether the token is for its organisation.`;
      return noZone(api, zone, `Gandi LiveDNS has no domain ${zone} for this token.`, cure);
    }
    if (!Array.isArray(answer.value)) return malformed(api, path, 'it is not a list of RRsets');
    for (const item of answer.value as readonly unknown[]) {
      const fault = readItem(item, zone, records, special);
      if (fault !== undefined) return malformed(api, path, fault);
    }
    const total = Number(answer.headers['total-count'] ?? Number.NaN);
    totals.push(total >= 0 ? total : undefined);
    if (!/rel="?next"?/i.test(answer.headers['link'] ?? '')) {
      const sets = gather(records);
      return torn(api, totals, sets.length + special.length) ?? { sets, special };
    }
  }
  return malformed(api, list, `it has more than ${maxPages} pages`);
}

function readItem(item: unknown, zone: DnsName, records: HostRecord[], special: Special[]): string | undefined {
  const [short, typeText, values] = [
    textAt(item, 'rrset_name'),
    textAt(item, 'rrset_type'),
    listAt(item, 'rrset_values'),
  ];
  const ttlSeconds = numberAt(item, 'rrset_ttl');
  const name = short === undefined ? undefined : longName(short, zone);
  if (!isObject(item) || name === undefined || typeText === undefined) return 'an RRset lacks its name or type';
  if (values === undefined || ttlSeconds === undefined) return 'an RRset lacks its values or TTL';
  if (typeText === 'ALIAS') {
    const what = 'this is an ALIAS of Gandi: the world sees the addresses of its target.';
    special.push({ name, what });
    return undefined;
  }
  const type = typeFromText(typeText);
  const data =
    type === undefined
      ? []
      : values.map((value) => (typeof value === 'string' ? readData(type, value, zone) : undefined));
  if (type === undefined || !data.every((one) => one !== undefined))
    special.push(unread(name, typeText, 'Gandi', type));
  else records.push(...data.map((one) => ({ name, type, ttlSeconds, data: one })));
  return undefined;
}

async function writeSet({ api, zone, signal }: Account, change: Change): Promise<Unwritten | undefined> {
  const { name, type, after } = change;
  const path = `/domains/${encodeURIComponent(zone)}/records/${encodeURIComponent(shortName(name, zone))}/${type}`;
  const asked: Ask = after
    ? { method: 'PUT', path, body: JSON.stringify(bodyOf(after)), needs: mayWrite, signal }
    : { method: 'DELETE', path, also: [404], needs: mayWrite, signal };
  const answer = await askJson(api, asked);
  return answer.kind === 'fault' ? { fault: answer, half: false } : undefined;
}

function bodyOf({ type, ttlSeconds, data }: NonNullable<Change['after']>): unknown {
  const values = new Map(data.map((one) => [memberText(type, one), formatRdata(type, one)]));
  return { rrset_ttl: ttlSeconds, rrset_values: [...values.values()] };
}
