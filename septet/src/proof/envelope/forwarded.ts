/**
 * Whether a message came by a forwarder or a list, as its trace shows. Both break proofs lawfully: a forwarder connects
 * from an address that SPF of the sender does not know, a list changes what DKIM signed.
 */
import { fieldsOf, valueOf, type Header } from '../../mail/header.ts';
import type { ArcOutcome } from '../arc/outcome.ts';
import { boundaryOf } from './hop.ts';
import { reversePath } from './words.ts';
import type { Envelope } from './envelope.ts';
import { organisationOf } from './organisation.ts';

export interface Forwarding {
  readonly kind: 'forwarder' | 'list';
  /** What shows it, in a few words each. */
  readonly signs: readonly string[];
}

export interface ForwardingInput {
  readonly header: Header;
  readonly envelope: Envelope;
  readonly arc?: ArcOutcome | undefined;
}

/** Fields that list servers write; List-Id alone stands in newsletters too. */
const listFields = ['x-beenthere', 'x-mailman-version', 'mailing-list', 'x-google-group-id', 'x-listar-version'];
const forwardFields = ['x-forwarded-to', 'x-forwarded-for', 'resent-from', 'resent-to'];

/** `undefined` for a direct message, as far as can be told. */
export function forwardingOf(input: ForwardingInput): Forwarding | undefined {
  const { header } = input;
  const lists = listFields.filter((key) => fieldsOf(header, key).length > 0).map((key) => `the field ${key}`);
  const post = fieldsOf(header, 'list-post')
    .map(valueOf)
    .find((value) => !/^NO\b/i.test(value));
  if (post !== undefined) lists.push('the field List-Post');
  const signs = [...forwarderSigns(input)];
  if (lists.length > 0) return { kind: 'list', signs: [...lists, ...signs] };
  return signs.length > 0 ? { kind: 'forwarder', signs } : undefined;
}

function forwarderSigns({ header, envelope, arc }: ForwardingInput): readonly string[] {
  const signs: string[] = [];
  const line = envelope.hop?.line ?? 0;
  const mailFrom = envelope.mailFrom?.value ?? '';
  if (/^SRS[01][=+-]|\+SRS=/i.test(mailFrom)) signs.push('a rewritten sender (SRS) in MAIL FROM');
  if (/\+caf_=/i.test(mailFrom)) signs.push("Gmail's forwarding in MAIL FROM");
  for (const key of forwardFields)
    if (fieldsOf(header, key).some((field) => valueOf(field).includes('@'))) signs.push(`the field ${key}`);
  if (fieldsOf(header, 'delivered-to').some((field) => envelope.hop && field.line > line)) {
    signs.push('a Delivered-To below the last hop');
  }
  const recipient = domainOf(envelope.hop?.for);
  const earlier = envelope.hops.find(
    (hop) => hop.line > line && recipient !== undefined && hop.for !== undefined && domainOf(hop.for) !== recipient,
  );
  if (earlier && envelope.hop) signs.push(`another recipient (${reversePath(earlier.for ?? '')}) in an earlier hop`);
  if (arc && arc.sets.length > 0 && sealedBefore(header, envelope)) signs.push('ARC seals of an earlier hop');
  return signs;
}

/**
 * Receivers seal at their own door (Gmail), and services seal what they send (Microsoft 365). A seal shows a forwarder
 * where it stands below the last hop and an organisation other than the sender's took the message before.
 */
function sealedBefore(header: Header, { hop, hops }: Envelope): boolean {
  if (!hop) return false;
  const seals = fieldsOf(header, 'arc-seal').filter((field) => field.line > hop.line);
  if (seals.length === 0) return false;
  const older = hops.filter((one) => one.line > hop.line);
  const crossing = boundaryOf(older, [], []);
  if (crossing.hop === undefined || crossing.submission) return false;
  const client = organisationOf(crossing.hop.reverseName) ?? organisationOf(crossing.hop.helo);
  return client !== organisationOf(crossing.hop.by);
}

function domainOf(address: string | undefined): string | undefined {
  if (address === undefined) return undefined;
  const text = reversePath(address);
  return text.includes('@') ? text.slice(text.lastIndexOf('@') + 1).toLowerCase() : undefined;
}
