/** The catalogue of TLS-RPT (RFC 8460). */
import type { Rows } from '../../finding/catalogue.ts';
import { reporter } from '../../finding/catalogue.ts';

export const rows = {
  'tlsrpt.missing': {
    severity: 'info',
    or: ['warning'],
    test: 'There is no TXT record at _smtp._tls (a warning where MTA-STS or DANE is in use).',
    message: '{name} has no TLS-RPT record.',
    why: 'Senders that cannot reach your mail servers over TLS have nowhere to tell you.',
    fix: 'Publish the record with a mailbox that a program or a person reads.',
    source: 'RFC 8460 §3',
  },
  'tlsrpt.location': {
    severity: 'error',
    test: 'The record stands at the domain itself, at _tls._smtp or at _smtp-tls instead of _smtp._tls.',
    message: 'The TLS-RPT record stands at {found}; senders look at {name} only.',
    why: 'No sender finds it, so no report arrives.',
    fix: 'Publish it at {name} and delete it at {found}.',
    source: 'RFC 8460 §3',
  },
  'tlsrpt.multiple': {
    severity: 'error',
    test: 'More than one record begins with `v=TLSRPTv1`.',
    message: '{name} has {count} TLS-RPT records; exactly one is allowed.',
    why: 'Senders act as if there were none.',
    fix: 'Keep one record; put all addresses into its `rua`, separated by commas.',
    source: 'RFC 8460 §3',
  },
  'tlsrpt.version': {
    severity: 'error',
    test: 'The record does not begin with exactly `v=TLSRPTv1;`.',
    message: 'The record begins with `{found}` instead of `v=TLSRPTv1;`.',
    why: 'Senders discard the record, so no report arrives.',
    fix: 'Begin the record with `v=TLSRPTv1;`, upper and lower case as written here.',
    source: 'RFC 8460 §3',
  },
  'tlsrpt.rua.missing': {
    severity: 'error',
    test: 'The record has no `rua` field.',
    message: 'The record names no address for reports (`rua=`).',
    why: 'The record is invalid without it; no report arrives.',
    fix: 'Add `rua=mailto:` and a mailbox.',
    source: 'RFC 8460 §3',
  },
  'tlsrpt.rua.scheme': {
    severity: 'error',
    test: 'An address in `rua` is neither `mailto:` nor `https:`.',
    message: '`{uri}` in `rua` begins with neither `mailto:` nor `https://`.',
    why: 'Senders cannot deliver reports to it.',
    fix: 'Write `mailto:` in front of a mailbox, or give an https address.',
    source: 'RFC 8460 §3',
  },
  'tlsrpt.rua.encoding': {
    severity: 'error',
    test: 'A `,`, `;` or `!` stands un-encoded inside a URI.',
    message: '`{part}` is not a usable address: `,`, `;` and `!` must be percent-encoded inside one.',
    why: 'Senders cut the address at that character or discard the record.',
    fix: 'Write %2C for a comma, %3B for a semicolon and %21 for an exclamation mark.',
    source: 'RFC 8460 §3',
  },
  'tlsrpt.rua.list': {
    severity: 'warning',
    test: 'Addresses in `rua` are separated by a blank or a semicolon instead of a comma.',
    message: '`{part}` follows another address without a comma.',
    why: 'Senders may read only the first address, or none.',
    fix: 'Separate the addresses with commas.',
    source: 'RFC 8460 §3',
  },
  'tlsrpt.rua.undeliverable': {
    severity: 'error',
    test: 'The domain of a `mailto:` address does not receive mail (no MX and no address, or a null MX).',
    message: 'Reports go to {host}, which does not receive mail: {reason}.',
    why: 'Every report bounces, and you never learn of failing TLS.',
    fix: 'Name a mailbox at a domain that receives mail.',
    source: 'RFC 8460 §3; RFC 7505 §3',
  },
  'tlsrpt.rua.same_broken_mx': {
    severity: 'info',
    test: 'All addresses are mailboxes of the monitored domain itself.',
    message: 'All reports go to mailboxes at {domain}, whose own TLS they are about.',
    why: 'When its mail servers fail, reports come only from senders that ignore TLS faults for them.',
    fix: 'Add an https address or a mailbox at another domain.',
    source: 'RFC 8460 §3',
  },
  'tlsrpt.ext_field': {
    severity: 'info',
    test: 'The record holds a field that RFC 8460 does not define; extensions are allowed.',
    message: 'The field `{field}` is an extension; senders ignore it.',
    why: 'Nobody is disturbed by it.',
    fix: 'Nothing needs doing. Remove it if it is a typing error.',
    source: 'RFC 8460 §3',
  },
} as const satisfies Rows;

export const later = {} as const;

export const found = reporter('tlsrpt', rows);
