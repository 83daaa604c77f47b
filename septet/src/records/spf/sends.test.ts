import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zoneWorld } from '../../../test/zone-world.ts';
import { dnsName } from '../../dns/name.ts';
import { sendsBySpf } from './sends.ts';

const domain = dnsName('shop.nl');
const cases: readonly (readonly [text: string | undefined, sends: boolean | undefined])[] = [
  ['v=spf1 -all', false],
  ['v=spf1 exp=why.shop.nl -all', false],
  ['v=spf1 ip4:185.70.40.1 -all', true],
  ['v=spf1 redirect=_spf.shop.nl', true],
  ['v=spf1 +all', true],
  ['v=spf1 ~all', undefined],
  ['v=spf1 ?a -all', undefined],
  ['v=spf1', undefined],
  ['v=spf1 nonsense -all', undefined],
  [undefined, undefined],
];

for (const [text, sends] of cases) {
  test(`${text ?? 'no record'} says ${sends ?? 'nothing'} about sending`, async () => {
    const { resolver } = zoneWorld(text === undefined ? 'nl. TXT "x"' : `shop.nl. TXT "${text}"`);
    assert.equal(sendsBySpf(await resolver.query(domain, 'TXT')), sends);
  });
}
