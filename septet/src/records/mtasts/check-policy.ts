/** The policy file's text: what `parsePolicy` found, and ages that are legal but unwise. */
import type { Evidence, Finding, Subject } from '../../finding/finding.ts';
import { makeFinding } from '../../finding/catalogue.ts';
import { found, rows } from './findings.ts';
import { mostPolicyOctets, parsePolicy } from './policy.ts';

const daySeconds = 86_400;
const weekSeconds = 7 * daySeconds;

/** `place` is the URL or the file's path, as it is shown to a person. Also used for local files, without DNS. */
export function checkPolicyText(octets: Uint8Array, place: string, subject: Subject): readonly Finding[] {
  const text = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('latin1');
  const parsed = parsePolicy(octets);
  if (parsed.kind === 'other') return [];
  const findings: Finding[] = parsed.problems.map((problem) =>
    makeFinding('mtasts', problem.code, rows[problem.code], {
      subject,
      ...(problem.args ? { args: problem.args } : {}),
      ...(problem.code === 'mtasts.policy.size' && octets.length > mostPolicyOctets
        ? { severity: 'error' as const }
        : {}),
      evidence: [lineAt(text, problem.offset, problem.length, place)],
    }),
  );
  if (parsed.kind === 'bad') return findings;
  const { mode, maxAgeSeconds } = parsed.value;
  const shown = lineAt(text, Math.max(0, text.search(/^max_age:/m)), 0, place);
  if (mode !== 'none' && maxAgeSeconds < weekSeconds) {
    const severity = mode === 'enforce' && maxAgeSeconds < daySeconds ? 'warning' : 'info';
    findings.push(
      found('mtasts.policy.max_age_low', { subject, severity, args: { seconds: maxAgeSeconds }, evidence: [shown] }),
    );
  }
  if (mode === 'testing' && maxAgeSeconds > weekSeconds) {
    findings.push(
      found('mtasts.policy.max_age_high_testing', { subject, args: { seconds: maxAgeSeconds }, evidence: [shown] }),
    );
  }
  return findings;
}

/** The line in which an offset stands, with the faulty part marked. */
function lineAt(text: string, offset: number, length: number, place: string): Evidence {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const feed = text.indexOf('\n', offset);
  const end = Math.min(feed < 0 ? text.length : feed, start + 200);
  const line = text.slice(0, start).split('\n').length;
  const marks =
    length > 0 ? { marks: [{ offset: offset - start, length: Math.max(1, Math.min(length, end - offset)) }] } : {};
  return {
    kind: 'file',
    place,
    line,
    column: offset - start + 1,
    text: text.slice(start, end).replace(/\r$/, ''),
    ...marks,
  };
}
