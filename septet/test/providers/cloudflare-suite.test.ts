/** Cloudflare's client passes the suite of all hosts, over its fake and with pages of three records. */
import { cloudflareHost } from '../../src/providers/cloudflare/cloudflare.ts';
import { fakeCloudflare } from './fakes/cloudflare.ts';
import { benchOn, fakeZone, goodToken } from './fakes/fake.ts';
import { hostSuite } from './suite.ts';

hostSuite('Cloudflare', async () => {
  const fake = await fakeCloudflare({ [goodToken]: ['zone:read', 'dns:read', 'dns:edit'] }, [{ name: fakeZone }]);
  const url = `${fake.server.url}/client/v4`;
  return benchOn(fake, (outside, token) => cloudflareHost({ token, url, outside, pageSize: 3 }));
});
