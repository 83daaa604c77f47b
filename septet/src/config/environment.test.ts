import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dnsName } from '../dns/name.ts';
import { environmentDomain, environmentName, environmentWord, domainOfEnvironment } from './environment.ts';
import { environmentForms } from './environment-forms.ts';
import { readConfig } from './read-config.ts';

const file = 'septet.yaml';
const domain = dnsName('my-shop.example');
const at = (path: string): string => `SEPTET_DOMAINS__MY___SHOP_EXAMPLE__${path}`;

function configOf(text: string, env: Readonly<Record<string, string>>) {
  const result = readConfig(text, { file, env });
  assert.ok(result.kind === 'good', result.kind === 'bad' ? JSON.stringify(result.problems) : '');
  const found = result.config.domains.get(domain);
  assert.ok(found);
  return { ...found, config: result.config };
}
const faultOf = (env: Readonly<Record<string, string>>, text = ''): string => {
  const result = readConfig(text, { file, env });
  assert.ok(result.kind === 'bad');
  const [first] = result.problems;
  assert.equal(first?.line, 0);
  return `${first?.variable}: ${first?.message}`;
};

test('words of keys and domains', () => {
  assert.equal(environmentWord('mtaSts'), 'MTA_STS');
  assert.equal(environmentWord('google-workspace'), 'GOOGLE_WORKSPACE');
  assert.equal(environmentDomain(dnsName('xn--bcher-kva.example')), 'XN______BCHER___KVA_EXAMPLE');
  assert.equal(environmentDomain(dnsName('_x.example')), undefined);
  assert.equal(
    environmentName('A_EXAMPLE', ['dmarc', 'failureReports']),
    'SEPTET_DOMAINS__A_EXAMPLE__DMARC__FAILURE_REPORTS',
  );
  for (const wrong of ['A__B', 'A____B', '_A', 'A_', 'a_example', 'A-B', ''])
    assert.equal(domainOfEnvironment(wrong), undefined, wrong);
});

test('no two domains share a form, and each is read back', () => {
  const label = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,6}[a-z0-9])?$/);
  const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((parts) => dnsName(parts.join('.')));
  // All digits is an address and no domain.
  const domains = name.filter((text) => !/^[\d.]+$/.test(text));
  fc.assert(
    fc.property(domains, (one) => {
      const word = environmentDomain(one) ?? '';
      assert.match(word, /^[A-Z0-9_]+$/);
      assert.equal(word.split(/(?<!_)__(?!_)/).length, 1);
      assert.equal(domainOfEnvironment(word), one);
    }),
  );
});

test('variables alone are a configuration', () => {
  const { intent, host, place, config } = configOf('', {
    [at('DNS__HOST')]: 'cloudflare',
    [at('DNS__TOKEN')]: 'sk-secret',
    [at('PEOPLE')]: 'false',
    [at('MX')]: '10 a.example.net, 20 b.example.net',
    [at('SENDERS__SES__REGION')]: 'eu-west-1',
    [at('SENDERS__SES_2__REGION')]: 'us-east-1',
    [at('SENDERS__GOOGLE_WORKSPACE')]: '{}',
    [at('DMARC__REPORTS')]: 'a@b.example,c@d.example',
    [at('DMARC__RAMP')]: '[{ stage: none, days: 3 }, { stage: reject }]',
    [at('TLS_REPORTS')]: 't@b.example',
    [at('TRACKING__HOST')]: 'track',
    [at('TRACKING__TARGET')]: 'app.example.net',
    [at('MTA_STS__HOST')]: '192.0.2.1,2001:db8::1',
    [at('TTL')]: '600',
    SEPTET_STATE: '/var/lib/x',
    SEPTET_RESOLVERS: '9.9.9.9,1.1.1.1',
    SEPTET_SOMETHING: 'of another program',
    [at('BIMI__LOGO')]: '',
  });
  assert.equal(place, at('PEOPLE').replace('PEOPLE', 'MX'));
  assert.deepEqual(host.secrets, { token: { kind: 'env', name: at('DNS__TOKEN') } });
  assert.equal(intent.mx?.[1]?.exchange, 'b.example.net');
  assert.deepEqual(
    intent.senders.map(({ kind, values }) => [kind, values]),
    [
      ['ses', { region: 'eu-west-1' }],
      ['ses', { region: 'us-east-1' }],
      ['google-workspace', {}],
    ],
  );
  assert.deepEqual(intent.dmarc.reports, ['mailto:a@b.example', 'mailto:c@d.example']);
  assert.deepEqual(intent.dmarc.ramp, [
    { name: 'none', days: 3 },
    { name: 'reject', days: 0 },
  ]);
  assert.deepEqual(intent.mtaSts, { mode: 'ramp', host: { addresses: ['192.0.2.1', '2001:db8::1'] } });
  assert.equal(intent.bimi, undefined);
  assert.equal(intent.ttlSeconds, 600);
  assert.equal(config.state, '/var/lib/x');
  assert.deepEqual(config.resolvers, ['9.9.9.9:53', '1.1.1.1:53']);
});

