import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zoneWorld } from '../../../test/zone-world.ts';
import { dnsName } from '../../dns/name.ts';
import { lookup, maxNodes } from './lookup.ts';
import { countAddresses, spfTree, treeLines } from './tree.ts';

const domain = dnsName('example.org');

test('the running count goes through the tree in the order of evaluation', async () => {
  const zone = `example.org. TXT "v=spf1 a include:x.example exists:%{i}.d.example redirect=z.example"
example.org. A 185.70.40.1
x.example. TXT "v=spf1 include:y.example a:gone.example -all"
y.example. TXT "v=spf1 ip4:185.70.41.0/24 ip4:185.70.41.128/25 -all"
z.example. TXT "v=spf1 ip4:185.70.42.1 -all a:never.example"`;
  const tree = spfTree(await lookup(zoneWorld(zone), domain));
  assert.deepEqual([tree.lookups, tree.voids, tree.complete, countAddresses(tree.ranges)], [6, 1, true, 258]);
  assert.deepEqual(
    treeLines(tree)
      .filter(({ count }) => count !== undefined)
      .map(({ depth, text, count }) => [depth, text, count]),
    [
      [1, 'a', 1],
      [1, 'include:x.example', 2],
      [3, 'include:y.example', 3],
      [3, 'a:gone.example', 4],
      [1, 'exists:%{i}.d.example', 5],
      [1, 'redirect=z.example', 6],
    ],
  );
  assert.deepEqual([tree.root.ownLookups, tree.root.lookups, tree.root.ownVoids, tree.root.voids], [4, 6, 0, 1]);
  assert.deepEqual(tree.voidTerms, [{ term: 'a:gone.example', domain: 'x.example', target: 'gone.example' }]);
});

test('only + includes authorise, and each record counts once', async () => {
  const zone = `example.org. TXT "v=spf1 ?include:x.example include:y.example include:y.example -all"
x.example. TXT "v=spf1 ip4:185.70.41.0/24 -all"
y.example. TXT "v=spf1 ip4:185.70.42.0/24 ?ip4:185.70.43.0/24 -all"`;
  const tree = spfTree(await lookup(zoneWorld(zone), domain));
  assert.equal(countAddresses(tree.ranges), 256);
  assert.deepEqual(tree.repeated, ['y.example']);
  assert.equal(tree.lookups, 3);
});

test('records that include each other over and over are bounded, in questions and in the tree', async () => {
  const names = Array.from({ length: 100 }, (_, k) => `n${k}.example`);
  const wide = names
    .map(
      (name, k) =>
        `${name}. TXT "v=spf1 include:n${(k * 2 + 1) % 100}.example include:n${(k * 2 + 2) % 100}.example -all"`,
    )
    .join('\n');
  const seen = await lookup(zoneWorld(`example.org. TXT "v=spf1 include:n0.example -all"\n${wide}`), domain);
  assert.equal(seen.nodes.length, maxNodes);
  assert.equal(seen.truncated, true);
  const tree = spfTree(seen);
  assert.equal(tree.complete, false);
  assert.ok(tree.lookups > 10 && tree.lookups < 1000);
});

test('each question is asked once', async () => {
  const zone = 'example.org. TXT "v=spf1 a a:example.org include:example.org mx -all"';
  const { answers } = await lookup(zoneWorld(zone), domain);
  const keys = answers.map(({ name, type }) => `${name} ${type}`);
  assert.equal(new Set(keys).size, keys.length);
});
