import { watchDefaults } from './watch-keys.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dnsName } from '../dns/name.ts';
import { ramps } from '../plan/intent.ts';
import { exampleConfig } from './example.ts';
import { problemText } from './problem.ts';
import { readConfig, type Config } from './read-config.ts';
import { resolveHostValues } from './secrets.ts';
import { maxProblems } from './source.ts';

type Env = Readonly<Record<string, string>>;
const read = (text: string, env: Env = {}) => readConfig(text, { file: 'septet.yaml', env });

function good(text: string, env: Env = {}): Config {
  const result = read(text, env);
  assert.ok(
    result.kind === 'good',
    result.kind === 'bad' ? result.problems.map(({ message }) => message).join('\n') : '',
  );
  return result.config;
}

/** `line:column message` of each problem. */
function faults(text: string, env: Env = {}): readonly string[] {
  const result = read(text, env);
  if (result.kind === 'good') return [];
  return result.problems.map(({ line, column, message, variable }) => `${variable ?? `${line}:${column}`} ${message}`);
}

/** The settings of `a.example`, written below it. */
const below = (lines: string): string => `domains:\n  a.example:\n${lines.replaceAll(/^/gm, '    ')}\n`;
const intentOf = (lines: string, env: Env = {}) => {
  const domain = good(below(lines), env).domains.get(dnsName('a.example'));
  assert.ok(domain);
  return domain.intent;
};

test('the example is read, and says what it shows', () => {
  const config = good(exampleConfig);
  assert.deepEqual([...config.domains.keys()], ['yourcompany.com', 'news.yourcompany.com']);
  assert.equal(config.state, '.septet');
  assert.deepEqual(config.resolvers, ['9.9.9.9:53', '1.1.1.1:53']);
  const { intent, host, place } = config.domains.get(dnsName('yourcompany.com')) ?? {};
  assert.equal(place, 'septet.yaml:5:3');
  assert.deepEqual(host?.secrets, { token: { kind: 'env', name: 'CLOUDFLARE_TOKEN' } });
  assert.deepEqual(intent?.mx, [{ preference: 10, exchange: 'mail.yourcompany.com' }]);
  assert.deepEqual(
    intent?.senders.map(({ kind, place }) => `${kind} ${place}`),
    ['ses septet.yaml:12:9', 'postfix septet.yaml:19:9', 'google-workspace septet.yaml:22:9'],
  );
  assert.deepEqual(intent?.dmarc.reports, ['mailto:dmarc@yourcompany.com']);
  assert.deepEqual(intent?.tracking, { host: 'track.yourcompany.com', target: 'app.yourcompany.com' });
  const news = config.domains.get(dnsName('news.yourcompany.com'))?.intent;
  assert.equal(news?.zone, 'yourcompany.com');
  assert.equal(news?.people, false);
  assert.deepEqual(
    news?.dmarc.ramp.map(({ name, days }) => `${name} ${days}`),
    ['none 21', 'quarantine 14', 'reject 0'],
  );
});

test('a reference inside braces is read, though plain YAML would not, and columns stay', () => {
  const text = 'domains:\n  a.example: { dns: { host: gandi, token: ${GANDI_TOKEN} }, ttl: x }\n';
  assert.deepEqual(
    faults(text).map((fault) => fault.split(' ')[0]),
    ['2:66'],
  );
  const config = good(text.replace(', ttl: x', ''));
  assert.deepEqual(config.domains.get(dnsName('a.example'))?.host.secrets, {
    token: { kind: 'env', name: 'GANDI_TOKEN' },
  });
});

test('without keys a domain has the defaults', () => {
  const intent = intentOf('people: true');
  assert.deepEqual(intent, {
    domain: 'a.example',
    people: true,
    takesMail: true,
    senders: [],
    spf: { all: 'keep' },
    dmarc: { reports: [], failureReports: [], ramp: ramps.standard, readers: 'both', rejectConfirmed: false },
    tlsReports: [],
    ttlSeconds: 3600,
  });
  assert.deepEqual(intentOf('people: false').dmarc.ramp, ramps.dedicated);
  assert.deepEqual(intentOf('people: false\ndmarc: { ramp: standard }').dmarc.ramp, ramps.standard);
  assert.equal(good('domains:\n  a.example:\n').domains.size, 1);
});

