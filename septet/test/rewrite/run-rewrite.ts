/** Rewrites messages that are written in tests, and shows our addresses as what they say. */
import { Buffer } from 'node:buffer';
import { generateKeyPairSync } from 'node:crypto';
import { dnsName } from '../../src/dns/name.ts';
import type { SignOptions } from '../../src/proof/dkim/sign.ts';
import { rewriteMessage } from '../../src/rewrite/rewrite.ts';
import { tokenReader, tokenWriter } from '../../src/rewrite/tokens.ts';
import type { TrackingAddress } from '../../src/rewrite/tracking-token.ts';
import type { Rewritten, RewriteWish } from '../../src/rewrite/wish.ts';
import { keysForTests } from './keys.ts';

export const host = dnsName('track.example.com');
export const domain = dnsName('example.com');
export const writer = tokenWriter(keysForTests(1));
export const reader = tokenReader(keysForTests(1));
export const wish: RewriteWish = {
  domain,
  host,
  message: 'm-1',
  campaign: 'spring',
  recipient: 'reader@example.org',
  clicks: true,
  opens: false,
  text: false,
  unsubscribe: 'none',
  keepUnsubscribeLinks: false,
};
export const sign: SignOptions = {
  domain,
  selector: 's1',
  keys: [{ key: generateKeyPairSync('ed25519').privateKey }],
  now: Date.parse('2026-11-23T12:00:00Z'),
};

export const lines = (...all: readonly string[]): string => all.map((line) => `${line}\r\n`).join('');
export const link = '<a href="https://x.example/">x</a>';
export const top = ['From: a@example.com', 'To: reader@example.org', 'Message-ID: <1@example.com>'];
export const htmlMail = lines(...top, 'Content-Type: text/html; charset=utf-8', '', `<p>${link}</p>`);

export function run(
  message: string,
  more: Partial<RewriteWish> = {},
  signing?: SignOptions,
): Rewritten & { readonly text: string } {
  const octets = Buffer.from(message, 'latin1');
  const out = rewriteMessage(octets, { ...wish, ...more }, { writer, ...(signing ? { sign: signing } : {}) });
  return { ...out, text: shown(Buffer.from(out.octets).toString('latin1')) };
}

/** Our addresses as `[click 1 https://…]`, `[open]`, `[unsubscribe …]`. */
export const shown = (text: string): string =>
  text.replaceAll(/https:\/\/track\.example\.com(\/[cou]\/[\w-]+)/g, (whole, path: string) => {
    const reading = reader.read(host, path);
    return reading.kind === 'good' ? `[${words(reading.address)}]` : whole;
  });
function words(address: TrackingAddress): string {
  if (address.kind === 'click') return `click ${address.link} ${address.target}`;
  return address.kind === 'open' ? 'open' : `unsubscribe ${address.recipient}`;
}
export const codes = (out: Rewritten): readonly string[] => out.notes.map(({ code }) => code);
export const bodyOf = (text: string): string => text.slice(text.indexOf('\r\n\r\n') + 4);
