/** OpenDKIM, and Postfix that hands its mail to a milter (OpenDKIM or Rspamd). */
import path from 'node:path';
import { keyName } from '../../records/dkim/make-key.ts';
import { copyCommands, elsewhereNote, placeBelow, signedHeaders } from './dkim-signed-headers.ts';
import { shellWord } from '../../providers/forms/shell.ts';
import type { Signer } from './dkim-signing.ts';

/** Where OpenDKIM and Postfix meet: the port of OpenDKIM's own examples. */
const milterPort = 8891;

export const opendkim: Signer = {
  id: 'opendkim',
  title: 'OpenDKIM',
  // Releases up to 2.11 beta sign with RSA only: EVP_PKEY_get1_RSA() fails on other keys.
  types: ['rsa'],
  write: (input) => {
    const { domain, keys } = input;
    const etc = input.etc ?? '/etc/opendkim';
    // Debian's package makes this folder for keys.
    const placeOf = placeBelow(input.keyFolder ?? '/etc/dkimkeys', input);
    const nameOf = (selector: string): string => keyName(selector, domain);
    const table = (name: string): string => path.posix.join(etc, name);
    const conf = [
      'Mode                    s',
      'Canonicalization        relaxed/relaxed',
      'SignatureAlgorithm      rsa-sha256',
      'OversignHeaders         From',
      `SignHeaders             ${signedHeaders.join(',')}`,
      `KeyTable                file:${table('KeyTable')}`,
      `SigningTable            refile:${table('SigningTable')}`,
      `InternalHosts           refile:${table('TrustedHosts')}`,
      `ExternalIgnoreList      refile:${table('TrustedHosts')}`,
      ...(keys.length > 1 ? ['MultipleSignatures      yes'] : []),
      'RequireSafeKeys         yes',
      `Socket                  inet:${milterPort}@127.0.0.1`,
    ];
    return {
      files: [
        {
          path: table('KeyTable'),
          about: 'add to it: name of the key, then domain:selector:file',
          text: lines(keys.map((key) => `${nameOf(key.selector)} ${domain}:${key.selector}:${placeOf(key)}`)),
        },
        {
          path: table('SigningTable'),
          about: 'add to it: mail from these addresses is signed with that key',
          text: lines(keys.map((key) => `*@${domain} ${nameOf(key.selector)}`)),
        },
        {
          path: table('TrustedHosts'),
          about: 'hosts whose mail is signed; add the applications that send through this one',
          text: lines(['127.0.0.1', '::1', 'localhost']),
        },
        {
          path: input.etc === undefined ? '/etc/opendkim.conf' : table('opendkim.conf'),
          about: 'these lines take the place of those with the same first word',
          text: lines(conf),
        },
      ],
      commands: [
        ...copyCommands('opendkim', keys, placeOf),
        'systemctl restart opendkim',
        // Looks the published keys up and compares them; it wants them to be in DNS.
        ...keys.map((key) => `opendkim-testkey -d ${domain} -s ${key.selector} -k ${shellWord(placeOf(key))} -vvv`),
      ],
      notes: [
        'Mode s signs and does not verify. Postfix reaches it by: septet dkim export --for postfix',
        elsewhereNote,
      ],
    };
  },
};

export const postfix: Signer = {
  id: 'postfix',
  title: 'Postfix',
  types: [],
  write: (input) => ({
    files: [
      {
        path: path.posix.join(input.etc ?? '/etc/postfix', 'main.cf'),
        about: 'Postfix signs nothing itself: it asks a milter',
        text: lines([
          '# OpenDKIM. For Rspamd write inet:127.0.0.1:11332 instead.',
          `smtpd_milters = inet:127.0.0.1:${milterPort}`,
          '# Mail that starts on this host (sendmail, cron, bounces) is signed too.',
          'non_smtpd_milters = $smtpd_milters',
          'internal_mail_filter_classes = bounce',
          '# While the milter is down mail waits: "accept" would let it leave unsigned.',
          'milter_default_action = tempfail',
        ]),
      },
    ],
    commands: ['postfix check', 'systemctl reload postfix'],
    notes: [
      'Where smtpd_milters names other milters already, add this one behind them, so that it signs last.',
      'The key itself is for the milter: septet dkim export --for opendkim, or --for rspamd.',
    ],
  }),
};

const lines = (all: readonly string[]): string => `${all.join('\n')}\n`;
