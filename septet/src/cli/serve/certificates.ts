/** `septet certificates`: which names have a certificate, until when, and from where. Looks, and orders nothing. */
import type { Command } from 'commander';
import { loadConfig } from '../../config/find-config.ts';
import { parseName } from '../../dns/name.ts';
import { registrableDomain } from '../../dns/public-suffix.ts';
import type { CertificateFacts } from '../../serve/certificates/certificates.ts';
import { readFacts } from '../../serve/certificates/keep-certificates.ts';
import { folderShelf, shelfReason } from '../../serve/certificates/shelf.ts';
import { InputError, type Io } from '../io.ts';
import { cutTo, painter, wrap, type Paint, type Style } from '../paint.ts';
import { addStoreOptions, dataFolder, openStoreOf, storePlace, type StoreOptions } from '../store-option.ts';
import { visible, visibleJson, widthOf } from '../visible.ts';
import { certificateNames, plainSettings, shelfOf } from './open-certificates.ts';

interface CertificatesOptions extends StoreOptions {
  readonly config?: string;
  readonly json?: boolean;
}

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  addStoreOptions(command)
    .option('--config <file>', 'the configuration (default: septet.yaml here, then the usual places)')
    .option('--json', 'the same as JSON')
    .action(async (options: CertificatesOptions) => done(await certificates(options, io)));
}

/** Exit code: 0; 1 where a name has no certificate that serves today, or the last order for it failed. */
export async function certificates(options: CertificatesOptions, io: Io): Promise<number> {
  const loaded = await loadConfig(io, options.config);
  if (loaded.kind !== 'good') throw new InputError(loaded.message);
  const { config } = loaded;
  const settings = plainSettings(config);
  const names = certificateNames(config);
  const lines: string[] = [];
  const place = storePlace(options, io);
  // Certificates are files beside SQLite: that one is not opened, so that nothing is made by looking.
  const store = place.kind === 'postgres' ? await openStoreOf(options, io) : undefined;
  const facts = await (async () => {
    try {
      const shelf = store ? await shelfOf(store, '', settings) : folderShelf(dataFolder(options, io));
      const input = {
        names,
        files: settings.files,
        shelf,
        now: () => io.now(),
        readFile: (path: string) => io.readFile(path),
      };
      const all = await readFacts({
        ...input,
        ...(settings.acme ? { acme: settings.acme } : {}),
        log: (line) => void lines.push(line),
      });
      return [...all].sort((a, b) => (a.name < b.name ? -1 : 1));
    } catch (error) {
      if (error instanceof InputError) throw error;
      throw new InputError(`The certificates cannot be read: ${shelfReason(error)}`);
    } finally {
      await store?.close();
    }
  })();
  for (const line of lines) io.err(`${visible(line)}\n`);
  await io.out(
    options.json
      ? `${visibleJson(jsonOf(facts, io.now()), 2)}\n`
      : tableOf(facts, io.now(), painter(io.columns, io.colours)),
  );
  return facts.every((one) => isServed(one, io.now()) && one.state !== 'failed') ? 0 : 1;
}

const dayMs = 86_400_000;
const isServed = ({ notAfter }: CertificateFacts, now: number): boolean => notAfter !== undefined && notAfter > now;
/** Whole days that are left; negative after the end. */
const daysLeft = (notAfter: number, now: number): number => Math.floor((notAfter - now) / dayMs);

/** `docs/json.md` describes it. */
const jsonOf = (facts: readonly CertificateFacts[], now: number) => ({
  version: 1,
  certificates: facts.map(({ name, state, notBefore, notAfter, issuer, from, nextTryAt, fault }) => ({
    name,
    state,
    notBefore: timeOf(notBefore),
    notAfter: timeOf(notAfter),
    days: notAfter === undefined ? null : daysLeft(notAfter, now),
    issuer: issuer ?? null,
    from,
    nextTry: timeOf(nextTryAt),
    fault: fault ?? null,
  })),
});

const timeOf = (time: number | undefined): string | null => (time === undefined ? null : new Date(time).toISOString());

const styles: Readonly<Record<CertificateFacts['state'], Style>> = {
  good: 'green',
  renewing: 'yellow',
  waiting: 'yellow',
  failed: 'red',
};

/** At most as wide as the terminal, 80 columns or more. */
function tableOf(facts: readonly CertificateFacts[], now: number, paint: Paint): string {
  if (facts.length === 0)
    return `${wrap('The configuration has no name for septet serve: no domain has mtaSts, tracking or a bimi file.', paint.columns, '')}\n`;
  const longest = Math.max(...facts.map(({ name }) => widthOf(name)), 'Name'.length);
  const nameWidth = Math.max(20, Math.min(longest, paint.columns - 50));
  const fromWidth = Math.max(16, paint.columns - nameWidth - 34);
  const line = (name: string, until: string, state: string, style: Style | undefined, from: string): string => {
    const shownState = style ? paint(style, state.padEnd(8)) : state.padEnd(8);
    const rest = `  ${until.padEnd(20)}  ${shownState}  ${cutTo(visible(from), fromWidth)}`.trimEnd();
    const shown = visible(name);
    const room = nameWidth - widthOf(shown);
    // A name that is too long keeps a line for itself, so that it can be copied.
    return room >= 0 ? `${shown}${' '.repeat(room)}${rest}` : `${shown}\n${' '.repeat(nameWidth)}${rest}`;
  };
  const lines = [paint('bold', line('Name', 'Until', 'State', undefined, 'From'))];
  for (const one of facts) {
    lines.push(
      line(
        one.name,
        untilText(one, now),
        stateText(one, now),
        isServed(one, now) || one.state !== 'good' ? styles[one.state] : 'red',
        fromText(one),
      ),
    );
    if (one.fault !== undefined) lines.push(wrap(one.fault, paint.columns, '  '));
    if (one.nextTryAt !== undefined) lines.push(wrap(`Next try ${minuteText(one.nextTryAt)}.`, paint.columns, '  '));
  }
  return `${lines.join('\n')}\n`;
}

function untilText({ notAfter }: CertificateFacts, now: number): string {
  if (notAfter === undefined) return 'none yet';
  const days = daysLeft(notAfter, now);
  const left = days < 0 ? 'ended' : days === 1 ? '1 day' : `${days} days`;
  return `${new Date(notAfter).toISOString().slice(0, 10)}, ${left}`;
}

const stateText = (one: CertificateFacts, now: number): string =>
  one.notAfter !== undefined && one.notAfter <= now && one.state !== 'failed' ? 'ended' : one.state;

/** `acme letsencrypt.org` is enough for a person; `--json` has the whole URL. */
function fromText({ from }: CertificateFacts): string {
  if (!from.startsWith('acme https://')) return from;
  const { hostname } = new URL(from.slice('acme '.length));
  const name = parseName(hostname);
  return `acme ${(name.ok && registrableDomain(name.name)) || hostname}`;
}

const minuteText = (time: number): string => `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
