/** Reads the sources of test messages that a person pastes, and proves each against the plan. */
import { Buffer } from 'node:buffer';
import { exitCodeOf } from '../../audit/report.ts';
import { fieldsOf, valueOf, type Header } from '../../mail/header.ts';
import { readMessages } from '../../mail/read-messages.ts';
import type { Expected } from '../../proof/expected.ts';
import { tokenIn } from '../../proof/test-message.ts';
import { verifyMessage } from '../../proof/verify.ts';
import type { SentTest } from '../../store/files/test-tokens.ts';
import type { World } from '../../world/world.ts';
import type { Io } from '../io.ts';
import type { Paint } from '../paint.ts';
import { visible } from '../visible.ts';
import { textProof } from './proof-text.ts';

export interface PasteInput {
  readonly io: Io;
  readonly world: World;
  readonly expected: Expected;
  readonly paint: Paint;
  /** Those that were sent in this run. */
  readonly sent: readonly SentTest[];
  /** All that are remembered. */
  readonly known: readonly SentTest[];
}

/** A person pastes a message; more is a file, which `message verify` reads. */
const maxPasteOctets = 40 * 1024 * 1024; // house

/** Asks once for each that was sent; a lone dot skips one, the end of the input skips the rest. Answers the exit code. */
export async function pasteBack({ io, world, expected, paint, sent, known }: PasteInput): Promise<number> {
  const lines = io.lines('-')[Symbol.asyncIterator]();
  let worst = 0;
  try {
    for (const [index, { token }] of sent.entries()) {
      const which = sent.length === 1 ? '' : ` (${index + 1} of ${sent.length}, token ${token})`;
      io.err(`\nPaste the source of the message here and end with a line with a dot${which}:\n`);
      // oxlint-disable-next-line no-await-in-loop -- one person, one message after the other
      const pasted = await readPaste(lines);
      if (pasted.kind === 'too-large') {
        io.err('That is more than a message. Save it as a file and run: septet message verify <file>\n');
        return 2;
      }
      if (pasted.text.trim() !== '') {
        // oxlint-disable-next-line no-await-in-loop -- see above
        worst = Math.max(worst, await prove(pasted.text));
      }
      if (pasted.ended) break;
    }
  } finally {
    await lines.return?.();
  }
  return worst;

  async function prove(text: string): Promise<number> {
    let code = 0;
    for await (const message of readMessages(once(text))) {
      const proof = await verifyMessage(world, message, { source: 'pasted message', expected });
      await io.out(`\n${textProof(proof, paint)}`);
      io.err(`${tokenText(message.header, proof.message.subject, sent, known)}\n`);
      // 1 (findings) weighs more than 3 (could not tell).
      const found = exitCodeOf(proof.findings, 'error');
      code = code === 1 || found === 1 ? 1 : Math.max(code, found);
    }
    return code;
  }
}

/** Says which of the test messages was pasted. */
function tokenText(
  header: Header,
  subject: string | undefined,
  sent: readonly SentTest[],
  known: readonly SentTest[],
): string {
  const [field] = fieldsOf(header, 'message-id');
  const messageId = field === undefined ? undefined : valueOf(field);
  const token = tokenIn({
    ...(subject === undefined ? {} : { subject }),
    ...(messageId === undefined ? {} : { messageId }),
  });
  if (token === undefined) return 'No token of a test message is in it: this is another message.';
  const test = [...sent, ...known].find((other) => other.token === token);
  if (!test) return `Its token ${token} is not one of the last 30 days: this is another message.`;
  const by = test.sender === undefined ? '' : ` by ${visible(test.sender)}`;
  const now = sent.includes(test) ? '' : `, of ${test.sentAt.slice(0, 10)}`;
  return `Its token fits: this is the test message that was sent${by}${now}.`;
}

async function* once(text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text, 'utf8');
}

type Pasted =
  | { readonly kind: 'text'; readonly text: string; readonly ended: boolean }
  | { readonly kind: 'too-large' };

async function readPaste(lines: AsyncIterator<string>): Promise<Pasted> {
  const kept: string[] = [];
  let octets = 0;
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- a stream
    const next = await lines.next();
    if (next.done === true || next.value === '.') {
      // Blank lines in front come from the clipboard; they would end the header.
      const text = kept.join('\n').replace(/^\s*\n/, '');
      return { kind: 'text', text: text === '' ? '' : `${text}\n`, ended: next.done === true };
    }
    octets += next.value.length + 1;
    if (octets > maxPasteOctets) return { kind: 'too-large' };
    kept.push(next.value);
  }
}
