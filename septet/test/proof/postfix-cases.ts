/**
 * The messages of the tests of Postfix: how each is made, what happens to it on the way, and what both sides say of it.
 *
 * `says` is what must come out, by Septet as by OpenDKIM and OpenDMARC; `theirs` holds their word where it is another
 * one, each with the reason.
 */
import { Buffer } from 'node:buffer';
import { dnsName } from '../../src/dns/name.ts';
import { receiver, mailboxOf, type Lab } from './postfix-lab.ts';
import {
  altered,
  footer,
  forwarded,
  fromStranger,
  listed,
  plain,
  signed,
  signedBy,
  signedByPython,
  type Travelling,
} from './postfix-ways.ts';
import { listAddress } from './postfix-zone.ts';

export interface Words {
  readonly spf: string;
  /** One for each signature, from the top; `none` without any. */
  readonly dkim: readonly string[];
  readonly dmarc: string;
  readonly disposition: string;
}

export interface Case {
  readonly id: string;
  readonly about: string;
  readonly make: (lab: Lab, id: string) => Promise<Travelling>;
  readonly says: Words;
  /** Their words where they differ, and why. */
  readonly theirs?: Partial<Words> & { readonly because: string };
}

const words = (spf: string, dkim: readonly string[], dmarc: string, disposition = 'none'): Words => ({
  spf,
  dkim,
  dmarc,
  disposition,
});

const day = 86_400_000;

/** The differences, each by its reason. */
const fourResults = 'OpenDMARC knows four results of SPF: pass, fail, none and temperror';
const failForKeys =
  'OpenDKIM says fail where the key is at fault; RFC 6376 §6.1.2 calls that PERMFAIL, RFC 8601 §2.7.1 permerror';
const stillSha1 = 'Debian’s OpenDKIM still verifies rsa-sha1, which RFC 8301 §3.1 forbids; DMARC follows from it';
const organisationForStrict =
  'OpenDMARC 1.4.2 compares the author domain with the organisation of the other domain, in strict mode, too; RFC 7489 §3.1.2 wants the same name';
const policyForShort =
  'RFC 8301 §3.2 refuses keys below 1024 bits; OpenDKIM calls that policy (RFC 8601 §2.7.1), Septet permerror';

