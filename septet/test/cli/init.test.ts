/** `septet init`: what it sees, what it writes, what it leaves alone. */
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Asker } from '../../src/cli/init/init-ask.ts';
import { askSettings } from '../../src/cli/init/init-ask.ts';
import { draftOf, keepReadable } from '../../src/cli/init/init-draft.ts';
import { readFlags } from '../../src/cli/init/init-flags.ts';
import { seeDomain } from '../../src/cli/init/init-see.ts';
import { foundText } from '../../src/cli/init/init-show.ts';
import { painter } from '../../src/cli/paint.ts';
import type { DomainConfig } from '../../src/config/domain.ts';
import { readConfig } from '../../src/config/read-config.ts';
import { writeConfig } from '../../src/config/write-config.ts';
import { dnsName } from '../../src/dns/name.ts';
import { isPublicSuffix } from '../../src/dns/public-suffix.ts';
import type { RrType } from '../../src/dns/rrset.ts';
import { readZone } from '../../src/dns/zone-read.ts';
import { zoneResolver } from '../../src/dns/zone-resolver.ts';
import { readRealZones } from '../audit/real-zones.ts';
import { sharedData } from '../shared-data.ts';
import type { World } from '../../src/world/world.ts';
import { zoneWorld } from '../zone-world.ts';
import { folder, septet, serve, within } from './program.ts';
import { hostileZone, rootZone } from './zones.ts';

const shopZone = `$ORIGIN shop.example.
$TTL 3600
@ SOA ns1 hostmaster 1 7200 3600 1209600 3600
@ NS amy.ns.cloudflare.com.
@ MX 10 mx1
mx1 A 9.9.9.25
@ TXT "v=spf1 mx include:_spf.google.com ip4:9.9.9.26 ~all"
@ TXT "google-site-verification=abc"
s1._domainkey CNAME s1.domainkey.u123.wl045.sendgrid.net.
s2._domainkey CNAME s2.domainkey.u123.wl045.sendgrid.net.
bounce MX 10 feedback-smtp.eu-west-1.amazonses.com.
bounce TXT "v=spf1 include:amazonses.com -all"
click CNAME r.eu-west-1.awstrack.me.
_dmarc TXT "v=DMARC1; p=reject; rua=mailto:dmarc@shop.example!10m,mailto:x@other.example; sp=quarantine"
_smtp._tls TXT "v=TLSRPTv1; rua=mailto:tls@shop.example"
_mta-sts TXT "v=STSv1; id=202601"
default._bimi TXT "v=BIMI1; l=https://shop.example/logo.svg"
`;
const zones = { 'shop.zone': shopZone, 'root.zone': rootZone, 'hostile.zone': hostileZone };

async function place(t: TestContext, files: Readonly<Record<string, string>> = {}) {
  const file = await folder(t, { ...zones, ...files });
  const target = file('septet.yaml');
  const answers = ['--zone', file('shop.zone'), file('root.zone')];
  return { file, target, args: ['--file', target, ...answers] };
}

function domainIn(text: string, name: string): DomainConfig {
  const read = readConfig(text, { file: 'septet.yaml', env: {} });
  assert.ok(read.kind === 'good', `${text}\n${read.kind === 'bad' ? JSON.stringify(read.problems) : ''}`);
  const domain = read.config.domains.get(dnsName(name));
  assert.ok(domain, text);
  return domain;
}
const written = async (target: string, name: string): Promise<DomainConfig> =>
  domainIn(await readFile(target, 'utf8'), name);

