/** The JSON of the commands that change SPF records and DKIM keys: `septet spf flatten|merge|optimise`, `septet dkim`. */
import { z } from 'zod';
import { signerIds } from '../src/cli/dkim/dkim-signers.ts';
import { keyTypes, type KeyType } from '../src/records/dkim/make-key.ts';
import { count, price, sentence, sentences, time, timeOrNull, ttlSeconds } from './plan-schemas.ts';
import { maybe, name, version } from './report-schema.ts';

const verifyCounts = z
  .strictObject({
    ip4: count('Stretches of IPv4 addresses that were judged, one address of each'),
    ip6: count('Stretches of IPv6 addresses'),
    addresses: count('Random addresses'),
    mended: count('Of all these, those that get permerror today because of a limit, and afterwards what was meant'),
  })
  .meta({ id: 'VerifyCounts', description: 'What was judged with both records' });

const verdictWord = z.enum(['pass', 'fail', 'softfail', 'neutral', 'none', 'temperror', 'permerror']);

const termAndWhy = (what: string) => ({
  term: z.string().meta({ description: 'The term as written' }),
  why: z.string().meta({ description: what }),
});

export const spfChangeSchema = z
  .strictObject({
    version,
    command: z.enum(['flatten', 'merge', 'optimise']).meta({ description: 'Which command it was' }),
    domain: name.meta({ description: 'The domain whose record is changed' }),
    before: sentences('The SPF texts that stand there; several where a merge is due'),
    records: z
      .array(
        z.strictObject({
          name: name.meta({ description: 'The owner name' }),
          type: z.literal('TXT').meta({ description: 'The record type' }),
          ttlSeconds,
          text: sentence('The text; strings of at most 255 octets are cut of it'),
        }),
      )
      .meta({
        description:
          'What is to stand, the record of the domain first: publish from the last to the first. Equal to `before`: nothing is to be done. Empty where it is blocked',
      }),
    blocked: maybe(
      z.strictObject({
        why: sentence('What stands in the way, in a sentence'),
        cure: sentence('What to do about it, in a sentence'),
        unanswered: z.boolean().meta({ description: 'DNS did not answer: ask again' }),
      }),
    ).meta({ description: 'Nothing can be proposed' }),
    price: maybe(price).meta({
      description: 'What the records cost; where it is blocked by a limit, what they would have cost',
    }),
    fits: maybe(z.boolean()).meta({
      description: 'Every record keeps, with its name, to 450 octets (RFC 7208 §3.4); absent where it is blocked',
    }),
    flattened: maybe(sentences('')).meta({ description: '`flatten`: terms that became networks' }),
    kept: maybe(z.array(z.strictObject(termAndWhy('Half a sentence: why it cannot be taken apart')))).meta({
      description: '`flatten`: terms that stay as they are',
    }),
    sources: maybe(
      z.array(
        z.strictObject({
          name: name.meta({ description: 'Where the data stands' }),
          type: z.enum(['TXT', 'A', 'AAAA', 'MX']).meta({ description: 'The record type' }),
          ttlSeconds: ttlSeconds.meta({ description: 'For how many seconds it may be relied on' }),
        }),
      ),
    ).meta({ description: '`flatten`: where the networks come from; when one of these changes, they are out of date' }),
    removed: maybe(z.array(z.strictObject(termAndWhy('Half a sentence: why nothing is lost')))).meta({
      description: '`flatten`, `optimise`: terms that are left out',
    }),
    loses: maybe(sentences('')).meta({
      description: '`merge`: what of the live records is lost; absent: nothing changes',
    }),
    notes: maybe(sentences('')).meta({ description: '`merge`: what was kept and why, for people' }),
    missed: maybe(count('')).meta({ description: 'The look-ups of `--to`, where they could not be reached' }),
    verified: maybe(
      z.discriminatedUnion('kind', [
        z
          .strictObject({
            kind: z.literal('equal').meta({ description: 'Every address gets the same verdict' }),
            counts: verifyCounts,
            partial: sentences(
              'Terms that depend on the message, judged as if all and as if none matched; empty: the proof is whole',
            ),
          })
          .meta({ id: 'EqualProof', description: 'Both records judge alike' }),
        z
          .strictObject({
            kind: z.literal('different').meta({ description: 'An address gets another verdict' }),
            ip: sentence('The first such address'),
            before: verdictWord.meta({ description: 'Its verdict now (RFC 7208 §2.6)' }),
            after: verdictWord.meta({ description: 'Its verdict with what is proposed' }),
            counts: verifyCounts,
          })
          .meta({ id: 'DifferentProof', description: 'They do not' }),
      ]),
    ).meta({ description: '`flatten`, `optimise` with `--verify`' }),
    keepsAll: maybe(z.boolean()).meta({
      description: '`merge` with `--verify`: whoever passes by one of the old records passes by the new one',
    }),
  })
  .meta({ id: 'SpfChange' });

const selector = (what: string) => z.string().meta({ description: `${what} (RFC 6376 §3.1)` });

