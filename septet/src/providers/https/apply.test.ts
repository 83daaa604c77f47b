import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Change } from '../../change/change.ts';
import { txtSet } from '../../change/txt.ts';
import { dnsName } from '../../dns/name.ts';
import type { HostFault } from '../host.ts';
import { applyInTurn, applyTogether, type Writer } from './apply.ts';
import type { LiveSets } from './values.ts';

const after = txtSet(dnsName('_x.example.com'), 300, 'new');
const change: Change = { name: after.name, type: after.type, after };
const faultOf = (reason: HostFault['reason']): HostFault => ({ kind: 'fault', reason, detail: 'No.', cure: 'Wait.' });
const nothing: LiveSets = { sets: [], special: [] };

/** A host that is looked at once and then answers no more. */
function blindAfterOneLook(): Writer<LiveSets> {
  let looks = 0;
  return { title: 'A host', look: () => Promise.resolve(looks++ === 0 ? nothing : faultOf('unreachable')) };
}

test('what became of a write that nobody could look at afterwards is unknown, whatever the answer to it said', async () => {
  for (const reason of ['rejected', 'changed', 'malformed', 'unreachable'] as const) {
    // oxlint-disable-next-line no-await-in-loop -- four cases
    const together = await applyTogether(blindAfterOneLook(), [change], () => Promise.resolve(faultOf(reason)));
    assert.equal(together.kind === 'fault' && together.reason, 'unreachable', reason);
    // oxlint-disable-next-line no-await-in-loop -- as above
    const inTurn = await applyInTurn(blindAfterOneLook(), [change], () =>
      Promise.resolve({ fault: faultOf(reason), half: false }),
    );
    assert.equal(inTurn.kind === 'fault' && inTurn.reason, 'unreachable', reason);
  }
});

test('a refusal that wrote nothing stays what it is', async () => {
  const refused = await applyTogether(blindAfterOneLook(), [change], () => Promise.resolve(faultOf('not-permitted')));
  assert.equal(refused.kind === 'fault' && refused.reason, 'not-permitted');
  const seen: Writer<LiveSets> = { title: 'A host', look: () => Promise.resolve(nothing) };
  const told = await applyTogether(seen, [change], () => Promise.resolve(faultOf('rejected')));
  assert.equal(told.kind === 'fault' && told.reason, 'rejected');
});
