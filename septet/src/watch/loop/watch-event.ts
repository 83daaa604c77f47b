/** What `watch` tells on its way: one value for each thing that happened, for a line of text or of JSON. */
import type { DnsName } from '../../dns/name.ts';

export interface WatchEvent {
  readonly event:
    | 'started'
    | 'checked'
    | 'changed'
    | 'alert'
    | 'settled'
    | 'ramp'
    | 'imported'
    | 'retained'
    | 'told'
    | 'failed'
    | 'waiting'
    | 'goes on'
    | 'notice'
    | 'ended';
  /** Absent where it concerns all domains. */
  readonly domain?: DnsName;
  readonly severity: 'info' | 'warning' | 'error';
  /** One sentence. */
  readonly text: string;
  /** Particulars for programs. */
  readonly more?: Readonly<Record<string, unknown>>;
}

export type Tell = (event: WatchEvent) => void;
