/** SMTP TLS reports (RFC 8460 §4) as values. */
import type { ReportRepair } from './aggregate.ts';

export type TlsPolicyType = 'tlsa' | 'sts' | 'no-policy-found';

export interface TlsFailure {
  /** RFC 8460 §4.3, or as written: `certificate-expired`, `sts-policy-fetch-error`… */
  readonly resultType: string;
  readonly sendingMtaIp?: string;
  readonly receivingMxHostname?: string;
  readonly receivingMxHelo?: string;
  readonly receivingIp?: string;
  readonly failedSessions: number;
  readonly additionalInformation?: string;
  readonly reasonCode?: string;
}

export interface TlsPolicyResult {
  readonly policyType: TlsPolicyType | string;
  readonly policyString: readonly string[];
  /** Lower case. */
  readonly policyDomain: string;
  readonly mxHosts: readonly string[];
  readonly successful: number;
  readonly failed: number;
  readonly failures: readonly TlsFailure[];
}

export interface TlsReport {
  readonly kind: 'tls';
  readonly reporter: string;
  readonly contact?: string;
  readonly reportId: string;
  /** Seconds since 1970. */
  readonly range: { readonly begin: number; readonly end: number };
  readonly policies: readonly TlsPolicyResult[];
  readonly repairs: readonly ReportRepair[];
}
