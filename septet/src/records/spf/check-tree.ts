/** What the record leads to: costs, targets that are missing or broken, and the verdict for given addresses. */
import type { DnsName } from '../../dns/name.ts';
import { labels } from '../../dns/name.ts';
import { registrableDomain } from '../../dns/public-suffix.ts';
import type { Answer } from '../../dns/rrset.ts';
import type { Evidence, Finding } from '../../finding/finding.ts';
import { parseAddress as parseOctets, reverseName } from '../../dns/address.ts';
import { formatAddress, parseAddress } from './address.ts';
import { AnswerTable, spfOf } from './answers.ts';
import type { SenderNote, SpfContext } from './context.ts';
import { grouped, isPublic } from './check-record.ts';
import { evaluate } from './evaluate.ts';
import { maxLookups, maxNames, maxVoids } from './run.ts';
import type { SpfObservation } from './lookup.ts';
import type { Mend } from './repair.ts';
import { answerEvidence, recordEvidence, Sheet } from './sheet.ts';
import type { Term } from './term.ts';
import { countAddresses } from './tree.ts';
import type { Range4, SpfTree, TreeNode, TreeTerm } from './tree.ts';

/** From here on a handful of services is no longer the reason (house). */
const manyAddresses = 1_000_000;

export function checkTree(sheet: Sheet, mend: Mend, tree: SpfTree, seen: SpfObservation, context: SpfContext): void {
  const told = new Set<string>();
  checkNode(sheet, mend, tree.root, seen, told);
  checkCosts(sheet, tree);
  for (const target of tree.repeated) {
    if (!ownTwice(tree.root, target)) sheet.add('spf.include.duplicate', { target }, { evidence: [sheet.evidence()] });
  }
  if (tree.dynamicTerms.length > 0) {
    sheet.add(
      'spf.macro.not_static',
      { terms: tree.dynamicTerms.map(({ term }) => `\`${term}\``).join(', ') },
      { evidence: [sheet.evidence()] },
    );
  }
  checkPtr(sheet, tree.root, seen);
  if (context.senders) checkSenders(sheet, mend, tree.root, seen, context.senders, context);
}

/** Whether the domain's own record includes the target twice, which is reported as such already. */
function ownTwice(root: TreeNode, target: DnsName): boolean {
  return root.terms.filter(({ nested }) => nested?.domain === target).length > 1;
}

function checkCosts(sheet: Sheet, tree: SpfTree): void {
  const { lookups, voids } = tree;
  const fact: readonly Evidence[] = [{ kind: 'fact', label: 'look-ups', value: `${lookups} of ${maxLookups}` }];
  if (tree.eleventh) {
    sheet.add(
      'spf.lookups.exceeded',
      { lookups, term: tree.eleventh.term, domain: tree.eleventh.domain },
      { evidence: [...fact, sheet.evidence()] },
    );
    if (tree.ranges.length > 0) sheet.add('spf.lookups.order_dependent', {}, { evidence: fact });
  } else {
    sheet.add('spf.lookups.count', { lookups, voids }, { evidence: fact });
    if (lookups >= maxLookups - 2)
      sheet.add(
        'spf.lookups.near',
        { lookups },
        { severity: lookups >= maxLookups - 1 ? 'warning' : 'info', evidence: fact },
      );
  }
  if (voids > 0) {
    const terms = tree.voidTerms
      .map(({ term, domain }) => `\`${term}\`${domain === tree.root.domain ? '' : ` (${domain})`}`)
      .join(', ');
    sheet.add(
      voids > maxVoids ? 'spf.voids.exceeded' : 'spf.voids.near',
      { voids, terms },
      { evidence: [sheet.evidence()], mends: true },
    );
  }
  const count = countAddresses(tree.ranges);
  // Where everybody passes another finding says so.
  if (count > 0 && count < 2 ** 32) {
    sheet.add(
      'spf.addresses.total',
      { count: grouped(count), domain: tree.root.domain, shares: largestShares(tree.ranges) },
      { severity: count > manyAddresses ? 'warning' : 'info' },
    );
  }
}

function largestShares(ranges: readonly Range4[]): string {
  const byDomain = new Map<DnsName, Range4[]>();
  for (const range of ranges) {
    const own = byDomain.get(range.domain);
    if (own) own.push(range);
    else byDomain.set(range.domain, [range]);
  }
  const sums = [...byDomain].map(([domain, own]) => [domain, countAddresses(own)] as const);
  const top = sums.sort((left, right) => right[1] - left[1]).slice(0, 3);
  return top.map(([domain, count]) => `${domain} ${grouped(count)}`).join(', ');
}

