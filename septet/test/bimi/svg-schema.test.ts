/** Our verdict on the schema against that of libxml2 over the AuthIndicators schema, on logos and seeded mutants. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { isSchemaValid } from '../../src/records/bimi/svg-validate.ts';
import { readSvg } from '../../src/records/bimi/svg-xml.ts';
import { sharedData } from '../shared-data.ts';
import { mutate, randomNumbers, seeds } from './svg-mutants.ts';

/** Debian: libxml2-utils. */
const program = '/usr/bin/xmllint';
/** `SEPTET_MUTANTS=20000 SEPTET_SEED=7` looks further than every run needs to. */
const wantedMutants = Number(process.env['SEPTET_MUTANTS'] ?? 800);
const seed = Number(process.env['SEPTET_SEED'] ?? 20_260_508);

/** The place of the schema, or `undefined` after skipping the test with its reason. */
function schemaFor(t: TestContext): string | undefined {
  const schema = sharedData(t, 'bimi/SVG_1.2_PS.rng');
  if (schema === undefined || existsSync(program)) return schema;
  const reason = `xmllint is not here (${program}; Debian: libxml2-utils)`;
  if (process.env['CI'] === 'true') throw new Error(reason);
  t.skip(reason);
  return undefined;
}

/** What xmllint says of each file, in order. */
async function xmllint(schema: string, files: readonly (string | Uint8Array)[]): Promise<readonly boolean[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'septet-svg-'));
  try {
    const names = files.map((_, index) => `${index}.svg`);
    await Promise.all(files.map((file, index) => writeFile(path.join(folder, `${index}.svg`), file)));
    const output = await new Promise<string>((resolve) => {
      const args = ['--noout', '--nonet', '--relaxng', schema, ...names];
      const options = { cwd: folder, maxBuffer: 64 * 1024 * 1024, timeout: 60_000 };
      execFile(program, args, options, (_, __, stderr) => resolve(stderr));
    });
    const valid = new Set([...output.matchAll(/^(\d+)\.svg validates$/gm)].map(([, index]) => Number(index)));
    return files.map((_, index) => valid.has(index));
  } finally {
    await rm(folder, { recursive: true });
  }
}

const ours = (file: string | Uint8Array): boolean => isSchemaValid(readSvg(Buffer.from(file)));

test('our verdict on mutated logos is that of xmllint', async (t) => {
  const schema = schemaFor(t);
  if (schema === undefined) return;
  const random = randomNumbers(seed);
  const good = seeds();
  const files = [...good];
  while (files.length < wantedMutants) files.push(mutate(good[files.length % good.length]!, random));
  const theirs = await xmllint(schema, files);
  assert.ok(theirs.slice(0, good.length).every(Boolean), 'every seed is valid');
  const share = theirs.filter(Boolean).length / theirs.length;
  assert.ok(share > 0.1 && share < 0.7, `the mutants are a fair mix (${share} valid)`);
  const differing = files.filter((file, index) => ours(file) !== theirs[index]);
  assert.deepEqual(differing.slice(0, 3), []);
});

// Not among them: entities of a DOCTYPE in use, which xmllint expands and we refuse.
test('our verdict on unusual files is that of xmllint', async (t) => {
  const schema = schemaFor(t);
  if (schema === undefined) return;
  const svg = seeds()[0]!;
  const declared = (encoding: string): string =>
    `<?xml version="1.0" encoding="${encoding}"?>${svg.replace('Example', 'Bäckerei')}`;
  const nested = (depth: number): string =>
    svg.replace('</svg>', `${'<g>'.repeat(depth)}${'</g>'.repeat(depth)}</svg>`);
  const files: readonly (string | Uint8Array)[] = [
    '',
    ' ',
    `\n ${svg}\n`,
    `\ufeff${svg}`,
    ` <?xml version="1.0"?>${svg}`,
    `<?xml version="1.1"?>${svg}`,
    `<?xml version="2.0"?>${svg}`,
    `<?xml version="1.0" standalone="maybe"?>${svg}`,
    declared('utf-8'),
    declared('nonsense'),
    Buffer.from(declared('ISO-8859-1'), 'latin1'),
    Buffer.from(declared('windows-1252'), 'latin1'),
    Buffer.from(declared('utf-8'), 'latin1'),
    Buffer.from(declared('us-ascii'), 'latin1'),
    Buffer.from(`\ufeff${svg}`, 'utf16le'),
    Buffer.from(`\ufeff${svg}`, 'utf16le').swap16(),
    `<!DOCTYPE svg>${svg}`,
    `<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">${svg}`,
    `<!DOCTYPE svg [<!ENTITY a "b">]>${svg}`,
    `<!DOCTYPE svg PUBLIC "a">${svg}`,
    `<!DOCTYPE svg SYSTEM a>${svg}`,
    `<!DOCTYPE>${svg}`,
    `<!doctype svg>${svg}`,
    `${svg}<!-- after -->`,
    `${svg}text`,
    `${svg}${svg}`,
    `<?xml-stylesheet href="a.css"?>${svg}`,
    svg.replace('Example', '&#0;'),
    svg.replace('Example', '&#x10FFFF;'),
    svg.replace('Example', '\u0001'),
    svg.replace('Example', '\uFFFE'),
    svg.replace('Example', ']]>'),
    svg.replace('Example', '&undefined;'),
    nested(200),
    nested(256),
    nested(257),
    nested(400),
  ];
  const theirs = await xmllint(schema, files);
  for (const [index, file] of files.entries()) {
    assert.equal(ours(file), theirs[index], Buffer.from(file).toString('latin1').slice(0, 120));
  }
});
