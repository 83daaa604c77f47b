/** The JSON of reports, sources, ramps and watching holds to `docs/json.md`: an undocumented field fails. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { historySchema, rampSchema, simulateLineSchema, watchLineSchema } from '../../scripts/ramp-schemas.ts';
import {
  importLineSchema,
  parsedAggregateSchema,
  reportsShowSchema,
  sourcesSchema,
} from '../../scripts/reports-schemas.ts';
import { folder, within } from '../cli/program.ts';
import { failureMail, mail, tlsJson, xml } from '../watch/intake-mail.ts';
import { contract } from './contract.ts';

const zone = `$ORIGIN example.com.
@ 60 SOA ns1 h 1 60 60 3600 60
@ NS ns1
ns1 A 20.61.97.53
@ MX 10 mail
mail A 20.61.97.25
@ TXT "v=spf1 mx ~all"
_dmarc TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.com"
`;
const lines = (text: string): readonly string[] => text.trimEnd().split('\n');

test('reports, sources, ramp, watch, history', async (t) => {
  const text = xml({ id: 'm' });
  const at = await folder(t, {
    'septet.yaml': `domains:
  example.com:
    people: false
    dmarc: { reports: dmarc@example.com }
    spf: { all: ramp }
`,
    zone,
    'a.xml': xml({ id: 'a', rows: 40 }),
    'repaired.xml': xml({ id: 'r' }).replace('<disposition>none', '<disposition>NONE'),
    'other.xml': xml({ id: 'o', domain: 'other.example' }),
    'again.xml.gz': gzipSync(xml({ id: 'a', rows: 40 })),
    'differing.xml': xml({ id: 'a', rows: 3 }),
    'broken.xml': '<feedback>',
    'tls.json': tlsJson('t', ['example.com']),
    'failure.eml': failureMail,
    'm.eml': mail({ attachment: gzipSync(text) }),
  });
  const env = { HOME: at('.'), SEPTET_CONFIG: at('septet.yaml'), SEPTET_DATA: at('data') };
  const septet = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await within(args, { env });
    assert.notEqual(code, 2, stderr);
    return stdout;
  };
  const offline = ['--zone', at('zone')];
  const importing = contract(importLineSchema);
  const names = ['a.xml', 'repaired.xml', 'other.xml', 'again.xml.gz', 'differing.xml', 'broken.xml', 'tls.json'];
  const files = [...names, 'failure.eml', 'm.eml'].map(at);
  const kinds = lines(await septet('reports', 'import', ...files, '--json', ...offline)).map((line) => {
    importing.holds(line);
    return (JSON.parse(line) as { readonly kind: string }).kind;
  });
  assert.deepEqual([...new Set(kinds)].sort(), ['duplicate', 'left-out', 'refused', 'stored', 'summary']);
  // A domain that joins.
  for (const line of lines(await septet('reports', 'import', at('a.xml'), '--domain', 'other.example', '--json')))
    importing.holds(line);

  const parsed = contract(parsedAggregateSchema);
  for (const line of lines(await septet('reports', 'parse', at('a.xml'), at('repaired.xml')))) parsed.holds(line);

  const shown = contract(reportsShowSchema);
  for (const by of ['source', 'day', 'receiver', 'result'])
    shown.holds(await septet('reports', 'show', '--since', '2026-01-01', '--by', by, '--json'));
  const sources = contract(sourcesSchema);
  sources.holds(await septet('sources', '--since', '2026-01-01', '--json', ...offline));
  sources.shownWhole();

  const ramp = contract(rampSchema);
  ramp.holds(await septet('ramp', '--json', ...offline));
  const watched = contract(watchLineSchema);
  for (const line of lines(await septet('watch', '--once', '--json', ...offline))) watched.holds(line);
  const history = contract(historySchema);
  await septet('approve', 'example.com', 'dmarc', '--yes', '--reject', 'holidays', ...offline);
  history.holds(await septet('history', '--json'));
  ramp.holds(await septet('ramp', '--json', ...offline));
});

test('ramp simulate', async () => {
  const scenario = path.resolve(import.meta.dirname, '../../../docs/examples/ramp-goes-back.yaml');
  const mornings = contract(simulateLineSchema);
  const { stdout } = await within(['ramp', 'simulate', '--scenario', scenario, '--json'], { env: {} });
  for (const line of lines(stdout)) mornings.holds(line);
  mornings.shownWhole();
});
