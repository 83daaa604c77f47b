import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { sharedData } from '../../test/shared-data.ts';
import { dnsName, parseName, root } from './name.ts';
import { isPublicSuffix, publicSuffix, registrableDomain } from './public-suffix.ts';

describe('public suffixes', () => {
  it('answers the checks of publicsuffix.org', (t) => {
    const file = sharedData(t, 'dmarc/test_psl.txt');
    if (file === undefined) return;
    let count = 0;
    for (const match of readFileSync(file, 'utf8').matchAll(
      /^checkPublicSuffix\((null|'[^']*'), (null|'[^']*')\);/gm,
    )) {
      count++;
      const [input, expected] = [match[1], match[2]].map((text) => (text === 'null' ? undefined : text?.slice(1, -1)));
      const name = parseName(input ?? '');
      const found = name.ok ? registrableDomain(name.name) : undefined;
      const wanted = expected === undefined ? undefined : dnsName(expected);
      assert.equal(found, wanted, `registrable domain of ${input}`);
    }
    assert.ok(count >= 70, `${count} checks`);
  });

  it('takes both sections, or the ICANN section alone', () => {
    const name = dnsName('a.b.github.io');
    assert.equal(registrableDomain(name), 'b.github.io');
    assert.equal(registrableDomain(name, { icannOnly: true }), 'github.io');
    assert.equal(isPublicSuffix(dnsName('github.io')), true);
    assert.equal(isPublicSuffix(dnsName('github.io'), { icannOnly: true }), false);
  });

  it('takes an unlisted top-level domain for a public suffix', () => {
    assert.equal(publicSuffix(dnsName('a.b.septet-test')), 'septet-test');
    assert.equal(registrableDomain(dnsName('a.b.septet-test')), 'b.septet-test');
    assert.equal(isPublicSuffix(dnsName('septet-test')), true);
  });

  it('is not led astray by underscores, escapes, numbers or the root', () => {
    assert.equal(registrableDomain(dnsName('_dmarc.mail.example.co.uk')), 'example.co.uk');
    assert.equal(registrableDomain(dnsName('_dmarc.com')), '_dmarc.com');
    assert.equal(registrableDomain(dnsName('a\\.b.example.com')), 'example.com');
    assert.equal(registrableDomain(dnsName('x.a\\.b.com')), 'a\\.b.com');
    assert.equal(publicSuffix(dnsName('x\\.com')), 'x\\.com');
    assert.equal(registrableDomain(dnsName('y.x\\.co\\.uk')), 'y.x\\.co\\.uk');
    assert.equal(publicSuffix(dnsName('\\228.ck')), '\\228.ck');
    assert.equal(registrableDomain(dnsName('1.2.0.192.in-addr.arpa')), '192.in-addr.arpa');
    assert.equal(publicSuffix(dnsName('192.0.2.1')), '1');
    assert.equal(publicSuffix(root), undefined);
    assert.equal(registrableDomain(root), undefined);
    assert.equal(isPublicSuffix(root), false);
  });
});
