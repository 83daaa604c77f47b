/** SPF of one message: MAIL FROM and, beside it, HELO (RFC 7208 §2.3, §2.4). */
import { parseName } from '../dns/name.ts';
import { AnswerTable } from '../records/spf/answers.ts';
import { checkHost } from '../records/spf/check-host.ts';
import type { SpfResult } from '../records/spf/trace.ts';
import type { World } from '../world/world.ts';
import { isSubmission } from './envelope/hop.ts';
import type { Envelope } from './envelope/envelope.ts';
import type { SpfOutcome } from './proof.ts';

/**
 * The MAIL FROM identity first, then HELO where there is a name. For the null sender `postmaster@<HELO>` stands in the
 * place of MAIL FROM (RFC 7208 §2.4). What is not known gives `unknown`. Rejects only with the reason of `signal`.
 */
export async function spfOf(
  world: World,
  envelope: Envelope,
  options: { readonly signal?: AbortSignal } = {},
): Promise<readonly SpfOutcome[]> {
  const ip = envelope.ip?.value;
  const helo = envelope.helo?.value;
  const mailFrom = envelope.mailFrom?.value;
  const domain = mailFrom === undefined ? '' : mailFrom === '' ? nameOf(helo) : domainOf(mailFrom);
  const missing = missingPart(envelope);
  if (missing !== undefined || ip === undefined) {
    const reason = missing ?? '';
    const out: SpfOutcome[] = [{ scope: 'mfrom', domain, result: 'unknown', reason }];
    const judged = ip !== undefined && !onlySubmitted(envelope);
    if (helo !== undefined && !judged) out.push({ scope: 'helo', domain: nameOf(helo), result: 'unknown', reason });
    if (helo !== undefined && judged) out.push(await judge(world, 'helo', { ip, helo, mailFrom: '' }, options));
    return out;
  }
  const answers = new AnswerTable();
  const greeting = helo === undefined ? {} : { helo };
  const asked = { ...options, answers };
  const first = judge(world, 'mfrom', { ip, mailFrom: mailFrom ?? '', ...greeting }, asked);
  if (helo === undefined) return [await first];
  return Promise.all([first, judge(world, 'helo', { ip, helo, mailFrom: '' }, asked)]);
}

async function judge(
  world: World,
  scope: SpfOutcome['scope'],
  request: { readonly ip: string; readonly helo?: string; readonly mailFrom: string },
  options: Parameters<typeof checkHost>[2],
): Promise<SpfOutcome> {
  const detail = await checkHost(world, request, options);
  const { domain, result } = detail;
  return { scope, domain, result, reason: reasonOf(detail, request.ip), detail };
}

/** The only address that is known is that of the author's own connection. */
export const onlySubmitted = ({ ip, hop }: Envelope): boolean =>
  ip?.from === 'Received' && hop !== undefined && isSubmission(hop);

/** What has to be given before anything can be judged, in a sentence. */
function missingPart(envelope: Envelope): string | undefined {
  const { ip, helo, mailFrom, why } = envelope;
  if (onlySubmitted(envelope)) {
    return `SPF judges the server that delivers, and only the author's own connection was seen: give the address of that server (--ip). ${why}`;
  }
  const wanted = [
    ...(ip ? [] : ['the address of the client (--ip)']),
    ...(mailFrom ? [] : ['the return path (--mail-from)']),
    ...(mailFrom?.value === '' && !helo ? ['the HELO name, which stands in for the empty return path (--helo)'] : []),
  ];
  if (wanted.length === 0) return undefined;
  return `SPF cannot be judged without ${wanted.join(' and ')}. ${why}`;
}

function reasonOf({ result, domain, matched, problem }: SpfResult, ip: string): string {
  if (problem) return problem.reason;
  if (!matched) return `No mechanism of ${domain} matches ${ip}.`;
  const at = matched.path.at(-1);
  const place =
    at === undefined || at === domain ? `the record of ${domain}` : `the record of ${at}, which ${domain} includes`;
  return result === 'pass'
    ? `\`${matched.term}\` in ${place} allows ${ip}.`
    : `\`${matched.term}\` in ${place} decides for ${ip}.`;
}

function domainOf(mailFrom: string): string {
  return nameOf(mailFrom.slice(mailFrom.lastIndexOf('@') + 1));
}

function nameOf(text: string | undefined): string {
  const parsed = text === undefined ? undefined : parseName(text);
  return parsed?.ok ? parsed.name : (text ?? '');
}
