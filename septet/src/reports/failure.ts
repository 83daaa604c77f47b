/**
 * DMARC failure reports (RFC 9991, RFC 6591, ARF of RFC 5965) as values. They hold personal data: addresses and parts of a
 * person's mail. `redacted` is what may be stored without being asked.
 */
import type { ReportRepair } from './aggregate.ts';

export interface FailureReport {
  readonly kind: 'failure';
  readonly reporter: string;
  /** Of the message that brought it, or made of its content, so that one report counts once. */
  readonly reportId: string;
  /** `auth-failure` of RFC 6591, or as written. */
  readonly feedbackType: string;
  /** Seconds since 1970, where the report tells. */
  readonly arrival?: number;
  readonly reportedDomain: string;
  readonly sourceIp?: string;
  /** `dkim`, `spf`, `dmarc`, `signature`, `bodyhash`, `revoked`… (RFC 6591 §3.1, RFC 9991). */
  readonly authFailure: readonly string[];
  readonly deliveryResult?: string;
  readonly identityAlignment?: readonly string[];
  readonly dkimDomain?: string;
  readonly dkimSelector?: string;
  readonly dkimIdentity?: string;
  readonly spfDns?: string;
  /** As the reporter wrote it. */
  readonly authenticationResults?: string;
  readonly incidents: number;
  readonly userAgent?: string;
  readonly person: FailurePerson;
  readonly repairs: readonly ReportRepair[];
}

/** Personal data; empty after `redacted`. */
export interface FailurePerson {
  readonly originalMailFrom?: string;
  readonly originalRcptTo?: readonly string[];
  readonly subject?: string;
  readonly headerFrom?: string;
  readonly messageId?: string;
  /** The header of the reported message, or all of it, bounded. */
  readonly sample?: string;
}
