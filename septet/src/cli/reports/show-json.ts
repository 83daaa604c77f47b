/** `reports show --json`. Pure. */
import type { TallyLine } from '../../store/store.ts';
import { messagesOf, type Shown } from './shown.ts';

export const showJson = ({ period, by, domains, foreign, refusals }: Shown) => ({
  version: 1,
  since: new Date(period.since).toISOString(),
  until: new Date(period.until).toISOString(),
  by,
  domains: domains.map(({ domain, days, lines, unproved, tls }) => ({
    domain,
    messages: messagesOf(days),
    days: days.map(({ key, ...counts }) => ({ day: key, ...counts })),
    lines: by === 'result' ? resultsOf(days) : lines,
    dispositions: by === 'result' ? lines.map(({ key, messages }) => ({ key, messages })) : null,
    unauthenticatedMessages: unproved,
    tls,
  })),
  foreign,
  refusals: refusals.map(({ refusal, origin, at }) => ({
    at: new Date(at).toISOString(),
    place: origin,
    code: refusal.code,
    text: refusal.text,
  })),
});

export interface ResultLine {
  readonly key: 'dkim+spf' | 'dkim' | 'spf' | 'fail';
  readonly title: string;
  readonly messages: number;
}

/** By what passed and is aligned: both, one of them, none. */
export function resultsOf(days: readonly TallyLine[]): readonly ResultLine[] {
  const sum = (of: (line: TallyLine) => number): number => days.reduce((total, line) => total + of(line), 0);
  return [
    {
      key: 'dkim+spf',
      title: 'passes by DKIM and SPF',
      messages: sum(({ aligned, dkimAligned, spfAligned }) => dkimAligned + spfAligned - aligned),
    },
    { key: 'dkim', title: 'passes by DKIM alone', messages: sum(({ aligned, spfAligned }) => aligned - spfAligned) },
    { key: 'spf', title: 'passes by SPF alone', messages: sum(({ aligned, dkimAligned }) => aligned - dkimAligned) },
    { key: 'fail', title: 'fails DMARC', messages: sum(({ messages, aligned }) => messages - aligned) },
  ];
}
