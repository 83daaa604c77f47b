/**
 * Where the receiver and we say different things of the same message, and why that may be. Both can be right: time has
 * passed, the receiver saw another envelope, or the message was altered after it was judged.
 */
import { isAtOrBelow } from '../../dns/name.ts';
import type { ArcOutcome } from '../arc/outcome.ts';
import type { DkimOutcome } from '../dkim/outcome.ts';
import type { DmarcOutcome } from '../dmarc/outcome.ts';
import type { Difference, ReceiverWord, SpfOutcome } from '../proof.ts';
import { dialects } from './dialects.ts';
import { dkimDifferences } from './differences-dkim.ts';
import { type Counted, clientOf, domainIn, mailFromOf, remarksOf, valueIn } from './results.ts';

export interface DifferencesInput {
  readonly receiver: ReceiverWord;
  readonly spf: readonly SpfOutcome[];
  readonly dkim: readonly DkimOutcome[];
  readonly dmarc: DmarcOutcome;
  readonly arc: ArcOutcome;
  /** Milliseconds since 1970. */
  readonly evaluatedAt: number;
  /** When the receiver took the message, milliseconds since 1970. */
  readonly messageAt?: number;
  /** The address of the client that we judged by. */
  readonly ip?: string;
}

/** In the order in which the receiver tells its results. */
export function differencesOf(input: DifferencesInput): readonly Difference[] {
  const { results } = input.receiver;
  if (results.length === 0) return [];
  const of = (method: string): readonly Counted[] => results.filter((result) => result.method === method);
  const since = sinceText(input.evaluatedAt, input.messageAt);
  const spf = of('spf').flatMap((theirs) => spfDifference(theirs, input, since));
  const dkim = dkimDifferences(of('dkim'), input.dkim, since);
  return [
    ...spf,
    ...dkim,
    ...of('dmarc')
      .slice(0, 1)
      .flatMap((theirs) => dmarcDifference(theirs, input, since, spf.length > 0, dkim.length > 0)),
    ...of('arc')
      .slice(0, 1)
      .flatMap((theirs) => arcDifference(theirs, input, since)),
  ];
}

/** `12 days ago`; `undefined` where it is not known, or under an hour. */
function sinceText(evaluatedAt: number, messageAt: number | undefined): string | undefined {
  if (messageAt === undefined) return undefined;
  const hours = Math.floor((evaluatedAt - messageAt) / 3_600_000);
  if (hours < 1) return undefined;
  if (hours < 48) return hours === 1 ? 'an hour ago' : `${hours} hours ago`;
  return `${Math.floor(hours / 24)} days ago`;
}

/** `The message came 3 days ago; the record may have changed since.` */
const changedSince = (since: string | undefined, what: string): string =>
  since === undefined
    ? `The receiver may have read another version of ${what}, from a cache or another server.`
    : `The message came ${since}; ${what} may have changed since.`;

function spfDifference(theirs: Counted, input: DifferencesInput, since: string | undefined): readonly Difference[] {
  const mailFrom = mailFromOf(theirs);
  const helo = mailFrom === undefined || mailFrom === '';
  const ours = input.spf.find((outcome) => outcome.scope === (helo ? 'helo' : 'mfrom'));
  const said = theirs.result === 'hardfail' ? 'fail' : theirs.result;
  if (!ours || ours.result === said) return [];
  const domain = domainIn(helo ? valueIn(theirs, 'smtp.helo') : mailFrom);
  const client = clientOf(theirs);
  const remarks = remarksOf(theirs);
  const why = (): string => {
    if (ours.result === 'unknown' || ours.result === 'temperror')
      return `Here the record could not be looked up: ${ours.reason} Ask again before you change anything.`;
    if (said === 'temperror')
      return 'The receiver could not look the record up when the message came; a later message may pass.';
    if (domain !== undefined && domain !== ours.domain)
      return `The receiver judged ${domain}, and we judged ${ours.domain}. It saw another envelope; --mail-from gives it to us.`;
    if (client !== undefined && input.ip !== undefined && client.toLowerCase() !== input.ip)
      return `The receiver saw the client ${client}, and we judged by ${input.ip}. Take --ip ${client}, or --trust to name the receiver.`;
    if (said === 'bestguesspass' || /best guess/i.test(remarks))
      return 'The receiver found no record and guessed one from MX and A; no standard knows that, and others do not do it.';
    if (said === 'fail' && (ours.result === 'softfail' || ours.result === 'neutral' || ours.result === 'permerror'))
      return `Some receivers (OpenDMARC among them) know four results only and write fail for ${ours.result}. For DMARC both count as not passed.`;
    if (said === 'permerror' || ours.result === 'permerror')
      return `One of the two could not use the record. ${changedSince(since, 'the record')}`;
    return changedSince(since, 'the record or one that it includes');
  };
  return [
    { method: 'spf', about: ours.domain, ours: ours.result, theirs: theirs.result, why: why(), line: theirs.line },
  ];
}