test('each key in its other spellings', () => {
  assert.deepEqual(intentOf('mx: none'), { ...intentOf('mx: none'), mx: [], takesMail: false });
  assert.deepEqual(intentOf('mx: 10 mx.a.example').mx, [{ preference: 10, exchange: 'mx.a.example' }]);
  for (const [written, all] of [
    ['~all', '~'],
    ['-all', '-'],
    ['"~"', '~'],
    ['ramp', 'ramp'],
  ] as const)
    assert.equal(intentOf(`spf: { all: ${written} }`).spf.all, all);
  assert.equal(intentOf('dmarc: { readers: 9989 }').dmarc.readers, '9989');
  assert.deepEqual(intentOf('dmarc: { reports: [a@b.example, "https://r.example/x"] }').dmarc.reports, [
    'mailto:a@b.example',
    'https://r.example/x',
  ]);
  assert.deepEqual(intentOf('tlsReports: "a,b!c@b.example"').tlsReports, ['mailto:a%2Cb%21c@b.example']);
  assert.equal(intentOf('tracking: { host: t.other.example, target: x.example }').tracking?.host, 't.other.example');
  assert.equal(intentOf('tracking: { host: T.A.Example., target: x.example }').tracking?.host, 't.a.example');
  assert.deepEqual(intentOf('mtaSts: { host: 192.0.2.1 }').mtaSts, {
    mode: 'ramp',
    host: { addresses: ['192.0.2.1'] },
  });
  assert.deepEqual(intentOf('mtaSts: { mode: testing, host: w.example.net }').mtaSts, {
    mode: 'testing',
    host: { target: 'w.example.net' },
  });
  assert.equal(intentOf('dmarc: { reject: confirmed, sp: none, np: reject }').dmarc.rejectConfirmed, true);
  assert.equal(intentOf('senders:\n  - postmark: { returnPath: pm.a.example }').senders[0]?.values['returnPath'], 'pm');
  assert.deepEqual(intentOf('senders:\n  - postfix: { ip: 2001:DB8::1 }').senders[0]?.values, { ip: ['2001:db8::1'] });
  assert.deepEqual(good('resolvers: https://d.example/dns-query\nstate: /var/x\ndomains: {}'), {
    domains: new Map(),
    resolvers: ['https://d.example/dns-query'],
    state: '/var/x',
    alerts: [],
    watch: watchDefaults,
    file: 'septet.yaml',
  });
});

