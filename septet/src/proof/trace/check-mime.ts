/** What cannot be read in the parts of a message, and what was not read of them. */
import type { Evidence, Finding } from '../../finding/finding.ts';
import type { MimeCode, MimeProblem } from '../../mail/mime.ts';
import type { TraceContext } from './context.ts';
import { found } from './findings.ts';

type Fault = Exclude<MimeCode, 'limit.depth' | 'limit.parts'>;

/** What follows the name of the part in a sentence. */
const words: Readonly<Record<Fault, (detail: string) => string>> = {
  'boundary.missing': (type) => `is ${type} without a boundary, so its parts cannot be told apart`,
  'boundary.invalid': (boundary) => `has a boundary that is none (\`${boundary}\`)`,
  'boundary.unclosed': () => 'has no closing boundary, so it may have been cut off',
  'type.invalid': (text) => `has a Content-Type that cannot be read (\`${text}\`) and is taken for plain text`,
  'encoding.unknown': (written) => `has a Content-Transfer-Encoding that nobody knows (\`${written}\`)`,
  'encoding.composite': (text) => `holds parts and is encoded itself (${text}), which RFC 2045 forbids`,
  'encoding.faulty': (detail) => `is not encoded as its Content-Transfer-Encoding says: ${detail}`,
  'charset.unknown': (charset) => `has a charset that nobody knows (\`${charset}\`)`,
  'charset.faulty': (charset) => `is not in the charset that it names (${charset})`,
  'header.faulty': (detail) => `has a header with a fault (${detail})`,
};

/** Most faults of a message have one cause, and are one finding; the first is told. */
export function checkMime({ mime, source, subject }: TraceContext): readonly Finding[] {
  const cut = mime.problems.filter(({ code }) => code.startsWith('limit.'));
  const faults = mime.problems.filter((problem): problem is MimeProblem & { code: Fault } => problem.code in words);
  const findings: Finding[] = [];
  const [first] = faults;
  if (first !== undefined) {
    const others = faults.length - 1;
    const args = {
      where: first.path === '' ? 'The message' : `Part ${first.path}`,
      fault: words[first.code](first.detail),
      more: others === 0 ? '' : `, and there ${others === 1 ? 'is one more fault' : `are ${others} more faults`}`,
    };
    const evidence = faults.slice(0, 4).map(({ line, code, detail }): Evidence => {
      return { kind: 'file', place: source, line, text: `${code}: ${detail}` };
    });
    const severity = faults.every(({ code }) => code === 'charset.faulty') ? 'info' : 'warning';
    findings.push(found('message.mime.faulty', { subject: subject('body'), args, evidence, severity }));
  }
  if (cut[0] !== undefined)
    findings.push(found('message.mime.cut', { subject: subject('body'), args: { detail: cut[0].detail } }));
  return findings;
}
