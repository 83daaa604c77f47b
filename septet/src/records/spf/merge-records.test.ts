import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dnsName } from '../../dns/name.ts';
import { mergeRecords } from './merge-records.ts';

const domain = dnsName('example.com');

test('several records become one, and a refusal that comes behind what lets pass is named', () => {
  const merged = mergeRecords(
    ['v=spf1 -exists:%{i}.blocked.example.com ip4:192.0.2.0/24 -all', 'v=spf1 mx -all'],
    domain,
  );
  assert.equal(merged?.text, 'v=spf1 ip4:192.0.2.0/24 mx -exists:%{i}.blocked.example.com -all');
  assert.deepEqual(merged?.loses, ['-exists:%{i}.blocked.example.com']);
  assert.match(merged?.notes.join('\n') ?? '', /-exists:%\{i\}\.blocked\.example\.com decided before what lets pass/);
});

test('so is a refusal of what another record lets pass', () => {
  const merged = mergeRecords(['v=spf1 ?include:a.example ~all', 'v=spf1 include:a.example -all'], domain);
  assert.equal(merged?.text, 'v=spf1 include:a.example ~all');
  assert.deepEqual(merged?.loses, ['?include:a.example']);
});

test('a refusal that stood last loses nothing', () => {
  const merged = mergeRecords(['v=spf1 mx ?include:a.example ~all', 'v=spf1 a -all'], domain);
  assert.equal(merged?.text, 'v=spf1 mx a ?include:a.example ~all');
  assert.deepEqual(merged?.loses, []);
});