test('what is wrong is told with line and column', () => {
  const cases: readonly (readonly [text: string, fault: RegExp])[] = [
    ['', /^1:1 The configuration lacks domains/],
    ['- a', /^1:1 The configuration is a mapping that begins with domains:, not a list\.$/],
    ['domain:\n  a.example:\n', /^1:1 "domain" is not a key here\. Did you mean domains\?$/],
    ['domains:\n', /^1:1 domains is a mapping whose keys are domains/],
    ['domains:\n  - a.example\n', /^2:3 domains is .* Write yourcompany\.com: instead of - yourcompany\.com\.$/],
    ['domains:\n  me@a.example:\n', /^2:3 "me@a\.example" is an e-mail address\. .* Did you mean a\.example\?$/],
    ['domains:\n  https://a.example/:\n', /^2:3 "https:\/\/a\.example\/" is a URL\. .* Did you mean a\.example\?$/],
    ['domains:\n  co.uk:\n', /^2:3 co\.uk is a public suffix: .* such as yourcompany\.co\.uk\.$/],
    ['domains:\n  192.0.2.1:\n', /^2:3 "192\.0\.2\.1" is an IP address/],
    ['domains:\n  a b:\n', /^2:3 "a b" is not a domain name\.$/],
    [
      'domains:\n  a.example:\n  a.example:\n',
      /^3:3 "a\.example" stands here for the second time; it stands in line 2 already\.$/,
    ],
    [
      'domains:\n  a.example:\n  A.example.:\n',
      /^3:3 a\.example stands here for the second time, in another spelling; the first is septet\.yaml:2:3\.$/,
    ],
    ['domains: {}\nresolvers: [9.9.9]\n', /^2:13 resolvers is .*; "9\.9\.9" is none of them\.$/],
    ['domains: {}\nresolver: 9.9.9.9\n', /^2:1 "resolver" is not a key here\. Did you mean resolvers\?$/],
    [below('dmark: {}'), /^3:5 "dmark" is not a key here\. Did you mean dmarc\?$/],
    [below('xyzzy: 1'), /^3:5 "xyzzy" is not a key here\. Known are dns, people, mx, /],
    [below('dmarc: { report: a@b.example }'), /^3:14 "report" is not a key in dmarc\. Did you mean reports\?$/],
    [
      below('dmarc: { reports: tls@ }'),
      /^3:23 dmarc\.reports is an e-mail address or a mailto: or https: URI; "tls@" is neither\.$/,
    ],
    [below('dmarc: { reports: "mailto:a@b.example,mailto:c@d.example" }'), /^3:23 .* is neither\.$/],
    [
      below('dmarc: { ramp: fast }'),
      /^3:20 dmarc\.ramp without stages is standard or dedicated; "fast" is something else\.$/,
    ],
    [
      below('dmarc: { ramp: [{ stage: reject }, { stage: none }] }'),
      /^3:40 dmarc\.ramp: none does not come after reject\./,
    ],
    [below('dmarc: { ramp: [{ stage: none }, { stage: reject }] }'), /^3:38 dmarc\.ramp: none needs days/],
    [below('dmarc: { ramp: [{ stage: nonne, days: 1 }] }'), /^3:30 dmarc\.ramp\.stage is .* Did you mean none\?$/],
    [below('dmarc: { reject: true }'), /^3:22 dmarc\.reject is confirmed; "true" is something else\.$/],
    [below('people: yes'), /^3:13 people is true or false; "yes" is neither\. Write true\.$/],
    [below('people:'), /^3:5 people has no value\. It is true or false\.$/],
    [below('people: [true]'), /^3:13 people is true or false, not a list\.$/],
    [
      below('mx: [ 10 mail ]'),
      /^3:11 mx is a preference and a host name.*; "10 mail" is not: the host name is not one in full\.$/,
    ],
    [below('mx: [ 10 . ]'), /^3:11 .* Write mx: none instead of the list\.$/],
    [below('mx: [ 70000 m.example ]'), /^3:11 /],
    [below('mx: []'), /^3:9 mx is empty\./],
    [below('ttl: 1h'), /^3:10 ttl is a whole number of seconds from 30 to 604800; "1h" is not\.$/],
    [below('spf: { all: ~ }'), /^3:17 spf\.all has no value|^3:12 spf\.all has no value/],
    [
      below('tracking: { host: track }'),
      /^3:15 tracking lacks target, which is a host name in full\. Write, for example, target: /,
    ],
    [
      below('bimi: { logo: http://x.example/a.svg }'),
      /^3:19 bimi\.logo is an https: URL; "http:\/\/x\.example\/a\.svg" is none\.$/,
    ],
    [below('mtaSts: { host: [192.0.2.1, x] }'), /^3:33 mtaSts\.host is an IPv4 or IPv6 address.*; "x" is neither\.$/],
    [
      below('dns: { host: cloudfare, token: ${T} }'),
      /^3:18 dns\.host names no DNS host that Septet knows\. Did you mean cloudflare\?$/,
    ],
    [below('dns: { hots: bind }'), /^3:12 "hots" is not a key in dns\. Did you mean host\?$/],
    [below('dns: cloudflare'), /^3:10 dns is no mapping\. It is a mapping such as \{ host: cloudflare/],
    [below('dns: { host: cloudflare }'), /^3:10 dns lacks token, which is a reference: /],
    [below('dns: { host: rfc2136, server: 1.2.3.4, algorithm: md5 }'), /^3:55 dns\.algorithm is hmac-sha256, /],
    [
      below('dns: { host: bind, zone: other.example }'),
      /^3:30 dns\.zone: a\.example does not stand in the zone other\.example\.$/,
    ],
    [below('dns: { host: bind, servers: [ns1.example] }'), /^3:34 dns\.servers is an address or address:port/],
    [
      below('senders: google-workspace'),
      /^3:14 senders is a list of senders\. Write, for example, \[ google-workspace \]\.$/,
    ],
    [below('senders:\n  google-workspace:'), /^4:7 senders is a list of senders\. Put "- " in front of each sender\.$/],
    [
      below('senders: [ gogle-workspace ]'),
      /^3:16 "gogle-workspace" is not a kind of sender\. Did you mean google-workspace\?$/,
    ],
    [below('senders: [ ses ]'), /^3:16 ses lacks region, .* Write, for example, region: eu-west-1$/],
    [
      below('senders:\n  - ses: { region: eu-wst-1 }'),
      /^4:24 ses\.region is one of \d+ words such as eu-west-1; .* Did you mean eu-west-1\?$/,
    ],
    [below('senders:\n  - ses: { region: eu-west-1, tokens: [a] }'), /^4:44 ses\.tokens is 32 letters and digits/],
    [
      below('senders:\n  - postfix:\n    ip: 192.0.2.1'),
      /^5:9 A sender is one word with its values below it\. Are these values indented/,
    ],
    [
      below('senders:\n  - postfix: { ip: 192.0.2.1/24 }'),
      /^4:24 .* begins inside the network\. Write 192\.0\.2\.0\/24\.$/,
    ],
    [
      below('senders:\n  - custom: { dkim: [{ selector: s1 }] }'),
      /^4:38 custom\.dkim needs either target \(a CNAME\) or value \(a TXT record\)\.$/,
    ],
    ['domains: [', /^2:1 |^1:11 /],
    ['domains:\n\ta.example:\n', /^2:1 Lines are indented with blanks, not with tabs\.$/],
    ['domains: {}\n---\nx: 1\n', /^2:1 The file holds more than one document/],
    ['domains: !!binary x\n', /^1:19 Tags \(!name\) are not used here/],
    ['domains: *x\n', /^1:10 This alias/],
    [
      'domains: {}\nstate: a\nstate: b\n',
      /^3:1 "state" stands here for the second time; it stands in line 2 already\.$/,
    ],
  ];
  for (const [text, fault] of cases) {
    const told = faults(text);
    assert.ok(told.length > 0, `nothing is told about:\n${text}`);
    assert.match(told[0] ?? '', fault, `${text}\n${told.join('\n')}`);
  }
});

test('several faults are told in the order of the lines, and no more than fit on a screen', () => {
  const lines = Array.from({ length: 30 }, (_, i) => `  d${i}.example: { ttl: x }`);
  const result = read(`resolvers: x\ndomains:\n${lines.join('\n')}\n`);
  assert.ok(result.kind === 'bad');
  assert.equal(result.problems.length, maxProblems);
  assert.equal(result.more, 11);
  assert.deepEqual(
    result.problems.slice(0, 3).map(({ line }) => line),
    [1, 3, 4],
  );
  const [first] = result.problems;
  assert.match(first ? problemText('x.yaml', first) : '', /^x\.yaml:1:12: resolvers is /);
});

test('a secret in the file is refused and never repeated', () => {
  const token = 'sk-live-Zq81xAa77bb99ccDDeeff0011';
  for (const lines of [
    `dns: { host: cloudflare, token: ${token} }`,
    `dns: { host: cloudflare, token: "${token} \${A}" }`,
    `dns: { host: cloudflare, token: [${token}] }`,
    `dns: { host: cloudflare, token: { value: ${token} } }`,
    `dns: { host: cloudflare, ${token}: }`,
    `dns: { host: ${token} }`,
    `dns: ${token}`,
    `dns: [ ${token} ]`,
    `dns: { host: rfc2136, server: "192.0.2.1", secret: ${token} }`,
    `dns: { host: cloudflare, token: "${token} }`,
    `dns: { host: cloudflare, token: @${token} }`,
    `dns: { host: cloudflare, token: *${token} }`,
    `dns: { host: cloudflare, token: !${token} x }`,
    `senders: [ ${token} ]`,
    `${token}: 1`,
  ]) {
    const told = faults(below(lines)).join('\n');
    assert.notEqual(told, '', lines);
    assert.ok(!told.includes('Zq81xAa77bb'), `${lines}\n${told}`);
  }
  assert.match(
    faults(below(`dns: { host: cloudflare, token: ${token} }`))[0] ?? '',
    /^3:37 dns\.token is a secret .* write token: \$\{CLOUDFLARE_TOKEN\}, or .* write token: \{ file: \/path\/to\/it \}\.$/,
  );
  // The value of a variable in the wrong place is not repeated either.
  assert.doesNotMatch(faults(below('dns: { host: bind, zone: "${T}" }'), { T: token }).join(), /Zq81/);
  assert.doesNotMatch(faults(below('tlsReports: ${T}'), { T: token }).join(), /Zq81/);
});

test('secrets are fetched when they are needed', async () => {
  const text = below('dns: { host: route53, accessKeyId: ${ID}, secretAccessKey: { file: keys/aws }, hostedZone: Z1 }');
  const result = readConfig(text, { file: '/etc/septet/septet.yaml', env: {} });
  assert.ok(result.kind === 'good', 'the variable is not needed for reading');
  const host = result.config.domains.get(dnsName('a.example'))?.host;
  assert.ok(host);
  assert.deepEqual(host.secrets['secretAccessKey'], { kind: 'file', name: '/etc/septet/keys/aws' });
  const files = (content: string) => (path: string) =>
    path === '/etc/septet/keys/aws' ? Promise.resolve(Buffer.from(content)) : Promise.reject(new Error(`${path}?`));
  assert.deepEqual(await resolveHostValues(host, { env: { ID: ' id\n' }, readFile: files('key\n') }), {
    kind: 'good',
    values: { hostedZone: 'Z1', accessKeyId: 'id', secretAccessKey: 'key' },
  });
  const missing = await resolveHostValues(host, {
    env: {},
    readFile: () => Promise.reject(new Error('x cannot be read.')),
  });
  assert.deepEqual(missing, {
    kind: 'missing',
    problems: [
      'dns.accessKeyId is in the environment variable ID, which is not set. Set it and try again.',
      'dns.secretAccessKey is in a file that cannot be read. x cannot be read.',
    ],
  });
  const lines = await resolveHostValues(host, { env: { ID: 'id' }, readFile: files('one\ntwo\n') });
  assert.deepEqual(lines, {
    kind: 'missing',
    problems: ['dns.secretAccessKey: /etc/septet/keys/aws has to hold the secret in one line and nothing else.'],
  });
});

test('references in other values are replaced, and missing ones are told', () => {
  assert.deepEqual(intentOf('dmarc: { reports: "${BOX}@${HOST}" }', { BOX: 'd', HOST: 'b.example' }).dmarc.reports, [
    'mailto:d@b.example',
  ]);
  assert.match(
    faults(below('dmarc: { reports: "${BOX}@b.example" }'))[0] ?? '',
    /^3:23 dmarc\.reports needs the environment variable BOX, which is not set/,
  );
  const literal = 'senders:\n  - custom: { name: "a $${BOX} and $ {x}" }';
  assert.equal(intentOf(literal).senders[0]?.values['name'], 'a ${BOX} and $ {x}');
  // What a variable holds is a value and no YAML.
  assert.match(
    faults(below('people: ${X}'), { X: 'true, ttl: 60' })[0] ?? '',
    /^3:13 people is true or false; this value is neither/,
  );
});

test('a name with a dot at its end is whole: outside of the domain it is no label', () => {
  const sender = (mailFrom: string): string => below(`senders:\n  - custom: { mailFrom: ${mailFrom}, spf: [ mx ] }`);
  assert.deepEqual(faults(sender('bounce.a.example.')), []);
  assert.deepEqual(faults(sender('bounce')), []);
  assert.match(faults(sender('bounce.other.example.'))[0] ?? '', /is a whole name outside of a\.example/);
});
