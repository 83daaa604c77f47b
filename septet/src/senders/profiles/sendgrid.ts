/** SendGrid. */
import type { SenderProfile } from '../profile.ts';

export const sendgrid: SenderProfile = {
  id: 'sendgrid',
  title: 'SendGrid',
  kind: 'service',
  spf: {
    where: 'none',
    includes: ['sendgrid.net'],
    note: 'With automated security the alias em####.<domain> carries SPF; set up by hand, the include belongs there.',
  },
  dkim: [{ type: 'CNAME', selectors: ['s1', 's2'], targets: ['{selector}.domainkey.*.sendgrid.net'] }],
  returnPath: { type: 'CNAME', targets: ['*.wl*.sendgrid.net'] },
  tracking: ['sendgrid.net', 'eu.sendgrid.net'],
  docs: 'https://www.twilio.com/docs/sendgrid/ui/account-and-settings/how-to-set-up-domain-authentication',
  source: 'guides of 2026',
  seenOn: '2026-11',
  confidence: 'compare-with-dashboard',
};
