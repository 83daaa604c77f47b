/** `septet dkim generate` and `septet dkim import`: a key pair is kept, and its record printed. */
import path from 'node:path';
import { txtSet } from '../../change/txt.ts';
import { linesOf } from '../../dns/zone-write.ts';
import { defaultTtlSeconds } from '../../config/domain-keys.ts';
import { shellWord } from '../../providers/forms/shell.ts';
import {
  fitsRecord,
  keyName,
  keyTypes,
  makeKey,
  parseSelector,
  readPrivateKey,
  type KeyType,
} from '../../records/dkim/make-key.ts';
import { read } from '../../records/dkim/record.ts';
import { listKeys, readOwnKeys, saveKey, type NewKey, type SavedKey } from '../../store/files/keys.ts';
import { factsText, openKeys, pathText, selectorOf, type KeyOptions, type KeySession } from './dkim-session.ts';
import { InputError, type Io } from '../io.ts';
import { painter, wrap, type Paint } from '../paint.ts';
import { visible, visibleJson } from '../visible.ts';

export interface GenerateOptions {
  readonly selector?: string;
  readonly type: string;
  readonly force?: boolean;
}

export interface ImportOptions {
  readonly selector?: string;
  readonly record?: string;
  readonly force?: boolean;
}

export async function generate(
  text: string | undefined,
  options: GenerateOptions & KeyOptions,
  io: Io,
): Promise<number> {
  const type = keyTypeOf(options.type);
  const session = await openKeys(text, options, io);
  const known = await readOwnKeys(session.state, session.domain);
  const selector =
    options.selector === undefined ? freeSelector(session, known) : selectorOf(options.selector, session.domain);
  if (known.has(selector) && !options.force) throw alreadyThere(session, selector);
  const saved = await keep(session, { selector, key: await makeKey(type), createdAt: io.now(), ...force(options) });
  await show('Made', session, saved, [], options, io);
  return 0;
}

export async function importKey(
  file: string,
  text: string | undefined,
  options: ImportOptions & KeyOptions,
  io: Io,
): Promise<number> {
  const session = await openKeys(text, options, io);
  const selector =
    options.selector === undefined ? namedByFile(file, session) : selectorOf(options.selector, session.domain);
  const reading = readPrivateKey((await io.readFile(file)).toString('latin1'));
  const shown = file === '-' ? 'Standard input' : visible(file);
  if (reading.kind === 'bad')
    throw new InputError(`${shown} ${reading.why.replace('FILE', () => visible(shellWord(file)))}`);
  if (options.record !== undefined) {
    const record = recordIn((await io.readFile(options.record)).toString('latin1'));
    if (read(record) === undefined) {
      throw new InputError(`${visible(options.record)} holds no DKIM key record: a text that begins with v=DKIM1.`);
    }
    if (!fitsRecord(reading.key, record)) {
      throw new InputError(
        `The record in ${visible(options.record)} is not the public half of ${visible(file)}: mail signed with it would fail (dkim.private.mismatch). Give the record that belongs to it, or none: Septet makes it from the key.`,
      );
    }
  }
  const known = await readOwnKeys(session.state, session.domain);
  if (known.has(selector) && !options.force) throw alreadyThere(session, selector);
  const saved = await keep(session, { selector, key: reading.key, createdAt: io.now(), ...force(options) });
  await show('Imported', session, saved, reading.warnings, options, io);
  return 0;
}

export function keyTypeOf(text: string): KeyType {
  const type = keyTypes.find((one) => one === text.toLowerCase());
  if (type !== undefined) return type;
  throw new InputError(`--type is one of ${keyTypes.join(', ')}, not ${visible(text)}.`);
}

const force = (options: { readonly force?: boolean }): { readonly replace?: true } =>
  options.force ? { replace: true } : {};

/** The selector for which the configuration misses a key; `s1` without one. */
function freeSelector(session: KeySession, known: ReadonlyMap<string, string>): string {
  const missing = session.selectors.filter((selector) => !known.has(selector));
  const [only, ...others] = missing;
  if (only !== undefined && others.length === 0) return only;
  if (only !== undefined) {
    throw new InputError(
      `The configuration wants several keys for ${session.domain}. Say which: --selector ${missing.join(' or ')}`,
    );
  }
  return session.selectors[0] ?? 's1';
}

function alreadyThere(session: KeySession, selector: string): InputError {
  return new InputError(
    `${session.domain} has a key ${selector} already, and nothing was written. To make one beside it, give another --selector. To replace it without a gap:\n  ${session.command('dkim rotate', '--from', selector)}`,
  );
}

/** `s1` of `keys/s1.private`. */
function namedByFile(file: string, session: KeySession): string {
  const base = path.basename(file).replace(/\.(private|pem|key)$/i, '');
  const selector = file === '-' ? undefined : parseSelector(base, session.domain);
  if (selector !== undefined) return selector;
  throw new InputError('Give the selector of the key, as in: septet dkim import key.pem example.com --selector s1');
}

