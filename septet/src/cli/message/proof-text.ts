/** The proof of one message for a person at a terminal. */
import type { DkimOutcome } from '../../proof/dkim/outcome.ts';
import type { DmarcReading, Identifier } from '../../proof/dmarc/outcome.ts';
import type { Proof, SpfOutcome } from '../../proof/proof.ts';
import { effectText } from '../../records/dmarc/readers.ts';
import { findingBlocks, type TextOptions } from '../check/report-text.ts';
import { cutTo, type Paint, type Style, wrap } from '../paint.ts';
import { visible, widthOf } from '../visible.ts';
import { addressText, authorText, octetsText, sentText } from './proof-words.ts';

export function textProof(proof: Proof, paint: Paint, options: TextOptions = {}): string {
  return [
    ...headLines(proof, paint),
    '',
    ...messageLines(proof, paint),
    '',
    ...tableLines(proof, paint),
    '',
    ...verdictLines(proof, paint),
    ...differenceLines(proof, paint),
    '',
    findingBlocks(proof.findings, paint, options).trimEnd(),
    '',
  ].join('\n');
}

function headLines(proof: Proof, paint: Paint): readonly string[] {
  const title = visible(proof.source === '-' ? 'standard input' : proof.source);
  const when = `evaluated ${proof.evaluatedAt.slice(0, 16).replace('T', ' ')} UTC`;
  const gap = paint.columns - widthOf(title) - when.length;
  if (gap >= 2) return [`${paint('bold', title)}${' '.repeat(gap)}${paint('dim', when)}`];
  return [paint('bold', wrap(title, paint.columns, '')), paint('dim', when)];
}

const labelWidth = 12;

function messageLines(proof: Proof, paint: Paint): readonly string[] {
  const { message, envelope } = proof;
  const row = (label: string, text: string): string =>
    wrap(text, paint.columns, ' '.repeat(labelWidth), `  ${label.padEnd(labelWidth - 2)}`);
  const parts = message.parts === 1 ? '1 part' : `${message.parts} parts`;
  const came = [
    envelope.ip ? addressText(proof) : 'unknown address',
    envelope.mailFrom ? `return path ${envelope.mailFrom.value || '<> (none)'}` : 'return path unknown',
  ];
  return [
    row('From', authorText(message.author)),
    ...(message.subject === undefined ? [] : [row('Subject', cutTo(visible(message.subject), 2 * paint.columns))]),
    row('Message', `${sentText(message)}, ${octetsText(message.octets)}, ${parts}`),
    row('Came from', came.join(', ')),
    row('', envelope.why),
    ...(proof.planDomain === undefined
      ? []
      : [
          row(
            'Plan',
            proof.sender
              ? `${proof.planDomain}: sent by ${proof.sender.title}; ${proof.sender.because}`
              : `${proof.planDomain}: no sender of the plan fits`,
          ),
        ]),
  ];
}

/** A line of the table: method, our word, what it is about, and the receiver's word on the same. */
interface Line {
  readonly method: string;
  readonly ours: string;
  readonly about: string;
  readonly theirs?: string;
}

function tableLines(proof: Proof, paint: Paint): readonly string[] {
  const speaker = proof.receiver.speaker;
  const lines = [
    ...proof.spf.map((outcome) => spfLine(outcome, proof)),
    ...(proof.dkim.length === 0
      ? [{ method: 'DKIM', ours: 'none', about: 'no signature', ...theirsOf(proof, 'dkim') }]
      : proof.dkim.map((outcome) => dkimLine(outcome, proof))),
    ...proof.dmarc.readings.map((reading) => dmarcLine(reading, proof)),
    { method: 'ARC', ours: proof.arc.result, about: arcText(proof), ...theirsOf(proof, 'arc') },
  ];
  const methods = 8;
  const ours = Math.max(10, ...lines.map((line) => line.ours.length + 2));
  const theirs = speaker === undefined ? 0 : Math.max(10, ...lines.map((line) => (line.theirs?.length ?? 0) + 2));
  const about = paint.columns - 2 - methods - ours - theirs;
  const head = `  ${'The proof'.padEnd(methods + ours + (speaker === undefined ? 0 : about))}`;
  const title =
    speaker === undefined
      ? [paint('bold', head.trimEnd())]
      : [paint('bold', wrap(`Evaluated here, and as ${speaker} says (on the right)`, paint.columns, '  ', '  '))];
  return [
    ...title,
    ...lines.flatMap((line) => {
      const [first = '', ...rest] = wrap(line.about, Math.max(24, about - 2), '').split('\n');
      const left = `  ${line.method.padEnd(methods)}${paint(styleOf(line.ours), line.ours.padEnd(ours))}`;
      const right = line.theirs === undefined ? '' : paint(styleOf(line.theirs), line.theirs);
      const gap = ' '.repeat(Math.max(1, about - widthOf(first)));
      return [
        right === '' ? `${left}${first}` : `${left}${first}${gap}${right}`,
        ...rest.map((text) => ' '.repeat(2 + methods + ours) + text),
      ];
    }),
  ];
}

