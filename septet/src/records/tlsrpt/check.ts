import type { DnsName } from '../../dns/name.ts';
import type { Answer } from '../../dns/rrset.ts';
import { isAbsent, txtText } from '../../dns/rrset.ts';
import type { Evidence, Finding, RecordToSet, Subject } from '../../finding/finding.ts';
import { makeFinding } from '../../finding/catalogue.ts';
import { found, rows } from './findings.ts';
import type { TlsRptObservation } from './lookup.ts';
import type { TlsRptRecord } from './record.ts';
import { format, parse } from './record.ts';

export interface TlsRptContext {
  /** Whether senders use MTA-STS or DANE for this domain: then a missing record is a warning. */
  readonly tlsPolicyInUse: boolean;
}

const ttlSeconds = 3600;

export function check(seen: TlsRptObservation, context: TlsRptContext): readonly Finding[] {
  const { txt, domain } = seen;
  if (txt === undefined || txt.kind === 'failed') return [];
  const subject: Subject = { name: txt.name, type: 'TXT' };
  const candidates =
    txt.kind === 'found' ? txt.set.data.map(txtText).filter((text) => parse(text).kind !== 'other') : [];
  if (candidates.length === 0) return missing(seen, subject, context);
  if (candidates.length > 1) {
    return [
      found('tlsrpt.multiple', {
        subject,
        args: { name: txt.name, count: candidates.length },
        evidence: candidates.map((text) => record(txt, text)),
        set: [{ name: txt.name, type: 'TXT', ttlSeconds, data: [merged(candidates, domain)] }],
      }),
    ];
  }
  const text = candidates[0] ?? '';
  const parsed = parse(text);
  if (parsed.kind === 'other') return [];
  const value = parsed.kind === 'good' ? parsed.value : undefined;
  const mended = (): RecordToSet[] => [{ name: txt.name, type: 'TXT', ttlSeconds, data: [mend(text, domain)] }];
  const findings: Finding[] = parsed.problems.map((problem) =>
    makeFinding('tlsrpt', problem.code, rows[problem.code], {
      subject,
      ...(problem.args ? { args: problem.args } : {}),
      evidence: [record(txt, text, [problem])],
      ...(rows[problem.code].severity === 'info' ? {} : { set: mended() }),
    }),
  );
  if (value) findings.push(...checkDestinations(seen, value, subject, record(txt, text)));
  return findings;
}

function missing(seen: TlsRptObservation, subject: Subject, context: TlsRptContext): readonly Finding[] {
  const { domain, txt } = seen;
  const stray = seen.misplaced[0];
  if (stray) {
    return [
      found('tlsrpt.location', {
        subject,
        args: { found: stray.name, name: subject.name },
        evidence: [{ kind: 'record', name: stray.name, type: 'TXT', text: stray.text }],
        set: [
          { name: subject.name, type: 'TXT', ttlSeconds, data: [stray.text] },
          { name: stray.name, type: 'TXT', ttlSeconds, data: [stray.text], action: 'remove' },
        ],
      }),
    ];
  }
  return [
    found('tlsrpt.missing', {
      subject,
      args: { name: subject.name },
      severity: context.tlsPolicyInUse ? 'warning' : 'info',
      evidence: [
        {
          kind: 'answer',
          name: subject.name,
          type: 'TXT',
          outcome: txt?.kind === 'nxdomain' ? 'NXDOMAIN' : 'no such record',
        },
      ],
      set: [{ name: subject.name, type: 'TXT', ttlSeconds, data: [suggestion(domain)] }],
    }),
  ];
}

function checkDestinations(
  seen: TlsRptObservation,
  value: TlsRptRecord,
  subject: Subject,
  shown: Evidence,
): readonly Finding[] {
  const findings: Finding[] = [];
  for (const { host, mx, address } of seen.destinations) {
    const reason = undeliverable(mx, address);
    if (reason === undefined) continue;
    const outcome: Evidence = { kind: 'answer', name: host, type: 'MX', outcome: reason };
    findings.push(found('tlsrpt.rua.undeliverable', { subject, args: { host, reason }, evidence: [shown, outcome] }));
  }
  if (value.rua.every((uri) => uri.scheme === 'mailto' && uri.host === seen.domain)) {
    findings.push(found('tlsrpt.rua.same_broken_mx', { subject, args: { domain: seen.domain }, evidence: [shown] }));
  }
  return findings;
}

/** Why mail to the host cannot arrive; `undefined` when it can or nobody could tell. */
function undeliverable(mx: Answer<'MX'>, address: Answer | undefined): string | undefined {
  if (mx.kind === 'nxdomain') return 'the domain does not exist';
  if (mx.kind === 'found')
    return mx.set.data.every((entry) => entry.exchange === '') ? 'its null MX refuses all mail' : undefined;
  if (mx.kind === 'nodata' && address && isAbsent(address)) return 'it has neither MX nor address';
  return undefined;
}

const suggestion = (domain: DnsName): string => `v=TLSRPTv1; rua=mailto:tls-reports@${domain}`;

/** All usable addresses of several records in one. */
function merged(texts: readonly string[], domain: DnsName): string {
  const uris = texts.flatMap((text) => {
    const parsed = parse(text);
    return parsed.kind === 'good' ? parsed.value.rua : [];
  });
  const rua = [...new Map(uris.map((uri) => [uri.uri, uri])).values()];
  return rua.length > 0 ? format({ rua, extensions: [] }) : suggestion(domain);
}

/** The record with its faults mended: every address that can be recognised, in one clean list. */
function mend(text: string, domain: DnsName): string {
  const uris = text.match(/https:\/\/[^\s,;!]+|(?:mailto:)?[^\s,;=!:]+@[^\s,;!]+/gi) ?? [];
  const rua = uris.map((uri) => (/^(https|mailto):/i.test(uri) ? uri : `mailto:${uri}`));
  return rua.length > 0 ? `v=TLSRPTv1; rua=${[...new Set(rua)].join(',')}` : suggestion(domain);
}

function record(txt: Answer<'TXT'>, text: string, marks: readonly { offset: number; length: number }[] = []): Evidence {
  const spans = marks.map(({ offset, length }) => ({ offset, length }));
  const ttl = txt.kind === 'found' ? { ttlSeconds: txt.set.ttlSeconds } : {};
  return {
    kind: 'record',
    name: txt.name,
    type: 'TXT',
    text,
    server: txt.server,
    ...ttl,
    ...(spans.length > 0 ? { marks: spans } : {}),
  };
}
