/** Dynamic updates against real name servers: the suite with every algorithm, then what only this protocol has. */
import { missing } from '../servers/process.ts';
import { algorithms, brands, keys, ownServerBench } from './own-servers.ts';
import { hostSuite } from './suite.ts';

const skip = await missing('knotd', 'named', 'nsupdate');

for (const brand of brands) {
  for (const [i, algorithm] of algorithms.entries()) {
    const key = keys[i];
    if (key) hostSuite(`RFC 2136 at ${brand} with ${algorithm}`, () => ownServerBench(brand, key), { skip });
  }
}
