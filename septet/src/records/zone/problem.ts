/** What can be wrong with the text of a TXT value, whichever record it is. */
import type { Problem } from '../../text/parsed.ts';

export type TextCode =
  | 'dns.txt.chunk_over_255'
  | 'dns.txt.joint_space'
  | 'dns.txt.literal_quotes'
  | 'dns.txt.smart_punctuation'
  | 'dns.txt.backslash_visible'
  | 'dns.txt.semicolon_truncated'
  | 'dns.txt.zonefile_pasted'
  | 'dns.txt.html_entity'
  | 'dns.txt.line_break'
  | 'dns.txt.edge_space'
  | 'dns.txt.placeholder'
  | 'dns.txt.non_ascii'
  | 'dns.idn.mixed_form';

export interface TextProblem extends Problem<TextCode> {
  /** Only where it differs from the leading severity of the code. */
  readonly severity?: 'warning';
}
