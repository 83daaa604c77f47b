/** Every row of `plan.*` and `ramp.*`: a scenario in which it appears, and one in which it must not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { later, rows } from '../../src/plan/findings.ts';
import type { PlanHost } from '../../src/plan/input.ts';
import { planOf, type Scene } from './plan-world.ts';

type Code = keyof typeof rows;
/** What the message has to name, and the two scenes. */
type Pair = readonly [says: RegExp, appears: Scene, not: Scene];

const google = 'senders: [ google-workspace ]\n';
const relay = 'senders: [ custom: { spf: [ mx ] } ]\n';
const small: PlanHost = {
  title: 'Small DNS',
  nearestTtl: (seconds) => seconds,
  faultsOf: (change) => (change.type === 'TXT' ? ['this host stores no TXT.'] : []),
};
const policyUrl = 'https://mta-sts.example.com/.well-known/mta-sts.txt';
const policy = (mode: string, ...names: readonly string[]): string =>
  `version: STSv1\nmode: ${mode}\n${names.map((name) => `mx: ${name}\n`).join('')}max_age: 604800\n`;
const underPolicy = (mode: string): Scene => ({
  settings: 'mx: [ 10 new.example.com ]',
  zone: '@ MX 10 mail\n_mta-sts TXT "v=STSv1; id=1"',
  pages: { [policyUrl]: { body: policy(mode, 'mail.example.com') } },
});
const eleven = Array.from({ length: 11 }, (_, index) => `i${index}.example.net. TXT "v=spf1 ip4:9.9.9.${index} -all"`);
const includesAll = eleven.map((_, index) => `"include:i${index}.example.net "`).join(' ');

