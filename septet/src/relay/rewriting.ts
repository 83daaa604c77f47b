/** Whether and how a message is rewritten on its way: by the domain of its author (RFC 5322 §3.6.2). */
import type { DnsName } from '../dns/name.ts';
import { authorOf } from '../mail/author-of.ts';
import { parseHeader } from '../mail/parse-header.ts';
import type { SignOptions } from '../proof/dkim/sign.ts';
import { rewriteMessage } from '../rewrite/rewrite.ts';
import type { TokenWriter } from '../rewrite/tracking-token.ts';
import type { RewriteWish } from '../rewrite/wish.ts';
import type { RelayLog, RewritingTold } from './relay-log.ts';

export interface RelayedEnvelope {
  readonly mailFrom: string;
  readonly recipients: readonly string[];
}

export interface RewrittenOnTheWay {
  /** The very octets that came in where nothing was changed. */
  readonly octets: Uint8Array;
  readonly told: RewritingTold;
}

export interface Rewriting {
  /** Never rejects: what cannot be rewritten passes through untouched, and is told. */
  rewrite(octets: Uint8Array, envelope: RelayedEnvelope): Promise<RewrittenOnTheWay>;
  /** Whether anything may be done to a message with this header; false spares reading its body. */
  concerns(header: Uint8Array): boolean;
}

const untouched: RewritingTold = { kind: 'untouched', links: 0, signed: false, notes: [] };

/** Everything passes through. */
export const noRewriting: Rewriting = {
  rewrite: async (octets) => ({ octets, told: untouched }),
  concerns: () => false,
};

/** What is done to the mail of one domain. */
export interface RelayedDomain {
  readonly wish: Omit<RewriteWish, 'recipient' | 'message'>;
  /** The keys that sign what was changed; absent: none is known. */
  readonly sign?: Omit<SignOptions, 'now'>;
}

/** What holds now; keys change while the relay runs. */
export interface RewritingParts {
  /** By the domain of the author. */
  readonly domains: ReadonlyMap<DnsName, RelayedDomain>;
  readonly writer: TokenWriter;
}

export interface RewritingOptions {
  parts(): RewritingParts;
  /** Milliseconds since 1970. */
  now(): number;
  readonly log: RelayLog;
}

export function rewritingBy({ parts, now, log }: RewritingOptions): Rewriting {
  const domainOf = (octets: Uint8Array): RelayedDomain | undefined => {
    const author = authorOf(parseHeader(octets));
    return author.kind === 'one' ? parts().domains.get(author.domain) : undefined;
  };
  const fault = (error: unknown): void =>
    log({ event: 'fault', why: error instanceof Error ? (error.stack ?? error.name) : typeof error });
  return {
    concerns(header) {
      try {
        return domainOf(header) !== undefined;
      } catch (error) {
        fault(error);
        return false;
      }
    },
    async rewrite(octets, { recipients }) {
      try {
        const domain = domainOf(octets);
        if (!domain) return { octets, told: untouched };
        const [only = '', second] = recipients;
        const rewritten = rewriteMessage(
          octets,
          // One message to several recipients has one set of links: nobody of them is meant.
          { ...domain.wish, recipient: second === undefined ? textOf(only) : '' },
          { writer: parts().writer, ...(domain.sign ? { sign: { ...domain.sign, now: now() } } : {}) },
        );
        const { links, signed } = rewritten.changed;
        const kind = rewritten.octets === octets ? 'untouched' : 'rewritten';
        return {
          octets: rewritten.octets,
          told: { kind, links, signed, notes: [...new Set(rewritten.notes.map(({ code }) => code))] },
        };
      } catch (error) {
        fault(error);
        return { octets, told: { ...untouched, kind: 'failed' } };
      }
    },
  };
}

/** Paths come one character an octet; a recipient of SMTPUTF8 is UTF-8. */
const textOf = (path: string): string => Buffer.from(path, 'latin1').toString('utf8');