test('a domain that has records: what is seen becomes the configuration', async (t) => {
  const { target, args, file } = await place(t);
  const { code, stdout, stderr } = await septet(['init', 'shop.example', ...args]);
  assert.equal(stderr, '');
  assert.equal(code, 0);
  assert.match(
    stdout,
    /^shop\.example\n\n {2}DNS host {5}Cloudflare \(amy\.ns\.cloudflare\.com\)\n {2}MX {11}10 mx1\.shop\.example\n/,
  );
  assert.match(stdout, /Wrote .*septet\.yaml\.\nTo publish at Cloudflare, set CLOUDFLARE_TOKEN/);
  assert.match(stdout, /Next: septet plan shop\.example\n$/);
  const { intent, host } = await written(target, 'shop.example');
  assert.deepEqual(host, {
    kind: 'cloudflare',
    values: {},
    secrets: { token: { kind: 'env', name: 'CLOUDFLARE_TOKEN' } },
    servers: [],
  });
  assert.deepEqual(
    intent.senders.map(({ kind }) => kind),
    ['ses', 'sendgrid', 'google-workspace', 'custom'],
  );
  assert.deepEqual(intent.senders[0]?.values, { region: 'eu-west-1', mailFrom: 'bounce' });
  assert.deepEqual(intent.senders[3]?.values, { spf: ['mx', 'ip4:9.9.9.26'] });
  assert.deepEqual(intent.mx, [{ preference: 10, exchange: 'mx1.shop.example' }]);
  assert.deepEqual(intent.dmarc.reports, ['mailto:dmarc@shop.example', 'mailto:x@other.example']);
  assert.equal(intent.dmarc.sp, 'quarantine');
  assert.equal(intent.dmarc.rejectConfirmed, true, 'p=reject stands already');
  assert.deepEqual(intent.tracking, { host: 'click.shop.example', target: 'r.eu-west-1.awstrack.me' });
  assert.equal(intent.mtaSts, undefined, 'announced, and its mode is not known offline');
  assert.match(stdout, /MTA-STS {6}announced; its policy could not be fetched or read/);
  assert.match(
    await readFile(target, 'utf8'),
    / {4}# MTA-STS is announced, and its policy could not be fetched or read/,
  );
  assert.deepEqual(intent.tlsReports, ['mailto:tls@shop.example']);
  assert.equal(intent.bimi?.logo, 'https://shop.example/logo.svg');
  const left = await readdir(path.dirname(file('septet.yaml')));
  assert.deepEqual(
    left.filter((name) => name.endsWith('.part')),
    [],
  );
});

test('flags win over what is seen, and a new domain needs nothing else', async (t) => {
  const { target, args } = await place(t);
  const flags =
    '--host powerdns:url=http://127.0.0.1:8081 --no-people --reports d@shop.example ' +
    '--sender postfix:ip=192.0.2.1;2001:db8::1,selector=s1 --sender custom:{"spf":["include:_spf.x.example"]} ' +
    '--tracking track=app.x.example --tls-reports t@shop.example --bimi-logo https://x.example/l.svg';
  const { code, stderr } = await within(['init', '--domain', 'new.shop.example', ...flags.split(' '), ...args]);
  assert.equal(stderr, '');
  assert.equal(code, 0);
  const { intent, host } = await written(target, 'new.shop.example');
  assert.deepEqual(host.values, { url: 'http://127.0.0.1:8081' });
  assert.deepEqual(host.secrets, { apiKey: { kind: 'env', name: 'PDNS_API_KEY' } });
  assert.equal(intent.zone, 'shop.example');
  assert.equal(intent.people, false);
  assert.deepEqual(
    intent.senders.map(({ values }) => values),
    [{ ip: ['192.0.2.1', '2001:db8::1'], selector: 's1' }, { spf: ['include:_spf.x.example'] }],
  );
  assert.deepEqual(intent.tracking, { host: 'track.new.shop.example', target: 'app.x.example' });
  const over = await within(['init', 'shop.example', '--host', 'bind', '--sender', 'custom:spf=a', '--print', ...args]);
  const shop = domainIn(over.stdout, 'shop.example');
  assert.equal(shop.host.kind, 'bind');
  assert.deepEqual(
    shop.intent.senders.slice(-2).map(({ values }) => values),
    [{ spf: ['mx', 'ip4:9.9.9.26'] }, { spf: ['a'] }],
    'a custom sender takes the place of no other',
  );
  assert.equal(shop.intent.senders.length, 5);
  const given = '{spf: [mx], dkim: [{selector: s9, target: s9.x.example}]}';
  const same = await within(['init', 'shop.example', '--sender', `custom:${given}`, '--print', ...args]);
  assert.deepEqual(
    domainIn(same.stdout, 'shop.example')
      .intent.senders.slice(-2)
      .map(({ values }) => values),
    [{ spf: ['ip4:9.9.9.26'] }, { spf: ['mx'], dkim: [{ selector: 's9', target: 's9.x.example' }] }],
    'what it says itself is not said twice',
  );
});

