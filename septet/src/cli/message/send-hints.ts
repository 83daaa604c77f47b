/** What to look for in the mailbox after a test message was sent: where each provider shows the source, and what it says. */
import type { DnsName } from '../../dns/name.ts';
import type { ExpectedSender } from '../../proof/expected.ts';

interface MailboxHint {
  readonly title: string;
  readonly domains: RegExp;
  /** How the source is shown, and how it is copied. */
  readonly source: string;
  /** Where the results stand. */
  readonly results: string;
}

// As the web pages of these providers are labelled in 2026; the words may differ in other languages.
const hints: readonly MailboxHint[] = [
  {
    title: 'Gmail',
    domains: /^(?:gmail|googlemail)\.com$/,
    source:
      'Open the message, then the menu ⋮ beside Reply, then "Show original". "Copy to clipboard" takes the source.',
    results: 'The table on top names SPF, DKIM and DMARC; each is to say PASS.',
  },
  {
    title: 'Outlook.com',
    domains: /^(?:outlook|hotmail|live|msn)\.(?:com|[a-z]{2}|co\.[a-z]{2}|com\.[a-z]{2})$/,
    source: 'Open the message, then the menu … (More actions), View, "View message source". Select all and copy.',
    results: 'The line Authentication-Results is to say spf=pass, dkim=pass, dmarc=pass and compauth=pass.',
  },
  {
    title: 'Yahoo',
    domains: /^(?:yahoo|ymail|rocketmail|aol)\.(?:com|[a-z]{2}|co\.[a-z]{2}|com\.[a-z]{2})$/,
    source: 'Open the message, then the menu … (More), then "View raw message". Select all and copy.',
    results: 'The line Authentication-Results is to say dkim=pass, spf=pass and dmarc=pass.',
  },
  {
    title: 'iCloud',
    domains: /^(?:icloud|me|mac)\.com$/,
    source: 'In Mail on a Mac: View, Message, "Raw Source". Select all and copy.',
    results: 'The lines Authentication-Results are to say spf=pass, dkim=pass and dmarc=pass.',
  },
];

/** Lines for a person. `recipient` is the domain of the mailbox, in lower case. */
export function mailboxHint(recipient: string): readonly string[] {
  const hint = hints.find(({ domains }) => domains.test(recipient));
  if (hint) return [`In ${hint.title}: ${hint.source}`, hint.results, 'Look into the spam folder too.'];
  return [
    `In the mailbox at ${recipient}: show the source of the message ("Show original", "View source", "Raw message").`,
    'The topmost line Authentication-Results is to say spf=pass, dkim=pass and dmarc=pass.',
    'Look into the spam folder too.',
  ];
}

/** What the plan wants the message of a sender to show. */
export function wantedText(domain: DnsName, sender: ExpectedSender | undefined): string {
  if (!sender) return `DMARC passes for ${domain}, best by a DKIM signature with d=${domain}.`;
  const keys = sender.selectors.map((key) => `d=${key.domain} s=${key.selector}`);
  const paths = sender.returnPaths;
  return [
    keys.length === 0 ? `a DKIM signature with d=${domain}` : `DKIM with ${keys.join(' or ')}`,
    ...(paths.length === 0 ? [] : [`SPF for ${paths.join(' or ')}`]),
  ].join(', ');
}
