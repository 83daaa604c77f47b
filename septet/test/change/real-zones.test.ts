/** Every record of real zones against what could be wanted there: the promises of a proposal hold for each. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { Live, Proposal } from '../../src/change/change.ts';
import { dnsName, labels, type DnsName } from '../../src/dns/name.ts';
import { txtText, type RrSet } from '../../src/dns/rrset.ts';
import { originFromFileName, readZone } from '../../src/dns/zone-read.ts';
import { proposeBimi } from '../../src/records/bimi/plan.ts';
import { parse as parseBimi } from '../../src/records/bimi/record.ts';
import { proposeKey } from '../../src/records/dkim/plan.ts';
import { read as readDkim } from '../../src/records/dkim/record.ts';
import { proposeStage } from '../../src/records/dmarc/plan.ts';
import { isDmarc, parse as parseDmarc } from '../../src/records/dmarc/record.ts';
import { proposeRecord } from '../../src/records/mtasts/plan.ts';
import { parse as parseMtaSts } from '../../src/records/mtasts/record.ts';
import { proposeMx } from '../../src/records/mx/plan.ts';
import { proposeTlsRpt } from '../../src/records/tlsrpt/plan.ts';
import { parse as parseTlsRpt } from '../../src/records/tlsrpt/record.ts';
import { rsa2048 } from '../dkim-keys.ts';
import { present, settled, summary } from '../live-sets.ts';
import { sharedData } from '../shared-data.ts';

const now = Date.parse('2026-11-23T12:00:00Z');
const ttlSeconds = 3600;
const exchanges = [{ preference: 10, exchange: dnsName('mail.example.com') }];

interface Case {
  readonly record: string;
  readonly isOurs: (text: string) => boolean;
  readonly propose: (live: Live<'TXT'>) => Proposal;
}

/** What could be wanted at a name, by its first labels. */
function casesAt(name: DnsName, texts: readonly string[]): readonly Case[] {
  const [first, second] = labels(name);
  if (first === '_dmarc') {
    const isOurs = texts.some(isDmarc) ? isDmarc : (text: string): boolean => parseDmarc(text).kind !== 'other';
    const want = { name, reports: ['mailto:d@example.com'], failureReports: [], readers: 'both', ttlSeconds } as const;
    return (['none', 'sampled', 'quarantine', 'reject'] as const).map((stage) => ({
      record: `dmarc.${stage}`,
      isOurs,
      propose: (live) => proposeStage({ ...want, stage }, live),
    }));
  }
  const kind = (parse: (text: string) => { kind: string }) => (text: string) => parse(text).kind !== 'other';
  if (first === '_mta-sts') {
    const propose = (live: Live<'TXT'>) => proposeRecord({ name, changed: true, now, ttlSeconds }, live);
    return [{ record: 'mtasts', isOurs: kind(parseMtaSts), propose }];
  }
  if (first === '_smtp' && second === '_tls') {
    const propose = (live: Live<'TXT'>) => proposeTlsRpt({ name, uris: ['mailto:t@example.com'], ttlSeconds }, live);
    return [{ record: 'tlsrpt', isOurs: kind(parseTlsRpt), propose }];
  }
  if (second === '_bimi') {
    const propose = (live: Live<'TXT'>) => proposeBimi({ name, logo: 'https://example.com/l.svg', ttlSeconds }, live);
    return [{ record: 'bimi', isOurs: kind(parseBimi), propose }];
  }
  if (second !== '_domainkey') return [];
  const isOurs = (text: string): boolean => readDkim(text) !== undefined;
  const key = (value: string, record: string): Case => ({
    record,
    isOurs,
    propose: (live) => proposeKey({ name, value, verbatim: false, ttlSeconds }, live),
  });
  const own = texts.filter(isOurs).slice(0, 1);
  return [key(`v=DKIM1; k=rsa; p=${rsa2048}`, 'dkim.other'), ...own.map((text) => key(text, 'dkim.own'))];
}

function sets(folder: string): readonly RrSet[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.zone'));
  return files.flatMap((file) => {
    const origin = originFromFileName(file);
    const text = readFileSync(path.join(folder, file));
    const result = readZone(text, { file, ...(origin === undefined ? {} : { origin }) });
    if (result.kind === 'bad') return [];
    return [...result.zone.records.values()].flatMap((types) => [...types.values()]);
  });
}

test('proposals over real zones keep their promises', (t) => {
  const folder = sharedData(t, 'zones');
  if (folder === undefined) return;
  const counts = new Map<string, number>();
  const count = (record: string, proposal: Proposal): void => {
    const key = `${record}: ${summary(proposal)}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  };
  for (const set of sets(folder)) {
    if (set.type === 'MX') {
      const propose = (live: Live<'MX'>) => proposeMx({ name: set.name, exchanges, alone: false, ttlSeconds }, live);
      const live = present(set as RrSet<'MX'>);
      settled(propose, live);
      count('mx', propose(live));
    }
    if (set.type !== 'TXT') continue;
    const live = present(set as RrSet<'TXT'>);
    for (const { record, isOurs, propose } of casesAt(set.name, (set as RrSet<'TXT'>).data.map(txtText))) {
      settled(propose, live, isOurs);
      const proposal = propose(live);
      count(record, proposal);
      if (record === 'dkim.own')
        assert.ok(proposal.kind !== 'change' || proposal.comparison !== 'conflicting', set.name);
    }
  }
  for (const [key, amount] of [...counts].sort()) t.diagnostic(`${key} ${amount}`);
  assert.ok([...counts.values()].reduce((sum, amount) => sum + amount, 0) > 1000);
});
