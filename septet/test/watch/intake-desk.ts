/** An intake on a store of its own, and what it tells in words: for the tests of the intake. */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { dnsName, type DnsName } from '../../src/dns/name.ts';
import type { Store } from '../../src/store/store.ts';
import { openIntake, type Intake, type IntakeOptions } from '../../src/watch/intake/intake.ts';
import type { IntakeEvent } from '../../src/watch/intake/intake-event.ts';
import type { IntakeItem } from '../../src/watch/intake/intake-item.ts';
import { temporaryFolder } from '../servers/process.ts';
import { reopen } from '../store/databases.ts';
import { zoneWorld, zoneWorldNow, type FailingQuestion } from '../zone-world.ts';
import { keyZone } from './intake-mail.ts';

export const example = dnsName('example.com');
export const zone = keyZone('receiver.example', 'evil.example', 'microsoft.com');

export interface Opened {
  readonly store: Store;
  readonly intake: Intake;
  readonly events: IntakeEvent[];
}

export async function open(
  t: TestContext,
  changes: Partial<IntakeOptions> & { readonly failures?: readonly FailingQuestion[] } = {},
): Promise<Opened> {
  const folder = await temporaryFolder('intake');
  const store = await reopen({ kind: 'sqlite', file: path.join(folder, 'septet.db') });
  t.after(async () => {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });
  const events: IntakeEvent[] = [];
  const intake = openIntake({
    store,
    world: zoneWorld(zone, { failures: changes.failures ?? [] }),
    domains: new Set([example]),
    keepFailures: 'no',
    allowUnauthenticated: false,
    signal: new AbortController().signal,
    patienceSeconds: 0,
    keyPauses: [],
    tell: (event) => void events.push(event),
    ...changes,
  });
  return { store, intake, events };
}

let items = 0;
export const item = (octets: Uint8Array | string, origin = `item ${++items}`): IntakeItem => ({
  origin,
  async *octets() {
    yield await Promise.resolve(Buffer.from(octets));
  },
});

export async function put(
  { intake, events }: Opened,
  ...octets: readonly (Uint8Array | string)[]
): Promise<readonly string[]> {
  const from = events.length;
  for (const one of octets) await intake.take(item(one));
  await intake.settle();
  return events.slice(from).map(wordsOf);
}

export function wordsOf(event: IntakeEvent): string {
  switch (event.kind) {
    case 'stored':
      return `stored ${event.reportId} ${event.trust}${event.untrusted === undefined ? '' : `: ${event.untrusted}`}`;
    case 'duplicate':
      return `duplicate ${event.reportId} ${event.same}`;
    case 'refused':
      return `refused ${event.refusal.code}`;
    case 'left-out':
      return `left out ${event.reportId}`;
    case 'postponed':
      return `postponed`;
    case 'unreadable':
      return `unreadable: ${event.why}`;
    case 'notice':
      return `notice: ${event.text}`;
  }
}

export const query = (domain: DnsName) => ({ domain, since: 0, until: zoneWorldNow + 86_400_000 });
