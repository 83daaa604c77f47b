import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { txtSet } from '../../change/txt.ts';
import { dnsName } from '../../dns/name.ts';
import type { RrSet } from '../../dns/rrset.ts';
import type { FormInput } from '../form.ts';
import { hostKinds } from '../host-kinds.ts';
import { formOf, textForms } from './forms.ts';

const zone = dnsName('example.com');
const input = (...sets: readonly RrSet[]): FormInput => ({
  domain: dnsName('news.example.com'),
  zone,
  steps: [
    {
      id: 's',
      title: 'A title',
      why: 'A reason.',
      outside: [],
      changes: sets.map((after) => ({ name: after.name, type: after.type, after })),
    },
  ],
  later: ['bimi: when DMARC is at quarantine'],
  digest: '0'.repeat(64),
  madeAt: '2026-11-23T12:00:00Z',
});
const write = (id: string, ...sets: readonly RrSet[]): string => formOf(id)?.write(input(...sets)) ?? assert.fail(id);
const spf = txtSet(dnsName('news.example.com'), 3600, 'v=spf1 exists:%{i}.x.example -all');
const nullMx: RrSet<'MX'> = {
  name: zone,
  type: 'MX',
  ttlSeconds: 3600,
  data: [{ preference: 0, exchange: dnsName('.') }],
};
const alias: RrSet<'CNAME'> = {
  name: dnsName('track.news.example.com'),
  type: 'CNAME',
  ttlSeconds: 60,
  data: [dnsName('app.example.net')],
};

test('every host kind has its form, and each id is there once', () => {
  for (const kind of hostKinds) assert.ok(formOf(kind.form), kind.key);
  assert.equal(new Set(textForms.map(({ id }) => id)).size, textForms.length);
  assert.equal(formOf('nobody'), undefined);
});

