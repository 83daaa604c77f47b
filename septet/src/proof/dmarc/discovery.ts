/** The DNS side of one DMARC evaluation: each question is asked once, for the author and for all identifiers. */
import type { DnsName } from '../../dns/name.ts';
import { registrableDomain } from '../../dns/public-suffix.ts';
import type { QueryOptions } from '../../dns/resolver.ts';
import type { Answer } from '../../dns/rrset.ts';
import { discover, walkTree, type Discovery } from '../../records/dmarc/discover.ts';
import type { World } from '../../world/world.ts';

/** The organisational domain of a name as each generation finds it; `unknown` after a failed question. */
export interface Organisation {
  readonly walk: DnsName | 'unknown';
  readonly list: DnsName;
}

/** Whether a name exists, as RFC 9989 §3.2.13 asks for `np`: only NXDOMAIN denies it. */
export type Existence = 'exists' | 'missing' | 'denied-compactly' | 'unknown';

export interface DmarcQuestions {
  discoveryOf(domain: DnsName): Promise<Discovery>;
  organisationOf(domain: DnsName): Promise<Organisation>;
  existenceOf(domain: DnsName): Promise<Existence>;
}

export function dmarcQuestions(world: World, options: QueryOptions = {}): DmarcQuestions {
  const texts = new Map<DnsName, Answer<'TXT'>>();
  const known = (name: DnsName): Answer<'TXT'> | undefined => texts.get(name);
  const askAll = async (names: readonly DnsName[]): Promise<void> => {
    const got = await Promise.all(names.map((name) => world.resolver.query(name, 'TXT', options)));
    for (const [i, name] of names.entries()) {
      const answer = got[i];
      if (answer) texts.set(name, answer);
    }
  };
  return {
    async discoveryOf(domain) {
      let result = discover(domain, known);
      while (result.kind === 'needs') {
        // oxlint-disable-next-line no-await-in-loop -- each round asks all that is known to be needed
        await askAll(result.names);
        result = discover(domain, known);
      }
      return result.discovery;
    },
    async organisationOf(domain) {
      let result = walkTree(domain, known);
      while (result.kind === 'needs') {
        // oxlint-disable-next-line no-await-in-loop -- a second round happens only when the first was incomplete
        await askAll(result.names);
        result = walkTree(domain, known);
      }
      const { organisation } = result.walk;
      return {
        walk: organisation.kind === 'known' ? organisation.domain : 'unknown',
        list: registrableDomain(domain) ?? domain,
      };
    },
    async existenceOf(domain) {
      const answer = await world.resolver.query(domain, 'A', options);
      if (answer.kind === 'failed') return 'unknown';
      if (answer.kind === 'nxdomain') return 'missing';
      return answer.kind === 'nodata' && answer.nxname ? 'denied-compactly' : 'exists';
    },
  };
}
