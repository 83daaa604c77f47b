/** SendGrid. With automated security three aliases into the account's zone carry return path, SPF and both keys. */
import { dnsName } from '../../dns/name.ts';
import { belowOf, hostOf, inform, textOf, textsOf, type Account } from '../account.ts';
import { dkimField, returnPathField, selectorField, trackingField, valueField } from '../fields.ts';
import { cnameKeys, keysOr, valueOr } from '../keys.ts';
import type { DkimNeed } from '../needs.ts';
import { sendgrid as facts } from '../profiles/sendgrid.ts';
import type { SeenForInit } from '../seen.ts';
import type { NeedParts, Sender, Values } from '../sender.ts';
import { alias, aliasesSeen, aliasTo, includeAt } from './parts.ts';

const where =
  'SendGrid: Settings, Sender Authentication, the domain shows three CNAME records such as em1234 → u1234567.wl123.sendgrid.net. Give account (u1234567), zone (wl123) and returnPath (em1234), or the records themselves as dkim.';

export const sendgrid: Sender = {
  key: 'sendgrid',
  title: facts.title,
  about: 'Twilio SendGrid',
  profile: facts.id,
  facts,
  fields: [
    {
      key: 'account',
      form: 'label',
      about: 'account part of the CNAME targets',
      pattern: /^u\d{1,12}$/,
      patternInWords: 'u and a number',
      example: 'u1234567',
    },
    {
      key: 'zone',
      form: 'label',
      about: 'part behind the account in the CNAME targets',
      pattern: /^wl\d{0,4}$/,
      patternInWords: 'wl, mostly with a number',
      example: 'wl123',
    },
    returnPathField('em1234'),
    {
      key: 'returnPathTarget',
      form: 'host',
      about: 'where the return path leads, where it is not <account>.<zone>.sendgrid.net',
      example: 'u1234567.wl123.sendgrid.net',
    },
    { key: 'selectors', form: 'labels', about: 'selectors of both keys; s1 and s2 without', example: '[s1, s2]' },
    {
      key: 'region',
      form: 'choice',
      about: 'global without; eu for regional accounts, which give dkim and returnPathTarget as shown',
      choices: ['global', 'eu'],
      example: 'eu',
    },
    {
      key: 'security',
      form: 'choice',
      about: 'automated without; manual where SendGrid was told not to manage keys and SPF',
      choices: ['automated', 'manual'],
      example: 'manual',
    },
    selectorField('m1', ' under manual security; m1 without'),
    valueField('the dashboard, under manual security'),
    trackingField('url1234'),
    dkimField,
  ],
  needs: (account) => {
    const region = textOf(account, 'region');
    const tracking = alias(
      account,
      belowOf(account, 'tracking'),
      region === 'eu' ? 'eu.sendgrid.net' : 'sendgrid.net',
      'tracking',
      'links of SendGrid carry your name',
    );
    const parts = textOf(account, 'security') === 'manual' ? manual(account) : automated(account, region === 'eu');
    return { ...parts, records: [...(parts.records ?? []), ...tracking] };
  },
  recognise: recogniseSendgrid,
};

function automated(account: Account, regional: boolean): NeedParts {
  const user = textOf(account, 'account');
  const zone = textOf(account, 'zone');
  const home =
    user === undefined || zone === undefined || regional ? undefined : `${user}.${zone}.sendgrid.net`.toLowerCase();
  const returnPath = belowOf(account, 'returnPath');
  const target = hostOf(account, 'returnPathTarget') ?? home;
  if (returnPath === undefined || target === undefined) inform(account, `The return path is not known yet. ${where}`);
  return {
    dkim: keysOr(account, () => automatedKeys(account, home)),
    records:
      target === undefined
        ? []
        : alias(
            account,
            returnPath,
            target,
            'return-path',
            'bounces come back to SendGrid, and SPF passes for its servers',
          ),
  };
}

function automatedKeys(account: Account, home: string | undefined): readonly DkimNeed[] {
  const given = textsOf(account, 'selectors');
  const selectors = given.length > 0 ? given : (facts.dkim[0]?.selectors ?? []);
  if (home === undefined) return selectors.map((selector) => ({ kind: 'missing', selector, where }));
  return cnameKeys(account, selectors, `{selector}.domainkey.${home}`);
}

function manual(account: Account): NeedParts {
  const returnPath = belowOf(account, 'returnPath');
  const dkim = keysOr(account, () =>
    valueOr(account, 'SendGrid: Settings, Sender Authentication, the domain shows the DKIM record: give it as value.', {
      selector: 'm1',
    }),
  );
  if (returnPath === undefined) {
    inform(account, 'SendGrid: give the name for bounces that the dashboard shows (em1234) as returnPath.');
    return { dkim };
  }
  return {
    dkim,
    spf: [includeAt(returnPath, facts, true)],
    records: [
      {
        type: 'MX',
        name: returnPath,
        exchanges: [{ preference: 10, exchange: dnsName('mx.sendgrid.net') }],
        why: 'bounces come back to SendGrid',
        purpose: 'return-path',
      },
    ],
  };
}

function recogniseSendgrid(seen: SeenForInit): readonly Values[] {
  const keys = aliasesSeen(seen, /\.domainkey\.(?:(u\d+)\.(wl\d*)\.|\S+\.)sendgrid\.net$/);
  const path = aliasTo(seen, /^(u\d+)\.(wl\d*)\.sendgrid\.net$/) ?? aliasTo(seen, /^u\d+\.\S*sendgrid\.net$/);
  if (keys.length === 0) return [];
  const [user, zone] = [path?.match[1] ?? keys[0]?.match[1], path?.match[2] ?? keys[0]?.match[2]];
  const home = `${user}.${zone}.sendgrid.net`;
  const usual = user !== undefined && keys.every(({ selector, target }) => target === `${selector}.domainkey.${home}`);
  const selectors = keys.map(({ selector }) => selector);
  return [
    {
      ...(usual
        ? { account: user, zone, selectors }
        : {
            dkim: keys.map(({ selector, target }) => ({ selector, target })),
            ...(path === undefined ? {} : { returnPathTarget: path.match[0] }),
          }),
      ...(path === undefined ? {} : { returnPath: path.label }),
      ...(usual && path !== undefined && path.match[0] !== home ? { returnPathTarget: path.match[0] } : {}),
    },
  ];
}
