/** What a plan has to say beyond its steps: conflicts, early enforcement, short stages, single viewpoints. Pure. */
import { makeFinding, type DetailsFor } from '../finding/catalogue.ts';
import type { Finding, RecordKey } from '../finding/finding.ts';
import { under, type DnsName } from '../dns/name.ts';
import { registrableDomain } from '../dns/public-suffix.ts';
import { isDmarc, isPolicy, parse } from '../records/dmarc/record.ts';
import { parseReportUri } from '../records/dmarc/uri.ts';
import { isSpfText } from '../records/spf/record.ts';
import { kindOf } from '../senders/kinds.ts';
import { uncovered } from './cover.ts';
import type { Collision } from './claims.ts';
import { shortTexts } from './drawing.ts';
import { rows } from './findings.ts';
import { wantedResolvers } from './gates.ts';
import { ramps } from './intent.ts';
import type { PlanInput } from './input.ts';
import type { Step } from './plan.ts';
import { policyInForce, textsAt } from './policy-wanted.ts';
import { placeKey } from './seen.ts';

type Code = keyof typeof rows;

export function judgePlan(
  input: PlanInput,
  steps: readonly Step[],
  collisions: readonly Collision[],
): readonly Finding[] {
  const { intent, seen } = input;
  const { domain } = intent;
  const findings: Finding[] = [];
  const add = <C extends Code>(
    record: RecordKey,
    code: C,
    details: Omit<DetailsFor<(typeof rows)[C]>, 'subject'>,
    name: DnsName = domain,
  ): void => {
    const given = details as { readonly args?: Readonly<Record<string, string | number>> };
    findings.push(makeFinding(record, code, rows[code], { subject: { name, type: 'plan' }, ...given }));
  };

  for (const { name, one, other } of collisions) {
    const words = { one: `${one.type} of ${one.step}`, other: `${other.type} of ${other.step}` };
    add('zone', 'plan.name.collision', { args: { name, ...words } }, name);
  }
  for (const step of steps) {
    for (const change of step.changes) {
      for (const text of input.host.faultsOf(change)) {
        add(step.record, 'plan.provider.limit', { args: { host: input.host.title, step: step.id, text } }, change.name);
      }
    }
    // A whole record that goes is one that lets nobody pass today.
    const terms = step.loses.filter((text) => !isSpfText(text));
    if (step.record === 'spf' && terms.length > 0 && step.changes[0]) {
      const { name } = step.changes[0];
      add('spf', 'plan.spf.drops_existing', { args: { name, lost: shortTexts(terms), step: step.id } }, name);
    }
    if (step.record === 'dkim' && step.loses.length > 0 && step.changes[0]) {
      const { name } = step.changes[0];
      add('dkim', 'plan.dkim.keep_old', { args: { step: step.id, name } }, name);
    }
    if (step.price && (step.price.lookupsAfter > 10 || step.price.voidsAfter > 2)) {
      const { lookupsAfter: lookups, voidsAfter: voids, octetsAfter: octets } = step.price;
      const name = step.changes[0]?.name ?? domain;
      add('spf', 'plan.spf.over_limit_after', { args: { name, lookups, voids, octets } }, name);
    }
  }

  const policy = policyInForce(seen);
  const missing = uncovered(input);
  if (policy && missing.length > 0) {
    add('mtasts', 'plan.mtasts.mx_change', { args: { domain, mode: policy.mode, exchanges: missing.join(', ') } });
  }

  const unnamed = input.needs
    .flatMap((need) => need.hosts.map((host) => host.address))
    .filter((address, index, all) => all.indexOf(address) === index)
    .filter((address) =>
      steps.some(
        (step) => step.id === `host.${address}` && step.outside?.some((work) => !work.done && !work.unanswered),
      ),
    );
  if (unnamed.length > 0) {
    const missing = `${unnamed.join(', ')} ${unnamed.length === 1 ? 'lacks' : 'lack'} a reverse name that leads back`;
    add('host', 'plan.gmail_gap', { args: { domain, missing } });
  }
  judgeSubDomain(input, steps, add);
  judgeDmarc(input, steps, add);
  judgeSenders(input, add);

  const resolvers = new Set(
    [...seen.places.values()].flat().flatMap((at) => (at.role === 'resolver' ? [at.place] : [])),
  );
  const network = [...seen.places.values()].some((answers) => answers.some((at) => at.role === 'authoritative'));
  if (network && resolvers.size < wantedResolvers)
    add('zone', 'plan.verify.independent', { args: { count: resolvers.size } });

  const recommended = steps
    .filter(
      (step) =>
        step.status.kind !== 'done' &&
        !step.id.startsWith('return-path.') &&
        ['mx', 'tracking', 'mtasts', 'tlsrpt', 'bimi'].includes(step.record),
    )
    .map((step) => step.id);
  if (recommended.length > 0) {
    add('zone', 'plan.seven_not_required', { args: { recommended: recommended.join(', ') } });
  }
  return findings;
}

