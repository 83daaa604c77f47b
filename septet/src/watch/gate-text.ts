/** What a gate has and needs, in a line that a tired administrator reads. Pure. */
import { listed } from '../reports/evidence/aligned.ts';
import type { Need, NeedKind } from '../reports/evidence/needs.ts';

/** Always told, met or not: they show how far it is. */
const progress: ReadonlySet<NeedKind> = new Set(['days', 'volume', 'pass-rate', 'spf-rate', 'tls-reports']);

/** `18 of 21 days, 4,210 of 500 messages, 99.4 % of your mail passes (99.5 % needed); unknown source …`. */
export function needsLine(needs: readonly Need[]): string {
  const shown = told(needs).filter(({ kind, met }) => !met || progress.has(kind));
  const how = shown.filter(({ kind }) => progress.has(kind)).map(needWords);
  const faults = shown.filter(({ kind }) => !progress.has(kind)).map(needWords);
  return [how.join(', '), ...faults].filter((text) => text !== '').join('; ');
}

/** Without any message there is nothing to say about shares of them. */
export const told = (needs: readonly Need[]): readonly Need[] =>
  needs.some(({ kind }) => kind === 'volume') ? needs.filter(({ has }) => has !== nothing) : needs;

const nothing = 'nothing reported';
const untold = 'could not be told';

/** One need: what there is of what is needed. */
export function needWords({ kind, met, what, has, wants, items }: Need): string {
  const which = !met && items.length > 0 ? `: ${listed(items)}` : '';
  const needed = met ? '' : ` (${wants} needed)`;
  if (has === nothing || has === untold) return `${what}: ${has}`;
  switch (kind) {
    case 'days':
      return `${has} of ${wants} days`;
    case 'volume':
      return `${grouped(has)} of ${grouped(wants)} messages`;
    case 'pass-rate':
    case 'dkim-rate':
    case 'tls-clean':
      return `${has} ${what}${needed}${which}`;
    case 'each-sender':
      return `${has} senders pass${needed}${which}`;
    case 'spf-rate':
      return `SPF passes for ${has} senders${needed}${which}`;
    case 'coverage':
      return `reports for ${has.replace(/, (?=\d+ receivers)/, ' from ')}${met ? '' : ` (needed: ${wants})`}`;
    case 'tls-reports':
      return `TLS reports: ${has}${met ? '' : ` (needed: ${wants})`}`;
    case 'unclassified':
      return met ? 'no unknown source' : `unknown above ${wants.replace(/^none above /, '')}${which}`;
    case 'new-sender':
      return met ? 'no new sender' : `new${which}`;
    case 'errors':
      return `errors for ${has}${met ? '' : ` (${wants} bearable)`}${which}`;
    case 'forwarded':
      return `passed on under your envelope: ${has}${needed}${which}`;
    case 'enforced':
      return met ? 'DMARC is enforced' : `DMARC${which}`;
    case 'logo':
      return met ? 'the logo is served' : listed(items);
    case 'mx-covered':
      return met ? 'the policy names the mail servers' : listed(items);
    case 'certificates':
      return met ? 'good certificates' : `certificates${which}`;
    case 'policy-served':
      return met ? 'the policy is served' : 'the policy of this stage is not served';
    case 'approval':
      return met ? 'approved' : 'your yes (septet approve)';
  }
}

const grouped = (count: string): string => count.replaceAll(/\B(?=(\d{3})+$)/g, ',');
