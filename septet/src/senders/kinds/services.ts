/** Sending services with one or two records of their own: Postmark, SparkPost, Mailjet. */
import { belowOf, inform, textOf } from '../account.ts';
import { dkimField, ownershipField, returnPathField, selectorField, valueField } from '../fields.ts';
import { keysOr, valueOr } from '../keys.ts';
import { mailjet as mailjetFacts } from '../profiles/mailjet.ts';
import { postmark as postmarkFacts } from '../profiles/postmark.ts';
import { sparkpost as sparkpostFacts } from '../profiles/sparkpost.ts';
import type { Sender } from '../sender.ts';
import { alias, aliasTo, includeAt, includes, keySeen, ownershipOf } from './parts.ts';

const bouncesBack = (title: string): string => `bounces come back to ${title}, and SPF passes for your own name`;

export const postmark: Sender = {
  key: 'postmark',
  title: postmarkFacts.title,
  about: 'Postmark',
  profile: postmarkFacts.id,
  facts: postmarkFacts,
  fields: [
    selectorField('20261123101112pm'),
    valueField('Postmark: Sender Signatures, the domain, DNS settings'),
    returnPathField('pm-bounces'),
    dkimField,
  ],
  needs: (account) => {
    if (textOf(account, 'returnPath') === undefined) {
      inform(
        account,
        'Without returnPath (Postmark’s usual name is pm-bounces) MAIL FROM is pm.mtasv.net, and DMARC rests on DKIM alone.',
      );
    }
    return {
      dkim: keysOr(account, () =>
        valueOr(
          account,
          'Postmark: Sender Signatures, the domain, DNS settings show the DKIM record: give selector and value.',
        ),
      ),
      records: alias(account, belowOf(account, 'returnPath'), 'pm.mtasv.net', 'return-path', bouncesBack('Postmark')),
    };
  },
  recognise: (seen) => {
    const key = keySeen(seen, /^\d{8,}pm$/);
    const path = aliasTo(seen, /^pm\.mtasv\.net$/);
    if (!('value' in key) && path === undefined) return [];
    return [{ ...key, ...(path === undefined ? {} : { returnPath: path.label }) }];
  },
};

export const sparkpost: Sender = {
  key: 'sparkpost',
  title: sparkpostFacts.title,
  about: 'SparkPost, now Bird',
  profile: sparkpostFacts.id,
  facts: sparkpostFacts,
  fields: [
    selectorField('scph0126'),
    valueField('SparkPost: Configuration, Domains, the sending domain'),
    returnPathField('bounce'),
    { key: 'region', form: 'choice', about: 'us without', choices: ['us', 'eu'], example: 'eu' },
    {
      key: 'tenant',
      form: 'label',
      about: 'name of an Enterprise account, the first part of its host',
      example: 'acme',
    },
    dkimField,
  ],
  needs: (account) => {
    const tenant = textOf(account, 'tenant');
    const target =
      tenant !== undefined && /^[a-z0-9-]+$/i.test(tenant)
        ? `${tenant}.mail.e.sparkpost.com`
        : textOf(account, 'region') === 'eu'
          ? 'eu.sparkpostmail.com'
          : 'sparkpostmail.com';
    return {
      dkim: keysOr(account, () =>
        valueOr(
          account,
          'SparkPost: Configuration, Domains, the sending domain shows the DKIM record: give selector and value.',
        ),
      ),
      records: alias(account, belowOf(account, 'returnPath'), target, 'return-path', bouncesBack('SparkPost')),
    };
  },
  recognise: (seen) => {
    const key = keySeen(seen, /^scph\d+$/);
    const path = aliasTo(seen, /^(?:(eu)\.)?sparkpostmail\.com$|^([a-z0-9-]+)\.mail\.e\.sparkpost\.com$/);
    if (!('value' in key) && path === undefined) return [];
    return [
      {
        ...key,
        ...(path === undefined ? {} : { returnPath: path.label }),
        ...(path?.match[1] === undefined ? {} : { region: 'eu' }),
        ...(path?.match[2] === undefined ? {} : { tenant: path.match[2] }),
      },
    ];
  },
};

export const mailjet: Sender = {
  key: 'mailjet',
  title: mailjetFacts.title,
  about: 'Mailjet',
  profile: mailjetFacts.id,
  facts: mailjetFacts,
  fields: [
    selectorField('mailjet', '; mailjet without'),
    valueField('Mailjet: Account settings, Domains, Authenticate'),
    returnPathField('bnc3'),
    ownershipField('[{ name: mailjet._a1b2c3d4, text: a1b2c3… }]'),
    dkimField,
  ],
  needs: (account) => ({
    spf: [includeAt(account.domain, mailjetFacts, false)],
    dkim: keysOr(account, () =>
      valueOr(account, 'Mailjet: Account settings, Domains, Authenticate shows the DKIM record: give it as value.', {
        selector: 'mailjet',
      }),
    ),
    records: [
      ...alias(account, belowOf(account, 'returnPath'), 'bnc3.mailjet.com', 'return-path', bouncesBack('Mailjet')),
      ...ownershipOf(account),
    ],
  }),
  recognise: (seen) => {
    const key = keySeen(seen, /^mailjet$/);
    const path = aliasTo(seen, /^bnc3\.mailjet\.com$/);
    if (!('value' in key) && !includes(seen, mailjetFacts.spf.includes)) return [];
    return [{ ...key, ...(path === undefined ? {} : { returnPath: path.label }) }];
  },
};
