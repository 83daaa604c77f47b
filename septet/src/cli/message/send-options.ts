/** The options of `message send`, read: addresses and servers, each with its sentence where it cannot be used. */
import { domainToASCII } from 'node:url';
import { parseDomain, type DnsName } from '../../dns/name.ts';
import type { Expected, ExpectedSender } from '../../proof/expected.ts';
import { parseVia, type Via } from '../../world/via.ts';
import { InputError, type Io } from '../io.ts';
import { visible } from '../visible.ts';

export interface SendOptions {
  readonly to: string;
  readonly via?: readonly string[];
  readonly domain?: string;
  readonly from?: string;
  readonly config?: string;
  readonly state?: string;
  readonly unsubscribe?: string;
  readonly ca?: readonly string[];
  readonly json?: boolean;
}

/** One message to be sent. */
export interface Sending {
  /** Absent where the plan does not say which sender the server is. */
  readonly sender?: ExpectedSender;
  readonly via: Via;
}

const maxAddress = 254; // RFC 5321 §4.5.3.1.3, without the angle brackets

/** An address without a name; its domain comes back in A-labels. Throws `InputError`. */
export function mailboxOf(text: string, option: string): { readonly address: string; readonly domain: DnsName } {
  const at = text.lastIndexOf('@');
  const local = text.slice(0, at);
  const parsed = parseDomain(text.slice(at + 1));
  const dots = /^[^\s"(),:;<>@[\\\]\p{C}]+$/u.test(local) && !/^\.|\.\.|\.$/.test(local);
  if (at < 1 || !dots || !parsed.ok || text.length > maxAddress)
    throw new InputError(`${option} is an address such as you@example.com, not ${visible(text.slice(0, 100))}.`);
  return { address: `${local}@${parsed.name}`, domain: parsed.name };
}

/** An https URL in ASCII. Throws `InputError`. */
export function unsubscribeOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '' || domainToASCII(url.hostname) === '')
    throw new InputError(
      '--unsubscribe is an https address (RFC 8058 §3.1) such as https://example.com/u/token, without a login.',
    );
  if (url.href.length > 900 || /[<>,\s]/.test(url.href))
    throw new InputError(
      '--unsubscribe is an address of at most 900 characters without blanks, commas and angle brackets.',
    );
  return url.href;
}

/**
 * The messages to be sent: `postfix=smtp://…` for that sender, one without a name for the only sender of the plan, or for
 * none. `warn` gets a line for each password that stands in the command. Throws `InputError`.
 */
export function sendingsOf(
  vias: readonly string[],
  expected: Expected,
  extra: { readonly env: Io['env']; readonly ca: readonly string[]; warn(line: string): void },
): readonly Sending[] {
  const ids = expected.senders.map(({ id }) => id);
  if (vias.length === 0) {
    const name = ids.length > 1 ? `${ids[0]}=` : '';
    throw new InputError(
      `No server is named. Give --via ${name}smtp://user:\${PASSWORD}@host:587${ids.length > 1 ? `, once for each of ${ids.join(', ')}` : ''}.`,
    );
  }
  const out: Sending[] = [];
  for (const text of vias) {
    const parsed = parseVia(text, extra.env);
    if (parsed.kind === 'bad') throw new InputError(parsed.why);
    const sender =
      parsed.sender === undefined
        ? expected.senders.length === 1
          ? expected.senders[0]
          : undefined
        : expected.senders.find(({ id }) => id.toLowerCase() === parsed.sender);
    if (parsed.sender !== undefined && !sender)
      throw new InputError(
        `--via names the sender ${parsed.sender}, which the plan of ${expected.domain} does not have. ${ids.length === 0 ? 'It has none: leave the name away.' : `It has ${ids.join(', ')}.`}`,
      );
    if (sender && out.some((other) => other.sender?.id === sender.id))
      throw new InputError(`--via is given twice for ${sender.id}: a sender has one server.`);
    if (parsed.literalPassword)
      extra.warn(
        'A password stands in the command, where other users of this machine can see it (ps). Write ${NAME} instead, in single quotes, and put it into that variable.',
      );
    const via = extra.ca.length === 0 ? parsed.via : { ...parsed.via, ca: extra.ca };
    out.push({ ...(sender ? { sender } : {}), via });
  }
  return out;
}
