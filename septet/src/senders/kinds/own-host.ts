/** Mail servers on the owner's own hosts: Postfix with OpenDKIM or Rspamd, and Postal. */
import { isBelow, under, type DnsName } from '../../dns/name.ts';
import { belowOf, hostOf, inform, sourcesOf, textOf, type Account, type Source } from '../account.ts';
import {
  dkimField,
  ownershipField,
  returnPathField,
  selectorField,
  trackingField,
  valueField,
  verificationField,
} from '../fields.ts';
import { keysOr, ownKey, valueOr } from '../keys.ts';
import type { Field } from '../kind.ts';
import type { HostNeed, RecordNeed, SpfNeed } from '../needs.ts';
import { postal as postalFacts } from '../profiles/postal.ts';
import { postfixOpendkim } from '../profiles/postfix-opendkim.ts';
import { rspamd as rspamdFacts } from '../profiles/rspamd.ts';
import type { SenderProfile } from '../profile.ts';
import type { SeenForInit } from '../seen.ts';
import type { NeedParts, Sender, Values } from '../sender.ts';
import { alias, aliasTo, keySeen, ownershipOf, verificationOf, verificationSeen } from './parts.ts';

const ipField = (about: string): Field => ({
  key: 'ip',
  form: 'addresses',
  about,
  example: '[192.0.2.10, 2001:db8::10]',
});

const heloField: Field = {
  key: 'helo',
  form: 'host',
  about: 'what the host says in HELO (myhostname); its PTR shall name it',
  example: 'mail.example.com',
};

const ownHost = (key: string, facts: SenderProfile): Sender => ({
  key,
  title: facts.title,
  about: 'a mail server of your own that sends with the domain itself as MAIL FROM',
  profile: facts.id,
  facts,
  fields: [
    { ...ipField('addresses or networks from which it connects to receivers'), required: true },
    selectorField('s1', '; without value Septet keeps the key pair'),
    heloField,
    valueField('the host, where the key was made there'),
    dkimField,
    ownershipField('[{ name: "@", text: google-site-verification=… }]'),
  ],
  needs: (account) => {
    const sources = sourcesOf(account, 'ip');
    if (sources.length === 0 && account.faults.length === 0) {
      account.faults.push(`${account.title}: ip is missing. Write the addresses from which the host sends.`);
    }
    const helo = hostOf(account, 'helo');
    return {
      spf: [
        ...passAt(account.domain, sources, false),
        // Bounces have an empty MAIL FROM, and receivers ask for the HELO name instead (RFC 7208 §2.4).
        ...(helo !== undefined && isBelow(helo, account.domain) ? passAt(helo, sources, true) : []),
      ],
      dkim: keysOr(account, () => ownKey(account, textOf(account, 'selector'))),
      hosts: hostsOf(sources, helo),
      records: [...addressRecords(account, helo, sources), ...ownershipOf(account)],
    };
  },
});

export const postfix: Sender = ownHost('postfix', postfixOpendkim);
export const rspamd: Sender = ownHost('rspamd', rspamdFacts);

function passAt(name: DnsName, sources: readonly Source[], alone: boolean): readonly SpfNeed[] {
  if (sources.length === 0) return [];
  return [{ name, mechanisms: sources.map((source) => source.mechanism), retired: [], alone }];
}

/** The single addresses; of a network nobody knows which hosts are up. */
export function hostsOf(sources: readonly Source[], helo: DnsName | undefined): readonly HostNeed[] {
  return sources.flatMap(({ address }) =>
    address ? [{ address: address.text, ...(helo === undefined ? {} : { helo }) }] : [],
  );
}

/** A and AAAA of the host, where its name is part of the domain. */
export function addressRecords(
  account: Account,
  host: DnsName | undefined,
  sources: readonly Source[],
): readonly RecordNeed[] {
  if (host === undefined || !isBelow(host, account.domain)) return [];
  return (['A', 'AAAA'] as const).flatMap((type): readonly RecordNeed[] => {
    const addresses = sources.flatMap(({ address }) => (address?.type === type ? [address.text] : []));
    if (addresses.length === 0) return [];
    const why = 'the name that the host says in HELO leads back to it';
    return [{ type, name: host, addresses, why, purpose: 'host' }];
  });
}

/**
 * Postal. Bounces go to an alias of the server's return path, whose own SPF record lets the server pass; with `ip` the
 * server's names `spf.`, `rp.` and its address are part of the needs, where they are part of the domain.
 */
export const postal: Sender = {
  key: 'postal',
  title: postalFacts.title,
  about: 'a Postal server, your own or another’s',
  profile: postalFacts.id,
  facts: postalFacts,
  fields: [
    {
      key: 'host',
      form: 'host',
      about: 'name of the Postal server; rp., spf. and track. stand in front of it',
      required: true,
      example: 'postal.example.net',
    },
    selectorField('postal-a1b2c3'),
    valueField('Postal: Domains, DNS setup'),
    returnPathField('psrp', '; psrp without'),
    verificationField('postal-verification 1a2b3c…'),
    trackingField('track'),
    ipField('addresses of the Postal server, where it is yours'),
    dkimField,
  ],
  needs: (account) => {
    const host = hostOf(account, 'host');
    if (host === undefined) {
      if (account.faults.length === 0) account.faults.push('Postal: host is missing. Write the name of the server.');
      return {};
    }
    const server = serverOf(account, host);
    const returnPath = belowOf(account, 'returnPath', postalFacts.returnPath?.label);
    inform(
      account,
      `Postal’s page also asks for include:spf.${host} at ${account.domain}. MAIL FROM is ${returnPath ?? 'the return path'}, whose target carries SPF, so the domain’s own record is not asked.`,
    );
    return {
      spf: server.spf ?? [],
      dkim: keysOr(account, () =>
        valueOr(account, 'Postal: Domains, the domain, DNS setup shows the DKIM record: give selector and value.', {
          verbatim: true,
        }),
      ),
      hosts: server.hosts ?? [],
      records: [
        ...alias(
          account,
          returnPath,
          `rp.${host}`,
          'return-path',
          'bounces come back to Postal, and SPF passes for its servers',
        ),
        ...verificationOf(account),
        ...alias(account, belowOf(account, 'tracking'), `track.${host}`, 'tracking', 'links of Postal carry your name'),
        ...(server.records ?? []),
      ],
    };
  },
  recognise: recognisePostal,
};

function serverOf(account: Account, host: DnsName): NeedParts {
  const sources = sourcesOf(account, 'ip');
  if (sources.length === 0) return {};
  const spf = under('spf', host);
  const rp = under('rp', host);
  const hosts = hostsOf(sources, host);
  if (!isBelow(host, account.domain) || spf === undefined || rp === undefined) return { hosts };
  return {
    hosts,
    spf: [...passAt(spf, sources, true), { name: rp, mechanisms: [`include:${spf}`], retired: [], alone: true }],
    records: [
      ...addressRecords(account, host, sources),
      {
        type: 'MX',
        name: rp,
        exchanges: [{ preference: 10, exchange: host }],
        why: 'bounces to the return path reach the Postal server',
        purpose: 'return-path',
      },
    ],
  };
}

function recognisePostal(seen: SeenForInit): readonly Values[] {
  const path = aliasTo(seen, /^rp\.(.+)$/);
  const host = path?.match[1];
  const key = keySeen(seen, /^postal-/);
  if (path === undefined || host === undefined) return [];
  return [{ host, returnPath: path.label, ...key, ...verificationSeen(seen, postalFacts) }];
}
