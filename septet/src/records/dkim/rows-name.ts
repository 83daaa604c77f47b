/** The rows about aliases, delegation, wildcards and size at the names of keys. */
import type { Rows } from '../../finding/catalogue.ts';

export const nameRows = {
  'dkim.cname.dangling': {
    severity: 'error',
    or: ['warning'],
    test: 'The alias at a selector leads to a key.',
    message: 'The alias of selector `{selector}` leads to {target}, where there is no key.',
    why: 'Signatures made with this selector fail. If the target’s name can be registered by others, they could publish a key for {domain}.',
    fix: 'Switch DKIM on at the sender, or correct the target; delete the alias when the sender is no longer used.',
    source: 'RFC 6376 §3.6.2',
  },
  'dkim.cname.wrong_target': {
    severity: 'error',
    test: 'The alias at a selector points where its sender wants it.',
    message: 'The alias of selector `{selector}` points to {target}; expected is {expected}.',
    why: 'The key there is not the one that the sender signs with, so signatures fail now or at the next change of keys.',
    fix: 'Copy the target from the sender’s settings.',
    source: 'sender profiles',
  },
  'dkim.cname.incomplete': {
    severity: 'warning',
    test: 'All aliases that a sender wants are published.',
    message: '{group} wants {total} aliases; missing: {missing}.',
    why: 'The sender changes between its keys. When it moves to one without an alias, signatures begin to fail.',
    fix: 'Publish the missing aliases as the sender’s settings show them.',
    source: 'sender profiles',
  },
  'dkim.cname.ses_region': {
    severity: 'error',
    test: 'A token of Amazon SES points to the zone of the identity’s region.',
    message:
      'The alias of selector `{selector}` points to {target}, where there is no key. In {region} SES keeps its keys below {zone}.',
    why: 'SES does not find the alias that it looks for, leaves the domain unverified and does not sign as {domain}.',
    fix: 'Point the alias to {token}.{zone}. The field `SigningHostedZone` of `GetEmailIdentity` names the zone.',
    source: 'AWS General Reference, DKIM domains of Amazon SES',
  },
  'dkim.cname.dash_form': {
    severity: 'error',
    test: 'A Microsoft 365 alias has the form that Microsoft assigned.',
    message:
      'The alias of selector `{selector}` points to {target}, where there is no key; the target looks put together by hand.',
    why: 'Microsoft 365 cannot switch DKIM on for {domain}, so its mail leaves with the signature of onmicrosoft.com only.',
    fix: 'Copy the target from the Defender portal or `Get-DkimSigningConfig`: it holds the tenant’s own name and, since 2025, a partition that cannot be guessed.',
    source: 'Microsoft Learn, DKIM in Microsoft 365',
  },
  'dkim.ns.delegated': {
    severity: 'info',
    test: 'Whether _domainkey is a zone of its own.',
    message: '_domainkey.{domain} is delegated to {servers}.',
    why: 'Whoever runs those servers can publish keys and sign as {domain}.',
    fix: 'Make sure that the delegation is intended, and watch that zone too.',
    source: 'RFC 6376 §3.6.2.1',
  },
  'dkim.wildcard': {
    severity: 'warning',
    or: ['info'],
    test: 'No wildcard answers for selectors that nobody chose.',
    message: 'A wildcard answers for every selector of {domain}.',
    why: 'Receivers get its answer for any selector. An empty key (`p=`) refuses them all, which suits a domain without mail; a real key makes every selector valid.',
    fix: 'Publish the selectors one by one and delete the wildcard, unless the domain sends no mail and the wildcard holds an empty key.',
    source: 'RFC 6376 §6.1.2, RFC 4592',
  },
  'dkim.answer.size': {
    severity: 'info',
    test: 'The answer fits into one UDP datagram.',
    message:
      'The answer for selector `{selector}` has {octets} octets, more than the 1232 that pass everywhere over UDP.',
    why: 'Receivers ask again over TCP, which is slower and blocked in places.',
    fix: 'Use a key of 2048 bits, and keep other text off the name.',
    source: 'RFC 9715',
  },
  'dkim.dkim2': {
    severity: 'info',
    test: 'Whether a record for DKIM2 is published, which has no standard yet.',
    message: 'The record is marked `v=DKIM2`, which is a draft in November 2026.',
    why: 'No receiver reads it.',
    fix: 'Publish `v=DKIM1`. There is nothing to publish for DKIM2 yet.',
    source: 'IETF dkim working group',
  },
} as const satisfies Rows;
