/** The other methods that a receiver tells of, and its verdict in all. */
import type { Finding } from '../../finding/finding.ts';
import { alignmentOf, resultEvidence, type Context } from './check-context.ts';
import { resultsOf } from './check-results.ts';
import { compauthMeaning } from './compauth.ts';
import { found } from './findings.ts';
import { clientOf, domainIn, mailFromOf, remarksOf, signingDomainOf, valueIn } from './results.ts';

export function checkOthers(context: Context): readonly Finding[] {
  const { subject, who } = context;
  const findings: Finding[] = [];
  const uncertain = new Map(
    context.receiver.results
      .filter((result) => result.result === 'temperror' && result.method !== 'bimi')
      .map((result) => [result.method, result]),
  );
  for (const [method, result] of uncertain)
    findings.push(
      found('authres.temperror', { subject, args: { who, method }, evidence: resultEvidence(context, result) }),
    );
  const reverse = [...resultsOf(context, 'iprev'), ...resultsOf(context, 'x-ptr')].find(
    (result) => result.result === 'fail' || result.result === 'permerror',
  );
  if (reverse) {
    const client = clientOf(reverse);
    const helo = valueIn(reverse, 'smtp.helo');
    findings.push(
      found('authres.iprev', {
        subject,
        args: {
          who,
          method: reverse.method,
          result: reverse.result,
          about: client === undefined ? '' : ` for ${client}`,
          helo: helo === undefined ? '' : `, or not the name ${helo} that the server gave`,
        },
        evidence: resultEvidence(context, reverse),
      }),
    );
  }
  const compauth = resultsOf(context, 'compauth')[0];
  if (compauth) {
    const code = compauth.reason;
    findings.push(
      found('authres.compauth', {
        subject,
        args: {
          result: compauth.result,
          code: code === undefined ? '' : ` with reason ${code}`,
          ...compauthMeaning(compauth.result, code),
        },
        evidence: resultEvidence(context, compauth),
      }),
    );
  }
  const bimi = resultsOf(context, 'bimi')[0];
  if (bimi) {
    const domain = valueIn(bimi, 'header.d');
    const selector = valueIn(bimi, 'header.selector') ?? valueIn(bimi, 'policy.selector');
    const authority = valueIn(bimi, 'policy.authority');
    const remarks = remarksOf(bimi);
    const details = [
      ...(domain ? [`for ${selector ? `${selector}._bimi.` : ''}${domain}`] : []),
      ...(authority ? [`certificate: ${authority}`] : []),
      ...(remarks ? [`"${remarks}"`] : []),
    ];
    findings.push(
      found('authres.bimi', {
        subject,
        args: {
          who,
          result: bimi.result,
          detail: details.length > 0 ? ` (${details.join(', ')})` : '',
          ...bimiMeaning(bimi.result, remarks),
        },
        evidence: resultEvidence(context, bimi),
      }),
    );
  }
  return findings;
}

function bimiMeaning(result: string, remarks: string): { readonly meaning: string; readonly cure: string } {
  const check = 'See the BIMI part of `septet check`.';
  switch (result) {
    case 'pass':
      return {
        meaning: 'the record and the logo are good.',
        cure: 'Nothing needs doing. Whether the logo is shown is up to the reader.',
      };
    case 'none':
      return {
        meaning: 'there is no BIMI record.',
        cure: 'Optional. Publish one once DMARC is at quarantine or reject.',
      };
    case 'declined':
      return {
        meaning: 'the record says that no logo is wanted.',
        cure: 'Nothing needs doing if that is what you want.',
      };
    case 'skipped':
      return /dmarc/i.test(remarks)
        ? {
            meaning: 'the DMARC policy is not strict enough for a logo.',
            cure: 'Take DMARC to quarantine or reject, then a logo is looked for.',
          }
        : { meaning: 'the receiver did not look for a logo.', cure: check };
    case 'temperror':
      return {
        meaning: 'the receiver could not fetch the record, the logo or the certificate.',
        cure: 'Send another message later.',
      };
    default:
      return { meaning: 'the record, the logo or the certificate is faulty.', cure: check };
  }
}

interface Judged {
  readonly judgement: string;
  readonly effect: string;
  readonly cure: string;
  readonly good: boolean;
}

export function checkVerdict(context: Context): readonly Finding[] {
  const { subject, who, verdict } = context;
  const spf = resultsOf(context, 'spf');
  const dkim = resultsOf(context, 'dkim');
  const dmarc = resultsOf(context, 'dmarc')[0];
  const anchor = dmarc ?? dkim[0] ?? spf[0];
  if (!anchor) return [];
  const best = (results: readonly { readonly result: string }[]): string =>
    (results.find((result) => result.result === 'pass') ?? results[0])?.result ?? 'nothing';
  const { good, ...words } = judge(context, dmarc?.result);
  return [
    found('authres.verdict', {
      subject,
      state: good ? 'pass' : 'fail',
      args: { who, spf: best(spf), dkim: best(dkim), dmarc: dmarc?.result ?? 'nothing', ...words },
      evidence: [
        ...resultEvidence(context, anchor),
        ...(verdict ? [{ kind: 'fact' as const, label: `here: ${verdict.kind}`, value: verdict.text }] : []),
      ],
    }),
  ];
}

function judge(context: Context, dmarc: string | undefined): Judged {
  const signed = resultsOf(context, 'dkim').some(
    (result) => result.result === 'pass' && alignmentOf(context, 'dkim', signingDomainOf(result)) === 'aligned',
  );
  const sent = resultsOf(context, 'spf').some(
    (result) => result.result === 'pass' && alignmentOf(context, 'spf', domainIn(mailFromOf(result))) === 'aligned',
  );
  if (dmarc === 'pass' && signed && sent)
    return {
      good: true,
      judgement: 'That is all there is to reach: all three pass, and both are aligned.',
      effect: 'Mail sent so proves its author, directly and by a forwarder.',
      cure: 'Nothing needs doing.',
    };
  if (dmarc === 'pass' && signed)
    return {
      good: true,
      judgement: 'That is enough: DMARC passes by an aligned DKIM signature.',
      effect: 'Mail sent so proves its author, by a forwarder too. SPF that is aligned as well makes it complete.',
      cure: 'Nothing needs doing for a forwarded message; else use a return path of your own domain.',
    };
  if (dmarc === 'pass')
    return {
      good: false,
      judgement: 'That holds for direct mail only: no aligned DKIM signature passes.',
      effect: 'The first forwarder breaks SPF, and then nothing is left.',
      cure: 'Let the sender sign with the domain of the author.',
    };
  if (dmarc === undefined)
    return {
      good: signed,
      judgement: signed
        ? 'It tells no DMARC; the aligned signature would be enough for it.'
        : 'It tells no DMARC, and no aligned signature that passes.',
      effect: 'Other receivers judge by DMARC.',
      cure: 'See what this report finds for DMARC itself.',
    };
  return {
    good: false,
    judgement: 'That is not enough: DMARC has to pass, best by an aligned DKIM signature.',
    effect: 'Gmail, Yahoo and Outlook put such bulk mail into the spam folder or refuse it.',
    cure: 'Mend what the other findings name, then send another message.',
  };
}
