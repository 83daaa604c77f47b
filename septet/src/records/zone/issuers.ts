/**
 * The names by which certificate authorities call themselves in CAA records (RFC 8659 §4.2: each authority says which
 * ones it answers to, in its practice statement). Read in November 2026; one of the names is enough.
 */
const authorities: readonly (readonly [issuer: RegExp, names: readonly string[]])[] = [
  [/let's encrypt/i, ['letsencrypt.org']],
  [/google trust services/i, ['pki.goog', 'google.com']],
  [
    /sectigo|comodo|usertrust|zerossl/i,
    ['sectigo.com', 'comodoca.com', 'comodo.com', 'usertrust.com', 'trust-provider.com'],
  ],
  [
    /digicert|geotrust|thawte|rapidssl|symantec/i,
    [
      'digicert.com',
      'www.digicert.com',
      'geotrust.com',
      'thawte.com',
      'rapidssl.com',
      'symantec.com',
      'digicert.ne.jp',
    ],
  ],
  [/globalsign/i, ['globalsign.com']],
  [/o=amazon/i, ['amazon.com', 'amazontrust.com', 'awstrust.com', 'amazonaws.com', 'aws.amazon.com']],
  [/godaddy|starfield/i, ['godaddy.com', 'starfieldtech.com']],
  [/ssl\.com|ssl corp/i, ['ssl.com']],
  [/buypass/i, ['buypass.com', 'buypass.no']],
  [/actalis/i, ['actalis.it']],
  [/certum|asseco|unizeto/i, ['certum.pl', 'certum.eu']],
  [/swisssign/i, ['swisssign.com']],
];

/** The CAA names of the authority that issued a certificate; empty when it is not known here, and nothing is claimed. */
export function caaNamesOf(issuer: string): readonly string[] {
  return authorities.find(([pattern]) => pattern.test(issuer))?.[1] ?? [];
}
