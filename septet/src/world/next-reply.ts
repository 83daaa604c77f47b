/** Replies of an SMTP server (RFC 5321 §4.2), read from octets as they come. Pure. */
import { Buffer } from 'node:buffer';

/** One reply, as it came: the text of each line stands behind its code, with the enhanced code (RFC 3463) if it has one. */
export interface SmtpReply {
  /** 200 to 599. */
  readonly code: number;
  /** At least one; one character an octet. */
  readonly lines: readonly string[];
}

export interface ReplyReader {
  /** The replies that these octets complete; `undefined` when they are no SMTP. Nothing is read after that. */
  read(octets: Uint8Array): readonly SmtpReply[] | undefined;
}

const maxLineOctets = 4096; // house: RFC 5321 §4.5.3.1.5 says 512
const maxLines = 200; // house

export function replyReader(): ReplyReader {
  let rest = '';
  let lines: string[] = [];
  let code = '';
  return {
    read(octets) {
      rest += Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('latin1');
      const replies: SmtpReply[] = [];
      for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
        const match = /^([2-5]\d\d)(?:([ -])(.*))?$/.exec(rest.slice(0, end).replace(/\r$/, ''));
        rest = rest.slice(end + 1);
        const fits = match?.[1] !== undefined && (code === '' || match[1] === code);
        if (!fits || end > maxLineOctets || lines.length >= maxLines) return undefined;
        code = match[1] ?? '';
        lines.push(match[3] ?? '');
        if (match[2] === '-') continue;
        replies.push({ code: Number(code), lines });
        lines = [];
        code = '';
      }
      return rest.length > maxLineOctets ? undefined : replies;
    },
  };
}

/** As it goes over the wire; a reply of one octet a character. */
export function replyText({ code, lines }: SmtpReply): string {
  const last = lines.length - 1;
  return lines.map((line, index) => `${code}${index < last ? '-' : ' '}${line}\r\n`).join('');
}

/** A reply of one line: `reply(451, '4.4.2 The connection ended')`. */
export const reply = (code: number, ...lines: readonly string[]): SmtpReply => ({ code, lines });
