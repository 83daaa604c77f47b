/** `septet reports import`: reports into the store, each once, with a sum at the end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openStore } from '../../store/open-store.ts';
import { pauseFor, patiently, StoreFault } from '../../store/sql/sql-fault.ts';
import type { Store } from '../../store/store.ts';
import { adoptReports } from '../../watch/intake/adopt.ts';
import { filesBelow } from '../../watch/intake/files.ts';
import { followFolder } from '../../watch/intake/follow-folder.ts';
import { openIntake, type Intake } from '../../watch/intake/intake.ts';
import { readMailbox, stayWithMailbox, type MailboxEnd } from '../../watch/intake/mailbox-items.ts';
import { Interrupted } from '../../watch/intake/patience.ts';
import type { World } from '../../world/world.ts';
import { InputError, type Io } from '../io.ts';
import { openWorld } from '../open-world.ts';
import { storePlace } from '../store-option.ts';
import { visibleLines } from '../visible.ts';
import { importSettings, type ImportOptions, type ImportSettings } from './import-options.ts';
import { plural } from './words.ts';
import { importTeller, type ImportTeller, type ImportTrouble } from './import-text.ts';

export type { ImportOptions } from './import-options.ts';

/** How often it is looked whether the store still takes what was read. */
const beatMs = 500;

/**
 * Exit code: 0; 1 something was refused; 3 a database or mailbox stayed away, a signature could not be checked, or it was
 * interrupted. Throws `InputError` for wrong use.
 */
export async function importReports(paths: readonly string[], options: ImportOptions, io: Io): Promise<number> {
  const settings = await importSettings(paths, options, io);
  const ca = await Promise.all((options.ca ?? []).map(async (file) => (await io.readFile(file)).toString('utf8')));
  for (const line of settings.warnings) io.err(`${visibleLines(line)}\n`);
  const asked = settings.resolvers.length > 0 && !options.zone && !options.replay;
  const { world, close } = await openWorld(
    { ...(asked ? { resolver: settings.resolvers } : {}), ...options, https: false },
    io,
  );
  const ending = new AbortController();
  void io.untilInterrupted?.().then(() => ending.abort());
  const teller = importTeller({ io, json: options.json === true, stays: settings.stays });
  let store: Store | undefined;
  try {
    const into = await opened(options, settings, io);
    store = into;
    const intake = openIntake({
      store: into,
      world,
      domains: settings.domains,
      keepFailures: settings.keepFailures,
      allowUnauthenticated: options.allowUnauthenticated === true,
      signal: ending.signal,
      limits: settings.limits,
      patienceSeconds: settings.stays ? Infinity : settings.patienceSeconds,
      tell: teller.tell,
    });
    const adopted = await patiently(() => adoptReports(into, settings.domains), settings.patienceSeconds);
    if (adopted !== undefined) intake.note({ kind: 'notice', text: adopted });
    const run: Run = { paths, options, settings, io, world, intake, ca, signal: ending.signal, teller };
    const trouble = await readAll(run);
    return teller.end(intake.summary(), settings, trouble);
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
    if (!error.retryable) throw new InputError(error.message);
    teller.fail(error.message);
    return 3;
  } finally {
    await close();
    await store?.close().catch((error: unknown) => teller.fail(String(error instanceof Error ? error.message : error)));
  }
}

interface Run {
  readonly paths: readonly string[];
  readonly options: ImportOptions;
  readonly settings: ImportSettings;
  readonly io: Io;
  readonly world: World;
  readonly intake: Intake;
  readonly ca: readonly string[];
  readonly signal: AbortSignal;
  readonly teller: ImportTeller;
}

/** A database that does not answer is waited for. Throws `StoreFault`, or `InputError` for a wrong place. */
function opened(options: ImportOptions, settings: ImportSettings, io: Io): Promise<Store> {
  const place = storePlace(options, io);
  let told = false;
  return patiently(
    () => openStore(place, { now: () => io.now(), randomBytes: io.randomBytes }),
    settings.patienceSeconds,
    (milliseconds) => {
      if (!told)
        io.err(`The store does not answer; it is tried again for ${plural(settings.patienceSeconds, 'second')}.\n`);
      told = true;
      return pauseFor(milliseconds);
    },
  );
}

async function readAll(run: Run): Promise<ImportTrouble | undefined> {
  const { intake, settings, signal } = run;
  const texts: string[] = [];
  let wrong = false;
  const mailboxEnd = (end: MailboxEnd): void => {
    if (end.kind !== 'failed' || signal.aborted) return;
    texts.push(end.why);
    wrong ||= !end.again;
  };
  try {
    await readFiles(run);
    if (run.options.idle !== true) {
      for (const url of settings.mailboxes) {
        if (signal.aborted) break;
        // oxlint-disable-next-line no-await-in-loop -- one mailbox after another
        mailboxEnd(await readMailbox(intake, { url, ...mailboxRun(run) }, settings.patienceSeconds));
      }
    }
    await intake.settle();
    if (settings.stays && !signal.aborted) {
      run.teller.follows();
      await staying(run, (text) => void ((wrong = true), texts.push(text)), mailboxEnd);
    }
    await intake.settle();
  } catch (error) {
    if (error instanceof StoreFault && error.retryable) return { kind: 'away', texts: [...texts, error.message] };
    if (!(error instanceof Interrupted)) throw error;
  }
  // Who stays is ended by an interrupt, and that is how it is meant.
  if (signal.aborted && !settings.stays) return { kind: 'interrupted', texts };
  if (texts.length === 0) return undefined;
  return { kind: wrong ? 'wrong' : 'away', texts };
}

const mailboxRun = ({ settings, ca, signal, world }: Run) => ({
  done: settings.done,
  ...(ca.length > 0 ? { ca } : {}),
  signal,
  world,
});

async function readFiles({ paths, io, intake, signal }: Run): Promise<void> {
  for (const path of paths.filter((one) => one === '-')) {
    // oxlint-disable-next-line no-await-in-loop -- there is one standard input
    await intake.take({ origin: 'standard input', octets: () => io.chunks(path), once: true });
  }
  for await (const found of filesBelow(paths.filter((one) => one !== '-'))) {
    if (signal.aborted) return;
    if (found.kind === 'file') await intake.take(found.item);
    else intake.note(found);
  }
}

/** Until it is interrupted, or nothing is left to stay with, or the store fails for good. */
async function staying(run: Run, gone: (text: string) => void, mailboxEnd: (end: MailboxEnd) => void): Promise<void> {
  const { intake, settings, options, world, signal } = run;
  const failing = new AbortController();
  const both = AbortSignal.any([signal, failing.signal]);
  const folders = (options.follow ?? []).map(async (folder) => {
    const text = await followFolder(intake, folder, { signal: both, now: world.now });
    if (text !== undefined) gone(text);
  });
  const mailboxes =
    options.idle === true
      ? settings.mailboxes.map(async (url) =>
          mailboxEnd(await stayWithMailbox(intake, { url, ...mailboxRun(run), signal: both })),
        )
      : [];
  const sources = [...folders, ...mailboxes];
  const all = Promise.allSettled(sources).then(() => failing.abort());
  const beat = async (): Promise<void> => {
    while (!both.aborted) {
      // oxlint-disable-next-line no-await-in-loop -- one beat after another
      await sleep(beatMs, undefined, { signal: both }).catch(() => {});
      // oxlint-disable-next-line no-await-in-loop -- the same
      await intake.settle();
    }
  };
  try {
    await Promise.race([Promise.all(sources), beat()]);
  } finally {
    failing.abort();
    await all;
  }
}
