/** The value of a DMARC record, and what can be wrong with its text. */
import type { ReportUri } from './uri.ts';

export type Policy = 'none' | 'quarantine' | 'reject';
/** A policy as written: one of the three words, or text that is none of them and spoils the whole record. */
export type PolicyTag = Policy | { readonly invalid: string };
export type Alignment = 'r' | 's';
export type FailureOption = '0' | '1' | 'd' | 's';

export interface DmarcRecord {
  readonly p?: PolicyTag;
  /** Present when another tag stands between `v` and `p`, which RFC 7489 §6.4 forbids. */
  readonly pLate?: true;
  readonly sp?: PolicyTag;
  readonly np?: PolicyTag;
  readonly t?: 'y' | 'n';
  readonly psd?: 'y' | 'n' | 'u';
  readonly adkim?: Alignment;
  readonly aspf?: Alignment;
  readonly fo?: readonly FailureOption[];
  /** Usable URIs only: absent without the tag, empty when the tag holds none. */
  readonly rua?: readonly ReportUri[];
  readonly ruf?: readonly ReportUri[];
  /** Per cent, 0 to 100 (RFC 7489 §6.3). */
  readonly pct?: number;
  readonly rf?: string;
  readonly ri?: string;
  /** Tags that no RFC knows, in order. */
  readonly unknown?: readonly { readonly name: string; readonly value: string }[];
}

/** What can be wrong with the text of a record. Each is a row of the catalogue. */
export type ProblemCode =
  | 'dmarc.v.bad'
  | 'dmarc.syntax.separator'
  | 'dmarc.syntax.glued'
  | 'dmarc.syntax.duplicate_tag'
  | 'dmarc.tag.unknown'
  | 'dmarc.tag.empty_value'
  | 'dmarc.tag.case'
  | 'dmarc.value.charset'
  | 'dmarc.p.missing'
  | 'dmarc.p.invalid'
  | 'dmarc.p.not_second'
  | 'dmarc.sp.invalid'
  | 'dmarc.np.invalid'
  | 'dmarc.t.invalid'
  | 'dmarc.psd.invalid'
  | 'dmarc.adkim_aspf.invalid'
  | 'dmarc.fo.invalid'
  | 'dmarc.pct.invalid'
  | 'dmarc.rf_ri.removed'
  | 'dmarc.rua.syntax'
  | 'dmarc.rua.size_suffix';
