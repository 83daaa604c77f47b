/**
 * The plan's changes as JSON, for programs. Keys stand in a fixed order. `data` is the record data as Septet keeps it,
 * `text` the same as a zone file writes it. Names are absolute, in A-labels, without the dot in `data` and `name`.
 */
import { formatRdata } from '../../dns/rdata-text.ts';
import type { RrSet } from '../../dns/rrset.ts';
import type { FormInput, TextForm } from '../form.ts';

export const jsonForm: TextForm = { id: 'json', title: 'JSON', extension: '.json', write: writeJson };

/** Raised when a key changes its meaning. */
const formVersion = 1;

function writeJson(input: FormInput): string {
  const plan = {
    version: formVersion,
    domain: input.domain,
    zone: input.zone,
    digest: input.digest,
    madeAt: input.madeAt,
    steps: input.steps.map((step) => ({
      id: step.id,
      title: step.title,
      why: step.why,
      changes: step.changes.map(({ name, type, before, after }) => ({
        name,
        type,
        before: before ? setOf(before) : null,
        after: after ? setOf(after) : null,
      })),
      outside: step.outside,
    })),
    later: input.later,
  };
  return `${escaped(JSON.stringify(plan, undefined, 2))}\n`;
}

const setOf = (set: RrSet): object => ({
  ttlSeconds: set.ttlSeconds,
  data: set.data,
  text: set.data.map((data) => formatRdata(set.type, data)),
});

/** ASCII: what is beyond stands as `\uXXXX`, so that no character steers a terminal. */
const escaped = (json: string): string =>
  json.replaceAll(/[^\n\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