for (const form of textForms) {
  test(`${form.id} can be asked to print nothing`, () => {
    const printed = form.write({ ...input(), steps: [], later: [] });
    assert.match(printed, /[^\n]\n$/);
    if (form.extension === '.json') JSON.parse(printed);
  });

  test(`${form.id} names a record outside of the zone and does not print it`, () => {
    const printed = write(form.id, txtSet(dnsName('example.com._report._dmarc.example.net'), 300, 'v=DMARC1;'));
    assert.match(printed.replaceAll(/\s+[#;/]*\s*/g, ' '), /stands outside of the zone/);
    assert.doesNotMatch(printed, /v=DMARC1/);
  });
}

describe('quirks of hosts', () => {
  test('names are relative to the zone, not to the domain', () => {
    assert.match(write('gandi', spf), /^news 3600 IN TXT "v=spf1/m);
    assert.match(write('cloudflare', spf), /^add +TXT +news +/m);
    assert.match(write('dnscontrol', spf), /TXT\("news", "v=spf1/);
  });

  test('GoDaddy, DigitalOcean and Namecheap cannot hold a null MX; Route 53 and Cloudflare can', () => {
    for (const id of ['godaddy', 'digitalocean', 'namecheap']) {
      const printed = write(id, nullMx);
      assert.match(printed, /cannot be stored at/, id);
      assert.doesNotMatch(printed, /^(add|doctl)/m, id);
    }
    assert.match(write('route53', nullMx), /"Value": "0 \."/);
    assert.match(write('cloudflare', nullMx), /^add +MX +@ +0 .* \.$/m);
  });

  test('TTLs are raised to the floor of the host, and it is said', () => {
    assert.match(write('godaddy', alias), /the TTL is 600 seconds here; GoDaddy has no\n? *60/);
    assert.match(write('godaddy', alias), / 600 +app\.example\.net$/m);
    assert.match(write('gandi', alias), /^track\.news 300 IN CNAME app\.example\.net\.$/m);
    assert.match(write('bind', alias), /^track\.news\.example\.com\. 60 IN CNAME/m);
  });

  test('Cloudflare: the cloud is grey', () => {
    assert.match(write('cloudflare', alias), /DNS only +app\.example\.net$/m);
    assert.match(write('terraform-cloudflare', alias), /proxied = false/);
    assert.match(write('dnscontrol', alias), /TTL\(60\)\) \/\/ at Cloudflare: CF_PROXY_OFF/);
  });

  test('DNSControl: a text that reads like the mark of the cloud stays as it is', () => {
    const text = 'a // at Cloudflare: CF_PROXY_OFF b';
    const printed = write('dnscontrol', txtSet(zone, 300, text), alias);
    assert.ok(printed.includes(`TXT("@", "${text}", TTL(300)),\n`), printed);
  });

  test('macros of SPF are no templates of Terraform, and no variables of Domain Connect', () => {
    assert.match(write('terraform-route53', spf), /%%\{i\}/);
    assert.match(write('terraform-cloudflare', spf), /%%\{i\}/);
    assert.match(write('domain-connect', spf), /cannot be stored at a Domain Connect host/);
  });

  test('Domain Connect takes no text away that begins like the new one and stays', () => {
    const texts = (...members: readonly string[]): RrSet<'TXT'> => ({
      ...txtSet(zone, 300, ''),
      data: members.map((text) => ({ strings: [text] })),
    });
    const printed = (before: RrSet, after: RrSet): string => {
      const plan = input();
      const steps = plan.steps.map((step) => ({
        ...step,
        changes: [{ name: zone, type: 'TXT' as const, before, after }],
      }));
      return formOf('domain-connect')?.write({ ...plan, steps }) ?? '';
    };
    const mixed = printed(texts('site=old', 'site=other'), texts('site=new', 'site=other'));
    assert.doesNotMatch(mixed, /"Prefix"/);
    assert.match(mixed, /Remove by hand: TXT @ site=old\./);
    assert.match(printed(texts('site=old', 'keep=1'), texts('site=new', 'keep=1')), /"Prefix"/);
  });

  test('Route 53 writes octets in octal, PowerDNS in decimal', () => {
    const text = txtSet(zone, 300, 'caf\u00c3\u00a9');
    assert.match(write('route53', text), /caf\\\\303\\\\251/);
    assert.match(write('powerdns', text), /caf\\\\195\\\\169/);
  });

  test('octoDNS gets its semicolons escaped, and no backslash', () => {
    assert.match(write('octodns', txtSet(zone, 300, 'v=DMARC1; p=none')), /value: 'v=DMARC1\\; p=none'/);
    assert.match(write('octodns', txtSet(zone, 300, 'a\\b')), /cannot be stored at octoDNS/);
  });

  test('no form but those for people holds what is not ASCII, and none a control character', () => {
    const strange = { ...input(spf), later: ['\u00e9\u202e\u001b[2J'] };
    for (const form of textForms) assert.doesNotMatch(form.write(strange), /[^\n\P{C}]/u, form.id);
    assert.match(formOf('bind')?.write(strange) ?? '', /^; - e \[2J$/m);
  });
});

describe('the page', () => {
  test('says what to do with each record, what to leave, and how to look', () => {
    const before = { ...txtSet(zone, 300, 'keep=1'), data: [{ strings: ['keep=1'] }, { strings: ['v=spf1 -all'] }] };
    const after = { ...before, data: [{ strings: ['keep=1'] }, { strings: ['v=spf1 mx -all'] }] };
    const plan = input();
    const steps = plan.steps.map((step) => ({
      ...step,
      changes: [{ name: zone, type: 'TXT' as const, before, after }],
    }));
    const page = formOf('markdown')?.write({ ...plan, steps }) ?? '';
    assert.match(page, /^There is one change|Hello\. There is one change/m);
    assert.match(page, /\| Value now \| `v=spf1 -all` \|\n\| New value \| `v=spf1 mx -all` \|/);
    assert.match(page, /leave these as they are:\*\*\n\n- `TXT @`: `keep=1`/);
    assert.match(page, /dig \+short TXT example\.com/);
    assert.match(page, /npx septet status news\.example\.com/);
    assert.match(page, /`0{64}`/);
  });

  test('the wildcard is quoted for the shell', () => {
    assert.match(
      write('markdown', { ...alias, name: dnsName('*.example.com') }),
      /dig \+short CNAME '\*\.example\.com'/,
    );
  });
});
