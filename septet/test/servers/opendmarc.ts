/**
 * OpenDMARC, the milter that evaluates SPF and DMARC, for tests.
 *
 * It asks the servers of /etc/resolv.conf and knows no other way (nor does libspf2 in it), so it is started in a mount
 * namespace of its own in which that file names the test's server; that takes root (or CAP_SYS_ADMIN). The network stays
 * the machine's: an address such as 127.12.34.56 lets the server have port 53 for itself, and the test reaches it, too.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listens, milterAt, type Milter } from './opendkim.ts';
import { findBinary, freePort, run, temporaryFolder } from './process.ts';

export interface OpenDmarcOptions {
  readonly authservId: string;
  /** The address of the DNS server that is asked at port 53, an authoritative one for everything. */
  readonly nameServer: string;
  /** Refuses what `p=reject` asks for and holds what `p=quarantine` asks for, instead of only saying so. */
  readonly acts?: boolean;
}

/**
 * Names of one label under which organisations have their domains. OpenDMARC 1.4.2 does not know the rule `*` of
 * publicsuffix.org, by which a top level that is in no list counts as well, so `example` has to be said.
 */
const publicSuffixes = ['com', 'net', 'org', 'example', 'test'];

/** Judges all mail, whoever the client is, by its own SPF and the OpenDKIM before it. */
export async function startOpenDmarc({ authservId, nameServer, acts }: OpenDmarcOptions): Promise<Milter> {
  const [unshare, shell, path] = await Promise.all([findBinary('unshare'), findBinary('sh'), findBinary('opendmarc')]);
  if (unshare === undefined || shell === undefined || path === undefined) throw new Error('opendmarc is not installed');
  const folder = await temporaryFolder('opendmarc');
  const port = await freePort();
  const at = (name: string): string => join(folder, name);
  await writeFile(at('resolv.conf'), `nameserver ${nameServer}\noptions timeout:2 attempts:2\n`);
  // Clients that are named here are not judged; without a list that is 127.0.0.1.
  await writeFile(at('nobody'), '192.0.2.250\n');
  await writeFile(at('suffixes'), `${publicSuffixes.join('\n')}\n`);
  const config = [
    `Socket inet:${port}@127.0.0.1`,
    'Background false',
    'AutoRestart false',
    'Syslog false',
    `AuthservID ${authservId}`,
    `TrustedAuthservIDs ${authservId}`,
    `IgnoreHosts ${at('nobody')}`,
    `PublicSuffixList ${at('suffixes')}`,
    'SPFIgnoreResults true',
    'SPFSelfValidate true',
    `RejectFailures ${acts === true}`,
    `HoldQuarantinedMessages ${acts === true}`,
  ];
  await writeFile(at('opendmarc.conf'), `${config.join('\n')}\n`);
  const script = 'mount --bind "$1" /etc/resolv.conf && exec "$2" -f -c "$3"';
  const args = ['--mount', shell, '-c', script, 'opendmarc', at('resolv.conf'), path, at('opendmarc.conf')];
  return milterAt(port, await run(unshare, args, folder, () => listens(port)));
}
