/** Where the configuration stands: in the folder one is in, then in the places of the user and of the machine. */
import path from 'node:path';
import { withHostedFiles } from './hosted-files.ts';
import { problemText } from './problem.ts';
import { readConfig, type Config } from './read-config.ts';

export interface FindOutside {
  readonly env: Readonly<Record<string, string | undefined>>;
  exists(path: string): Promise<boolean>;
}

export type FoundConfig =
  | { readonly kind: 'found'; readonly file: string }
  /** `message` is for a person and says what to do. */
  | { readonly kind: 'none'; readonly looked: readonly string[]; readonly message: string };

/**
 * Paths are tried in this order: `septet.yaml` and `septet.yml` here, `$XDG_CONFIG_HOME/septet/septet.yaml` (or below
 * `~/.config`), `/etc/septet/septet.yaml`. `named` (`--config`) or `SEPTET_CONFIG` is taken as it is, whether it is there
 * or not: reading it tells.
 */
export async function findConfig(outside: FindOutside, named?: string): Promise<FoundConfig> {
  const given = named ?? outside.env['SEPTET_CONFIG'];
  if (given !== undefined && given !== '') return { kind: 'found', file: given };
  const looked = placesOf(outside.env);
  for (const file of looked) {
    // oxlint-disable-next-line no-await-in-loop -- the first that is there counts
    if (await outside.exists(file)) return { kind: 'found', file };
  }
  const message =
    `There is no configuration yet: ${looked.join(', ')} are not there.\n` +
    'Run `septet init` to write one, or name a file with --config.';
  return { kind: 'none', looked, message };
}

/** The usual places, in the order in which they are tried. */
export function placesOf(env: FindOutside['env']): readonly string[] {
  const { XDG_CONFIG_HOME: config, HOME: home } = env;
  // XDG Base Directory: a path that is not absolute does not count.
  const user = config && path.isAbsolute(config) ? config : home ? path.join(home, '.config') : undefined;
  return [
    'septet.yaml',
    'septet.yml',
    ...(user === undefined ? [] : [path.join(user, 'septet', 'septet.yaml')]),
    '/etc/septet/septet.yaml',
  ];
}

export interface LoadOutside extends FindOutside {
  /** Rejects with an error whose message is a sentence for a person. */
  readFile(path: string): Promise<Uint8Array>;
}

export type LoadedConfig =
  | { readonly kind: 'good'; readonly config: Config }
  /** Lines for a person. */
  | { readonly kind: 'none' | 'bad'; readonly message: string };

/**
 * Finds and reads the configuration. Without a file, domains in the environment alone are a configuration. Rejects only
 * as `readFile` does.
 */
export async function loadConfig(outside: LoadOutside, named?: string): Promise<LoadedConfig> {
  const found = await findConfig(outside, named);
  const alone = Object.keys(outside.env).some((name) => name.startsWith('SEPTET_DOMAINS__'));
  if (found.kind === 'none' && !alone) return { kind: 'none', message: found.message };
  const file = found.kind === 'found' ? found.file : 'septet.yaml';
  const text = found.kind === 'found' ? Buffer.from(await outside.readFile(file)).toString('utf8') : '';
  const read = readConfig(text, { file, env: outside.env });
  if (read.kind === 'good') {
    const hosted = await withHostedFiles(read.config, (name) => outside.readFile(name));
    if (hosted.kind === 'good') return hosted;
    return { kind: 'bad', message: ['The configuration cannot be used:', ...hosted.problems].join('\n') };
  }
  const title = read.problems.length === 1 ? 'The configuration cannot be used.' : 'The configuration cannot be used:';
  const lines = read.problems.map((problem) => problemText(file, problem));
  const more = read.more > 0 ? [`And ${read.more} more.`] : [];
  return { kind: 'bad', message: [title, ...lines, ...more].join('\n') };
}
