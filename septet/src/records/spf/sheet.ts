/** Collects findings about one record, so that all that one text can mend carry the same text. */
import { txtText } from '../../dns/rrset.ts';
import type { Answer } from '../../dns/rrset.ts';
import { makeFinding } from '../../finding/catalogue.ts';
import type { Evidence, Finding, RecordToSet, Severity, State, Subject } from '../../finding/finding.ts';
import type { Span } from '../../text/parsed.ts';
import { rows } from './findings.ts';

export type SpfCode = keyof typeof rows;
export type Args = Readonly<Record<string, string | number>>;

export interface SheetOptions {
  readonly severity?: Exclude<Severity, 'ok'>;
  readonly state?: State;
  readonly evidence?: readonly Evidence[];
  /** The mended record of the sheet is the cure. */
  readonly mends?: boolean;
  readonly set?: readonly RecordToSet[];
  readonly subject?: Subject;
}

interface Draft extends SheetOptions {
  readonly code: SpfCode;
  readonly args: Args;
}

/** TTL of records to publish when none stands there yet, in seconds. */
export const defaultTtlSeconds = 3600;

export class Sheet {
  readonly answer: Answer<'TXT'>;
  readonly text: string;
  readonly #drafts: Draft[] = [];

  constructor(answer: Answer<'TXT'>, text: string) {
    this.answer = answer;
    this.text = text;
  }

  add(code: SpfCode, args: Args, options: SheetOptions = {}): void {
    this.#drafts.push({ ...options, code, args });
  }

  /** The record's text as evidence, with the faulty places marked. */
  evidence(...marks: readonly Span[]): Evidence {
    return recordEvidence(this.answer, this.text, marks);
  }

  /** The findings. `mended` makes the text that cures those marked `mends`; it is asked only when there are any. */
  finish(mended: () => string | undefined): readonly Finding[] {
    const { name } = this.answer;
    const subject: Subject = { name, type: 'TXT' };
    const text = this.#drafts.some((draft) => draft.mends) ? mended() : undefined;
    const cure: readonly RecordToSet[] | undefined =
      text === undefined ? undefined : [{ name, type: 'TXT', ttlSeconds: ttlOf(this.answer), data: [text] }];
    return this.#drafts.map((draft) => {
      const set = draft.set ?? (draft.mends ? cure : undefined);
      return makeFinding('spf', draft.code, rows[draft.code], {
        subject: draft.subject ?? subject,
        args: draft.args,
        ...(draft.evidence && { evidence: draft.evidence }),
        ...(draft.severity && { severity: draft.severity }),
        ...(draft.state && { state: draft.state }),
        ...(set && { set }),
      });
    });
  }
}

export function ttlOf(answer: Answer): number {
  return answer.kind === 'found' ? answer.set.ttlSeconds : defaultTtlSeconds;
}

export function recordEvidence(answer: Answer<'TXT'>, text: string, marks: readonly Span[] = []): Evidence {
  return {
    kind: 'record',
    name: answer.name,
    type: 'TXT',
    text,
    ...(marks.length > 0 && { marks: marks.map(({ offset, length }) => ({ offset, length })) }),
    ...(answer.kind === 'found' && { ttlSeconds: answer.set.ttlSeconds }),
  };
}

/** An answer without data, as evidence. */
export function answerEvidence(answer: Answer): Evidence {
  const outcome =
    answer.kind === 'failed' ? (answer.detail ?? answer.reason) : answer.kind === 'nxdomain' ? 'NXDOMAIN' : 'no data';
  return { kind: 'answer', name: answer.name, type: answer.type, outcome };
}

export function textsOf(answer: Answer<'TXT'>): readonly string[] {
  return answer.kind === 'found' ? answer.set.data.map(txtText) : [];
}
