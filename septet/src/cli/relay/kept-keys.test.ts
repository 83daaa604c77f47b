/** Which of the kept keys sign, and what the relay does to the mail of each domain. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { readConfig, type Config } from '../../config/read-config.ts';
import { dnsName } from '../../dns/name.ts';
import { saveKey } from '../../store/files/keys.ts';
import { configuredSelectors, keptKeys } from './kept-keys.ts';
import { relayedDomains } from './relay-domains.ts';

const shop = dnsName('shop.example');
let state = '';
before(async () => {
  state = await mkdtemp(path.join(tmpdir(), 'septet-kept-'));
  const keys = [
    ['old', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, '2026-01-01T00:00:00Z'],
    ['s2', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, '2026-02-01T00:00:00Z'],
    ['s3', generateKeyPairSync('ed25519').privateKey, '2026-03-01T00:00:00Z'],
  ] as const;
  for (const [selector, key, at] of keys) await saveKey(state, shop, { selector, key, createdAt: Date.parse(at) }); // oxlint-disable-line no-await-in-loop
});
after(() => rm(state, { recursive: true, force: true }));

const names = async (preferred: readonly string[], only?: string): Promise<readonly string[]> =>
  (await keptKeys(shop, state, { preferred: new Set(preferred), ...(only === undefined ? {} : { only }) })).map(
    ({ selector }) => selector,
  );

function configOf(text: string): Config {
  const read = readConfig(text, { file: '/etc/septet/septet.yaml', env: {} });
  assert.ok(read.kind === 'good', JSON.stringify(read));
  return read.config;
}

test('of each kind the oldest, unless a sender of the configuration names another', async () => {
  assert.deepEqual(await names([]), ['old', 's3']);
  assert.deepEqual(await names(['s2']), ['s2', 's3']);
  assert.deepEqual(await names(['s3']), ['s3', 'old']);
  assert.deepEqual(await names(['elsewhere']), ['old', 's3'], 'a key that is not here signs nothing');
  assert.deepEqual(await names(['s2'], 'old'), ['old']);
});

const domain = (senders: string, tracking = 'host: track, target: app.shop.example'): string =>
  `domains:\n  shop.example:\n    senders: [ ${senders} ]\n    tracking: { ${tracking} }\n`;

test('the relay signs with the selector of the sender, and does what the configuration says with links', async () => {
  const plain = configOf(domain('postfix: { ip: 192.0.2.1, selector: s2 }'));
  const intent = plain.domains.get(shop)?.intent;
  assert.deepEqual(configuredSelectors(shop, intent), new Set(['s2']));
  const told: string[] = [];
  const of = async (config: Config, more = {}) =>
    (await relayedDomains(config, state, (line) => void told.push(line), more)).get(shop);
  const one = await of(plain);
  assert.equal(one?.sign?.selector, 's2');
  assert.deepEqual([one.wish.keepUnsubscribeLinks, one.wish.privateTargets], [false, false]);
  const other = configOf(
    `relay: { keepUnsubscribeLinks: true }\n${domain('', 'host: track, target: app.shop.example, privateTargets: true')}`,
  );
  const two = await of(other);
  assert.equal(two?.sign?.selector, 'old');
  assert.deepEqual([two.wish.keepUnsubscribeLinks, two.wish.privateTargets], [true, true]);
  assert.equal((await of(plain, { keepUnsubscribeLinks: true }))?.wish.keepUnsubscribeLinks, true);
  assert.deepEqual(told, []);
});