const apexOf = (name: string, more: string): string =>
  `$ORIGIN ${name}.\n$TTL 3600\n@ SOA ns1 hostmaster 1 7200 3600 1209600 3600\n@ NS ns1\nns1 A 9.9.9.1\n${more}\n`;

async function drafted(zone: string, name: string, policy?: { readonly status: number; readonly body: string }) {
  const { resolver } = zoneWorld([rootZone, zone]);
  const domain = dnsName(name);
  const fetched = policy && {
    fetch: async () => ({ kind: 'response' as const, ...policy, body: Buffer.from(policy.body), redirects: [] }),
  };
  const world = {
    resolver,
    otherResolvers: [],
    now: () => 0,
    randomBytes: (count: number) => new Uint8Array(count),
    ...fetched,
  } as unknown as World;
  const seen = await seeDomain(world, domain);
  const settings = draftOf(seen, readFlags(domain, {}, {}));
  return { seen, settings, text: writeConfig({ domains: [settings] }) };
}

test('MTA-STS: the mode is the one that is served, and never guessed', async () => {
  const zone = apexOf('a.example', '@ MX 10 mx\nmx A 9.9.9.2\nmta-sts A 9.9.9.3\n_mta-sts TXT "v=STSv1; id=1"');
  const body = (mode: string): string => `version: STSv1\r\nmode: ${mode}\r\nmx: mx.a.example\r\nmax_age: 604800\r\n`;
  const cases: readonly (readonly [number, string, string | undefined])[] = [
    [200, body('enforce'), 'enforce'],
    [200, body('testing'), 'ramp'],
    [200, 'version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n', 'none'],
    [404, body('testing'), undefined],
    [200, '<html>', undefined],
  ];
  for (const [status, text, mode] of cases) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other, so that a failure names its case
    const draft = await drafted(zone, 'a.example', { status, body: text });
    assert.equal(draft.settings.intent.mtaSts?.mode, mode, `${status} ${text}`);
    assert.equal(/# MTA-STS is announced/.test(draft.text), mode === undefined);
    assert.equal(domainIn(draft.text, 'a.example').intent.mtaSts?.mode, mode);
  }
});

