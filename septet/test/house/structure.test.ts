/** The plan of the house, measured: floors, circles, and who may touch the world outside. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

const source = path.resolve(import.meta.dirname, '../../src');
const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .sort();
const textOf = new Map(files.map((file) => [file, readFileSync(path.join(source, file), 'utf8')]));

const floors: Readonly<Record<string, number>> = {
  text: 0,
  dns: 1,
  world: 2,
  finding: 2,
  change: 2,
  mail: 2,
  records: 3,
  senders: 4,
  audit: 5,
  plan: 5,
  proof: 5,
  reports: 5,
  store: 6,
  providers: 6,
  rewrite: 6,
  config: 7,
  publish: 7,
  sandbox: 7,
  serve: 7,
  relay: 7,
  watch: 8,
  cli: 9,
  'main.ts': 10,
};

const importsOf = (file: string): readonly string[] =>
  [...(textOf.get(file) ?? '').matchAll(/(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+\.ts)'/g)].map((match) =>
    path.normalize(path.join(path.dirname(file), match[1] ?? '')),
  );
/** The files at the top are one room. */
const room = (file: string): string => (file.includes(path.sep) ? (file.split(path.sep)[0] ?? '') : 'main.ts');
/** `records/spf` and the like; the two arrows between homes that the plan allows. */
const home = (file: string): string | undefined => /^records\/([^/]+)\//.exec(file)?.[1];
const arrows = new Set(['mtasts mx', 'bimi dmarc']);

test('every file stands on a known floor and imports only from lower floors or its own room', () => {
  const upward: string[] = [];
  for (const file of files) {
    const floor = floors[room(file)];
    assert.notEqual(floor, undefined, `${file} stands in a room without a floor`);
    for (const imported of importsOf(file)) {
      assert.ok(textOf.has(imported), `${file} imports ${imported}, which is not there`);
      const below = floors[room(imported)] ?? Infinity;
      if (room(imported) !== room(file) && below >= (floor ?? 0)) upward.push(`${file} → ${imported}`);
    }
  }
  assert.deepEqual(upward, []);
});

test('between record homes run only mtasts → mx and bimi → dmarc', () => {
  const across: string[] = [];
  for (const file of files) {
    const own = home(file);
    if (own === undefined) continue;
    for (const imported of importsOf(file)) {
      const other = home(imported);
      if (other !== undefined && other !== own && !arrows.has(`${own} ${other}`)) across.push(`${file} → ${imported}`);
    }
  }
  assert.deepEqual(across, []);
});

test('no file imports itself by a detour', () => {
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    const at = trail.indexOf(file);
    if (at >= 0) circles.push([...trail.slice(at), file].join(' → '));
    if (at >= 0 || done.has(file)) return;
    for (const imported of importsOf(file)) visit(imported, [...trail, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  assert.deepEqual(circles, []);
});

/** Where clocks, sockets, the environment and the system's resolver may be touched: World, transports, main. */
const outside =
  /^(main\.ts|process-io\.ts|worker\.ts|world\/|sandbox\/|providers\/http-client\.ts$|(serve|relay)\/([a-z]+\/)?[a-z]+-listener\.ts$|dns\/(update-transport|transport|server|network|cache|authoritative|udp|tcp|doh|ids|system)[^/]*\.ts$)/;

test('only World, transports and main touch the world outside', () => {
  const touching: string[] = [];
  const pattern =
    /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|(?<![.\w])fetch\(|'node:(dns|dgram|net|tls|http|https|http2)(\/promises)?'|\bprocess\./;
  for (const file of files) {
    if (outside.test(file)) continue;
    for (const [index, line] of (textOf.get(file) ?? '').split('\n').entries()) {
      const code = line.replace(/^\s*(\*|\/\/|\/\*).*/, '').replace(/\/\/ .*$/, '');
      if (pattern.test(code)) touching.push(`${file}:${index + 1}: ${line.trim()}`);
    }
  }
  assert.deepEqual(touching, []);
});

test('no barrel files, and no room that says nothing', () => {
  const vague = /(^|\/)(utils?|helpers?|common|misc|shared|manager)(\/|\.ts$)/;
  assert.deepEqual(
    files.filter((file) => vague.test(file)),
    [],
  );
  assert.deepEqual(
    files.filter((file) => /^(?!index\.ts$).*\/index\.ts$/.test(file)),
    [],
  );
});