export const cases: readonly Case[] = [
  { id: 'good', about: 'a good message', make: (lab, id) => signed(lab, id), says: words('pass', ['pass'], 'pass') },
  {
    id: 'respaced',
    about: 'blanks altered, which relaxed signatures allow',
    make: async (lab, id) => altered(await signed(lab, id), 'the  letter of this week.', 'the letter  of this week. '),
    says: words('pass', ['pass'], 'pass'),
  },
  {
    id: 'body',
    about: 'the body altered after signing',
    make: async (lab, id) => altered(await signed(lab, id), 'of this week', 'of last week'),
    says: words('pass', ['fail'], 'pass'),
  },
  {
    id: 'body-by-stranger',
    about: 'the body altered, and sent on by a stranger',
    make: async (lab, id) => ({ ...altered(await signed(lab, id), 'of this week', 'of last week'), ...fromStranger }),
    says: words('fail', ['fail'], 'fail', 'reject'),
  },
  {
    id: 'subject',
    about: 'the subject altered after signing',
    make: async (lab, id) => altered(await signed(lab, id), 'Subject: Letter', 'Subject: A letter'),
    says: words('pass', ['fail'], 'pass'),
  },
  {
    id: 'author',
    about: 'the author’s name altered after signing',
    make: async (lab, id) => ({
      ...altered(await signed(lab, id, { author: 'news@soft.example' }), 'From: News', 'From: Old News'),
      ...fromStranger,
    }),
    says: words('softfail', ['fail'], 'fail', 'quarantine'),
    theirs: { spf: 'fail', because: fourResults },
  },
  { id: 'unsigned', about: 'unsigned', make: async (_, id) => plain(id), says: words('pass', ['none'], 'pass') },
  {
    id: 'forged',
    about: 'unsigned from a stranger, p=reject, with the receiver’s good word forged into it',
    make: async (_, id) => ({
      ...plain(id, {
        above: `Authentication-Results: ${receiver}; dkim=pass header.d=good.example; spf=pass smtp.mailfrom=good.example; dmarc=pass header.from=good.example\r\n`,
      }),
      ...fromStranger,
    }),
    says: words('fail', ['none'], 'fail', 'reject'),
  },
  {
    id: 'quarantined',
    about: 'unsigned from a stranger, p=quarantine',
    make: async (_, id) => ({ ...plain(id, { author: 'news@soft.example' }), ...fromStranger }),
    says: words('softfail', ['none'], 'fail', 'quarantine'),
    theirs: { spf: 'fail', because: fourResults },
  },
  {
    id: 'watched',
    about: 'unsigned from a stranger, p=none',
    make: async (_, id) => ({ ...plain(id, { author: 'news@watch.example' }), ...fromStranger }),
    says: words('neutral', ['none'], 'fail'),
    theirs: { spf: 'fail', because: fourResults },
  },
  {
    id: 'bare',
    about: 'no SPF and no DMARC, signed',
    make: (lab, id) => signed(lab, id, { author: 'news@bare.example' }),
    says: words('none', ['pass'], 'none'),
  },
  {
    id: 'sub',
    about: 'a sub-domain signs as its organisation',
    make: async (lab, id) => ({ ...(await signed(lab, id, { author: 'a@news.family.example' })), ...fromStranger }),
    says: words('fail', ['pass'], 'pass'),
  },
  {
    id: 'sp-none',
    about: 'a sub-domain of p=reject; sp=none, from a stranger',
    make: async (_, id) => ({ ...plain(id, { author: 'a@news.family.example' }), ...fromStranger }),
    says: words('fail', ['none'], 'fail'),
  },
  {
    id: 'sp-reject',
    about: 'a sub-domain of p=none; sp=reject, from a stranger',
    make: async (_, id) => ({ ...plain(id, { author: 'a@news.house.example' }), ...fromStranger }),
    says: words('fail', ['none'], 'fail', 'reject'),
  },
  {
    id: 'sp-own',
    about: 'a sub-domain with a record of its own, from a stranger',
    make: async (_, id) => ({ ...plain(id, { author: 'a@own.house.example' }), ...fromStranger }),
    says: words('fail', ['none'], 'fail', 'quarantine'),
  },
  {
    id: 'strict',
    about: 'the sub-domain is signed for by its organisation, and alignment is strict',
    make: async (lab, id) => ({ ...(await signed(lab, id, { author: 'a@news.strict.example' })), ...fromStranger }),
    says: words('fail', ['pass'], 'fail', 'reject'),
  },
  {
    id: 'strict-spf',
    about: 'the return path is of the organisation, and alignment is strict',
    make: async (_, id) => ({ ...plain(id, { author: 'a@strict.example' }), from: 'bounce@news.strict.example' }),
    says: words('pass', ['none'], 'fail', 'reject'),
    theirs: { dmarc: 'pass', disposition: 'none', because: organisationForStrict },
  },
  {
    id: 'relaxed-spf',
    about: 'the return path is below the author domain',
    make: async (_, id) => ({ ...plain(id), from: 'bounce@mail.good.example' }),
    says: words('pass', ['none'], 'pass'),
  },
  {
    id: 'unaligned',
    about: 'signed and sent by another domain',
    make: (lab, id) => signed(lab, id, { author: 'news@unaligned.good.example' }, 'bounce@other.example'),
    says: words('pass', ['pass'], 'fail', 'reject'),
  },
  {
    id: 'unpublished',
    about: 'signed with a key that is not published',
    make: async (lab, id) => ({ ...(await signed(lab, id, { author: 'news@lost.example' })), ...fromStranger }),
    says: words('fail', ['permerror'], 'fail', 'reject'),
    theirs: { dkim: ['fail'], because: failForKeys },
  },
  {
    id: 'wrong-key',
    about: 'signed with another key than the published one',
    make: async (lab, id) => ({ ...(await signed(lab, id, { author: 'news@mixed.example' })), ...fromStranger }),
    says: words('fail', ['fail'], 'fail', 'reject'),
  },
  {
    id: 'revoked',
    about: 'signed with a key that is revoked',
    make: async ({ keys }, id) => signedBy(keys.usual, plain(id), { selector: 'revoked' }),
    says: words('pass', ['permerror'], 'pass'),
    theirs: { dkim: ['fail'], because: failForKeys },
  },
  {
    id: 'service',
    about: 'signed with a key that is not for mail (s=tlsrpt)',
    make: async ({ keys }, id) => signedBy(keys.usual, plain(id), { selector: 'post' }),
    says: words('pass', ['permerror'], 'pass'),
    theirs: { dkim: ['fail'], because: failForKeys },
  },
  {
    id: 'expired',
    about: 'the signature has expired (x=)',
    make: async ({ keys }, id) => signedBy(keys.usual, plain(id), { now: Date.now() - 7 * day, expiresSeconds: 3600 }),
    says: words('pass', ['permerror'], 'pass'),
  },
  {
    id: 'lasting',
    about: 'the signature has not expired (x=)',
    make: async ({ keys }, id) => signedBy(keys.usual, plain(id), { expiresSeconds: 3600 }),
    says: words('pass', ['pass'], 'pass'),
  },
  {
    id: 'simple',
    about: 'simple/simple',
    make: async ({ keys }, id) => signedBy(keys.usual, plain(id), { form: { header: 'simple', body: 'simple' } }),
    says: words('pass', ['pass'], 'pass'),
  },
  {
    id: 'simple-altered',
    about: 'simple/simple, with one blank more',
    make: async ({ keys }, id) =>
      altered(
        signedBy(keys.usual, plain(id), { form: { header: 'simple', body: 'simple' } }),
        'the  letter',
        'the   letter',
      ),
    says: words('pass', ['fail'], 'pass'),
  },
  {
    id: 'ed25519',
    about: 'Ed25519 on top of RSA, both by OpenDKIM',
    make: (lab, id) => signed(lab, id, { author: 'news@modern.example' }),
    says: words('pass', ['pass', 'pass'], 'pass'),
  },
  {
    id: 'sha1',
    about: 'rsa-sha1',
    make: async ({ keys }, id) => ({ ...signedByPython(keys.usual, 'rsa-sha1', 's1', plain(id)), ...fromStranger }),
    says: words('fail', ['permerror'], 'fail', 'reject'),
    theirs: { dkim: ['pass'], dmarc: 'pass', disposition: 'none', because: stillSha1 },
  },
  {
    id: 'rsa1024',
    about: 'a key of 1024 bits',
    make: async ({ keys }, id) => signedByPython(keys.small, 'rsa-sha256', 'small', plain(id)),
    says: words('pass', ['pass'], 'pass'),
  },
  {
    id: 'rsa512',
    about: 'a key of 512 bits',
    make: async ({ keys }, id) => ({ ...signedByPython(keys.tiny, 'rsa-sha256', 'tiny', plain(id)), ...fromStranger }),
    says: words('fail', ['permerror'], 'fail', 'reject'),
    theirs: { dkim: ['policy'], because: policyForShort },
  },
  {
    id: 'length',
    about: 'a body length (l=), and lines below what is signed',
    make: async ({ keys }, id) => {
      const { message, ...rest } = signedByPython(keys.usual, 'rsa-sha256', 's1', plain(id), { length: true });
      return { ...rest, message: Buffer.concat([message, Buffer.from(footer)]) };
    },
    says: words('pass', ['pass'], 'pass'),
  },
  {
    id: 'agent',
    about: 'an agent below the domain (i=)',
    make: async ({ keys }, id) =>
      signedByPython(keys.usual, 'rsa-sha256', 's1', plain(id), { identity: '@mail.good.example' }),
    says: words('pass', ['pass'], 'pass'),
  },
  {
    id: 'agent-strict',
    about: 'an agent below the domain (i=), which the key forbids (t=s)',
    make: async ({ keys }, id) =>
      signedByPython(keys.usual, 'rsa-sha256', 'strict', plain(id), { identity: '@mail.good.example' }),
    says: words('pass', ['permerror'], 'pass'),
    theirs: { dkim: ['fail'], because: failForKeys },
  },
  {
    id: 'two',
    about: 'two signatures: a bad one on top of a good one',
    make: async (lab, id) => ({
      ...signedBy(lab.keys.secret, await signed(lab, id), { domain: dnsName('other.example') }),
      ...fromStranger,
    }),
    says: words('fail', ['fail', 'pass'], 'pass'),
  },
  {
    id: 'two-unaligned',
    about: 'two signatures: the good one is of another domain',
    make: async (lab, id) => ({
      ...signedBy(lab.keys.usual, altered(await signed(lab, id), 'of this week', 'of last week'), {
        domain: dnsName('other.example'),
      }),
      ...fromStranger,
    }),
    says: words('fail', ['pass', 'fail'], 'fail', 'reject'),
  },
  {
    id: 'list',
    about: 'a mailing list: footer, word in the subject, its own return path; the author stays',
    make: async (lab, id) => listed(await signed(lab, id)),
    says: words('pass', ['fail'], 'fail', 'reject'),
  },
  {
    id: 'list-as-author',
    about: 'a mailing list that puts itself into From and signs',
    make: async (lab, id) => {
      const { message } = altered(
        listed(await signed(lab, id)),
        'News <news@good.example>',
        'News <news@list.example>',
      );
      const from = 'letters-bounces@list.example';
      const again = await lab.signed(message, { helo: 'list', from, to: mailboxOf(id) });
      return { message: again.message, from, address: listAddress, helo: 'list.example' };
    },
    says: words('pass', ['pass', 'fail'], 'pass'),
  },
  {
    id: 'alias',
    about: 'forwarded by Postfix with the envelope kept',
    make: async (lab, id) => forwarded(lab, id, await signed(lab, id)),
    says: words('fail', ['pass'], 'pass'),
  },
  {
    id: 'alias-unsigned',
    about: 'forwarded by Postfix with the envelope kept, unsigned',
    make: (lab, id) => forwarded(lab, id, plain(id)),
    says: words('fail', ['none'], 'fail', 'reject'),
  },
  {
    id: 'srs',
    about: 'forwarded, the sender rewritten (SRS)',
    make: async (lab, id) => ({
      ...(await forwarded(lab, id, await signed(lab, id))),
      from: 'SRS0=Ab1c=XY=good.example=news@forwarder.example',
    }),
    says: words('pass', ['pass'], 'pass'),
  },
  {
    id: 'srs-unsigned',
    about: 'forwarded, the sender rewritten (SRS), unsigned',
    make: async (lab, id) => ({
      ...(await forwarded(lab, id, plain(id))),
      from: 'SRS0=Ab1c=XY=good.example=news@forwarder.example',
    }),
    says: words('pass', ['none'], 'fail', 'reject'),
  },
  {
    id: 'null',
    about: 'the null sender: SPF takes the HELO name',
    make: async (_, id) => ({ ...plain(id), from: '' }),
    says: words('pass', ['none'], 'pass'),
  },
  {
    id: 'null-by-stranger',
    about: 'the null sender, from a stranger who names our server',
    make: async (_, id) => ({ ...plain(id), from: '', ...fromStranger, helo: 'mail.good.example' }),
    says: words('fail', ['none'], 'fail', 'reject'),
  },
  {
    id: 'spf-broken',
    about: 'an SPF record that cannot be read; the signature holds',
    make: (lab, id) => signed(lab, id, { author: 'news@broken.example' }),
    says: words('permerror', ['pass'], 'pass'),
    theirs: { spf: 'fail', because: fourResults },
  },
  {
    id: 'spf-loop',
    about: 'an SPF record that includes itself; unsigned',
    make: async (_, id) => plain(id, { author: 'news@loop.example' }),
    says: words('permerror', ['none'], 'fail', 'quarantine'),
    theirs: { spf: 'fail', because: fourResults },
  },
];
