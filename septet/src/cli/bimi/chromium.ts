/** Draws a page of our own as a PNG with the Chromium that is installed. It gets no network and a profile of its own. */
import { spawn } from 'node:child_process';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { InputError, type Io } from '../io.ts';

/** As Debian, other systems and Google call it. */
const programs = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const usualFolders = ['/usr/bin', '/usr/local/bin', '/snap/bin'];
const maxMilliseconds = 60_000;

export interface DrawOptions {
  /** Pixels of the page; the picture has twice as many. */
  readonly width: number;
  readonly height: number;
  /** The file that is written. */
  readonly out: string;
  readonly io: Pick<Io, 'env' | 'exists'>;
}

/** Rejects with `InputError` when there is no Chromium, when it fails, or when `out` cannot be written. */
export async function drawPage(page: string, { width, height, out, io }: DrawOptions): Promise<void> {
  const program = await findProgram(io.env, io.exists);
  if (program === undefined) {
    throw new InputError(
      'A picture needs Chromium, which is not installed here (Debian: apt install chromium). --html makes a page for any browser.',
    );
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'septet-preview-'));
  try {
    const source = path.join(folder, 'page.html');
    const picture = path.join(folder, 'page.png');
    await writeFile(source, page);
    const said = await runProgram(
      program,
      folder,
      [
        '--headless',
        // Chromium does not sandbox for root, which is who runs in containers. The page has no script and loads nothing.
        ...(userInfo().uid === 0 ? ['--no-sandbox'] : []),
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--no-first-run',
        '--host-resolver-rules=MAP * ~NOTFOUND',
        `--user-data-dir=${path.join(folder, 'profile')}`,
        '--hide-scrollbars',
        '--force-device-scale-factor=2',
        `--window-size=${width},${height}`,
        `--screenshot=${picture}`,
        pathToFileURL(source).href,
      ],
      io,
    );
    await copyFile(picture, out).catch(async (error: NodeJS.ErrnoException) => {
      const drawn = await io.exists(picture);
      const reason =
        said === undefined
          ? `it took more than ${maxMilliseconds / 1000} seconds`
          : said.slice(-200).trim() || 'it wrote nothing';
      throw new InputError(
        drawn
          ? `${out} could not be written: ${error.code ?? error.message}.`
          : `Chromium (${program}) made no picture: ${reason}. --html makes a page for any browser.`,
      );
    });
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/** The first Chromium of the path or the usual folders; `exists` says whether there is a file of a name. */
export async function findProgram(env: Io['env'], exists: Io['exists']): Promise<string | undefined> {
  const folders = [
    ...(env['PATH'] ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder)),
    ...usualFolders,
  ];
  for (const folder of folders) {
    for (const name of programs) {
      // oxlint-disable-next-line no-await-in-loop -- the first that is there
      if (await exists(path.join(folder, name))) return path.join(folder, name);
    }
  }
  return undefined;
}

/** What it wrote on standard error; `undefined` when it was ended for taking too long. */
function runProgram(
  program: string,
  home: string,
  args: readonly string[],
  io: DrawOptions['io'],
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...io.env, HOME: home },
    });
    let said = '';
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, maxMilliseconds);
    child.stderr.on('data', (chunk: Buffer) => void (said = (said + chunk.toString('utf8')).slice(-2000)));
    const finish = (): void => {
      clearTimeout(timer);
      resolve(late ? undefined : said);
    };
    child.on('error', (error) => {
      said += error.message;
      finish();
    });
    child.on('exit', finish);
  });
}
