/**
 * Address pools from which clouds and hosting companies give single addresses to anybody. Dated data, and only the
 * large pools (written down on 2026-11-23): it is meant to catch an SPF record that names a whole pool, not to tell who owns an address.
 */
import { ip4Bits, parseIp4 } from './address.ts';

interface Pool {
  readonly owner: string;
  readonly first: number;
  readonly last: number;
}

/** Ranges with fewer addresses than a /22 are taken to be one customer's. */
const widestOwnPrefix = 22;

const pools: readonly Pool[] = [
  ...poolsOf('Google Cloud', '34.64.0.0/10 35.184.0.0/13 35.192.0.0/11 35.224.0.0/12 35.240.0.0/13'),
  ...poolsOf('Amazon EC2', '3.80.0.0/12 18.128.0.0/9 54.64.0.0/11 54.144.0.0/12 54.160.0.0/11'),
  ...poolsOf(
    'DigitalOcean',
    '68.183.0.0/16 134.209.0.0/16 157.245.0.0/16 159.65.0.0/16 165.22.0.0/16 167.99.0.0/16 206.189.0.0/16',
  ),
  ...poolsOf(
    'Hetzner',
    '5.9.0.0/16 49.12.0.0/15 65.108.0.0/15 78.46.0.0/15 88.198.0.0/16 95.216.0.0/15 116.202.0.0/15 135.181.0.0/16',
  ),
  ...poolsOf(
    'Hetzner',
    '138.201.0.0/16 144.76.0.0/16 148.251.0.0/16 159.69.0.0/16 168.119.0.0/16 176.9.0.0/16 188.40.0.0/16',
  ),
  ...poolsOf(
    'OVHcloud',
    '37.59.0.0/16 37.187.0.0/16 51.38.0.0/16 51.68.0.0/16 51.75.0.0/16 51.77.0.0/16 51.83.0.0/16 51.89.0.0/16',
  ),
  ...poolsOf(
    'OVHcloud',
    '51.91.0.0/16 54.36.0.0/15 54.38.0.0/16 92.222.0.0/16 94.23.0.0/16 137.74.0.0/16 145.239.0.0/16 149.202.0.0/16',
  ),
  ...poolsOf(
    'OVHcloud',
    '151.80.0.0/16 158.69.0.0/16 164.132.0.0/16 167.114.0.0/16 176.31.0.0/16 178.32.0.0/15 188.165.0.0/16 192.99.0.0/16',
  ),
];

function poolsOf(owner: string, text: string): readonly Pool[] {
  return text.split(' ').map((network) => {
    const [address = '', prefix = ''] = network.split('/');
    const first = parseIp4(address);
    return { owner, first, last: first + 2 ** (ip4Bits - Number(prefix)) - 1 };
  });
}

/** Who rents out the range, when it is a large part of a known pool. `address` is a signed 32-bit integer. */
export function poolOwner(address: number, prefix: number): string | undefined {
  if (prefix > widestOwnPrefix) return undefined;
  const first = address >>> 0;
  const last = first + 2 ** (ip4Bits - prefix) - 1;
  return pools.find((pool) => first >= pool.first && last <= pool.last)?.owner;
}
