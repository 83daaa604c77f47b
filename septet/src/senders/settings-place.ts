/**
 * Where a person sets, in each kind of sender, what a message shows: the DKIM key it signs with, the return path it
 * uses, the host of its links. Sentences begin with the place, so that they can follow "Set it in".
 */

export interface SettingsPlace {
  /** Selector and key. */
  readonly dkim?: string;
  /** The MAIL FROM domain. */
  readonly returnPath?: string;
  readonly tracking?: string;
}

const places: ReadonlyMap<string, SettingsPlace> = new Map<string, SettingsPlace>([
  [
    'postfix',
    {
      dkim: 'OpenDKIM: Selector in /etc/opendkim.conf, or the domain’s line in KeyTable; then reload opendkim',
      returnPath: 'Postfix: myorigin in main.cf, or what the application gives as envelope sender',
    },
  ],
  [
    'rspamd',
    {
      dkim: 'Rspamd: the domain’s selector in /etc/rspamd/local.d/dkim_signing.conf; then reload rspamd',
      returnPath: 'Postfix: myorigin in main.cf, or what the application gives as envelope sender',
    },
  ],
  [
    'postal',
    {
      dkim: 'Postal: Domains, the domain, DNS setup',
      returnPath: 'Postal: dns.custom_return_path_prefix in postal.yml',
      tracking: 'Postal: Domains, Tracking domains',
    },
  ],
  [
    'ses',
    {
      dkim: 'Amazon SES: Identities, the domain, Authentication, DKIM',
      returnPath: 'Amazon SES: Identities, the domain, Authentication, Custom MAIL FROM domain',
      tracking: 'Amazon SES: Configuration sets, Reputation and tracking options, Custom redirect domain',
    },
  ],
  [
    'sendgrid',
    {
      dkim: 'SendGrid: Settings, Sender authentication, Authenticate your domain',
      returnPath: 'SendGrid: Settings, Sender authentication, Authenticate your domain',
      tracking: 'SendGrid: Settings, Sender authentication, Link branding',
    },
  ],
  [
    'mailgun',
    {
      dkim: 'Mailgun: Sending, Domain settings, DNS records',
      returnPath: 'Mailgun: Sending, Domains (the sending domain is the return path)',
      tracking: 'Mailgun: Sending, Domain settings, Tracking',
    },
  ],
  [
    'postmark',
    {
      dkim: 'Postmark: Sender signatures, the domain, DNS settings',
      returnPath: 'Postmark: Sender signatures, the domain, Custom return-path',
      tracking: 'Postmark: the server, Settings, Custom tracking domain',
    },
  ],
  [
    'sparkpost',
    {
      dkim: 'SparkPost: Configuration, Domains, Sending domains',
      returnPath: 'SparkPost: Configuration, Domains, Bounce domains',
      tracking: 'SparkPost: Configuration, Domains, Tracking domains',
    },
  ],
  [
    'brevo',
    {
      dkim: 'Brevo: Senders, domains and dedicated IPs, Domains',
      returnPath: 'Brevo: Senders, domains and dedicated IPs, Dedicated IPs',
    },
  ],
  [
    'mailjet',
    { dkim: 'Mailjet: Sender domains and addresses, the domain', returnPath: 'Mailjet: Custom return-path domain' },
  ],
  [
    'resend',
    {
      dkim: 'Resend: Domains, the domain',
      returnPath: 'Resend: Domains, the domain',
      tracking: 'Resend: Domains, the domain, Configuration',
    },
  ],
  ['google-workspace', { dkim: 'Google Admin console: Apps, Gmail, Authenticate email' }],
  ['microsoft-365', { dkim: 'Microsoft Defender: Email authentication settings, DKIM' }],
  ['zoho', { dkim: 'Zoho admin console: Domains, the domain, Email configuration, DKIM' }],
  ['fastmail', { dkim: 'Fastmail: Settings, Domains, the domain' }],
  ['proton', { dkim: 'Proton Mail: Settings, Domain names, the domain, DKIM' }],
  ['icloud', { dkim: 'iCloud settings: Custom email domain' }],
  [
    'acellemail',
    {
      dkim: 'AcelleMail: Sending, Sending domains, the domain',
      returnPath: 'AcelleMail: the sending server, or its bounce handler’s address',
      tracking: 'AcelleMail: Sending, Tracking domains',
    },
  ],
  [
    'listmonk',
    {
      tracking: 'listmonk: Settings, General, Root URL',
      returnPath: 'listmonk: Settings, SMTP, Custom headers (Return-Path)',
    },
  ],
  [
    'mautic',
    {
      tracking: 'Mautic: Configuration, System settings, Site URL',
      returnPath: 'Mautic: Configuration, Email settings, Custom return path',
    },
  ],
]);

/** `{}` where we do not know. `kind`: the key of the sender kind, as in `septet.yaml`. */
export const settingsPlaceOf = (kind: string): SettingsPlace => places.get(kind) ?? {};
