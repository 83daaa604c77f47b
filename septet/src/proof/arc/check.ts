/**
 * Turns the chain of ARC sets into findings. Pure.
 *
 * A message alone does not tell who operates a forwarder. `arc.forwarder_required` therefore needs the domain of the
 * plan, a foreign author, and a sign that a server of that domain passed the message on: a seal, a Received field or the
 * return path. Who put a set there is read from its place: what stands above the Received field of the boundary came
 * with the receiver or after it, what stands below was there when the message was handed over.
 */
import { isAtOrBelow, parseName, root, type DnsName } from '../../dns/name.ts';
import type { Evidence, Finding, Subject } from '../../finding/finding.ts';
import type { Field, Header } from '../../mail/header.ts';
import type { DkimFault, DkimKeySeen } from '../dkim/outcome.ts';
import type { Envelope } from '../envelope/envelope.ts';
import { fieldEvidence } from '../trace/evidence.ts';
import { found } from './findings.ts';
import type { ArcOutcome } from './outcome.ts';
import { sealKey } from './sets.ts';
import { readArcSignature } from './tags.ts';
import type { ArcEvaluation, EvaluatedSet } from './validate.ts';

export interface ArcCheckInput {
  /** The file, for evidence. */
  readonly source: string;
  readonly header: Header;
  /** With what `validateArc` adds to an `ArcOutcome`, where it is at hand: `arc.key` stands on it. */
  readonly arc: ArcOutcome | ArcEvaluation;
  readonly envelope: Envelope;
  /** The message came by a forwarder or list, as its trace shows. */
  readonly forwarded: boolean;
  readonly author?: DnsName;
  /** The domain of the plan. */
  readonly expected?: DnsName;
}

/** Where a set was put on: by the receiver or after it, or before the message came to the receiver. */
type Side = 'receiver' | 'before' | 'unknown';

interface Seen {
  readonly set: EvaluatedSet;
  readonly side: Side;
  readonly field?: Field;
}

export function checkArc(input: ArcCheckInput): readonly Finding[] {
  const { arc, author, header, source } = input;
  const subject: Subject = { name: author ?? root, type: 'ARC-Seal' };
  const seals = sealFields(header);
  const seen = arc.sets.map((set): Seen => {
    const field = seals.get(set.instance);
    return { set, side: sideOf(field, input.envelope), ...(field ? { field } : {}) };
  });
  const findings: Finding[] = [];
  const evidence = seen.flatMap(({ field }) => (field ? [fieldEvidence(source, field)] : []));
  const sender = sealedBySender(seen, input);
  if (arc.result !== 'none') {
    if (seen.length > 0) findings.push(present(seen, sender !== undefined, input, subject));
    if (arc.result !== 'pass') findings.push(chain(seen, input, subject, evidence));
    findings.push(...keys(seen, input));
  }
  if (sender) {
    const args = { sealer: sealerOf(sender.set) };
    findings.push(found('arc.sender_needless', { subject, args, evidence: evidenceOf(source, sender) }));
  }
  const forwarder = ownForwarder(seen, input, evidence);
  if (forwarder) findings.push(forwarder);
  if (sender || forwarder) findings.push(found('arc.status', { subject }));
  return findings;
}

const sealerOf = ({ domain }: EvaluatedSet): string => domain ?? 'an unknown sealer';
const evidenceOf = (source: string, { field }: Seen): readonly Evidence[] =>
  field ? [fieldEvidence(source, field)] : [];

/** The first seal of each instance. */
function sealFields(header: Header): ReadonlyMap<number, Field> {
  const fields = new Map<number, Field>();
  for (const field of header.fields) {
    if (field.key !== sealKey) continue;
    const { instance } = readArcSignature(field).tags;
    if (instance !== undefined && !fields.has(instance)) fields.set(instance, field);
  }
  return fields;
}

function sideOf(field: Field | undefined, { hop }: Envelope): Side {
  if (!field || !hop) return 'unknown';
  return field.line < hop.line ? 'receiver' : 'before';
}

/** The first set, where the sending side put it on. */
function sealedBySender(seen: readonly Seen[], { forwarded, author }: ArcCheckInput): Seen | undefined {
  const [first] = seen;
  if (!first || forwarded || first.side === 'receiver') return undefined;
  if (first.side === 'before') return first;
  return author !== undefined && related(first.set.domain, author) ? first : undefined;
}

const related = (one: DnsName | undefined, other: DnsName): boolean =>
  one !== undefined && (isAtOrBelow(one, other) || isAtOrBelow(other, one));

