/** The proof of one message for a person at a terminal. */
import type { Proof } from '../../proof/proof.ts';
import { findingBlocks, type TextOptions } from '../check/report-text.ts';
import { cutTo, type Paint, type Style, wrap } from '../paint.ts';
import { visible, widthOf } from '../visible.ts';
import { proofRows, toneOf } from './proof-rows.ts';
import { factsOf, sourceText } from './proof-words.ts';

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
    findingBlocks(proof.findings, paint, { ...options, failing: proof.verdict.kind === 'fail' }).trimEnd(),
    '',
  ].join('\n');
}

function headLines(proof: Proof, paint: Paint): readonly string[] {
  const title = visible(sourceText(proof));
  const when = `evaluated ${proof.evaluatedAt.slice(0, 16).replace('T', ' ')} UTC`;
  const gap = paint.columns - widthOf(title) - when.length;
  if (gap >= 2) return [`${paint('bold', title)}${' '.repeat(gap)}${paint('dim', when)}`];
  return [paint('bold', wrap(title, paint.columns, '')), paint('dim', when)];
}

const labelWidth = 12;

function messageLines(proof: Proof, paint: Paint): readonly string[] {
  return factsOf(proof).map(([label, text]) =>
    // A subject may be as long as its sender likes.
    wrap(
      label === 'Subject' ? cutTo(visible(text), 2 * paint.columns) : text,
      paint.columns,
      ' '.repeat(labelWidth),
      `  ${label.padEnd(labelWidth - 2)}`,
    ),
  );
}

function tableLines(proof: Proof, paint: Paint): readonly string[] {
  const speaker = proof.receiver.speaker;
  const lines = proofRows(proof);
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

const styles: Readonly<Record<ReturnType<typeof toneOf>, Style>> = {
  good: 'green',
  bad: 'red',
  doubtful: 'yellow',
  open: 'cyan',
};
const styleOf = (result: string): Style => styles[toneOf(result)];

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
