/** `septet spf flatten|merge|optimise`: what to publish so that a record costs less, with what it costs before and after. */
import type { Command } from 'commander';
import { exitCodes } from '../../audit/report.ts';
import { liveOf } from '../../change/change.ts';
import { txtSet } from '../../change/txt.ts';
import { under, type DnsName } from '../../dns/name.ts';
import { txtText, type Answer, type RrSet } from '../../dns/rrset.ts';
import { formatAddress } from '../../records/spf/address.ts';
import { isWithin } from '../../records/spf/address-set.ts';
import { Reach } from '../../records/spf/address-set-verdicts.ts';
import { spfOf } from '../../records/spf/answers.ts';
import { flatten, notInRecord, type Flattened } from '../../records/spf/flatten.ts';
import { ownRecord, tableOf, type Blocked } from '../../records/spf/flatten-own.ts';
import { lookup, type SpfObservation } from '../../records/spf/lookup.ts';
import { mechanismIn } from '../../records/spf/merge.ts';
import { optimise, type Optimised } from '../../records/spf/optimise.ts';
import { proposeSpf } from '../../records/spf/plan.ts';
import { lookupForPlan } from '../../records/spf/plan-lookup.ts';
import { isSpfText, parse } from '../../records/spf/record.ts';
import { maxLookups, maxVoids } from '../../records/spf/run.ts';
import { priced, type Priced } from '../../records/spf/split-priced.ts';
import { verify, type VerifyResult } from '../../records/spf/verify.ts';
import type { World } from '../../world/world.ts';
import { InputError, type Io } from '../io.ts';
import { addWorldOptions, collect, domainOf } from '../options.ts';
import { openWorld, type WorldOptions } from '../open-world.ts';
import { changeText, type SpfChange } from './spf-change-text.ts';
import { visible, visibleJson } from '../visible.ts';

interface ChangeOptions extends WorldOptions {
  readonly verify?: boolean;
  readonly format: string;
  readonly only?: readonly string[];
  readonly to?: string;
  readonly add?: readonly string[];
  readonly ttl?: string;
}

const exitNote = `
Exit codes: 0 the records can be published, or nothing is to be changed,
            1 they would not be equal or break a limit, 2 wrong use,
            3 DNS did not answer
Nothing is published by this command.`;

/** Random addresses that --verify judges besides one of every stretch. */
const randomAddresses = 200;

export function addChangeCommands(spf: Command, io: Io, done: (code: number) => void): void {
  const add = (name: SpfChange['command'], summary: string): void => {
    const command = spf.command(name).description(summary).argument('[domain]', 'the domain whose record is changed');
    command.option('--verify', 'prove that every address gets the same verdict before and after');
    if (name === 'flatten')
      command
        .option(
          '--only <mechanism>',
          'flatten this one and no other, as in include:_spf.example.com; may be repeated',
          collect,
        )
        .option('--to <look-ups>', 'flatten no more than is needed for this many look-ups');
    if (name === 'merge')
      command.option('--add <mechanism>', 'put this in, as in ip4:192.0.2.10; may be repeated', collect);
    command.option('--ttl <seconds>', 'TTL of the records (default: that of the live record)');
    command.option('--format <form>', 'text or json', 'text');
    addWorldOptions(command);
    command.addHelpText('after', exitNote);
    // Options that `spf` has too are read by it, wherever they stand.
    command.action(async (domain: string | undefined) => {
      const options = command.optsWithGlobals<ChangeOptions & Readonly<Record<string, unknown>>>();
      const strange = ['ip', 'mailFrom', 'helo', 'batch'].find((key) => options[key] !== undefined);
      if (strange !== undefined)
        throw new InputError(`--${strange === 'mailFrom' ? 'mail-from' : strange} does not go with spf ${name}.`);
      done(await change(name, domain, options, io));
    });
  };
  add('flatten', 'networks in place of a, mx and include: fewer look-ups, the same senders');
  add('merge', 'several SPF records made one, or mechanisms put in, without losing a sender');
  add('optimise', 'take out what repeats or decides nothing, join networks; the same verdicts');
}