/** The text of a record as it is, or out of the strings of a zone line (opendkim-genkey, rspamadm dkim_keygen). */
export function recordIn(text: string): string {
  const strings = [...text.slice(0, 65_536).matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((match) => match[1] ?? '');
  return (strings.length > 0 ? strings.join('') : text).replaceAll(String.raw`\;`, ';').trim();
}

async function keep(session: KeySession, made: NewKey): Promise<SavedKey & { readonly kind: 'saved' }> {
  const saved = await saveKey(session.state, session.domain, made);
  if (saved.kind === 'exists') throw alreadyThere(session, made.selector);
  return saved;
}

async function show(
  verb: string,
  session: KeySession,
  saved: SavedKey & { readonly kind: 'saved' },
  warnings: readonly string[],
  options: KeyOptions,
  io: Io,
): Promise<void> {
  const { domain } = session;
  const { half, pemFile, setAside } = saved;
  const publicFile = pemFile.replace(/\.pem$/, '.json');
  const name = keyName(half.selector, domain);
  const set = txtSet(name, session.settings?.intent.ttlSeconds ?? defaultTtlSeconds, half.record);
  const zone = linesOf(set)[0] ?? '';
  if (options.format === 'json') {
    const value = {
      version: 1,
      domain,
      selector: half.selector,
      type: half.type,
      bits: half.bits,
      createdAt: half.createdAt,
      files: { private: pemFile, public: publicFile, ...(setAside === undefined ? {} : { setAside }) },
      record: { name, type: 'TXT', value: half.record, zone },
      warnings,
    };
    await io.out(`${visibleJson(value, 2)}\n`);
    return;
  }
  const paint = painter(io.columns, io.colours);
  const lines = [
    paint('bold', wrap(`${verb} the key ${half.selector} of ${domain} (${factsText(half)}).`, paint.columns, '')),
    `  private  ${pathText(pemFile)}`,
    `  public   ${pathText(publicFile)}`,
  ];
  if (setAside !== undefined) lines.push(`  before   ${pathText(setAside)}`);
  lines.push(
    wrap('The private half is readable by you alone. Keep a copy of it as you keep passwords.', paint.columns, '  '),
  );
  for (const warning of warnings) lines.push(wrap(warning, paint.columns, '  ', `  ${paint('yellow', 'warning:')} `));
  if (setAside !== undefined) {
    const warning = `Mail that is signed with the key before fails as soon as the new record stands at ${name}.`;
    lines.push(wrap(warning, paint.columns, '  ', `  ${paint('yellow', 'warning:')} `));
  }
  // What is copied stands in a line of its own and is never cut.
  lines.push('', 'The record to publish:', '  type   TXT', `  name   ${name}`, '  value, one line:', half.record, '');
  lines.push('The same as a line of a zone file:', zone, '');
  lines.push(...(await nextLines(session, half.selector, paint)));
  await io.out(`${lines.join('\n')}\n`);
}

async function nextLines(session: KeySession, selector: string, paint: Paint): Promise<readonly string[]> {
  const { domain, settings, config } = session;
  const others = (await listKeys(session.state, domain)).filter(
    (key) => key.selector !== selector && key.revokedAt === undefined,
  );
  const plan = session.command('plan');
  const planned =
    settings === undefined
      ? config === undefined
        ? `Publish the record at your DNS host. With a configuration (septet init ${domain}) Septet does it, and checks it.`
        : `${domain} is not in ${config.file}: publish the record at your DNS host, or add it with septet init ${domain}.`
      : session.selectors.includes(selector)
        ? 'See it as a step of the plan, then publish it:'
        : `Name the selector in ${config?.file ?? 'septet.yaml'}: selector: ${selector} in the settings of the sender that signs; then see it in the plan, and publish it:`;
  const commands = settings === undefined ? [] : [plan, session.command('publish')];
  const entries: (readonly [string, readonly string[]])[] = [
    [planned, commands],
    [
      'When it is seen everywhere, give the key to the software that signs (opendkim, rspamd, exim…):',
      [session.command('dkim export', '--for', 'opendkim', '--selector', selector)],
    ],
  ];
  const [other] = others;
  if (other !== undefined) {
    entries.push([
      `Where it takes the place of ${other.selector}, do that without a gap:`,
      [session.command('dkim rotate', '--from', other.selector, '--selector', selector)],
    ]);
  }
  return [
    'Next:',
    ...entries.flatMap(([text, own], i) => [
      wrap(text, paint.columns, '     ', `  ${i + 1}. `),
      ...own.map((line) => `       ${line}`),
    ]),
  ];
}
