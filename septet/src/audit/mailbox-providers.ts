/** One card per mailbox provider: its demands against the findings. Nothing is measured again. */
import type { Finding, RecordKey } from '../finding/finding.ts';
import type { Fact } from './mailbox-demands.ts';
import { mailboxDemands } from './mailbox-demands.ts';
import type { Demand, ProviderCard, RecordReport } from './report.ts';

type Verdict = Pick<Demand, 'state' | 'detail' | 'because'>;
type Records = Readonly<Partial<Record<RecordKey, RecordReport>>>;

export function providerCards(records: Records, findings: readonly Finding[]): readonly ProviderCard[] {
  const facts = new Map<Fact, Verdict>();
  const verdict = (fact: Fact): Verdict => {
    const known = facts.get(fact) ?? decide(fact, records, findings);
    facts.set(fact, known);
    return known;
  };
  return mailboxDemands.map(({ id, title, bulk, source, seenOn, rows }) => ({
    id,
    title,
    bulk,
    source,
    seenOn,
    demands: rows.map(({ row, title: demand, level, fact, note }) => {
      const { state, detail, because } = verdict(fact);
      return {
        code: `req.${id}.${row}`,
        title: demand,
        level,
        state,
        detail: note ? `${detail} (${note})` : detail,
        because,
      };
    }),
  }));
}

const notShown = (detail: string): Verdict => ({ state: 'not shown', detail, because: [] });

function decide(fact: Fact, records: Records, findings: readonly Finding[]): Verdict {
  switch (fact) {
    case 'spf':
      return ofRecord('spf', records, findings, 'the SPF record is there and evaluates');
    case 'dkim':
      return ofRecord('dkim', records, findings, 'a usable key is published');
    case 'dmarc':
      return ofRecord('dmarc', records, findings, 'a DMARC policy applies');
    case 'spf-or-dkim':
      return either(decide('spf', records, findings), decide('dkim', records, findings));
    case 'ptr':
      return ofHost(records, findings, 'host.ptr.', 'every address given has forward and reverse DNS');
    case 'helo':
      return ofHost(records, findings, 'host.helo.', 'the HELO name resolves');
    case 'reachable':
      return ofRecord('mx', records, findings, 'the domain receives mail');
    case 'alignment':
      return notShown('a test message shows which domains align');
    case 'tls':
      return notShown('a delivery shows whether TLS is used');
    case 'one-click':
      return notShown('a test message shows its List-Unsubscribe headers');
    case 'complaints':
      return notShown("the provider's own tools show the rate");
    case 'arc':
      return notShown('only matters for forwarders; a forwarded message shows it');
  }
}

/** By the `usable` particular of the record's section: true, false, or null where it could not be told. */
function ofRecord(
  key: 'spf' | 'dkim' | 'dmarc' | 'mx',
  records: Records,
  findings: readonly Finding[],
  good: string,
): Verdict {
  const usable = records[key]?.details?.['usable'];
  if (usable === undefined) return notShown('not looked at');
  if (usable === true) return { state: 'met', detail: good, because: [] };
  const wanted = usable === false ? 'fail' : 'unknown';
  const against = findings.filter(
    (finding) => finding.record === key && finding.state === wanted && finding.severity !== 'info',
  );
  const doubts =
    against.length > 0 ? against : findings.filter((finding) => finding.record === key && finding.state === wanted);
  const because = [...new Set(doubts.map((finding) => finding.code))];
  const detail = doubts[0]?.message ?? (usable === false ? 'nothing usable was found' : 'it could not be told');
  return { state: usable === false ? 'unmet' : 'unknown', detail, because };
}

function ofHost(records: Records, findings: readonly Finding[], prefix: string, good: string): Verdict {
  if (!records.host || records.host.state === 'skip') return notShown('give the sending addresses with --ip to see it');
  const own = findings.filter((finding) => finding.record === 'host' && finding.code.startsWith(prefix));
  const broken = own.filter((finding) => finding.severity === 'error' && finding.state === 'fail');
  if (broken.length > 0)
    return {
      state: 'unmet',
      detail: broken[0]?.message ?? '',
      because: [...new Set(broken.map((finding) => finding.code))],
    };
  if (prefix === 'host.helo.' && records.host.details?.['helo'] === undefined)
    return notShown('give the HELO name with --helo to see it');
  const doubts = findings.filter(
    ({ record, state, subject }) =>
      record === 'host' && state === 'unknown' && (prefix === 'host.ptr.' || subject.type !== 'PTR'),
  );
  if (doubts.length > 0)
    return {
      state: 'unknown',
      detail: doubts[0]?.message ?? '',
      because: [...new Set(doubts.map((finding) => finding.code))],
    };
  return { state: 'met', detail: good, because: [] };
}

function either(one: Verdict, other: Verdict): Verdict {
  if (one.state === 'met') return one;
  if (other.state === 'met') return other;
  if (one.state === 'unmet' && other.state === 'unmet') return { ...one, because: [...one.because, ...other.because] };
  return one.state === 'unmet' ? other : one;
}
