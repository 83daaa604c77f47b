/** Answers to challenges (RFC 8555 §8, RFC 8737): put where the authority looks, and taken away again. */
import { createPrivateKey } from 'node:crypto';
import type { DnsName } from '../../dns/name.ts';
import { secureContext, type SecureContext } from '../public-listener.ts';
import { AcmeFault } from './acme-fault.ts';
import type { DnsChallenges } from './dns-challenge.ts';
import { challengeCertificate, newKey } from './request-forms.ts';
import { kept, pemText, splitPem, type CertificateShelf } from './shelf.ts';

export interface PendingChallenges {
  /** RFC 8555 §8.3. From memory, or from the shelf where another machine put it. */
  answer(token: string): Promise<string | undefined>;
  /** RFC 8737 §3, by host. */
  context(host: string): SecureContext | undefined;
  /** Reads what other machines have put on the shelf for `acme-tls/1`. */
  refresh(): Promise<void>;
  /** Puts the answer there and answers how to take it away, which never rejects. */
  put(challenge: WantedChallenge): Promise<() => Promise<void>>;
}

export interface WantedChallenge {
  readonly kind: string;
  readonly host: DnsName;
  readonly token: string;
  /** As `getChallengeKeyAuthorization` of the library answers: for `dns-01` the digest. */
  readonly authorization: string;
  readonly signal: AbortSignal;
}

export interface ChallengesInput {
  readonly shelf: CertificateShelf;
  readonly dns: DnsChallenges | undefined;
  /** Milliseconds until every machine has read the shelf; 0 where there is one machine. */
  readonly settleMs: number;
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  now(): number;
  randomBytes(count: number): Uint8Array;
  log(line: string): void;
}

/** RFC 8555 §8.1: at least 128 bits in base64url. Ours are bounded, as they are asked of files and tables. */
const tokenForm = /^[\w-]{16,200}$/;

export function pendingChallenges(input: ChallengesInput): PendingChallenges {
  const { shelf } = input;
  const answers = new Map<string, string>();
  const contexts = new Map<string, { readonly text: string; readonly context: SecureContext }>();
  const own = new Set<string>();
  const takeContext = (host: string, text: string): void => {
    const parts = splitPem(text);
    if (contexts.get(host)?.text === text || !parts) return;
    // RFC 8737 §3: the protocol is `acme-tls/1`; the listener that asked for this context has settled on it.
    const context = secureContext({ key: parts.key, certificate: parts.chain });
    contexts.set(host, { text, context });
  };
  const away = (what: string, remove: () => Promise<unknown>) => async (): Promise<void> => {
    try {
      await remove();
    } catch (error) {
      input.log(`${what} could not be taken away: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  return {
    answer: async (token) => {
      if (!tokenForm.test(token)) return undefined;
      return answers.get(token) ?? (await shelf.get(kept.challenge(token)));
    },
    context: (host) => contexts.get(host)?.context,
    refresh: async () => {
      const start = kept.alpn('');
      const hosts = (await shelf.names())
        .filter((name) => name.startsWith(start))
        .map((name) => name.slice(start.length));
      for (const host of contexts.keys()) if (!own.has(host) && !hosts.includes(host)) contexts.delete(host);
      await Promise.all(
        hosts.map(async (host) => {
          const text = own.has(host) ? undefined : await shelf.get(kept.alpn(host));
          if (text !== undefined) takeContext(host, text);
        }),
      );
    },
    put: async ({ kind, host, token, authorization, signal }) => {
      switch (kind) {
        case 'http-01': {
          if (!tokenForm.test(token))
            throw new AcmeFault('malformed', 'The authority sends a challenge with a token that is none.');
          answers.set(token, authorization);
          await shelf.put(kept.challenge(token), authorization);
          return away(`The answer to a challenge for ${host}`, async () => {
            answers.delete(token);
            await shelf.remove(kept.challenge(token));
          });
        }
        case 'tls-alpn-01': {
          const key = newKey();
          const serial = input.randomBytes(8);
          serial[0] = 0x40; // positive, and no zero octet in front
          const certificate = challengeCertificate(host, authorization, createPrivateKey(key), {
            now: input.now(),
            serial,
          });
          const text = pemText(key, certificate);
          own.add(host);
          takeContext(host, text);
          await shelf.put(kept.alpn(host), text);
          if (input.settleMs > 0) await input.sleep(input.settleMs, signal);
          return away(`The certificate of a challenge for ${host}`, async () => {
            own.delete(host);
            contexts.delete(host);
            await shelf.remove(kept.alpn(host));
          });
        }
        case 'dns-01': {
          if (!input.dns)
            throw new AcmeFault(
              'challenge',
              `No DNS host is configured that could take the challenge for ${host}. Set dns of its domain, or serve.acme.challenge: http-01.`,
            );
          const remove = await input.dns.put(host, authorization, signal);
          return away(`The record below _acme-challenge.${host}`, remove);
        }
        default:
          throw new Error(`no such challenge: ${kind}`);
      }
    },
  };
}
