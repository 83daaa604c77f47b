/** `serve:` at the top: where the certificates of `septet serve` come from. */
import path from 'node:path';
import { httpsUrl, secret, text } from './forms.ts';
import type { SecretRef } from './references.ts';
import { boolean, choice, list, mapping } from './shape.ts';

/** As it stands in the configuration, paths meant from its folder; secrets are fetched when certificates are opened. */
export interface ServeConfig {
  /** Absent: nothing is ordered. */
  readonly acme?: {
    readonly directory: string;
    readonly email?: string;
    readonly challenge: 'http-01' | 'tls-alpn-01' | 'dns-01';
    readonly agree: boolean;
    readonly eab?: { readonly kid: string; readonly hmacKey: SecretRef };
    /** A file with certificates (PEM) that the authority's own server has. */
    readonly ca?: string;
  };
  readonly certificates: readonly { readonly cert: string; readonly key: string }[];
}

const letsEncrypt = 'https://acme-v02.api.letsencrypt.org/directory';
const file = text('the path of a file');

const acme = mapping(
  {
    agree: {
      shape: boolean,
      about: 'you agree to the terms of the authority; without it nothing is ordered',
      example: 'true',
      required: true,
    },
    email: {
      shape: text('an e-mail address', /[^\s@]+@[^\s@]+/),
      about: 'where the authority writes to about the account',
      example: 'hostmaster@yourcompany.com',
      without: 'an account without address',
    },
    directory: {
      shape: httpsUrl,
      about: 'the authority (RFC 8555 §7.1.1)',
      example: letsEncrypt,
      without: "Let's Encrypt",
    },
    challenge: {
      shape: choice(['http-01', 'tls-alpn-01', 'dns-01']),
      about: 'how it is proved that the names are yours: on port 80, on port 443, or through the DNS host',
      example: 'dns-01',
      without: 'http-01',
    },
    eab: {
      shape: mapping(
        {
          kid: {
            shape: text('a key id'),
            about: 'the key id that the authority gave',
            example: 'kid-1',
            required: true,
          },
          hmacKey: {
            shape: secret('EAB_KEY'),
            about: 'its HMAC key, base64url',
            example: '${EAB_KEY}',
            required: true,
          },
        },
        'a mapping such as { kid: kid-1, hmacKey: ${EAB_KEY} }',
      ),
      about: 'the account that you have there already (RFC 8555 §7.3.4)',
      example: '{ kid: kid-1, hmacKey: ${EAB_KEY} }',
      without: 'a new account',
    },
    ca: {
      shape: file,
      about: 'certificates (PEM) to trust when the authority is asked',
      example: '/etc/septet/authority.pem',
      without: 'those of the system',
    },
  },
  'a mapping such as { agree: true, email: hostmaster@yourcompany.com }',
);

const certificate = mapping(
  {
    cert: { shape: file, about: 'the certificate and its chain (PEM)', example: '/etc/ssl/track.pem', required: true },
    key: { shape: file, about: 'its private key (PEM)', example: '/etc/ssl/track.key', required: true },
  },
  'a mapping such as { cert: /etc/ssl/track.pem, key: /etc/ssl/track.key }',
);

export const serveShape = mapping(
  {
    acme: {
      shape: acme,
      about: 'certificates by ACME (RFC 8555) for the names that are served',
      example: '{ agree: true, email: hostmaster@yourcompany.com }',
      without: 'none are ordered',
    },
    certificates: {
      shape: list(certificate, { words: 'a list of { cert, key }', least: 1 }),
      about: 'certificates that somebody else renews; read again when they change',
      example: '[{ cert: /etc/ssl/track.pem, key: /etc/ssl/track.key }]',
      without: 'none',
    },
  },
  'a mapping such as { acme: { agree: true } }',
);

type ServeRead = NonNullable<ReturnType<typeof serveShape.read>>;

export function serveOf(
  read: unknown,
  folder: string,
  anchored: (ref: SecretRef) => SecretRef,
): ServeConfig | undefined {
  if (read === undefined) return undefined;
  const { acme, certificates } = read as ServeRead;
  const beside = (name: string): string => (path.isAbsolute(name) ? name : path.join(folder, name));
  const { kid, hmacKey } = acme?.eab ?? {};
  return {
    ...(acme
      ? {
          acme: {
            directory: acme.directory ?? letsEncrypt,
            challenge: acme.challenge ?? 'http-01',
            agree: acme.agree ?? false,
            ...(acme.email === undefined ? {} : { email: acme.email }),
            ...(kid === undefined || hmacKey === undefined ? {} : { eab: { kid, hmacKey: anchored(hmacKey) } }),
            ...(acme.ca === undefined ? {} : { ca: beside(acme.ca) }),
          },
        }
      : {}),
    certificates: (certificates ?? []).flatMap(({ cert, key }) =>
      cert === undefined || key === undefined ? [] : [{ cert: beside(cert), key: beside(key) }],
    ),
  };
}
