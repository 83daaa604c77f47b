/** Lines, octets and size of the body. */
import type { Evidence, Finding } from '../../finding/finding.ts';
import type { MimePart } from '../../mail/mime.ts';
import { linesOf, type TraceContext } from './context.ts';
import { found } from './findings.ts';

export const largeOctets = 10_240_000; // Postfix, message_size_limit
export const hugeOctets = 50 * 1024 * 1024; // Gmail receiving limits

export function checkBody(context: TraceContext): readonly Finding[] {
  return [...lineEnds(context), ...longLines(context), ...octets(context), ...size(context)];
}

const fact = (label: string, value: string): Evidence => ({ kind: 'fact', label, value });

function lineEnds({ mime, header, subject }: TraceContext): readonly Finding[] {
  const { bareLf, bareCr, nul } = mime.body;
  const findings: Finding[] = [];
  const words = [
    ...(bareLf > 0 && header.lineEnd === 'crlf' ? [`${bareLf} LF without CR`] : []),
    ...(bareCr > 0 ? [`${bareCr} CR without LF`] : []),
  ];
  if (words.length > 0)
    findings.push(
      found('message.body.bare_line_end', { subject: subject('body'), args: { found: words.join(' and ') } }),
    );
  if (nul > 0) {
    const args = { count: nul, noun: nul === 1 ? 'octet' : 'octets' };
    findings.push(found('message.body.nul', { subject: subject('body'), args }));
  }
  return findings;
}

function longLines({ mime, subject, source }: TraceContext): readonly Finding[] {
  const { longLines: count, longestLine } = mime.body;
  if (count === 0) return [];
  const part = leaves(mime.root).findLast(({ line }) => line <= longestLine.line);
  const text = part ? `part ${part.path || '(the message)'}: ${part.type}, ${part.transferEncoding}` : 'body';
  const evidence: readonly Evidence[] = [{ kind: 'file', place: source, line: longestLine.line, text }];
  const args = { ...linesOf(count), octets: `${longestLine.octets} octets`, line: longestLine.line };
  return [found('message.body.long_line', { subject: subject('body'), args, evidence })];
}

function octets({ mime, subject }: TraceContext): readonly Finding[] {
  const { eightBit } = mime.body;
  if (eightBit === 0 || leaves(mime.root).some(({ transferEncoding }) => /^(?:8bit|binary)$/.test(transferEncoding)))
    return [];
  return [
    found('message.body.undeclared_8bit', {
      subject: subject('body'),
      evidence: [fact('octets above 127', String(eightBit))],
    }),
  ];
}

function size({ mime, header, subject }: TraceContext): readonly Finding[] {
  const all = header.octets + mime.body.octets;
  if (all <= largeOctets) return [];
  const severity = all > hugeOctets ? 'error' : 'warning';
  return [found('message.size.large', { subject: subject(), args: { octets: sizeText(all) }, severity })];
}

const sizeText = (count: number): string =>
  count < 1024 * 1024 ? `${Math.ceil(count / 1024)} KB` : `${(count / 1024 / 1024).toFixed(1)} MB`;

function leaves(part: MimePart): readonly MimePart[] {
  return part.children.length === 0 ? [part] : part.children.flatMap(leaves);
}
