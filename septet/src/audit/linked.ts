/** Which finding follows from which: a report folds the consequence into its cause. Pure. */
import type { Finding } from '../finding/finding.ts';
import { catalogues } from './catalogues.ts';

/** Findings that say in general what another one says in particular: they follow from it. */
const consequences: readonly { readonly of: RegExp; readonly follows: RegExp; readonly sameName?: true }[] = [
  { of: /^mtasts\.half\.txt_only$/, follows: /^mtasts\.(host\.unresolvable|https\.)/ },
  { of: /^(spf|dmarc|mtasts|tlsrpt|bimi|dkim\.key)\.missing$/, follows: /^dns\.name\./ },
  { of: /^mtasts\.mx\.uncovered$/, follows: /^mtasts\.mx\.wildcard_depth$/ },
  {
    of: /^dns\.cname\.dangling$/,
    follows: /^(dkim\.cname\.dangling|dmarc\.cname|track\.target\.unresolvable)$/,
    sameName: true,
  },
  {
    of: /^dns\.name\./,
    follows:
      /^(dmarc\.location\.|spf\.wrong_location|mtasts\.txt\.location|tlsrpt\.location|bimi\.location|dkim\.name\.)/,
  },
  {
    of: /^dns\.txt\./,
    follows: /^(dmarc\.location\.|spf\.wrong_location|mtasts\.txt\.location|tlsrpt\.location|bimi\.location)/,
    sameName: true,
  },
  { of: /^dns\.txt\.placeholder$/, follows: /^spf\.ip\.documentation$/, sameName: true },
  { of: /^spf\.ip[46]\.invalid$/, follows: /^dns\.txt\.placeholder$/, sameName: true },
  { of: /^dns\.txt\.edge_space$/, follows: /^(spf\.version\.leading_space|dmarc\.v\.bad)$/, sameName: true },
  {
    of: /^dns\.txt\.(duplicate_identical|split_across_records)$/,
    follows:
      /^(spf\.multiple|dmarc\.record\.multiple|dkim\.record\.multiple|mtasts\.txt\.multiple|tlsrpt\.multiple|bimi\.multiple)$/,
    sameName: true,
  },
  // What a home's reader stumbles over where the text was damaged on its way into the DNS.
  {
    of: /^(dkim\.(record\.syntax|p\.(not_base64|pem_armour)|v\.(invalid|not_first|absent)|k\.unknown)|dmarc\.(v\.bad|p\.missing|value\.charset|syntax\.\w+)|spf\.(version\.bad|syntax\.\w+)|mtasts\.txt\.(version|separator|id_format)|tlsrpt\.(version|rua\.list)|bimi\.(v|syntax))$/,
    follows:
      /^dns\.txt\.(literal_quotes|smart_punctuation|backslash_visible|zonefile_pasted|html_entity|line_break|joint_space)$/,
    sameName: true,
  },
  // What is missing in the first part where the rest was cut off or lies in another record.
  {
    of: /^(dkim\.(p\.(missing|truncated)|record\.unrelated_txt)|dmarc\.(p\.missing|rua\.missing|record\.unrelated_txt)|spf\.all\.missing|mtasts\.txt\.(id_missing|version)|tlsrpt\.(rua\.missing|version)|bimi\.(l\.missing|unrelated_txt))$/,
    follows: /^dns\.txt\.(split_across_records|semicolon_truncated)$/,
    sameName: true,
  },
  {
    of: /^((spf|dmarc|mtasts|tlsrpt|bimi)\.missing|mtasts\.half\.policy_only)$/,
    follows: /^dns\.txt\.(?!duplicate|split|placeholder|non_ascii)/,
    sameName: true,
  },
  // What a tag with a fault of its own takes with it.
  { of: /^mtasts\.txt\.id_missing$/, follows: /^mtasts\.txt\.separator$/, sameName: true },
  { of: /^bimi\.l\.missing$/, follows: /^bimi\.syntax$/, sameName: true },
  { of: /^dkim\.p\.missing$/, follows: /^dkim\.(record\.syntax|v\.invalid)$/, sameName: true },
  { of: /^dns\.idn\.mixed_form$/, follows: /^(spf\.syntax\.character|dmarc\.value\.charset)$/, sameName: true },
  {
    of: /^(track\.target\.(unresolvable|wrong)|dkim\.cname\.(dangling|wrong_target))$/,
    follows: /^dns\.target\.(zone_appended|scheme_or_path)$/,
    sameName: true,
  },
  { of: /^mx\.target\.no_address$/, follows: /^dns\.target\.(zone_appended|scheme_or_path)$/ },
  { of: /^dkim\.none_known$/, follows: /^dns\.cname\.(flattened|proxied)$/ },
  { of: /^dkim\.key\.missing$/, follows: /^dns\.cname\.(flattened|proxied)$/, sameName: true },
  { of: /^dmarc\.missing$/, follows: /^dmarc\.record\.spf_here$/, sameName: true },
  { of: /^dns\.query\.temporary$/, follows: /^(spf\.include\.temperror|dmarc\.treewalk\.query_error)$/ },
];

interface Link {
  readonly causes: ReadonlySet<string>;
  readonly sameName: boolean;
}

/** The same by code: thousands of reports a second ask for it. */
const links: ReadonlyMap<string, readonly Link[]> = linksByCode(catalogues.flatMap(({ rows }) => Object.keys(rows)));

function linksByCode(codes: readonly string[]): ReadonlyMap<string, readonly Link[]> {
  const byCode = new Map<string, Link[]>();
  for (const { of, follows, sameName } of consequences) {
    const link: Link = { causes: new Set(codes.filter((code) => follows.test(code))), sameName: sameName === true };
    for (const code of codes) if (of.test(code)) byCode.set(code, [...(byCode.get(code) ?? []), link]);
  }
  return byCode;
}

/** The findings, each with the code of the one that it follows from, where there is one. */
export function linked(findings: readonly Finding[]): readonly Finding[] {
  return findings.map((finding) => {
    for (const link of links.get(finding.code) ?? []) {
      const cause = findings.find(
        (other) =>
          other.record === finding.record &&
          link.causes.has(other.code) &&
          (!link.sameName || other.subject.name === finding.subject.name),
      );
      if (cause) return { ...finding, follows: cause.code };
    }
    return finding;
  });
}