type Add = <C extends Code>(
  record: RecordKey,
  code: C,
  details: Omit<DetailsFor<(typeof rows)[C]>, 'subject'>,
  name?: DnsName,
) => void;

function judgeDmarc({ intent, seen }: PlanInput, steps: readonly Step[], add: Add): void {
  const { domain } = intent;
  const name = under('_dmarc', domain);
  const live = name === undefined ? undefined : seen.live.get(placeKey(name, 'TXT'));
  // Receivers discard several records (RFC 9989 §4.10).
  const [text, ...more] = textsAt(live).filter(isDmarc);
  const record = text === undefined || more.length > 0 ? undefined : parse(text);
  const first = intent.dmarc.ramp[0];
  if (live?.kind === 'absent' && first && first.name !== 'none') {
    add('dmarc', 'ramp.order.skip_none', { args: { domain, stage: first.name } });
  }
  const policy = record?.kind === 'good' && isPolicy(record.value.p) ? record.value.p : 'none';
  const missing = steps.filter(
    (step) => (step.record === 'spf' || step.record === 'dkim') && step.id !== 'spf.tighten' && isMissing(step),
  );
  if (policy !== 'none' && missing.length > 0) {
    const ids = missing.map((step) => step.id).join(', ');
    add('dmarc', 'plan.order.spf_dkim_before_dmarc', { args: { domain, policy: `p=${policy}`, missing: ids } });
  }
  const usual = ramps[intent.people ? 'standard' : 'dedicated'];
  for (const stage of intent.dmarc.ramp) {
    const wanted = usual.find((other) => other.name === stage.name)?.days ?? 0;
    if (stage.days >= wanted || stage === intent.dmarc.ramp.at(-1)) continue;
    const people = intent.people ? 'that people send from' : 'that only applications send from';
    add('dmarc', 'ramp.days_insufficient', { args: { stage: stage.name, days: stage.days, wanted, people } });
  }
  const destinations = [...intent.dmarc.reports, ...intent.dmarc.failureReports, ...intent.tlsReports];
  const own = intent.takesMail ? [] : destinations.map((uri) => parseReportUri(uri));
  for (const parsed of own) {
    if (!parsed.ok || parsed.uri.address === undefined || parsed.uri.host !== domain) continue;
    add('mx', 'plan.mx.needs_rua', { args: { address: parsed.uri.address, domain } });
    break;
  }
  const stage = intent.dmarc.ramp.find((entry) => entry.name === 'quarantine' || entry.name === 'reject');
  const waits = steps.some((step) => step.id === 'bimi' && step.status.kind === 'waiting');
  const enforced = steps.some((step) => step.id === `dmarc.${stage?.name}` && step.status.kind === 'done');
  if (waits && stage && !enforced)
    add('bimi', 'plan.bimi.before_enforce', { args: { domain, stage: `p=${stage.name}` } });
}

/** Live, planned, or not to be told. */
const mayStand = ({ status }: Step): boolean => status.kind !== 'blocked' || status.unanswered === true;

/** Not in place, as far as anybody knows. */
const isMissing = ({ status }: Step): boolean =>
  status.kind !== 'done' && !(status.kind === 'blocked' && status.unanswered);

function judgeSenders({ intent, needs }: PlanInput, add: Add): void {
  const { domain } = intent;
  if (needs.length > 0 && needs.every((need) => need.spf.every((spf) => spf.name !== domain))) {
    add('spf', 'plan.spf.from_vs_mailfrom', { args: { domain } });
  }
  const apps = intent.senders.filter((sender) => kindOf(sender.kind)?.app === true);
  if (intent.people && apps.length > 0) {
    const senders = apps.map((sender) => kindOf(sender.kind)?.title ?? sender.kind).join(', ');
    add('zone', 'plan.subdomain.advice', { args: { senders, domain } });
  }
}

function judgeSubDomain({ intent, seen }: PlanInput, steps: readonly Step[], add: Add): void {
  const { domain } = intent;
  if (intent.senders.length === 0 || registrableDomain(domain, { icannOnly: true }) === domain) return;
  const planned = (record: 'spf' | 'dkim'): boolean => steps.some((step) => step.record === record && mayStand(step));
  const missing: string[] = [];
  const mx = seen.live.get(placeKey(domain, 'MX'));
  if (mx?.kind === 'absent' && !steps.some((step) => step.id === 'mx' && mayStand(step))) missing.push('MX');
  if (!planned('spf')) missing.push('SPF');
  if (!planned('dkim')) missing.push('DKIM');
  if (missing.length > 0) add('zone', 'plan.subdomain.complete', { args: { domain, missing: missing.join(', ') } });
}