function present(
  seen: readonly Seen[],
  sender: boolean,
  { forwarded, source }: ArcCheckInput,
  subject: Subject,
): Finding {
  const sealers = [...new Set(seen.map(({ set }) => sealerOf(set)))].join(', ');
  const own = seen.every(({ side }) => side === 'receiver');
  const meaning = own
    ? 'The receiver put it on for the case that it passes the message on; it says nothing of the sender.'
    : sender
      ? 'The sending side put it on.'
      : forwarded
        ? 'The message came by a forwarder or list; what the first of them found is the word on the sender.'
        : 'Somebody on the way passed the message on.';
  const told = seen.flatMap(({ set }): readonly Evidence[] => {
    if (!set.results) return [];
    const words = set.results.results.map(({ method, result }) => `${method}=${result}`).join(' ') || 'none';
    const value = `${set.results.authservId ?? 'no authserv-id'}: ${words}`;
    return [{ kind: 'fact', label: `set ${set.instance}, ${sealerOf(set)}`, value }];
  });
  const sets = seen.length === 1 ? 'one ARC set' : `${seen.length} ARC sets`;
  const evidence = [...seen.slice(0, 1).flatMap((one) => evidenceOf(source, one)), ...told];
  return found('arc.present', { subject, args: { sets, sealers, meaning }, evidence });
}

function chain(
  seen: readonly Seen[],
  { arc, expected }: ArcCheckInput,
  subject: Subject,
  evidence: readonly Evidence[],
): Finding {
  const open = arc.result === 'temperror';
  const own = expected !== undefined && seen.some(({ set }) => related(set.domain, expected));
  const harmless = open || (seen.length > 0 && seen.every(({ side }) => side === 'receiver'));
  const advice = own
    ? 'One of the sealers is yours: seal last, after every change.'
    : 'Ask its operator if the mail matters.';
  return found('arc.chain', {
    subject,
    args: { verdict: open ? 'could not be validated' : 'fails', reason: arc.reason, advice },
    evidence,
    severity: harmless ? 'info' : 'warning',
    ...(open ? { state: 'unknown' } : {}),
  });
}

interface BadKey {
  readonly fault: DkimFault;
  readonly reason: string;
  readonly seen: DkimKeySeen;
}

/** One for each key that cannot be used. A key that could not be looked up is `arc.chain` with state `unknown`. */
function keys(seen: readonly Seen[], { source, author, expected }: ArcCheckInput): readonly Finding[] {
  const told = new Set<DnsName>();
  return seen.flatMap((one) =>
    badKeysOf(one.set).flatMap(({ reason, seen: key }) => {
      if (told.has(key.name)) return [];
      told.add(key.name);
      const { domain } = one.set;
      const own = [author, expected].some((name) => name !== undefined && related(domain, name));
      const advice = own
        ? `Publish the public key of the sealer at ${key.name}: RSA of 2048 bits, as a DKIM key record.`
        : 'Nothing for you to change; the operator of that server has to publish the key.';
      const evidence: readonly Evidence[] = [
        ...evidenceOf(source, one),
        { kind: 'answer', name: key.name, type: 'TXT', outcome: key.detail ?? key.texts.join(' | ') },
      ];
      return [
        found('arc.key', {
          subject: { name: key.name, type: 'TXT' },
          args: { name: key.name, instance: one.set.instance, reason, advice },
          evidence,
          severity: own ? 'error' : 'info',
        }),
      ];
    }),
  );
}

function badKeysOf({ message, seal }: EvaluatedSet): readonly BadKey[] {
  return [message, seal].flatMap((judged) => {
    if (!judged?.fault?.startsWith('key_') || judged.fault === 'key_unavailable' || !judged.key) return [];
    return [{ fault: judged.fault, reason: judged.reason, seen: judged.key }];
  });
}

function ownForwarder(seen: readonly Seen[], input: ArcCheckInput, evidence: readonly Evidence[]): Finding | undefined {
  const { author, expected, envelope, forwarded, arc } = input;
  if (expected === undefined || author === undefined || related(author, expected)) return undefined;
  const seals = seen.some(({ set }) => set.domain !== undefined && isAtOrBelow(set.domain, expected));
  const passedOn =
    forwarded &&
    [envelope.mailFrom?.value.split('@').at(-1), ...envelope.hops.map(({ by }) => by)].some((name) =>
      isOf(name, expected),
    );
  if (!seals && !passedOn) return undefined;
  const args = {
    domain: expected,
    author,
    how: seals ? `and sealed it with ARC as forwarders should (chain: ${arc.result})` : 'and did not seal it with ARC',
  };
  const subject = { name: expected, type: 'ARC-Seal' };
  return found('arc.forwarder_required', { subject, args, evidence, severity: seals ? 'info' : 'warning' });
}

function isOf(name: string | undefined, domain: DnsName): boolean {
  if (name === undefined || name === '') return false;
  const parsed = parseName(name);
  return parsed.ok && isAtOrBelow(parsed.name, domain);
}
