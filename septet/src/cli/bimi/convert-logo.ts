/** `septet bimi convert`: an ordinary SVG into SVG Tiny PS, with a sentence for every change. */
import path from 'node:path';
import { root } from '../../dns/name.ts';
import type { Finding } from '../../finding/finding.ts';
import type { Change, ChangeKind } from '../../records/bimi/convert/changes.ts';
import { convertLogo, type Conversion } from '../../records/bimi/convert/convert.ts';
import { InputError, type Io } from '../io.ts';
import { painter, wrap, type Paint, type Style } from '../paint.ts';
import { visible, visibleJson } from '../visible.ts';

export interface ConvertFlags {
  readonly out?: string;
  readonly title?: string;
  readonly background?: string;
  readonly json?: true;
}

const jsonVersion = 1;

/** 0 when it is converted, 1 when the logo is refused. */
export async function convert(logo: string, flags: ConvertFlags, io: Io): Promise<number> {
  const { out, title, background } = flags;
  if (out !== undefined && logo !== '-' && path.resolve(out) === path.resolve(logo))
    throw new InputError(`The result would replace ${logo} itself: give another name with --out.`);
  if (title !== undefined && title.trim() === '') throw new InputError('--title is the name of the brand, not empty.');
  const octets = await io.readFile(logo);
  if (octets.length === 0) throw new InputError(`${logo === '-' ? 'Standard input' : logo} is empty.`);
  const made = await convertLogo(octets, {
    source: { place: out ?? 'the result', subject: { name: root, type: 'SVG' } },
    ...(title === undefined ? {} : { title }),
    ...(background === undefined ? {} : { background: hashed(background) }),
  });
  if (made.kind === 'converted' && out !== undefined) await io.writeFile(out, made.svg);
  if (flags.json === true) io.out(`${visibleJson(jsonOf(made, logo, out), 2)}\n`);
  else {
    const paint = painter(io.columns, io.colours);
    const text = `${linesOf(made, logo, out, paint).join('\n')}\n`;
    // The logo itself goes to standard output, where nobody gave it a name; what is said of it goes beside.
    if (out === undefined) io.err(text);
    else io.out(text);
    if (made.kind === 'converted' && out === undefined) io.out(made.svg);
  }
  return made.kind === 'converted' ? 0 : 1;
}

/** A shell takes `#fff` for a comment, so `fff` will do. */
const hashed = (colour: string): string => (/^([0-9a-f]{3}|[0-9a-f]{6})$/i.test(colour) ? `#${colour}` : colour);

const jsonOf = (made: Conversion, logo: string, out: string | undefined): Readonly<Record<string, unknown>> => ({
  version: jsonVersion,
  file: logo,
  result: made.kind,
  ...(made.kind === 'converted' ? { octets: made.octets, ...(out === undefined ? { svg: made.svg } : { out }) } : {}),
  changes: made.changes,
  findings: made.kind === 'converted' ? made.findings : [],
});

const titles: Readonly<Record<ChangeKind, readonly [title: string, style: Style]>> = {
  refused: ['Cannot be converted', 'red'],
  look: ['Look at this: the picture may differ', 'yellow'],
  changed: ['Changed, with the same picture', 'green'],
};

function linesOf(made: Conversion, logo: string, out: string | undefined, paint: Paint): readonly string[] {
  const name = logo === '-' ? 'standard input' : logo;
  const lines = [paint('bold', wrap(out === undefined ? name : `${name} → ${out}`, paint.columns, ''))];
  lines.push(
    made.kind === 'converted'
      ? `  ${paint('green', 'valid SVG Tiny PS')}, ${made.octets} octets`
      : `  ${paint('red', 'refused')}, nothing is written`,
  );
  if (made.changes.length === 0) lines.push('', 'Nothing had to be changed.');
  for (const kind of ['refused', 'look', 'changed'] as const) {
    const list = made.changes.filter((change) => change.kind === kind);
    if (list.length === 0) continue;
    const [title, style] = titles[kind];
    lines.push('', paint(style, title), '');
    for (const change of list) lines.push(...changeLines(change, name, paint));
  }
  const left = made.kind === 'converted' ? made.findings.filter(({ severity }) => severity === 'warning') : [];
  if (left.length > 0) {
    lines.push('', paint('bold', 'Left for you'), '');
    for (const finding of left) lines.push(...advice(finding, paint));
  }
  if (made.kind === 'converted' && out !== undefined) {
    // A command is not wrapped, so that it can be copied.
    lines.push(
      '',
      'Look at it before you publish it:',
      '',
      `  septet bimi preview ${shellWord(out)} --html preview.html`,
    );
  }
  return lines;
}

/** A file name as a shell takes it. */
const shellWord = (name: string): string =>
  /^[\w./-]+$/.test(name) ? name : `'${visible(name).replaceAll("'", "'\\''")}'`;

function changeLines({ sentence, places, count }: Change, name: string, paint: Paint): readonly string[] {
  const [first, ...others] = places.map(({ line, column }) => `${line}:${column}`);
  const more = count - places.length;
  const rest = others.length === 0 ? '' : `, ${others.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  const lines = [wrap(sentence, paint.columns, '    ', '  - ')];
  if (first !== undefined) lines.push(paint('dim', wrap(`${name}:${first}${rest}`, paint.columns, '    ')));
  return lines;
}

function advice({ code, message, fix }: Finding, paint: Paint): readonly string[] {
  const cure = code === 'svg.background' ? 'Convert it again with --background and your colour.' : fix.text;
  return [wrap(`${message} ${cure}`, paint.columns, '    ', '  - ')];
}
