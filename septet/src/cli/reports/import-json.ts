/** Events and sums of an import as JSON. */
import { placeOf, type IntakeEvent, type IntakeSummary } from '../../watch/intake/intake-event.ts';

/** One line: a report when it is on disk, a refusal, or a notice. */
export function eventJson(event: IntakeEvent): unknown {
  switch (event.kind) {
    case 'stored': {
      const { report, rows, messages, trust, untrusted = null, repairs } = event;
      return { kind: 'stored', report, ...names(event), rows, messages, trust, untrusted, repairs };
    }
    case 'duplicate':
      return {
        kind: 'duplicate',
        report: event.report,
        ...names(event),
        same: event.same,
        raised: event.raised,
        firstSeen: new Date(event.firstSeen).toISOString(),
      };
    case 'left-out':
      return { kind: 'left-out', report: event.report, ...names(event) };
    case 'refused':
      return { kind: 'refused', place: placeOf(event.source), code: event.refusal.code, text: event.refusal.text };
    case 'postponed':
      return { kind: 'postponed', place: placeOf(event.source), text: event.why };
    case 'unreadable':
      return { kind: 'unreadable', place: event.origin, text: event.why };
    case 'notice':
      return { kind: 'notice', text: event.text };
  }
}

type Named = Extract<IntakeEvent, { readonly kind: 'stored' | 'duplicate' | 'left-out' }>;

const names = ({ reporter, reportId, about, domain, source }: Named) => ({
  place: placeOf(source),
  reporter,
  reportId,
  domain: about,
  yours: domain !== undefined,
});

/** The last line. */
export function summaryJson(summary: IntakeSummary): unknown {
  const { items, aggregate, tls, failure, domains, foreign, ...counts } = summary;
  return {
    kind: 'summary',
    version: 1,
    files: items,
    reports: { aggregate, tls, failure },
    ...counts,
    domains: Object.fromEntries(domains),
    foreign: Object.fromEntries(foreign),
  };
}
