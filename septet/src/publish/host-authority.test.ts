import assert from 'node:assert/strict';
import { test } from 'node:test';
import { txtSet } from '../change/txt.ts';
import { dnsName } from '../dns/name.ts';
import type { RrSet, RrType } from '../dns/rrset.ts';
import type { HostRead } from '../providers/host.ts';
import { hostAuthority } from './host-authority.ts';

const zone = dnsName('example.com');
const alias: RrSet<'CNAME'> = {
  name: dnsName('track.example.com'),
  type: 'CNAME',
  ttlSeconds: 60,
  data: [dnsName('app.example.net')],
};

const hostOf = (read: (name: string) => HostRead) => {
  const asked: string[] = [];
  const host = {
    title: 'a host',
    read: async (_zone: unknown, names: readonly string[]) => {
      asked.push(...names);
      return read(names[0] ?? '');
    },
  };
  return { authority: hostAuthority(host, zone), asked };
};
const good = (sets: readonly RrSet[]): HostRead => ({ kind: 'read', zone, nameServers: [], sets, special: [] });

test('what the host stores is what its server would say', async () => {
  const { authority, asked } = hostOf(() => good([txtSet(zone, 300, 'v=spf1 -all'), alias]));
  const ask = async (name: string, type: RrType) => (await authority.ask(dnsName(name), type))[0]?.answer;
  const txt = await ask('example.com', 'TXT');
  assert.equal(txt?.kind === 'found' && txt.set.ttlSeconds, 300);
  assert.equal((await ask('example.com', 'MX'))?.kind, 'nodata');
  const behind = await ask('track.example.com', 'TXT');
  assert.deepEqual([behind?.kind, behind?.chain[0]?.target], ['nodata', 'app.example.net']);
  assert.equal((await ask('track.example.com', 'CNAME'))?.kind, 'found');
  // The SOA is a question for others.
  assert.equal((await ask('example.com', 'SOA'))?.kind, 'failed');
  assert.deepEqual(asked, ['example.com', 'track.example.com']);
});

test('a host that does not answer is no empty zone', async () => {
  const { authority } = hostOf(() => ({
    kind: 'fault',
    reason: 'unreachable',
    detail: 'no answer',
    cure: 'Try again.',
  }));
  const [answer] = await authority.ask(zone, 'TXT');
  assert.equal(answer?.answer.kind, 'failed');
});
