/** Signs a message by all three, has all three verify it, and compares every verdict with what the readings say. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import type { PythonDkim } from '../servers/python-dkim.ts';
import type { Alteration } from './interop-alterations.ts';
import { judgedByAll, judgedHere, parties, signHere, signedByAll, type Signed } from './interop-parties.ts';
import { deviations, expected, factsOf, matters, refusedByDkimpy, type Facts } from './interop-readings.ts';

export interface Tally {
  messages: number;
  altered: number;
  /** Verdicts compared, and how many of them are `pass`. */
  verdicts: number;
  passes: number;
  /** Verdicts that are not the one that an honest signature deserves, by the reason in the table. */
  readonly deviating: Map<string, number>;
}

export const newTally = (): Tally => ({ messages: 0, altered: 0, verdicts: 0, passes: 0, deviating: new Map() });

export interface Case {
  readonly name: string;
  /** Lines end with CRLF. */
  readonly octets: Buffer;
  readonly turn: number;
  readonly alterations: readonly Alteration[];
}

/** All of it for one message with a From field; throws at the first verdict that is not the expected one. */
export async function compareAll(python: PythonDkim, one: Case, tally: Tally): Promise<void> {
  const { name, octets, turn } = one;
  const text = octets.toString('latin1');
  const facts = factsOf(text);
  const signed = await signedByAll(octets, python, turn);
  const refused = refusedByDkimpy(facts);
  assert.deepEqual(
    Object.keys(signed.refusals),
    refused ? ['dkimpy'] : [],
    `${name}: ${JSON.stringify(signed.refusals)}`,
  );
  tally.messages++;
  for (const { id } of deviations)
    if (signed.signatures.some((signature) => matters(id, facts, signature)))
      tally.deviating.set(id, (tally.deviating.get(id) ?? 0) + 1);
  if (refused) tally.deviating.set('refused', (tally.deviating.get('refused') ?? 0) + 1);
  await compareOne(python, name, { signed, before: facts, after: facts, octets: signed.octets }, tally);
  await sameWithLf(name, octets, signed);
  const top = signed.octets.subarray(0, signed.octets.length - octets.length).toString('latin1');
  for (const alteration of one.alterations) {
    const below = alteration.message ? alteration.message(text) : text;
    if (below === undefined) continue;
    const above = alteration.signatures?.(top) ?? top;
    assert.notEqual(above + below, top + text, `${name}: ${alteration.name} changes nothing`);
    const after = factsOf(below);
    const changed = { signed, before: facts, after, octets: Buffer.from(above + below, 'latin1'), alteration };
    tally.altered++;
    await compareOne(python, `${name}, ${alteration.name}`, changed, tally); // oxlint-disable-line no-await-in-loop
  }
}

interface Comparison {
  readonly signed: Signed;
  readonly before: Facts;
  readonly after: Facts;
  readonly octets: Buffer;
  readonly alteration?: Alteration;
}

async function compareOne(python: PythonDkim, name: string, compared: Comparison, tally: Tally): Promise<void> {
  const { signed, before, after, octets, alteration } = compared;
  const { signatures } = signed;
  const verdicts = await judgedByAll(octets, signatures.length, python);
  const fromFields = before.fields.filter(({ key }) => key === 'from').length;
  const wrong: string[] = [];
  for (const verifier of parties) {
    assert.equal(verdicts[verifier].length, signatures.length, `${name}: ${verifier} lost signatures`);
    for (const [index, signature] of signatures.entries()) {
      const { signer, key, header, body, names } = signature;
      const froms = names.filter((one) => one === 'from').length;
      // RFC 6376 §8.15: From once more than it is there.
      if (signer === 'septet') assert.equal(froms, fromFields + 1, `${name}: From is not oversigned`);
      const broken = alteration?.breaks(signature, { froms, fromFields }) ?? false;
      const said = verdicts[verifier][index];
      const refused = verifier === 'dkimpy' && refusedByDkimpy(after);
      const should = alteration?.signatures && !refused ? 'fail' : expected(verifier, signature, before, after);
      if (said !== should) wrong.push(`${signer} ${key} ${header}/${body}: ${verifier} says ${said}, not ${should}`);
      // The readings themselves are held to what the change is known to do.
      if (signer === 'septet' && verifier === 'septet') assert.equal(should, broken ? 'fail' : 'pass', name);
      tally.verdicts++;
      if (said === 'pass') tally.passes++;
    }
  }
  assert.deepEqual(wrong, [], `${name}: ${JSON.stringify(octets.subarray(-2000).toString('latin1'))}`);
}

/**
 * A file of a Unix system holds the same message with LF alone: we sign it with the same octets, and say the same of every
 * signature. A CR in front of a line end would be half of it there.
 */
async function sameWithLf(name: string, octets: Buffer, { octets: whole, signatures }: Signed): Promise<void> {
  const asLf = (some: Buffer): Buffer => Buffer.from(some.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
  if (/\r\r\n|(?<!\r)\n/.test(octets.toString('latin1'))) return;
  assert.equal(signHere(asLf(octets)), signHere(octets), `${name}: signed otherwise with LF`);
  const verdicts = await Promise.all([
    judgedHere(whole, signatures.length),
    judgedHere(asLf(whole), signatures.length),
  ]);
  assert.deepEqual(verdicts[1], verdicts[0], `${name}: judged otherwise with LF`);
}

/** Several at once, so that the other process is never idle. */
export async function compareCases(python: PythonDkim, cases: readonly Case[]): Promise<Tally> {
  const tally = newTally();
  const queue = cases.values();
  const worker = async (): Promise<void> => {
    for (const one of queue) await compareAll(python, one, tally); // oxlint-disable-line no-await-in-loop
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  return tally;
}
