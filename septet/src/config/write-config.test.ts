import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dnsName, type DnsName } from '../dns/name.ts';
import { ramps, type DomainIntent, type RampStage } from '../plan/intent.ts';
import type { SenderSetting } from '../senders/needs.ts';
import { exampleConfig } from './example.ts';
import { insertDomain } from './insert-domain.ts';
import { readConfig, type Config } from './read-config.ts';
import { writeConfig, type DomainSettings } from './write-config.ts';

function read(text: string): Config {
  const result = readConfig(text, { file: 'septet.yaml', env: {} });
  assert.ok(result.kind === 'good', `${text}\n${result.kind === 'bad' ? JSON.stringify(result.problems) : ''}`);
  return result.config;
}

/** Without places. */
const settingsIn = (config: Config): readonly DomainSettings[] =>
  [...config.domains.values()].map(({ intent, host }) => ({
    host,
    intent: { ...intent, senders: intent.senders.map(({ kind, values }) => ({ kind, values })) },
  }));

const label = fc.stringMatching(/^[a-z](?:[a-z0-9-]{0,5}[a-z0-9])?$/);
const host = fc.tuple(label, label).map(([a, b]) => dnsName(`${a}.${b}.example`));
const uri = fc.oneof(
  fc.tuple(fc.stringMatching(/^[a-z+.][a-z0-9_-]{0,6}$/), host).map(([local, at]) => `mailto:${local}@${at}`),
  host.map((at) => `https://${at}/reports?x=1#y`),
);
const ipv4 = fc.nat(255).map((last) => `192.0.2.${last}`);
/** Anything a person may have pasted: quotes, colons, hashes, references, words that YAML knows. */
const text = fc
  .oneof(
    fc.string({ minLength: 1, maxLength: 30 }),
    fc.constantFrom(
      'true',
      'null',
      '~',
      '1e3',
      '0x1F',
      '- a',
      'a: b',
      '#c',
      '${HOME}',
      '$${HOME}',
      "it's",
      '*a',
      'no',
      ' x ',
      '{',
      '\u0085',
      'v=DKIM1; p=',
    ),
  )
  .filter((value) => !/[\ue000-\ue002]|[\ud800-\udfff]/.test(value));

const sender: fc.Arbitrary<SenderSetting> = fc.oneof(
  fc.constant({ kind: 'google-workspace', values: {} }),
  fc.record({
    kind: fc.constant('postfix'),
    values: fc.record(
      { ip: fc.array(ipv4, { minLength: 1, maxLength: 9 }), selector: label },
      { requiredKeys: ['ip'] },
    ),
  }),
  fc.record({
    kind: fc.constant('custom'),
    values: fc.record(
      {
        name: text,
        spf: fc.array(text, { minLength: 1, maxLength: 4 }),
        dkim: fc.array(fc.record({ selector: label, value: text }), { minLength: 1, maxLength: 2 }),
        txt: fc.array(fc.record({ name: fc.oneof(label, fc.constant('@')), text }), { minLength: 1, maxLength: 2 }),
      },
      { requiredKeys: [] },
    ),
  }),
  fc.record({
    kind: fc.constant('acellemail'),
    values: fc.record({ signs: fc.boolean(), over: text }, { requiredKeys: [] }),
  }),
);
const ownRamp: fc.Arbitrary<readonly RampStage[]> = fc
  .subarray(['none', 'sampled', 'quarantine', 'reject'] as const, { minLength: 1 })
  .map((names) => names.map((name, i) => ({ name, days: i === names.length - 1 ? 0 : 5 + i })));

const maybe = <T>(of: fc.Arbitrary<T>, key: string) =>
  fc.option(of, { nil: undefined }).map((value) => (value === undefined ? {} : { [key]: value }));

const intent = (domain: DnsName): fc.Arbitrary<DomainIntent> =>
  fc
    .tuple(
      fc.record({
        domain: fc.constant(domain),
        people: fc.boolean(),
        senders: fc.array(sender, { maxLength: 4 }),
        spf: fc.record({ all: fc.constantFrom('keep', 'ramp', '~', '-', '?') }),
        tlsReports: fc.array(uri, { maxLength: 2 }),
        ttlSeconds: fc.integer({ min: 30, max: 604_800 }),
      }),
      fc.oneof(
        fc.constant({ takesMail: false, mx: [] }),
        fc.constant({ takesMail: true }),
        fc.record({
          takesMail: fc.constant(true),
          mx: fc.array(fc.record({ preference: fc.nat(65_535), exchange: host }), { minLength: 1, maxLength: 3 }),
        }),
      ),
      fc.tuple(
        fc.record({
          reports: fc.array(uri, { maxLength: 2 }),
          failureReports: fc.array(uri, { maxLength: 2 }),
          ramp: fc.oneof(fc.constantFrom(ramps.standard, ramps.dedicated), ownRamp),
          readers: fc.constantFrom('both', '9989'),
          rejectConfirmed: fc.boolean(),
        }),
        maybe(fc.constantFrom('none', 'quarantine', 'reject'), 'sp'),
        maybe(fc.constantFrom('none', 'quarantine', 'reject'), 'np'),
      ),
      maybe(fc.constant(dnsName('example')), 'zone'),
      maybe(
        fc.record({
          host: fc.oneof(
            host,
            label.map((one) => dnsName(`${one}.${domain}`)),
          ),
          target: host,
        }),
        'tracking',
      ),
      maybe(
        fc.oneof(
          fc.record({ mode: fc.constantFrom('ramp', 'testing', 'enforce', 'none') }),
          fc.record({
            mode: fc.constant('ramp'),
            host: fc.oneof(
              host.map((target) => ({ target })),
              fc.array(ipv4, { minLength: 1, maxLength: 2 }).map((addresses) => ({ addresses })),
            ),
          }),
        ),
        'mtaSts',
      ),
      maybe(
        fc
          .tuple(
            fc.record({ logo: host.map((at) => `https://${at}/l.svg`), selector: label }),
            maybe(
              host.map((at) => `https://${at}/c.pem`),
              'certificate',
            ),
          )
          .map(([base, more]) => ({ ...base, ...more })),
        'bimi',
      ),
    )
    .map(
      ([base, mx, dmarc, ...more]) =>
        Object.assign({}, base, mx, { dmarc: Object.assign({}, ...dmarc) }, ...more) as DomainIntent,
    );

