/**
 * The message that `message send` gives to a sender: small, in two parts, with a token by which it is known again. Pure.
 * It is all ASCII in lines far below 998 octets (RFC 5322 §2.1.1), so that nothing on the way has a reason to recode it.
 */
import type { DnsName } from '../dns/name.ts';

export interface TestMessageInput {
  /** Addresses without name; parsed by the caller, no line ends, no angle brackets. */
  readonly from: string;
  readonly to: string;
  /** Of the Message-ID. */
  readonly domain: DnsName;
  /** Lower-case letters and digits; see `testToken`. */
  readonly token: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The sender of the plan, for a person: `Postfix`. */
  readonly sender?: string;
  /** A host for the one link. */
  readonly tracking?: DnsName;
  /** An https URL for List-Unsubscribe (RFC 2369 §3.2, RFC 8058 §3.1). */
  readonly unsubscribe?: string;
}

export interface TestMessage {
  readonly octets: Uint8Array;
  readonly subject: string;
  /** With its angle brackets. */
  readonly messageId: string;
}

const tokenOctets = 12;
const tokenForm = /\b[0-9a-f]{24}\b/;

/** 24 hexadecimal digits out of random octets. */
export const testToken = (randomBytes: (count: number) => Uint8Array): string =>
  Buffer.from(randomBytes(tokenOctets)).toString('hex');

export function testMessage(input: TestMessageInput): TestMessage {
  const { token, domain } = input;
  const subject = `Septet test ${token}`;
  const messageId = `<septet-${token}@${domain}>`;
  // The token cannot stand behind "=_" in any of the parts.
  const boundary = `=_septet_${token}`;
  const lines = [
    `From: ${input.from}`,
    `To: ${input.to}`,
    `Subject: ${subject}`,
    `Date: ${dateText(input.now)}`,
    `Message-ID: ${messageId}`,
    ...(input.unsubscribe === undefined
      ? []
      : [`List-Unsubscribe: <${input.unsubscribe}>`, 'List-Unsubscribe-Post: List-Unsubscribe=One-Click']),
    'MIME-Version: 1.0',
    `Content-Type: multipart/alternative; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 7bit',
    '',
    ...plainLines(input),
    `--${boundary}`,
    'Content-Type: text/html; charset=utf-8',
    'Content-Transfer-Encoding: 7bit',
    '',
    ...htmlLines(input),
    `--${boundary}--`,
    '',
  ];
  return { octets: Buffer.from(lines.join('\r\n'), 'utf8'), subject, messageId };
}

function plainLines(input: TestMessageInput): readonly string[] {
  const link = linkOf(input);
  return [
    ...introduction(input),
    '',
    ...(link === undefined ? [] : ['A link under the tracking host:', link, '']),
    'Show the source of this message and give it to',
    '    septet message verify -',
    '',
  ];
}

function htmlLines(input: TestMessageInput): readonly string[] {
  const link = linkOf(input);
  return [
    '<!doctype html>',
    '<html lang="en"><head><title>Septet test</title></head><body>',
    ...introduction(input).map((line) => `<p>${line}</p>`),
    ...(link === undefined ? [] : [`<p><a href="${link}">A link under the tracking host</a></p>`]),
    '<p>Show the source of this message and give it to <code>septet message verify -</code></p>',
    '</body></html>',
    '',
  ];
}

const introduction = ({ sender, domain, token }: TestMessageInput): readonly string[] => [
  `This is a test message of ${domain}${sender === undefined ? '' : `, sent by ${plain(sender)}`}.`,
  `Its token is ${token}.`,
];

const linkOf = ({ tracking, token }: TestMessageInput): string | undefined =>
  tracking === undefined ? undefined : `https://${tracking}/septet-test/${token}`;

/** Titles are our own words; what is not ASCII or means something in HTML is left out. */
const plain = (text: string): string => text.replace(/[^\x20-\x7e]|[<>&"]/g, '').slice(0, 80);

/** RFC 5322 §3.3, in UTC. */
const dateText = (now: number): string => new Date(now).toUTCString().replace('GMT', '+0000');

/** The token that a header tells, by its Subject or its Message-ID. */
export function tokenIn(header: { readonly subject?: string; readonly messageId?: string }): string | undefined {
  const id = /septet-([0-9a-f]{24})@/.exec(header.messageId ?? '')?.[1];
  if (id !== undefined) return id;
  return header.subject?.includes('Septet test') ? tokenForm.exec(header.subject)?.[0] : undefined;
}
