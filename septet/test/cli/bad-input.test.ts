/** Wrong use and unreadable input: a sentence on standard error, no stack trace, exit code 2. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { folder, septet, within } from './program.ts';
import { exampleZone, rootZone } from './zones.ts';

const files = {
  'root.zone': rootZone,
  'example.zone': exampleZone,
  'bad.zone': '$ORIGIN bad.example.\n@ 3600 SOA a b 1 2 3 4 5\n@ TXT "never closed\n@ A 300.1.1.1\n',
  'include.zone': '$INCLUDE other.zone\n',
  'text.json': 'not JSON',
  'object.json': '{}',
  empty: '',
};

/** Arguments (`@name` is a file), and what the sentence says. */
const table: readonly (readonly [args: string, says: RegExp])[] = [
  ['nosuch', /unknown command 'nosuch'/],
  ['chekc example.com', /Did you mean check\?/],
  ['check --nosuch example.com', /unknown option '--nosuch'/],
  ['check', /^Give a domain/],
  ['check me@example.com', /^me@example\.com is an e-mail address, not a domain\. Did you mean example\.com\?/],
  ['check https://example.com/x', /is a URL, not a domain\. Did you mean example\.com\?/],
  ['check 192.0.2.1', /is an IP address, not a domain/],
  ['check exa..mple.com', /nothing stands between two of its dots/],
  ['check exa$mple.com', /is not a domain/],
  [`check ${'a'.repeat(64)}.com`, /has 64 characters, and 63 is the most/],
  [`check ${'abcdefgh.'.repeat(32)}com`, /more than 253 characters/],
  ['check example.com --zone @nofile', /cannot be read/],
  ['check example.com --zone @bad.zone', /bad\.zone:3:\d+: /],
  ['check example.com --zone @include.zone', /include\.zone:1:\d+: /],
  ['check example.com --zone @root.zone --at yesterday', /--at is a time such as .*, not yesterday/],
  ['check example.com --zone @root.zone --at 2026-13-01', /--at is a time/],
  ['check example.com --zone @root.zone --format xml', /--format is one of .*, not xml/],
  ['check example.com --zone @root.zone --only spf,foo', /--only does not know "foo"/],
  ['check example.com --zone @root.zone --fail-on info', /--fail-on is error or warning, not info/],
  ['check example.com --zone @root.zone --depth deep', /--depth is full or bulk/],
  ['check example.com --zone @root.zone --ip 1.2.3', /1\.2\.3 is not an IPv4 or IPv6 address/],
  ['check example.com --zone @root.zone --replay @object.json', /cannot be used together/],
  ['check example.com --zone @root.zone --tracking https://x.example/', /is a URL, not a domain/],
  ['check example.com --replay @nofile', /cannot be read/],
  ['check example.com --replay @text.json', /is not JSON/],
  ['check example.com --replay @empty', /is not JSON/],
  ['check example.com --replay @object.json', /cannot be replayed/],
  ['check example.com --timeout soon', /--timeout is a number of seconds/],
  ['check example.com --timeout 0', /--timeout is a number of seconds/],
  ['check example.com --resolver nowhere', /is not the address of a resolver/],
  ['check example.com --resolver 127.0.0.1:99999', /is not the address of a resolver/],
  ['check example.com --resolver 127.0.0.1 --transport sctp', /--transport is udp or tcp/],
  ['check --from @nofile --zone @root.zone', /cannot be read/],
  ['check --from @example.zone example.com', /not both/],
  ['check --from @example.zone --zone @root.zone --jobs many', /--jobs is a whole number/],
  ['check --from @example.zone --zone @root.zone --order random', /--order is input or done/],
  ['spf', /^Give a domain/],
  ['spf example.com --ip x', /x is not an IPv4 or IPv6 address/],
  ['spf example.com --zone @root.zone --helo h', /--mail-from and --helo need the address/],
  ['spf --batch @nofile --zone @root.zone', /cannot be read/],
  ['spf example.com --batch -', /give neither a domain nor --ip/],
  ['spf example.com --format xml', /--format is text or json/],
  ['dmarc', /missing required argument 'domain'/],
  ['dmarc me@example.com', /is an e-mail address/],
  ['dmarc example.com --format xml', /--format is text or json/],
  ['bimi', /^Give a logo/],
  ['bimi --svg @nofile', /cannot be read/],
  ['bimi --svg @empty', /is empty/],
  ['bimi --certificate @empty', /is empty/],
  ['bimi --svg @object.json --at x', /--at is a time/],
  ['mta-sts', /required option '--policy <file>' not specified/],
  ['mta-sts --policy @empty', /is empty/],
  ['mta-sts --policy @object.json --fail-on never', /--fail-on is error or warning/],
  ['explain', /missing required argument 'code'/],
  [
    'explain spf.lookup.exceeded',
    /There is no code spf\.lookup\.exceeded\. Perhaps one of these:\n {2}spf\.lookups\.exceeded\n/,
  ],
  ['explain nonsense', /There is no code nonsense\. docs\/findings\.md lists them all/],
  ['demo --state asleep', /--state is both, broken or mended/],
];

