/** The hops of a message: their clocks, their TLS, and the Date against them. */
import { addressClass, parseAddress } from '../../dns/address.ts';
import type { Evidence, Finding } from '../../finding/finding.ts';
import { parseDate } from '../../mail/date.ts';
import { fieldsOf, valueOf } from '../../mail/header.ts';
import type { Received } from '../../mail/received.ts';
import type { TraceContext } from './context.ts';
import { found, foundOfHost } from './findings.ts';

const minute = 60_000;
const day = 24 * 60 * minute;
/** Clocks that follow NTP differ by less; also what a receiver may take to stamp a message. */
const clockTolerance = 5 * minute; // house

export function checkJourney(context: TraceContext): readonly Finding[] {
  return [...dateAgainstHops(context), ...hopTimes(context), ...tls(context), ...submission(context)];
}

const hostOf = ({ by }: Received): string => by ?? 'a server without a name';

function hopEvidence({ header, show }: TraceContext, hop: Received): readonly Evidence[] {
  const field = header.fields.find(({ line, key }) => line === hop.line && key === 'received');
  return field ? [show(field)] : [];
}

/** A Date before the first hop may be an honest one (a draft, a queue), so only days count; after it, minutes do. */
function dateAgainstHops(context: TraceContext): readonly Finding[] {
  const { header, envelope, now, subject, show } = context;
  const [field] = fieldsOf(header, 'date');
  const date = field && parseDate(valueOf(field));
  if (!field || !date) return [];
  const first = envelope.hops.findLast(({ at }) => at !== undefined);
  const evidence = [show(field), ...(first ? hopEvidence(context, first) : [])];
  // Without a hop only a date in the future tells something: a file may be old.
  const ahead = first?.at === undefined ? Math.max(0, date.at - now) : date.at - first.at;
  const difference = spanText(Math.abs(ahead));
  if (Math.abs(ahead) > day) {
    const args = {
      difference,
      direction: ahead > 0 ? 'after' : 'before',
      host: first ? hostOf(first) : 'this computer',
    };
    return [found('message.date.off', { subject: subject('Date'), args, evidence })];
  }
  if (!first || ahead <= clockTolerance) return [];
  return [
    foundOfHost('host.clock.skew', { subject: subject('Date'), args: { difference, host: hostOf(first) }, evidence }),
  ];
}

/** The pair of neighbours that contradict each other most. */
function hopTimes(context: TraceContext): readonly Finding[] {
  const timed = context.envelope.hops.filter(({ at }) => at !== undefined);
  let worst: { readonly later: Received; readonly earlier: Received; readonly by: number } | undefined;
  for (const [index, earlier] of timed.entries()) {
    const later = timed[index - 1];
    if (!later) continue;
    const by = (earlier.at ?? 0) - (later.at ?? 0);
    if (by > clockTolerance && by > (worst?.by ?? 0)) worst = { later, earlier, by };
  }
  if (!worst) return [];
  const { later, earlier, by } = worst;
  const args = { later: hostOf(later), earlier: hostOf(earlier), difference: spanText(by) };
  const evidence = [...hopEvidence(context, later), ...hopEvidence(context, earlier)];
  return [found('message.received.time', { subject: context.subject('Received'), args, evidence })];
}

/**
 * One finding at most. What our own listener saw is certain, so it stands with the host; what a Received field does not
 * show is the receiver's word. Mail over the loopback needs no TLS.
 */
function tls(context: TraceContext): readonly Finding[] {
  const { envelope, subject } = context;
  const { tls: shown, hop } = envelope;
  if (shown?.value !== false || isLoopback(envelope.ip?.value ?? hop?.ip)) return [];
  if (shown.from === 'listener' || shown.from === 'option') {
    const host = envelope.helo?.value ?? envelope.ip?.value ?? 'without a name';
    return [foundOfHost('host.tls.outbound_off', { subject: subject('Received'), args: { host } })];
  }
  if (!hop) return [];
  const args = { host: hostOf(hop), protocol: hop.protocol ?? 'SMTP' };
  return [found('authres.tls', { subject: subject('Received'), args, evidence: hopEvidence(context, hop) })];
}

function submission(context: TraceContext): readonly Finding[] {
  const open = context.envelope.hops.find(
    ({ authenticated, tls: secured, protocol, ip }) =>
      authenticated && !secured && /^(?:E|UTF8)?SMTPA?$/.test(protocol ?? '') && !isLoopback(ip),
  );
  if (!open) return [];
  const args = { host: hostOf(open), protocol: open.protocol ?? 'SMTP' };
  const evidence = hopEvidence(context, open);
  return [found('message.submission.plaintext', { subject: context.subject('Received'), args, evidence })];
}

function isLoopback(ip: string | undefined): boolean {
  const address = ip === undefined ? undefined : parseAddress(ip);
  return address !== undefined && addressClass(address) === 'loopback';
}

function spanText(milliseconds: number): string {
  const minutes = Math.round(milliseconds / minute);
  if (minutes < 120) return `${minutes} minutes`;
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} hours` : `${Math.round(minutes / 60 / 24)} days`;
}
