/** Settings as the text of a configuration, with short comments. What is written reads back as the same settings. */
import type { DnsName } from '../dns/name.ts';
import { relativeTo } from '../dns/name.ts';
import { ramps, type DomainIntent, type RampStage } from '../plan/intent.ts';
import type { SenderSetting } from '../senders/needs.ts';
import type { HostConfig } from './dns-keys.ts';
import type { DomainConfig } from './domain.ts';
import { defaultTtlSeconds } from './domain-keys.ts';
import { escapeReferences, type SecretRef } from './references.ts';

export interface DomainSettings extends Pick<DomainConfig, 'intent' | 'host'> {
  /** Comments below a key, or in its place where it is not written: whole lines of at most 74 characters, without `#`. */
  readonly remarks?: Readonly<Partial<Record<'senders' | 'mtaSts', readonly string[]>>>;
}

export interface WrittenConfig {
  readonly domains: readonly DomainSettings[];
  readonly resolvers?: readonly string[];
  readonly state?: string;
}

const head = `# septet.yaml: who sends for which domain, and where its DNS records are kept.
# \`septet config --example\` shows all keys. Secrets stand elsewhere: \${NAME} is
# an environment variable, { file: /path } a file.
`;

/** The whole file. */
export function writeConfig(config: WrittenConfig): string {
  const { domains, resolvers = [], state } = config;
  const lines = [
    head,
    domains.length === 0 ? 'domains: {}' : 'domains:',
    ...domains.flatMap((domain, index) => [...(index > 0 ? [''] : []), ...domainLines(domain, '  ')]),
    ...(resolvers.length > 0 ? ['', `resolvers: ${flow(resolvers)}`] : []),
    ...(state === undefined ? [] : ['', `state: ${scalar(state)}`]),
  ];
  return `${lines.join('\n')}\n`;
}

/** One domain with everything below it; each line begins with `indent`. */
export function domainLines({ intent, host, remarks = {} }: DomainSettings, indent: string): readonly string[] {
  const remarked = (key: keyof typeof remarks): readonly string[] => (remarks[key] ?? []).map((line) => `# ${line}`);
  const lines = [
    ...hostLines(host, intent.zone),
    note(
      `people: ${intent.people}`,
      intent.people ? 'mailboxes for people: the slow ramp' : 'no mailboxes: the quick ramp',
    ),
    ...mxLines(intent),
    ...senderLines(intent.senders),
    ...remarked('senders'),
    ...(intent.spf.all === 'keep'
      ? []
      : [`spf: { all: ${/[a-z]/.test(intent.spf.all) ? intent.spf.all : `${intent.spf.all}all`} }`]),
    ...dmarcLines(intent),
    ...(intent.tracking ? trackingLines(intent.tracking, intent.domain) : []),
    ...mtaStsLines(intent),
    ...remarked('mtaSts'),
    ...addressLines('tlsReports', intent.tlsReports),
    ...bimiLines(intent),
    ...(intent.ttlSeconds === defaultTtlSeconds ? [] : [`ttl: ${intent.ttlSeconds}`]),
  ];
  return [`${indent}${scalar(intent.domain)}:`, ...lines.map((line) => `${indent}  ${line}`)];
}

/** Comments begin in the same column where they can. */
const note = (line: string, comment: string): string => `${line.padEnd(38)} # ${comment}`;

function hostLines(host: HostConfig, zone: DnsName | undefined): readonly string[] {
  const { kind, values, secrets, servers } = host;
  const lines = [
    ...Object.entries(values).map(([key, value]) => `  ${key}: ${scalar(value)}`),
    ...Object.entries(secrets).map(([key, ref]) => `  ${key}: ${secretText(ref)}`),
    ...(zone === undefined ? [] : [`  zone: ${scalar(zone)}`]),
    ...(servers.length > 0 ? [`  servers: ${flow(servers)}`] : []),
  ];
  if (lines.length === 0 && kind === 'other') return [note('dns: { host: other }', '`septet init --help` lists hosts')];
  return lines.length === 0 ? [`dns: { host: ${kind} }`] : ['dns:', `  host: ${kind}`, ...lines];
}

const secretText = (ref: SecretRef): string =>
  ref.kind === 'env' ? `\${${ref.name}}` : `{ file: ${scalar(ref.name)} }`;

function mxLines({ mx, takesMail }: DomainIntent): readonly string[] {
  if (!takesMail) return [note('mx: none', 'the domain takes no mail')];
  if (mx === undefined || mx.length === 0) return [];
  return ['mx:', ...mx.map(({ preference, exchange }) => `  - ${scalar(`${preference} ${exchange}`)}`)];
}

function senderLines(senders: readonly SenderSetting[]): readonly string[] {
  if (senders.length === 0) return [note('senders: []', 'nobody: name those that send')];
  return ['senders:', ...senders.flatMap(senderEntry).map((line) => `  ${line}`)];
}

function senderEntry({ kind, values }: SenderSetting): readonly string[] {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  if (entries.length === 0) return [`- ${scalar(kind)}`];
  return [
    `- ${scalar(kind)}:`,
    ...entries.flatMap(([key, value]) => valueLines(key, value).map((line) => `    ${line}`)),
  ];
}

