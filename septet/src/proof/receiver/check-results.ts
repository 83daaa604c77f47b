/** SPF, DKIM and DMARC as the receiver found them. */
import { parse as parseDmarc, isPolicy } from '../../records/dmarc/record.ts';
import type { Finding } from '../../finding/finding.ts';
import { alignmentOf, resultEvidence, type Context } from './check-context.ts';
import { dkimCure } from './dkim-cure.ts';
import { found } from './findings.ts';
import {
  clientOf,
  dispositionOf,
  domainIn,
  mailFromOf,
  policyOf,
  remarksOf,
  signingDomainOf,
  valueIn,
  type Counted,
} from './results.ts';

export const resultsOf = (context: Context, method: string): readonly Counted[] =>
  context.receiver.results.filter((result) => result.method === method);

/** Whether the receiver says that a signature passes which counts for the author. */
const hasAlignedDkim = (context: Context): boolean =>
  resultsOf(context, 'dkim').some(
    (result) => result.result === 'pass' && alignmentOf(context, 'dkim', signingDomainOf(result)) === 'aligned',
  );

const spfFaults: ReadonlySet<string> = new Set([
  'fail',
  'hardfail',
  'softfail',
  'neutral',
  'none',
  'permerror',
  'policy',
]);

export function checkSpf(context: Context): readonly Finding[] {
  const { subject, who, authorText, verdict } = context;
  const findings: Finding[] = [];
  const carried = hasAlignedDkim(context) && resultsOf(context, 'dmarc').some((result) => result.result === 'pass');
  for (const result of resultsOf(context, 'spf')) {
    const evidence = resultEvidence(context, result, 'spf');
    const helo = valueIn(result, 'smtp.helo');
    const mailFrom = domainIn(mailFromOf(result));
    const domain = mailFrom ?? domainIn(helo);
    if (mailFrom === undefined && helo !== undefined) {
      findings.push(found('authres.spf.helo_only', { subject, args: { helo }, evidence }));
    }
    if (spfFaults.has(result.result)) {
      const forwarded = verdict?.forwarded === true;
      const client = clientOf(result);
      findings.push(
        found('authres.spf.notpass', {
          subject,
          severity: forwarded && carried ? 'info' : 'warning',
          args: {
            who,
            result: result.result,
            domain: domain ?? 'this message',
            client: client === undefined ? '' : ` from ${client}`,
            effect: carried
              ? 'DMARC passes all the same, by DKIM, so it need not be a fault of your record: forwarding breaks SPF by nature.'
              : 'Without an aligned DKIM signature nothing proves the mail.',
            cure: forwarded
              ? 'Judge SPF by a message that was not forwarded.'
              : `See whether ${client ?? 'the address that sent this message'} is yours; if it is, let the SPF record of ${domain ?? authorText} name it.`,
          },
          evidence,
        }),
      );
    } else if (result.result === 'pass' && mailFrom !== undefined && alignmentOf(context, 'spf', mailFrom) === 'none') {
      findings.push(found('authres.spf.domain', { subject, args: { domain: mailFrom, author: authorText }, evidence }));
    }
  }
  return findings;
}

const dkimFaults: ReadonlySet<string> = new Set(['fail', 'policy', 'neutral', 'permerror', 'hardfail']);

export function checkDkim(context: Context): readonly Finding[] {
  const { subject, who, authorText } = context;
  const results = resultsOf(context, 'dkim');
  const passing = results.filter((result) => result.result === 'pass');
  const aligned = hasAlignedDkim(context);
  const findings: Finding[] = [];
  const none = results.find((result) => result.result === 'none');
  if (none && results.every((result) => result.result === 'none'))
    findings.push(
      found('authres.dkim.none', {
        subject,
        args: { who, author: authorText },
        evidence: resultEvidence(context, none, 'dkim'),
      }),
    );
  for (const result of results.slice(0, 20)) {
    const about = aboutText(result);
    const remarks = remarksOf(result);
    const evidence = resultEvidence(context, result, 'dkim');
    if (dkimFaults.has(result.result))
      findings.push(
        found('authres.dkim.notpass', {
          subject,
          severity: aligned ? 'warning' : 'error',
          args: {
            who,
            result: result.result,
            about,
            reason: remarks === '' ? '' : ` (${remarks})`,
            cure: dkimCure(result, remarks, about),
          },
          evidence,
        }),
      );
    if (/\btest(?:ing)? ?mode\b|\bt=y\b/i.test(remarks))
      findings.push(found('authres.dkim.testing', { subject, args: { who, remark: remarks, about }, evidence }));
    const bits = bitsIn(result, remarks);
    if (bits !== undefined && bits < 2048)
      findings.push(found('authres.dkim.keylen', { subject, args: { who, remark: remarks, about }, evidence }));
  }
  const [first] = passing;
  const alignments = passing.map((result) => alignmentOf(context, 'dkim', signingDomainOf(result)));
  if (first && context.author !== undefined && alignments.every((alignment) => alignment === 'none')) {
    const domains = [...new Set(passing.map((result) => signingDomainOf(result) ?? ''))].join(', ');
    findings.push(
      found('authres.dkim.unaligned', {
        subject,
        args: { domains, author: authorText },
        evidence: resultEvidence(context, first),
      }),
    );
  }
  return findings;
}

