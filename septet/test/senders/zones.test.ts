/** The way from real zones to settings and back: nobody who sends today is lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DnsName } from '../../src/dns/name.ts';
import { ancestor, labels, relativeTo } from '../../src/dns/name.ts';
import { txtText } from '../../src/dns/rrset.ts';
import type { Zone } from '../../src/dns/zone.ts';
import { isSpfText, parse } from '../../src/records/spf/record.ts';
import { needsOf } from '../../src/senders/needs-of.ts';
import { settingsOf, type SeenForInit, type SeenSelector } from '../../src/senders/settings-of.ts';
import { readRealZones, realZone } from '../audit/real-zones.ts';
import { sharedData } from '../shared-data.ts';

const textsAt = (zone: Zone, name: DnsName): readonly string[] =>
  (zone.records.get(name)?.get('TXT')?.data ?? []).map((data) => txtText(data as Parameters<typeof txtText>[0]));

const spfTerms = (texts: readonly string[]): readonly string[] =>
  texts
    .find(isSpfText)
    ?.split(' ')
    .slice(1)
    .filter((term) => term !== '') ?? [];

function seenIn(zone: Zone): SeenForInit {
  const domain = zone.origin;
  const dkim: SeenSelector[] = [];
  const mailFrom: SeenForInit['mailFrom'][number][] = [];
  for (const [name, types] of zone.records) {
    const front = relativeTo(name, domain);
    const selector = front?.endsWith('._domainkey') ? front.slice(0, -'._domainkey'.length) : undefined;
    const [alias] = (types.get('CNAME')?.data ?? []) as readonly DnsName[];
    const [text] = textsAt(zone, name);
    if (selector !== undefined && alias !== undefined) dkim.push({ selector, target: alias });
    else if (selector !== undefined && text !== undefined) dkim.push({ selector, text });
    const below = name !== domain && front !== undefined && !front.includes('_') && !front.includes('*');
    if (!below || labels(name).length !== labels(domain).length + 1 || ancestor(name, labels(domain).length) !== domain)
      continue;
    const mx = (types.get('MX')?.data ?? []) as SeenForInit['mailFrom'][number]['mx'];
    const spf = spfTerms(textsAt(zone, name));
    const bounces = alias !== undefined && /sendgrid|mtasv|sparkpost|mailjet/.test(alias);
    if (bounces) mailFrom.push({ name, alias, mx: [], spf: [] });
    else if (mx.length > 0 && spf.length > 0) mailFrom.push({ name, mx, spf });
  }
  const mx = (zone.records.get(domain)?.get('MX')?.data ?? []) as readonly { exchange: DnsName }[];
  const texts = textsAt(zone, domain);
  return {
    domain,
    mx: mx.map(({ exchange }) => exchange).filter((exchange) => exchange !== ''),
    spf: spfTerms(texts),
    txt: texts.filter((text) => !isSpfText(text)),
    dkim,
    mailFrom,
  };
}

const plain = (text: string): string => (text.includes('%') ? text : text.toLowerCase().replace(/\.$/, ''));

test('all real zones: every passing mechanism and every key is demanded by the settings made of them', (t) => {
  const folder = sharedData(t, 'zones');
  if (folder === undefined) return;
  let mechanisms = 0;
  let keys = 0;
  const kinds = new Map<string, number>();
  const zones = readRealZones(folder);
  for (const { zone } of zones) {
    const seen = seenIn(zone);
    const { senders } = settingsOf(seen);
    const { needs, faults } = needsOf(seen.domain, senders);
    assert.deepEqual(faults, [], seen.domain);
    for (const { kind } of senders) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    for (const [name, terms] of [
      [seen.domain, seen.spf] as const,
      ...seen.mailFrom.map((one) => [one.name, one.spf] as const),
    ]) {
      const parsed = parse(['v=spf1', ...terms].join(' '));
      if (parsed.kind !== 'good') continue;
      const spf = needs.flatMap((need) => need.spf).filter((need) => need.name === name);
      const demanded = new Set(spf.flatMap((need) => need.mechanisms).map(plain));
      const retired = new Set(spf.flatMap((need) => need.retired.map((target) => `include:${target}`)));
      for (const term of parsed.value.terms) {
        if (term.kind === 'all') break;
        if (!('qualifier' in term) || term.qualifier !== '+') continue;
        const text = plain(term.text.replace(/^\+/, ''));
        assert.ok(demanded.has(text) || retired.has(text), `${name}: ${term.text}`);
        mechanisms++;
      }
    }
    const demanded = new Map(needs.flatMap((need) => need.dkim).map((key) => [key.selector, key]));
    for (const one of seen.dkim) {
      const need = demanded.get(one.selector);
      if ('target' in one)
        assert.ok(need?.kind === 'cname' && need.target === one.target, `${seen.domain} ${one.selector}`);
      else if (need !== undefined && need.kind !== 'missing')
        assert.ok(
          need.kind === 'txt' && need.value === one.text.trim(),
          `${seen.domain} ${one.selector} ${JSON.stringify(need)} ${one.text}`,
        );
      keys++;
    }
  }
  t.diagnostic(
    `${zones.length} zones, ${mechanisms} mechanisms, ${keys} keys; ${[...kinds].map(([kind, n]) => `${kind} ${n}`).join(', ')}`,
  );
  assert.ok(mechanisms > 100 && keys > 100);
});

test('real SPF records of the wild: nothing that lets somebody pass is lost', (t) => {
  const file = sharedData(t, 'wild/root.zone');
  if (file === undefined) return;
  const { zone } = realZone(file);
  let records = 0;
  let mechanisms = 0;
  for (const [name] of zone.records) {
    const text = textsAt(zone, name).find(isSpfText);
    const parsed = text === undefined ? undefined : parse(text);
    if (parsed?.kind !== 'good') continue;
    const mx = (zone.records.get(name)?.get('MX')?.data ?? []) as readonly { exchange: DnsName }[];
    const exchanges = mx.map(({ exchange }) => exchange);
    const spf = parsed.value.terms.map((term) => term.text);
    const { senders } = settingsOf({ domain: name, mx: exchanges, spf, txt: [], dkim: [], mailFrom: [] });
    const { needs, faults } = needsOf(name, senders);
    assert.deepEqual(faults, [], name);
    const there = needs.flatMap((need) => need.spf).filter((need) => need.name === name);
    const demanded = new Set(there.flatMap((need) => need.mechanisms).map(plain));
    const retired = new Set(there.flatMap((need) => need.retired.map((target) => `include:${target}`)));
    const all = parsed.value.terms.findIndex((term) => term.kind === 'all');
    for (const [index, term] of parsed.value.terms.entries()) {
      const passes = 'qualifier' in term && term.qualifier === '+' && term.kind !== 'all' && (all < 0 || index < all);
      if (!passes && !(term.kind === 'redirect' && all < 0)) continue;
      const one = plain(term.text.replace(/^\+/, '').replace(/^redirect=/i, 'include:'));
      assert.ok(demanded.has(one) || retired.has(one), `${name}: ${term.text}`);
      mechanisms++;
    }
    records++;
  }
  t.diagnostic(`${records} records, ${mechanisms} mechanisms`);
  assert.ok(records > 10_000);
});
