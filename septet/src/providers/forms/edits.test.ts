import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Change } from '../../change/change.ts';
import { txtSet } from '../../change/txt.ts';
import { dnsName } from '../../dns/name.ts';
import type { RrSet } from '../../dns/rrset.ts';
import { editsOf, netChanges, netSteps, removalsFirst } from './edits.ts';
import type { FittedStep } from './fit.ts';

const name = dnsName('example.com');
const texts = (...members: readonly (readonly string[])[]): RrSet<'TXT'> => ({
  ...txtSet(name, 300, ''),
  data: members.map((strings) => ({ strings })),
});
const change = (before: RrSet | undefined, after: RrSet | undefined): Change => ({
  name,
  type: 'TXT',
  ...(before ? { before } : {}),
  ...(after ? { after } : {}),
});
const steps = (...changes: readonly Change[]): readonly FittedStep[] =>
  changes.map((one, index) => ({
    number: index + 1,
    step: { id: `s${index}`, title: '', why: '', changes: [one], outside: [] },
    changes: [one],
    refused: [],
    raised: [],
  }));

test('a text that is only cut elsewhere stays', () => {
  const edits = editsOf(change(texts(['ab', 'c'], ['old']), texts(['a', 'bc'], ['new'])));
  assert.deepEqual(
    [edits.kept, edits.removed, edits.added],
    [[{ strings: ['a', 'bc'] }], [{ strings: ['old'] }], [{ strings: ['new'] }]],
  );
});

test('the net of several steps goes from the first before to the last after', () => {
  const both = steps(change(undefined, texts(['a'])), change(texts(['a']), texts(['a'], ['b'])));
  assert.deepEqual(netChanges(both), [change(undefined, texts(['a'], ['b']))]);
  assert.deepEqual(netChanges(steps(change(undefined, texts(['a'])), change(texts(['a']), undefined))), []);
});

test('step by step, the net stands with the last step, and the first says so', () => {
  const [first, second] = netSteps(steps(change(undefined, texts(['a'])), change(texts(['a']), texts(['b']))));
  assert.deepEqual([first?.changes, second?.changes], [[], [change(undefined, texts(['b']))]]);
  assert.deepEqual(first?.raised, ['example.com TXT: stands with step 2, which changes it again.']);
});

test('removals come first, since nothing can stand beside a CNAME', () => {
  const add: Change = {
    name,
    type: 'CNAME',
    after: { name, type: 'CNAME', ttlSeconds: 1, data: [dnsName('x.example')] },
  };
  const gone = change(texts(['a']), undefined);
  assert.deepEqual(removalsFirst([add, gone]), [gone, add]);
});
