/**
 * Amazon Route 53. All changes go out as one ChangeBatch, which is carried out whole or not at all: each RRset is deleted
 * with exactly the TTL and values that were read and created anew, so that Route 53 itself refuses the batch
 * (InvalidChangeBatch) when somebody else was there in between. Then the change is followed until it is INSYNC.
 */
import type { Change } from '../../change/change.ts';
import { absolute, type DnsName } from '../../dns/name.ts';
import type { DnsHost, HostApplied, HostFault, HostOptions, HostOutside, HostRead } from '../host.ts';
import { applyTogether } from '../https/apply.ts';
import { malformed, type Api } from '../https/ask.ts';
import { limitsOf } from '../https/limits-of.ts';
import { atNames, type LiveSets, type Special } from '../https/values.ts';
import { refusal } from '../pending.ts';
import { call, route53Api, type AwsKeys } from './api.ts';
import { creation, deletion, nameOf, octalEscapes, readSet, type KeptSet } from './sets.ts';
import { find, tag, textOf } from './xml.ts';
import { findHostedZone, nameServersOf } from './zone.ts';

export interface Route53Options extends AwsKeys {
  /** Id of the hosted zone, where several have the name. */
  readonly hostedZone?: string | undefined;
  /** Base of the API; `https://route53.amazonaws.com` without. */
  readonly url?: string | undefined;
  /** RRsets a page; 100 without. */
  readonly pageSize?: number;
  readonly outside: HostOutside;
}

interface Account {
  readonly api: Api;
  readonly hostedZone: string | undefined;
  readonly pageSize: number;
}

interface Live extends LiveSets {
  readonly kept: readonly KeptSet[];
}

const usualUrl = 'https://route53.amazonaws.com';
/** House limit: pages of RRsets at one name. */
const maxPages = 50;
/** Until a change is INSYNC, "usually within 60 seconds": how often is asked, and for how long. */
const pollMs = 3000;
const maxPolls = 60;

export function route53Host(options: Route53Options): DnsHost {
  const { url = usualUrl, hostedZone, pageSize = 100, outside } = options;
  const api = route53Api(options, url.replace(/\/+$/, ''), outside);
  const account = { api, hostedZone, pageSize };
  const limits = limitsOf('route53');
  return {
    id: 'route53',
    title: api.title,
    limits,
    atomic: true,
    read: (zone, names, { signal }: HostOptions = {}) => read(account, zone, names, signal),
    apply: async (zone, changes, { signal }: HostOptions = {}) => {
      signal?.throwIfAborted();
      const fault = refusal(zone, changes, limits);
      if (fault) return fault;
      const found = await findHostedZone(api, zone, hostedZone, signal);
      return 'kind' in found ? found : apply(account, found.id, changes, signal);
    },
  };
}

async function read(
  { api, hostedZone, pageSize }: Account,
  zone: DnsName,
  names: readonly DnsName[],
  signal: AbortSignal | undefined,
): Promise<HostRead> {
  const found = await findHostedZone(api, zone, hostedZone, signal);
  if ('kind' in found) return found;
  const nameServers = await nameServersOf(api, found.id, signal);
  if ('kind' in nameServers) return nameServers;
  const live = await readNames(api, found.id, pageSize, names, signal);
  if ('kind' in live) return live;
  const { sets, special } = atNames(live, names);
  return { kind: 'read', zone, nameServers, sets, special: special.map(({ name, what }) => ({ name, what })) };
}