function dmarcDifference(
  theirs: Counted,
  input: DifferencesInput,
  since: string | undefined,
  spfDiffers: boolean,
  dkimDiffers: boolean,
): readonly Difference[] {
  const { readings } = input.dmarc;
  const first = readings[0];
  if (!first || readings.some((reading) => reading.result === theirs.result)) return [];
  const judged = domainIn(valueIn(theirs, 'header.from'));
  const why = (): string => {
    if (judged !== undefined && readings.every((reading) => reading.author !== judged))
      return `The receiver judged ${judged}, and the From field that we read names ${first.author}. Several From fields, or an altered one, make that.`;
    if (first.result === 'temperror')
      return 'Here the record could not be looked up; ask again before you change anything.';
    if (theirs.result === 'temperror') return 'The receiver could not look the record up when the message came.';
    if (theirs.result === 'bestguesspass')
      return 'The receiver found no policy record and guessed: with a record the message would have passed.';
    if (theirs.result === 'none') return `The receiver found no policy record. ${changedSince(since, 'DNS')}`;
    if (first.result === 'none') return `Here there is no policy record. ${changedSince(since, 'DNS')}`;
    const by = [...(spfDiffers ? ['SPF'] : []), ...(dkimDiffers ? ['DKIM'] : [])].join(' and ');
    if (by !== '') return `It follows from ${by}, on which the two differ.`;
    if (
      theirs.result === 'pass' &&
      input.receiver.results.some((result) => result.method === 'arc' && result.result === 'pass')
    )
      return 'The receiver let the ARC chain of a forwarder stand for SPF and DKIM.';
    return changedSince(since, 'the policy record');
  };
  return [
    { method: 'dmarc', about: first.author, ours: first.result, theirs: theirs.result, why: why(), line: theirs.line },
  ];
}

function arcDifference(theirs: Counted, input: DifferencesInput, since: string | undefined): readonly Difference[] {
  const { arc, receiver } = input;
  if (arc.result === theirs.result) return [];
  const sealers = arc.sets.flatMap((set) => (set.domain === undefined ? [] : [set.domain]));
  const field = receiver.fields.find((other) => other.line === theirs.line);
  const hosts = dialects.find((dialect) => dialect.id === field?.dialect)?.hosts ?? [];
  const newest = sealers.at(-1);
  const sealedItself = newest !== undefined && hosts.some((suffix) => isAtOrBelow(newest, suffix));
  // It judges what came in, then adds its own set: with that one alone both are right.
  if (sealedItself && sealers.length === 1 && theirs.result === 'none') return [];
  const why = (): string => {
    if (arc.result === 'temperror') return 'Here a key of the chain could not be looked up; ask again.';
    if (sealedItself) return `The newest set is of ${newest}: the receiver judged the chain before it added that set.`;
    if (theirs.result === 'pass')
      return `The message was altered after the receiver judged it, or a sealer has removed its key. ${changedSince(since, 'a key')}`;
    if (arc.result === 'none') return 'The sets that the receiver judged are not in this copy of the message.';
    return changedSince(since, 'a key of the chain');
  };
  return [
    {
      method: 'arc',
      about: sealers.length === 0 ? 'no set' : `i=${arc.sets.length} ${newest ?? ''}`.trim(),
      ours: arc.result,
      theirs: theirs.result,
      why: why(),
      line: theirs.line,
    },
  ];
}
