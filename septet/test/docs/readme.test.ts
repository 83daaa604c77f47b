/**
 * What people copy from README.md and docs/first-domain.md works. A `console` block is run and its output compared (`…`
 * stands for lines that are left out); each line of a `sh` block is run with the example domain in the place of
 * yourdomain.com, and with its zone in the place of the network.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { root } from './septet.ts';

const pages = ['README.md', 'docs/first-domain.md', 'docs/publishing.md'];
const zone = '--zone docs/examples/root.zone docs/examples/shop.example.zone';
const testCommand = 'npm ci && npm test';

interface Block {
  readonly page: string;
  readonly language: string;
  readonly lines: readonly string[];
}

/** The commands write files where they are run: a folder of their own, with the examples in the place where they are. */
const folder = mkdtempSync(path.join(tmpdir(), 'septet-readme-'));
symlinkSync(path.join(root, 'docs'), path.join(folder, 'docs'));
after(() => rmSync(folder, { recursive: true, force: true }));

const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const blocks = pages.flatMap((page) =>
  [...read(page).matchAll(/^```(\w+)\n([^]*?)^```$/gm)].map(([, language = '', text = '']): Block => ({
    page,
    language,
    lines: text.trimEnd().split('\n'),
  })),
);

function shell(command: string): { readonly code: number | null; readonly out: string; readonly err: string } {
  const run = spawnSync('sh', ['-c', command.replaceAll('npx septet', 'septet')], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
    input: 'shop.example\n',
    env: {
      PATH: `${path.join(root, 'node_modules/.bin')}${path.delimiter}${process.env['PATH'] ?? ''}`,
      NODE_OPTIONS: `--import ${path.join(root, 'septet/test/loopback-only.ts')}`,
    },
  });
  return { code: run.status, out: run.stdout, err: run.stderr };
}

for (const { page, lines } of blocks.filter(({ language }) => language === 'console')) {
  const [command = '', ...shown] = lines;
  test(`${page}: ${command}`, () => {
    assert.match(command, /^\$ npx septet /);
    const { out, err } = shell(command.slice(2));
    assert.equal(err, '');
    for (const piece of shown.join('\n').split(/^…$/m))
      assert.ok(out.includes(piece.trim()), `${out}\nlacks\n${piece}`);
  });
}

for (const { page, lines } of blocks.filter(({ language }) => language === 'sh')) {
  for (const line of lines) {
    test(`${page}: ${line}`, () => {
      if (line.startsWith('npm ')) {
        // Installing is what brought this test here; the rest of the line is one of the scripts.
        const [install, script = ''] = line.split(' && ');
        assert.equal(install, 'npm ci');
        assert.ok(['npm start', 'npm test'].includes(script), script);
        return;
      }
      assert.match(line, /^npx septet /);
      const offline = line
        .replaceAll(/ --zone \S+/g, '')
        .replaceAll('yourdomain.com', 'shop.example')
        .replace('domains.txt', '-');
      // Nobody is here to ask, and no host to write to.
      const alone = offline
        .replace('septet publish', 'septet publish --dry-run')
        .replace('septet init', 'septet init --yes --force');
      const { code, err } = shell(/ (explain|dkim generate|dkim export) /.test(line) ? alone : `${alone} ${zone}`);
      assert.ok(code === 0 || code === 1, `exit code ${code}: ${err}`);
    });
  }
}

test('npm start shows the sandbox, and CI runs the test command of the README', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const { code, out, err } = shell(scripts['start'] ?? '');
  assert.equal(err, '');
  assert.equal(code, 0);
  assert.match(out, /things to mend/);
  assert.ok(blocks.some(({ page, lines }) => page === 'README.md' && lines.includes(testCommand)));
  assert.equal(read('.ci/run').trimEnd().split('\n').at(-1), testCommand);
});

test('every link between the pages leads somewhere, and every code they name exists', async () => {
  const { entryOf } = await import('../../src/audit/catalogues.ts');
  const all = readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => path.join('docs', file));
  const broken: string[] = [];
  for (const file of ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', ...all]) {
    for (const [, target = ''] of read(file).matchAll(/\]\((?!https?:)([^)#]*)(?:#[^)]*)?\)/g))
      if (target !== '' && !existsSync(path.resolve(root, path.dirname(file), target)))
        broken.push(`${file}: ${target}`);
    for (const [, code = ''] of read(file).matchAll(/septet explain ([a-z0-9_.]+)/g))
      if (!entryOf(code)) broken.push(`${file}: ${code}`);
  }
  assert.deepEqual(broken, []);
});