/** Lists of short texts stand in one line, others one below the other. */
function valueLines(key: string, value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [`${key}: ${any(value)}`];
  const items = value.map((item: unknown) => any(item));
  const short = items.join(', ');
  // In 80 columns below a sender.
  if (key.length + short.length <= 64 && !short.includes('{')) return [`${key}: [ ${short} ]`];
  return [`${key}:`, ...items.map((item) => `  - ${item}`)];
}

/** A value of a sender: a text, a switch, a mapping of texts. */
function any(value: unknown): string {
  if (typeof value === 'boolean' || typeof value === 'number') return String(value);
  if (typeof value === 'string') return scalar(value);
  if (typeof value !== 'object' || value === null) return "''";
  const entries = Object.entries(value).map(([key, inner]) => `${key}: ${any(inner)}`);
  return `{ ${entries.join(', ')} }`;
}

function dmarcLines({ dmarc, people }: DomainIntent): readonly string[] {
  const { reports, failureReports, ramp, readers, sp, np, rejectConfirmed } = dmarc;
  return [
    'dmarc:',
    ...(reports.length > 0
      ? addressLines('reports', reports).map((line) => `  ${line}`)
      : [note('  reports: []', 'an address is worth much here')]),
    ...addressLines('failureReports', failureReports).map((line) => `  ${line}`),
    ...rampLines(ramp, people, !people || rejectConfirmed),
    ...(readers === 'both' ? [] : [`  readers: ${readers}`]),
    ...(sp === undefined ? [] : [`  sp: ${sp}`]),
    ...(np === undefined ? [] : [`  np: ${np}`]),
    ...(rejectConfirmed ? ['  reject: confirmed'] : []),
  ];
}

function rampLines(ramp: readonly RampStage[], people: boolean, rejects: boolean): readonly string[] {
  const end = (more: number): string => (rejects ? ` + ${more} days, then reject` : ' days, then quarantine');
  if (sameRamp(ramp, ramps.standard)) return [note('  ramp: standard', `28 + 7${end(28)}`)];
  if (sameRamp(ramp, ramps.dedicated)) return [note('  ramp: dedicated', `21 + 7${end(14)}`)];
  // An empty ramp cannot be written; what the domain would get without is written instead.
  if (ramp.length === 0) return rampLines(ramps[people ? 'standard' : 'dedicated'], people, rejects);
  return ['  ramp:', ...ramp.map(({ name, days }) => `    - { stage: ${name}, days: ${days} }`)];
}

const sameRamp = (a: readonly RampStage[], b: readonly RampStage[]): boolean =>
  a.length === b.length && a.every((stage, i) => stage.name === b[i]?.name && stage.days === b[i]?.days);

function trackingLines(
  { host, target }: { readonly host: DnsName; readonly target: DnsName },
  domain: DnsName,
): readonly string[] {
  const short = relativeTo(host, domain);
  const name = short !== undefined && short !== '' && !short.includes('.') ? short : host;
  return ['tracking:', `  host: ${scalar(name)}`, `  target: ${scalar(target)}`];
}

function mtaStsLines({ mtaSts }: DomainIntent): readonly string[] {
  if (!mtaSts) return [];
  const { mode, host } = mtaSts;
  if (!host) return [`mtaSts: { mode: ${mode} }`];
  return ['mtaSts:', `  mode: ${mode}`, `  host: ${'target' in host ? scalar(host.target) : flow(host.addresses)}`];
}

function bimiLines({ bimi }: DomainIntent): readonly string[] {
  if (!bimi) return [];
  return [
    'bimi:',
    `  logo: ${scalar(bimi.logo)}`,
    ...(bimi.certificate === undefined ? [] : [`  certificate: ${scalar(bimi.certificate)}`]),
    ...(bimi.selector === 'default' ? [] : [`  selector: ${scalar(bimi.selector)}`]),
  ];
}

/** One address behind its key, a few in brackets, more one below the other; none for none. */
function addressLines(key: string, uris: readonly string[]): readonly string[] {
  const [one, ...more] = uris.map(address);
  if (one === undefined) return [];
  return more.length === 0 ? [`${key}: ${scalar(one)}`] : valueLines(key, [one, ...more]);
}

/** `mailto:a@b` as a person writes it, where nothing is lost by it. */
function address(uri: string): string {
  const bare = uri.startsWith('mailto:') ? uri.slice('mailto:'.length) : '';
  return /^[\w.+-]+@[\w.-]+$/.test(bare) ? bare : uri;
}

const flow = (texts: readonly string[]): string => `[ ${texts.map(scalar).join(', ')} ]`;

/**
 * A text as a YAML scalar that every reader takes for that text, inside brackets too: plain where that is safe, else in
 * double quotes (JSON strings are YAML, YAML 1.2 §1.3).
 */
function scalar(value: string): string {
  const text = escapeReferences(value);
  const safe = /^[A-Za-z0-9/.][A-Za-z0-9_./@+=%~: -]*$/.test(text) && !/: |:$| $|^\.+$/.test(text);
  // Words that other readers of YAML take for something else than text.
  const word = /^(?:true|false|yes|no|on|off|y|n|null|nan|[-+]?[.\d][\d_.,:eExXoOabcdefABCDEF+-]*)$/i.test(text);
  return safe && !word ? text : JSON.stringify(text);
}
