/** TLS-RPT: addresses that shall get reports are added to those that get them already. */
import type { Live, Proposal } from '../../change/change.ts';
import { proposeTxt, type TxtVerdict } from '../../change/propose-txt.ts';
import type { DnsName } from '../../dns/name.ts';
import { duplicateTags, scanTagList } from '../../text/tag-list.ts';
import { format, parse, type ReportUri, type TlsRptRecord } from './record.ts';

export interface TlsRptWant {
  readonly name: DnsName;
  /** `mailto:` and `https:` URIs; at least one. */
  readonly uris: readonly string[];
  readonly ttlSeconds: number;
}

/** Other addresses and extension fields stay. Records that no sender can read are named in `loses`. */
export function proposeTlsRpt(want: TlsRptWant, live: Live<'TXT'>): Proposal {
  const { name, ttlSeconds } = want;
  const wanted: ReportUri[] = [];
  for (const text of want.uris) {
    const uri = uriOf(text);
    if (!uri) {
      return {
        kind: 'blocked',
        why: `\`${text}\` cannot stand in a TLS-RPT record.`,
        cure: 'Write mailto: and a mail address, or an https: URL; `,`, `;` and `!` inside are %2C, %3B and %21 (RFC 8460 §3).',
      };
    }
    wanted.push(uri);
  }
  if (wanted.length === 0) {
    return {
      kind: 'blocked',
      why: 'No address for TLS reports is given.',
      cure: 'Name one, such as mailto:tls@example.com.',
    };
  }
  return proposeTxt({ name, ttlSeconds, isSameKind: (text) => parse(text).kind !== 'other' }, live, (same) =>
    judge(wanted, same),
  );
}

function judge(wanted: readonly ReportUri[], same: readonly string[]): TxtVerdict {
  const readable = same.flatMap((text) => {
    const parsed = parse(text);
    return parsed.kind === 'good' ? [parsed.value] : [];
  });
  const rua = joined([...readable.flatMap((record) => record.rua), ...wanted]);
  const text = format({ rua, extensions: readable[0]?.extensions ?? [] });
  const [only, ...more] = same;
  if (only === undefined) return { kind: 'publish', text, comparison: 'absent', loses: [], notes: [] };
  const publish = { kind: 'publish' as const, text };
  if (more.length > 0) {
    const notes = ['Senders take several records for none (RFC 8460 §3); their addresses are joined in one.'];
    return { ...publish, comparison: 'conflicting', loses: same, notes };
  }
  const [record] = readable;
  if (!record) {
    const notes = ['Senders cannot read the record that stands there.'];
    return { ...publish, comparison: 'conflicting', loses: same, notes };
  }
  const have = new Set(record.rua.map(key));
  const missing = wanted.some((uri) => !have.has(key(uri)));
  const faults = faultsOf(only);
  if (!missing && faults === 'none') return { kind: 'keep', comparison: kept(wanted, record, only) };
  const notes = [`Reports go on to ${record.rua.map((uri) => uri.uri).join(', ')}.`];
  return faults === 'loss'
    ? {
        ...publish,
        comparison: 'conflicting',
        loses: [only],
        notes: [...notes, 'What senders cannot read is left out.'],
      }
    : { ...publish, comparison: 'weaker', loses: [], notes };
}

function kept(wanted: readonly ReportUri[], record: TlsRptRecord, text: string): 'equal' | 'equivalent' | 'superset' {
  const asked = new Set(wanted.map(key));
  if (record.extensions.length > 0 || record.rua.some((uri) => !asked.has(key(uri)))) return 'superset';
  return text === format({ rua: wanted, extensions: [] }) ? 'equal' : 'equivalent';
}

/** `spelling`: strict readers stumble, nothing is lost by writing it anew. `loss`: a part cannot be carried over. */
function faultsOf(text: string): 'none' | 'spelling' | 'loss' {
  const parsed = parse(text);
  const list = scanTagList(text);
  const faulty = parsed.kind === 'other' ? [] : parsed.problems.map((problem) => problem.code);
  if (list.broken.length > 0 || duplicateTags(list).length > 0) return 'loss';
  if (faulty.some((code) => code === 'tlsrpt.rua.scheme' || code === 'tlsrpt.rua.encoding')) return 'loss';
  return faulty.includes('tlsrpt.rua.list') || list.blank.length > 0 ? 'spelling' : 'none';
}

/** Each destination once, the first spelling first. */
function joined(uris: readonly ReportUri[]): readonly ReportUri[] {
  const seen = new Map<string, ReportUri>();
  for (const uri of uris) if (!seen.has(key(uri))) seen.set(key(uri), uri);
  return [...seen.values()];
}

/** The destination: scheme and host without regard to case, the rest to the letter. */
function key(uri: ReportUri): string {
  const from = uri.scheme === 'mailto' ? uri.uri.indexOf('@') + 1 : 'https://'.length;
  return `${uri.scheme}:${uri.uri.slice(uri.scheme.length + 1, from)}${uri.host}${uri.uri.slice(from + uri.host.length)}`;
}

function uriOf(text: string): ReportUri | undefined {
  if (/[\s,;!]/.test(text)) return undefined;
  const parsed = parse(`v=TLSRPTv1; rua=${text}`);
  return parsed.kind === 'good' && parsed.value.rua.length === 1 ? parsed.value.rua[0] : undefined;
}