test('a variable wins over the file, and a deeper one over a shallower one', () => {
  const text = `domains:
  My-Shop.Example:
    dns: { host: cloudflare, token: { file: /run/t } }
    ttl: 60
    senders: [ fastmail, postfix: { ip: 192.0.2.1 } ]
    dmarc: { reports: a@b.example, np: reject }
`;
  const { intent, host } = configOf(text, {
    [at('TTL')]: '120',
    [at('DMARC')]: '{ reports: c@d.example, sp: none }',
    [at('DMARC__SP')]: 'quarantine',
    [at('SENDERS__POSTFIX__SELECTOR')]: 's9',
    [at('DNS__TOKEN__FILE')]: '/run/other',
  });
  assert.equal(intent.ttlSeconds, 120);
  assert.deepEqual(intent.dmarc.reports, ['mailto:c@d.example']);
  assert.equal(intent.dmarc.sp, 'quarantine');
  assert.equal(intent.dmarc.np, undefined);
  assert.deepEqual(
    intent.senders.map(({ kind, values }) => [kind, values]),
    [
      ['fastmail', {}],
      ['postfix', { ip: ['192.0.2.1'], selector: 's9' }],
    ],
  );
  assert.deepEqual(host.secrets, { token: { kind: 'file', name: '/run/other' } });
  const whole = configOf(text, { [at('SENDERS')]: '[ ses: { region: eu-west-1 }, proton ]' });
  assert.deepEqual(
    whole.intent.senders.map(({ kind }) => kind),
    ['ses', 'proton'],
  );
  // A value is what it is: it refers to nothing.
  assert.equal(configOf(text, { [at('SENDERS__CUSTOM__NAME')]: 'a ${B}' }).intent.senders[2]?.values['name'], 'a ${B}');
});

test('faults name the variable and not its value', () => {
  const token = 'sk-live-0123456789abcdef';
  const cases: readonly (readonly [Readonly<Record<string, string>>, RegExp])[] = [
    [{ [at('TTL')]: token }, /^SEPTET_DOMAINS__MY___SHOP_EXAMPLE__TTL: ttl is a whole number/],
    [{ [at('DNS__TOKN')]: token }, /"TOKN" in this name stands for no key\. Did you mean TOKEN\?$/],
    [
      { [at('XYZZY__ABC')]: token },
      /"XYZZY" in this name stands for no key\. `septet config --env` lists the names\.$/,
    ],
    [
      { SEPTET_DOMAIN__X: token },
      /^SEPTET_DOMAIN__X: "DOMAIN" in this name stands for no key\. Did you mean DOMAINS\?$/,
    ],
    [
      { SEPTET_DOMAINS__A____B__TTL: token },
      /"A____B" does not stand for a domain\. A dot is one underscore and a dash three/,
    ],
    [{ SEPTET_DOMAINS__CO_UK__TTL: '60' }, /co\.uk is a public suffix/],
    [{ [at('DMARC__RAMP')]: '[{ stage: none' }, /The value is not YAML\. /],
    [
      { [at('SENDERS__SES_3__REGION')]: 'eu-west-1' },
      /"SES_3" would be sender number 3 of its kind, and there are 0\.$/,
    ],
    [{ [at('SENDERS__SESS__REGION')]: 'eu-west-1' }, /"SESS" in this name stands for no key\. Did you mean SES\?$/],
    [{ [at('DNS')]: `{ host: cloudflare, token: ${token} }` }, /dns\.token is a secret and is not written out/],
    [{ [at('DNS__HOST')]: token }, /dns\.host names no DNS host/],
    [{ [at('DMARC__REPORTS')]: token }, /dmarc\.reports is an e-mail address .*; this value is neither\.$/],
  ];
  for (const [env, fault] of cases) {
    const told = faultOf(env);
    assert.match(told, fault);
    assert.ok(!told.includes(token), told);
  }
});

test('every key has a form that is read', () => {
  const word = environmentDomain(domain) ?? '';
  const forms = environmentForms().flatMap((group) => (group.top ? [] : group.forms));
  assert.ok(forms.length > 100);
  const all = forms.map(({ path }) => environmentName(word, path));
  for (const name of all) {
    const result = readConfig('', { file, env: { [name]: '?' } });
    const told = result.kind === 'bad' ? result.problems.map(({ message }) => message).join('\n') : '';
    assert.doesNotMatch(told, /stands for no key|not stand for a domain/, name);
  }
  for (const path of ['DMARC__REJECT', 'DNS__SECRET_ACCESS_KEY__FILE', 'SENDERS__SES__MAIL_FROM', 'SPF__ALL'])
    assert.ok(all.includes(at(path)), path);
});
