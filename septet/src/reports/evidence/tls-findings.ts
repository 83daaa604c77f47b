/** What TLS reports show: codes, sentences, cures. They continue the catalogues of TLS-RPT and MTA-STS. */
import { reporter, type Rows } from '../../finding/catalogue.ts';

export const tlsrptRows = {
  'tlsrpt.report.failures': {
    severity: 'warning',
    or: ['error'],
    test: 'TLS reports tell of no failed sessions (an error while the policy is `enforce`: that mail was not delivered).',
    message: '{failed} of {sessions} sessions to the mail servers of {domain} failed: {type}, {count} times{more}.',
    why: '{consequence}',
    fix: '{hint}',
    source: 'RFC 8460 §4.3',
  },
  'tlsrpt.silent': {
    severity: 'info',
    test: 'A TLS report came in the last week.',
    message: 'No TLS report on {domain} has come since {since}.',
    why: 'Few organisations send any, Google and Microsoft among them, so little mail means few reports. Without them a broken policy is not noticed.',
    fix: 'See that the address in `rua=` takes mail, and that it is among the sources of reports of `septet watch`.',
    source: 'RFC 8460 §3',
  },
} as const satisfies Rows;

export const mtastsRows = {
  'mtasts.mode.testing_over': {
    severity: 'info',
    test: 'A policy is not `testing` for more than two weeks of clean reports.',
    message: 'The MTA-STS policy of {domain} is `testing` since {since}, and TLS reports are clean.',
    why: 'A testing policy protects nothing: whoever sits between two servers can still switch encryption off.',
    fix: 'Move to `mode: enforce`: septet plan {domain}, or septet approve {domain} mta-sts where `septet watch` asks.',
    source: 'RFC 8461 §5',
  },
  'mtasts.mode.enforce_too_early': {
    severity: 'error',
    test: 'A policy is not `enforce` while TLS reports tell of failures.',
    message: 'The MTA-STS policy of {domain} is `enforce`, and {failed} sessions failed since {since}.',
    why: 'Servers that know the policy did not deliver in these sessions; their mail waits, and comes back in the end.',
    fix: 'Serve `mode: testing` with a new id until the cause is mended: {cause}.',
    source: 'RFC 8461 §5, §8.1',
  },
} as const satisfies Rows;

export const foundInTls = reporter('tlsrpt', tlsrptRows);
export const foundInMtaSts = reporter('mtasts', mtastsRows);
