/** DigitalOcean's client passes the suite of all hosts, over its fake and with small pages. */
import { digitalOceanHost } from '../../src/providers/digitalocean/digitalocean.ts';
import type { Bench } from './bench.ts';
import { allScopes, fakeDigitalOcean } from './fakes/digitalocean.ts';
import { benchOn, fakeZone, goodToken } from './fakes/fake.ts';
import { hostSuite } from './suite.ts';

const except = {
  'creates, replaces and removes a text of octets that are no UTF-8, or refuses it':
    'its API carries text as JSON without escapes; digitalocean.test.ts sees the client refuse it',
};

const setUp = async (): Promise<Bench> => {
  const fake = await fakeDigitalOcean({ [goodToken]: allScopes }, fakeZone);
  return benchOn(fake, (outside, token) => digitalOceanHost({ token, url: fake.server.url, outside, pageSize: 3 }));
};

hostSuite('DigitalOcean', setUp, { except });
