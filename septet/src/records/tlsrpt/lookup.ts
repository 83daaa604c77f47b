import type { DnsName } from '../../dns/name.ts';
import { parseName, under } from '../../dns/name.ts';
import { findTexts } from '../../dns/find-texts.ts';
import type { Answer } from '../../dns/rrset.ts';
import { txtText } from '../../dns/rrset.ts';
import type { World } from '../../world/world.ts';
import { parse } from './record.ts';

export interface TlsRptObservation {
  readonly domain: DnsName;
  /** `_smtp._tls.<domain>`; absent when that name would be too long to exist. */
  readonly txt?: Answer<'TXT'>;
  /** Names where the record was put by mistake, with what stands there. */
  readonly misplaced: readonly { readonly name: DnsName; readonly text: string }[];
  /** MX (or A and AAAA) of every domain that is to receive reports by mail. */
  readonly destinations: readonly { readonly host: DnsName; readonly mx: Answer<'MX'>; readonly address?: Answer }[];
  readonly answers: readonly Answer[];
}

export interface TlsRptLookupOptions {
  /** Also look where the record is put by mistake when it is missing. Default true. */
  readonly probe?: boolean;
}

/** Asks for the record, for the places where it is put by mistake, and whether the reports' domains receive mail. */
export async function lookup(
  world: World,
  domain: DnsName,
  options: TlsRptLookupOptions = {},
): Promise<TlsRptObservation> {
  const name = under('_smtp._tls', domain);
  if (name === undefined) return { domain, misplaced: [], destinations: [], answers: [] };
  const txt = await world.resolver.query(name, 'TXT');
  const answers: Answer[] = [txt];
  const texts = txt.kind === 'found' ? txt.set.data.map(txtText) : [];
  if (txt.kind !== 'failed' && !texts.some((text) => parse(text).kind !== 'other')) {
    const misplaced = options.probe === false ? [] : await probe(world, domain, answers);
    return { domain, txt, misplaced, destinations: [], answers };
  }
  const hosts = new Set<DnsName>();
  for (const text of texts) {
    const parsed = parse(text);
    if (parsed.kind !== 'good') continue;
    for (const uri of parsed.value.rua) {
      const host = parseName(uri.host);
      // Octets outside ASCII are a fault of the text, not a domain to ask for.
      if (uri.scheme === 'mailto' && host.ok && isAscii(uri.host)) hosts.add(host.name);
    }
  }
  const destinations = await Promise.all(
    [...hosts].slice(0, 10).map(async (host) => {
      const mx = await world.resolver.query(host, 'MX');
      answers.push(mx);
      if (mx.kind !== 'nodata') return { host, mx };
      const a = await world.resolver.query(host, 'A');
      const address = a.kind === 'nodata' ? await world.resolver.query(host, 'AAAA') : a;
      return { host, mx, address };
    }),
  );
  return { domain, txt, misplaced: [], destinations, answers };
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 126) return false;
  return true;
}

/** `_tls._smtp`, `_smtp-tls`, `_tls` and the apex. */
async function probe(world: World, domain: DnsName, answers: Answer[]): Promise<TlsRptObservation['misplaced']> {
  const names = [under('_tls._smtp', domain), under('_smtp-tls', domain), under('_tls', domain), domain];
  const { found, answers: seen } = await findTexts(world.resolver, names, (text) => parse(text).kind !== 'other');
  answers.push(...seen);
  return found;
}
