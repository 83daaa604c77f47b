/**
 * What the mailbox providers demand of senders, as dated data. Levels: `required` of everybody, `required for bulk` of
 * those over the provider's volume, `recommended`. `fact` names what decides the demand (`mailbox-providers.ts`).
 */
import type { Demand } from './report.ts';

/** What a check can know; `message`, `rates` and `connection` are never shown by DNS. */
export type Fact =
  | 'spf'
  | 'dkim'
  | 'spf-or-dkim'
  | 'dmarc'
  | 'ptr'
  | 'helo'
  | 'reachable'
  | 'alignment'
  | 'tls'
  | 'one-click'
  | 'complaints'
  | 'arc';

export interface DemandRow {
  readonly row: string;
  readonly title: string;
  readonly level: Demand['level'];
  readonly fact: Fact;
  /** Words of the provider's page that matter here, in ours. */
  readonly note?: string;
}

export interface ProviderDemands {
  readonly id: string;
  readonly title: string;
  readonly bulk: string;
  readonly source: string;
  readonly seenOn: string;
  readonly rows: readonly DemandRow[];
}

const seenOn = '2026-11-01';

export const mailboxDemands: readonly ProviderDemands[] = [
  {
    id: 'gmail',
    title: 'Gmail',
    bulk: 'bulk: 5,000 messages a day to personal accounts, counted per domain, for good',
    source: 'Google email sender guidelines, support.google.com/a/answer/81126',
    seenOn,
    rows: [
      { row: 'authentication', title: 'SPF or DKIM', level: 'required', fact: 'spf-or-dkim' },
      { row: 'spf', title: 'SPF', level: 'required for bulk', fact: 'spf' },
      {
        row: 'dkim',
        title: 'DKIM',
        level: 'required for bulk',
        fact: 'dkim',
        note: 'keys of 1024 bits at least, 2048 advised',
      },
      { row: 'dmarc', title: 'DMARC', level: 'required for bulk', fact: 'dmarc', note: 'p=none is enough' },
      { row: 'alignment', title: 'alignment with From', level: 'required for bulk', fact: 'alignment' },
      { row: 'ptr', title: 'forward and reverse DNS', level: 'required', fact: 'ptr' },
      { row: 'tls', title: 'TLS', level: 'required', fact: 'tls' },
      {
        row: 'one_click',
        title: 'one-click unsubscribe',
        level: 'required for bulk',
        fact: 'one-click',
        note: 'marketing mail; acted on within 48 hours',
      },
      {
        row: 'complaints',
        title: 'complaints under 0.3 %',
        level: 'required',
        fact: 'complaints',
        note: 'under 0.1 % is the goal',
      },
      { row: 'arc', title: 'ARC when forwarding', level: 'required', fact: 'arc' },
      { row: 'helo', title: 'HELO is a full name', level: 'recommended', fact: 'helo' },
    ],
  },
  {
    id: 'yahoo',
    title: 'Yahoo and AOL',
    bulk: 'bulk: Yahoo publishes no number',
    source: 'Yahoo Sender Hub, senders.yahooinc.com/best-practices',
    seenOn,
    rows: [
      { row: 'authentication', title: 'SPF or DKIM', level: 'required', fact: 'spf-or-dkim' },
      { row: 'spf', title: 'SPF', level: 'required for bulk', fact: 'spf' },
      {
        row: 'dkim',
        title: 'DKIM',
        level: 'required for bulk',
        fact: 'dkim',
        note: 'keys of 1024 bits at least, 2048 advised',
      },
      {
        row: 'dmarc',
        title: 'DMARC',
        level: 'required for bulk',
        fact: 'dmarc',
        note: 'p=none is enough; mail must pass',
      },
      { row: 'alignment', title: 'alignment with From', level: 'required for bulk', fact: 'alignment' },
      { row: 'ptr', title: 'forward and reverse DNS', level: 'required', fact: 'ptr' },
      { row: 'resolvable', title: 'sender domain resolves', level: 'required', fact: 'reachable' },
      {
        row: 'one_click',
        title: 'one-click unsubscribe',
        level: 'required for bulk',
        fact: 'one-click',
        note: 'marketing mail; acted on within 2 days',
      },
      { row: 'complaints', title: 'complaints under 0.3 %', level: 'required', fact: 'complaints' },
      { row: 'tls', title: 'TLS', level: 'recommended', fact: 'tls' },
      { row: 'helo', title: 'HELO is a full name', level: 'recommended', fact: 'helo' },
    ],
  },
  {
    id: 'outlook',
    title: 'Outlook.com',
    bulk: 'bulk: over 5,000 messages a day to consumer domains',
    source: 'Microsoft, Outlook requirements for high-volume senders, 30 April 2025',
    seenOn,
    rows: [
      { row: 'spf', title: 'SPF passes', level: 'required for bulk', fact: 'spf' },
      { row: 'dkim', title: 'DKIM passes', level: 'required for bulk', fact: 'dkim' },
      { row: 'dmarc', title: 'DMARC', level: 'required for bulk', fact: 'dmarc', note: 'p=none is enough' },
      {
        row: 'alignment',
        title: 'alignment with From',
        level: 'required for bulk',
        fact: 'alignment',
        note: 'both SPF and DKIM preferred',
      },
      { row: 'ptr', title: 'reverse DNS', level: 'required', fact: 'ptr' },
      { row: 'reachable', title: 'From and Reply-To receive mail', level: 'required for bulk', fact: 'reachable' },
      { row: 'unsubscribe', title: 'a working unsubscribe link', level: 'recommended', fact: 'one-click' },
      { row: 'tls', title: 'TLS', level: 'recommended', fact: 'tls' },
      { row: 'helo', title: 'HELO is a full name', level: 'recommended', fact: 'helo' },
    ],
  },
  {
    id: 'icloud',
    title: 'iCloud Mail',
    bulk: 'no threshold: it holds for everybody',
    source: 'Apple, support.apple.com/en-us/102322',
    seenOn,
    rows: [
      { row: 'spf', title: 'SPF', level: 'required', fact: 'spf' },
      { row: 'dkim', title: 'DKIM', level: 'required', fact: 'dkim' },
      { row: 'dmarc', title: 'a DMARC policy', level: 'required', fact: 'dmarc' },
      { row: 'ptr', title: 'reverse DNS', level: 'required', fact: 'ptr' },
      { row: 'reachable', title: 'sender domain exists and receives', level: 'required', fact: 'reachable' },
      { row: 'unsubscribe', title: 'an unsubscribe link', level: 'required', fact: 'one-click' },
      { row: 'arc', title: 'ARC when forwarding', level: 'required', fact: 'arc' },
      { row: 'alignment', title: 'alignment with From', level: 'recommended', fact: 'alignment' },
    ],
  },
];