const pairs: Readonly<Record<Code, Pair>> = {
  'plan.order.spf_dkim_before_dmarc': [
    /publishes p=reject already, and spf, dkim.google-workspace is not in place/,
    { settings: google, zone: '_dmarc TXT "v=DMARC1; p=reject"' },
    { settings: google, zone: '_dmarc TXT "v=DMARC1; p=none"' },
  ],
  'plan.gmail_gap': [
    /198\.51\.100\.7 lacks a reverse name/,
    { settings: 'senders: [ postfix: { ip: [198.51.100.7], selector: s1 } ]' },
    { settings: google },
  ],
  'plan.subdomain.complete': [
    /news\.example\.com sends and has no MX, DKIM/,
    { settings: relay, domain: 'news.example.com' },
    { settings: relay },
  ],
  'plan.mx.needs_rua': [
    /Reports go to dmarc@example\.com, and example\.com takes no mail/,
    { settings: 'mx: none\ndmarc: { reports: dmarc@example.com }' },
    { settings: 'mx: none\ndmarc: { reports: dmarc@example.net }' },
  ],
  'plan.spf.from_vs_mailfrom': [
    /No sender of the plan uses example\.com as MAIL FROM/,
    { settings: 'senders: [ ses: { region: eu-west-1, mailFrom: bounce } ]' },
    { settings: google },
  ],
  'plan.spf.drops_existing': [
    /no longer lets pass: \+all/,
    { settings: `${google}spf: { all: -all }`, zone: '@ TXT "v=spf1 include:old.example.net +all"' },
    { settings: `${google}spf: { all: -all }`, zone: '@ TXT "v=spf1 include:old.example.net ~all"' },
  ],
  'plan.spf.over_limit_after': [
    /costs 12 look-ups/,
    {
      settings: google,
      zone: `@ TXT "v=spf1 " ${includesAll} "-all"`,
      others: [eleven.join('\n')],
    },
    { settings: google },
  ],
  'plan.dkim.keep_old': [
    /dkim\.custom replaces the key at s1\._domainkey/,
    {
      settings: 'senders: [ custom: { dkim: [ { selector: s1, target: s1.dkim.example.net } ] } ]',
      zone: 's1._domainkey CNAME old.example.net.',
    },
    { settings: 'senders: [ custom: { dkim: [ { selector: s1, target: s1.dkim.example.net } ] } ]' },
  ],
  'plan.subdomain.advice': [
    /listmonk would send from example\.com/,
    { settings: 'senders: [ ses: { region: eu-west-1 }, listmonk ]' },
    { settings: 'people: false\nsenders: [ ses: { region: eu-west-1 }, listmonk ]' },
  ],
  'plan.mtasts.mx_change': [
    /mode enforce\) does not name new\.example\.com/,
    underPolicy('enforce'),
    underPolicy('testing'),
  ],
  'plan.bimi.before_enforce': [
    /DMARC of example\.com has to reach p=quarantine first/,
    { settings: 'bimi: { logo: https://example.com/l.svg }' },
    { settings: 'bimi: { logo: https://example.com/l.svg }', zone: '_dmarc TXT "v=DMARC1; p=quarantine"' },
  ],
  'plan.name.collision': [
    /track\.example\.com: MX of return-path\.ses and CNAME of tracking are both wanted/,
    {
      settings:
        'senders: [ ses: { region: eu-west-1, mailFrom: track } ]\ntracking: { host: track, target: app.example.net }',
    },
    {
      settings:
        'senders: [ ses: { region: eu-west-1, mailFrom: bounce } ]\ntracking: { host: track, target: app.example.net }',
    },
  ],
  'plan.provider.limit': [
    /Small DNS cannot store the step spf: this host stores no TXT/,
    { settings: google, host: small },
    {
      settings: google,
      zone: '@ TXT "v=spf1 include:_spf.google.com ~all"\n_dmarc TXT "v=DMARC1; p=reject"',
      host: small,
    },
  ],
  'plan.verify.independent': [
    /Only 1 resolver/,
    { settings: google, zone: '@ MX 10 mail', servers: ['@ MX 10 mail'] },
    { settings: google, zone: '@ MX 10 mail', servers: ['@ MX 10 mail'], resolvers: ['@ MX 10 mail'] },
  ],
  'plan.seven_not_required': [
    /tracking are worth having and not demanded/,
    { settings: 'tracking: { host: track, target: app.example.net }' },
    { settings: 'senders: [ ses: { region: eu-west-1, mailFrom: bounce } ]' },
  ],
  'ramp.order.skip_none': [
    /begins with quarantine/,
    { settings: 'dmarc: { ramp: [{ stage: quarantine }] }' },
    { settings: 'dmarc: { ramp: [{ stage: quarantine }] }', zone: '_dmarc TXT "v=DMARC1; p=none"' },
  ],
  'ramp.days_insufficient': [
    /none lasts 7 days; 28 are usual for a domain that people send from/,
    { settings: 'dmarc: { ramp: [{ stage: none, days: 7 }, { stage: quarantine }] }' },
    { settings: 'dmarc: { ramp: standard }' },
  ],
};

for (const code of Object.keys(rows) as Code[]) {
  test(code, async () => {
    const [says, appears, not] = pairs[code];
    const found = (await planOf(appears)).findings.filter((finding) => finding.code === code);
    assert.ok(found.length > 0, `${code} does not appear`);
    assert.match(found[0]?.message ?? '', says);
    // A line for a person, not a page.
    for (const { message } of found) assert.ok(message.length < 240, message);
    assert.deepEqual(
      (await planOf(not)).findings.filter((finding) => finding.code === code),
      [],
    );
  });
}

test('what waits for reports is not a row yet', () => {
  assert.deepEqual(
    Object.keys(later).filter((code) => Object.hasOwn(rows, code)),
    [],
  );
});

test('a finding never speaks of what DNS did not tell', async () => {
  const plan = await planOf({
    settings: google,
    zone: '_dmarc TXT "v=DMARC1; p=reject"\n@ TXT "v=spf1 include:_spf.google.com -all"',
    failures: [
      ['example.com', 'TXT', 'timeout'],
      ['google._domainkey.example.com', '*', 'timeout'],
    ],
  });
  const order = plan.findings.filter((finding) => finding.code === 'plan.order.spf_dkim_before_dmarc');
  assert.equal(order.length, 1);
  for (const { message } of order) assert.ok(!message.includes('spf'), message);
});
