/** Which hosted zone is meant: several may have one name, and private ones are not seen by the world. */
import { absolute, type DnsName } from '../../dns/name.ts';
import type { HostFault } from '../host.ts';
import { malformed, noZone, type Api } from '../https/ask.ts';
import { call } from './api.ts';
import { nameOf } from './sets.ts';
import { find, textOf, type Element } from './xml.ts';

/** House limit: pages of zones of one name. */
const maxPages = 20;

/** The id without `/hostedzone/`. */
export async function findHostedZone(
  api: Api,
  zone: DnsName,
  chosen: string | undefined,
  signal: AbortSignal | undefined,
): Promise<{ readonly id: string } | HostFault> {
  if (chosen !== undefined) return checkChosen(api, zone, chosen, signal);
  const zones = await zonesOfName(api, zone, signal);
  if ('kind' in zones) return zones;
  const visible = zones.filter((element) => textOf(element, 'Config', 'PrivateZone') !== 'true');
  const ids = visible.map(idOf);
  const [id, ...others] = ids;
  if (id === undefined) {
    const detail =
      zones.length > 0
        ? `Route 53 has ${zone} as a private zone only, which the world does not see.`
        : `Route 53 has no hosted zone ${zone} in the account of this access key.`;
    return noZone(api, zone, detail);
  }
  if (others.length > 0) {
    const detail = `Route 53 has ${ids.length} public zones ${zone}: ${ids.join(', ')}.`;
    return noZone(api, zone, detail, 'Write the id of the delegated one as hostedZone in septet.yaml.');
  }
  return isId(id) ? { id } : malformed(api, '/hostedzonesbyname', 'a zone has no id');
}

const isId = (text: string): boolean => /^[A-Z0-9]{1,32}$/.test(text);
const idOf = (element: Element): string => (textOf(element, 'Id') ?? '').replace(/^\/hostedzone\//, '');

async function zonesOfName(
  api: Api,
  zone: DnsName,
  signal: AbortSignal | undefined,
): Promise<readonly Element[] | HostFault> {
  const found: Element[] = [];
  let next = `dnsname=${encodeURIComponent(absolute(zone))}`;
  for (let page = 0; page < maxPages; page++) {
    const path = `/hostedzonesbyname?${next}`;
    const needs = 'route53:ListHostedZonesByName';
    const answer = await call(api, 'ListHostedZonesByNameResponse', { method: 'GET', path, needs, signal });
    if ('kind' in answer) return answer;
    const { root } = answer;
    for (const element of find(root, 'HostedZones')?.children ?? []) {
      // They come in the order of their names, those of the name itself first.
      if (nameOf(textOf(element, 'Name') ?? '') !== zone) return found;
      found.push(element);
    }
    const name = textOf(root, 'NextDNSName');
    if (textOf(root, 'IsTruncated') !== 'true' || name === undefined || nameOf(name) !== zone) return found;
    const id = textOf(root, 'NextHostedZoneId') ?? '';
    next = `dnsname=${encodeURIComponent(name)}&hostedzoneid=${encodeURIComponent(id)}`;
  }
  return malformed(api, '/hostedzonesbyname', `it has more than ${maxPages} pages`);
}

async function checkChosen(
  api: Api,
  zone: DnsName,
  id: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly id: string } | HostFault> {
  if (!isId(id)) {
    return noZone(api, zone, `${id.slice(0, 40)} is not the id of a hosted zone.`, 'Write it as in the console: Z….');
  }
  const seen = await hostedZone(api, id, signal);
  if ('kind' in seen) {
    // Without this permission the id is believed; the API refuses records that are not of its zone.
    return seen.reason === 'not-permitted' ? { id } : seen;
  }
  const name = nameOf(textOf(seen.root, 'HostedZone', 'Name') ?? '');
  if (name === zone && textOf(seen.root, 'HostedZone', 'Config', 'PrivateZone') === 'true') {
    const detail = `The hosted zone ${id} is private, and the world does not see what stands there.`;
    return noZone(api, zone, detail, 'Write the id of the public zone as hostedZone in septet.yaml, or leave it out.');
  }
  if (name === zone) return { id };
  const detail = `The hosted zone ${id} is ${name === undefined ? 'another' : name} and not ${zone}.`;
  return noZone(api, zone, detail, 'Correct hostedZone in septet.yaml, or leave it out.');
}

function hostedZone(api: Api, id: string, signal: AbortSignal | undefined): ReturnType<typeof call> {
  const needs = 'route53:GetHostedZone';
  return call(api, 'GetHostedZoneResponse', { method: 'GET', path: `/hostedzone/${id}`, needs, signal });
}

/** Empty where the key may not ask. */
export async function nameServersOf(
  api: Api,
  id: string,
  signal: AbortSignal | undefined,
): Promise<readonly DnsName[] | HostFault> {
  const seen = await hostedZone(api, id, signal);
  if ('kind' in seen) return seen.reason === 'not-permitted' ? [] : seen;
  return (find(seen.root, 'DelegationSet', 'NameServers')?.children ?? [])
    .map(({ text }) => nameOf(text))
    .filter((name) => name !== undefined);
}