test('every wrong use has its sentence', async (t) => {
  const file = await folder(t, files);
  for (const [line, says] of table) {
    const args = line.split(' ').map((word) => (word.startsWith('@') ? file(word.slice(1)) : word));
    // oxlint-disable-next-line no-await-in-loop -- one after the other, so that a failure names its line
    const { code, stdout, stderr } = await within(args);
    assert.match(stderr, says, line);
    assert.equal(code, 2, line);
    assert.doesNotMatch(stderr, /\n {4}at |fault in Septet/, line);
    assert.equal(stdout, '', line);
  }
});

test('the program itself says why a file cannot be read or written', async (t) => {
  const file = await folder(t, files);
  const zone = ['--zone', file('root.zone'), '--only', 'spf'];
  const says = async (args: readonly string[], sentence: string): Promise<void> => {
    const { code, stderr, stdout } = await septet(args);
    assert.deepEqual([code, stdout, stderr], [2, '', `${sentence}\n`]);
  };
  const nowhere = file('nowhere');
  const place = file('.');
  await says(['check', 'x.com', '--zone', nowhere], `${nowhere} cannot be read: there is no such file.`);
  await says(
    ['check', 'y.com', '--zone', file('root.zone'), 'x.com'],
    'x.com cannot be read: there is no such file. --zone takes every word that follows it: put domains in front of it.',
  );
  await says(['check', 'x.com', '--zone', place], `${place} cannot be read: it is a folder.`);
  await says(['check', '--from', nowhere, ...zone], `${nowhere} cannot be read: there is no such file.`);
  await says(['spf', '--batch', place, '--zone', file('root.zone')], `${place} cannot be read: it is a folder.`);
  const target = file('nowhere/case.json');
  const record = await septet(['check', 'x.com', ...zone, '--record', target]);
  assert.equal(record.code, 2);
  assert.equal(record.stderr, `${target} could not be written: there is no such file.\n`);
});

test('a damaged file of the state folder is told by its name, by every command that reads it', async (t) => {
  const config = (state: string): string =>
    `domains:\n  example.com:\n    dns: { host: bind }\n    senders: [ postfix: { ip: [ 9.9.9.26 ], selector: s1 } ]\nstate: ${state}\n`;
  const file = await folder(t, files);
  await mkdir(file('state/keys/example.com'), { recursive: true });
  await writeFile(file('state/keys/example.com/s1.json'), '{');
  await writeFile(file('septet.yaml'), config(file('state')));
  await mkdir(file('other/example.com.journal.ndjson'), { recursive: true });
  await writeFile(file('other.yaml'), config(file('other')));
  const zones = ['--zone', file('example.zone'), file('root.zone')];
  const lines: readonly (readonly string[])[] = [
    ['plan', ...zones],
    ['status', ...zones],
    ['publish', '--dry-run', ...zones],
    ['undo', ...zones],
  ];
  const keys: readonly (readonly string[])[] = [
    ['dkim', 'generate', 'example.com', '--selector', 's2'],
    ['dkim', 'export', 'example.com', '--for', 'exim'],
    ['dkim', 'rotate', 'example.com', ...zones],
  ];
  for (const [config_, says, args] of [
    ...[...lines, ...keys].map((each) => ['septet.yaml', /s1\.json is damaged: it is not JSON/, each] as const),
    ...lines.map((each) => ['other.yaml', /The journal .* cannot be read: it is a folder/, each] as const),
  ]) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other, so that a failure names its line
    const { code, stderr } = await within([...args, '--config', file(config_)]);
    assert.match(stderr, says, args.join(' '));
    assert.equal(code, 2, args.join(' '));
    assert.doesNotMatch(stderr, /fault in Septet/, args.join(' '));
  }
});

test('a public suffix and an unregistered name are findings, not faults', async (t) => {
  const file = await folder(t, files);
  const suffix = await within(['check', 'com', '--zone', file('root.zone'), '--format', 'json']);
  assert.equal(suffix.code, 1);
  assert.match(suffix.stdout, /"dns\.domain\.public_suffix"/);
  const gone = await within(['check', 'not-registered.com', '--zone', file('root.zone')]);
  assert.equal(gone.code, 1);
  assert.match(gone.stdout, /dns\.domain\.nxdomain/);
  assert.match(gone.stdout, /One thing to mend/);
});

test('foreign octets in messages cannot steer the terminal', async (t) => {
  const file = await folder(t, { ...files, 'esc.zone': '@ \u001b[31mFOO bar\n', 'esc.json': '\u001b[31m' });
  for (const args of [
    ['check', 'x.com', '--zone', file('esc.zone')],
    ['check', 'x.com', '--replay', file('esc.json')],
    ['check', '\u001b[31m.com'],
    ['check', '--from', '-', '--zone', file('root.zone'), '--only', 'spf', '--format', 'text'],
    ['explain', '\u001b[31m'],
    ['\u001b[31m'],
  ]) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const run = await within(args, { input: '\u001b]0;x\u0007.com\n\u009b31m' });
    assert.equal(run.code, 2);
    // oxlint-disable-next-line no-control-regex -- these are what must not be there
    assert.doesNotMatch(run.stderr + run.stdout, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/, args.join(' '));
  }
});
