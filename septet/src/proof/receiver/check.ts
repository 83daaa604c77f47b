/** What the Authentication-Results fields of a message show, turned into findings. Pure. */
import type { Finding } from '../../finding/finding.ts';
import type { MethodResult } from '../../mail/authres.ts';
import type { ReceiverField } from '../proof.ts';
import { contextOf, fieldEvidence, type AuthresCheckInput, type Context } from './check-context.ts';
import { checkDkim, checkDmarc, checkSpf } from './check-results.ts';
import { checkOthers, checkVerdict } from './check-others.ts';
import { dialects } from './dialects.ts';
import { found } from './findings.ts';
import { aboutOf, isUnreadable } from './receiver.ts';

export type { AuthresCheckInput } from './check-context.ts';

/** At most so many findings of one kind; a message may carry hundreds of fields. */
const maxOfOneKind = 5; // house

export function checkAuthres(input: AuthresCheckInput): readonly Finding[] {
  const context = contextOf(input);
  return [
    ...checkFields(context),
    ...checkSpf(context),
    ...checkDkim(context),
    ...checkDmarc(context),
    ...checkOthers(context),
    ...checkVerdict(context),
  ];
}

function checkFields(context: Context): readonly Finding[] {
  const { subject, receiver, received = true } = context;
  const own = receiver.fields.filter((field) => field.name.toLowerCase() === 'authentication-results');
  const copies = receiver.fields.filter((field) => field.standing === 'copy');
  const readable = own.filter((field) => !isUnreadable(field));
  const findings: Finding[] = [];
  if (own.length === 0 && received) findings.push(found('authres.none', { subject }));
  for (const field of own.filter(isUnreadable).slice(0, maxOfOneKind))
    findings.push(
      found('authres.unparsable', {
        subject,
        args: { line: field.line, reason: field.value.repairs[0]?.text ?? '' },
        evidence: [fieldEvidence(context, field.line)],
      }),
    );
  findings.push(...syntax(context, readable), ...ids(context, readable), ...positions(context, readable));
  for (const field of readable.filter(({ value }) => hasOtherVersion(value)).slice(0, maxOfOneKind)) {
    const repair = field.value.repairs.find(({ code }) => code === 'version.invalid');
    const version = repair && field.value.version === 1 ? textAt(context, field, repair) : field.value.version;
    findings.push(
      found('authres.version', {
        subject,
        args: { line: field.line, version },
        evidence: [fieldEvidence(context, field.line, repair ? [repair] : [])],
      }),
    );
  }
  findings.push(...conflicts(context));
  if (copies.length > 0)
    findings.push(
      found('authres.original', {
        subject,
        args: { list: listed(copies.map((field) => `${field.name} (line ${field.line})`)) },
        evidence: copies.slice(0, maxOfOneKind).map((field) => fieldEvidence(context, field.line)),
      }),
    );
  return findings;
}

const hasOtherVersion = (value: ReceiverField['value']): boolean =>
  value.version !== 1 ||
  value.repairs.some(
    ({ code, offset }) => code === 'version.invalid' && offset < (value.results[0]?.at.offset ?? Infinity),
  );

const textAt = (
  context: Context,
  field: ReceiverField,
  span: { readonly offset: number; readonly length: number },
): string => {
  const evidence = fieldEvidence(context, field.line);
  const text = evidence.kind === 'file' ? evidence.text.slice(field.name.length + 2) : '';
  return text.slice(span.offset, span.offset + Math.min(span.length, 40));
};

/** One finding for all: it is the receiver's grammar, not the sender's. */
function syntax(context: Context, fields: readonly ReceiverField[]): readonly Finding[] {
  const faulty = fields
    .map((field) => ({ field, repairs: field.value.repairs.filter(({ code }) => code !== 'id.missing') }))
    .filter(({ repairs }) => repairs.length > 0);
  const all = faulty.flatMap(({ repairs }) => repairs);
  if (all.length === 0) return [];
  const what = [...new Set(all.map(({ text }) => text.replace(/\.$/, '')))];
  return [
    found('authres.syntax', {
      subject: context.subject,
      args: { count: all.length, what: listed(what, '; ') },
      evidence: faulty.slice(0, maxOfOneKind).map(({ field, repairs }) => fieldEvidence(context, field.line, repairs)),
    }),
  ];
}

function ids(context: Context, fields: readonly ReceiverField[]): readonly Finding[] {
  const { subject } = context;
  const findings: Finding[] = [];
  for (const field of fields.filter(({ value }) => value.authservId === undefined).slice(0, maxOfOneKind)) {
    const title = dialects.find((dialect) => dialect.id === field.dialect)?.title;
    const first = field.value.results[0];
    findings.push(
      found('authres.id.missing', {
        subject,
        args: {
          line: field.line,
          first: first ? `${first.method}=${first.result}` : 'none',
          who: title === undefined ? '' : `, as ${title} writes it`,
        },
        evidence: [fieldEvidence(context, field.line, first ? [first.at] : [])],
      }),
    );
  }
  const claims = fields.filter((field) => field.standing === 'claim');
  const [claim] = claims;
  if (claim) {
    const spoken = context.receiver.fields.some((field) => field.standing === 'trusted');
    const named = claims.find(({ value }) => value.authservId !== undefined);
    findings.push(
      found('authres.id.untrusted', {
        subject,
        severity: spoken ? 'info' : 'warning',
        args: {
          ids: listed(claims.map((field) => `${idText(field)} (line ${field.line})`)),
          id: named?.value.authservId ?? claim.dialect ?? 'mx.example.net',
        },
        evidence: claims
          .slice(0, maxOfOneKind)
          .flatMap((field) => [
            fieldEvidence(context, field.line),
            { kind: 'fact' as const, label: `line ${field.line}`, value: field.why },
          ]),
      }),
    );
  }
  return findings;
}

function positions(context: Context, fields: readonly ReceiverField[]): readonly Finding[] {
  return fields
    .filter((field) => field.standing === 'forged')
    .slice(0, maxOfOneKind)
    .map((field) =>
      found('authres.position', {
        subject: context.subject,
        args: { line: field.line, id: idText(field) },
        evidence: [fieldEvidence(context, field.line), { kind: 'fact', label: 'why', value: field.why }],
      }),
    );
}

const idText = (field: ReceiverField): string =>
  field.value.authservId ?? (field.dialect ? `(${field.dialect})` : 'a field without a name');

/** The same thing told twice, with two results, in two fields that both count. */
function conflicts(context: Context): readonly Finding[] {
  const first = new Map<string, { readonly result: MethodResult; readonly line: number }>();
  const findings: Finding[] = [];
  for (const field of context.receiver.fields) {
    if (field.standing !== 'trusted') continue;
    for (const result of field.value.results) {
      const about = aboutOf(result);
      const before = first.get(about);
      if (!before) first.set(about, { result, line: field.line });
      else if (before.line !== field.line && before.result.result !== result.result && findings.length < maxOfOneKind)
        findings.push(
          found('authres.multi_conflict', {
            subject: context.subject,
            args: {
              method: result.method,
              first: before.result.result,
              firstLine: before.line,
              second: result.result,
              secondLine: field.line,
            },
            evidence: [
              fieldEvidence(context, before.line, [before.result.at]),
              fieldEvidence(context, field.line, [result.at]),
            ],
          }),
        );
    }
  }
  return findings;
}

/** `a, b and 3 more`. */
function listed(items: readonly string[], separator = ', '): string {
  const shown = items.slice(0, maxOfOneKind);
  const more = items.length - shown.length;
  return `${shown.join(separator)}${more > 0 ? ` and ${more} more` : ''}`;
}
