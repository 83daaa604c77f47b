/** Commands of an SMTP client (RFC 5321 §4.1), read. Paths are kept as they were written: a relay hands them on. Pure. */

export interface MailCommand {
  /** Without its angle brackets; `''` is the null sender. One character an octet, as everywhere here. */
  readonly path: string;
  /** Names in upper case. */
  readonly parameters: ReadonlyMap<string, string>;
}

export type CommandReading<T> =
  | { readonly kind: 'good'; readonly value: T }
  /** What the client is told: code, enhanced code (RFC 3463) and words. */
  | { readonly kind: 'bad'; readonly code: number; readonly text: string };

const maxPathOctets = 1000; // house: RFC 5321 §4.5.3.1.3 says 256, RFC 6531 lets UTF-8 take more

/** `MAIL FROM:<path> NAME=value …` and `RCPT TO:<path> …`; `line` is the whole command. */
export function readPath(line: string, verb: 'MAIL' | 'RCPT'): CommandReading<MailCommand> {
  const form = verb === 'MAIL' ? /^MAIL FROM:[ \t]*/i : /^RCPT TO:[ \t]*/i;
  const bad = (code: number, text: string): CommandReading<MailCommand> => ({ kind: 'bad', code, text });
  const head = form.exec(line)?.[0];
  if (head === undefined)
    return bad(501, `5.5.4 Write ${verb === 'MAIL' ? 'MAIL FROM' : 'RCPT TO'}:<address>, with its brackets`);
  const rest = line.slice(head.length);
  // A quoted local part may hold any printable octet, the brackets too (RFC 5321 §4.1.2).
  const match = /^<((?:"(?:[^"\\]|\\.)*"|[^<>"\\ ])*)>(?: +(.*))?$/.exec(rest);
  if (!match || /[^\x20-\x7e\x80-\xff]/.test(rest))
    return bad(501, '5.1.3 The address is not in the form <local@domain>');
  // A source route is passed over (RFC 5321 §4.1.1.3, appendix C).
  const path = (match[1] ?? '').replace(/^@[^:"]*:/, '');
  if (path.length > maxPathOctets) return bad(501, '5.1.3 The address is too long');
  if (path === '' && verb === 'RCPT') return bad(501, '5.1.3 A recipient has an address');
  const parameters = new Map<string, string>();
  for (const word of (match[2] ?? '').split(' ')) {
    if (word === '') continue;
    const parts = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=([^= ]+))?$/.exec(word);
    const name = parts?.[1]?.toUpperCase();
    if (name === undefined || parameters.has(name)) return bad(501, '5.5.4 A parameter is not in the form NAME=value');
    parameters.set(name, parts?.[2] ?? '');
  }
  return { kind: 'good', value: { path, parameters } };
}

/** What a transaction asks of the server that takes it. */
export interface MailWish {
  readonly eightBit: boolean;
  readonly utf8: boolean;
  /** Octets as the client declares them (RFC 1870). */
  readonly size?: number;
  /** RET and ENVID (RFC 3461 §4.3, §4.4), as they were written. */
  readonly dsn: readonly string[];
}

/** The parameters of MAIL; `dsn`: DSN was offered. AUTH= is taken and not handed on (RFC 4954 §5 lets us). */
export function readMailWish(
  { parameters }: MailCommand,
  offered: { readonly dsn: boolean; readonly utf8: boolean; readonly eightBit: boolean },
): CommandReading<MailWish> {
  const bad = (code: number, text: string): CommandReading<MailWish> => ({ kind: 'bad', code, text });
  const dsn: string[] = [];
  let [eightBit, utf8] = [false, false];
  let size: number | undefined;
  for (const [name, value] of parameters) {
    switch (name) {
      case 'SIZE':
        if (!/^\d{1,20}$/.test(value)) return bad(501, '5.5.4 SIZE is a number of octets');
        size = Number(value);
        break;
      case 'BODY':
        if (/^8BITMIME$/i.test(value)) eightBit = true;
        else if (!/^7BIT$/i.test(value)) return bad(501, '5.5.4 BODY is 7BIT or 8BITMIME');
        break;
      case 'SMTPUTF8':
        if (value !== '') return bad(501, '5.5.4 SMTPUTF8 takes no value');
        utf8 = true;
        break;
      case 'AUTH':
        break;
      case 'RET':
      case 'ENVID':
        if (!offered.dsn) return bad(555, `5.5.4 ${name} is not known here`);
        if (name === 'RET' && !/^(FULL|HDRS)$/i.test(value)) return bad(501, '5.5.4 RET is FULL or HDRS');
        if (value === '' || value.length > 100) return bad(501, '5.5.4 ENVID takes up to 100 characters');
        dsn.push(`${name}=${value}`);
        break;
      default:
        return bad(555, '5.5.4 A parameter of MAIL is not known here'); // RFC 5321 §4.1.1.11
    }
  }
  if (eightBit && !offered.eightBit) return bad(554, '5.6.3 The next server takes no 8BITMIME'); // RFC 6152 §3
  if (utf8 && !offered.utf8) return bad(553, '5.6.7 The next server takes no SMTPUTF8'); // RFC 6531 §3.7.4.2
  return { kind: 'good', value: { eightBit, utf8, dsn, ...(size === undefined ? {} : { size }) } };
}

/** The parameters of RCPT that are handed on: NOTIFY and ORCPT (RFC 3461 §4.1, §4.2) where DSN was offered. */
export function readRecipientWords({ parameters }: MailCommand, dsn: boolean): CommandReading<readonly string[]> {
  const words: string[] = [];
  for (const [name, value] of parameters) {
    const known =
      dsn &&
      ((name === 'NOTIFY' && /^(NEVER|(SUCCESS|FAILURE|DELAY)(,(SUCCESS|FAILURE|DELAY))*)$/i.test(value)) ||
        (name === 'ORCPT' && /^[\w.-]+;.+$/.test(value)));
    if (!known) {
      const ours = dsn && (name === 'NOTIFY' || name === 'ORCPT');
      return ours
        ? { kind: 'bad', code: 501, text: `5.5.4 ${name} cannot be read` }
        : { kind: 'bad', code: 555, text: '5.5.4 A parameter of RCPT is not known here' };
    }
    words.push(`${name}=${value}`);
  }
  return { kind: 'good', value: words };
}
