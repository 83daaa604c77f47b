/** What real records taught about merging: answers that did not come, redirections, terms that nobody reaches. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { liveOf, type Proposal } from '../../src/change/change.ts';
import { dnsName } from '../../src/dns/name.ts';
import { txtText, type Txt } from '../../src/dns/rrset.ts';
import { proposeSpf } from '../../src/records/spf/plan.ts';
import { lookupForPlan } from '../../src/records/spf/plan-lookup.ts';
import { zoneWorld, type FailingQuestion } from '../zone-world.ts';

const name = dnsName('shop.example');

interface Need {
  readonly mechanisms: readonly string[];
  readonly retired?: readonly string[];
}

async function propose(live: string, need: Need, failures: readonly FailingQuestion[] = []): Promise<Proposal> {
  const world = zoneWorld(
    `shop.example TXT "${live}"
shop.example MX 10 mx.host.example
mx.host.example A 192.0.2.25
_spf.mail.example TXT "v=spf1 ip4:198.51.100.0/24 ~all"
_spf.loop.example TXT "v=spf1 include:_spf.loop.example ~all"`,
    { failures },
  );
  const needs = [{ mechanisms: need.mechanisms, retired: need.retired ?? [] }];
  const answer = liveOf('TXT', await world.resolver.query(name, 'TXT'));
  const seen = await lookupForPlan(world, name, needs, answer);
  return proposeSpf({ name, needs, all: 'ramp', alone: false, ttlSeconds: 3600 }, answer, seen);
}

const said = (proposal: Proposal): string =>
  proposal.kind === 'change'
    ? ((proposal.change.after?.data ?? []) as readonly Txt[]).map(txtText).join(' | ')
    : proposal.kind;

test('a host that DNS does not tell moves no term and adds none', async () => {
  const silent: readonly FailingQuestion[] = [['mx.host.example', '*', 'timeout']];
  const live = 'v=spf1 mx ip4:203.0.113.7 include:_spf.mail.example ~all';
  const wanted = { mechanisms: ['ip4:203.0.113.7', 'mx', 'include:_spf.mail.example'] };
  assert.equal(said(await propose(live, wanted)), 'keep');
  assert.equal(said(await propose(live, wanted, silent)), 'keep');
  const more = { mechanisms: ['ip4:203.0.113.9'] };
  const added = 'v=spf1 mx ip4:203.0.113.7 include:_spf.mail.example ip4:203.0.113.9 ~all';
  assert.equal(said(await propose(live, more, silent)), added);
});

test('an include that stands there is kept even while DNS does not tell where it leads; a new one is not added', async () => {
  const silent: readonly FailingQuestion[] = [['_spf.mail.example', 'TXT', 'servfail']];
  const wanted = { mechanisms: ['include:_spf.mail.example'] };
  assert.equal(said(await propose('v=spf1 include:_spf.mail.example ip4:203.0.113.7 ~all', wanted, silent)), 'keep');
  assert.equal(said(await propose('v=spf1 ip4:203.0.113.7 ~all', wanted, silent)), 'blocked');
  const other = { mechanisms: ['ip4:203.0.113.7'] };
  assert.equal(said(await propose('v=spf1 include:_spf.mail.example ip4:203.0.113.7 ~all', other, silent)), 'keep');
});

test('who passes by redirect= needs no include of the same record', async () => {
  const wanted = { mechanisms: ['include:_spf.mail.example'] };
  assert.equal(said(await propose('v=spf1 mx redirect=_spf.mail.example', wanted)), 'keep');
  // Beside `all` a redirection is never looked at (RFC 7208 §6.1).
  assert.equal(
    said(await propose('v=spf1 mx redirect=_spf.mail.example -all', wanted)),
    'v=spf1 mx redirect=_spf.mail.example include:_spf.mail.example -all',
  );
});

test('what stands behind all or behind an error is moved, not doubled', async () => {
  const wanted = { mechanisms: ['ip4:203.0.113.7'] };
  assert.equal(said(await propose('v=spf1 mx ~all ip4:203.0.113.7', wanted)), 'v=spf1 mx ip4:203.0.113.7 ~all');
  assert.equal(
    said(await propose('v=spf1 ip4:203.0.113.7 include:_spf.loop.example ip4:203.0.113.8 ~all', wanted)),
    'keep',
  );
  assert.equal(
    said(await propose('v=spf1 include:_spf.loop.example ip4:203.0.113.7 ~all', wanted)),
    'v=spf1 ip4:203.0.113.7 include:_spf.loop.example ~all',
  );
  const renamed = { mechanisms: ['include:_spf.mail.example'], retired: ['spf.old.example'] };
  assert.equal(
    said(await propose('v=spf1 mx ~all include:spf.old.example', renamed)),
    'v=spf1 mx include:_spf.mail.example ~all',
  );
});