/** Bits of an RSA key that a comment tells: `2048-bit rsa key sha256`, `Good 2048 bit rsa-sha256 signature`. */
function bitsIn(result: Counted, remarks: string): number | undefined {
  if (/ed25519/i.test(remarks) || /ed25519/i.test(valueIn(result, 'header.a') ?? '')) return undefined;
  const match = /(?<![\w-])(\d{3,5})[ -]?bits?\b/i.exec(remarks);
  return match ? Number(match[1]) : undefined;
}

/** `d=example.com s=mail`. */
function aboutText(result: Counted): string {
  const domain = signingDomainOf(result);
  const selector = valueIn(result, 'header.s');
  const parts = [...(domain ? [`d=${domain}`] : []), ...(selector ? [`s=${selector}`] : [])];
  return parts.length > 0 ? parts.join(' ') : 'a signature';
}

export function checkDmarc(context: Context): readonly Finding[] {
  const { subject, who, author, authorText } = context;
  const result = resultsOf(context, 'dmarc')[0];
  if (!result) return [];
  const evidence = resultEvidence(context, result, 'dmarc');
  const findings: Finding[] = [];
  const record = ourRecord(context);
  if (result.result === 'none' || result.result === 'bestguesspass')
    findings.push(
      found('authres.dmarc.none', {
        subject,
        args: {
          who,
          result: result.result,
          author: authorText,
          cure: record
            ? `DNS has one now, at ${record.name}. Send another message; if it stays so, the receiver's resolver does not see it.`
            : `Publish a TXT record at _dmarc.${author ?? 'your domain'}, with p=none to begin with.`,
        },
        evidence,
      }),
    );
  if (result.result === 'fail' || result.result === 'permerror')
    findings.push(
      found('authres.dmarc.fail', {
        subject,
        args: { who, result: result.result, author: authorText, disposition: dispositionText(result) },
        evidence,
      }),
    );
  const theirs = policyOf(result);
  if (record && theirs !== undefined && theirs !== record.policy)
    findings.push(
      found('authres.dmarc.policy_stale', {
        subject,
        args: { who, theirs, ours: record.policy, author: authorText },
        evidence: [...evidence, { kind: 'record', name: record.name, type: 'TXT', text: record.text }],
      }),
    );
  return findings;
}

/** The record in DNS now, and its `p`. */
function ourRecord({ dmarc, author }: Context) {
  const record = dmarc.readings.find((reading) => reading.author === author && reading.record)?.record;
  const parsed = record ? parseDmarc(record.text) : undefined;
  if (!record || parsed?.kind !== 'good' || !isPolicy(parsed.value.p)) return undefined;
  return { ...record, policy: parsed.value.p };
}

const dispositions: Readonly<Record<string, string>> = {
  none: 'and let the message in all the same',
  oreject: 'and filed the message as junk, although the policy is reject',
  quarantine: 'and put the message into quarantine or junk',
  reject: 'and refused the message',
  'pct.quarantine': 'and spared the message, because pct is under 100 (the policy is quarantine)',
  'pct.reject': 'and spared the message, because pct is under 100 (the policy is reject)',
  permerror: 'because the record is faulty',
  temperror: 'because the record could not be fetched',
};

function dispositionText(result: Counted): string {
  const word = dispositionOf(result)?.toLowerCase();
  if (word === undefined) return '';
  return ` ${Object.hasOwn(dispositions, word) ? dispositions[word] : `with the disposition ${word}`}`;
}
