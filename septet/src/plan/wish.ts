/** A step as it is wished for, before anybody has looked at what is there. */
import type { DnsName } from '../dns/name.ts';
import type { Mx } from '../dns/rrset.ts';
import type { RecordKey } from '../finding/finding.ts';
import type { SpfNeed } from '../senders/needs.ts';
import type { RampStage } from './intent.ts';
import type { Gate, StepId } from './plan.ts';

/** One step as it is wished for. */
export interface Wish {
  readonly id: StepId;
  readonly record: RecordKey;
  readonly title: string;
  readonly why: string;
  readonly wants: readonly Want[];
  /** Gates besides those of `after`. */
  readonly gates: readonly Gate[];
  /** Steps whose records must be seen everywhere first. */
  readonly after: readonly StepId[];
  /** `firm`: waits even for steps that are blocked. `soft`: those that cannot be planned are only mentioned. */
  readonly order: 'firm' | 'soft';
  readonly notes: readonly string[];
}

/** One RRset, or what takes the place of one. */
export type Want =
  | {
      readonly kind: 'addresses';
      readonly name: DnsName;
      readonly type: 'A' | 'AAAA';
      readonly addresses: readonly string[];
    }
  | { readonly kind: 'ptr'; readonly address: string; readonly helo?: DnsName }
  | {
      readonly kind: 'mx';
      readonly ifAbsent?: true;
      readonly name: DnsName;
      readonly exchanges: readonly Mx[];
      readonly alone: boolean;
    }
  | {
      readonly kind: 'spf';
      readonly name: DnsName;
      readonly needs: readonly SpfNeed[];
      readonly all: 'keep' | 'ramp' | '~' | '-' | '?';
      readonly alone: boolean;
    }
  | {
      readonly kind: 'dkim-key';
      readonly name: DnsName;
      readonly value: string;
      readonly verbatim: boolean;
      /** Part of a rotation: its own gates have seen to it that the key before may go. */
      readonly rotation?: true;
    }
  | {
      readonly kind: 'alias';
      readonly name: DnsName;
      readonly target: DnsName;
      readonly purpose: 'dkim' | 'tracking' | 'return-path' | 'ownership' | 'policy-host' | 'host';
    }
  | { readonly kind: 'txt'; readonly name: DnsName; readonly text: string; readonly replaces?: string }
  /** Something that only the account can tell. */
  | { readonly kind: 'missing'; readonly why: string; readonly cure: string }
  | { readonly kind: 'authorise'; readonly name: DnsName; readonly host: DnsName }
  | { readonly kind: 'dmarc'; readonly name: DnsName; readonly stage: RampStage['name'] }
  | { readonly kind: 'tlsrpt'; readonly name: DnsName; readonly uris: readonly string[] }
  | {
      readonly kind: 'mtasts';
      readonly name: DnsName;
      readonly mode: 'testing' | 'enforce' | 'none';
      /**
       * `rehearsal`: not to announce a policy that enforces already. `cover`: every sender has to fetch the policy anew.
       * `back`: this mode and none that is stricter. `long`: senders keep it for a month; `short` comes before that, and
       * a policy that is kept for longer is none of its business.
       */
      readonly purpose?: 'rehearsal' | 'cover' | 'back' | 'long' | 'short';
    }
  /** A ramp goes back: the only wants that make a record milder. */
  | { readonly kind: 'dmarc-back'; readonly name: DnsName; readonly stage: RampStage['name'] }
  | { readonly kind: 'spf-back'; readonly name: DnsName }
  /** The MTA-STS record goes: no sender holds a policy any more. */
  | { readonly kind: 'mtasts-gone'; readonly name: DnsName }
  | { readonly kind: 'bimi'; readonly name: DnsName; readonly logo: string; readonly certificate?: string };

/** A wish without gates, behind nothing, that waits for no step which cannot be planned. */
export const plain = { gates: [], after: [], order: 'soft', notes: [] } as const satisfies Partial<Wish>;
