/** What only shows over time: codes, sentences, cures. What stands wrongly now is told by the records' own catalogues. */
import type { Catalogue } from '../../audit/catalogues.ts';
import type { Rows } from '../../finding/catalogue.ts';

export const dmarcRows = {
  'dmarc.changed': {
    severity: 'warning',
    or: ['error'],
    test: 'Somebody else changed the DMARC record (an error where the policy became stricter: no step of a ramp stands behind it).',
    message: '{name} was {before} and is {after} since {date}. Septet has published no such step.',
    why: 'Receivers follow it at once. Under a stricter policy they refuse or quarantine mail of senders that do not pass yet.',
    fix: 'Ask who may edit the zone; hosts also create such records by themselves. If it was not meant, publish the plan to put it back.',
    source: 'house',
  },
} as const satisfies Rows;

export const spfRows = {
  'spf.include.drift': {
    severity: 'info',
    or: ['error'],
    test: 'The content of an include changed (an error where that took the record over ten look-ups).',
    message: '{include} changed on {date}{over}.',
    why: 'What a service lists there decides who may send as the domain, and what the record costs.',
    fix: '{cure}',
    source: 'RFC 7208 §4.6.4, §5.2',
  },
} as const satisfies Rows;

export const dkimRows = {
  'dkim.key.changed': {
    severity: 'error',
    test: 'A key that stood there is gone, and no step of Septet took it away.',
    message: 'The key at {name} is gone since {date}. It was there before, and Septet has not removed it.',
    why: 'Mail that is signed with this selector fails DKIM at every receiver.',
    fix: 'Put the key back, or let the signer use another selector and keep this one away.',
    source: 'RFC 6376 §6.1.2',
  },
} as const satisfies Rows;

export const mtastsRows = {
  'mtasts.id.not_bumped': {
    severity: 'error',
    test: 'The policy file changed, and the id in the TXT record did not.',
    message: 'The policy of {domain} changed on {date}, and the id in {name} is still the same.',
    why: 'Senders that know the old policy do not fetch the new one until it expires, and go by the old one.',
    fix: 'Give the TXT record a new id, after the new policy is served.',
    source: 'RFC 8461 §3.1, §8.1',
  },
} as const satisfies Rows;

/** By the area of the record that they continue, for the table of all catalogues (`cli/codes.ts`). */
export const driftCatalogues: readonly Catalogue[] = [
  { record: 'dmarc', area: 'dmarc', title: 'DMARC over time', rows: dmarcRows, later: {} },
  { record: 'spf', area: 'spf', title: 'SPF over time', rows: spfRows, later: {} },
  { record: 'dkim', area: 'dkim', title: 'DKIM keys over time', rows: dkimRows, later: {} },
  { record: 'mtasts', area: 'mtasts', title: 'MTA-STS over time', rows: mtastsRows, later: {} },
];
