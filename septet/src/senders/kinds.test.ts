import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse as parseYaml } from 'yaml';
import { dnsName, parseName } from '../dns/name.ts';
import { kindOf, senderKinds, senders } from './kinds.ts';
import { needsOf } from './needs-of.ts';
import { profiles } from './profiles.ts';
import { sesDkimZone, sesFeedback, sesRegionOf, sesRegions, sesRegionsWithOwnZone } from './ses.ts';

const domain = dnsName('example.com');

test('the words of the configuration', () => {
  assert.deepEqual(
    senderKinds.map(({ key }) => key),
    [
      'ses',
      'postal',
      'postfix',
      'rspamd',
      'sendgrid',
      'mailgun',
      'postmark',
      'sparkpost',
      'brevo',
      'mailjet',
      'resend',
      'google-workspace',
      'microsoft-365',
      'zoho',
      'fastmail',
      'proton',
      'icloud',
      'acellemail',
      'listmonk',
      'mautic',
      'custom',
    ],
  );
  assert.equal(kindOf('google-workspace')?.title, 'Google Workspace');
  assert.equal(kindOf('google'), undefined);
});

test('every profile has its kind, and the kind carries its title', () => {
  const kinds = new Map(senderKinds.map((kind) => [kind.profile, kind]));
  for (const { id, title } of profiles) assert.equal(kinds.get(id)?.title, title, id);
  for (const { profile, app, key } of senderKinds) {
    assert.equal(profile === undefined, key === 'custom');
    assert.equal(app === true, ['acellemail', 'listmonk', 'mautic'].includes(key));
  }
});

test('every field is explained and has an example of its form', () => {
  for (const { key: kind, about, fields } of senderKinds) {
    assert.ok(about.length > 3, kind);
    assert.equal(new Set(fields.map(({ key }) => key)).size, fields.length, kind);
    for (const field of fields) {
      const what = `${kind}.${field.key}`;
      assert.match(field.key, /^[a-z][A-Za-z0-9]*$/, what);
      assert.ok(field.about.length > 3 && field.example !== '', what);
      assert.equal(field.pattern === undefined, field.patternInWords === undefined, what);
      if (field.pattern) assert.match(field.pattern.source, /^\^.*\$$/, what);
      const example: unknown = parseYaml(field.example);
      const list: readonly unknown[] = Array.isArray(example) ? example : [example];
      for (const one of list) {
        if (field.form === 'boolean') assert.equal(typeof one, 'boolean', what);
        else if (field.form === 'dkim-keys')
          assert.ok(one !== null && typeof one === 'object' && 'selector' in one, what);
        else if (field.form === 'txt-records')
          assert.ok(one !== null && typeof one === 'object' && 'text' in one, what);
        else {
          assert.ok(typeof one === 'string', what);
          if (field.pattern) assert.match(one, field.pattern, what);
          if (field.form === 'choice') assert.ok(field.choices?.includes(one), what);
        }
      }
    }
  }
});

test('the bare word does where nothing is strictly needed', () => {
  for (const { key, fields, app } of senderKinds) {
    const { needs, faults } = needsOf(domain, [
      { kind: key, values: {} },
      ...(app ? [{ kind: 'fastmail', values: {} }] : []),
    ]);
    const needed = fields.some(({ required }) => required);
    assert.equal(faults.length > 0, needed, `${key}: ${JSON.stringify(faults)}`);
    if (needed || app) continue;
    for (const key of needs[0]?.dkim ?? []) if (key.kind === 'missing') assert.ok(key.where.length > 20);
  }
});

test('the examples of every kind give needs without a fault of form', () => {
  for (const { key, fields } of senderKinds) {
    const skip = new Set(['value', 'region', 'signingZone', 'byodkim', 'security', 'dkim', 'over']);
    const values = Object.fromEntries(
      fields.filter((field) => !skip.has(field.key)).map((field) => [field.key, parseYaml(field.example) as unknown]),
    );
    const region = fields.find((field) => field.key === 'region')?.required ? { region: 'eu-west-1' } : {};
    const relay = { kind: 'fastmail', values: {} };
    const { faults } = needsOf(domain, [{ kind: key, values: { ...values, ...region } }, relay]);
    const apart = faults.filter(({ text }) => !/both need|needs twice/.test(text));
    assert.deepEqual(apart, [], key);
  }
});

test('every name in a profile can stand in DNS, and dates are months', () => {
  const fill = (pattern: string): string => pattern.replaceAll(/\{(?:selector|domain|dashes)\}|\*/g, 'x');
  for (const profile of profiles) {
    const names = [
      ...profile.spf.includes,
      ...(profile.spf.retired ?? []).flatMap(({ include, now }) => [include, ...(now === undefined ? [] : [now])]),
      ...profile.dkim.flatMap((use) => [
        ...use.selectors,
        ...(use.pattern ? [use.pattern] : []),
        ...(use.targets ?? []),
      ]),
      ...(profile.returnPath?.targets ?? []),
      ...(profile.returnPath?.label === undefined ? [] : [profile.returnPath.label]),
      ...(profile.tracking ?? []),
      ...(profile.mx ?? []).flatMap((use) => [...use.exchanges, ...(use.wanted ?? []).map(([, exchange]) => exchange)]),
    ];
    for (const name of names) assert.ok(parseName(fill(name)).ok, `${profile.id}: ${name}`);
    for (const { wanted, exchanges } of profile.mx ?? []) {
      for (const [preference, exchange] of wanted ?? []) {
        assert.ok(preference >= 0 && preference <= 65_535);
        assert.ok(exchanges.includes(exchange), exchange);
      }
    }
    assert.match(profile.seenOn, /^20\d\d-(0[1-9]|1[0-2])$/);
    assert.ok(['vendor', 'compare-with-dashboard'].includes(profile.confidence));
    assert.ok(URL.canParse(profile.docs), profile.id);
    assert.ok(profile.source.length > 5, profile.id);
  }
});

test('needs are compared with the dashboard exactly where the facts are from others', () => {
  for (const { key, facts, fields } of senders) {
    const values = Object.fromEntries(
      fields.filter(({ required }) => required).map((field) => [field.key, parseYaml(field.example) as unknown]),
    );
    const [need] = needsOf(domain, [{ kind: key, values }]).needs;
    assert.equal(need?.compareWithDashboard, facts?.confidence === 'compare-with-dashboard', key);
  }
});

test('every region of Amazon SES has a key zone and a name for bounces', () => {
  assert.equal(sesRegions.length, 29);
  assert.equal(new Set(sesRegions).size, 29);
  for (const region of sesRegionsWithOwnZone) assert.ok(sesRegions.includes(region), region);
  const own = sesRegions.filter((region) => sesDkimZone(region) !== 'dkim.amazonses.com');
  assert.deepEqual(own.sort(), [
    'af-south-1',
    'ap-northeast-3',
    'ap-south-2',
    'ap-southeast-3',
    'ap-southeast-5',
    'ca-west-1',
    'eu-central-2',
    'eu-south-1',
    'il-central-1',
    'me-central-1',
    'us-gov-east-1',
  ]);
  for (const region of sesRegions) {
    assert.equal(sesFeedback(region), `feedback-smtp.${region}.amazonses.com`);
    assert.equal(sesRegionOf(sesFeedback(region)), region);
  }
});
