/** A sender that has no kind of its own: every record is given as it shall stand. */
import { isBelow, type DnsName } from '../../dns/name.ts';
import { parseTerm } from '../../records/spf/term.ts';
import { belowOf, exchangesOf, hostOf, shown, sourcesOf, textOf, textsOf, type Account } from '../account.ts';
import { dkimField, returnPathField, selectorField, valueField } from '../fields.ts';
import { keysOr, ownKey } from '../keys.ts';
import type { RecordNeed } from '../needs.ts';
import type { Sender } from '../sender.ts';
import { addressRecords, hostsOf } from './own-host.ts';
import { alias, ownershipOf } from './parts.ts';

export const custom: Sender = {
  key: 'custom',
  title: 'another sender',
  about: 'any other sender; its records are given as they shall stand',
  fields: [
    { key: 'name', form: 'text', about: 'what it is, for you', example: 'newsletter agency' },
    {
      key: 'spf',
      form: 'texts',
      about: 'SPF mechanisms that must pass at the domain, or at mailFrom where that is given',
      example: '["include:_spf.example.net", "ip4:192.0.2.0/28"]',
    },
    { key: 'ip', form: 'addresses', about: 'addresses from which it connects to receivers', example: '192.0.2.10' },
    { key: 'helo', form: 'host', about: 'what its host says in HELO', example: 'mail.example.com' },
    { ...dkimField, about: 'its DKIM records: an alias (target) or a key (value) for each selector' },
    selectorField('s1', ' of a key that Septet keeps'),
    valueField('the sender'),
    {
      key: 'mailFrom',
      form: 'label',
      about: 'name in front of the domain that it uses as MAIL FROM',
      example: 'bounce',
    },
    { key: 'mx', form: 'texts', about: 'MX of mailFrom, where bounces come back', example: '["10 mx.example.net"]' },
    returnPathField('bounce', ', as an alias'),
    { key: 'target', form: 'host', about: 'where returnPath leads', example: 'bounces.example.net' },
    {
      key: 'txt',
      form: 'txt-records',
      about: 'TXT records that it asks for',
      example: '[{ name: "@", text: code=123 }]',
    },
  ],
  needs: (account) => {
    const mailFrom = belowOf(account, 'mailFrom');
    if (mailFrom === undefined && textOf(account, 'mailFrom') !== undefined) return {};
    const sources = sourcesOf(account, 'ip');
    const mechanisms = [...sources.map((source) => source.mechanism), ...mechanismsOf(account)];
    const helo = hostOf(account, 'helo');
    return {
      spf:
        mechanisms.length === 0
          ? []
          : [
              {
                name: mailFrom ?? account.domain,
                mechanisms: [...new Set(mechanisms)],
                retired: [],
                // Nobody knows who else uses the name.
                alone: false,
              },
            ],
      dkim: keysOr(account, () => {
        const selector = textOf(account, 'selector');
        return selector === undefined ? [] : ownKey(account, selector);
      }),
      hosts: hostsOf(sources, helo),
      records: [
        ...addressRecords(account, helo !== undefined && isBelow(helo, account.domain) ? helo : undefined, sources),
        ...bounces(account, mailFrom),
        ...ownershipOf(account, 'txt'),
      ],
    };
  },
};

function bounces(account: Account, mailFrom: DnsName | undefined): readonly RecordNeed[] {
  const records: RecordNeed[] = [];
  const exchanges = exchangesOf(account, 'mx');
  if (exchanges.length > 0 && mailFrom === undefined) {
    account.faults.push(`${account.title}: mx is the MX of a name for bounces; give that name as mailFrom.`);
  } else if (exchanges.length > 0 && mailFrom !== undefined) {
    records.push({
      type: 'MX',
      name: mailFrom,
      exchanges,
      why: 'bounces come back to the sender',
      purpose: 'return-path',
    });
  }
  const returnPath = belowOf(account, 'returnPath');
  const target = hostOf(account, 'target');
  if (returnPath !== undefined && target !== undefined) {
    records.push(...alias(account, returnPath, target, 'return-path', 'bounces come back to the sender'));
  } else if (textOf(account, 'target') === undefined && returnPath !== undefined) {
    account.faults.push(`${account.title}: returnPath needs a target, the name to which it leads.`);
  }
  return records;
}

/** The mechanisms of `spf` without a leading `+`. Who passes by a `redirect=` passes by an include of the same record. */
function mechanismsOf(account: Account): readonly string[] {
  return textsOf(account, 'spf').flatMap((text) => {
    const term = parseTerm(text, 0, []);
    const mechanism = mechanismText(text);
    if (term !== undefined && mechanism !== undefined) return [asMechanism(mechanism)];
    account.faults.push(
      term === undefined
        ? `${account.title}: ${shown(text)} in spf is not an SPF mechanism. Write one such as "include:_spf.example.net".`
        : `${account.title}: ${shown(text)} in spf does not let a sender pass. Leave it out: what your record says of others stays as it is.`,
    );
    return [];
  });
}

/** What is demanded of a record for such a term. */
export const asMechanism = (mechanism: string): string => mechanism.replace(/^redirect=/i, 'include:');

/** The text of a term that lets somebody pass: a mechanism other than `all` without its `+`, or `redirect=`. */
export function mechanismText(text: string): string | undefined {
  const term = parseTerm(text, 0, []);
  if (term?.kind === 'redirect') return text;
  if (term === undefined || term.kind === 'all' || !('qualifier' in term)) return undefined;
  return term.qualifier === '+' ? text.replace(/^\+/, '') : undefined;
}
