/**
 * Whether the mail that carried a report is proved to come from the reporter: a signature of the author's organisation
 * that holds (RFC 7489 and RFC 8460 both ask reporters for one), and which is the one that the report names. Pure.
 */
import { parseName, type DnsName } from '../../dns/name.ts';
import { registrableDomain } from '../../dns/public-suffix.ts';
import { organisationOf } from '../../reports/evidence/measure.ts';

/** What the signatures of a message prove. */
export interface CarrierProof {
  /** The domain of its one author; absent where there is none or several. */
  readonly author?: DnsName;
  /** `d=` of the signatures that hold over the whole body. */
  readonly signers: readonly DnsName[];
  /** A key of the author's organisation could not be looked up, and no other signature of it holds: try again. */
  readonly unavailable: boolean;
}

/** How a report names its maker. */
export interface ReporterClaim {
  readonly reporter: string;
  /** An address: `<email>` of an aggregate report, `contact-info` of a TLS report. */
  readonly contact?: string;
}

export type Vouched =
  | { readonly kind: 'authenticated' }
  /** `why` goes on after "nobody vouches for it: ". */
  | { readonly kind: 'not'; readonly why: string };

/**
 * The one that signs has to be the reporter, where that is a domain, or the one whose contact address the report gives:
 * some sign report mail with a domain of its own. For the largest only their domains will do, whatever the contact: else
 * anybody who signs mail could report in their name.
 */
export function vouched(claim: ReporterClaim, proof: CarrierProof): Vouched {
  const { author } = proof;
  if (author === undefined) return not('the mail that carried it has no single author');
  const own = organisation(author);
  if (!proof.signers.some((signer) => organisation(signer) === own))
    return not(`no signature of ${own} holds on the mail that carried it`);
  const reporter = claim.reporter.trim();
  const named = domainIn(reporter);
  if (named !== undefined && organisation(named) === own) return { kind: 'authenticated' };
  const family = organisationOf(reporter);
  const domains = familyDomains.get(family);
  if (domains !== undefined)
    return domains.includes(own)
      ? { kind: 'authenticated' }
      : not(`${own} signed the mail that carried it, and it says that it is of ${family}`);
  const contact = domainIn(claim.contact?.slice(claim.contact.lastIndexOf('@') + 1) ?? '');
  if (contact !== undefined && organisation(contact) === own) return { kind: 'authenticated' };
  if (contact !== undefined) return not(`${own} signed the mail that carried it, and its contact is at ${contact}`);
  if (named !== undefined) return not(`${own} signed the mail that carried it, and it says that it is of ${named}`);
  return { kind: 'authenticated' };
}

const not = (why: string): Vouched => ({ kind: 'not', why });

const organisation = (name: DnsName): DnsName => registrableDomain(name) ?? name;

/** By the names that `organisationOf` gives: what they sign mail with (seen in reports, 2026). */
const familyDomains: ReadonlyMap<string, readonly string[]> = new Map([
  ['Microsoft', ['microsoft.com', 'outlook.com', 'hotmail.com', 'live.com']],
  ['Google', ['google.com', 'googlemail.com', 'gmail.com']],
  ['Yahoo', ['yahoo.com', 'yahooinc.com', 'aol.com']],
  ['GMX and WEB.DE', ['gmx.net', 'gmx.com', 'gmx.de', 'web.de', 'mail.com', '1und1.de', '1and1.com', 'ionos.com']],
]);

function domainIn(text: string): DnsName | undefined {
  const parsed = parseName(text.trim().toLowerCase());
  return parsed.ok && registrableDomain(parsed.name) !== undefined ? parsed.name : undefined;
}
