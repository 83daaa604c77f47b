/** Microsoft 365. */
import type { SenderProfile } from '../profile.ts';

export const microsoft365: SenderProfile = {
  id: 'microsoft365',
  title: 'Microsoft 365',
  kind: 'mailbox',
  spf: { where: 'apex', includes: ['spf.protection.outlook.com'] },
  dkim: [
    {
      type: 'CNAME',
      selectors: ['selector1', 'selector2'],
      targets: [
        '{selector}-{dashes}._domainkey.*.onmicrosoft.com',
        '{selector}-{dashes}._domainkey.*-v1.dkim.mail.microsoft',
      ],
      keyBits: 2048,
    },
  ],
  mx: [
    { exchanges: ['*.mail.protection.outlook.com'], form: 'm365-protection-outlook' },
    { exchanges: ['*.mx.microsoft'] },
  ],
  verification: ['ms=ms'],
  docs: 'https://learn.microsoft.com/defender-office-365/email-authentication-dkim-configure',
  source: 'Microsoft Learn, message centre MC1048624',
  seenOn: '2026-11',
  confidence: 'vendor',
};
