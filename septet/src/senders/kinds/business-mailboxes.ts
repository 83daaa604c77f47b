/** Microsoft 365 and Zoho Mail: mailbox hosts whose names depend on the account. */
import { dnsName } from '../../dns/name.ts';
import { hostOf, inform, textOf, warn, type Account } from '../account.ts';
import { dkimField, selectorField, valueField, verificationField } from '../fields.ts';
import { cnameKeys, keysOr, valueOr } from '../keys.ts';
import type { DkimNeed } from '../needs.ts';
import { microsoft365 as microsoftFacts } from '../profiles/microsoft365.ts';
import { zoho as zohoFacts } from '../profiles/zoho.ts';
import type { SeenForInit } from '../seen.ts';
import type { Sender, Values } from '../sender.ts';
import { aliasesSeen, includeAt, keySeen, verificationOf, verificationSeen } from './parts.ts';

const microsoftSelectors = ['selector1', 'selector2'];

export const microsoft365: Sender = {
  key: 'microsoft-365',
  title: microsoftFacts.title,
  about: 'mailboxes at Microsoft 365 (Exchange Online)',
  profile: microsoftFacts.id,
  facts: microsoftFacts,
  fields: [
    dkimField,
    {
      key: 'initialDomain',
      form: 'host',
      about: 'the tenant’s first domain, for DKIM targets of the form in use before May 2025',
      example: 'contoso.onmicrosoft.com',
    },
    {
      key: 'mx',
      form: 'host',
      about: 'exchange that the admin center shows for the domain',
      example: 'example-com.mail.protection.outlook.com',
    },
    verificationField('MS=ms12345678'),
  ],
  needs: (account) => {
    const exchange = hostOf(account, 'mx');
    if (exchange === undefined && textOf(account, 'mx') === undefined) {
      inform(
        account,
        'The exchange of Microsoft 365 depends on when the domain was added. Where the domain has no MX yet, give the one that the admin center shows (Settings, Domains) as mx.',
      );
    }
    return {
      spf: [includeAt(account.domain, microsoftFacts, false)],
      dkim: keysOr(account, () => microsoftKeys(account)),
      records: verificationOf(account),
      mx: exchange === undefined ? [] : [{ preference: 0, exchange }],
    };
  },
  recognise: (seen, clues) => {
    if (!clues.some(({ kind }) => kind !== 'txt')) return [];
    const keys = aliasesSeen(seen, /(?:\.onmicrosoft\.com|\.dkim\.mail\.microsoft)$/);
    const exchange = seen.mx.find((one) => /\.(?:mail\.protection\.outlook\.com|mx\.microsoft)$/.test(one));
    return [
      {
        ...(keys.length > 0 ? { dkim: keys.map(({ selector, target }) => ({ selector, target })) } : {}),
        ...(exchange === undefined ? {} : { mx: exchange }),
        ...verificationSeen(seen, microsoftFacts),
      },
    ];
  },
};

function microsoftKeys(account: Account): readonly DkimNeed[] {
  const initial = textOf(account, 'initialDomain');
  if (initial === undefined) {
    const where =
      'Microsoft Defender portal: Email & collaboration, Policies, Email authentication settings, DKIM; or in PowerShell Get-DkimSigningConfig, Selector1CNAME and Selector2CNAME. Give both as dkim.';
    return microsoftSelectors.map((selector) => ({ kind: 'missing', selector, where }));
  }
  warn(
    account,
    'Microsoft 365: the DKIM targets are made from initialDomain in the form in use before May 2025. Newer domains have targets that end in dkim.mail.microsoft, and long names are shortened: please compare with Selector1CNAME and Selector2CNAME of Get-DkimSigningConfig.',
  );
  const tenant = initial.toLowerCase().replace(/(?:\.onmicrosoft\.com)?\.?$/, '');
  return cnameKeys(account, microsoftSelectors, `{selector}-{dashes}._domainkey.${tenant}.onmicrosoft.com`);
}

/** Endings of Zoho's data centres. */
const zohoCentres = ['com', 'eu', 'in', 'com.au', 'jp'];

export const zoho: Sender = {
  key: 'zoho',
  title: zohoFacts.title,
  about: 'mailboxes at Zoho Mail',
  profile: zohoFacts.id,
  facts: zohoFacts,
  fields: [
    {
      key: 'dc',
      form: 'choice',
      about: 'data centre: the ending of the address where you sign in (mail.zoho.eu: eu)',
      required: true,
      choices: zohoCentres,
      example: 'eu',
    },
    {
      key: 'include',
      form: 'host',
      about: 'target of the SPF include as the Zoho console shows it, where it is not zohomail.<dc>',
      example: 'one.zoho.eu',
    },
    selectorField('zmail'),
    valueField('the Zoho console: Domains, the domain, Email configuration, DKIM'),
    verificationField('zoho-verification=zb12345678.zmverify.zoho.eu'),
    dkimField,
  ],
  needs: (account) => {
    const dc = textOf(account, 'dc');
    if (dc === undefined || !zohoCentres.includes(dc)) {
      account.faults.push(
        `Zoho Mail: the data centre is missing or unknown. Write dc as one of ${zohoCentres.join(', ')}.`,
      );
      return {};
    }
    const include = hostOf(account, 'include') ?? `zohomail.${dc}`;
    return {
      spf: [includeAt(account.domain, zohoFacts, false, include)],
      dkim: keysOr(account, () =>
        valueOr(
          account,
          'Zoho console: Domains, the domain, Email configuration, DKIM. Add a selector there and give selector and value.',
        ),
      ),
      records: verificationOf(account),
      mx: [
        { preference: 10, exchange: dnsName(`mx.zoho.${dc}`) },
        { preference: 20, exchange: dnsName(`mx2.zoho.${dc}`) },
        { preference: 50, exchange: dnsName(`mx3.zoho.${dc}`) },
      ],
    };
  },
  recognise: recogniseZoho,
};

function recogniseZoho(seen: SeenForInit): readonly Values[] {
  const includes = seen.spf.flatMap(
    (term) => /^\+?include:((?:one\.)?zoho(?:mail)?\.([a-z.]+?))\.?$/i.exec(term) ?? [],
  );
  const include = includes[1]?.toLowerCase();
  const exchange = seen.mx.flatMap((one) => /^mx[23]?\.zoho\.(.+)$/.exec(one) ?? []);
  const dc = exchange[1] ?? includes[2]?.toLowerCase();
  if (dc === undefined || !zohoCentres.includes(dc)) return [];
  return [
    {
      dc,
      ...(include === undefined || include === `zohomail.${dc}` ? {} : { include }),
      ...keySeen(seen, /^(?:zmail|zoho)$/),
      ...verificationSeen(seen, zohoFacts),
    },
  ];
}
