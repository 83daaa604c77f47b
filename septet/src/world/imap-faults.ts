/** Why a mailbox cannot be read: what an IMAP client threw, as an outcome with a sentence. Pure. */
import { rootCertificates } from 'node:tls';
import { imapText, type ImapUrl } from './imap-url.ts';

export type ImapFaultKind =
  /** The login was refused. */
  | 'password'
  /** There is no such mailbox, or no longer. */
  | 'no-mailbox'
  /** The folder that messages are to be moved to. */
  | 'no-target'
  /** Not trusted, not for that name, or over. */
  | 'certificate'
  /** TLS is needed and not to be had. */
  | 'no-tls'
  /** No connection, or none that speaks IMAP in time. */
  | 'unreachable'
  /** The connection ended in the middle. */
  | 'lost'
  /** The server said no to something else. */
  | 'refused';

export interface ImapFault {
  readonly kind: ImapFaultKind;
  /** Whole sentences: what is wrong, what to do. Holds neither user nor password. */
  readonly text: string;
}

/** Whether the same may go well a little later, without anybody doing anything. */
export const mayPass = ({ kind }: ImapFault): boolean =>
  kind === 'unreachable' || kind === 'lost' || kind === 'refused';

/** Certificates (PEM) that are trusted besides the well-known roots, as TLS wants them. */
export const trusting = (ca: readonly string[] | undefined): { readonly ca?: string[] } =>
  ca === undefined || ca.length === 0 ? {} : { ca: [...rootCertificates, ...ca] };

/** The parts of an IMAP client's error that are read here. */
interface Thrown {
  readonly message: string;
  readonly code: string;
  /** `NO` or `BAD` of the server. */
  readonly status: string;
  /** The server's words. */
  readonly said: string;
  readonly serverCode: string;
  readonly authentication: boolean;
  readonly missing: boolean;
}

/** `stage`: what was being done. `bye`: what the server said when it closed the connection. */
export function imapFault(error: unknown, url: ImapUrl, stage: 'connect' | 'open' | 'read', bye?: string): ImapFault {
  const thrown = partsOf(error);
  const place = `${url.host}, port ${url.port}`;
  const words = shownWords(thrown.said || (bye ?? ''), url);
  const saying = words === '' ? '' : ` It says: ${sentence(words)}`;
  if (thrown.authentication && !/^(UNAVAILABLE|INUSE|LIMIT|SERVERBUG)$/.test(thrown.serverCode)) {
    return {
      kind: 'password',
      text: `${place} refuses this user and password.${saying} Check both; some providers want an app password for IMAP.`,
    };
  }
  if (thrown.missing) {
    return { kind: 'no-mailbox', text: `There is no mailbox ${imapText(url)}.${saying}` };
  }
  const certificate = certificateText(thrown);
  if (certificate !== undefined) {
    return {
      kind: 'certificate',
      text: `The certificate of ${place} ${certificate}. A certificate of your own is trusted with --ca.`,
    };
  }
  if (/ERR_SSL|ERR_TLS|EPROTO|ClosedAfterConnectTLS|UPGRADE_TIMEOUT|STARTTLS/.test(thrown.code)) {
    const other = url.tls === 'implicit' ? ' Where it speaks STARTTLS, write imap:// (port 143).' : '';
    return { kind: 'no-tls', text: `There is no TLS with ${place}.${other}` };
  }
  if (/STARTTLS/i.test(thrown.message)) {
    return {
      kind: 'no-tls',
      text: `${place} offers no TLS, and the password would go over the network in clear. Nothing was sent. Use imaps://.`,
    };
  }
  if (thrown.status !== '') {
    const what = thrown.authentication ? 'cannot take the login now' : 'refuses what was asked';
    return { kind: 'refused', text: `${place} ${what}.${saying}` };
  }
  if (stage === 'connect') return { kind: 'unreachable', text: `${place}: ${reachText(thrown)}.${saying}` };
  return { kind: 'lost', text: `The connection to ${imapText(url)} ended in the middle.${saying}` };
}

function partsOf(error: unknown): Thrown {
  const from: Readonly<Record<string, unknown>> = typeof error === 'object' && error !== null ? { ...error } : {};
  const text = (key: string): string => {
    const value = from[key];
    return typeof value === 'string' ? value : '';
  };
  return {
    message: error instanceof Error ? error.message : '',
    code: text('code'),
    status: text('responseStatus'),
    said: text('responseText'),
    serverCode: text('serverResponseCode'),
    authentication: from['authenticationFailed'] === true,
    missing: from['mailboxMissing'] === true,
  };
}

function certificateText({ code, message }: Thrown): string | undefined {
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return 'is over';
    case 'CERT_NOT_YET_VALID':
      return 'is not valid yet';
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return 'is not for that name';
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return 'is not trusted: it is self-signed';
    case 'SELF_SIGNED_CERT_IN_CHAIN':
      return 'is not trusted: its chain ends at an authority that nobody here knows';
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_GET_ISSUER_CERT':
      return 'is not trusted: the server sends no intermediate certificate, or an untrusted one';
    default:
      return /^CERT_|certificate/i.test(`${code} ${message}`) ? 'is not trusted' : undefined;
  }
}

function reachText({ code, message }: Thrown): string {
  const text = `${code} ${message}`;
  if (text.includes('ECONNREFUSED')) return 'no server listens there';
  if (/ENOTFOUND|EAI_AGAIN/.test(text)) return 'the name has no address';
  if (/EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL/.test(text)) return 'there is no way to it from here';
  if (/GREETING_TIMEOUT/.test(text)) return 'it does not greet as an IMAP server does';
  if (/TIMEOUT|ETIMEDOUT|timeout/i.test(text)) return 'no answer in time';
  if (/ECONNRESET|EPIPE|Closed|NoConnection/i.test(text)) return 'the server ended the connection';
  return 'no connection that speaks IMAP';
}

const maxShown = 300;

/** One line of the server's words, without the login in any form that went over the wire. */
function shownWords(text: string, { login: { user, password } }: ImapUrl): string {
  // oxlint-disable-next-line no-control-regex -- they are what is taken out
  let out = text.replace(/[\u0000-\u001F\u007F]+/g, ' ').trim();
  const base64 = (value: string): string => Buffer.from(value, 'utf8').toString('base64');
  const secrets = [password, base64(password), base64(`\0${user}\0${password}`), user, base64(user)];
  // The longest first, as one may stand in another.
  secrets.sort((a, b) => b.length - a.length);
  for (const secret of secrets) if (secret.length > 0) out = out.replaceAll(secret, '…');
  return out.length > maxShown ? `${out.slice(0, maxShown)}…` : out;
}

const sentence = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`);
