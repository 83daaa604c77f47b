/** Hetzner's client passes the suite of all hosts, over its fake and with small pages. */
import { hetznerHost } from '../../src/providers/hetzner/hetzner.ts';
import { fakeHetzner } from './fakes/hetzner.ts';
import { benchOn, fakeZone, goodToken } from './fakes/fake.ts';
import { hostSuite } from './suite.ts';

hostSuite('Hetzner', async () => {
  const fake = await fakeHetzner({ [goodToken]: 'write' }, fakeZone);
  return benchOn(fake, (outside, token) => hetznerHost({ token, url: fake.server.url, outside, pageSize: 3 }));
});