function checkNode(sheet: Sheet, mend: Mend, node: TreeNode, seen: SpfObservation, told: Set<string>): void {
  const own = node.via === 'domain';
  for (const item of node.terms) {
    const { term, nested } = item;
    const isTooBroad =
      !own &&
      term.kind === 'ip4' &&
      node.authorises &&
      term.qualifier === '+' &&
      term.prefix <= 8 &&
      (term.prefix < 8 || isPublic(term.address));
    // Most terms name addresses and have no fault: nothing is made for them.
    if (!item.void && term.kind !== 'mx' && !isTooBroad && !nested) continue;
    const evidence = own ? [sheet.evidence(term.at)] : evidenceOf(node, term, seen);
    if (item.void) checkVoid(sheet, mend, node, item, own, evidence, seen);
    if (term.kind === 'mx' && !item.void) checkExchanges(sheet, node, term, evidence, seen);
    if (isTooBroad) {
      sheet.add(
        'spf.ip.too_broad',
        { term: term.text, domain: node.domain, count: grouped(2 ** (32 - term.prefix)) },
        { severity: 'error', evidence },
      );
    }
    if (!nested) continue;
    const key = `${node.domain} ${nested.domain}`;
    if (told.has(key)) continue;
    told.add(key);
    checkTarget(sheet, mend, node, term, nested, own, evidence, seen);
    checkNode(sheet, mend, nested, seen, told);
  }
}

function evidenceOf(node: TreeNode, term: Term, seen: SpfObservation): readonly Evidence[] {
  const answer = seen.nodes.find((each) => each.name === node.domain);
  return answer ? [recordEvidence(answer, node.record?.text ?? '', [term.at])] : [];
}

function checkVoid(
  sheet: Sheet,
  mend: Mend,
  node: TreeNode,
  item: TreeTerm,
  own: boolean,
  evidence: readonly Evidence[],
  seen: SpfObservation,
): void {
  const { term } = item;
  if (own) mend.remove(term);
  if (!own || (term.kind !== 'a' && term.kind !== 'mx')) return;
  const target = term.domain === null ? node.domain : (term.domain.name ?? '');
  const answer = seen.answers.find((each) => each.name === target && each.type === (term.kind === 'mx' ? 'MX' : 'A'));
  sheet.add(
    term.kind === 'mx' ? 'spf.mx.empty' : 'spf.a.empty',
    { term: term.text, target },
    { evidence: answer ? [...evidence, answerEvidence(answer)] : evidence, mends: true },
  );
}

function checkExchanges(
  sheet: Sheet,
  node: TreeNode,
  term: Term & { readonly kind: 'a' | 'mx' },
  evidence: readonly Evidence[],
  seen: SpfObservation,
): void {
  const target = term.domain === null ? node.domain : term.domain.name;
  const answer = seen.answers.find((each) => each.name === target && each.type === 'MX');
  if (answer?.kind !== 'found' || answer.set.data.length <= maxNames) return;
  sheet.add('spf.mx.too_many', { term: term.text, domain: node.domain, count: answer.set.data.length }, { evidence });
}

function checkTarget(
  sheet: Sheet,
  mend: Mend,
  node: TreeNode,
  term: Term,
  nested: TreeNode,
  own: boolean,
  evidence: readonly Evidence[],
  seen: SpfObservation,
): void {
  const target = nested.domain;
  const args = { term: term.text, domain: node.domain, target };
  const answer = seen.nodes.find((each) => each.name === target);
  const both = answer && answer.kind !== 'found' ? [...evidence, answerEvidence(answer)] : evidence;
  const redirect = nested.via === 'redirect';
  switch (nested.state) {
    case 'good': {
      const all = nested.terms.find((each) => each.term.kind === 'all')?.term;
      if (all && 'qualifier' in all && all.qualifier === '+') {
        if (own && !redirect) mend.remove(term);
        sheet.add(
          'spf.include.nested_pass_all',
          { ...args, all: all.text },
          { evidence: [...evidence, ...evidenceOf(nested, all, seen)], mends: own && !redirect },
        );
      }
      return;
    }
    case 'none':
    case 'nxdomain': {
      if (own && !redirect) mend.remove(term);
      const mends = own && !redirect;
      if (redirect) sheet.add('spf.redirect.no_record', args, { evidence: both });
      else
        sheet.add(nested.state === 'none' ? 'spf.include.no_record' : 'spf.include.nxdomain', args, {
          evidence: both,
          mends,
        });
      if (nested.state === 'nxdomain') {
        const registrable = unregistered(target, seen);
        if (registrable !== undefined)
          sheet.add(
            'spf.include.takeover',
            { term: term.text, domain: node.domain, registrable },
            { evidence: both, mends },
          );
      }
      return;
    }
    case 'multiple':
      sheet.add(
        'spf.include.multiple_records',
        { ...args, count: answer ? spfOf(answer).texts.length : 2 },
        { evidence: [...evidence, ...(answer ? spfOf(answer).texts.map((text) => recordEvidence(answer, text)) : [])] },
      );
      return;
    case 'bad': {
      const parsed = answer && spfOf(answer).parsed;
      const marks = parsed?.kind === 'bad' ? parsed.problems : [];
      sheet.add('spf.include.permerror', args, {
        evidence: [...evidence, ...(answer ? [recordEvidence(answer, spfOf(answer).texts[0] ?? '', marks)] : [])],
      });
      return;
    }
    case 'failed':
      sheet.add(
        'spf.include.temperror',
        { target, reason: answer?.kind === 'failed' ? (answer.detail ?? answer.reason) : 'no answer' },
        { evidence: both },
      );
      return;
    case 'loop':
      if (own) mend.remove(term);
      sheet.add('spf.include.loop', args, { evidence, mends: own });
      return;
    case 'not-asked':
  }
}

