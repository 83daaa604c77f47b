/** The certificates of this machine: read, ordered, renewed and told of. One loop does it, whichever way they come. */
import type { DnsName } from '../../dns/name.ts';
import type { HttpsFetch, World } from '../../world/world.ts';
import { loadAcme } from './acme-calls.ts';
import { order, type OrderInput } from './acme-order.ts';
import type { CertificateFacts, Certificates } from './certificates.ts';
import { pendingChallenges } from './challenges.ts';
import { dnsChallenges, type DnsPlace } from './dns-challenge.ts';
import { fileCertificates, type PlacedCertificate } from './files.ts';
import { formatState, noState, parseState, settingsMark, underSettings, type OrderState } from './order-state.ts';
import { pauseAfter } from './pauses.ts';
import { readCertificate, type ReadyCertificate } from './read-certificate.ts';
import { twoThirds } from './renewal-info.ts';
import { askRenewal, renewalBase } from './renewal-lookup.ts';
import { nextFor, type Next } from './schedule.ts';
import type { AcmeSettings, CertificateFiles, GivenCertificate } from './settings.ts';
import { kept, pemText, shelfReason, splitPem, type CertificateShelf } from './shelf.ts';

export interface KeeperInput {
  /** The names of the configuration; none else is ever ordered. */
  readonly names: readonly DnsName[];
  /** Absent: nothing is ordered. */
  readonly acme?: AcmeSettings;
  readonly files?: readonly CertificateFiles[];
  readonly given?: readonly GivenCertificate[];
  readonly shelf: CertificateShelf;
  /** Other machines read and write the same shelf. */
  readonly shared: boolean;
  /** One machine at a time works on a name; `undefined` where another does. */
  exclusively<T>(name: DnsName, work: () => Promise<T>): Promise<T | undefined>;
  /** Rejects with an error whose message is a sentence. */
  readFile(path: string): Promise<Uint8Array>;
  readonly world: Pick<World, 'resolver' | 'authoritative'>;
  /** For the authority; trusts its certificates (`serve.acme.ca`). */
  readonly fetch: HttpsFetch;
  /** For `dns-01`: where the records of a name are kept, or a sentence why nobody knows. */
  placeOf?(name: DnsName): Promise<DnsPlace | string>;
  /** The settings where they have changed, asked at each look; those that cannot be used stay out. Never rejects. */
  reread?(): Promise<ChangedSettings | undefined>;
  /** How often what others wrote, and files that changed, are looked for; usual: once a minute. */
  readonly refreshMs?: number;
  now(): number;
  randomBytes(count: number): Uint8Array;
  /** Rejects with the reason of the signal. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** One line for the log, without secrets. */
  log(line: string): void;
}

export type ChangedSettings = Pick<KeeperInput, 'acme' | 'files' | 'fetch'>;

/** As much as it takes to say what is there. */
export type FactsInput = Pick<KeeperInput, 'names' | 'acme' | 'files' | 'shelf' | 'readFile' | 'now' | 'log'>;

/** What is kept, for a process that orders nothing. Rejects as `openCertificates`. */
export async function readFacts(input: FactsInput): Promise<readonly CertificateFacts[]> {
  const never = (): never => {
    throw new Error('nothing is ordered here');
  };
  const nobody = { resolver: { query: never } };
  const rest = { shared: false, exclusively: never, world: nobody, fetch: never, randomBytes: never, sleep: never };
  return (await openCertificates({ ...input, ...rest })).facts();
}

const minuteMs = 60_000;
/** Challenges of other machines for `acme-tls/1`; they give everybody three of these before they tell the authority. */
const challengeRefreshMs = 2000; // house
const ordersAtOnce = 4; // house
const lockWaitMs = 15_000; // house
const unansweredMs = 10 * 60_000; // house
const directoryLifeMs = 24 * 3_600_000; // house

