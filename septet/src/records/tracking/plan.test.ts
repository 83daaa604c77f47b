import assert from 'node:assert/strict';
import { test } from 'node:test';
import { absent, setOf, summary, unknown } from '../../../test/live-sets.ts';
import { dnsName } from '../../dns/name.ts';
import { proposeTracking } from './plan.ts';

const domain = dnsName('example.com');
const name = dnsName('track.example.com');
const target = dnsName('app.example.net');
const want = { name, domain, target, ttlSeconds: 3600 };

test('the tracking host becomes an alias of the install', () => {
  assert.equal(summary(proposeTracking(want, absent(name, 'CNAME'), [])), 'change absent');
  assert.equal(summary(proposeTracking(want, setOf(name, 'CNAME', target), [])), 'keep equal');
  assert.equal(summary(proposeTracking(want, setOf(name, 'CNAME', domain), [])), 'change conflicting');
  assert.equal(summary(proposeTracking(want, unknown(name, 'CNAME'), [])), 'blocked');
});

test('the mail domain itself never becomes an alias, and what would be lost is named', () => {
  const mx = { name: domain, type: 'MX', ttlSeconds: 60, data: [{ preference: 10, exchange: name }] } as const;
  const proposal = proposeTracking({ ...want, name: domain }, absent(domain, 'CNAME'), [mx]);
  assert.ok(proposal.kind === 'blocked');
  assert.match(proposal.why, /MX 10 track\.example\.com\./);
  assert.match(proposal.cure, /track\.example\.com/);
});
