/** AUTH (RFC 4954) with PLAIN (RFC 4616) and LOGIN: the talk behind the command. */
import { Buffer } from 'node:buffer';
import { reply, type SmtpReply } from '../world/next-reply.ts';
import type { ClientWire } from './client-wire.ts';

/** RFC 4954 §4.3: lines of AUTH may have so many octets. */
export const maxAuthLine = 12_288;

export type AuthReading =
  | { readonly kind: 'login'; readonly user: string; readonly password: string }
  | { readonly kind: 'answer'; readonly reply: SmtpReply }
  | { readonly kind: 'ended' };

/** `words`: what stands behind AUTH. */
export async function readLogin(words: string, wire: ClientWire): Promise<AuthReading> {
  const [mechanism = '', first, more] = words.trim().split(/ +/);
  const answer = (code: number, text: string): AuthReading => ({ kind: 'answer', reply: reply(code, text) });
  if (more !== undefined) return answer(501, '5.5.4 AUTH takes a mechanism and one answer');
  const asked = async (challenge: string): Promise<string | AuthReading> => {
    await wire.send(`334 ${challenge}\r\n`);
    const line = await wire.line(maxAuthLine);
    if (line.kind === 'ended') return { kind: 'ended' };
    if (line.kind === 'too-long') return answer(500, '5.5.6 The answer is too long');
    return line.text === '*' ? answer(501, '5.7.0 The login was called off') : line.text;
  };
  switch (mechanism.toUpperCase()) {
    case 'PLAIN': {
      const text = first === undefined ? await asked('') : first;
      if (typeof text !== 'string') return text;
      const parts = decoded(text)?.split('\0');
      if (parts?.length !== 3) return answer(501, '5.5.2 The answer is not in the form of PLAIN');
      return { kind: 'login', user: parts[1] ?? '', password: parts[2] ?? '' };
    }
    case 'LOGIN': {
      const user = first === undefined ? await asked('VXNlcm5hbWU6') : first;
      if (typeof user !== 'string') return user;
      const password = await asked('UGFzc3dvcmQ6');
      if (typeof password !== 'string') return password;
      const read = [decoded(user), decoded(password)];
      if (read[0] === undefined || read[1] === undefined) return answer(501, '5.5.2 The answer is not base64');
      return { kind: 'login', user: read[0], password: read[1] };
    }
    default:
      return answer(504, '5.5.4 AUTH is PLAIN or LOGIN here');
  }
}

function decoded(text: string): string | undefined {
  if (text === '=') return ''; // RFC 4954 §4: an answer that is empty
  return /^[A-Za-z0-9+/]*={0,2}$/.test(text) ? Buffer.from(text, 'base64').toString('utf8') : undefined;
}