const settings = (domain: DnsName): fc.Arbitrary<DomainSettings> =>
  fc.record({
    intent: intent(domain),
    host: fc.oneof(
      fc.constant({ kind: 'other', values: {}, secrets: {}, servers: [] }),
      fc.constant({ kind: 'bind', values: {}, secrets: {}, servers: ['192.0.2.53:53', '[2001:db8::1]:5353'] }),
      fc.record({
        kind: fc.constant('powerdns'),
        values: fc.record({ url: text }),
        secrets: fc.oneof(
          fc.constant({ apiKey: { kind: 'env' as const, name: 'PDNS_KEY' } }),
          fc.constant({ apiKey: { kind: 'file' as const, name: '/run/secrets/a b' } }),
        ),
        servers: fc.constant([]),
      }),
    ),
  });

test('what is written reads back as the same settings', () => {
  const one = dnsName('one.example');
  const two = dnsName('xn--bcher-kva.example');
  fc.assert(
    fc.property(settings(one), settings(two), (a, b) => {
      const config = read(writeConfig({ domains: [a, b], resolvers: ['9.9.9.9:53'], state: 'st: ate' }));
      assert.deepEqual(settingsIn(config), JSON.parse(JSON.stringify([a, b])));
      assert.deepEqual(config.resolvers, ['9.9.9.9:53']);
      assert.equal(config.state, 'st: ate');
    }),
    { numRuns: 60 },
  );
});

test('the example written again says the same', () => {
  const before = settingsIn(read(exampleConfig));
  assert.deepEqual(settingsIn(read(writeConfig({ domains: before }))), before);
  for (const line of writeConfig({ domains: before }).split('\n')) assert.equal(line, line.trimEnd());
});

const fresh: DomainSettings = { ...settingsIn(read('domains: { new.example: { people: false } }'))[0]! };

test('a domain is added, and every other character stays', () => {
  const files: readonly string[] = [
    exampleConfig,
    'domains:\n    a.example:\n        ttl: 60   # kept\n        # kept too\n\n# of the next\nstate: x\n',
    'state: x\ndomains:\n  a.example: { dns: { host: gandi, token: ${T} } }',
    'domains:\r\n  a.example:\r\n    ttl: 60\r\nstate: x\r\n',
    'domains:\n  a.example:\n',
    '# nothing yet\n',
    'domains: {}\nstate: x\n',
    'domains:\n',
    'domains:   # mine\nstate: x\n',
    'state: x\n',
    '',
  ];
  for (const text of files) {
    const added = insertDomain(text, fresh);
    assert.ok(added.kind === 'good', text);
    const config = read(added.text);
    assert.deepEqual(settingsIn(config).at(-1), fresh, added.text);
    const before = /domains:[^\n]*\n +\S/.test(text) ? settingsIn(read(text)).length : 0;
    assert.equal(config.domains.size, before + 1);
    // Nothing is lost: the old lines stand there in their order.
    let at = 0;
    for (const line of text
      .replace('{}', '')
      .split('\n')
      .map((one) => one.trim())) {
      const found = added.text.indexOf(line, at);
      assert.ok(found >= 0, `${line}\n---\n${added.text}`);
      at = found + line.length;
    }
    assert.equal(insertDomain(added.text, fresh).kind, 'there');
  }
});

test('an entry is replaced only when asked, and alone', () => {
  const text =
    'domains:\n  a.example:\n    ttl: 60\n  New.Example:\n    ttl: 77\n    mx: none\n\n  # of b\n  b.example:\n    ttl: 61\n';
  assert.deepEqual(insertDomain(text, fresh), { kind: 'there', line: 4 });
  const replaced = insertDomain(text, fresh, { replace: true });
  assert.ok(replaced.kind === 'good');
  assert.deepEqual(settingsIn(read(replaced.text))[1], fresh);
  assert.ok(replaced.text.startsWith('domains:\n  a.example:\n    ttl: 60\n  new.example:\n'));
  assert.ok(replaced.text.endsWith('\n\n  # of b\n  b.example:\n    ttl: 61\n'));
  assert.ok(!replaced.text.includes('77'));
});

test('a file that cannot be added to is told, and stays', () => {
  for (const text of ['domains: { a.example: {} }\n', '{ domains: {} }\n', '- a\n', 'domains: x\n', 'a: [\n'])
    assert.equal(insertDomain(text, fresh).kind, 'bad', text);
});