function styleOf(result: string): Style {
  if (result === 'pass') return 'green';
  if (result === 'none' || result === 'neutral' || result === 'unknown' || result.startsWith('temp')) return 'cyan';
  return result === 'softfail' || result === 'policy' ? 'yellow' : 'red';
}

/** The receiver's first result of a method. */
function theirsOf(proof: Proof, method: string): { readonly theirs?: string } {
  const theirs = proof.receiver.results.find((result) => result.method === method)?.result;
  return theirs === undefined ? {} : { theirs };
}

function spfLine(outcome: SpfOutcome, proof: Proof): Line {
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

function dkimLine(outcome: DkimOutcome, proof: Proof): Line {
  const name = [
    `d=${outcome.domain ?? '?'}`,
    `s=${outcome.selector ?? '?'}`,
    ...(outcome.algorithm === undefined || outcome.algorithm === 'rsa-sha256' ? [] : [outcome.algorithm]),
  ].join(' ');
  const identity = identifierOf(
    proof,
    (other) => other.method === 'dkim' && other.domain === outcome.domain && other.selector === outcome.selector,
  );
  const theirs = proof.receiver.results.find((result) => {
    if (result.method !== 'dkim') return false;
    const value = (property: string): string | undefined =>
      result.properties.find((other) => other.ptype === 'header' && other.property === property)?.value.toLowerCase();
    const b = value('b');
    if (b !== undefined && outcome.signatureStart !== undefined && b.length >= 8)
      return outcome.signatureStart.toLowerCase().startsWith(b) || b.startsWith(outcome.signatureStart.toLowerCase());
    const domain = value('d') ?? value('i')?.replace(/^.*@/, '');
    const selector = value('s');
    return domain === outcome.domain && (selector === undefined || selector === outcome.selector?.toLowerCase());
  })?.result;
  return {
    method: 'DKIM',
    ours: outcome.result,
    about:
      outcome.result === 'pass' ? `${name}${alignmentText(identity)}` : `${name}: ${outcome.reason.replace(/\.$/, '')}`,
    ...(theirs === undefined ? {} : { theirs }),
  };
}

function dmarcLine(reading: DmarcReading, proof: Proof): Line {
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

function verdictLines(proof: Proof, paint: Paint): readonly string[] {
  const style: Style = proof.verdict.kind === 'fail' ? 'red' : proof.verdict.kind === 'unknown' ? 'cyan' : 'green';
  return wrap(proof.verdict.text, paint.columns, '  ')
    .split('\n')
    .map((line) => paint(proof.verdict.kind === 'weak' ? 'yellow' : style, line));
}

function differenceLines({ differences, receiver }: Proof, paint: Paint): readonly string[] {
  if (differences.length === 0) return [];
  const title = `Where ${receiver.speaker ?? 'the receiver'} and Septet differ`;
  return [
    '',
    paint('bold', wrap(title, paint.columns, '')),
    ...differences.flatMap(({ method, about, ours, theirs, why, line }) => [
      wrap(
        `${method.toUpperCase()}${about === '' ? '' : ` ${about}`}: here ${ours}, there ${theirs} (line ${line})`,
        paint.columns,
        '    ',
        '  ',
      ),
      wrap(why, paint.columns, '    '),
    ]),
  ];
}
