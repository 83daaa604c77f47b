/**
 * Trace fields as servers write them: the grammar is that of RFC 5321 §4.4, but what matters (address, TLS, login) stands
 * in comments, and each kind of server has its own.
 *
 *     Postfix     from helo (reverse [ip]) (using TLSv1.3 with cipher …) by mx (Postfix) with ESMTPS id …; date
 *     Exim        from reverse ([ip]:port helo=helo) by mx with esmtps (TLS1.3) tls … (Exim 4.98) id …; date
 *     Sendmail    from helo (reverse [ip]) by mx (8.18.1/8.18.1) with ESMTPS id … (version=TLSv1.3 cipher=…); date
 *     Gmail       from helo (reverse. [ip]) by mx.google.com with ESMTPS id … (version=TLS1_3 cipher=…); date
 *     Microsoft   from helo (ip) by host (ip) with Microsoft SMTP Server (version=TLS1_2, cipher=…) id …; date
 *     Yahoo       from ip (EHLO helo) by host with SMTPs (version=TLS1_3 cipher=…); date
 *     qmail       from reverse (HELO helo) (ip) by host with SMTP; date
 */
import { formatAddress, mappedIpv4, parseAddress } from '../dns/address.ts';
import { parseDate } from './date.ts';
import { valueOf } from './header.ts';
import type { Field } from './header.ts';
import type { Received } from './received.ts';
import { splitReceived } from './received-words.ts';
import type { Clause, Clauses } from './received-words.ts';

/** Characters of a field that are read. */
const maxReceivedCharacters = 16 * 1024; // house

type Client = Pick<Received, 'helo' | 'reverseName' | 'ip'>;

/** Reads one Received field. What is not there is absent; never throws. */
export function parseReceived(field: Field): Received {
  const value = valueOf(field).slice(0, maxReceivedCharacters);
  const clauses = splitReceived(value);
  const by = clauses.by?.words[0];
  const protocol = protocolOf(clauses.with, clauses.via);
  const tls = tlsOf(clauses, protocol);
  const recipient = bare(clauses.for?.words[0]);
  const id = bare(clauses.id?.words[0]);
  const envelopeFrom = envelopeFromOf(clauses);
  const date = parseDate(clauses.date);
  return {
    line: field.line,
    ...clientOf(clauses, protocol),
    ...(by === undefined ? {} : { by }),
    ...(protocol === undefined ? {} : { protocol }),
    authenticated: isAuthenticated(clauses, protocol),
    ...(tls === undefined ? {} : { tls }),
    ...(recipient === undefined ? {} : { for: recipient }),
    ...(id === undefined ? {} : { id }),
    ...(envelopeFrom === undefined ? {} : { envelopeFrom }),
    ...(date === undefined ? {} : { at: date.at }),
  };
}

/** The comment in which qmail, Zimbra and Yahoo put the name that the client gave. */
const heloComment = /^(?:HELO|EHLO|LHLO)\s+(\S.*)$/i;
/** What Exim puts behind the address; from the first of these on everything is the client's word. */
const eximSuffix = /(?:^| )(?:helo|ident)=/i;

/**
 * Who the client is. Its address is taken from the comment that the server wrote; the words of the client (`helo`) give it
 * only in the dialects in which the server puts the address itself in their place.
 */
