/** A zone as the API of PowerDNS shows it, and what of it is an RRset. */
import { absolute, isAtOrBelow, type DnsName } from '../../dns/name.ts';
import { typeFromText } from '../../dns/rr-type.ts';
import type { Rdata, RrSet, RrType } from '../../dns/rrset.ts';
import type { HostFault } from '../host.ts';
import { askJson, malformed, noZone, type Api } from '../https/ask.ts';
import { at, listAt, numberAt, textAt } from '../https/json.ts';
import { atNames, readData, unread, wholeName, type LiveSets, type Special } from '../https/values.ts';

export interface FoundZone {
  readonly kind: 'found';
  readonly zone: DnsName;
  /** What the server calls it in URLs. */
  readonly id: string;
}

export interface Held extends LiveSets {
  readonly nameServers: readonly DnsName[];
  /** `Native`, `Master`, `Slave`… (PowerDNS 5 says Primary and Secondary). */
  readonly zoneKind: string;
  /** The zone is signed elsewhere and only served here. */
  readonly presigned: boolean;
}

const readsZones = 'to read zones';

/** Looks the zone up by its name, so that nobody has to guess its id. */
export async function findZone(api: Api, zone: DnsName, signal?: AbortSignal): Promise<FoundZone | HostFault> {
  const name = absolute(zone);
  const path = `/zones?zone=${encodeURIComponent(name)}&dnssec=false`;
  const answer = await askJson(api, { method: 'GET', path, needs: readsZones, signal });
  if (answer.kind === 'fault') return answer;
  if (!Array.isArray(answer.value)) return malformed(api, path, 'no list of zones');
  // Servers before 4.1 do not know the parameter and show all zones.
  const found = (answer.value as readonly unknown[]).find((one) => textAt(one, 'name')?.toLowerCase() === name);
  if (found === undefined) {
    const cure = `Create it there with "pdnsutil create-zone ${zone}", or name the server that has it.`;
    return noZone(api, zone, `PowerDNS does not have the zone ${zone}.`, cure);
  }
  const id = textAt(found, 'id');
  return id === undefined ? malformed(api, path, 'a zone without an id') : { kind: 'found', zone, id };
}

export const zonePath = ({ id }: FoundZone): string => `/zones/${encodeURIComponent(id)}`;

/**
 * What stands at the names. The whole zone is read: with `rrset_name` PowerDNS 4.7 leaves out disabled records, which a
 * change would then delete unseen.
 */
export async function heldAt(
  api: Api,
  found: FoundZone,
  names: readonly DnsName[],
  signal?: AbortSignal,
): Promise<Held | HostFault> {
  const { zone } = found;
  const path = zonePath(found);
  const answer = await askJson(api, { method: 'GET', path, needs: readsZones, signal });
  if (answer.kind === 'fault') return answer;
  const about = answer.value;
  const rrsets = listAt(about, 'rrsets');
  if (rrsets === undefined) return malformed(api, path, 'a zone without rrsets');
  const sets: RrSet[] = [];
  const special: Special[] = [];
  for (const rrset of rrsets) {
    const read = readRrset(rrset, zone);
    if (read === undefined) return malformed(api, path, 'an RRset without name, type, ttl or records');
    if (read.set) sets.push(read.set);
    special.push(...read.special);
  }
  const all: LiveSets = { sets, special };
  const servers = all.sets.find((set) => set.type === 'NS' && set.name === zone);
  return {
    ...atNames(withRectifyNote(zone, about, all), names),
    nameServers: (servers?.data ?? []) as readonly DnsName[],
    zoneKind: textAt(about, 'kind') ?? '',
    presigned: at(about, 'presigned') === true,
  };
}

/** A signed zone whose order of names PowerDNS does not mend by itself after a change. */
function withRectifyNote(zone: DnsName, about: unknown, live: LiveSets): LiveSets {
  if (at(about, 'dnssec') !== true || at(about, 'api_rectify') !== false) return live;
  const what = `The zone is signed and api_rectify is off: run "pdnsutil rectify-zone ${zone}" after every change, or switch it on.`;
  return { ...live, special: [...live.special, { name: zone, what }] };
}

interface ReadRrset {
  readonly set?: RrSet;
  readonly special: readonly Special[];
}

/** `undefined` when it is not what the API promises. */
function readRrset(value: unknown, zone: DnsName): ReadRrset | undefined {
  const name = wholeName(textAt(value, 'name') ?? '');
  const typeText = textAt(value, 'type');
  const ttlSeconds = numberAt(value, 'ttl');
  const records = listAt(value, 'records');
  if (name === undefined || typeText === undefined || ttlSeconds === undefined || records === undefined) {
    return undefined;
  }
  if (!isAtOrBelow(name, zone)) return { special: [] };
  const contents = records.map((record) => ({
    content: textAt(record, 'content') ?? '',
    disabled: at(record, 'disabled') === true,
  }));
  if (typeText === 'ALIAS' || typeText === 'LUA') return { special: madeUp(name, typeText, contents) };
  const type = typeFromText(typeText);
  if (type === undefined) return { special: [unread(name, typeText, 'PowerDNS')] };
  const special: Special[] = [];
  const data: Rdata<RrType>[] = [];
  for (const { content, disabled } of contents) {
    const read = readData(type, content, zone);
    if (disabled) {
      const what = `PowerDNS keeps disabled records in ${name} ${type}, which a change would delete. Enable or remove them there.`;
      special.push({ name, type, what });
    } else if (read === undefined) special.push(unread(name, typeText, 'PowerDNS', type));
    else data.push(read);
  }
  return { special, ...(data.length > 0 && { set: { name, type, ttlSeconds, data } }) };
}

/** Records that PowerDNS turns into others when it answers. `type` says which RRsets they stand in for. */
function madeUp(
  name: DnsName,
  typeText: 'ALIAS' | 'LUA',
  contents: readonly { readonly content: string }[],
): readonly Special[] {
  const types =
    typeText === 'ALIAS'
      ? (['A', 'AAAA'] as const)
      : contents.map(({ content }) => typeFromText(content.split(/\s/, 1)[0] ?? ''));
  const made = typeText === 'ALIAS' ? 'from the addresses of another name' : 'by a script';
  const what = `PowerDNS makes the answers for ${name} ${made} (${typeText}). Septet leaves that record alone.`;
  return types.map((type) => ({ name, type, what }));
}
