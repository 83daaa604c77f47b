/** Prints proofs in the form that was asked for, one after the other as they come. */
import type { Proof } from '../../proof/proof.ts';
import { InputError, type Io } from '../io.ts';
import type { Paint } from '../paint.ts';
import { visibleJson, visibleLines } from '../visible.ts';
import { textProof } from './proof-text.ts';

export interface WriterOptions {
  readonly json?: boolean;
  readonly ndjson?: boolean;
  readonly markdown?: boolean;
  readonly html?: boolean;
  readonly verbose?: boolean;
}

export interface ProofWriter {
  proof(proof: Proof): Promise<void>;
  /** A file that could not be read; `error` is a sentence. */
  fault(source: string, error: string): Promise<void>;
  end(): Promise<void>;
}

/** Documents (`--json`, `--html`) are written at the end, the others as they come. */
export function writerOf(options: WriterOptions, io: Io, paint: Paint): ProofWriter {
  const forms = (['json', 'ndjson', 'markdown', 'html'] as const).filter((form) => options[form]);
  if (forms.length > 1)
    throw new InputError(`${forms.map((form) => `--${form}`).join(' and ')} cannot be used together: give one.`);
  switch (forms[0]) {
    case 'json':
      return documentWriter(io, async (proofs, errors) => {
        const { proofDocument } = await import('./proof-json.ts');
        return `${visibleJson(proofDocument(proofs, errors), 2)}\n`;
      });
    case 'html':
      return documentWriter(io, async (proofs, errors) => {
        for (const { source, error } of errors) io.err(`${visibleLines(`${source}: ${error}`)}\n`);
        const { htmlProofs } = await import('./proof-html.ts');
        return htmlProofs(proofs);
      });
    case 'ndjson':
      return {
        proof: async (proof) => void (await io.out(`${visibleJson(proof)}\n`)),
        fault: async (source, error) => void (await io.out(`${visibleJson({ source, error })}\n`)),
        end: async () => {},
      };
    case 'markdown':
      return {
        proof: async (proof) => {
          const { markdownProof } = await import('./proof-markdown.ts');
          await io.out(markdownProof(proof));
        },
        fault: async (_source, error) => io.err(`${visibleLines(error)}\n`),
        end: async () => {},
      };
    default:
      return textWriter(options, io, paint);
  }
}

function textWriter(options: WriterOptions, io: Io, paint: Paint): ProofWriter {
  let count = 0;
  const kinds = new Map<Proof['verdict']['kind'], number>();
  return {
    proof: async (proof) => {
      kinds.set(proof.verdict.kind, (kinds.get(proof.verdict.kind) ?? 0) + 1);
      await io.out(
        `${count++ > 0 ? `\n${'─'.repeat(Math.min(paint.columns, 80))}\n\n` : ''}${textProof(proof, paint, options)}`,
      );
    },
    fault: async (_source, error) => io.err(`${visibleLines(error)}\n`),
    end: async () => {
      if (count < 2) return;
      const words = {
        ideal: 'everything passes',
        bar: 'pass by DKIM',
        weak: 'pass by SPF alone',
        fail: 'fail',
        unknown: 'could not be told',
      };
      const parts = [...kinds].map(([kind, number]) => `${number} ${words[kind]}`);
      await io.out(`\n${count} messages: ${parts.join(', ')}.\n`);
    },
  };
}

/** Proofs of a mailbox are kept until the end; more are refused, as --ndjson prints them one by one. */
const maxInDocument = 10_000; // house

function documentWriter(
  io: Io,
  render: (proofs: readonly Proof[], errors: readonly { source: string; error: string }[]) => Promise<string>,
): ProofWriter {
  const proofs: Proof[] = [];
  const errors: { source: string; error: string }[] = [];
  return {
    proof: async (proof) => {
      if (proofs.length >= maxInDocument)
        throw new InputError(
          `There are more than ${maxInDocument} messages. Use --ndjson, which prints each as it comes.`,
        );
      proofs.push(proof);
    },
    fault: async (source, error) => void errors.push({ source, error }),
    end: async () => void (await io.out(await render(proofs, errors))),
  };
}
