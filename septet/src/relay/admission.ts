/** Who may send through a relay: programs of named networks, and users who have logged in. Never anybody else. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { addressClass, contains, parseAddress, type Network } from '../dns/address.ts';

export interface RelayUser {
  readonly name: string;
  readonly password: string;
}

export interface Admission {
  /** Networks that need no login; loopback is one of them where `networks` names none. */
  readonly networks: readonly Network[];
  readonly users: readonly RelayUser[];
}

/** Whether the address sends without a login. */
export function isTrusted({ networks }: Admission, text: string): boolean {
  const address = parseAddress(text);
  return address !== undefined && networks.some((network) => contains(network, address));
}

/** Passwords may go in clear where they do not leave the machine. */
export function isLoopback(text: string): boolean {
  const address = parseAddress(text);
  return address !== undefined && addressClass(address) === 'loopback';
}

/** Takes the same time whatever is wrong. */
export function mayLogIn({ users }: Admission, name: string, password: string): boolean {
  let good = false;
  for (const user of users) {
    const fits = same(user.name, name);
    if (same(user.password, password) && fits) good = true;
  }
  return good;
}

const digest = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();
const same = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));
