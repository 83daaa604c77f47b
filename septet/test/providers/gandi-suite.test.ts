/** Gandi's client passes the suite of all hosts, over its fake and with small pages. */
import { gandiHost } from '../../src/providers/gandi/gandi.ts';
import { fakeGandi } from './fakes/gandi.ts';
import { benchOn, fakeZone, goodToken } from './fakes/fake.ts';
import { hostSuite } from './suite.ts';

hostSuite('Gandi', async () => {
  const fake = await fakeGandi({ [goodToken]: 'write' }, fakeZone);
  return benchOn(fake, (outside, token) => gandiHost({ token, url: fake.server.url, outside, pageSize: 3 }));
});
