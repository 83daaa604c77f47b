/** How the messages of the tests of Postfix are made, signed, altered, listed and forwarded. */
import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import type { KeyObject } from 'node:crypto';
import { dnsName } from '../../src/dns/name.ts';
import { splitMessage } from '../../src/mail/parse-header.ts';
import { signMessage, type SignOptions } from '../../src/proof/dkim/sign.ts';
import { mailboxOf, type Lab } from './postfix-lab.ts';
import { forwarderAddress, listAddress, senderAddress, strangerAddress } from './postfix-zone.ts';

/** A message on the way, and the last hop's envelope. */
export interface Travelling {
  readonly message: Buffer;
  readonly from: string;
  readonly address: string;
  readonly helo: string;
}

export interface Composing {
  readonly author?: string;
  readonly subject?: string;
  readonly body?: string;
  /** Fields on top, each with its line end. */
  readonly above?: string;
}

const usualBody = 'Dear reader,\r\n\r\nthe  letter of this week.\r\n.A line with a dot.\r\n\r\nYours\r\n';

function compose(
  id: string,
  { author = 'news@good.example', subject, body = usualBody, above = '' }: Composing,
): Buffer {
  const date = new Date().toUTCString().replace('GMT', '+0000');
  const domain = author.slice(author.indexOf('@') + 1);
  const fields = [
    `From: News <${author}>`,
    `To: <${mailboxOf(id)}>`,
    `Subject: ${subject ?? `Letter ${id}`}`,
    `Date: ${date}`,
    `Message-ID: <${id}@${domain}>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
  ];
  return Buffer.from(`${above}${fields.join('\r\n')}\r\n\r\n${body}`, 'latin1');
}

const addressOf = ({ author = 'news@good.example' }: Composing): string => author;

/** The senders' server as the receiver sees it. */
const fromSender = { address: senderAddress, helo: 'mail.good.example' } as const;
export const fromStranger = { address: strangerAddress, helo: 'host.stranger.example' } as const;
const fromForwarder = { address: forwarderAddress, helo: 'mx.forwarder.example' } as const;

/** Signed by OpenDKIM on the senders' Postfix. */
export async function signed(
  lab: Lab,
  id: string,
  what: Composing = {},
  envelope = addressOf(what),
): Promise<Travelling> {
  const { message, from } = await lab.signed(compose(id, what), { helo: 'desk', from: envelope, to: mailboxOf(id) });
  return { message, from, ...fromSender };
}

export const plain = (id: string, what: Composing = {}): Travelling => ({
  message: compose(id, what),
  from: addressOf(what),
  ...fromSender,
});

/** Another text, where the old one is there. */
export function altered({ message, ...rest }: Travelling, from: string, to: string): Travelling {
  const text = message.toString('latin1');
  if (!text.includes(from)) throw new Error(`nothing to alter: there is no ${from}`);
  return { ...rest, message: Buffer.from(text.replace(from, to), 'latin1') };
}

const onTop = (travelling: Travelling, fields: string): Travelling => ({
  ...travelling,
  message: Buffer.concat([Buffer.from(fields, 'latin1'), travelling.message]),
});

export const footer =
  '_______________________________________________\r\nLetters mailing list\r\nhttps://list.example/letters\r\n';

/** What a mailing list does: a word before the subject, a footer, fields of its own, its own envelope. */
export function listed(travelling: Travelling): Travelling {
  const prefixed = altered(travelling, 'Subject: Letter', 'Subject: [Letters] Letter');
  return {
    message: Buffer.concat([
      Buffer.from('List-Id: Letters <letters.list.example>\r\nPrecedence: list\r\n'),
      prefixed.message,
      Buffer.from(footer),
    ]),
    from: 'letters-bounces@list.example',
    address: listAddress,
    helo: 'list.example',
  };
}

/** Through the Postfix that forwards. */
export async function forwarded(lab: Lab, id: string, { message, from }: Travelling): Promise<Travelling> {
  const { helo } = fromSender;
  const caught = await lab.forwarded(message, { helo, from, to: mailboxOf(id) });
  return { message: caught.message, from: caught.from, ...fromForwarder };
}

/** Signed by Septet. */
export function signedBy(key: KeyObject, travelling: Travelling, more: Partial<SignOptions> = {}): Travelling {
  const options = { domain: dnsName('good.example'), selector: 's1', keys: [{ key }], now: Date.now(), ...more };
  return onTop(travelling, signMessage(splitMessage(travelling.message), options));
}

/** Signed by python3-dkim, which signs with whatever it is given. */
export function signedByPython(
  key: KeyObject,
  algorithm: string,
  selector: string,
  travelling: Travelling,
  { identity = '@good.example', length = false }: { readonly identity?: string; readonly length?: boolean } = {},
): Travelling {
  const script = `import sys, dkim
selector, pem, algorithm, identity, length = [argument.encode() for argument in sys.argv[1:]]
sys.stdout.buffer.write(dkim.sign(sys.stdin.buffer.read(), selector, b'good.example', pem, identity=identity,
  canonicalize=(b'relaxed', b'relaxed'), signature_algorithm=algorithm, length=length == b'true',
  include_headers=[b'from', b'to', b'subject', b'date']))`;
  const pem = key.export({ format: 'pem', type: 'pkcs1' }).toString();
  const args = ['-c', script, selector, pem, algorithm, identity, String(length)];
  const field = execFileSync(python, args, { input: travelling.message });
  return onTop(travelling, field.toString('latin1'));
}

/** Debian's own, which sees Debian's modules. */
export const python = '/usr/bin/python3';
