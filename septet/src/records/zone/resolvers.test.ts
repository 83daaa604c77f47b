import test from 'node:test';
import { expectCodes, zoneWorld } from '../../../test/zone-world.ts';
import { dnsName } from '../../dns/name.ts';
import type { Resolver } from '../../dns/resolver.ts';
import type { Answer, RrType } from '../../dns/rrset.ts';
import { askResolvers, checkResolvers } from './resolvers.ts';

const name = dnsName('_dmarc.shop.nl');
const records = [{ name, type: 'TXT' as const }];
const one = '_dmarc.shop.nl. TXT "v=DMARC1; p=none"';
const other = '_dmarc.shop.nl. TXT "v=DMARC1; p=reject"';

/** The same resolver, answering with or without authority. */
function withAuthority(resolver: Resolver, authoritative: boolean): Resolver {
  return {
    query: async <T extends RrType>(asked: typeof name, type: T) =>
      ({ ...(await resolver.query(asked, type)), authoritative }) as Answer<T>,
  };
}

async function codesOf(first: string, second: string, authoritative: boolean) {
  const world = zoneWorld(first, { otherResolvers: [withAuthority(zoneWorld(second).resolver, authoritative)] });
  const both = { ...world, resolver: withAuthority(world.resolver, authoritative) };
  return checkResolvers(await askResolvers(both, records), world.now());
}

test('resolvers that agree say nothing', async () => {
  expectCodes(await codesOf(one, one, false), []);
});

test('resolvers that differ may only remember an older answer', async () => {
  expectCodes(await codesOf(one, other, false), ['dns.propagation.pending']);
  expectCodes(await codesOf(one, '_dmarc.shop.nl. A 192.0.2.1', false), ['dns.propagation.pending']);
});

test('servers that answer with authority and differ are out of step', async () => {
  expectCodes(await codesOf(one, other, true), ['dns.auth.inconsistent']);
});

test('a resolver that does not answer is no disagreement', async () => {
  const silent = zoneWorld(other, { failures: [['_dmarc.shop.nl', 'TXT', 'timeout']] }).resolver;
  const world = zoneWorld(one, { otherResolvers: [silent] });
  expectCodes(checkResolvers(await askResolvers(world, records), world.now()), []);
});
