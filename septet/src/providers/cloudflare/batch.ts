/**
 * Changes of RRsets as one batch of changes of records. The batch is carried out in one transaction, deletes first, then
 * patches, then posts ("Batch record changes" in Cloudflare's documentation). Records that stay are not touched; a
 * record that gives its place to another is patched, so that its comment and tags stay.
 */
import type { Change } from '../../change/change.ts';
import type { RrSet } from '../../dns/rrset.ts';
import type { JsonObject } from '../https/json.ts';
import { memberText } from '../https/values.ts';
import { recordFields, type KeptRecord } from './records.ts';

export interface Batch {
  readonly deletes: readonly JsonObject[];
  readonly patches: readonly JsonObject[];
  readonly posts: readonly JsonObject[];
}

export function batchOf(changes: readonly Change[], records: readonly KeptRecord[]): Batch {
  const deletes: JsonObject[] = [];
  const patches: JsonObject[] = [];
  const posts: JsonObject[] = [];
  for (const { name, type, after } of changes) {
    const old = records.filter((record) => record.name === name && record.type === type);
    const wanted = membersOf(after);
    const leaving: KeptRecord[] = [];
    for (const record of old) {
      const text = memberText(type, record.data);
      const fields = wanted.get(text);
      wanted.delete(text);
      if (fields === undefined) leaving.push(record);
      else if (after !== undefined && record.ttlSeconds !== after.ttlSeconds)
        patches.push({ id: record.id, ...fields });
    }
    for (const fields of wanted.values()) {
      const place = leaving.shift();
      if (place === undefined) posts.push(fields);
      else patches.push({ id: place.id, ...fields });
    }
    deletes.push(...leaving.map(({ id }) => ({ id })));
  }
  return { deletes, patches, posts };
}

function membersOf(set: RrSet | undefined): Map<string, JsonObject> {
  const out = new Map<string, JsonObject>();
  if (set === undefined) return out;
  const { name, type, ttlSeconds } = set;
  for (const data of set.data) out.set(memberText(type, data), recordFields(name, type, ttlSeconds, data));
  return out;
}