function clientOf(clauses: Clauses, protocol: string | undefined): Client {
  const from = clauses.from;
  if (from === undefined) return {};
  const word = from.words[0];
  const told = from.comments.map((comment) => heloComment.exec(comment)?.[1]).find((name) => name !== undefined);
  if (told !== undefined) return qmailClient(word, told, from);
  const exim = clauses.comments.some((comment) => /^Exim\b/i.test(comment));
  for (const comment of from.comments) {
    const suffix = eximSuffix.exec(comment);
    const helo = suffix === null ? undefined : /(?:^| )helo=(\S+)/i.exec(comment)?.[1];
    const place = suffix ? comment.slice(0, suffix.index) : comment;
    const brackets = [...place.matchAll(/\[([^[\]]*)\]/g)].at(-1);
    const ip = addressOf(brackets ? brackets[1] : place.trim());
    if (ip === undefined && helo === undefined) continue;
    const named = exim || helo !== undefined || /\]:\d+$/.test(place.trim());
    const name = named ? hostName(word) : hostName(place.slice(0, brackets?.index ?? 0));
    // Exim writes the address in front where it found no name for it.
    const address = ip ?? (helo === undefined ? undefined : addressOf(word));
    return client(helo ?? word, name, address);
  }
  if (from.words.length === 0) return {};
  const inWord = /^\S*\[([^[\]]+)\](?::\d+)?\)?$/.exec(word ?? '')?.[1];
  const trusted = from.comments.length === 0 && (exim || protocol === undefined || protocol.startsWith('HTTP'));
  return client(trusted && inWord !== undefined ? undefined : word, undefined, trusted ? addressOf(inWord) : undefined);
}

function qmailClient(word: string | undefined, helo: string, from: Clause): Client {
  let ip: string | undefined;
  for (const comment of from.comments) {
    if (heloComment.test(comment)) continue;
    ip ??= addressOf((comment.split(' ', 1)[0] ?? '').replace(/^.*@/, '').replaceAll(/^\[|\]$/g, ''));
  }
  return client(helo.trim(), hostName(word), ip ?? addressOf(word));
}

function client(helo: string | undefined, reverseName: string | undefined, ip: string | undefined): Client {
  return {
    ...(helo === undefined ? {} : { helo }),
    ...(reverseName === undefined ? {} : { reverseName }),
    ...(ip === undefined ? {} : { ip }),
  };
}

/** `192.0.2.1`, `[192.0.2.1]:25`, `IPv6:2001:db8::1`, `fe80::1%4`; an IPv4-mapped address as the IPv4 address. */
function addressOf(text: string | undefined): string | undefined {
  if (text === undefined || text.length > 80) return undefined;
  const inner = /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? text;
  const address = parseAddress(inner.replace(/^IPv6:/i, '').replace(/%.*$/, ''));
  return address && formatAddress(mappedIpv4(address) ?? address);
}

/** The last word of what stands before the address, where that is a name: `IDENT:joe@mail.example.com.`. */
function hostName(text: string | undefined): string | undefined {
  const last = (text ?? '').trim().split(' ').at(-1) ?? '';
  const name = last.replace(/^.*@/, '').replace(/\.$/, '');
  const host = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/i.test(name) && addressOf(name) === undefined;
  return host && !/^(?:unknown|unverified|really|local)$/i.test(name) ? name : undefined;
}

/** The word behind `with`; Microsoft writes its product's name there, and web mail writes `via HTTP`. */
function protocolOf(clause: Clause | undefined, via: Clause | undefined): string | undefined {
  const words = clause?.words ?? [];
  const word = words[0] === 'Microsoft' ? 'SMTP' : words[0];
  const plain = word?.replace(/[/,;].*$/, '').toUpperCase();
  if (plain !== undefined && plain !== '') return plain;
  return /^HTTPS?$/i.test(via?.words[0] ?? '') ? via?.words[0]?.toUpperCase() : undefined;
}

/** The protocols of RFC 3848 and RFC 6531 §4.3, and the `SMTPS` that Yahoo and Zoho write. */
const mailProtocol = /^(?:UTF8)?(?:E?SMTP|LMTP)(S?)(A?)$/;

function isAuthenticated(clauses: Clauses, protocol: string | undefined): boolean {
  if (mailProtocol.exec(protocol ?? '')?.[2] === 'A' || protocol === 'ASMTP')
    return !isLocalDelivery(clauses, protocol);
  return clauses.comments.some((comment) => {
    return /^(?:authenticated\b|smtp-auth\b|auth(?:id|user)?[:=] ?[^\s)]|[^ ]+ with (?:login|plain|cram-md5)$)/i.test(
      comment,
    );
  });
}

