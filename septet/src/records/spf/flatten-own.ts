/** The record that is to be changed, out of an observation; or why it cannot be. */
import type { DnsName } from '../../dns/name.ts';
import type { Answer } from '../../dns/rrset.ts';
import type { Reach } from './address-set-verdicts.ts';
import { AnswerTable, spfOf } from './answers.ts';
import type { SpfObservation } from './lookup.ts';
import type { SpfRecord } from './record.ts';
import { spfTree, type TreeNode } from './tree.ts';

/** Both are sentences for a person. `unanswered`: DNS did not say; it may be asked again. */
export interface Blocked {
  readonly kind: 'blocked';
  readonly why: string;
  readonly cure: string;
  readonly unanswered: boolean;
}

export const blocked = (why: string, cure: string, unanswered = false): Blocked => ({
  kind: 'blocked',
  why,
  cure,
  unanswered,
});

export const askAgain = 'Nothing is changed on a guess. Try again when DNS answers.';

export function tableOf(...answers: readonly (readonly Answer[])[]): AnswerTable {
  const table = new AnswerTable();
  for (const list of answers) for (const answer of list) table.add(answer);
  return table;
}

/** The one readable SPF record of the domain. */
export function ownRecord(seen: SpfObservation): { readonly kind: 'good'; readonly record: SpfRecord } | Blocked {
  const own = seen.nodes[0];
  const { domain } = seen;
  if (!own || own.kind === 'failed')
    return blocked(
      `DNS did not answer for the SPF record of ${domain}: ${own?.detail ?? own?.reason ?? 'it was not asked'}.`,
      askAgain,
      true,
    );
  const alias = own.chain[0];
  const found = spfOf(own);
  if (found.kind === 'none')
    return blocked(
      `${domain} has no SPF record.`,
      'There is nothing to change. A new record is made with: septet plan.',
    );
  if (alias?.owner === domain)
    return blocked(
      `${domain} is an alias of ${alias.target}, and the SPF record stands there.`,
      `Change the record of ${alias.target}, or replace the CNAME.`,
    );
  if (found.kind === 'multiple')
    return blocked(
      `${domain} has ${found.texts.length} SPF records, which receivers answer with permerror.`,
      `Make one of them first: septet spf merge ${domain}`,
    );
  if (!found.program)
    return blocked(
      `The SPF record of ${domain} has a syntax error, so receivers answer permerror: ${found.texts[0] ?? ''}`,
      `See where and how to mend it: septet spf ${domain}`,
    );
  const loop = loopIn(spfTree(seen).root, domain);
  if (loop !== undefined)
    return blocked(
      `${loop} leads back to the record of ${domain}, which ends in permerror for everybody who is not named before it.`,
      `Take the term out first; septet spf ${domain} shows where it stands.`,
    );
  return { kind: 'good', record: found.program.record };
}

/** The term that leads back to the record itself, so that a change of the record would change what the term means. */
export function loopIn(node: TreeNode, domain: DnsName): string | undefined {
  for (const { term, nested } of node.terms) {
    if (!nested) continue;
    if (nested.state === 'loop' && nested.domain === domain) return `${term.text} in the record of ${node.domain}`;
    const loop = loopIn(nested, domain);
    if (loop !== undefined) return loop;
  }
  return undefined;
}

/** Whether something that decides was not answered, as a sentence with the names. */
export function unanswered(reach: Reach, domain: DnsName): Blocked | undefined {
  const failed = [...reach.failed];
  if (failed.length > 0) {
    const list = failed.map(([question, why]) => `${question} (${why})`).join(', ');
    return blocked(`DNS did not answer for a part of the SPF record of ${domain}: ${list}.`, askAgain, true);
  }
  if (reach.tooLarge || reach.missing.size > 0)
    return blocked(
      `The SPF record of ${domain} leads to more records than are looked at, so who may send cannot be told.`,
      'Remove includes of services that no longer send.',
    );
  return undefined;
}