async function change(
  command: SpfChange['command'],
  text: string | undefined,
  options: ChangeOptions,
  io: Io,
): Promise<number> {
  if (options.format !== 'text' && options.format !== 'json')
    throw new InputError(`--format is text or json here, not ${options.format}.`);
  if (text === undefined) throw new InputError(`Give a domain, as in: septet spf ${command} example.com`);
  const domain = domainOf(text);
  const ttlSeconds = options.ttl === undefined ? undefined : numberOf('--ttl', options.ttl, 2 ** 31 - 1); // RFC 2181 §8
  const { world, close } = await openWorld({ ...options, https: false, authoritative: false }, io);
  try {
    const made = await make(command, domain, options, ttlSeconds, world);
    if (options.format === 'json') await io.out(`${visibleJson(jsonOf(made), 2)}\n`);
    else await io.out(changeText(made, io));
    return codeOf(made);
  } finally {
    await close();
  }
}

async function make(
  command: SpfChange['command'],
  domain: DnsName,
  options: ChangeOptions,
  ttlSeconds: number | undefined,
  world: World,
): Promise<SpfChange> {
  if (command === 'merge') return merge(domain, options, ttlSeconds, world);
  const seen = await lookup(world, domain, { neighbours: false });
  const toLookups = options.to === undefined ? undefined : numberOf('--to', options.to, maxLookups);
  if (options.only) {
    const own = ownRecord(seen);
    const [strange] = own.kind === 'good' ? notInRecord(own.record, domain, options.only) : [];
    if (strange !== undefined)
      throw new InputError(`--only ${visible(strange)}: the SPF record of ${domain} has no such mechanism.`);
  }
  const result = await withFreeNames<Flattened | Optimised | Blocked>(domain, world, (taken) =>
    command === 'optimise'
      ? optimise(seen, { taken })
      : flatten(seen, {
          taken,
          ...(options.only && { only: options.only }),
          ...(toLookups !== undefined && { toLookups }),
        }),
  );
  const base = { command, domain, before: textsAt(seen.nodes[0]) };
  if (result.kind === 'blocked') return { ...base, blocked: result };
  const isFlat = 'flattened' in result;
  return {
    ...base,
    ...resultOf(result, ttlOf(seen.nodes[0], ttlSeconds)),
    ...(isFlat
      ? { flattened: result.flattened, kept: result.kept, sources: result.sources, removed: deadTerms(result.dead) }
      : { removed: result.removed }),
    ...(toLookups !== undefined && result.price.lookupsAfter > toLookups && { missed: toLookups }),
    ...(options.verify && { verified: proof(seen, result.after, world) }),
  };
}

const deadTerms = (dead: readonly string[]): NonNullable<SpfChange['removed']> =>
  dead.map((term) => ({ term, why: 'it stands behind all and is never evaluated' }));

function resultOf(result: Priced, ttlSeconds: number): Pick<SpfChange, 'price' | 'records' | 'fits'> {
  const records = result.pieces.map(({ name, text }) => txtSet(name, ttlSeconds, text));
  return { price: result.price, records, fits: result.fits };
}

async function merge(
  domain: DnsName,
  options: ChangeOptions,
  ttlSeconds: number | undefined,
  world: World,
): Promise<SpfChange> {
  const mechanisms = options.add ?? [];
  for (const text of mechanisms)
    if (!mechanismIn(text))
      throw new InputError(
        `--add ${visible(text)} is not a mechanism that lets pass. Write include:_spf.example.com or ip4:192.0.2.10.`,
      );
  const needs = [{ mechanisms, retired: [] }];
  const answer = await world.resolver.query(domain, 'TXT');
  const live = liveOf('TXT', answer);
  const observed = await lookupForPlan(world, domain, needs, live);
  const ttl = ttlOf(answer, ttlSeconds);
  const proposal = proposeSpf({ name: domain, needs, all: 'keep', alone: false, ttlSeconds: ttl }, live, observed);
  const before = textsAt(answer);
  const base = { command: 'merge', domain, before } as const;
  if (proposal.kind === 'blocked') {
    const failed = live.kind === 'unknown' || proposal.unanswered === true;
    return { ...base, blocked: { ...proposal, unanswered: failed }, ...(proposal.price && { price: proposal.price }) };
  }
  const set = (proposal.kind === 'keep' ? proposal.set : proposal.change.after) as RrSet<'TXT'>;
  const text = set.data.map(txtText).find(isSpfText) ?? '';
  const result = await withFreeNames<Priced>(domain, world, (taken) =>
    priced(observed.seen, text, { taken }, observed.added.answers),
  );
  return {
    ...base,
    ...resultOf(result, ttl),
    ...(proposal.kind === 'change' && { loses: proposal.loses, notes: proposal.notes }),
    ...(options.verify && { keepsAll: keepsAll(before, domain, result.after) }),
  };
}