/** Cyrus takes LMTP over a Unix socket as authenticated; nobody has logged in there. */
function isLocalDelivery(clauses: Clauses, protocol: string | undefined): boolean {
  return protocol === 'LMTPA' && (clauses.from?.comments.some((comment) => comment.includes('unix socket')) ?? false);
}

/**
 * TLS by the protocol's S, or by a comment: `using TLSv1.3 with cipher X`, `version=TLS1_3 cipher=X`, `TLS1.3`,
 * `TLSv1.3:X:256`, `X encrypted`. The version is written the way of Postfix: `TLSv1.3`.
 */
function tlsOf(clauses: Clauses, protocol: string | undefined): Received['tls'] {
  let version: string | undefined;
  let cipher: string | undefined;
  let shown = mailProtocol.exec(protocol ?? '')?.[1] === 'S' || protocol === 'HTTPS';
  for (const comment of clauses.comments) {
    const match =
      /^using (\S+) with cipher ([^\s()]+)/i.exec(comment) ??
      /\bversion=([^\s,;]+)(?:[\s,;]+cipher=([^\s,;]+))?/i.exec(comment) ??
      /^(?:X=)?((?:TLS|SSL)[v_0-9.]*)(?::(?:[^:]*__)?([^:\s]+))?(?:[:\s]|$)/i.exec(comment);
    const [, foundVersion, foundCipher = /\bcipher=([^\s,;]+)/i.exec(comment)?.[1]] = match ?? [];
    const suite = foundCipher ?? /^(?:(?:TLS|SSL)v?[\d.]*\s+)?(\S+) encrypted$/i.exec(comment)?.[1];
    if (foundVersion === undefined && suite === undefined) continue;
    if (/^none$/i.test(foundVersion ?? suite ?? '')) continue;
    shown = true;
    version ??= versionOf(foundVersion ?? /^((?:TLS|SSL)v?[\d.]+)\s/i.exec(comment)?.[1]);
    cipher ??= suite;
  }
  // Exim 4.94 and later: `with esmtps (TLS1.3) tls TLS_AES_256_GCM_SHA384`; Cisco: `with ESMTP/TLS/AES128-GCM-SHA256`.
  const words = clauses.with?.words ?? [];
  const named = words[words.findIndex((word) => word.toLowerCase() === 'tls') + 1];
  if (named !== undefined && named !== words[0]) {
    cipher ??= named;
    shown = true;
  }
  const slashed = /^E?SMTP\/TLS\/(\S+)$/i.exec(words[0] ?? '')?.[1];
  if (slashed !== undefined) {
    cipher ??= slashed;
    shown = true;
  }
  if (!shown) return undefined;
  return { ...(version === undefined ? {} : { version }), ...(cipher === undefined ? {} : { cipher }) };
}

/** `TLS1_3`, `TLS1.3` and `TLSv1.3` are one; `TLSv1/SSLv3` (an old Gmail) and a bare `TLS` say no version. */
function versionOf(text: string | undefined): string | undefined {
  const match = /^(TLS|SSL)[v_]?(\d)(?:[._](\d))?$/i.exec(text ?? '');
  if (match === null) return undefined;
  const [, family = '', major = '', minor] = match;
  const exact = minor === undefined || (minor === '0' && major === '1') ? major : `${major}.${minor}`;
  return `${family.toUpperCase()}v${exact}`;
}

function envelopeFromOf(clauses: Clauses): string | undefined {
  const clause = clauses['envelope-from']?.words[0];
  if (clause !== undefined) return clause.replaceAll(/^<|>$/g, '');
  for (const comment of clauses.comments) {
    const match = /^envelope-(?:from|sender) (?:<([^>]*)>|(\S+))/i.exec(comment);
    if (match) return match[1] ?? match[2] ?? '';
  }
  return undefined;
}

/** Without angle brackets; of a list the first. */
function bare(word: string | undefined): string | undefined {
  const text = /^<([^>]*)>/.exec(word ?? '')?.[1] ?? word?.replace(/,$/, '');
  return text === '' ? undefined : text;
}