test('people: by MX, and without MX by who registered the name and whether anybody sends', async () => {
  const people = async (zone: string, name: string) => (await drafted(zone, name)).settings.intent.people;
  const mx = '@ MX 10 mx\nmx A 9.9.9.2';
  assert.equal(await people(apexOf('a.example', ''), 'a.example'), true);
  assert.equal(await people(apexOf('a.example', 'news TXT "v=spf1 ip4:192.0.2.1 -all"'), 'news.a.example'), false);
  // Private suffixes: registered by somebody, with people like elsewhere.
  assert.equal(await people(apexOf('hackclub.app', ''), 'hackclub.app'), true);
  assert.equal(await people(apexOf('is-a.dev', 'me TXT "v=spf1 ip4:192.0.2.1 -all"'), 'me.is-a.dev'), false);
  assert.equal(await people(apexOf('is-a.dev', 'me MX 10 mx.me\nmx.me A 9.9.9.2'), 'me.is-a.dev'), true);
  const { seen } = await drafted(apexOf('is-a.dev', 'me TXT "v=spf1 -all"'), 'me.is-a.dev');
  assert.equal(seen.zone?.name, 'is-a.dev');
  const parked = apexOf('p.example', '@ TXT "v=spf1 -all"\n_dmarc TXT "v=DMARC1; p=reject; sp=reject"');
  const draft = await drafted(parked, 'p.example');
  assert.equal(draft.settings.intent.people, false);
  assert.match(draft.text, /people: false +# no mailboxes/);
  assert.match(draft.text, /senders: \[\] .*\n {4}# SPF says that nobody sends; that stays\.\n/);
  assert.equal(await people(`${parked}${mx}\n`, 'p.example'), true);
  assert.equal(await people(apexOf('p.example', '_dmarc TXT "v=DMARC1; p=reject"'), 'p.example'), false);
  assert.equal(await people(apexOf('p.example', '_dmarc TXT "v=DMARC1; p=none"'), 'p.example'), true);
});

test('sp and np are written where they differ from the policy above them', async () => {
  const table: readonly (readonly [record: string, sp: string | undefined, np: string | undefined])[] = [
    ['p=none; sp=none', undefined, undefined],
    ['p=reject; sp=reject; np=reject', undefined, undefined],
    ['p=reject; sp=none', 'none', undefined],
    ['p=none; sp=quarantine; np=quarantine', 'quarantine', undefined],
    ['p=none; sp=quarantine; np=none', 'quarantine', 'none'],
    ['p=none; np=reject', undefined, 'reject'],
    ['sp=none; rua=mailto:a@a.example', undefined, undefined],
  ];
  for (const [record, sp, np] of table) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other, so that a failure names its record
    const { settings } = await drafted(apexOf('a.example', `_dmarc TXT "v=DMARC1; ${record}"`), 'a.example');
    assert.deepEqual([settings.intent.dmarc.sp, settings.intent.dmarc.np], [sp, np], record);
  }
});

test('without a sender: what the plan says then, and what to write where nothing sends', async (t) => {
  const { file, target, args } = await place(t, { 'new.zone': apexOf('new.example', '') });
  const told = await within(['init', 'new.example', ...args, file('new.zone')]);
  assert.match(told.stdout, /plan publishes\s+v=spf1 ~all, which says that nobody sends\./);
  assert.match(told.stdout, /write\s+spf: \{ all: -all \} into the file/);
  const text = await readFile(target, 'utf8');
  assert.match(text, /\n {4}senders: \[\] .*\n {4}# If nothing ever sends for the domain: spf: \{ all: -all \}\n/);
  const silent = text.replace('senders: []', 'spf: { all: -all } #');
  assert.equal(domainIn(silent, 'new.example').intent.spf.all, '-');
  const given = await within(['init', 'new.example', '--sender', 'proton', '--print', ...args, file('new.zone')]);
  assert.doesNotMatch(given.stdout, /nothing ever sends/);
});

test('what could not be looked up is told by reason, and DKIM with its selectors', async () => {
  const text = (untold: readonly (readonly [string, string])[]): string =>
    foundText(
      {
        domain: dnsName('a.example'),
        spf: [],
        dkim: [],
        senders: { senders: [], unclaimed: [] },
        tlsReports: [],
        untold: untold.map(([title, reason]) => ({ record: 'mx' as const, title, reason })),
        silent: false,
      },
      [],
      painter(80, false),
    );
  assert.match(
    text([
      ['MX', 'no answer in time'],
      ['SPF', 'the server failed'],
      ['BIMI', 'no answer in time'],
    ]),
    /Could not be looked up: MX, BIMI \(no answer in time\); SPF \(the server failed\)\./,
  );
  const { resolver } = zoneWorld([rootZone, shopZone]);
  const world = {
    resolver: {
      query: async (name: string, type: RrType) => {
        const answer = await resolver.query(dnsName(name), type);
        if (name !== 's2._domainkey.shop.example') return answer;
        const { server, chain, dnssec } = answer;
        return { kind: 'failed', reason: 'servfail', name, type, server, chain, dnssec };
      },
    },
    otherResolvers: [],
    now: () => 0,
    randomBytes: (count: number) => new Uint8Array(count),
  } as unknown as World;
  const { untold } = await seeDomain(world, dnsName('shop.example'));
  assert.deepEqual(untold, [{ record: 'dkim', title: 'the DKIM selector s2', reason: 'the server failed' }]);
});

test('--print writes YAML alone to standard output, and no file', async (t) => {
  const { target, args } = await place(t);
  const { code, stdout, stderr } = await within(['init', 'shop.example', '--print', ...args]);
  assert.equal(code, 0);
  assert.match(stdout, /^# septet\.yaml/);
  assert.match(stderr, /DNS host {5}Cloudflare/);
  assert.equal(domainIn(stdout, 'shop.example').intent.senders.length, 4);
  await assert.rejects(readFile(target));
});

test('a second domain is added, nothing is overwritten without --force', async (t) => {
  const mine = '# mine\ndomains:\n  first.example:   # kept\n    dns: { host: gandi, token: ${T} }\n\nstate: there\n';
  const { target, args } = await place(t, { 'septet.yaml': mine });
  const added = await within(['init', 'shop.example', ...args]);
  assert.equal(added.code, 0);
  assert.match(added.stdout, /Added shop\.example to/);
  const text = await readFile(target, 'utf8');
  assert.ok(text.startsWith(mine.slice(0, mine.indexOf('\nstate'))) && text.endsWith('\nstate: there\n'), text);
  assert.equal(domainIn(text, 'first.example').host.kind, 'gandi');
  const again = await within(['init', 'shop.example', '--host', 'bind', ...args]);
  assert.equal(again.code, 2);
  assert.match(again.stderr, /septet\.yaml:6 holds shop\.example already\. --force replaces that entry/);
  assert.equal(again.stdout, '', 'told before anything is looked up');
  assert.equal(await readFile(target, 'utf8'), text);
  const forced = await within(['init', 'shop.example', '--host', 'bind', '--force', ...args]);
  assert.equal(forced.code, 0);
  const after = await readFile(target, 'utf8');
  assert.equal(domainIn(after, 'shop.example').host.kind, 'bind');
  assert.equal(domainIn(after, 'first.example').host.kind, 'gandi');
});

test('a file that is broken is left alone', async (t) => {
  const { target, args } = await place(t, { 'septet.yaml': 'domains: [\n' });
  const { code, stderr } = await within(['init', 'shop.example', '--force', ...args]);
  assert.equal(code, 2);
  assert.match(stderr, /septet\.yaml cannot be added to\. At .*2:1/);
  assert.equal(await readFile(target, 'utf8'), 'domains: [\n');
});

test('DNS that does not answer: said, nothing assumed, exit code 3', async (t) => {
  const { target } = await place(t);
  const silent = await serve(t, () => ({ kind: 'silence' }));
  const ask = ['--file', target, '--resolver', silent.server, '--timeout', '0.2'];
  const { code, stdout } = await septet(['init', 'shop.example', '--sender', 'google-workspace', ...ask]);
  assert.equal(code, 3);
  assert.match(stdout, /DNS did not answer, so nothing is known about what the domain has already\./);
  assert.doesNotMatch(stdout, /no records yet/);
  const { intent, host } = await written(target, 'shop.example');
  assert.equal(host.kind, 'other');
  assert.equal(intent.people, true);
  assert.deepEqual(
    intent.senders.map(({ kind }) => kind),
    ['google-workspace'],
  );
  const part = zoneWorld([rootZone, shopZone]);
  const some = await serve(t, (question) =>
    question.name === '_dmarc.shop.example' ? { kind: 'silence' } : part.resolver.query(question.name, question.type),
  );
  const partly = await within(['init', 'shop.example', '--print', ...ask.with(3, some.server)]);
  assert.equal(partly.code, 3);
  assert.match(
    partly.stderr,
    /Could not be looked up: DMARC \(no answer in time\)\.\s+Nothing is assumed about\s+that\./,
  );
  assert.deepEqual(domainIn(partly.stdout, 'shop.example').intent.dmarc.reports, []);
});

test('wrong use is told before anything is looked up, with the way out', async (t) => {
  const { args } = await place(t);
  const token = 'sk-live-0123456789abcdef';
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /^No domain is given\. Write septet init yourcompany\.com\.\n$/],
    [['me@shop.example'], /is an e-mail address, not a domain\. Did you mean shop\.example\?/],
    [['https://shop.example/'], /is a URL, not a domain\. Did you mean shop\.example\?/],
    [['co.uk'], /^co\.uk is a public suffix: .* such as yourcompany\.co\.uk\.\n$/],
    [['a.example', '--domain', 'b.example'], /Two domains are given/],
    [['shop.example', '--sender', 'sess'], /^--sender: "sess" is not a kind of sender\. Did you mean ses\?\n$/],
    [['shop.example', '--sender', 'ses:region'], /--sender takes kind:key=value/],
    [
      ['shop.example', '--sender', 'ses:region=moon'],
      /^--sender: ses\.region is one of \d+ words such as eu-west-1; "moon" is something else\.\n$/,
    ],
    [['shop.example', '--sender', 'ses'], /^--sender: ses lacks region/],
    [
      ['shop.example', '--host', 'cloudfare'],
      /^--host: dns\.host names no DNS host that Septet knows\. Did you mean cloudflare\?\n$/,
    ],
    [['shop.example', '--host', 'powerdns'], /^--host: dns lacks url/],
    [['shop.example', '--host', `cloudflare:token=${token}`], /^--host: dns\.token is a secret and is not written out/],
    [
      ['shop.example', '--reports', 'nobody'],
      /^--reports: dmarc\.reports is an e-mail address .*; "nobody" is neither\.\n$/,
    ],
    [['shop.example', '--tracking', 'track'], /--tracking is host=target, such as track=app\.example\.com\./],
    [['shop.example', '--bimi-logo', 'http://x.example/l.svg'], /^--bimi-logo: bimi\.logo is an https: URL/],
  ];
  for (const [words, fault] of cases) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other, so that a failure names its case
    const { code, stdout, stderr } = await within(['init', ...words, ...args]);
    assert.equal(code, 2, words.join(' '));
    assert.equal(stdout, '');
    assert.match(stderr, fault);
    assert.ok(!stderr.includes(token));
  }
});

