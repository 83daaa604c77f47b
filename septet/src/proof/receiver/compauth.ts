/** The codes behind Microsoft's `compauth=… reason=` (learn.microsoft.com, message headers, read in November 2026). */

export interface CompauthMeaning {
  readonly meaning: string;
  readonly cure: string;
}

const nothing = 'Nothing needs doing.';
const authenticate = 'Let SPF or DKIM pass with the domain of the From address, and publish a DMARC policy.';

const codes: Readonly<Record<string, CompauthMeaning>> = {
  '000': {
    meaning: 'DMARC failed, and the policy is quarantine or reject.',
    cure: 'Let DKIM sign with the domain of the From address; see the findings on SPF and DKIM.',
  },
  '001': {
    meaning: 'the From domain proves nothing: it has no records, or weak ones (`~all`, `?all`, p=none).',
    cure: authenticate,
  },
  '002': {
    meaning: 'the organisation of the recipient forbids this pair of sender and domain.',
    cure: 'Ask the administrator of the recipient to lift the entry; no record changes it.',
  },
  '010': {
    meaning:
      "DMARC failed, the policy is quarantine or reject, and the From domain is one of the recipient's own organisation.",
    cure: 'Mail in your own name to your own tenant has to pass DMARC too: let the service sign with your domain.',
  },
  '100': { meaning: 'SPF or DKIM passed with a domain that is aligned.', cure: nothing },
  '101': { meaning: 'the message is signed with the From domain.', cure: nothing },
  '102': { meaning: 'SPF passed, and MAIL FROM and From are aligned.', cure: nothing },
  '103': { meaning: 'the From domain agrees with the PTR name of the address.', cure: nothing },
  '104': { meaning: 'the PTR name of the address agrees with the From domain.', cure: nothing },
  '108': { meaning: 'DKIM failed because an earlier trusted server altered the body.', cure: nothing },
  '109': { meaning: 'there is no DMARC record, but the message would pass one.', cure: 'Publish a DMARC record.' },
  '111': {
    meaning: 'DMARC could not be evaluated, but SPF or DKIM is aligned.',
    cure: 'See whether the DMARC record can be read.',
  },
  '112': {
    meaning: 'the DMARC record could not be fetched in time.',
    cure: 'See whether all name servers of the domain answer.',
  },
  '115': { meaning: 'it came from an organisation at Microsoft that owns the From domain.', cure: nothing },
  '116': { meaning: 'the MX of the From domain agrees with the PTR name of the address.', cure: nothing },
  '130': { meaning: 'an ARC set of a trusted forwarder outweighed the failure of DMARC.', cure: nothing },
};

const families: readonly (readonly [RegExp, CompauthMeaning])[] = [
  [/^0/, { meaning: 'the message failed explicit or implicit authentication.', cure: authenticate }],
  [/^[17]/, { meaning: 'the message passed authentication.', cure: nothing }],
  [/^2/, { meaning: 'the message passed softly, by signs other than SPF, DKIM and DMARC.', cure: authenticate }],
  [/^3/, { meaning: 'the message was not examined for this.', cure: nothing }],
  [/^[49]/, { meaning: 'a rule let the message by this check.', cure: nothing }],
  [
    /^6/,
    {
      meaning: "implicit authentication failed, and the From domain is one of the recipient's own organisation.",
      cure: authenticate,
    },
  ],
];

export function compauthMeaning(result: string, code: string | undefined): CompauthMeaning {
  if (code !== undefined && /^\d{3}$/.test(code)) {
    const known = Object.hasOwn(codes, code) ? codes[code] : undefined;
    const family = families.find(([pattern]) => pattern.test(code));
    const meaning = known ?? family?.[1];
    if (meaning) return meaning;
  }
  if (result === 'pass') return { meaning: 'the message passed authentication.', cure: nothing };
  if (result === 'none') return { meaning: 'the message was not examined for this.', cure: nothing };
  return { meaning: 'Microsoft does not say why.', cure: authenticate };
}
