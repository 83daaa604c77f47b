/** The pages of `docs/` that are made of the code are up to date, and the codes are those of the rule catalogue. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { areasToCome, held, ownAreas, ownCodes, renamed } from '../../scripts/docs-coverage.ts';
import { generatedPages } from '../../scripts/docs-pages.ts';
import { allCatalogues as catalogues } from '../../src/cli/codes.ts';
import { waitsFor } from '../../src/cli/explain.ts';

const root = path.resolve(import.meta.dirname, '../../..');

for (const [file, text] of await generatedPages()) {
  test(`docs/${file} is what the code says`, () => {
    const place = path.join(root, 'docs', file);
    assert.ok(existsSync(place) && readFileSync(place, 'utf8') === text, `docs/${file} is stale: npm run docs`);
  });
}

test('every code that waits says for what', () => {
  for (const { later } of catalogues)
    for (const [code, reason] of Object.entries(later)) assert.ok(waitsFor[reason], `${code} waits for "${reason}"`);
});

test('every code of the rule catalogue is reported or waits, and ours that it lacks are explained', (t) => {
  const place = path.resolve(root, '../shared/catalogue/catalogue.json');
  if (!existsSync(place)) {
    assert.notEqual(process.env['CI'], 'true', `${place} is not here`);
    t.skip(`the rule catalogue is not here (${place})`);
    return;
  }
  const theirs = new Set(
    (JSON.parse(readFileSync(place, 'utf8')) as readonly { readonly codes: readonly string[] }[])
      .flatMap((row) => row.codes)
      .map((code) => renamed[code] ?? code),
  );
  const reported = catalogues.flatMap(({ rows }) => Object.keys(rows));
  const ours = new Set([...reported, ...catalogues.flatMap(({ later }) => Object.keys(later))]);
  assert.equal(
    ours.size,
    catalogues.reduce((n, { rows, later }) => n + Object.keys({ ...rows, ...later }).length, 0),
  );
  const areaOf = (code: string): string => code.slice(0, code.indexOf('.'));
  assert.deepEqual(
    [...theirs].filter(
      (code) => !ours.has(code) && held[code] === undefined && areasToCome[areaOf(code)] === undefined,
    ),
    [],
    'codes of the catalogue that are neither reported nor waiting',
  );
  const own = new Set([...Object.keys(ownCodes), ...Object.values(renamed)]);
  assert.deepEqual(
    [...ours].filter((code) => !theirs.has(code) && !own.has(code) && ownAreas[areaOf(code)] === undefined),
    [],
    'codes that the catalogue lacks',
  );
  assert.deepEqual(
    Object.keys(ownCodes).filter((code) => !reported.includes(code)),
    [],
  );
});

test('docs/dependencies.md has a paragraph for each dependency, and for nothing else', () => {
  const names = (file: string): readonly string[] => {
    const json = JSON.parse(readFileSync(path.join(root, file), 'utf8')) as Record<string, Record<string, string>>;
    return ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) => Object.keys(json[kind] ?? {}));
  };
  const headings = [...readFileSync(path.join(root, 'docs/dependencies.md'), 'utf8').matchAll(/^### (.*)$/gm)];
  assert.deepEqual(
    headings.flatMap(([, heading = '']) => heading.split(', ')).sort(),
    [...names('package.json'), ...names('septet/package.json')].sort(),
  );
});
