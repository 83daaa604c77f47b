/** Compares a message with the plan of its domain, so that a finding names the sender and its setting. Pure. */
import { isAtOrBelow, parseName, type DnsName } from '../../dns/name.ts';
import type { Evidence, Finding } from '../../finding/finding.ts';
import type { Author } from '../../mail/author.ts';
import type { DkimOutcome } from '../dkim/outcome.ts';
import type { Envelope } from '../envelope/envelope.ts';
import type { Expected, ExpectedSender } from '../expected.ts';
import type { SpfOutcome } from '../proof.ts';
import { found } from './findings.ts';
import { matchSender, type SenderMatch, type Signs } from './match-sender.ts';

export interface PlanSideInput {
  readonly expected: Expected;
  readonly author: Author;
  readonly envelope: Envelope;
  readonly spf: readonly SpfOutcome[];
  readonly dkim: readonly DkimOutcome[];
  /** Newsletters and the like: only these are expected to lead over the tracking host. */
  readonly bulk: boolean;
  /** Hosts of the http and https links, as often as they stand there. */
  readonly linkHosts: readonly DnsName[];
  /** Hosts of the https addresses in List-Unsubscribe. */
  readonly unsubscribeHosts: readonly DnsName[];
}

export interface PlanSide {
  readonly match?: SenderMatch;
  readonly findings: readonly Finding[];
}

export function checkPlanSide(input: PlanSideInput): PlanSide {
  const { expected, author, envelope, spf, dkim } = input;
  const subject = { name: expected.domain, type: 'message' };
  const authors = author.kind === 'one' ? [author.domain] : author.kind === 'several' ? author.domains : [];
  const foreign = authors.find((name) => !isAtOrBelow(name, expected.domain));
  if (foreign !== undefined) {
    const args = { author: foreign, domain: expected.domain };
    return { findings: [found('message.plan.domain', { subject, args })] };
  }
  const mailFromDomain = domainOf(envelope.mailFrom?.value);
  const signs: Signs = { envelope, spf, dkim, ...(mailFromDomain === undefined ? {} : { mailFromDomain }) };
  const match = matchSender(expected, signs);
  if (!match) {
    if (expected.senders.length === 0) return { findings: [] };
    const args = { signs: signsText(signs) };
    return { findings: [found('message.plan.sender', { subject, args, evidence: plannedOf(expected) })] };
  }
  const context: Context = { ...input, ...signs, sender: match.sender, because: match.because, subject };
  const faults = [
    ...keyFindings(context),
    ...returnPathFindings(context),
    ...addressFindings(context),
    ...linkFindings(context),
  ];
  const agreed = faults.length === 0 ? agreement(context) : [];
  return { match, findings: [...faults, ...agreed] };
}

interface Context extends PlanSideInput, Signs {
  readonly sender: ExpectedSender;
  readonly because: string;
  readonly subject: Finding['subject'];
}

/** Signatures of the plan's domain or below, whether they pass or not: what the sender is set to. */
const ownSignatures = ({ dkim, expected }: Context): readonly DkimOutcome[] =>
  dkim.filter(
    ({ domain, selector }) => selector !== undefined && domain !== undefined && isAtOrBelow(domain, expected.domain),
  );

function keyFindings(context: Context): readonly Finding[] {
  const { sender, expected, subject } = context;
  const [first] = sender.selectors;
  if (!first) return [];
  const own = ownSignatures(context);
  const planned = listed(sender.selectors.map(({ selector }) => selector));
  const evidence = becauseOf(context);
  if (own.length === 0) {
    const args = {
      sender: sender.title,
      domain: first.domain,
      planned: first.selector,
      where: sentence(sender.where.dkim),
    };
    return [found('message.plan.unsigned', { subject, args, evidence })];
  }
  const all = expected.senders.flatMap(({ selectors }) => selectors);
  const isPlanned = ({ selector, domain }: DkimOutcome, keys: ExpectedSender['selectors'] = all): boolean =>
    keys.some((key) => key.selector === selector && key.domain === domain);
  if (own.some((signature) => isPlanned(signature, sender.selectors))) return [];
  const other = own.find((signature) => !isPlanned(signature)) ?? own[0];
  if (!other) return [];
  const used =
    other.domain === first.domain ? (other.selector ?? '') : `${other.selector ?? ''} (d=${other.domain ?? ''})`;
  const args = { sender: sender.title, used, planned, where: sentence(sender.where.dkim) };
  const place: Evidence = {
    kind: 'fact',
    label: 'DKIM-Signature',
    value: `line ${other.line}: d=${other.domain}, s=${other.selector}`,
  };
  return [found('message.plan.selector', { subject, args, evidence: [place, ...evidence] })];
}

