/** Where alerts are sent, and when: the values that the configuration becomes when its secrets have been read. */
import type { StoredAlert } from '../../store/store.ts';
import type { Via } from '../../world/via.ts';

export type AlertSeverity = StoredAlert['severity'];

/** A time of day in a time zone, as `22:00` in `Europe/Vienna`. */
export interface TimeOfDay {
  /** Since midnight by the clock on the wall: 0 to 1439. */
  readonly minutes: number;
  /** A name of the IANA time zone database that `Intl` knows. */
  readonly zone: string;
}

/** From the first (inclusive) to the second (exclusive); over midnight where the second is earlier. Both in one zone. */
export interface QuietHours {
  readonly from: TimeOfDay;
  readonly until: TimeOfDay;
}

/** When a channel is told of what. */
export interface ChannelRules {
  /** What is less severe is not told here. */
  readonly severity: AlertSeverity;
  readonly quiet?: QuietHours;
  /** All that changed in one message a day, at this time. */
  readonly digest?: TimeOfDay;
  /** Whether errors wait for neither the end of the quiet hours nor the digest. */
  readonly errorsAtOnce: boolean;
  /** Messages in any 60 minutes, at least 1; the last of them is a summary of all that is left. */
  readonly mostPerHour: number;
}

/** How a channel is reached. Holds secrets: never for a log, an error or a document. */
export type ChannelTarget =
  | { readonly kind: 'mail'; readonly to: readonly string[]; readonly from: string; readonly via: Via }
  | { readonly kind: 'webhook'; readonly url: string; readonly secret: string }
  | { readonly kind: 'slack'; readonly url: string }
  | { readonly kind: 'ntfy'; readonly url: string; readonly token?: string };

export interface Channel {
  /** `mail`, or `mail-2` for the second of its kind. Its state is kept by this name. */
  readonly id: string;
  readonly target: ChannelTarget;
  readonly rules: ChannelRules;
}

const weights: Readonly<Record<AlertSeverity, number>> = { error: 3, warning: 2, info: 1 };

export const isAtLeast = (severity: AlertSeverity, least: AlertSeverity): boolean =>
  weights[severity] >= weights[least];

/** For sorting: the more severe first. */
export const bySeverity = (a: StoredAlert, b: StoredAlert): number =>
  weights[b.severity] - weights[a.severity] || a.since - b.since || (alertId(a) < alertId(b) ? -1 : 1);

/** Tells the alerts of all domains apart. */
export const alertId = ({ domain, key }: Pick<StoredAlert, 'domain' | 'key'>): string => `${domain} ${key}`;
