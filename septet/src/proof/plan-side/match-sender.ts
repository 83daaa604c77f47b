/** Which sender of the plan a message comes from. Signs are weighed: a key belongs to one sender, an address may not. */
import type { DnsName } from '../../dns/name.ts';
import type { DkimOutcome } from '../dkim/outcome.ts';
import type { Envelope } from '../envelope/envelope.ts';
import type { Expected, ExpectedSender } from '../expected.ts';
import type { SpfOutcome } from '../proof.ts';

export interface SenderMatch {
  readonly sender: ExpectedSender;
  /** For a person: `it is signed with selector s1, which the plan has for it`. */
  readonly because: string;
}

export interface Signs {
  readonly envelope: Envelope;
  readonly spf: readonly SpfOutcome[];
  readonly dkim: readonly DkimOutcome[];
  /** The domain of MAIL FROM, where there is one. */
  readonly mailFromDomain?: DnsName;
}

/** The sender with the strongest sign; of equal ones the first of the list. `undefined`: nothing points to any. */
export function matchSender(expected: Expected, signs: Signs): SenderMatch | undefined {
  let best: (SenderMatch & { readonly weight: number }) | undefined;
  for (const sender of expected.senders) {
    const sign = strongest(sender, expected, signs);
    if (sign && sign.weight > (best?.weight ?? 0)) best = { sender, ...sign };
  }
  return best && { sender: best.sender, because: best.because };
}

function strongest(
  sender: ExpectedSender,
  expected: Expected,
  { envelope, spf, dkim, mailFromDomain }: Signs,
): { readonly weight: number; readonly because: string } | undefined {
  for (const { domain, selector } of dkim) {
    if (sender.selectors.some((own) => own.selector === selector && own.domain === domain))
      return { weight: 4, because: `it is signed with selector ${selector}, which the plan has for it` };
  }
  const ip = envelope.ip?.value;
  if (ip !== undefined && sender.addresses.includes(ip))
    return { weight: 3, because: `it came from ${ip}, an address of this sender` };
  // Its own MAIL FROM name is a sign; that of the domain itself is shared by several.
  if (mailFromDomain !== undefined && mailFromDomain !== expected.domain && sender.returnPaths.includes(mailFromDomain))
    return { weight: 3, because: `its return path is ${mailFromDomain}` };
  const matched = spf.find((outcome) => outcome.scope === 'mfrom' && outcome.result === 'pass')?.detail?.matched;
  const mechanism = matched && sender.spf.find((own) => own === matched.term || leadsThrough(own, matched.path));
  if (mechanism !== undefined) return { weight: 2, because: `SPF passes by ${mechanism}` };
  if (expected.senders.length === 1) return { weight: 1, because: 'the plan has no other sender' };
  return undefined;
}

/** `include:amazonses.com` decided when that domain is on the way to the record with the mechanism that matched. */
function leadsThrough(mechanism: string, path: readonly string[]): boolean {
  const target = /^include:(.+)$/.exec(mechanism)?.[1]?.toLowerCase();
  return target !== undefined && path.slice(1).includes(target);
}