/** Whether everybody who passes by one of the old records alone passes by the new one, as far as it is told by networks. */
function keepsAll(before: readonly string[], domain: DnsName, after: SpfObservation): boolean {
  const reach = new Reach(tableOf(after.answers).source);
  const now = reach.of(domain);
  return before.every((text) => {
    const old = parse(text);
    return old.kind !== 'good' || (now !== 'none' && isWithin(reach.ofRecord(old.value, domain).pass, now.pass));
  });
}

/** Makes the result again until none of its parts (`_spf1…`) would go to a name at which something else stands. */
async function withFreeNames<T extends Blocked | Priced>(
  domain: DnsName,
  world: World,
  attempt: (taken: ReadonlyMap<DnsName, string | undefined>) => T,
): Promise<T> {
  const taken = new Map<DnsName, string | undefined>();
  const asked = new Set<DnsName>();
  let wild: Promise<Answer<'TXT'>> | undefined;
  for (;;) {
    const result = attempt(taken);
    const names = 'pieces' in result ? result.pieces.slice(1).map((piece) => piece.name) : [];
    const open = names.filter((name) => !asked.has(name));
    if (open.length === 0) return result;
    const star = under('*', domain);
    if (star) wild ??= world.resolver.query(star, 'TXT');
    // oxlint-disable-next-line no-await-in-loop -- which names are asked depends on the answers before
    const [wildcard, ...answers] = await Promise.all([wild, ...open.map((name) => world.resolver.query(name, 'TXT'))]);
    for (const answer of answers) {
      asked.add(answer.name);
      const isWild = wildcard?.kind === 'found' && textsAt(wildcard).join('\n') === textsAt(answer).join('\n');
      if (answer.kind === 'failed' || answer.chain.length > 0) taken.set(answer.name, undefined);
      else if (answer.kind === 'found' && !isWild) taken.set(answer.name, spfOf(answer).texts[0]);
    }
  }
}

function proof(seen: SpfObservation, after: SpfObservation, world: World): VerifyResult {
  const octets = world.randomBytes(randomAddresses * 16);
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  const addresses = Array.from({ length: randomAddresses }, (_, i) => {
    const word = (k: number): number => view.getInt32(i * 16 + k * 4);
    const family = i % 2 === 0 ? 4 : 6;
    // Half of them IPv6 from 2000::/3, the global unicast addresses (RFC 4291 §2.4).
    const a = family === 4 ? word(0) : (word(0) & 0x1fff_ffff) | 0x2000_0000;
    return formatAddress({ family, a, b: word(1), c: word(2), d: word(3) });
  });
  return verify(seen, after, { addresses });
}

function textsAt(answer: Answer<'TXT'> | undefined): readonly string[] {
  return answer ? spfOf(answer).texts : [];
}

function ttlOf(answer: Answer<'TXT'> | undefined, wanted: number | undefined): number {
  return wanted ?? (answer?.kind === 'found' ? answer.set.ttlSeconds : 3600);
}

function numberOf(option: string, text: string, most: number): number {
  const value = Number(text);
  if (!/^\d{1,10}$/.test(text) || value > most)
    throw new InputError(`${option} is a whole number up to ${most}, not ${visible(text)}.`);
  return value;
}

function codeOf(made: SpfChange): number {
  if (made.blocked) return made.blocked.unanswered ? exitCodes.couldNotTell : exitCodes.findings;
  const { price } = made;
  const over = price !== undefined && (price.lookupsAfter > maxLookups || price.voidsAfter > maxVoids);
  const unequal = made.verified?.kind === 'different' || made.keepsAll === false;
  return over || unequal || made.missed !== undefined ? exitCodes.findings : exitCodes.fine;
}

function jsonOf(made: SpfChange): Readonly<Record<string, unknown>> {
  const { records, verified, blocked, ...rest } = made;
  return {
    version: 1,
    ...rest,
    ...(blocked && { blocked: { why: blocked.why, cure: blocked.cure, unanswered: blocked.unanswered } }),
    records: (records ?? []).map((set) => ({
      name: set.name,
      type: 'TXT',
      ttlSeconds: set.ttlSeconds,
      text: set.data.map(txtText)[0],
    })),
    ...(verified && {
      verified:
        verified.kind === 'equal'
          ? verified
          : { ...verified, before: verified.before.result, after: verified.after.result },
    }),
  };
}
