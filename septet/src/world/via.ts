/** Which SMTP server a message is given to, as `--via` says it: `smtp://user:password@host:587`. Pure. */
import { addressClass, parseAddress } from '../dns/address.ts';

export interface Via {
  /** Name or address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** `implicit`: from the first octet (RFC 8314 §3.3). `required`: STARTTLS. `optional`: STARTTLS where it is offered. */
  readonly tls: 'implicit' | 'required' | 'optional';
  readonly login?: { readonly user: string; readonly password: string };
  /** Certificates (PEM) that are trusted besides the well-known roots. */
  readonly ca?: readonly string[];
}

export type ViaResult =
  | {
      readonly kind: 'good';
      readonly via: Via;
      /** The sender of the plan in front of `=`. */
      readonly sender?: string;
      /** The password stands in the text itself, where other users of the machine see it. */
      readonly literalPassword: boolean;
    }
  /** One sentence; never holds what was given as a password. */
  | { readonly kind: 'bad'; readonly why: string };

const form = 'smtp://user:${PASSWORD}@host:587';
const maxText = 2000;

/** A password `${NAME}` is read from `env`. Neither user nor password is ever part of `why`. */
export function parseVia(text: string, env: Readonly<Record<string, string | undefined>>): ViaResult {
  const bad = (why: string): ViaResult => ({ kind: 'bad', why: `--via ${why}` });
  if (text.length > maxText) return bad(`is too long. Write ${form}.`);
  const named = /^([a-z0-9][a-z0-9._-]*)=(.*)$/is.exec(text);
  const address = named?.[2] ?? text;
  const parts = /^(smtps?):\/\/(?:(.*)@)?(\[[0-9a-f:.]+\]|[^:/?#@[\]\s]+)(?::(\d{1,5}))?\/?(?:\?([^#]*))?$/is.exec(
    address,
  );
  if (!parts) {
    return /^\w+:\/\//.test(address) && !/^smtps?:/i.test(address)
      ? bad(`begins with smtp:// or smtps://. Write ${form}.`)
      : bad(`is no address of a server. Write ${form}, or smtps://… for TLS from the start.`);
  }
  const implicit = parts[1]?.toLowerCase() === 'smtps';
  const host = (parts[3] ?? '').replace(/^\[|\]$/g, '');
  const port = parts[4] === undefined ? (implicit ? 465 : 587) : Number(parts[4]);
  if (port < 1 || port > 65_535) return bad(`names port ${port}; ports go from 1 to 65535.`);
  const tls = tlsOf(parts[5], implicit, host);
  if (tls === undefined) {
    return bad(
      implicit
        ? 'with smtps:// always uses TLS and takes no ?tls=.'
        : 'takes one setting behind the ?, which is tls=required or tls=optional.',
    );
  }
  const login = parts[2] === undefined ? undefined : loginOf(parts[2], env);
  if (typeof login === 'string') return bad(login);
  return {
    kind: 'good',
    via: {
      host,
      port,
      tls,
      ...(login === undefined ? {} : { login: { user: login.user, password: login.password } }),
    },
    ...(named?.[1] === undefined ? {} : { sender: named[1].toLowerCase() }),
    literalPassword: login?.literal === true,
  };
}

function tlsOf(query: string | undefined, implicit: boolean, host: string): Via['tls'] | undefined {
  if (query === undefined || query === '') return implicit ? 'implicit' : isLoopback(host) ? 'optional' : 'required';
  if (implicit) return undefined;
  if (query === 'tls=required') return 'required';
  return query === 'tls=optional' ? 'optional' : undefined;
}

function loginOf(
  text: string,
  env: Readonly<Record<string, string | undefined>>,
): { readonly user: string; readonly password: string; readonly literal: boolean } | string {
  const colon = text.indexOf(':');
  const user = decoded(colon < 0 ? text : text.slice(0, colon));
  if (colon < 0) return 'names a user without a password. Write user:${PASSWORD}@ and put it into that variable.';
  if (user === undefined || user === '')
    return 'holds a user name that cannot be read: write special characters as %40 and so on.';
  const written = text.slice(colon + 1);
  const name = /^\$\{([A-Za-z_]\w*)\}$/.exec(written)?.[1];
  if (name !== undefined) {
    const value = env[name];
    if (value === undefined || value === '')
      return `takes its password from ${name}, which is not set in the environment.`;
    return { user, password: value, literal: false };
  }
  const password = decoded(written);
  if (password === undefined)
    return 'holds a password that cannot be read: write % as %25, or use ${NAME} for a variable.';
  return { user, password, literal: true };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Whether mail to the host cannot leave the machine. */
export function isLoopback(host: string): boolean {
  const address = parseAddress(host);
  return address === undefined ? host.toLowerCase() === 'localhost' : addressClass(address) === 'loopback';
}

/** The server for a person; without user and password. */
export const viaText = ({ host, port }: Via): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;
