/** What `septet serve` reads of a domain: how its links are counted, who is told, and which files of BIMI it hosts. */
import { createHash } from 'node:crypto';
import type { DnsName } from '../dns/name.ts';
import { httpsUrl, secret } from './forms.ts';
import type { SecretRef } from './references.ts';
import { boolean, choice, integer, mapping, scalar, type KeySpecs, type Shape } from './shape.ts';

/** How a domain's links are counted. */
export interface TrackingConfig {
  readonly host: DnsName;
  /** Whether an open is counted; a pixel is answered in any case. */
  readonly opens: boolean;
  readonly clicks: boolean;
  /** What is kept of a reader's IP address. */
  readonly addresses: 'none' | 'truncated' | 'full';
  /** Days for which single clicks and opens are kept; counts a day stay. */
  readonly retentionDays: number;
  /** Whether a link may lead to an address or name of a private network. */
  readonly privateTargets: boolean;
  /** Who learns of unsubscribes. */
  readonly webhook?: { readonly url: string; readonly secret: SecretRef };
}

const addressWords = ['none', 'truncated', 'full'] as const;
export const defaultRetentionDays = 90; // house: a season; GDPR Art. 5(1)(e) asks for no longer than needed

/** Beside `host` and `target`. */
export const trackingKeys = {
  opens: { shape: boolean, about: 'count opens by a pixel', example: 'false', without: 'true' },
  clicks: { shape: boolean, about: 'count clicks; without, links still lead on', example: 'false', without: 'true' },
  addresses: {
    shape: choice(addressWords),
    about: 'what is kept of readers’ IP addresses: none, truncated (/24, /48) or full',
    example: 'truncated',
    without: 'none',
  },
  retention: {
    shape: integer(1, 3650, 'days'),
    about: 'days for which single clicks and opens are kept; counts stay',
    example: '30',
    without: String(defaultRetentionDays),
  },
  privateTargets: {
    shape: boolean,
    about: 'links may lead into private networks (intranets)',
    example: 'true',
    without: 'false',
  },
  webhook: {
    shape: mapping(
      {
        url: {
          shape: httpsUrl,
          about: 'where the JSON is posted',
          example: 'https://app.yourcompany.com/unsubscribed',
          required: true,
        },
        secret: {
          shape: secret('UNSUBSCRIBE_SECRET'),
          about: 'what the signature is made with',
          example: '${UNSUBSCRIBE_SECRET}',
          required: true,
        },
      },
      'a mapping such as { url: https://…, secret: ${UNSUBSCRIBE_SECRET} }',
    ),
    about: 'who is told of unsubscribes, signed (docs/serving.md)',
    example: '{ url: https://…, secret: ${UNSUBSCRIBE_SECRET} }',
    without: 'nobody; they stand in the suppression list',
  },
} as const satisfies KeySpecs;

interface TrackingRead {
  readonly host?: DnsName;
  readonly opens?: boolean;
  readonly clicks?: boolean;
  readonly addresses?: TrackingConfig['addresses'];
  readonly retention?: number;
  readonly privateTargets?: boolean;
  readonly webhook?: { readonly url?: string; readonly secret?: SecretRef };
}

/** The settings with their defaults; `undefined` without a host. */
export function trackingOf(read: TrackingRead | undefined): TrackingConfig | undefined {
  if (read?.host === undefined) return undefined;
  const { url, secret } = read.webhook ?? {};
  return {
    host: read.host,
    opens: read.opens ?? true,
    clicks: read.clicks ?? true,
    addresses: read.addresses ?? 'none',
    retentionDays: read.retention ?? defaultRetentionDays,
    privateTargets: read.privateTargets ?? false,
    ...(url === undefined || secret === undefined ? {} : { webhook: { url, secret } }),
  };
}

/** An https URL, or the path of a file that `septet serve` hosts. `ending`: `.svg`. */
export function urlOrFile(ending: '.svg' | '.pem'): Shape<string> {
  return scalar({
    words: httpsUrl.words,
    schema: {
      anyOf: [{ type: 'string', pattern: `^https://|^[^:]+\\${ending}$` }, { $ref: '#/$defs/reference' }],
    },
    take(value) {
      if (isFile(value) && value.endsWith(ending) && !value.includes('\0')) return { value };
      const url = URL.canParse(value) ? new URL(value) : undefined;
      if (url?.protocol !== 'https:' || /\s/.test(value))
        return { fault: isFile(value) ? `is none, and no ${ending} file` : 'is none' };
      return url.username || url.password ? { fault: 'holds a user name' } : { value };
    },
  });
}

const isFile = (value: string): boolean => value !== '' && !/^[a-z][a-z0-9+.-]*:/i.test(value);

/** Files of BIMI that are to be hosted; their addresses are made of what they hold. */
export interface HostedFiles {
  readonly host: DnsName;
  /** Paths, as they stand in the configuration. */
  readonly logo?: string;
  readonly certificate?: string;
}

/** `undefined` where nothing is hosted; `no host` where there is no name that leads to Septet. */
export function hostedFilesOf(
  bimi: { readonly logo?: string; readonly certificate?: string; readonly host?: DnsName } | undefined,
  usual: DnsName | undefined,
): HostedFiles | 'no host' | undefined {
  const logo = bimi?.logo !== undefined && isFile(bimi.logo) ? bimi.logo : undefined;
  const certificate = bimi?.certificate !== undefined && isFile(bimi.certificate) ? bimi.certificate : undefined;
  if (logo === undefined && certificate === undefined) return undefined;
  const host = bimi?.host ?? usual;
  if (host === undefined) return 'no host';
  return { host, ...(logo === undefined ? {} : { logo }), ...(certificate === undefined ? {} : { certificate }) };
}

/** A file with the address that it is served at. */
export interface HostedFile {
  readonly host: DnsName;
  /** `/bimi/4f0c…d1.svg`: of the content, so that it can be kept for ever. */
  readonly path: string;
  readonly kind: 'logo' | 'certificate';
  readonly octets: Uint8Array;
}

const hashDigits = 32; // 128 bits

/** The file at its address. */
export function hostedFile(host: DnsName, kind: HostedFile['kind'], octets: Uint8Array): HostedFile {
  const hash = createHash('sha256').update(octets).digest('hex').slice(0, hashDigits);
  return { host, kind, octets, path: `/bimi/${hash}.${kind === 'logo' ? 'svg' : 'pem'}` };
}
