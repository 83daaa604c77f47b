/** A signature and what happened to it, as evidence, and the cure in words. */
import { type Field, type Header, valueOf } from '../../mail/header.ts';
import type { Evidence } from '../../finding/finding.ts';
import { scanTagList } from '../../text/tag-list.ts';
import type { SignaturesInput } from './check-input.ts';
import type { Change, DkimOutcome } from './outcome.ts';

/** The field on one line, `b=` and `bh=` cut short, with the values of some tags marked. */
export function signatureEvidence(
  source: string,
  header: Header,
  line: number,
  tags: readonly string[] = [],
): Evidence[] {
  const field = header.fields.find((field) => field.line === line);
  if (!field) return [];
  let text = `${field.name}: ${valueOf(field).replaceAll(/[ \t]+/g, ' ')}`;
  text = text.replace(/((?:^|[;:])\s*b\s*=\s*[^\s;]{8})[^;]*/, '$1...');
  const start = field.name.length + 2;
  const marks = scanTagList(text.slice(start))
    .tags.filter((tag) => tags.includes(tag.name))
    .map((tag) => ({ offset: start + tag.at.offset, length: tag.at.length }));
  return [{ kind: 'file', place: source, line, text: cut(text, 600), ...marked(marks) }];
}

/** A header field that a finding is about. */
export const fieldEvidence = (source: string, field: Field): Evidence => ({
  kind: 'file',
  place: source,
  line: field.line,
  text: cut(`${field.name}: ${valueOf(field)}`, 300),
});

const marked = (marks: readonly { offset: number; length: number }[]) => (marks.length === 0 ? {} : { marks });
const cut = (text: string, most: number): string => (text.length <= most ? text : `${text.slice(0, most)}...`);

const shownChanges = 12;

/** A line for each change: `footer (proved)`: `3 lines below line 41: -- ...`. */
export function changeEvidence(changes: readonly Change[]): readonly Evidence[] {
  return changes.slice(0, shownChanges).map((change) => ({
    kind: 'fact',
    label: `${labelOf(change)} (${change.certainty})`,
    value: valueOfChange(change),
  }));
}

function labelOf(change: Change): string {
  if (change.kind === 'field') return change.field;
  return change.kind === 'form' ? change.what.replaceAll('-', ' ') : change.kind;
}

function valueOfChange(change: Change): string {
  switch (change.kind) {
    case 'form':
      return change.text;
    case 'footer':
    case 'banner': {
      const place = change.kind === 'footer' ? `below line ${change.fromLine - 1}` : `from line ${change.fromLine} on`;
      return `${countOf(change.lines, 'line')} ${place} of the body: ${cut(change.text, 120)}`;
    }
    case 'line':
      return `line ${change.line} of the body was \`${cut(change.was, 120)}\`, is \`${cut(change.is, 120)}\``;
    case 'field':
      return valueOfField(change);
  }
}

function valueOfField(change: Extract<Change, { readonly kind: 'field' }>): string {
  const quoted = (text: string | undefined): string =>
    text === undefined || text === '' ? 'empty' : `\`${cut(text, 160)}\``;
  if (change.how === 'added') return `put in: ${quoted(change.is)}`;
  if (change.how === 'removed') return `taken out; it was ${quoted(change.was)}`;
  if (change.how === 'refolded') return 'folded or spaced anew';
  return `was ${quoted(change.was)}, is ${quoted(change.is)}`;
}

const countOf = (count: number, word: string): string => (count === 1 ? `1 ${word}` : `${count} ${word}s`);

export interface Diagnosis {
  /** What happened, to stand behind a colon. */
  readonly what: string;
  /** One or two sentences. */
  readonly cure: string;
}

const listCure =
  'A mailing list or gateway did this after the signature was made. If it is yours, let it sign after it has changed the message, or switch the change off; if it is not, nothing is wrong at the sender, and a list that writes its own From keeps DMARC whole.';

/** What the changes of a failed signature come to. */
export function diagnose(outcome: DkimOutcome, seen: Pick<SignaturesInput, 'keyFits' | 'forwarded'>): Diagnosis {
  const changes = outcome.changes ?? [];
  const likely = changes.length > 0 && changes.every((change) => change.certainty === 'likely') ? 'probably ' : '';
  const bySigner = changes.find((change) => change.kind === 'form' && change.text.startsWith('The signer'));
  if (bySigner) {
    return {
      what: 'the program that signs hashes it in another way',
      cure: 'Update or correct the program that signs: it does not follow the rules for the body (RFC 6376 §3.4). Every message of it fails.',
    };
  }
  const runs = changes.filter((change) => change.kind === 'footer' || change.kind === 'banner');
  const fields = changes.filter((change) => change.kind === 'field');
  const forms = changes.filter((change) => change.kind === 'form');
  if (forms.some((change) => change.what === 'wrapped'))
    return { what: `${likely}the message was wrapped into another one`, cure: listCure };
  if (runs.length > 0) {
    const kinds = [...new Set(runs.map((run) => run.kind))].join(' and a ');
    return {
      what: `${likely}a ${kinds} was put in after it was signed`,
      cure: `${listCure} A footer of your own server belongs into the message before it is signed.`,
    };
  }
  if (forms.some((change) => change.what === 'transfer-encoding' || change.what === 'line-ends')) {
    return {
      what: `${likely}a server on the way encoded it anew`,
      cure: 'Let the program that composes the message send lines of at most 998 octets in quoted-printable or base64, with CRLF at their ends; then no server needs to change them. Sign as the last step before the message leaves.',
    };
  }
  if (fields.length > 0) {
    const names = [...new Set(fields.map((change) => change.field))].join(', ');
    const folded = fields.every((change) => change.how === 'refolded');
    return folded
      ? {
          what: `${likely}${names} was folded or spaced anew`,
          cure: 'Set the signer to `relaxed/relaxed`, which forgives this.',
        }
      : {
          what: `${likely}${names} was changed after it was signed`,
          cure: `${listCure} If your own server changes ${names}, sign after that.`,
        };
  }
  if (changes.length > 0) {
    return {
      what: `${likely}blanks, empty lines or single lines were changed on the way`,
      cure: 'Set the signer to `relaxed/relaxed`, and let servers and programs that handle the message after it leave the body alone.',
    };
  }
  if (seen.keyFits?.get(outcome.line) === false) {
    return {
      what: 'it was not made with the key that is published',
      cure: `Publish the public key that belongs to the signer's private key at ${outcome.key?.name ?? 'its selector'}, or give the signer the private key that belongs to the published one.`,
    };
  }
  if (seen.forwarded === true) return { what: 'it was changed where it was forwarded', cure: listCure };
  return {
    what: 'what was changed could not be told',
    cure: 'Compare with the message as it left the server (`--original`). Usual causes are a footer, a virus scanner or link rewriter behind the signer, and a program that saved the message anew; sign as the last step.',
  };
}
