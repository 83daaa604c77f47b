/** Mailgun. MAIL FROM is the sending domain itself, for which Mailgun advises a sub-domain such as `mg`. */
import { dnsName, type DnsName } from '../../dns/name.ts';
import { belowOf, hostOf, nameBelow, textOf, type Account } from '../account.ts';
import { dkimField, selectorField, trackingField, valueField } from '../fields.ts';
import { cnameKeys, keysOr, txtKey } from '../keys.ts';
import type { DkimNeed, RecordNeed } from '../needs.ts';
import { mailgun as facts } from '../profiles/mailgun.ts';
import type { SeenForInit } from '../seen.ts';
import type { Sender, Values } from '../sender.ts';
import { alias, aliasesSeen, includeAt, mailFromWith } from './parts.ts';

export const mailgun: Sender = {
  key: 'mailgun',
  title: facts.title,
  about: 'Mailgun',
  profile: facts.id,
  facts,
  fields: [
    {
      key: 'subdomain',
      form: 'label',
      about: 'part in front of the domain that was added to Mailgun; without it the domain itself was',
      example: 'mg',
    },
    { key: 'region', form: 'choice', about: 'us without', choices: ['us', 'eu'], example: 'eu' },
    {
      key: 'dkimZone',
      form: 'host',
      about: 'ending of the CNAME targets of pdk1._domainkey and pdk2._domainkey, behind ._domainkey.',
      example: '9d876.dkim1.mailgun.com',
    },
    selectorField('mx', ', where Mailgun shows a TXT record instead'),
    valueField('Mailgun: Sending, Domain settings, DNS records, where it is a TXT record'),
    trackingField('email'),
    dkimField,
  ],
  needs: (account) => {
    const own = belowOf(account, 'subdomain');
    if (own === undefined && textOf(account, 'subdomain') !== undefined) return {};
    const name = own ?? account.domain;
    const host = textOf(account, 'region') === 'eu' ? 'eu.mailgun.org' : 'mailgun.org';
    const keys = keysOr(account, () => mailgunKeys(account, name));
    const tracking = textOf(account, 'tracking');
    const links = tracking === undefined ? undefined : nameBelow(account, 'tracking', tracking, name);
    return {
      spf: [includeAt(name, facts, own !== undefined)],
      dkim: own === undefined ? keys : keys.map((key) => signedBy(key, own)),
      records: [
        ...(own === undefined ? [] : [bounces(own, host)]),
        ...alias(account, links, host, 'tracking', 'links of Mailgun carry your name'),
      ],
    };
  },
  recognise: recogniseMailgun,
};

function mailgunKeys(account: Account, name: DnsName): readonly DkimNeed[] {
  const selector = textOf(account, 'selector');
  const value = textOf(account, 'value');
  if (selector !== undefined && value !== undefined) return txtKey(account, selector, value);
  const zone = hostOf(account, 'dkimZone');
  if (zone !== undefined) return cnameKeys(account, ['pdk1', 'pdk2'], `{selector}._domainkey.${zone}`);
  const where = `Mailgun: Sending, Domain settings of ${name}, DNS records. Give the ending of the two CNAME targets as dkimZone, or selector and value of the TXT record.`;
  return [{ kind: 'missing', where }];
}

/** The key of a sub-domain stands below that sub-domain: `pdk1._domainkey.mg.example.com`. */
const signedBy = (key: DkimNeed, domain: DnsName): DkimNeed =>
  key.kind === 'cname' || key.kind === 'txt' ? { ...key, domain } : key;

function bounces(name: DnsName, host: string): RecordNeed {
  return {
    type: 'MX',
    name,
    exchanges: ['mxa', 'mxb'].map((first) => ({ preference: 10, exchange: dnsName(`${first}.${host}`) })),
    why: `Mailgun takes bounces and replies to ${name}`,
    purpose: 'return-path',
  };
}

function recogniseMailgun(seen: SeenForInit): readonly Values[] {
  const sub = mailFromWith(seen, (exchange) => /^mx[ab]\.(?:eu\.)?mailgun\.org$/.test(exchange));
  if (sub) {
    const eu = sub.mx.some(({ exchange }) => exchange.includes('.eu.'));
    return [{ subdomain: sub.label, ...(eu ? { region: 'eu' } : {}) }];
  }
  const zones = new Set(aliasesSeen(seen, /^pdk[12]\._domainkey\.(\S+\.mailgun\.com)$/).map(({ match }) => match[1]));
  const [dkimZone] = zones;
  return zones.size === 1 && dkimZone !== undefined ? [{ dkimZone }] : [];
}
