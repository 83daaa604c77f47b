/**
 * Which mailbox reports are read from, as `--imap` says it: `imaps://user:${PASSWORD}@host/INBOX`. The form of RFC 5092
 * §11, with a password behind the user, which that RFC leaves out. Pure.
 */
import { isLoopback } from './via.ts';

export interface ImapUrl {
  /** Name or address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** `implicit`: TLS from the first octet. `required`: STARTTLS. `optional`: STARTTLS where offered; loopback alone. */
  readonly tls: 'implicit' | 'required' | 'optional';
  readonly login: { readonly user: string; readonly password: string };
  /** As the server names it: `INBOX`, `Reports/2026`. */
  readonly mailbox: string;
}

export type ImapUrlResult =
  | {
      readonly kind: 'good';
      readonly url: ImapUrl;
      /** What a person should know of the way it was written; sentences. */
      readonly warnings: readonly string[];
    }
  /** One sentence; holds neither user nor password. */
  | { readonly kind: 'bad'; readonly why: string };

const form = 'imaps://user:${PASSWORD}@host/INBOX';
const maxText = 2000;

/** A password `${NAME}` is read from `env`. Neither user nor password is ever part of a sentence. */
export function parseImapUrl(text: string, env: Readonly<Record<string, string | undefined>>): ImapUrlResult {
  const bad = (why: string): ImapUrlResult => ({ kind: 'bad', why: `--imap ${why}` });
  if (text.length > maxText) return bad(`is too long. Write ${form}.`);
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== 'imap' && scheme !== 'imaps') {
    return bad(`begins with imaps:// or imap://. Write ${form}.`);
  }
  // A password may hold an @ that was not written as %40, so the last one before the path counts.
  const parts =
    /^imaps?:\/\/(?:([^/]*)@)?(\[[0-9a-f:.]+\]|[^:/?#@[\]\s;]+)(?::(\d{1,5}))?(?:\/([^?#]*))?([?#].*)?$/is.exec(text);
  if (!parts) return bad(`is no address of a mailbox. Write ${form}; a / in the password is written %2F.`);
  const implicit = scheme === 'imaps';
  const host = (parts[2] ?? '').replace(/^\[|\]$/g, '');
  const port = parts[3] === undefined ? (implicit ? 993 : 143) : Number(parts[3]);
  if (port < 1 || port > 65_535) return bad(`names port ${port}; ports go from 1 to 65535.`);
  if (parts[1] === undefined) return bad(`names no user. Write ${form}.`);
  const login = loginOf(parts[1], env);
  if (typeof login === 'string') return bad(login);
  const path = parts[4] ?? '';
  if (path.includes(';') || parts[5] !== undefined) {
    return bad(
      'names single messages (;UID=, ;UIDVALIDITY= or a search). Name the mailbox alone; what was read before is known.',
    );
  }
  const mailbox = decoded(path.replace(/\/$/, ''));
  if (mailbox === undefined || hasControl(mailbox)) {
    return bad('holds a mailbox name that cannot be read: write special characters in UTF-8 as %C3%A4 and so on.');
  }
  return {
    kind: 'good',
    url: {
      host,
      port,
      tls: implicit ? 'implicit' : isLoopback(host) ? 'optional' : 'required',
      login: { user: login.user, password: login.password },
      mailbox: mailbox === '' || mailbox.toUpperCase() === 'INBOX' ? 'INBOX' : mailbox,
    },
    warnings: login.literal
      ? [
          'The password stands in --imap itself, where other users of this machine see it in the list of processes. Put it into a variable and write ${NAME}.',
        ]
      : [],
  };
}

interface Login {
  readonly user: string;
  readonly password: string;
  /** The password stands in the text. */
  readonly literal: boolean;
}

function loginOf(text: string, env: Readonly<Record<string, string | undefined>>): Login | string {
  const colon = text.indexOf(':');
  const named = colon < 0 ? text : text.slice(0, colon);
  const [name, ...settings] = named.split(';');
  for (const setting of settings) {
    if (!/^AUTH=(\*|PLAIN|LOGIN)$/i.test(setting)) {
      return 'asks for a way to log in that is not known here. Leave ;AUTH= out; PLAIN and LOGIN are tried.';
    }
  }
  const user = decoded(name ?? '');
  if (user === undefined || user === '' || hasControl(user)) {
    return 'holds a user name that cannot be read: write special characters as %40 and so on.';
  }
  if (colon < 0) return 'names a user without a password. Write user:${PASSWORD}@ and put it into that variable.';
  const written = text.slice(colon + 1);
  const variable = /^\$\{([A-Za-z_]\w*)\}$/.exec(written)?.[1];
  if (variable !== undefined) {
    const value = env[variable];
    if (value === undefined || value === '') {
      return `takes its password from ${variable}, which is not set in the environment.`;
    }
    return { user, password: value, literal: false };
  }
  const password = decoded(written);
  if (password === undefined || password === '' || hasControl(password)) {
    return 'holds a password that cannot be read: write % as %25, or use ${NAME} for a variable.';
  }
  return { user, password, literal: true };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

// oxlint-disable-next-line no-control-regex -- they are what is looked for
const hasControl = (text: string): boolean => /[\u0000-\u001F\u007F]/.test(text);

/** The mailbox for a person; without user and password. Also the origin of what is read from it. */
export const imapText = ({ host, port, mailbox }: ImapUrl): string =>
  `${mailbox} on ${host.includes(':') ? `[${host}]` : host}:${port}`;

/** What becomes of a message when it has been imported. */
export type ImapDone =
  | { readonly kind: 'leave' }
  | { readonly kind: 'seen' }
  | { readonly kind: 'move'; readonly folder: string };

/** `--imap-done leave|seen|move:FOLDER`; else a sentence. */
export function parseImapDone(text: string): ImapDone | string {
  if (text === 'leave' || text === 'seen') return { kind: text };
  const folder = /^move:(.+)$/s.exec(text)?.[1];
  if (folder === undefined || hasControl(folder) || folder.length > 200) {
    return '--imap-done is leave, seen or move:FOLDER, such as move:Archive.';
  }
  return { kind: 'move', folder };
}
