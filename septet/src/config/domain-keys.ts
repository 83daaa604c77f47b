/** What may stand below a domain: the one table behind validation, schema, environment forms and documentation. */
import type { RampStage } from '../plan/intent.ts';
import { ramps } from '../plan/intent.ts';
import { dnsShape } from './dns-keys.ts';
import { exchange, host, hostOrAddresses, label, labelOrHost, reportUri } from './forms.ts';
import type { Place } from './problem.ts';
import { trackingKeys, urlOrFile } from './serve-keys.ts';
import { isNothing, type Source } from './source.ts';
import { boolean, choice, integer, list, mapping, type Reading, type Shape } from './shape.ts';
import { sendersShape } from './senders-shape.ts';

export const defaultTtlSeconds = 3600; // house
/** A week; resolvers may cap longer ones (RFC 8767 §4), and nobody wants to wait for them. */
const maxTtlSeconds = 604_800;

const exchanges = list(exchange, { words: 'a list such as [ 10 mail.yourcompany.com ], or none', least: 1 });

const mx: Shape<'none' | ReturnType<typeof exchanges.read>> = {
  kind: 'list',
  words: exchanges.words,
  schema: { anyOf: [{ const: 'none' }, exchanges.schema] },
  read: (source, reading) =>
    source.kind === 'scalar' && source.text === 'none' ? 'none' : exchanges.read(source, reading),
};

const policies = ['none', 'quarantine', 'reject'] as const;
const stageNames: readonly RampStage['name'][] = ['none', 'sampled', 'quarantine', 'reject'];

const stage = mapping(
  {
    stage: { shape: choice(stageNames), about: 'what the policy asks for', example: 'none', required: true },
    days: { shape: integer(0, 3650, 'days'), about: 'how long it stands at least', example: '28', without: '0' },
  },
  'a mapping such as { stage: quarantine, days: 14 }',
);
const stages = list(stage, { words: 'a list of { stage, days }', least: 1 });

const ramp: Shape<readonly RampStage[]> = {
  kind: 'tree',
  words: 'standard, dedicated, or a list such as [{ stage: none, days: 28 }, { stage: quarantine }]',
  schema: { anyOf: [{ enum: Object.keys(ramps) }, stages.schema] },
  read(source, reading) {
    if (source.kind === 'scalar' && !isNothing(source)) {
      const known = choice(['standard', 'dedicated']).read(source, {
        ...reading,
        path: `${reading.path} without stages`,
      });
      return known && ramps[known];
    }
    const read = stages.read(source, reading);
    if (read === undefined) return undefined;
    const ramp = read.map(({ stage, days }): RampStage => ({ name: stage ?? 'none', days: days ?? 0 }));
    return inOrder(ramp, source, reading) ? ramp : undefined;
  },
};

function inOrder(ramp: readonly RampStage[], source: Source, reading: Reading): boolean {
  for (const [index, { name, days }] of ramp.entries()) {
    const next = ramp[index + 1];
    const place: Place = (source.kind === 'list' ? source.items[index + 1] : undefined)?.place ?? source.place;
    if (!next) return true;
    const fault =
      stageNames.indexOf(next.name) <= stageNames.indexOf(name)
        ? `${next.name} does not come after ${name}. The order is ${stageNames.join(', ')}, each at most once.`
        : days === 0
          ? `${name} needs days: only the last stage stands without end.`
          : undefined;
    if (fault !== undefined) {
      reading.problem(place, `${reading.path}: ${fault}`);
      return false;
    }
  }
  return true;
}

const dmarcReports = list(reportUri(['mailto', 'https']), { words: 'an e-mail address, a URI, or a list of them' });

const dmarc = mapping(
  {
    reports: {
      shape: dmarcReports,
      about: 'where aggregate reports go (rua)',
      example: 'dmarc@yourcompany.com',
      without: 'none',
    },
    failureReports: {
      shape: dmarcReports,
      about: 'where reports of single failed messages go (ruf); few receivers send any',
      example: 'failures@yourcompany.com',
      without: 'none',
    },
    ramp: {
      shape: ramp,
      about: 'from p=none to the end: standard (28 + 7 + 28 days), dedicated (21 + 7 + 14), or stages of your own',
      example: 'standard',
      without: 'standard with people, dedicated without',
    },
    readers: {
      shape: choice(['both', '9989']),
      about: 'both: records that readers of RFC 7489 and of RFC 9989 take alike; 9989: without pct',
      example: 'both',
      without: 'both',
    },
    sp: { shape: choice(policies), about: 'policy for sub-domains', example: 'reject', without: 'as the domain' },
    np: {
      shape: choice(policies),
      about: 'policy for sub-domains that do not exist',
      example: 'reject',
      without: 'as sp',
    },
    reject: {
      shape: choice(['confirmed']),
      about: 'you know what p=reject does to mailing lists and want it for a domain with people (RFC 9989 §7.4)',
      example: 'confirmed',
      without: 'the ramp of a domain with people ends at quarantine',
    },
  },
  'a mapping such as { reports: dmarc@yourcompany.com, ramp: standard }',
);