interface Slot {
  text?: string | undefined;
  certificate?: ReadyCertificate | undefined;
  /** Issued, and the shelf did not take it yet. */
  unsaved?: string | undefined;
  state: OrderState;
  busy: 'ordering' | 'asking' | false;
  /** Of this machine alone: another one works on the name, or the shelf cannot be reached. */
  waitUntil: number;
}

/** Reads what is kept, so that names can be served before `run`. Rejects with `StateFault` or `StoreFault` of the shelf. */
export async function openCertificates(input: KeeperInput): Promise<Certificates> {
  const { shelf, now, log, refreshMs = minuteMs } = input;
  let { acme: settings, fetch } = input;
  const files = fileCertificates({ files: input.files ?? [], given: input.given ?? [], readFile: input.readFile, log });
  const acme = (): ReturnType<typeof loadAcme> => loadAcme();
  const challenges = pendingChallenges({
    shelf,
    dns: input.placeOf && dnsChallenges({ ...input, placeOf: input.placeOf }),
    settleMs: input.shared ? 3 * challengeRefreshMs : 0,
    sleep: input.sleep,
    now,
    randomBytes: input.randomBytes,
    log,
  });
  const share = (): number => Buffer.from(input.randomBytes(4)).readUInt32BE() / 2 ** 32;
  const slots = new Map<DnsName, Slot>();
  let names: ReadonlySet<DnsName> = new Set(input.names);
  let wake = new AbortController();
  let base: { readonly url: string | 'none'; readonly at: number } | undefined;

  const slotOf = (name: DnsName): Slot => {
    const known = slots.get(name);
    if (known) return known;
    const fresh: Slot = { state: noState, busy: false, waitUntil: 0 };
    slots.set(name, fresh);
    return fresh;
  };
  const load = async (name: DnsName): Promise<Slot> => {
    const slot = slotOf(name);
    if (slot.unsaved !== undefined) {
      await shelf.put(kept.certificate(name), slot.unsaved);
      slot.unsaved = undefined;
    }
    const [text, state] = await Promise.all([shelf.get(kept.certificate(name)), shelf.get(kept.state(name))]);
    slot.state = underSettings(parseState(state), settingsMark(settings));
    if (text === slot.text) return slot;
    slot.text = text;
    const parts = text === undefined ? undefined : splitPem(text);
    const read = parts ? readCertificate(parts.chain, parts.key) : 'holds no key and certificate.';
    if (typeof read !== 'string') slot.certificate = read;
    else if (text !== undefined)
      log(`What is kept for ${name} ${read}${settings ? ' A new certificate is ordered.' : ''}`);
    return slot;
  };
  const refresh = async (): Promise<void> => {
    const changed = await input.reread?.();
    if (changed) {
      if (changed.acme?.directory !== settings?.directory) base = undefined;
      ({ acme: settings, fetch } = changed);
      files.use(changed.files ?? []);
    }
    await files.refresh();
    const all = [...names];
    // One after the other in small groups: a store with a thousand names is not asked for all at once.
    for (let from = 0; from < all.length; from += 8)
      // oxlint-disable-next-line no-await-in-loop -- see above
      await Promise.all(all.slice(from, from + 8).map(async (name) => (slotOf(name).busy ? undefined : load(name))));
  };
  const found = (name: DnsName): PlacedCertificate | undefined => {
    const slot = slots.get(name);
    const own = slot?.certificate
      ? [{ certificate: slot.certificate, from: settings ? `acme ${settings.directory}` : 'acme' }]
      : [];
    const all = [...files.find(name), ...own];
    return all.find(({ certificate }) => certificate.notAfter > now() && certificate.notBefore <= now()) ?? all[0];
  };
  /** Files that serve the name today spare the order. */
  const covered = (name: DnsName): boolean => files.find(name).some(({ certificate }) => certificate.notAfter > now());
  const next = (name: DnsName): Next & { readonly at: number } => {
    const slot = slotOf(name);
    const planned = nextFor(slot.certificate, slot.state, base?.url !== 'none');
    return { ...planned, at: Math.max(planned.at, slot.waitUntil) };
  };

  const orderOne = async (name: DnsName, settings: AcmeSettings, signal: AbortSignal): Promise<void> => {
    const slot = await load(name); // another machine may have been here
    const due = next(name);
    if (due.do !== 'order' || due.at > now()) return;
    const parts: OrderInput = { ...input, fetch, settings, challenges, acme };
    const outcome = await order(parts, name, signal, due.replaces);
    const read = outcome.kind === 'issued' ? readCertificate(outcome.chain, outcome.key) : undefined;
    if (outcome.kind === 'issued' && typeof read === 'object' && read.names.includes(name)) {
      const text = pemText(outcome.key, outcome.chain);
      // It serves even when it cannot be kept.
      Object.assign(slot, { text, unsaved: text, certificate: read, state: noState });
      await shelf.put(kept.certificate(name), text);
      slot.unsaved = undefined;
      await shelf.put(kept.state(name), formatState(noState));
      log(`${name} has a certificate of ${read.issuer} until ${dayOf(read.notAfter)}.`);
      return;
    }
    const fault =
      outcome.kind === 'failed'
        ? outcome.fault
        : `The authority issued a certificate for ${name} that cannot serve: it ${typeof read === 'string' ? read : 'is for other names.'}`;
    const failures = slot.state.failures + 1;
    const pause = pauseAfter(failures, share(), outcome.kind === 'failed' ? outcome.retryAfterMs : undefined);
    slot.state = { ...slot.state, failures, nextTryAt: now() + pause, fault, mark: settingsMark(settings) };
    const still =
      slot.certificate && slot.certificate.notAfter > now()
        ? ` Until ${dayOf(slot.certificate.notAfter)} the certificate there is serves on.`
        : '';
    log(`${fault}${still} Next try ${timeOf(slot.state.nextTryAt)}.`);
    await shelf.put(kept.state(name), formatState(slot.state));
  };
  const ask = async (name: DnsName, { directory }: AcmeSettings, signal: AbortSignal): Promise<void> => {
    const slot = slotOf(name);
    const certId = slot.certificate?.certId;
    if (certId === undefined) return;
    if (!base || now() - base.at > directoryLifeMs) {
      const url = await renewalBase({ fetch }, directory, signal);
      if (url !== undefined) base = { url, at: now() };
    }
    const told = slot.state.renewal?.certId === certId ? slot.state.renewal : undefined;
    if (base?.url === 'none') return;
    const answer = base ? await askRenewal({ fetch, now, random: share }, base.url, certId, told, signal) : undefined;
    const at = answer?.at ?? told?.at ?? twoThirds(slot.certificate as ReadyCertificate);
    if (answer?.explanation !== undefined && at !== told?.at)
      log(`${name}: the authority says why it is renewed then: ${answer.explanation}`);
    slot.state = { ...slot.state, renewal: { certId, at, askAgainAt: answer?.askAgainAt ?? now() + unansweredMs } };
    await shelf.put(kept.state(name), formatState(slot.state));
  };
  const work = async (name: DnsName, settings: AcmeSettings, signal: AbortSignal): Promise<void> => {
    const slot = slotOf(name);
    slot.busy = next(name).do === 'ask' ? 'asking' : 'ordering';
    try {
      if (slot.busy === 'asking') return await ask(name, settings, signal);
      const done = await input.exclusively(name, async () => {
        await orderOne(name, settings, signal);
        return true;
      });
      if (!done) slot.waitUntil = now() + Math.min(lockWaitMs, refreshMs);
    } catch (error) {
      if (signal.aborted) return;
      slot.waitUntil = now() + minuteMs;
      log(`The certificate of ${name} cannot be kept: ${shelfReason(error)}`);
    } finally {
      slot.busy = false;
    }
  };
  const quietly = async (work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      log(`Certificates cannot be read: ${shelfReason(error)}`);
    }
  };
  /** Starts what is due; answers when something is due next. */
  const startDue = (settings: AcmeSettings, active: Set<Promise<void>>, signal: AbortSignal): number => {
    let earliest = Number.POSITIVE_INFINITY;
    for (const name of names) {
      if (slotOf(name).busy || covered(name)) continue;
      const { at } = next(name);
      if (at > now()) earliest = Math.min(earliest, at);
      else if (active.size < ordersAtOnce) {
        const running = work(name, settings, signal).finally(() => {
          active.delete(running);
          wake.abort();
        });
        active.add(running);
      }
    }
    return earliest;
  };
  const watchChallenges = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      // oxlint-disable-next-line no-await-in-loop -- it looks again and again
      if (settings?.challenge === 'tls-alpn-01') await quietly(() => challenges.refresh());
      // oxlint-disable-next-line no-await-in-loop -- as above
      await input.sleep(challengeRefreshMs, signal).catch(() => {});
    }
  };

  await refresh();
  return {
    contextFor: (name) => found(plainName(name))?.certificate.context,
    challengeContextFor: (name) => challenges.context(plainName(name)),
    challengeAnswer: (token) => challenges.answer(token),
    facts: () =>
      [...new Set([...names, ...slots.keys()])].map((name) =>
        factsOf(name, found(name), slots.get(name), settings, covered(name), now()),
      ),
    wanted: (wantedNames) => {
      if (wantedNames.length === names.size && wantedNames.every((name) => names.has(name))) return;
      names = new Set(wantedNames);
      for (const [name, slot] of slots)
        if (!names.has(name) && !slot.busy && !(slot.certificate && slot.certificate.notAfter > now()))
          slots.delete(name);
      wake.abort();
    },
    run: async (signal) => {
      const active = new Set<Promise<void>>();
      const watching = input.shared ? watchChallenges(signal) : undefined;
      let refreshed = Number.NEGATIVE_INFINITY;
      let seen: ReadonlySet<DnsName> = names;
      while (!signal.aborted) {
        /* oxlint-disable no-await-in-loop -- the loop of the keeper */
        wake = new AbortController();
        if (now() - refreshed >= refreshMs || seen !== names) {
          [refreshed, seen] = [now(), names];
          await quietly(refresh);
        }
        const earliest = settings ? startDue(settings, active, signal) : Number.POSITIVE_INFINITY;
        const pause = Math.max(10, Math.min(earliest - now(), refreshed + refreshMs - now()));
        await input.sleep(pause, AbortSignal.any([signal, wake.signal])).catch(() => {});
        /* oxlint-enable no-await-in-loop */
      }
      await Promise.all([...active, watching]);
    },
  };
}

