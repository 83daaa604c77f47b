/** The table of a proof: each method with our word, what it is about, and the receiver's word on the same. */
import type { DkimOutcome } from '../../proof/dkim/outcome.ts';
import type { DmarcReading, Identifier } from '../../proof/dmarc/outcome.ts';
import type { Proof, SpfOutcome } from '../../proof/proof.ts';
import { effectText } from '../../records/dmarc/readers.ts';

export interface ProofRow {
  readonly method: 'SPF' | 'DKIM' | 'DMARC' | 'ARC';
  readonly ours: string;
  /** For a person; may hold text of the message, so a view escapes it. */
  readonly about: string;
  /** Absent where the receiver says nothing of it, or nobody speaks for the receiver. */
  readonly theirs?: string;
}

export function proofRows(proof: Proof): readonly ProofRow[] {
  return [
    ...proof.spf.map((outcome) => spfRow(outcome, proof)),
    ...(proof.dkim.length === 0
      ? [{ method: 'DKIM', ours: 'none', about: 'no signature', ...theirsOf(proof, 'dkim') } as const]
      : alikeOnce(proof.dkim.map((outcome) => dkimRow(outcome, proof)))),
    ...proof.dmarc.readings.map((reading) => dmarcRow(reading, proof)),
    { method: 'ARC', ours: proof.arc.result, about: arcText(proof), ...theirsOf(proof, 'arc') },
  ];
}

/** Rows that follow one another and say the same stand once, with how often: a message may hold hundreds. */
function alikeOnce(rows: readonly ProofRow[]): readonly ProofRow[] {
  const runs: { readonly row: ProofRow; times: number }[] = [];
  for (const row of rows) {
    const last = runs.at(-1);
    if (last && last.row.ours === row.ours && last.row.about === row.about && last.row.theirs === row.theirs)
      last.times++;
    else runs.push({ row, times: 1 });
  }
  return runs.map(({ row, times }) => (times === 1 ? row : { ...row, about: `${times} signatures: ${row.about}` }));
}

/** How a result is to be looked at; colours follow it and never say more than the word does. */
export function toneOf(result: string): 'good' | 'bad' | 'doubtful' | 'open' {
  if (result === 'pass') return 'good';
  if (result === 'none' || result === 'neutral' || result === 'unknown' || result.startsWith('temp')) return 'open';
  return result === 'softfail' || result === 'policy' ? 'doubtful' : 'bad';
}

/** The receiver's first result of a method. */
function theirsOf(proof: Proof, method: string): { readonly theirs?: string } {
  const theirs = proof.receiver.results.find((result) => result.method === method)?.result;
  return theirs === undefined ? {} : { theirs };
}

function spfRow(outcome: SpfOutcome, proof: Proof): ProofRow {
  const identity = identifierOf(proof, (other) => other.method === 'spf' && other.domain === outcome.domain);
  const scope = outcome.scope === 'helo' ? 'HELO' : 'MAIL FROM';
  const aligned = outcome.scope === 'mfrom' && outcome.result === 'pass' ? alignmentText(identity) : '';
  return {
    method: 'SPF',
    ours: outcome.result,
    about: outcome.domain === '' ? outcome.reason : `${scope} ${outcome.domain}${aligned}`,
    ...(outcome.scope === 'mfrom' ? theirsOf(proof, 'spf') : {}),
  };
}

function dkimRow(outcome: DkimOutcome, proof: Proof): ProofRow {
  const { domain, selector, algorithm } = outcome;
  const name = [
    `d=${domain ?? '?'}`,
    `s=${selector ?? '?'}`,
    ...(algorithm === undefined || algorithm === 'rsa-sha256' ? [] : [algorithm]),
  ].join(' ');
  const identity = identifierOf(
    proof,
    (other) => other.method === 'dkim' && other.domain === domain && other.selector === selector,
  );
  const theirs = theirResultOf(outcome, proof);
  return {
    method: 'DKIM',
    ours: outcome.result,
    about:
      outcome.result === 'pass'
        ? `${name}${alignmentText(identity)}`
        : `${domain === undefined && selector === undefined ? '' : `${name}: `}${outcome.reason.replace(/\.$/, '')}`,
    ...(theirs === undefined ? {} : { theirs }),
  };
}

/** The receiver's result on the same signature: told by `header.b` (RFC 6008) where it is there, else by `d=` and `s=`. */
function theirResultOf({ signatureStart, domain, selector }: DkimOutcome, proof: Proof): string | undefined {
  return proof.receiver.results.find((result) => {
    if (result.method !== 'dkim') return false;
    const value = (property: string): string | undefined =>
      result.properties.find((other) => other.ptype === 'header' && other.property === property)?.value.toLowerCase();
    const b = value('b');
    const own = signatureStart?.toLowerCase();
    if (b !== undefined && own !== undefined && b.length >= 8) return own.startsWith(b) || b.startsWith(own);
    const theirDomain = value('d') ?? value('i')?.replace(/^.*@/, '');
    const theirSelector = value('s');
    return theirDomain === domain && (theirSelector === undefined || theirSelector === selector?.toLowerCase());
  })?.result;
}

function dmarcRow(reading: DmarcReading, proof: Proof): ProofRow {
  const readers = reading.reader === 'RFC 9989' ? 'new readers' : 'old readers';
  const several = new Set(proof.dmarc.readings.map(({ author }) => author)).size > 1 ? `${reading.author}, ` : '';
  const policy = reading.published.kind === 'policy' ? `, policy ${effectText(reading.published)}` : '';
  const now = reading.result === 'fail' ? `, so: ${reading.disposition}` : '';
  return {
    method: 'DMARC',
    ours: reading.result,
    about: `${several}${readers} (${reading.reader})${policy}${now}`,
    ...theirsOf(proof, 'dmarc'),
  };
}

function arcText({ arc }: Proof): string {
  if (arc.sets.length === 0) return 'no sets: not needed';
  const sealers = arc.sets.map(({ domain }) => domain ?? '?').join(', ');
  return `${arc.sets.length === 1 ? '1 set' : `${arc.sets.length} sets`}, sealed by ${sealers}`;
}

const identifierOf = (proof: Proof, fits: (identifier: Identifier) => boolean): Identifier | undefined =>
  proof.dmarc.readings.find(({ reader }) => reader === 'RFC 9989')?.identifiers.find(fits);

function alignmentText(identifier: Identifier | undefined): string {
  if (identifier === undefined || identifier.match === 'unknown') return '';
  return identifier.aligned ? ', aligned' : ', not aligned';
}
