/** The DNS of the tests of Postfix, and the keys that belong to it. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { makeKey, pemOf, recordOf } from '../../src/records/dkim/make-key.ts';
import { quoted } from '../dkim-keys.ts';
import type { SigningRule } from '../servers/opendkim.ts';

/** The senders' mail server, a list's, and a forwarder's. */
export const senderAddress = '192.0.2.10';
export const listAddress = '192.0.2.30';
export const forwarderAddress = '192.0.2.40';
/** Nobody names it. */
export const strangerAddress = '192.0.2.66';

export interface Keys {
  /** Published as `s1` at every domain. */
  readonly usual: KeyObject;
  readonly ed25519: KeyObject;
  /** Published nowhere. */
  readonly secret: KeyObject;
  /** RSA of 512 and 1024 bits, published as `tiny` and `small`. */
  readonly tiny: KeyObject;
  readonly small: KeyObject;
}

export async function makeKeys(): Promise<Keys> {
  const [usual, ed25519, secret] = await Promise.all([makeKey('rsa2048'), makeKey('ed25519'), makeKey('rsa2048')]);
  const rsa = (modulusLength: number): KeyObject => generateKeyPairSync('rsa', { modulusLength }).privateKey;
  return { usual, ed25519, secret, tiny: rsa(512), small: rsa(1024) };
}

const ok = `ip4:${senderAddress} ip4:127.0.0.0/8`;

/** Domain, SPF, DMARC; the key `s1` stands at each. */
const domains: readonly (readonly [name: string, spf: string | undefined, dmarc: string | undefined])[] = [
  ['good.example', `${ok} -all`, 'p=reject'],
  ['mail.good.example', `${ok} -all`, undefined],
  ['soft.example', `${ok} ~all`, 'p=quarantine'],
  ['watch.example', `${ok} ?all`, 'p=none'],
  ['bare.example', undefined, undefined],
  ['family.example', `${ok} -all`, 'p=reject; sp=none'],
  ['news.family.example', `${ok} -all`, undefined],
  ['house.example', `${ok} -all`, 'p=none; sp=reject'],
  ['news.house.example', `${ok} -all`, undefined],
  ['own.house.example', `${ok} -all`, 'p=quarantine'],
  ['strict.example', `${ok} -all`, 'p=reject; adkim=s; aspf=s'],
  ['news.strict.example', `${ok} -all`, 'p=reject; adkim=s; aspf=s'],
  ['other.example', `${ok} -all`, 'p=reject'],
  ['lost.example', `${ok} -all`, 'p=reject'],
  ['mixed.example', `${ok} -all`, 'p=reject'],
  ['modern.example', `${ok} -all`, 'p=reject'],
  ['list.example', `ip4:${listAddress} -all`, 'p=reject'],
  ['forwarder.example', `ip4:${forwarderAddress} -all`, 'p=none'],
  ['broken.example', 'ip4:192.0.2.999 -all', 'p=reject'],
  ['loop.example', 'include:loop.example -all', 'p=quarantine'],
];

/** One zone, the root, so that every question has an answer. */
export function zoneText(keys: Keys, nameServer: string): string {
  const usual = recordOf(keys.usual);
  const lines = domains.flatMap(([name, spf, dmarc]) => [
    `${name}. A ${senderAddress}`,
    ...(spf === undefined ? [] : [`${name}. TXT ${quoted(`v=spf1 ${spf}`)}`]),
    ...(dmarc === undefined ? [] : [`_dmarc.${name}. TXT ${quoted(`v=DMARC1; ${dmarc}`)}`]),
    `s1._domainkey.${name}. TXT ${quoted(usual)}`,
  ]);
  return `$ORIGIN .
$TTL 60
@ SOA ns.test.example. hostmaster.test.example. 1 7200 3600 1209600 60
@ NS ns.test.example.
ns.test.example. A ${nameServer}
${lines.join('\n')}
s2._domainkey.mixed.example. TXT ${quoted(usual)}
ed._domainkey.modern.example. TXT ${quoted(recordOf(keys.ed25519))}
tiny._domainkey.good.example. TXT ${quoted(recordOf(keys.tiny))}
small._domainkey.good.example. TXT ${quoted(recordOf(keys.small))}
revoked._domainkey.good.example. TXT "v=DKIM1; p="
post._domainkey.good.example. TXT ${quoted(usual.replace('v=DKIM1;', 'v=DKIM1; s=tlsrpt;'))}
strict._domainkey.good.example. TXT ${quoted(usual.replace('v=DKIM1;', 'v=DKIM1; t=s;'))}
mail.good.example. A ${senderAddress}
`;
}

/** What OpenDKIM signs with on the senders' Postfix: the first line that fits the author. */
export function signingRules({ usual, secret }: Keys): readonly SigningRule[] {
  const pem = pemOf(usual);
  return [
    { authors: '*@unaligned.good.example', domain: 'other.example', selector: 's1', pem },
    { authors: '*@lost.example', domain: 'lost.example', selector: 'gone', pem },
    { authors: '*@mixed.example', domain: 'mixed.example', selector: 's2', pem: pemOf(secret) },
    // The organisation signs for what is below it.
    { authors: '*@news.family.example', domain: 'family.example', selector: 's1', pem },
    { authors: '*@news.strict.example', domain: 'strict.example', selector: 's1', pem },
    ...[
      'good',
      'soft',
      'watch',
      'bare',
      'family',
      'house',
      'news.house',
      'own.house',
      'strict',
      'list',
      'broken',
      'loop',
      'modern',
    ]
      .map((name) => `${name}.example`)
      .map((domain) => ({ authors: `*@${domain}`, domain, selector: 's1', pem })),
  ];
}

/** What a second OpenDKIM signs besides, as one process knows one algorithm. */
export function ed25519Rules({ ed25519 }: Keys): readonly SigningRule[] {
  return [{ authors: '*@modern.example', domain: 'modern.example', selector: 'ed', pem: pemOf(ed25519) }];
}