/** SNI as clients send it (RFC 6066 §3): compared without case and final dot. It is looked up only, never kept. */
const plainName = (name: string): DnsName => name.toLowerCase().replace(/\.$/, '') as DnsName;

function factsOf(
  name: DnsName,
  placed: PlacedCertificate | undefined,
  slot: Slot | undefined,
  settings: AcmeSettings | undefined,
  covered: boolean,
  now: number,
): CertificateFacts {
  const { state } = slot ?? {};
  const failed = !covered && state !== undefined && state.failures > 0;
  const valid = placed !== undefined && placed.certificate.notAfter > now;
  const renewing = slot?.busy === 'ordering' && placed !== undefined;
  return {
    name,
    state: renewing ? 'renewing' : failed ? 'failed' : valid ? 'good' : 'waiting',
    ...(placed
      ? {
          notBefore: placed.certificate.notBefore,
          notAfter: placed.certificate.notAfter,
          issuer: placed.certificate.issuer,
        }
      : {}),
    from: placed?.from ?? (settings ? `acme ${settings.directory}` : 'nowhere'),
    ...(failed ? { nextTryAt: state.nextTryAt } : {}),
    ...(failed && state.fault !== undefined ? { fault: state.fault } : {}),
  };
}

const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);
const timeOf = (time: number): string => `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
