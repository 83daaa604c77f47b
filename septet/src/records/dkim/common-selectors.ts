/**
 * Selectors that are worth a question when nobody named one. They are the defaults that mail servers and senders put
 * into their documentation, templates and code (November 2026); what each comes from stands beside it. A selector that
 * is different in every account (Postal, Postmark, SparkPost, the tokens of Amazon SES) cannot be guessed.
 */
export const commonSelectors: readonly string[] = [
  'default', // OpenDKIM, cPanel, Plesk
  'google', // Google Workspace
  'selector1', // Microsoft 365
  'selector2',
  's1', // SendGrid, and a habit of many
  's2',
  'k1', // Mailchimp, Mailgun, Klaviyo
  'k2',
  'k3',
  'mail', // Mail-in-a-Box, OpenDKIM guides, Brevo
  'dkim', // rspamd, mailcow, iRedMail
  'dkim1',
  'dkim2',
  'smtp', // Mailgun
  'mx', // Mailgun
  'email', // Mailgun
  'pdk1', // Mailgun, automatic sender security
  'pdk2',
  'mandrill', // Mandrill
  'mte1', // Mandrill since 2023
  'mte2',
  'mailjet', // Mailjet
  'resend', // Resend
  'brevo1', // Brevo
  'brevo2',
  'zoho', // Zoho
  'zmail',
  'fm1', // Fastmail
  'fm2',
  'fm3',
  'protonmail', // Proton
  'protonmail2',
  'protonmail3',
  'sig1', // iCloud custom domain
  'x', // DirectAdmin
  'key1',
  'key2',
  'litesrv', // MailerLite
  'cm', // Campaign Monitor
  'zendesk1', // Zendesk
  'zendesk2',
  'smtpapi', // SendGrid before automated security
  'mesmtp', // Fastmail before fm1
];

/** Asked even where the server says that nothing exists below `_domainkey`, to see whether that is true (RFC 8020). */
export const canarySelectors: readonly string[] = ['default', 'google'];
