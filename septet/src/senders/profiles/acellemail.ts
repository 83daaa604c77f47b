/**
 * AcelleMail, an application that hands its mail to a relay. For each sending domain that it verifies itself it makes a
 * key of 1024 bits, signs with it, and compares the published TXT with its own text, blanks left out; the record ends in
 * `;`. The selector is `mailer` unless the administrator has chosen another; the name of the ownership TXT is a setting.
 */
import type { SenderProfile } from '../profile.ts';

export const acellemail: SenderProfile = {
  id: 'acellemail',
  title: 'AcelleMail',
  kind: 'software',
  spf: {
    where: 'none',
    includes: [],
    note: 'The relay decides which MAIL FROM is used; AcelleMail’s own instructions name the include at the domain.',
  },
  dkim: [{ type: 'TXT', selectors: ['mailer'], keyBits: 1024 }],
  docs: 'https://acellemail.com/kb',
  source: 'AcelleMail 4 as published in copies of its code (SendingDomain.php), its knowledge base',
  seenOn: '2026-11',
  confidence: 'compare-with-dashboard',
};
