/** Route 53's client passes the suite of all hosts, over its fake and with pages of two sets. */
import { route53Host } from '../../src/providers/route53/route53.ts';
import { badToken, benchOn, fakeZone, goodToken } from './fakes/fake.ts';
import { fakeRoute53 } from './fakes/route53.ts';
import { hostSuite } from './suite.ts';

const accessKeyId = 'AKIAEXAMPLE0000SEPTET';

hostSuite('Route 53', async () => {
  const fake = await fakeRoute53(
    [{ accessKeyId, secretAccessKey: goodToken }],
    [
      { id: 'Z1PUBLIC', name: fakeZone },
      { id: 'Z0PRIVATE', name: fakeZone, private: true },
    ],
  );
  return benchOn(
    fake,
    (outside, secretAccessKey) =>
      route53Host({ accessKeyId, secretAccessKey, url: fake.server.url, outside, pageSize: 2 }),
    [goodToken, badToken, accessKeyId],
  );
});