/** The domain that could be registered by anybody, when DNS says that it does not exist. */
function unregistered(target: DnsName, seen: SpfObservation): DnsName | undefined {
  const registrable = registrableDomain(target);
  if (registrable === undefined || labels(registrable).length < 2) return undefined;
  if (registrable === target) return registrable;
  return seen.answers.find((each) => each.name === registrable && each.type === 'NS')?.kind === 'nxdomain'
    ? registrable
    : undefined;
}

function checkPtr(sheet: Sheet, root: TreeNode, seen: SpfObservation): void {
  if (seen.egress.length === 0 || !root.record?.terms.some((term) => term.kind === 'ptr')) return;
  for (const ip of seen.egress) {
    const address = parseAddress(ip);
    const octets = address && parseOctets(formatAddress(address));
    const name = octets && reverseName(octets);
    const answer = seen.answers.find((each) => each.name === name && each.type === 'PTR');
    if (address && answer?.kind === 'found' && answer.set.data.length > maxNames) {
      sheet.add('spf.ptr.over10', { ip: formatAddress(address), count: answer.set.data.length });
    }
  }
}

function checkSenders(
  sheet: Sheet,
  mend: Mend,
  root: TreeNode,
  seen: SpfObservation,
  senders: readonly SenderNote[],
  context: SpfContext,
): void {
  for (const { term, nested } of root.terms) {
    if (term.kind !== 'include' || !nested) continue;
    const note = senders.find((each) => each.include === nested.domain);
    if (!note) continue;
    const evidence = [sheet.evidence(term.at)];
    if (note.kind === 'retired') {
      if (note.now === undefined) mend.remove(term);
      else mend.replace(term, `include:${note.now}`);
      const hint =
        note.now === undefined ? 'No include is needed any more.' : `The current one is include:${note.now}.`;
      sheet.add('spf.include.retired', { term: term.text, sender: note.sender, hint }, { evidence, mends: true });
    } else if (context.mailFrom?.includes(seen.domain)) continue;
    else if (note.kind === 'not-needed') {
      mend.remove(term);
      sheet.add('spf.include.not_needed', { term: term.text, sender: note.sender }, { evidence, mends: true });
    } else if (registrableDomain(seen.domain) === seen.domain) {
      sheet.add('spf.include.wrong_name', { term: term.text, domain: seen.domain, sender: note.sender }, { evidence });
    }
  }
}

/** The verdict for each sending address that was given. */
export function checkEgress(seen: SpfObservation): readonly Finding[] {
  const own = seen.nodes[0];
  if (seen.egress.length === 0 || !own) return [];
  const table = new AnswerTable();
  for (const answer of seen.answers) table.add(answer);
  const sheet = new Sheet(own as Answer<'TXT'>, '');
  for (const ip of seen.egress) {
    const result = evaluate(
      { ip, mailFrom: `postmaster@${seen.domain}`, helo: seen.helo ?? seen.domain },
      table.source,
    );
    if (result.kind === 'needs') continue;
    const passed = result.result === 'pass';
    const reason =
      result.problem?.reason ??
      (result.matched
        ? `${result.matched.term} matches in the record of ${result.matched.path.at(-1) ?? seen.domain}.`
        : 'no term matches.');
    const hint = passed
      ? 'Nothing to do.'
      : `Add ${ip.includes(':') ? 'ip6' : 'ip4'}:${ip} or the include of the service that sends from it.`;
    const state = result.result === 'temperror' ? 'unknown' : undefined;
    sheet.add(
      'spf.ip.test',
      { ip, result: result.result, reason, domain: seen.domain, hint },
      { subject: { name: seen.domain, type: 'IP' }, severity: passed ? 'info' : 'error', ...(state && { state }) },
    );
  }
  return sheet.finish(() => undefined);
}