export const dkimKeySchema = z
  .strictObject({
    version,
    domain: name.meta({ description: 'The domain that signs' }),
    selector: selector('The selector'),
    type: z
      .enum(['rsa', 'ed25519'])
      .meta({ description: 'The tag `k` of the record (RFC 6376 §3.6.1, RFC 8463 §4.2)' }),
    bits: z.int().meta({ description: 'Of the modulus; 256 for Ed25519' }),
    createdAt: time('When it was made or imported'),
    files: z
      .strictObject({
        private: sentence('The private half, PEM (PKCS#8), readable by its owner alone'),
        public: sentence('The public half, JSON'),
        setAside: maybe(z.string()).meta({ description: 'With `--force`: the private half that stood there before' }),
      })
      .meta({ description: 'Paths, relative where the state folder was given so. No field holds a private key' }),
    record: z
      .strictObject({
        name: name.meta({ description: 'The owner name' }),
        type: z.literal('TXT').meta({ description: 'The record type' }),
        value: sentence('The text, without quotes, however long'),
        zone: sentence('The same as a line of a zone file'),
      })
      .meta({ description: 'The record to publish' }),
    warnings: sentences('What is to be said of an imported key, for people; of a new one nothing'),
  })
  .meta({ id: 'DkimKey' });

export const dkimExportSchema = z
  .strictObject({
    version,
    domain: name.meta({ description: 'The domain that signs' }),
    for: z.enum(signerIds as [string, ...string[]]).meta({ description: 'The software that signs' }),
    selectors: z.array(selector('A selector')).meta({ description: 'The keys; none where the software takes none' }),
    files: z
      .array(
        z.strictObject({
          path: sentence('Where it belongs on the host that signs'),
          about: sentence('What to do with it, for people'),
          text: sentence('Its text, or the part of it that is new; ends in a line feed'),
        }),
      )
      .meta({ description: 'Configuration; it names private keys and holds none' }),
    commands: sentences('Shell commands for root on the host that signs, in order; they copy the private keys by path'),
    notes: sentences('What is worth knowing, for people'),
  })
  .meta({ id: 'DkimExport' });

const keyTypeField = z.enum(keyTypes as [KeyType, ...KeyType[]]);
const keyLook = z
  .strictObject({
    kind: z.enum(['visible', 'absent', 'other', 'unknown']).meta({
      description:
        '`visible`: everywhere; `absent`: nothing stands there, at one place or at all; `other`: something else does; `unknown`: somebody did not answer',
    }),
    detail: sentence('Half a sentence for people, which goes on after the name of the record'),
  })
  .meta({ id: 'KeyLook', description: 'What every server of the zone and every resolver says of a record' });

const rotation = z
  .strictObject({
    from: selector('The selector of the key that goes'),
    to: selector('The selector of the key that comes'),
    type: keyTypeField.meta({ description: 'The new key, as `--type` has it' }),
    phase: z
      .enum([
        'key',
        'publish',
        'spread',
        'prove',
        'switch',
        'keep',
        'revoke',
        'withdrawn',
        'remove',
        'finished',
        'abandoned',
      ])
      .meta({
        description:
          'What is to be done now: make the key; publish it; wait until its absence is forgotten (RFC 2308 §5); prove it; switch the signer; keep the old key for 7 days; revoke it (RFC 6376 §3.6.1); leave it so for 30 days; delete its record. Or how it ended',
      }),
    until: timeOrNull('When the clock alone opens the next phase; null: it does not'),
    begunAt: time('When it was begun'),
    visibleAt: timeOrNull('When the new key was seen everywhere; null, here and below: not yet'),
    provedAt: timeOrNull('When a person said that it passes'),
    switchedAt: timeOrNull('When a person said that the signer uses it'),
    revokedAt: timeOrNull('When the old key was revoked here'),
    endedAt: timeOrNull('When it was finished or abandoned'),
    look: keyLook.nullable().meta({ description: 'The record that is waited for; null: none was looked at' }),
    oldLook: keyLook.nullable().meta({ description: 'The old record, which has to stay; null: it was not looked at' }),
    did: z
      .array(z.enum(['begun', 'visible', 'proved', 'switched', 'revoked', 'finished', 'abandoned']))
      .meta({ description: 'What this run noted, in order' }),
    early: z.enum(['proved', 'switched', 'abandoned']).nullable().meta({
      description: 'The option that does not fit the phase and was not noted; null: none. The exit code is then 2',
    }),
  })
  .meta({ id: 'Rotation', description: 'One key that gives way to another' });

export const dkimRotateSchema = z
  .strictObject({
    version,
    domain: name.meta({ description: 'The domain that signs' }),
    rotations: z.array(rotation).meta({ description: 'What is going on; empty: nothing' }),
    wants: z
      .array(
        z.strictObject({
          selector: selector('The selector'),
          record: sentence('The text that has to stand at `<selector>._domainkey.<domain>`'),
        }),
      )
      .meta({ description: 'What has to be published because of rotations that are going on' }),
    next: maybe(
      z.strictObject({
        from: selector('The selector of the key that would go'),
        to: selector('The selector of the key that would come'),
        type: keyTypeField.meta({ description: 'Its type, as `--type` has it' }),
      }),
    ).meta({ description: 'What `--yes` would begin; only where nothing is going on' }),
  })
  .meta({ id: 'DkimRotations' });
