/** The curl commands of `powerdns` and `hetzner`, run by a shell: against a real PowerDNS and the fake of Hetzner's API. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { absolute, relativeTo } from '../../src/dns/name.ts';
import { formatRdata } from '../../src/dns/rdata-text.ts';
import type { RrSet } from '../../src/dns/rrset.ts';
import type { FormInput } from '../../src/providers/form.ts';
import { formOf } from '../../src/providers/forms/forms.ts';
import { missing } from '../servers/process.ts';
import { startPowerDns, type PowerDnsServer } from '../servers/powerdns.ts';
import { fakeHetzner, type FakeHetzner } from './fakes/hetzner.ts';
import { anyInput, usual, zone } from './forms-samples.ts';
import { carryOut, plainZone, zoneOf, type Operation, type Zone } from './read-back/operations.ts';
import { readZoneLines } from './read-back/zone-text.ts';

const changesOf = (input: FormInput) => input.steps.flatMap((step) => step.changes);
const wantedOf = (input: FormInput): readonly RrSet[] =>
  changesOf(input).flatMap((change) => (change.after ? [change.after] : []));
const beforeOf = (input: FormInput): readonly RrSet[] =>
  changesOf(input).flatMap((change) => (change.before ? [change.before] : []));

/** What a host takes: no CNAME at the apex, no octet that is not ASCII in the JSON of the fake, TTLs from 60. */
const inputs = (seed: number): readonly FormInput[] => [
  usual,
  ...fc.sample(
    anyInput.filter((input) =>
      changesOf(input).every(
        ({ name, type, before, after }) =>
          (name !== zone || type !== 'CNAME') &&
          [before, after].every((set) => set === undefined || set.ttlSeconds >= 60),
      ),
    ),
    { numRuns: 15, seed },
  ),
];

/** What the shell and curl say where they fail; nothing where they do not. */
const sh = (script: string, variables: Readonly<Record<string, string>>): Promise<string> =>
  new Promise((resolve) => {
    execFile(
      '/bin/sh',
      ['-eu', '-c', script],
      { env: { PATH: process.env['PATH'], ...variables } },
      (error, stdout, stderr) => resolve(error ? `${stdout}${stderr}${error.message.slice(0, 200)}` : ''),
    );
  });

const fromLines = (text: string): Zone =>
  carryOut(
    new Map(),
    readZoneLines(text, zone).filter((one: Operation) => one.kind === 'set' && !['SOA', 'NS'].includes(one.set.type)),
  );

function sameWithTtls(seen: Zone, input: FormInput): void {
  const wanted = zoneOf(wantedOf(input), (set) => set.ttlSeconds);
  assert.deepEqual(plainZone(seen), plainZone(wanted));
  for (const [key, { ttl }] of wanted) assert.equal(seen.get(key)?.ttl, ttl, key);
}

describe('powerdns', async () => {
  const skip = await missing('pdns_server', 'curl');
  let server: PowerDnsServer | undefined;
  before(async () => {
    if (!skip) server = await startPowerDns();
  });
  after(() => server?.stop());

  test('its commands make a real PowerDNS what the plan wants', { skip }, async () => {
    const { api, apiKey, url } = server as PowerDnsServer;
    for (const input of inputs(11)) {
      await api('POST', '/zones', { name: 'example.com.', kind: 'Native', nameservers: ['ns1.example.net.'] });
      const rrsets = beforeOf(input).map((set) => ({
        name: absolute(set.name),
        type: set.type,
        ttl: set.ttlSeconds,
        changetype: 'REPLACE',
        records: set.data.map((data) => ({ content: formatRdata(set.type, data), disabled: false })),
      }));
      await api('PATCH', '/zones/example.com.', { rrsets });
      const script = formOf('powerdns')?.write(input) ?? '';
      assert.equal(await sh(script, { PDNS_API_KEY: apiKey, PDNS_URL: url }), '');
      const held = (await api('GET', '/zones/example.com.')) as {
        rrsets: { name: string; type: string; ttl: number; records: { content: string }[] }[];
      };
      const lines = held.rrsets.flatMap(({ name, type, ttl, records }) =>
        records.map(({ content }) => `${name} ${ttl} IN ${type} ${content}`),
      );
      sameWithTtls(fromLines(lines.join('\n')), input);
      await api('DELETE', '/zones/example.com.');
    }
  });

  test('without a key nothing is sent', { skip }, async () => {
    assert.match(await sh(formOf('powerdns')?.write(usual) ?? '', {}), /PDNS_API_KEY/);
  });
});

describe('hetzner', async () => {
  const skip = await missing('curl');
  let fake: FakeHetzner | undefined;
  before(async () => {
    fake = await fakeHetzner({ good: 'write' }, 'example.com');
  });
  after(() => fake?.server.stop());

  test('its commands make the zone what the plan wants', { skip }, async () => {
    const api = fake as FakeHetzner;
    for (const input of inputs(12)) {
      api.sets = beforeOf(input).map((set) => ({
        name: relativeTo(set.name, zone) || '@',
        type: set.type,
        ttl: set.ttlSeconds,
        records: set.data.map((data) => ({ value: formatRdata(set.type, data) })),
        labels: {},
        protection: { change: false },
      }));
      const script = (formOf('hetzner')?.write(input) ?? '').replaceAll('https://api.hetzner.cloud', api.server.url);
      assert.equal(await sh(script, { HCLOUD_TOKEN: 'good' }), '');
      sameWithTtls(fromLines(api.lines().join('\n')), input);
    }
  });
});
