/** What the checks of this folder share: the input, who speaks, and what belongs to the author. */
import type { DnsName } from '../../dns/name.ts';
import { registrableDomain } from '../../dns/public-suffix.ts';
import type { Evidence, Subject } from '../../finding/finding.ts';
import type { MethodResult } from '../../mail/authres.ts';
import { valueOf, type Header } from '../../mail/header.ts';
import type { Span } from '../../text/parsed.ts';
import type { DmarcOutcome } from '../dmarc/outcome.ts';
import type { Difference, ProofVerdict, ReceiverWord } from '../proof.ts';
import { dialects } from './dialects.ts';

export interface AuthresCheckInput {
  /** The file, for evidence. */
  readonly source: string;
  readonly header: Header;
  readonly receiver: ReceiverWord;
  readonly differences: readonly Difference[];
  readonly dmarc: DmarcOutcome;
  /** The author domain; absent where From tells none. */
  readonly author?: DnsName;
  /** Our own verdict, shown beside the receiver's; it also knows whether the message was forwarded. */
  readonly verdict?: ProofVerdict;
  /** `false`: nobody can have written a result yet (mail that our own listener took). Default: true. */
  readonly received?: boolean;
}

export interface Context extends AuthresCheckInput {
  readonly subject: Subject;
  /** For a person: `Gmail (mx.google.com)`. */
  readonly who: string;
  /** The author domain in sentences. */
  readonly authorText: string;
}

/** Whether a domain counts for the author: by mode, by organisation only, not, or it cannot be told. */
export type Alignment = 'aligned' | 'organisation' | 'none' | 'unknown';

export function contextOf(input: AuthresCheckInput): Context {
  const { author, receiver } = input;
  const first = receiver.fields.find((field) => field.standing === 'trusted');
  const title = dialects.find((dialect) => dialect.id === first?.dialect)?.title;
  const speaker = receiver.speaker ?? 'The receiver';
  return {
    ...input,
    subject: { name: author ?? ('' as DnsName), type: 'Authentication-Results' },
    who: title === undefined ? speaker : speaker.startsWith('(') ? title : `${title} (${speaker})`,
    authorText: author ?? 'the From domain',
  };
}

export function alignmentOf(context: Context, method: 'spf' | 'dkim', domain: DnsName | undefined): Alignment {
  const { author, dmarc } = context;
  if (domain === undefined || author === undefined) return 'unknown';
  if (domain === author) return 'aligned';
  const reading = dmarc.readings.find((candidate) => candidate.author === author);
  const strict = (method === 'spf' ? reading?.aspf : reading?.adkim) === 's';
  const known = reading?.identifiers.find((one) => one.method === method && one.domain === domain)?.match;
  const own = reading?.organisationalDomain ?? registrableDomain(author);
  const same =
    known === undefined || known === 'unknown'
      ? own !== undefined && own === (domain === own ? own : registrableDomain(domain))
      : known !== 'none';
  return same ? (strict ? 'organisation' : 'aligned') : 'none';
}

/** The field on a line as evidence; marks count in its value. */
export function fieldEvidence(context: Context, line: number, marks: readonly Span[] = []): Evidence {
  const field = context.header.fields.find((candidate) => candidate.line === line);
  const start = field ? `${field.name}: ` : '';
  return {
    kind: 'file',
    place: context.source,
    line,
    text: field ? start + valueOf(field) : '',
    ...(marks.length > 0
      ? { marks: marks.map(({ offset, length }) => ({ offset: offset + start.length, length })) }
      : {}),
  };
}

/** The field of a result, with the result marked, and why we found something else. */
export function resultEvidence(
  context: Context,
  result: MethodResult & { readonly line: number },
  method?: Difference['method'],
): readonly Evidence[] {
  const differing = context.differences.filter((other) => other.method === method && other.line === result.line);
  return [
    fieldEvidence(context, result.line, [result.at]),
    ...differing.slice(0, 3).map((other): Evidence => ({
      kind: 'fact',
      label: `here: ${other.method}=${other.ours} (${other.about})`,
      value: other.why,
    })),
  ];
}
