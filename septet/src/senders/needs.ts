/**
 * What one configured sender needs in the DNS of a domain, as data: which names must let it pass by SPF, where its DKIM
 * keys stand, its return path, its proofs of ownership. `needs-of.ts` makes these from the sender's settings; `plan/`
 * makes steps of them.
 */
import type { DnsName } from '../dns/name.ts';
import type { Mx } from '../dns/rrset.ts';

/** One sender of a domain as the configuration names it: a profile or an app, and the account's own values. */
export interface SenderSetting {
  /** The key of the sender kind: `ses`, `postfix`, `google-workspace`, `acellemail`, `custom`… (`kinds.ts`). */
  readonly kind: string;
  /** As the configuration gives them, already checked against the kind's fields. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Where the setting stands, for error messages: `septet.yaml:7:11`. */
  readonly place?: string;
}

export interface SenderNeeds {
  /** The kind, and a number when a kind is used twice: `ses`, `ses-2`. Part of step ids. */
  readonly id: string;
  /** For a person: `Amazon SES`. */
  readonly title: string;
  readonly spf: readonly SpfNeed[];
  readonly dkim: readonly DkimNeed[];
  /** Records that must stand as they are: return paths, proofs of ownership, addresses of the sender's own host. */
  readonly records: readonly RecordNeed[];
  /** Exchanges, where the sender also hosts the domain's mailboxes and the configuration names no MX of its own. */
  readonly mx: readonly Mx[];
  /** Addresses that connect to receivers with this domain, for PTR, HELO and the authorisation of SPF. */
  readonly hosts: readonly HostNeed[];
  /** Sentences for a person: what to compare with the dashboard, warnings about short keys. */
  readonly notes: readonly SenderNote[];
  /** The facts were read from others than the vendor: "please compare with your dashboard". */
  readonly compareWithDashboard: boolean;
}

export interface SenderNote {
  readonly severity: 'warning' | 'info';
  readonly text: string;
}

export interface SpfNeed {
  /** The name whose record is asked: the domain, or a MAIL FROM name below it. */
  readonly name: DnsName;
  /** SPF mechanisms that must pass, in text, without qualifier: `include:amazonses.com`, `ip4:192.0.2.10`. */
  readonly mechanisms: readonly string[];
  /** Targets of older instructions that the mechanisms replace: `spf.sendinblue.com`. */
  readonly retired: readonly string[];
  /** The name sends nothing but this sender's mail, so that `-all` may end the record at once. */
  readonly alone: boolean;
}

/** `domain`: the sub-domain that signs (`d=`), where it is not the domain itself. */
export type DkimNeed =
  | { readonly kind: 'cname'; readonly selector: string; readonly target: DnsName; readonly domain?: DnsName }
  /** The value is published as given, to the letter. */
  | {
      readonly kind: 'txt';
      readonly selector: string;
      readonly value: string;
      readonly verbatim: boolean;
      readonly domain?: DnsName;
    }
  /** Septet keeps the key pair itself (`septet dkim generate`); the public half is looked up by selector. */
  | { readonly kind: 'own-key'; readonly selector: string }
  /** The account has not told yet; a sentence says where to find it. */
  | { readonly kind: 'missing'; readonly selector?: string; readonly where: string };

export type RecordNeed =
  /** An alias: nothing else may stand at the name. */
  | {
      readonly type: 'CNAME';
      readonly name: DnsName;
      readonly target: DnsName;
      readonly why: string;
      readonly purpose: NeedPurpose;
    }
  /** The only MX of the name. */
  | {
      readonly type: 'MX';
      readonly name: DnsName;
      readonly exchanges: readonly Mx[];
      readonly why: string;
      readonly purpose: NeedPurpose;
    }
  /** One TXT among others. Another text that begins with `replaces` is an older form of the same. */
  | {
      readonly type: 'TXT';
      readonly name: DnsName;
      readonly text: string;
      readonly replaces?: string;
      readonly why: string;
      readonly purpose: NeedPurpose;
    }
  | {
      readonly type: 'A' | 'AAAA';
      readonly name: DnsName;
      readonly addresses: readonly string[];
      readonly why: string;
      readonly purpose: NeedPurpose;
    };

export type NeedPurpose = 'return-path' | 'ownership' | 'tracking' | 'host';

export interface HostNeed {
  /** Canonical text. */
  readonly address: string;
  /** What the host says in HELO; its PTR shall name it and it shall resolve back. */
  readonly helo?: DnsName;
}
