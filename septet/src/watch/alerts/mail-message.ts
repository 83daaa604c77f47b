/** An alert as an e-mail (RFC 5322): plain text, marked as made by a machine (RFC 3834 §5), in the thread of its alert. Pure. */
import { domainToASCII } from 'node:url';
import { cleanLine, headerText } from './clean-text.ts';
import type { AlertMessage } from './compose.ts';

export interface MailAddresses {
  /** Addresses without name. */
  readonly from: string;
  readonly to: readonly string[];
}

const maxLine = 900; // RFC 5322 §2.1.1: 998 octets at most

export function alertMail(message: AlertMessage, { from, to }: MailAddresses): Uint8Array {
  const body = message.text.split('\n').flatMap(inLines);
  const plain = body.every((line) => /^[\x20-\x7e]*$/.test(line));
  const { thread } = message;
  const lines = [
    `From: ${cleanLine(from)}`,
    `To: ${to.map(cleanLine).join(',\r\n ')}`,
    `Subject: ${folded(headerText(message.subject))}`,
    `Date: ${new Date(message.at).toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: ${messageId(message.id, from)}`,
    ...(thread === undefined || thread === message.id
      ? []
      : [`In-Reply-To: ${messageId(thread, from)}`, `References: ${messageId(thread, from)}`]),
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Transfer-Encoding: ${plain ? '7bit' : 'base64'}`,
    '',
    ...(plain ? body : base64Lines(body.join('\r\n'))),
    '',
  ];
  return Buffer.from(lines.join('\r\n'), 'utf8');
}

/** With its angle brackets. */
export const messageId = (id: string, from: string): string => {
  const domain = domainToASCII(from.slice(from.lastIndexOf('@') + 1));
  return `<septet-alert-${id}@${domain || 'septet.invalid'}>`;
};

/** Long subjects continue in the next line at a blank (RFC 5322 §2.2.3). */
function folded(text: string): string {
  if (text.includes('\r\n')) return text;
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/ (?=[^ ])/)) {
    if (line !== '' && line.length + word.length > 66) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join('\r\n ');
}

function inLines(line: string): readonly string[] {
  const pieces: string[] = [];
  for (let at = 0; at === 0 || at < line.length; at += maxLine) pieces.push(line.slice(at, at + maxLine));
  return pieces;
}

const base64Lines = (text: string): readonly string[] =>
  Buffer.from(text, 'utf8')
    .toString('base64')
    .match(/.{1,76}/g) ?? [''];
