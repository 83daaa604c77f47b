/** Services that host people's mailboxes and send as the domain itself: Google, Fastmail, Proton, iCloud. */
import { inform, textOf, type Account } from '../account.ts';
import { dkimField, selectorField, valueField, verificationField } from '../fields.ts';
import { cnameKeys, keysOr, valueOr } from '../keys.ts';
import type { DkimNeed } from '../needs.ts';
import { fastmail as fastmailFacts } from '../profiles/fastmail.ts';
import { google } from '../profiles/google.ts';
import { icloud as icloudFacts } from '../profiles/icloud.ts';
import { proton as protonFacts } from '../profiles/proton.ts';
import type { SenderProfile } from '../profile.ts';
import type { SeenForInit } from '../seen.ts';
import type { Sender, Values } from '../sender.ts';
import { aliasesSeen, includeAt, keySeen, verificationOf, verificationSeen, wantedMx } from './parts.ts';

const mailbox = (
  facts: SenderProfile,
  own: Pick<Sender, 'key' | 'about' | 'fields' | 'needs'> & { readonly values?: (seen: SeenForInit) => Values },
): Sender => ({
  key: own.key,
  title: facts.title,
  about: own.about,
  profile: facts.id,
  facts,
  fields: own.fields,
  needs: (account) => ({
    spf: [includeAt(account.domain, facts, false)],
    mx: wantedMx(facts, account.domain),
    records: verificationOf(account),
    ...own.needs(account),
  }),
  // A proof of ownership alone says nothing about mail.
  recognise: (seen, clues) =>
    clues.some(({ kind }) => kind !== 'txt') ? [{ ...own.values?.(seen), ...verificationSeen(seen, facts) }] : [],
});

export const googleWorkspace: Sender = mailbox(google, {
  key: 'google-workspace',
  about: 'mailboxes at Google',
  fields: [
    selectorField('google', '; google without'),
    valueField('the Admin console: Apps, Google Workspace, Gmail, Authenticate email'),
    verificationField('google-site-verification=…'),
    dkimField,
  ],
  needs: (account) => ({
    dkim: keysOr(account, () =>
      valueOr(
        account,
        'Google Admin console: Apps, Google Workspace, Gmail, Authenticate email. Generate a key of 2048 bits and put its text into value.',
        { selector: 'google' },
      ),
    ),
  }),
  values: (seen) => keySeen(seen, /^google$/),
});

export const fastmail: Sender = mailbox(fastmailFacts, {
  key: 'fastmail',
  about: 'mailboxes at Fastmail',
  fields: [dkimField],
  needs: (account) => ({ dkim: keysOr(account, () => usualAliases(account, fastmailFacts)) }),
});

export const icloud: Sender = mailbox(icloudFacts, {
  key: 'icloud',
  about: 'mailboxes at iCloud (custom e-mail domain)',
  fields: [verificationField('apple-domain=a1b2c3d4e5f6g7h8'), dkimField],
  needs: (account) => {
    if (textOf(account, 'verification') === undefined) {
      inform(account, 'iCloud also asks for a TXT that begins with apple-domain=; give it as verification.');
    }
    return { dkim: keysOr(account, () => usualAliases(account, icloudFacts)) };
  },
});

export const proton: Sender = mailbox(protonFacts, {
  key: 'proton',
  about: 'mailboxes at Proton Mail',
  fields: [
    {
      key: 'token',
      form: 'label',
      about: 'the long part of the three DKIM targets, between domainkey. and .domains.proton.ch',
      example: 'd4rmgptbr32blnyq5244uir2hdftatqu3gnrefujosfqqnfrim5na',
    },
    verificationField('protonmail-verification=…'),
    dkimField,
  ],
  needs: (account) => {
    const token = textOf(account, 'token');
    const selectors = protonFacts.dkim[0]?.selectors ?? [];
    const where =
      'Proton Mail: Settings, Domain names, the domain, DKIM shows three CNAME records. Put the part between domainkey. and .domains.proton.ch into token.';
    return {
      dkim: keysOr(account, () =>
        token === undefined
          ? selectors.map((selector) => ({ kind: 'missing', selector, where }))
          : usualAliases(account, protonFacts, token),
      ),
    };
  },
  values: (seen) => {
    const tokens = new Set(
      aliasesSeen(seen, /^protonmail[23]?\.domainkey\.([a-z0-9]+)\.domains\.proton\.ch$/).map(({ match }) => match[1]),
    );
    const [token] = tokens;
    return tokens.size === 1 && token !== undefined ? { token } : {};
  },
});

function usualAliases(account: Account, facts: SenderProfile, star = ''): readonly DkimNeed[] {
  const use = facts.dkim[0];
  const pattern = use?.targets?.[0];
  return use === undefined || pattern === undefined ? [] : cnameKeys(account, use.selectors, pattern, star);
}
