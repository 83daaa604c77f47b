/** Rspamd, Exim, and what can be done about Postal. */
import path from 'node:path';
import {
  copyCommand,
  copyCommands,
  elsewhereNote,
  folderCommand,
  placeBelow,
  signedHeaders,
} from './dkim-signed-headers.ts';
import { shellWord } from '../../providers/forms/shell.ts';
import type { Signer, SigningKey } from './dkim-signing.ts';

export const rspamd: Signer = {
  id: 'rspamd',
  title: 'Rspamd',
  types: ['rsa', 'ed25519'],
  write: (input) => {
    const { domain, keys } = input;
    const folder = input.keyFolder ?? '/var/lib/rspamd/dkim';
    const placeOf = (key: SigningKey): string => path.posix.join(folder, `${domain}.${key.selector}.key`);
    const rsa = keys.filter((key) => key.type === 'rsa');
    const others = keys.filter((key) => key.type === 'ed25519');
    return {
      files: [
        {
          path: path.posix.join(input.etc ?? '/etc/rspamd', 'local.d/dkim_signing.conf'),
          about: 'where the file is there already, only the part of the domain is new',
          text: lines([
            '# A sub-domain signs with a key of its own, not with that of the domain above.',
            'use_esld = false;',
            '# Domains that are not named below are not signed.',
            'try_fallback = false;',
            '# Applications that log in as a user without @domain need this:',
            '# allow_username_mismatch = true;',
            `sign_headers = "${signedHeaders.map((name, i) => `${i === 0 ? '(o)' : ''}${name.toLowerCase()}`).join(':')}";`,
            'domain {',
            `  ${quoted(domain)} {`,
            '    selectors [',
            ...keys.flatMap((key) => [
              '      {',
              `        path = ${quoted(placeOf(key))};`,
              `        selector = ${quoted(key.selector)};`,
              '      },',
            ]),
            '    ]',
            '  }',
            '}',
          ]),
        },
      ],
      commands: [
        folderCommand('_rspamd', folder),
        ...rsa.map((key) => copyCommand('_rspamd', key.pemFile, placeOf(key))),
        // Rspamd reads Ed25519 keys as the 32 octets of RFC 8032 in base64, which are the end of the PKCS#8 form.
        ...others.flatMap((key) => [
          copyCommand('_rspamd', '/dev/null', placeOf(key)),
          `openssl pkey -in ${shellWord(key.pemFile)} -outform DER | tail -c 32 | base64 > ${shellWord(placeOf(key))}`,
        ]),
        'rspamadm configtest',
        'systemctl reload rspamd',
      ],
      notes: [
        ...(others.length > 0
          ? ['Rspamd reads Ed25519 keys in base64 and not in PEM; the command converts them.']
          : []),
        'Mail is signed when it comes from a local address or from a user who logged in. Postfix reaches Rspamd by: septet dkim export --for postfix',
        elsewhereNote,
      ],
    };
  },
};

export const exim: Signer = {
  id: 'exim',
  title: 'Exim',
  types: ['rsa', 'ed25519'],
  write: (input) => {
    const { domain, keys } = input;
    const placeOf = placeBelow(input.keyFolder ?? '/etc/exim4/dkim', input);
    const [only, ...others] = keys;
    const folder = path.posix.dirname(only ? placeOf(only) : '/');
    const file = others.length === 0 && only ? placeOf(only) : `${folder}/\${dkim_selector}.pem`;
    // `=` signs as many as there are; `+` one more, so that no second From can be added (RFC 6376 §8.15).
    const headers = [`+${signedHeaders[0] ?? ''}`, ...signedHeaders.slice(1).map((name) => `=${name}`)].join(':');
    return {
      files: [
        {
          path: path.posix.join(input.etc ?? '/etc/exim4', 'exim4.conf'),
          about: 'add to the transport that sends to other hosts (remote_smtp)',
          text: lines([
            `  dkim_domain = \${if eqi{\${domain:$h_from:}}{${domain}}{${domain}}}`,
            `  dkim_selector = ${keys.map((key) => key.selector).join(' : ')}`,
            `  dkim_private_key = ${file}`,
            '  dkim_canon = relaxed',
            '  # Mail that cannot be signed waits.',
            '  dkim_strict = true',
            `  dkim_sign_headers = ${headers}`,
          ]),
        },
      ],
      commands: [...copyCommands('Debian-exim', keys, placeOf), 'exim4 -bV', 'systemctl restart exim4'],
      notes: [
        'With Debian’s split configuration the same values stand in /etc/exim4/conf.d/main as macros: DKIM_DOMAIN, DKIM_SELECTOR, DKIM_PRIVATE_KEY, DKIM_CANON, DKIM_STRICT, DKIM_SIGN_HEADERS.',
        'Where the transport signs for other domains already, dkim_domain and dkim_private_key become look-ups by domain.',
        elsewhereNote,
      ],
    };
  },
};

export const postal: Signer = {
  id: 'postal',
  title: 'Postal',
  types: [],
  write: ({ domain }) => ({
    files: [
      {
        path: 'septet.yaml',
        about: 'Postal makes a key for each domain and keeps it in its database: publish that one',
        text: lines([
          'domains:',
          `  ${domain}:`,
          '    senders:',
          '      - postal:',
          '          host: postal.example.net        # your Postal server',
          '          selector: postal-a1b2c3         # as Domains, DNS setup shows it',
          '          value: "v=DKIM1; …"             # the whole text that stands there',
        ]),
      },
    ],
    commands: [],
    notes: [
      'Postal has no setting that takes a key made elsewhere, so the keys of Septet cannot sign its mail.',
      'The file signing.key of its configuration signs webhooks; mail is signed with the key of the database. The word in front of the selector (postal-) can be changed in postal.yml: dns, dkim_identifier.',
      'Postal up to 3.3 makes keys of 1024 bits, where signers should use 2048 (RFC 8301 §3.2).',
    ],
  }),
};

const lines = (all: readonly string[]): string => `${all.join('\n')}\n`;
const quoted = (text: string): string => `"${text.replaceAll(/(["\\])/g, '\\$1')}"`;
