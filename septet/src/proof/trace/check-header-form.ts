/** What the parser noted of the form of the header (`HeaderProblem`), as findings. */
import type { Evidence, Finding } from '../../finding/finding.ts';
import type { Field, HeaderCode, HeaderProblem } from '../../mail/header.ts';
import { linesOf, type TraceContext } from './context.ts';
import { found } from './findings.ts';

export function checkHeaderForm(context: TraceContext): readonly Finding[] {
  const { header } = context;
  const problems = new Map(header.problems.map((problem) => [problem.code, problem]));
  const at = (...codes: readonly HeaderCode[]): readonly HeaderProblem[] =>
    codes.flatMap((code) => problems.get(code) ?? []);
  const subject = context.subject('header');
  const evidence = (told: readonly HeaderProblem[]): readonly Evidence[] => told.map((one) => places(context, one));
  const findings: Finding[] = [];

  const long = at('line.too_long');
  if (long[0])
    findings.push(
      found('message.header.long_line', { subject, args: linesOf(long[0].count), evidence: evidence(long) }),
    );
  const foreign = at('octets.not_utf8');
  if (foreign.length > 0) findings.push(found('message.header.not_utf8', { subject, evidence: evidence(foreign) }));
  const utf8 = at('octets.utf8');
  if (utf8.length > 0) {
    // RFC 6531 §3.7.1: servers that took it with SMTPUTF8 say so in Received.
    const allowed = context.envelope.hop?.protocol?.startsWith('UTF8') ?? false;
    const severity = allowed ? 'info' : 'warning';
    findings.push(found('message.header.utf8', { subject, evidence: evidence(utf8), severity }));
  }
  const stray = at('line.not_field', 'name.character');
  const strayLines = stray.reduce((sum, { count }) => sum + count, 0);
  if (strayLines > 0)
    findings.push(found('message.header.not_field', { subject, args: linesOf(strayLines), evidence: evidence(stray) }));
  const control = at('octets.nul', 'octets.bare_cr', 'octets.bare_lf');
  if (control.length > 0) {
    const words = control.map(({ code, count }) => `${count} ${controlNames.get(code) ?? code}`).join(', ');
    const severity = control.some(({ code }) => code !== 'octets.nul') ? 'error' : 'warning';
    findings.push(
      found('message.header.control', { subject, args: { found: words }, evidence: evidence(control), severity }),
    );
  }
  const old = at('name.blank', 'fold.blank_line');
  if (old.length > 0) {
    const words = old.map(({ code }) =>
      code === 'name.blank' ? 'blanks before a colon' : 'a line of blanks in a field',
    );
    findings.push(
      found('message.header.obsolete', { subject, args: { found: words.join(', ') }, evidence: evidence(old) }),
    );
  }
  if (at('end.missing').length > 0) findings.push(found('message.header.unfinished', { subject }));
  const cut = at('limit.fields', 'limit.octets');
  if (cut.length > 0) {
    const words = cut
      .map(({ code, count }) => `${count} ${code === 'limit.fields' ? 'fields' : 'octets'}`)
      .join(' and ');
    const args = { passedOver: `${words} from line ${cut[0]?.line ?? 1} on were` };
    findings.push(found('message.header.cut', { subject, args }));
  }
  return findings;
}

const controlNames: ReadonlyMap<HeaderCode, string> = new Map([
  ['octets.nul', 'NUL octets'],
  ['octets.bare_cr', 'CR that stand alone'],
  ['octets.bare_lf', 'LF that stand alone'],
]);

/** The field in which the line of the problem stands, where there is one. */
function places(context: TraceContext, { line, count, code }: HeaderProblem): Evidence {
  const field = context.header.fields.findLast((one) => one.line <= line);
  const inside = field !== undefined && line < field.line + field.raw.split('\r\n').length;
  if (field && inside && code !== 'line.not_field') return lineEvidence(context, field, line);
  const more = count > 1 ? `, ${count} times` : '';
  return { kind: 'file', place: context.source, line, text: `${code}${more}` };
}

function lineEvidence(context: TraceContext, field: Field, line: number): Evidence {
  const shown = context.show(field);
  return shown.kind === 'file' ? { ...shown, line } : shown;
}
