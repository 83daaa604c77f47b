/** Whether a domain sends mail, as far as its SPF record tells. */
import type { Answer } from '../../dns/rrset.ts';
import { spfOf } from './answers.ts';

/**
 * `true` when the record lets somebody pass, `false` when it is `v=spf1 -all` and nothing else (RFC 7208 §10.1.2: a
 * domain that sends no mail says so), `undefined` when there is no readable record or it does not tell.
 */
export function sendsBySpf(own: Answer<'TXT'>): boolean | undefined {
  const terms = spfOf(own).program?.record.terms;
  if (!terms) return undefined;
  for (const term of terms) {
    switch (term.kind) {
      case 'redirect':
        return true;
      case 'exp':
      case 'modifier':
        continue;
      case 'all':
        return term.qualifier === '+' ? true : term.qualifier === '-' ? false : undefined;
      default:
        return term.qualifier === '+' ? true : undefined;
    }
  }
  return undefined;
}
