/** What the marks of the owner tell beyond the sources that they stand at. Pure. */
import { registrableDomain } from '../dns/public-suffix.ts';
import { proofOf } from '../reports/evidence/source-proof.ts';
import type { Mark, SourceHints } from '../reports/evidence/sources.ts';
import { serviceOf } from '../senders/service-of.ts';

/**
 * A source that is marked mine stands for its service: mail of it whose proofs fail comes under another key, and is the
 * owner's all the same.
 */
export function markedHints(hints: SourceHints, marks: readonly Mark[]): SourceHints {
  const own = registrableDomain(hints.domain) ?? hints.domain;
  const names = marks
    .filter(({ mark }) => mark === 'mine')
    .map(({ sourceKey }) => proofOf(sourceKey))
    .flatMap(({ signers, spf }) => [...signers, ...(spf === undefined ? [] : [spf])])
    .filter((name) => name !== own);
  return {
    ...hints,
    services: [...new Set([...hints.services, ...names.flatMap((name) => serviceOf(name) ?? [])])],
    organisations: [...new Set([...hints.organisations, ...names.filter((name) => serviceOf(name) === undefined)])],
  };
}
