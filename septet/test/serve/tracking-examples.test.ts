/** The unit for systemd and the container file of docs/examples: what they say is run, as far as it can be without them. */
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { freePort, missing, temporaryFolder } from '../servers/process.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const examples = path.join(root, 'docs/examples');
const program = path.join(root, 'septet/bin/septet.js');
const config = `domains:\n  shop.example:\n    mx: [ 10 mx.shop.example ]\n    mtaSts: { mode: testing }\n    tracking: { host: track, target: serve.example }\n`;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const noAnalyze = await missing('systemd-analyze');

describe('the unit', () => {
  test('is one that systemd takes, and that is locked in', { skip: noAnalyze }, async () => {
    const folder = await temporaryFolder('unit');
    try {
      const unit = path.join(folder, 'septet-serve.service');
      const text = await readFile(path.join(examples, 'septet-serve.service'), 'utf8');
      assert.match(text, /^ExecStart=\/usr\/local\/bin\/septet serve /m);
      await writeFile(unit, text.replaceAll('/usr/local/bin/septet', program));
      const { stderr } = await promisify(execFile)('systemd-analyze', ['verify', '--man=no', unit]);
      assert.doesNotMatch(stderr, /septet-serve/);
      const { stdout } = await promisify(execFile)('systemd-analyze', [
        'security',
        '--offline=true',
        '--no-pager',
        unit,
      ]);
      const level = Number(/Overall exposure level for septet-serve\.service: ([\d.]+)/.exec(stdout)?.[1] ?? 10);
      assert.ok(level < 2, `exposure ${level}`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test('its command line is one that the program takes', async () => {
    const text = await readFile(path.join(examples, 'septet-serve.service'), 'utf8');
    const args = /^ExecStart=\/usr\/local\/bin\/septet (.*)$/m.exec(text)?.[1]?.split(' ') ?? [];
    const { stderr } = await promisify(execFile)(process.execPath, [program, ...args], {
      env: { ...process.env, SEPTET_DATA: '/nonexistent' },
    }).catch((error: { stderr: string }) => error);
    assert.match(stderr, /\/etc\/septet\/septet\.yaml cannot be read: there is no such file/);
  });
});

/** Instructions with their text; lines are joined as Docker does it. */
async function instructions(): Promise<readonly (readonly [string, string])[]> {
  const text = await readFile(path.join(examples, 'Containerfile'), 'utf8');
  return text
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => [line.split(' ', 1)[0] ?? '', line.slice(line.indexOf(' ') + 1)] as const);
}

describe('the container file', () => {
  test('its files are there, and what it runs can be run', async () => {
    const folder = await temporaryFolder('container');
    try {
      const steps = await instructions();
      assert.match(steps[0]?.join(' ') ?? '', /^FROM docker\.io\/library\/node:26\.\d+\.\d+-slim$/);
      for (const [, text] of steps.filter(([word]) => word === 'COPY'))
        for (const file of text.split(' ').slice(0, -1)) await stat(path.join(root, file));
      const runs = steps.filter(([word]) => word === 'RUN').map(([, text]) => text);
      assert.equal(runs.length, 3);
      // Without a network the installation is only asked what it would do.
      assert.match(runs[0] ?? '', /^npm ci --omit=dev --omit=optional --ignore-scripts$/);
      const lock = JSON.parse(await readFile(path.join(root, 'package-lock.json'), 'utf8')) as {
        packages: Record<string, { dev?: boolean }>;
      };
      const own = JSON.parse(await readFile(path.join(root, 'septet/package.json'), 'utf8')) as {
        dependencies: Record<string, string>;
      };
      for (const name of Object.keys(own.dependencies))
        assert.ok(lock.packages[`node_modules/${name}`]?.dev !== true, name);
      await mkdir(path.join(folder, 'usr/local/bin'), { recursive: true });
      const user = execFileSync('id', ['-un'], { encoding: 'utf8' }).trim();
      const group = execFileSync('id', ['-gn'], { encoding: 'utf8' }).trim();
      for (const run of runs.slice(1)) {
        const here = run
          .replace('-o node -g node', `-o ${user} -g ${group}`)
          .replaceAll(' /data', ` ${folder}/data`)
          .replaceAll('/opt/septet/', `${root}/`)
          .replaceAll('/usr/local/', `${folder}/usr/local/`);
        execFileSync('sh', ['-ec', here]);
      }
      assert.equal((await stat(path.join(folder, 'data'))).mode & 0o777, 0o700);

      const env = Object.fromEntries(
        steps.filter(([word]) => word === 'ENV').map(([, text]) => text.split('=') as [string, string]),
      );
      assert.deepEqual(env, { SEPTET_CONFIG: '/etc/septet/septet.yaml', SEPTET_DATA: '/data' });
      await writeFile(path.join(folder, 'septet.yaml'), config);
      const [entry, command] = ['ENTRYPOINT', 'CMD'].map(
        (wanted) => JSON.parse(steps.find(([word]) => word === wanted)?.[1] ?? '[]') as string[],
      );
      const [http, https, admin] = [await freePort(), await freePort(), await freePort()];
      const args = (command ?? []).map((word) =>
        word === '8080' ? String(http) : word === '8443' ? String(https) : word,
      );
      const child = spawn(
        path.join(folder, 'usr/local/bin', entry?.[0] ?? ''),
        [...args, '--admin', `127.0.0.1:${admin}`, '--resolver', '127.0.0.1:9'],
        {
          env: {
            PATH: `${path.dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
            SEPTET_CONFIG: path.join(folder, 'septet.yaml'),
            SEPTET_DATA: path.join(folder, 'data'),
          },
          stdio: ['ignore', 'ignore', 'pipe'],
        },
      );
      let log = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
      const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
      try {
        for (let tries = 0; tries < 400 && !log.includes('"Serving."'); tries++) await pause(50);
        assert.match(log, /"Serving\."/);
        const [, health = ''] = steps.find(([word]) => word === 'HEALTHCHECK') ?? [];
        const check = health
          .replace(/^.* CMD /, '')
          .replace(':9470', `:${admin}`)
          .replace(/^node/, `"${process.execPath}"`);
        execFileSync('sh', ['-ec', check]);
        assert.throws(() => execFileSync('sh', ['-ec', check.replace(`:${admin}`, ':9')], { stdio: 'ignore' }));
        child.kill((steps.find(([word]) => word === 'STOPSIGNAL')?.[1] ?? '') as NodeJS.Signals);
        assert.equal(await ended, 0, log);
      } finally {
        child.kill('SIGKILL');
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
