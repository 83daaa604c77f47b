/** Tracking keys that are the same in every run. */
import { createSecretKey, hash } from 'node:crypto';
import type { TrackingKeys } from '../../src/rewrite/tracking-keys.ts';

/** One key of this id; `owner` stands for whose it is. */
export function keysForTests(id: number, owner = 'of ours'): TrackingKeys {
  const key = (purpose: string) => createSecretKey(hash('sha256', `${purpose} ${id} ${owner}`, 'buffer'));
  return {
    readers: createSecretKey(hash('sha256', `readers ${owner}`, 'buffer')),
    keys: [{ id, createdAt: 0, mac: key('mac'), cipher: key('cipher'), nonce: key('nonce') }],
  };
}