function returnPathFindings(context: Context): readonly Finding[] {
  const { sender, mailFromDomain, expected, subject } = context;
  if (mailFromDomain === undefined || sender.returnPaths.length === 0) return [];
  if (sender.returnPaths.some((planned) => isAtOrBelow(mailFromDomain, planned))) return [];
  const args = {
    sender: sender.title,
    used: mailFromDomain,
    planned: listed(sender.returnPaths),
    domain: expected.domain,
    where: sentence(sender.where.returnPath),
  };
  return [found('message.plan.return_path', { subject, args, evidence: becauseOf(context) })];
}

function addressFindings(context: Context): readonly Finding[] {
  const { sender, envelope, spf, subject } = context;
  const ip = envelope.ip?.value;
  if (ip === undefined || sender.addresses.length === 0 || sender.addresses.includes(ip)) return [];
  const mfrom = spf.find(({ scope }) => scope === 'mfrom')?.result;
  if (mfrom === undefined || mfrom === 'pass' || mfrom === 'unknown' || mfrom === 'temperror') return [];
  const args = { ip, planned: listed(sender.addresses), sender: sender.title };
  return [found('message.plan.address', { subject, args, evidence: becauseOf(context) })];
}

function linkFindings({ sender, expected, bulk, linkHosts, unsubscribeHosts, subject }: Context): readonly Finding[] {
  const out: Finding[] = [];
  const hosts = sender.tracking === undefined ? expected.tracking : [sender.tracking];
  const where = sentence(sender.where.tracking);
  const [host] = hosts;
  if (bulk && host !== undefined && linkHosts.length > 0 && !linkHosts.some((link) => hosts.includes(link))) {
    const args = { planned: host, used: mostUsed(linkHosts), sender: sender.title, where };
    out.push(found('message.plan.tracking', { subject, args }));
  }
  const [planned] = expected.unsubscribe;
  const strayed = unsubscribeHosts.find((used) => !expected.unsubscribe.includes(used));
  if (
    planned !== undefined &&
    strayed !== undefined &&
    !unsubscribeHosts.some((used) => expected.unsubscribe.includes(used))
  ) {
    out.push(
      found('message.plan.unsubscribe', { subject, args: { used: strayed, planned, sender: sender.title, where } }),
    );
  }
  return out;
}

/** Told only when a signature of the plan passes: otherwise other findings speak. */
function agreement(context: Context): readonly Finding[] {
  const { sender, mailFromDomain, linkHosts, expected, subject } = context;
  const good = ownSignatures(context).find(
    ({ result, selector, domain }) =>
      result === 'pass' && sender.selectors.some((key) => key.selector === selector && key.domain === domain),
  );
  if (!good) return [];
  const signs = [`signed with selector ${good.selector ?? ''}`];
  if (mailFromDomain !== undefined && sender.returnPaths.length > 0) signs.push(`return path ${mailFromDomain}`);
  const tracked = expected.tracking.find((host) => linkHosts.includes(host));
  if (tracked !== undefined) signs.push(`links over ${tracked}`);
  return [found('message.plan.agrees', { subject, args: { sender: sender.title, signs: listed(signs) } })];
}

const becauseOf = ({ sender, because }: Context): readonly Evidence[] => [
  { kind: 'fact', label: sender.title, value: because },
];

const plannedOf = (expected: Expected): readonly Evidence[] =>
  expected.senders.slice(0, 8).map(({ title, selectors, returnPaths }) => ({
    kind: 'fact',
    label: title,
    value: [
      selectors.length > 0 ? `selector ${listed(selectors.map(({ selector }) => selector))}` : 'no selector known',
      returnPaths.length > 0 ? `return path ${listed(returnPaths)}` : 'no return path known',
    ].join(', '),
  }));

function signsText({ dkim, mailFromDomain, envelope }: Signs): string {
  const signed = dkim.flatMap(({ domain, selector }) =>
    domain === undefined ? [] : [`d=${domain} s=${selector ?? '?'}`],
  );
  return [
    signed.length > 0 ? `signed by ${listed([...new Set(signed)].slice(0, 4))}` : 'not signed',
    `return path ${mailFromDomain ?? 'unknown'}`,
    `from address ${envelope.ip?.value ?? 'unknown'}`,
  ].join(', ');
}

function mostUsed(hosts: readonly DnsName[]): string {
  const counts = new Map<DnsName, number>();
  for (const host of hosts) counts.set(host, (counts.get(host) ?? 0) + 1);
  const names = [...counts].sort((a, b) => b[1] - a[1]).map(([host]) => host);
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : listed(names);
}

const listed = (texts: readonly string[]): string => texts.join(', ');

/** ` Set it in …`, to follow a sentence; empty where the place is not known. */
const sentence = (where: string | undefined): string => (where === undefined ? '' : ` Set it in ${where}.`);

function domainOf(address: string | undefined): DnsName | undefined {
  if (address === undefined || address === '') return undefined;
  const parsed = parseName(address.slice(address.lastIndexOf('@') + 1));
  return parsed.ok && parsed.name !== '' ? parsed.name : undefined;
}