/** Keys of a domain. Examples are those of `example.ts`. */
export const domainShape = mapping(
  {
    dns: { shape: dnsShape, about: 'where the records are kept', example: '{ host: bind }', without: 'host: other' },
    people: {
      shape: boolean,
      about: 'people have mailboxes here: the slow ramp, and quarantine as its end unless reject is confirmed',
      example: 'true',
      without: 'true',
    },
    mx: {
      shape: mx,
      about: 'hosts that take mail for the domain; none for a domain that takes no mail (RFC 7505)',
      example: '[ 10 mail.yourcompany.com ]',
      without: 'left as they are, or those of the sender that hosts the mailboxes',
    },
    senders: {
      shape: sendersShape,
      about: 'who sends for the domain',
      example: '[ google-workspace ]',
      without: 'nobody; what is live is kept',
    },
    spf: {
      shape: mapping(
        {
          all: {
            shape: choice(['keep', 'ramp', '~', '-', '?'], { '~all': '~', '-all': '-', '?all': '?' }),
            about: 'end of the record: ~all, -all, ?all; keep what stands there; ramp: -all when reports allow it',
            example: 'keep',
            without: 'keep (~all where there is no record)',
          },
        },
        'a mapping such as { all: keep }',
      ),
      about: 'the domain’s own SPF record',
      example: '{ all: keep }',
    },
    dmarc: { shape: dmarc, about: 'DMARC policy and reports', example: '{ reports: dmarc@yourcompany.com }' },
    tracking: {
      shape: mapping(
        {
          host: { shape: labelOrHost, about: 'name in the links of your mail', example: 'track', required: true },
          target: { shape: host, about: 'where its CNAME leads', example: 'app.yourcompany.com', required: true },
          ...trackingKeys,
        },
        'a mapping such as { host: track, target: app.yourcompany.com }',
      ),
      about: 'host of tracking and unsubscribe links',
      example: '{ host: track, target: app.yourcompany.com }',
      without: 'no such host',
    },
    mtaSts: {
      shape: mapping(
        {
          mode: {
            shape: choice(['ramp', 'testing', 'enforce', 'none']),
            about: 'ramp: testing first, enforce when the TLS reports are clean',
            example: 'ramp',
            without: 'ramp',
          },
          host: {
            shape: hostOrAddresses,
            about: 'where mta-sts.<domain> leads, when Septet shall publish it: a name or addresses',
            example: 'web.yourcompany.com',
            without: 'you publish it yourself',
          },
        },
        'a mapping such as { mode: ramp }',
      ),
      about: 'MTA-STS for mail to the domain (RFC 8461)',
      example: '{ mode: ramp }',
      without: 'not published',
    },
    tlsReports: {
      shape: list(reportUri(['mailto', 'https']), { words: 'an e-mail address, a URI, or a list of them' }),
      about: 'where TLS reports go (RFC 8460)',
      example: 'tls@yourcompany.com',
      without: 'not published',
    },
    bimi: {
      shape: mapping(
        {
          logo: {
            shape: urlOrFile('.svg'),
            about: 'the logo, SVG Tiny PS: its URL, or a file that septet serve hosts',
            example: 'https://yourcompany.com/logo.svg',
            required: true,
          },
          certificate: {
            shape: urlOrFile('.pem'),
            about: 'the mark certificate (PEM): its URL, or a file that septet serve hosts',
            example: 'https://yourcompany.com/vmc.pem',
            without: 'a logo without certificate, which few show',
          },
          selector: { shape: label, about: 'selector of the record', example: 'default', without: 'default' },
          host: {
            shape: labelOrHost,
            about: 'the host in the addresses of hosted files',
            example: 'logo',
            without: 'the tracking host, else mta-sts.<domain>',
          },
        },
        'a mapping such as { logo: https://yourcompany.com/logo.svg }',
      ),
      about: 'the logo beside your mail',
      example: '{ logo: https://yourcompany.com/logo.svg }',
      without: 'not published',
    },
    ttl: {
      shape: integer(30, maxTtlSeconds, 'seconds'),
      about: 'TTL of what is published, in seconds',
      example: String(defaultTtlSeconds),
      without: String(defaultTtlSeconds),
    },
  },
  'a mapping with keys such as dns, senders and dmarc',
);