function apply(
  { api, pageSize }: Account,
  id: string,
  changes: readonly Change[],
  signal: AbortSignal | undefined,
): Promise<HostApplied> {
  const names = changes.map((change) => change.name);
  const writer = { title: api.title, look: () => readNames(api, id, pageSize, names, signal) };
  return applyTogether(writer, changes, async (todo, live) => {
    const batch = [
      ...todo.flatMap(({ name, type }) =>
        live.kept.filter(({ set }) => set.name === name && set.type === type).map(deletion),
      ),
      ...todo.flatMap(({ after }) => (after ? [creation(after)] : [])),
    ];
    const content = tag('ChangeBatch', tag('Comment', 'Septet'), tag('Changes', ...batch));
    const body = `<?xml version="1.0" encoding="UTF-8"?>\n<ChangeResourceRecordSetsRequest xmlns="https://route53.amazonaws.com/doc/2013-04-01/">${content}</ChangeResourceRecordSetsRequest>`;
    const path = `/hostedzone/${id}/rrset`;
    const needs = 'route53:ChangeResourceRecordSets';
    // A batch that was carried out already is refused when it comes again, and then the names are read once more.
    const asked = { method: 'POST', path, body, needs, idempotent: true, signal } as const;
    const answer = await call(api, 'ChangeResourceRecordSetsResponse', asked);
    if ('kind' in answer) return placed(answer, todo);
    const change = textOf(answer.root, 'ChangeInfo', 'Id') ?? '';
    if (textOf(answer.root, 'ChangeInfo', 'Status') !== 'INSYNC') await untilInSync(api, change, signal);
    return undefined;
  });
}

/** Finds the RRset that the refusal names. */
function placed(fault: HostFault, todo: readonly Change[]): HostFault {
  const named = /name='([^']*)', type='([A-Z0-9]+)'/.exec(fault.detail);
  const name = nameOf(named?.[1] ?? '');
  const change = todo.find((one) => one.name === name && one.type === named?.[2]);
  return change ? { ...fault, at: { name: change.name, type: change.type } } : fault;
}

/**
 * Waits for all servers of Route 53. The batch is accepted by then, so that nothing that happens here is a fault of the
 * change: who cannot ask, or waits in vain, goes on and looks at the servers.
 */
async function untilInSync(api: Api, change: string, signal: AbortSignal | undefined): Promise<void> {
  const id = change.replace(/^\/change\//, '');
  if (!/^[A-Z0-9]{1,40}$/i.test(id)) return;
  for (let polls = 0; polls < maxPolls; polls++) {
    await api.outside.sleep(pollMs, signal);
    const asked = { method: 'GET', path: `/change/${id}`, needs: 'route53:GetChange', signal } as const;
    const answer = await call(api, 'GetChangeResponse', asked);
    if ('kind' in answer || textOf(answer.root, 'ChangeInfo', 'Status') === 'INSYNC') return;
  }
}

/** Everything at the names. Each is asked for by its own, from its first set on; they come in the order of names. */
async function readNames(
  api: Api,
  id: string,
  pageSize: number,
  names: readonly DnsName[],
  signal: AbortSignal | undefined,
): Promise<Live | HostFault> {
  const kept: KeptSet[] = [];
  const special: Special[] = [];
  for (const name of new Set(names)) {
    let start = `name=${encodeURIComponent(octalEscapes(absolute(name)))}`;
    for (let page = 0; ; page++) {
      if (page >= maxPages)
        return malformed(api, `/hostedzone/${id}/rrset`, `one name has more than ${maxPages} pages`);
      const path = `/hostedzone/${id}/rrset?${start}&maxitems=${pageSize}`;
      const needs = 'route53:ListResourceRecordSets';
      const answer = await call(api, 'ListResourceRecordSetsResponse', { method: 'GET', path, needs, signal });
      if ('kind' in answer) return answer;
      const { root } = answer;
      const list = find(root, 'ResourceRecordSets');
      if (list === undefined) return malformed(api, path, 'it has no ResourceRecordSets');
      for (const element of list.children) {
        const one = readSet(element);
        if (one === undefined) return malformed(api, path, 'a set lacks its name, type, TTL or values');
        if ('special' in one && one.special.name === name) special.push(one.special);
        if ('kept' in one && one.kept.set.name === name) kept.push(one.kept);
      }
      const next = textOf(root, 'NextRecordName') ?? '';
      if (textOf(root, 'IsTruncated') !== 'true' || nameOf(next) !== name) break;
      const identifier = textOf(root, 'NextRecordIdentifier');
      start =
        `name=${encodeURIComponent(next)}&type=${encodeURIComponent(textOf(root, 'NextRecordType') ?? '')}` +
        (identifier === undefined ? '' : `&identifier=${encodeURIComponent(identifier)}`);
    }
  }
  return { sets: kept.map(({ set }) => set), special, kept };
}
