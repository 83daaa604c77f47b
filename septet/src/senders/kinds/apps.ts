/** Applications that hand their mail to another sender of the list: what passes by SPF is that sender's matter. */
import { flagOf, inform } from '../account.ts';
import { ownershipField, selectorField, valueField } from '../fields.ts';
import { valueOr } from '../keys.ts';
import type { Field } from '../kind.ts';
import { acellemail as acelleFacts } from '../profiles/acellemail.ts';
import { listmonk as listmonkFacts } from '../profiles/listmonk.ts';
import { mautic as mauticFacts } from '../profiles/mautic.ts';
import type { SenderProfile } from '../profile.ts';
import type { Sender } from '../sender.ts';
import { ownershipOf } from './parts.ts';

const overField: Field = {
  key: 'over',
  form: 'text',
  about: 'sender of the list that carries the mail; not needed when there is only one',
  example: 'ses',
};

/**
 * AcelleMail compares the published DKIM text with its own, to the letter but for blanks; so the value is published as
 * given. It makes keys of 1024 bits, which the note on short keys tells.
 */
export const acellemail: Sender = {
  key: 'acellemail',
  title: acelleFacts.title,
  about: 'AcelleMail, an application that sends over a relay',
  profile: acelleFacts.id,
  app: true,
  facts: acelleFacts,
  fields: [
    overField,
    {
      key: 'signs',
      form: 'boolean',
      about: 'false where the domain was verified through the relay, which then signs alone; true without',
      example: 'false',
    },
    selectorField('mailer', '; mailer without'),
    valueField('AcelleMail: Sending domains, the domain; it is published to the letter'),
    ownershipField('[{ name: _acelle, text: NTQ2ZTk2… }]'),
  ],
  needs: (account) => {
    if (flagOf(account, 'signs') === false) return { records: ownershipOf(account) };
    const records = ownershipOf(account);
    if (records.length === 0) {
      inform(
        account,
        'AcelleMail also asks for a TXT that proves ownership (Sending domains, the domain); give it as ownership.',
      );
    }
    const where =
      'AcelleMail: Sending domains, the domain shows a DKIM record and an ownership record. Give selector, value and ownership; where the relay signs alone, write signs: false.';
    return { records, dkim: valueOr(account, where, { selector: 'mailer', verbatim: true }) };
  },
};

const relayed = (key: string, facts: SenderProfile): Sender => ({
  key,
  title: facts.title,
  about: `${facts.title}, an application that sends over a relay and needs no record of its own`,
  profile: facts.id,
  app: true,
  facts,
  fields: [overField],
  needs: () => ({}),
});

export const listmonk: Sender = relayed('listmonk', listmonkFacts);
export const mautic: Sender = relayed('mautic', mauticFacts);
