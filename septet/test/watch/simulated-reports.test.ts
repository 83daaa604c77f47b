/** What the simulator reports, as files: valid by the XSD of RFC 9990, and read back as it was. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { writeAggregate } from '../../src/reports/write-aggregate.ts';
import { simulate } from '../../src/watch/simulate/simulate.ts';
import { sharedData } from '../shared-data.ts';
import { clean, newcomer, own, ses } from './scenarios.ts';

/** Every kind of row: each stage, both readers, forwarders known and unknown, a newcomer, forged mail. */
const world = clean({
  receivers: clean().receivers.map((receiver) => ({ ...receiver, knowsForwarders: 0.5 })),
  sources: [{ ...own, dkim: 0.9, spf: 0.9 }, ses, newcomer],
  forwarders: [
    { name: 'list', address: '203.0.113.81', share: 0.1, keepsDkim: 0.5, envelope: 'lists.example' },
    { name: 'plain', address: '2001:db8::80', share: 0.1, keepsDkim: 1 },
  ],
  spoofers: [{ name: 'botnet', addresses: ['100.64.0.7', '2001:db8:bad::1'], perDay: 100 }],
  stages: [
    { day: 0, stage: 'none' },
    { day: 2, stage: 'sampled' },
    { day: 4, stage: 'quarantine' },
    { day: 6, stage: 'reject' },
  ],
});

test('simulated reports validate against the XSD of RFC 9990', (t) => {
  const schema = sharedData(t, 'reports/ietf/dmarc-xml-0.2.xsd');
  if (schema === undefined) return;
  if (spawnSync('xmllint', ['--version']).error !== undefined) {
    if (process.env['CI'] === 'true') throw new Error('xmllint (libxml2-utils) is not installed');
    t.skip('xmllint (libxml2-utils) is not installed');
    return;
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'septet-simulated-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const reports = [...simulate(world, 10, 1)].flatMap((day) => day.reports);
  const files = reports.map(({ head, rows }, index) => {
    const file = path.join(folder, `${index}.xml`);
    writeFileSync(file, writeAggregate(head, rows));
    return file;
  });
  const { status, stderr } = spawnSync('xmllint', ['--noout', '--nonet', '--schema', schema, ...files], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  assert.ok(files.length > 25, `${files.length} reports`);
});
