/** What a plan can say beyond its steps: rows of `plan.*` and `ramp.*`, in publish order of what they are about. */
import type { Rows } from '../finding/catalogue.ts';

export const rows = {
  'plan.order.spf_dkim_before_dmarc': {
    severity: 'error',
    test: 'A DMARC policy is enforced although SPF or DKIM of a sender is not in place.',
    message: '{domain} publishes {policy} already, and {missing} is not in place.',
    why: 'Receivers quarantine or refuse mail of these senders today.',
    fix: 'Publish the steps {missing} first; until they are seen everywhere, p=none loses no mail.',
    source: 'RFC 9989 §5.1',
  },
  'plan.gmail_gap': {
    severity: 'warning',
    test: 'The planned records are not all that Gmail asks of senders.',
    message: 'The records of {domain} are not all: {missing}.',
    why: 'Gmail asks for forward and reverse names, TLS, one-click unsubscribe and few complaints besides SPF, DKIM and DMARC.',
    fix: 'See to it with whoever runs the sending hosts; septet check {domain} shows the card of each mailbox provider.',
    source: 'Google email sender guidelines',
  },
  'plan.subdomain.complete': {
    severity: 'warning',
    test: 'A sub-domain that sends lacks one of its own records.',
    message: '{domain} sends and has no {missing}, neither live nor in the plan.',
    why: 'Receivers judge a sub-domain by its own MX, SPF and DKIM.',
    fix: 'Add them to the configuration of {domain}.',
    source: 'house',
  },
  'plan.mx.needs_rua': {
    severity: 'error',
    test: 'Reports are ordered to an address of a domain that takes no mail.',
    message: 'Reports go to {address}, and {domain} takes no mail.',
    why: 'The reports bounce, so nobody sees who sends as the domain.',
    fix: 'Send the reports to an address that is read, or publish an MX for {domain}.',
    source: 'RFC 9989 §5.1.3',
  },
  'plan.spf.from_vs_mailfrom': {
    severity: 'info',
    test: 'No sender uses the domain itself as MAIL FROM.',
    message: 'No sender of the plan uses {domain} as MAIL FROM; its SPF record authorises nobody new.',
    why: 'Receivers ask SPF of the MAIL FROM domain, never of the From line.',
    fix: 'Nothing, if all senders use their own return path below {domain}; else add the sender that bounces to {domain}.',
    source: 'RFC 7208 §2.4',
  },
  'plan.spf.drops_existing': {
    severity: 'error',
    test: 'The planned SPF record leaves out somebody who may send today.',
    message: 'The planned SPF record of {name} no longer lets pass: {lost}.',
    why: 'Mail of that sender fails SPF from the moment the record is published.',
    fix: 'Add the sender to the configuration, or agree to the step {step} by name.',
    source: 'RFC 7208 §3.2',
  },
  'plan.spf.over_limit_after': {
    severity: 'error',
    test: 'The merged SPF record passes a limit of RFC 7208.',
    message:
      'With all senders the SPF record of {name} costs {lookups} look-ups, {voids} of them void, and {octets} octets.',
    why: 'Above 10 look-ups or 2 void ones receivers answer permerror, and SPF protects and authorises nothing.',
    fix: 'septet spf optimise {name}, septet spf flatten {name}, or give a sender its own MAIL FROM name.',
    source: 'RFC 7208 §4.6.4',
  },
  'plan.dkim.keep_old': {
    severity: 'warning',
    test: 'A DKIM key is replaced under the same selector.',
    message: 'The step {step} replaces the key at {name}.',
    why: 'Messages on their way carry signatures of the old key and fail when it goes.',
    fix: 'Publish the new key under a new selector, switch the signer, and remove the old one a week later: septet dkim rotate.',
    source: 'M3AAWG DKIM key rotation',
  },
  'plan.subdomain.advice': {
    severity: 'info',
    test: 'Applications send in bulk from a domain that people use.',
    message: '{senders} would send from {domain}, where people have their mailboxes.',
    why: 'Complaints about bulk mail then count against the mail of people, and DMARC moves more slowly.',
    fix: 'Consider a sub-domain such as news.{domain} with records of its own.',
    source: 'house',
  },
  'plan.mtasts.mx_change': {
    severity: 'error',
    test: 'The MX changes while an MTA-STS policy in force does not name the new exchanges.',
    message: 'The MTA-STS policy of {domain} (mode {mode}) does not name {exchanges}.',
    why: 'Senders that know the policy refuse to deliver to the new servers.',
    fix: 'First put up a policy that names old and new exchanges and change the id; the plan waits for it.',
    source: 'RFC 8461 §5',
  },
  'plan.bimi.before_enforce': {
    severity: 'info',
    test: 'BIMI is wished for before DMARC enforces.',
    message: 'The logo waits: DMARC of {domain} has to reach {stage} first.',
    why: 'Gmail, Apple and Yahoo show no logo without p=quarantine or p=reject for all mail.',
    fix: 'Nothing now; the step opens with the ramp.',
    source: 'BIMI draft, assertion record requirements',
  },
  'plan.name.collision': {
    severity: 'error',
    test: 'Two planned records cannot stand together.',
    message: '{name}: {one} and {other} are both wanted.',
    why: 'An alias stands alone (RFC 1034 §3.6.2), and one name holds one set of a kind.',
    fix: 'Give one of the senders another selector or another name.',
    source: 'RFC 1034 §3.6.2',
  },
  'plan.provider.limit': {
    severity: 'error',
    test: 'The DNS host cannot store a planned record.',
    message: '{host} cannot store the step {step}: {text}',
    why: 'The record would be cut off or refused.',
    fix: 'Change the record as said, or move the zone to a host that stores it.',
    source: 'house',
  },
  'plan.verify.independent': {
    severity: 'warning',
    test: 'Fewer than two independent resolvers look at the published records.',
    message: 'Only {count} resolver is asked whether records are visible.',
    why: 'Its cache or its neighbourhood may show what others do not see.',
    fix: 'Name two with --resolver or with the key resolvers, for example one of your own and a public one.',
    source: 'house',
  },
  'plan.seven_not_required': {
    severity: 'info',
    test: 'Which of the seven records mailbox providers demand.',
    message:
      'Gmail, Yahoo and Outlook.com demand SPF, DKIM and DMARC of bulk senders; {recommended} are worth having and not demanded.',
    why: 'Nobody has to wait for them before sending.',
    fix: 'Nothing.',
    source: 'Google, Yahoo and Microsoft sender requirements, 2026',
  },
  'ramp.order.skip_none': {
    severity: 'error',
    test: 'The first DMARC record of a domain would enforce.',
    message: 'The ramp of {domain} begins with {stage}, and there is no DMARC record yet.',
    why: 'Mail of senders that nobody thought of is lost before a report has named them.',
    fix: 'Begin with the stage none.',
    source: 'RFC 9989 §5.1.5',
  },
  'ramp.days_insufficient': {
    severity: 'warning',
    test: 'A stage of the DMARC ramp is shorter than the profile asks.',
    message: 'The stage {stage} lasts {days} days; {wanted} are usual for a domain {people}.',
    why: 'Monthly mail (invoices, newsletters) does not show in the reports of a short stage.',
    fix: 'Give the stage {wanted} days in dmarc.ramp.',
    source: 'RFC 9989 §7.4',
  },
} as const satisfies Rows;

/**
 * Codes of plans and ramps that wait, with what they wait for. Those that reports show are rows of
 * `reports/evidence/findings.ts`.
 */
export const later: Readonly<Record<string, string>> = {
  'plan.tlsa.cert_change': 'smtp',
  'ramp.complaint_change': 'reports',
};
