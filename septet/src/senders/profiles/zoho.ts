/** Zoho Mail. */
import type { SenderProfile } from '../profile.ts';

export const zoho: SenderProfile = {
  id: 'zoho',
  title: 'Zoho Mail',
  kind: 'mailbox',
  spf: {
    where: 'apex',
    includes: ['zohomail.*', 'zoho.*', 'one.zoho.*'],
    note: 'The include depends on the data centre and sources disagree: read it from the Zoho console.',
  },
  dkim: [{ type: 'TXT', selectors: ['zmail', 'zoho'], telling: true }],
  mx: [{ exchanges: ['mx.zoho.*', 'mx2.zoho.*', 'mx3.zoho.*'] }],
  verification: ['zoho-verification='],
  docs: 'https://www.zoho.com/mail/help/adminconsole/dkim-configuration.html',
  source: 'guides of 2026',
  seenOn: '2026-11',
  confidence: 'compare-with-dashboard',
};
