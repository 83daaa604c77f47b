/** What `septet spf flatten|merge|optimise` prints. */
import type { DnsName } from '../../dns/name.ts';
import { txtText, type RrSet } from '../../dns/rrset.ts';
import { linesOf } from '../../dns/zone-write.ts';
import type { Blocked } from '../../records/spf/flatten-own.ts';
import type { FlattenSource, KeptTerm } from '../../records/spf/flatten-terms.ts';
import type { Removed } from '../../records/spf/optimise.ts';
import type { SpfPrice } from '../../records/spf/plan-price.ts';
import { explainTrace } from '../../records/spf/trace.ts';
import type { VerifyResult } from '../../records/spf/verify.ts';
import type { Io } from '../io.ts';
import { painter, wrap, type Paint } from '../paint.ts';
import { visible } from '../visible.ts';

/** One run of the command; what is absent was not asked for or does not apply. */
export interface SpfChange {
  readonly command: 'flatten' | 'merge' | 'optimise';
  readonly domain: DnsName;
  /** SPF texts that stand at the name now. */
  readonly before: readonly string[];
  readonly blocked?: Blocked;
  readonly price?: SpfPrice;
  /** What is to stand: the domain's own record first. */
  readonly records?: readonly RrSet<'TXT'>[];
  /** Every record keeps to 450 octets. */
  readonly fits?: boolean;
  readonly flattened?: readonly string[];
  readonly kept?: readonly KeptTerm[];
  readonly removed?: readonly Removed[];
  readonly sources?: readonly FlattenSource[];
  readonly loses?: readonly string[];
  readonly notes?: readonly string[];
  /** The look-ups that were asked for with `--to` and could not be reached. */
  readonly missed?: number;
  readonly verified?: VerifyResult;
  readonly keepsAll?: boolean;
}

export function changeText(made: SpfChange, io: Pick<Io, 'columns' | 'colours'>): string {
  const paint = painter(io.columns, io.colours);
  const say = (text: string): string => wrap(visible(text), paint.columns, '');
  const out = [paint('bold', wrap(made.domain, paint.columns, '')), ''];
  if (made.blocked) out.push(say(made.blocked.why), say(made.blocked.cure), '');
  else {
    const [own] = made.records ?? [];
    const text = own?.data.map(txtText)[0] ?? '';
    const unchanged = made.before.length === 1 && made.before[0] === text;
    const { price } = made;
    for (const each of made.before) out.push(labelled('before', each, paint));
    if (price) out.push(labelled('', costText(price.lookupsBefore, price.voidsBefore, price.octetsBefore), paint));
    if (unchanged) out.push('', say(nothingText[made.command]));
    else {
      out.push(labelled('after', text, paint));
      if (price) out.push(labelled('', costText(price.lookupsAfter, price.voidsAfter, price.octetsAfter), paint));
      out.push('', ...publishLines(made.records ?? [], paint));
    }
    out.push('', ...[...remarks(made)].map(say), ...proofLines(made, paint));
  }
  return `${out.join('\n').trimEnd()}\n`;
}

const nothingText: Readonly<Record<SpfChange['command'], string>> = {
  flatten: 'Nothing is to be flattened: the record stays as it is.',
  merge: 'Nothing is to be merged: the record stays as it is.',
  optimise: 'Nothing can be left out: the record stays as it is.',
};

function labelled(label: string, text: string, paint: Paint): string {
  return wrap(visible(text), paint.columns, ' '.repeat(10), `${label.padEnd(6)}  `);
}

const costText = (lookups: number, voids: number, octets: number): string =>
  `${lookups} of 10 look-ups, ${voids} of 2 void look-ups, ${octets} octets`;

/** Zone lines, whole and unbroken so that they can be copied; what is included stands before what includes it. */
function publishLines(records: readonly RrSet<'TXT'>[], paint: Paint): readonly string[] {
  const order = records.toReversed();
  const title =
    order.length === 1
      ? 'Publish (it replaces the SPF record; other TXT records at the name stay):'
      : 'Publish in this order (the last replaces the SPF record; other TXT records at the name stay):';
  return [wrap(title, paint.columns, ''), ...order.flatMap((set) => linesOf(set))];
}

function* remarks(made: SpfChange): Generator<string> {
  for (const { term, why } of made.removed ?? []) yield `Left out: ${term} (${why}).`;
  for (const { term, why } of made.kept ?? []) yield `Stays as it is: ${term} (${why}).`;
  for (const note of made.notes ?? []) yield note;
  for (const text of made.loses ?? []) yield `Lost, and worth a second look: ${text}`;
  if (made.missed !== undefined && made.price)
    yield `${made.missed} look-ups cannot be reached: ${made.price.lookupsAfter} are left.`;
  if (made.price && made.price.lookupsAfter > 10)
    yield 'The record is still over the limit of ten look-ups: receivers answer permerror.';
  if (made.fits === false)
    yield 'A record is longer than 450 octets with its name, and cannot be cut further without more look-ups than are allowed; it may not fit into one small packet.';
  const sources = made.sources ?? [];
  if (sources.length > 0) {
    const names = sources.map((each) => `${each.name} ${each.type} (${each.ttlSeconds} s)`);
    yield `The networks come from ${names.join(', ')}. Each may change as soon as its TTL is over, and a sender that moves then fails SPF without notice: run this again whenever one of them changes, at least daily, or flatten less (--to 8).`;
  }
}

function proofLines(made: SpfChange, paint: Paint): readonly string[] {
  const say = (text: string): string => wrap(visible(text), paint.columns, '');
  if (made.keepsAll !== undefined)
    return [
      made.keepsAll
        ? say('Verified: every address that passes by one of the old records passes by the new one.')
        : paint(
            'red',
            say('Not equal: an address that passes by one of the old records does not pass by the new one.'),
          ),
    ];
  const { verified } = made;
  if (!verified) return [];
  const { ip4, ip6, addresses, mended } = verified.counts;
  if (verified.kind === 'different') {
    const trace = (of: typeof verified.before): readonly string[] =>
      explainTrace(of).map((line) =>
        wrap(visible(line.text), paint.columns, '      ', `  ${'  '.repeat(Math.min(line.depth, 6))}`),
      );
    return [
      paint(
        'red',
        say(`Not equal: ${verified.ip} gets ${verified.before.result} before and ${verified.after.result} after.`),
      ),
      'before',
      ...trace(verified.before),
      'after',
      ...trace(verified.after),
    ];
  }
  const lines = [
    say(
      `Verified: the same verdict for every address. ${ip4 + ip6} stretches between the ends of all networks (${ip4} IPv4, ${ip6} IPv6) and ${addresses} random addresses were judged with both records.`,
    ),
  ];
  if (mended > 0)
    lines.push(
      say(`${mended} of them get permerror today because of a limit, and what the record means to say afterwards.`),
    );
  if (verified.partial.length > 0)
    lines.push(
      say(
        `In part: the answers of ${verified.partial.join(', ')} depend on the message; all and none of them were supposed to match.`,
      ),
    );
  return lines;
}