test('what strangers wrote reaches neither the terminal nor the file as it is', async (t) => {
  const { file, target } = await place(t);
  const zone = ['--zone', file('hostile.zone'), file('root.zone')];
  for (const columns of [40, 80]) {
    // oxlint-disable-next-line no-await-in-loop -- they write the same file
    const { stdout, stderr } = await within(['init', 'hostile.example', '--force', '--file', target, ...zone], {
      columns,
    });
    // oxlint-disable-next-line no-control-regex -- that is what must not be there
    assert.doesNotMatch(stdout + stderr, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    for (const line of stdout.split('\n').filter((one) => !one.includes(target.slice(0, 12)))) {
      assert.ok(line.length <= columns, line);
      assert.equal(line, line.trimEnd());
    }
  }
  // oxlint-disable-next-line no-control-regex -- as above
  assert.doesNotMatch(await readFile(target, 'utf8'), /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
});

/** Answers in order; each is checked as on the terminal. `undefined` keeps what is offered. */
function scripted(
  answers: readonly (string | boolean | readonly string[] | undefined)[],
): Asker & { readonly asked: string[] } {
  const asked: string[] = [];
  let turn = 0;
  const next = <T>(message: string, offered: T): T => {
    asked.push(message);
    const answer = answers[turn++];
    return answer === undefined ? offered : (answer as T);
  };
  return {
    asked,
    text: async ({ message, initial, fault }) => {
      const answer = next(message, initial ?? '');
      assert.equal(fault?.(answer), undefined, message);
      return answer;
    },
    choose: async ({ message, initial }) => next(message, initial ?? ''),
    chooseSeveral: async ({ message, initial }) => next(message, initial),
    confirm: async ({ message, initial }) => next(message, initial),
  };
}

test('questions: Enter keeps what is seen', async () => {
  const domain = dnsName('shop.example');
  const { resolver } = zoneWorld([rootZone, shopZone]);
  const world = { resolver, otherResolvers: [], now: () => 0, randomBytes: (count: number) => new Uint8Array(count) };
  const draft = draftOf(await seeDomain(world, domain), readFlags(domain, {}, {}));
  const asker = scripted([]);
  assert.deepEqual(await askSettings(asker, draft), draft);
  assert.equal(asker.asked.length, 5);
});

test('questions: answers replace it, and what a new sender or host needs is asked', async () => {
  const domain = dnsName('new.example');
  const flags = readFlags(domain, {}, {});
  const draft = { intent: flags.config.intent, host: flags.config.host };
  const asker = scripted([
    'powerdns',
    'http://127.0.0.1:8081',
    false,
    ['ses', 'proton'],
    'eu-west-1',
    '10 mx1.new.example, 20 mx2.x.example',
    'reports@new.example, https://r.example/x',
    '',
    'track',
    'app.x.example',
  ]);
  const { intent, host } = await askSettings(asker, draft);
  assert.deepEqual(host, {
    kind: 'powerdns',
    values: { url: 'http://127.0.0.1:8081' },
    secrets: { apiKey: { kind: 'env', name: 'PDNS_API_KEY' } },
    servers: [],
  });
  assert.equal(intent.people, false);
  assert.equal(intent.dmarc.ramp[0]?.days, 21);
  assert.deepEqual(
    intent.senders.map(({ kind, values }) => [kind, values]),
    [
      ['ses', { region: 'eu-west-1' }],
      ['proton', {}],
    ],
  );
  assert.deepEqual(
    intent.mx?.map(({ preference, exchange }) => `${preference} ${exchange}`),
    ['10 mx1.new.example', '20 mx2.x.example'],
  );
  assert.deepEqual(intent.dmarc.reports, ['mailto:reports@new.example', 'https://r.example/x']);
  assert.deepEqual(intent.tracking, { host: 'track.new.example', target: 'app.x.example' });
  assert.equal(domainIn(writeConfig({ domains: [{ intent, host }] }), 'new.example').host.kind, 'powerdns');
});

test('questions: a wrong answer gets its sentence', async () => {
  const domain = dnsName('new.example');
  const flags = readFlags(domain, {}, {});
  const faults: (string | undefined)[] = [];
  const asker: Asker = {
    ...scripted(['powerdns', undefined, ['ses']]),
    choose: async () => 'bind',
    chooseSeveral: async () => ['ses'],
    confirm: async () => true,
    text: async ({ fault }) => {
      faults.push(fault?.('no such thing'));
      return '';
    },
  };
  await askSettings(asker, { intent: flags.config.intent, host: flags.config.host });
  assert.match(faults[0] ?? '', /^region is one of \d+ words such as eu-west-1; this value is something else\.$/);
  assert.match(faults[1] ?? '', /^mx is a preference and a host name, such as /);
  assert.match(faults[2] ?? '', /^dmarc\.reports is an e-mail address /);
  assert.match(faults[3] ?? '', /^tlsReports is an e-mail address /);
  assert.match(faults[4] ?? '', /^tracking\.host is a label/);
});

test('questions: a domain that takes no mail is not asked for TLS reports', async () => {
  const flags = readFlags(dnsName('new.example'), {}, {});
  const asker = scripted([undefined, undefined, [], 'none', undefined, undefined]);
  const { intent } = await askSettings(asker, { intent: flags.config.intent, host: flags.config.host });
  assert.deepEqual([intent.takesMail, intent.mx ?? []], [false, []]);
  assert.equal(asker.asked.length, 6);
  assert.ok(!asker.asked.some((question) => question.includes('TLS')), asker.asked.join('\n'));
});

test('flags: MX and MTA-STS; what is live of MTA-STS is kept', async (t) => {
  const { target, args } = await place(t);
  const first = await septet([
    'init',
    'new.example',
    '--mx',
    '10 mx1.new.example',
    '--mx',
    '20 b.example',
    '--mta-sts',
    ...args,
  ]);
  assert.equal(first.code, 0, first.stderr);
  const { intent } = await written(target, 'new.example');
  assert.deepEqual(
    intent.mx?.map(({ exchange }) => exchange),
    ['mx1.new.example', 'b.example'],
  );
  assert.deepEqual(intent.mtaSts, { mode: 'ramp' });
  const none = await septet(['init', 'null.example', '--mx', 'none', ...args]);
  assert.equal(none.code, 0, none.stderr);
  assert.equal((await written(target, 'null.example')).intent.takesMail, false);
  const wrong = await septet(['init', 'bad.example', '--mx', 'mx1.new.example', ...args]);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /^--mx: mx is a preference and a host name/);
});

test('every real zone becomes a configuration that reads back the same', async (t) => {
  const data = sharedData(t, 'zones');
  if (data === undefined) return;
  const zones = readRealZones(data);
  const root = readZone(Buffer.from(rootZone), { file: 'root' });
  assert.ok(root.kind === 'good');
  const resolver = zoneResolver([...zones.map(({ zone }) => zone), root.zone]);
  const world = { resolver, otherResolvers: [], now: () => 0, randomBytes: (count: number) => new Uint8Array(count) };
  let senders = 0;
  let lost = 0;
  for (const { zone } of zones) {
    const domain = zone.origin;
    if (isPublicSuffix(domain, { icannOnly: true })) continue;
    const flags = readFlags(domain, {}, {});
    // oxlint-disable-next-line no-await-in-loop -- nothing is waited for
    const seen = await seeDomain(world, domain);
    assert.deepEqual(seen.untold, [], domain);
    const base = { intent: flags.config.intent, host: flags.config.host };
    const { settings, left } = keepReadable(draftOf(seen, flags), base);
    lost += left.length;
    const read = domainIn(writeConfig({ domains: [settings] }), domain);
    const bare = read.intent.senders.map(({ kind, values }) => ({ kind, values }));
    assert.deepEqual({ ...read.intent, senders: bare }, settings.intent, domain);
    senders += bare.length;
    // Whoever has an SPF record that lets somebody pass has a sender.
    if (seen.spf.some((term) => /^\+?(?:include:|ip[46]:)/.test(term))) assert.ok(bare.length > 0, domain);
  }
  t.diagnostic(`${zones.length} zones, ${senders} senders, ${lost} parts that the configuration cannot hold`);
  assert.equal(lost, 0);
  assert.ok(senders > 40);
});

test('what init prints fits 80 columns, but for keys and names that are longer themselves', async (t) => {
  const data = sharedData(t, 'zones');
  if (data === undefined) return;
  const zones = readRealZones(data);
  const root = readZone(Buffer.from(rootZone), { file: 'root' });
  assert.ok(root.kind === 'good');
  const resolver = zoneResolver([...zones.map(({ zone }) => zone), root.zone]);
  const world = { resolver, otherResolvers: [], now: () => 0, randomBytes: (count: number) => new Uint8Array(count) };
  for (const { zone } of zones) {
    if (isPublicSuffix(zone.origin, { icannOnly: true })) continue;
    // oxlint-disable-next-line no-await-in-loop -- nothing is waited for
    const seen = await seeDomain(world, zone.origin);
    const settings = draftOf(seen, readFlags(zone.origin, {}, {}));
    const lines = `${foundText(seen, [], painter(80, false))}${writeConfig({ domains: [settings] })}`.split('\n');
    for (const line of lines) assert.ok(line.length <= 80 || /\b(?:value|target):/.test(line), line);
    // An address is never cut in two.
    for (const uri of seen.dmarc?.reports ?? []) {
      const [, address = ''] = /^mailto:(.*)$/.exec(uri) ?? [];
      assert.ok(
        lines.some((line) => line.includes(address)),
        `${zone.origin}: ${address}`,
      );
      const shown = lines.slice(
        0,
        lines.findIndex((line) => line.startsWith('# septet.yaml')),
      );
      if (address.length < 60)
        assert.ok(
          shown.some((line) => line.includes(address)),
          `${zone.origin}: ${address}`,
        );
    }
  }
});
