/** The flags of `septet init`, read by the same shapes as the file, so that they say the same about what is wrong. */
import { hostFields } from '../../config/dns-keys.ts';
import { problemAt, type Place } from '../../config/problem.ts';
import { readDomain, type DomainConfig } from '../../config/domain.ts';
import { list, map, sourceOf, valueOf, type Source, type SourceEntry } from '../../config/source.ts';
import { senderFields } from '../../config/senders-shape.ts';
import type { Key } from '../../config/shape.ts';
import type { DnsName } from '../../dns/name.ts';
import { hostKinds } from '../../providers/host-kinds.ts';
import { hostWithReferences } from './init-dns-host.ts';
import { InputError } from '../io.ts';

export interface InitFlags {
  readonly host?: string;
  readonly sender?: readonly string[];
  readonly reports?: string;
  readonly people?: boolean;
  readonly mx?: readonly string[];
  readonly tracking?: string;
  readonly tlsReports?: string;
  readonly mtaSts?: boolean;
  readonly bimiLogo?: string;
}

export interface ReadFlags {
  /** Complete, with what holds where no flag says anything. */
  readonly config: DomainConfig;
  /** Keys of the domain that flags have given. */
  readonly given: ReadonlySet<string>;
}

/** Throws `InputError` with every fault. */
export function readFlags(
  domain: DnsName,
  flags: InitFlags,
  env: Readonly<Record<string, string | undefined>>,
): ReadFlags {
  const entries: SourceEntry[] = [];
  const put = (key: string, flag: string, value: Source | undefined): void => {
    if (value) entries.push({ key, place: at(flag), value });
  };
  const text = (flag: string, value: string | undefined): Source | undefined =>
    value === undefined ? undefined : valueOf(flag, value);
  put('dns', '--host', flags.host === undefined ? undefined : hostSource(flags.host));
  put('people', '--people', text('--people', flags.people === undefined ? undefined : String(flags.people)));
  const [mx, ...more] = flags.mx ?? [];
  const noMail = mx?.trim() === 'none' && more.length === 0;
  put(
    'mx',
    '--mx',
    noMail
      ? text('--mx', mx)
      : flags.mx &&
          list(
            flags.mx.map((one) => valueOf('--mx', one)),
            at('--mx'),
          ),
  );
  put('senders', '--sender', flags.sender && list(flags.sender.map(senderSource), at('--sender')));
  const reports = text('--reports', flags.reports);
  put('dmarc', '--reports', reports && mapOf('--reports', [['reports', reports]]));
  put('tracking', '--tracking', flags.tracking === undefined ? undefined : trackingSource(flags.tracking));
  put('tlsReports', '--tls-reports', text('--tls-reports', flags.tlsReports));
  put('mtaSts', '--mta-sts', flags.mtaSts ? mapOf('--mta-sts', [['mode', valueOf('--mta-sts', 'ramp')]]) : undefined);
  const logo = text('--bimi-logo', flags.bimiLogo);
  put('bimi', '--bimi-logo', logo && mapOf('--bimi-logo', [['logo', logo]]));
  const faults: string[] = [];
  const config = readDomain(domain, map(entries, at('--domain')), {
    place: at('--domain'),
    file: 'septet.yaml',
    reading: {
      env,
      path: '',
      problem: (place, message) => {
        const { variable, line } = problemAt(place, message);
        faults.push(`${variable ?? `line ${line}`}: ${message}`);
      },
    },
  });
  if (!config) throw new InputError(faults.join('\n'));
  return { config, given: new Set(entries.map(({ key }) => key)) };
}

const at = (flag: string): Place => ({ variable: flag });

const mapOf = (flag: string, entries: readonly (readonly [string, Source])[]): Source =>
  map(
    entries.map(([key, value]) => ({ key, place: at(flag), value })),
    at(flag),
  );

/** `cloudflare`, or `powerdns:url=http://127.0.0.1:8081`. Secrets that are not mentioned get their usual references. */
function hostSource(given: string): Source {
  const [kind, values] = parted(given);
  const fields = hostKinds.find(({ key }) => key === kind);
  const source = valuesSource('--host', values, fields ? hostFields(fields) : []);
  const entries = source.kind === 'map' ? source.entries : [];
  const usual = Object.entries(hostWithReferences(kind).secrets)
    .filter(([key]) => !entries.some((entry) => entry.key === key))
    .map(([key, ref]): SourceEntry => ({ key, place: at('--host'), value: yaml('--host', `\${${ref.name}}`) }));
  return map(
    [{ key: 'host', place: at('--host'), value: valueOf('--host', kind) }, ...entries, ...usual],
    at('--host'),
  );
}

/** `google-workspace`, or `ses:region=eu-west-1,tokens=a;b;c`, or `custom:{spf: ["include:_spf.example.net"]}`. */
function senderSource(given: string): Source {
  const [kind, values] = parted(given);
  if (values === '') return valueOf('--sender', kind);
  return mapOf('--sender', [[kind, valuesSource('--sender', values, senderFields(kind))]]);
}

function parted(given: string): readonly [kind: string, values: string] {
  const colon = given.indexOf(':');
  return colon < 0 ? [given.trim(), ''] : [given.slice(0, colon).trim(), given.slice(colon + 1).trim()];
}

function valuesSource(flag: string, values: string, keys: readonly Key[]): Source {
  if (values.startsWith('{')) return yaml(flag, values);
  const pieces = values === '' ? [] : values.split(',');
  const entries = pieces.map((piece): SourceEntry => {
    const equals = piece.indexOf('=');
    if (equals < 1)
      throw new InputError(
        `${flag} takes kind:key=value,key=value, and several values of one key are divided by ";". What has commas of its own is written as YAML: kind:{key: "value"}.`,
      );
    const key = piece.slice(0, equals).trim();
    const shape = keys.find((one) => one.key === key)?.shape;
    return { key, place: at(flag), value: valueSource(flag, piece.slice(equals + 1).trim(), shape?.kind) };
  });
  return map(entries, at(flag));
}

function valueSource(flag: string, value: string, kind: Key['shape']['kind'] | undefined): Source {
  if (kind === 'list')
    return list(
      value.split(';').map((one) => valueOf(flag, one.trim())),
      at(flag),
    );
  // Not `valueOf`: a secret is taken as a reference only, never as it stands.
  return kind === 'tree' ? yaml(flag, value) : { kind: 'scalar', text: value, plain: false, place: at(flag), size: 1 };
}

function yaml(flag: string, text: string): Source {
  const read = sourceOf(text, at(flag));
  if (read.kind === 'good') return read.source;
  throw new InputError(`${flag}: the value is not YAML. ${read.problems[0]?.message ?? ''}`);
}

function trackingSource(given: string): Source {
  const equals = given.indexOf('=');
  if (equals < 1) throw new InputError('--tracking is host=target, such as track=app.example.com.');
  return mapOf('--tracking', [
    ['host', valueOf('--tracking', given.slice(0, equals).trim())],
    ['target', valueOf('--tracking', given.slice(equals + 1).trim())],
  ]);
}
