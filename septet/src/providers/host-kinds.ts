/** The DNS hosts that a configuration may name, and what each has to be told. Those without `publishes` are printed for. */
import type { Field } from '../senders/kind.ts';

export interface HostKind {
  /** The word in `septet.yaml`. */
  readonly key: string;
  readonly title: string;
  /** Septet can read and write there itself. */
  readonly publishes: boolean;
  /** The form (`--as`) in which records are printed for it. */
  readonly form: string;
  readonly fields: readonly Field[];
}

const token = (about: string, variable: string): Field => ({
  key: 'token',
  form: 'text',
  about,
  required: true,
  secret: true,
  example: `\${${variable}}`,
});

export const tsigAlgorithms = ['hmac-sha256', 'hmac-sha384', 'hmac-sha512', 'hmac-sha224'] as const;

export const hostKinds: readonly HostKind[] = [
  {
    key: 'cloudflare',
    title: 'Cloudflare',
    publishes: true,
    form: 'cloudflare',
    fields: [
      token('API token with the permissions Zone:Read and DNS:Edit for the zone', 'CLOUDFLARE_TOKEN'),
      {
        key: 'url',
        form: 'text',
        about: 'base of the API, where it is not the usual one',
        example: 'https://127.0.0.1:8443/client/v4',
      },
    ],
  },
  {
    key: 'route53',
    title: 'Amazon Route 53',
    publishes: true,
    form: 'route53',
    fields: [
      {
        key: 'accessKeyId',
        form: 'text',
        about: 'access key',
        required: true,
        secret: true,
        example: '${AWS_ACCESS_KEY_ID}',
      },
      {
        key: 'secretAccessKey',
        form: 'text',
        about: 'secret key',
        required: true,
        secret: true,
        example: '${AWS_SECRET_ACCESS_KEY}',
      },
      {
        key: 'sessionToken',
        form: 'text',
        about: 'token of temporary credentials',
        secret: true,
        example: '${AWS_SESSION_TOKEN}',
      },
      {
        key: 'hostedZone',
        form: 'text',
        about: 'id of the hosted zone, where several have the name',
        pattern: /^Z[A-Z0-9]{1,31}$/,
        patternInWords: 'Z and capital letters or digits',
        example: 'Z08154711ABCDE',
      },
      {
        key: 'url',
        form: 'text',
        about: 'base of the API, where it is not the usual one',
        example: 'https://127.0.0.1:8443',
      },
    ],
  },
  {
    key: 'rfc2136',
    title: 'RFC 2136 (Knot, BIND, PowerDNS…)',
    publishes: true,
    form: 'nsupdate',
    fields: [
      {
        key: 'server',
        form: 'text',
        about: 'address and port of the primary server',
        required: true,
        example: '192.0.2.53:53',
      },
      { key: 'key', form: 'text', about: 'name of the TSIG key', example: 'septet.' },
      {
        key: 'algorithm',
        form: 'choice',
        choices: tsigAlgorithms,
        about: 'of the TSIG key; hmac-sha256 without',
        example: 'hmac-sha256',
      },
      { key: 'secret', form: 'text', about: 'the TSIG key in base64', secret: true, example: '${TSIG_SECRET}' },
    ],
  },
  {
    key: 'powerdns',
    title: 'PowerDNS',
    publishes: true,
    form: 'powerdns',
    fields: [
      { key: 'url', form: 'text', about: 'base of the API', required: true, example: 'http://127.0.0.1:8081' },
      { key: 'apiKey', form: 'text', about: 'API key', required: true, secret: true, example: '${PDNS_API_KEY}' },
      { key: 'server', form: 'text', about: 'id of the server; localhost without', example: 'localhost' },
    ],
  },
  {
    key: 'digitalocean',
    title: 'DigitalOcean',
    publishes: true,
    form: 'digitalocean',
    fields: [token('API token with domain:read, create, update and delete', 'DIGITALOCEAN_TOKEN'), baseUrl()],
  },
  {
    key: 'hetzner',
    title: 'Hetzner',
    publishes: true,
    form: 'hetzner',
    fields: [token('Cloud API token with write permission', 'HETZNER_TOKEN'), baseUrl()],
  },
  {
    key: 'gandi',
    title: 'Gandi LiveDNS',
    publishes: true,
    form: 'gandi',
    fields: [token('personal access token that may manage the domain', 'GANDI_TOKEN'), baseUrl()],
  },
  { key: 'bind', title: 'zone file', publishes: false, form: 'bind', fields: [] },
  { key: 'godaddy', title: 'GoDaddy', publishes: false, form: 'godaddy', fields: [] },
  { key: 'namecheap', title: 'Namecheap', publishes: false, form: 'namecheap', fields: [] },
  { key: 'ovh', title: 'OVHcloud', publishes: false, form: 'ovh', fields: [] },
  { key: 'other', title: 'another host', publishes: false, form: 'markdown', fields: [] },
];

function baseUrl(): Field {
  return {
    key: 'url',
    form: 'text',
    about: 'base of the API, where it is not the usual one',
    example: 'https://127.0.0.1:8443',
  };
}
