/** DNS answers as evidence, and lists and times as people read them. */
import { formatRdata } from '../../dns/rdata-text.ts';
import type { Answer, Rdata, RrType, Txt } from '../../dns/rrset.ts';
import { txtText } from '../../dns/rrset.ts';
import type { Evidence } from '../../finding/finding.ts';

/** The answer as evidence, with who gave it. */
export function evidenceOf(answer: Answer, server?: string): Evidence {
  const { name, type } = answer;
  const by = server === undefined ? {} : { server };
  if (answer.kind !== 'found') return { kind: 'answer', name, type, outcome: outcomeOf(answer), ...by };
  const { ttlSeconds } = answer.set;
  return { kind: 'record', name, type, text: linesOf(answer).join('\n'), ttlSeconds, ...by };
}

/** An answer without data in a few words. */
export function outcomeOf(answer: Answer): string {
  const via = answer.chain.length > 0 ? ` (alias of ${answer.chain.at(-1)?.target ?? ''})` : '';
  switch (answer.kind) {
    case 'found':
      return `${answer.authoritative === false ? 'not authoritative' : 'found'}${via}`;
    case 'nodata':
      return `${answer.nxname ? 'does not exist (NXNAME)' : 'no data'}${via}`;
    case 'nxdomain':
      return `NXDOMAIN${via}`;
    case 'failed':
      return answer.detail ?? answer.reason;
  }
}

/** `a, b and c`, each once. */
export function listOf(names: readonly string[]): string {
  const each = [...new Set(names)];
  const last = each.pop() ?? '';
  return each.length === 0 ? last : `${each.join(', ')} and ${last}`;
}

/** `2026-11-23 12:00 UTC`. */
export function timeOf(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** The data of an answer as presentation text; a TXT record is its joined value. */
export function linesOf({ set }: Answer & { readonly kind: 'found' }): string[] {
  if (set.type === 'TXT' || set.type === 'SPF') return set.data.map((txt) => txtText(txt as Txt));
  return set.data.map((data) => formatRdata<RrType>(set.type, data as Rdata<RrType>));
}

/** What an answer says, in a form that is equal for equal data; `undefined` when it says nothing. */
export function storyOf(answer: Answer): string | undefined {
  if (answer.kind === 'failed') return undefined;
  const alias = answer.chain[0];
  if (alias) return `alias ${alias.target}`;
  if (answer.kind !== 'found') return 'absent';
  return linesOf(answer).sort().join('\n');
}

export function ttlOf(answer: Answer): number {
  if (answer.kind === 'failed') return 0;
  return answer.kind === 'found' ? answer.set.ttlSeconds : answer.negativeTtlSeconds;
}
