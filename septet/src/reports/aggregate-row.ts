/** From the texts of one `<record>` to a row. */
import { formatAddress, mappedIpv4, parseAddress } from '../dns/address.ts';
import type { AggregateRow, DkimAuth, PolicyOverride, SpfAuth } from './aggregate.ts';
import { slotsOf } from './aggregate-elements.ts';
import { ownCopy, remembering } from './intern.ts';
import type { Repairs } from './repairs.ts';
import { shown } from './repairs.ts';
import { aligned, dispositions, dkimWords, scopes, spfWords, wordOf } from './report-words.ts';

/** By slot; what the report does not say is undefined. */
export type Texts = (string | undefined)[];

type Open<T> = { -readonly [Key in keyof T]: T[Key] };

export interface RowCollector {
  /** At the end of `<reason>`, `<dkim>` and `<spf>`. */
  reason(texts: Texts, row: number): void;
  dkim(texts: Texts, row: number): void;
  spf(texts: Texts, row: number): void;
  /** At the end of `<record>`; `undefined` where it cannot be counted. */
  record(texts: Texts, row: number): AggregateRow | undefined;
}

/** More messages in one row than any receiver takes from one address in a period: such a row is an error. */
const maxRowMessages = 10_000_000_000; // house
/** Signatures, SPF results or reasons of one row that are kept. */
const maxOfRow = 100; // house

/** `repairs` is told what was mended. */
export function rowCollector(repairs: Repairs): RowCollector {
  let reasons: PolicyOverride[] = [];
  let dkims: DkimAuth[] = [];
  let spfs: SpfAuth[] = [];
  const address = remembering(canonical);
  const domainName = remembering(domainText);
  const word = remembering(ownCopy);

  const room = (list: readonly unknown[], what: string, row: number): boolean => {
    if (list.length < maxOfRow) return true;
    repairs.note('limit.row', `a row has more than ${maxOfRow} ${what}; the others are passed over`, row);
    return false;
  };

  return {
    reason(texts, row) {
      const type = texts[slotsOf.reasonType]?.trim().toLowerCase() ?? '';
      const comment = texts[slotsOf.reasonComment]?.trim() ?? '';
      texts[slotsOf.reasonType] = texts[slotsOf.reasonComment] = undefined;
      if (type === '' && comment === '')
        repairs.note('reason.empty', 'a <reason> says nothing; it is passed over', row);
      else if (room(reasons, 'reasons', row)) {
        if (type === '') repairs.note('reason.type_missing', 'a <reason> has no type; it counts as other', row);
        const reason: Open<PolicyOverride> = { type: type === '' ? 'other' : word(type) };
        if (comment !== '') reason.comment = word(comment);
        reasons.push(reason);
      }
    },
    dkim(texts, row) {
      if (room(dkims, 'DKIM results', row)) {
        const result = wordOf(texts[slotsOf.dkimResult], dkimWords, 'dkim result', repairs, row) ?? 'none';
        const auth: Open<DkimAuth> = { domain: domainName(texts[slotsOf.dkimDomain] ?? ''), result };
        const selector = texts[slotsOf.dkimSelector];
        if (selector !== undefined && selector !== '') auth.selector = word(selector);
        const human = texts[slotsOf.dkimHuman];
        if (human !== undefined && human !== '') auth.humanResult = word(human);
        dkims.push(auth);
      }
      texts[slotsOf.dkimResult] = texts[slotsOf.dkimDomain] = undefined;
      texts[slotsOf.dkimSelector] = texts[slotsOf.dkimHuman] = undefined;
    },
    spf(texts, row) {
      if (room(spfs, 'SPF results', row)) {
        const result = wordOf(texts[slotsOf.spfResult], spfWords, 'spf result', repairs, row) ?? 'none';
        const auth: Open<SpfAuth> = { domain: domainName(texts[slotsOf.spfDomain] ?? ''), result };
        const scope = wordOf(texts[slotsOf.spfScope], scopes, 'scope', repairs, row);
        if (scope !== undefined) auth.scope = scope;
        const human = texts[slotsOf.spfHuman];
        if (human !== undefined && human !== '') auth.humanResult = word(human);
        spfs.push(auth);
      }
      texts[slotsOf.spfResult] = texts[slotsOf.spfDomain] = undefined;
      texts[slotsOf.spfScope] = texts[slotsOf.spfHuman] = undefined;
    },
    record(texts, row) {
      const kept = { reasons, dkims, spfs };
      if (reasons.length > 0) reasons = [];
      if (dkims.length > 0) dkims = [];
      if (spfs.length > 0) spfs = [];
      const written = texts[slotsOf.sourceIp] ?? '';
      const sourceIp = address(written);
      if (sourceIp === '') {
        const what =
          written.trim() === '' ? 'no <source_ip>' : `the <source_ip> ${shown(written.trim())}, which is no address`;
        repairs.note(
          'row.address',
          `a row has ${what}; it is passed over, because nobody can tell whose mail it counts`,
          row,
        );
        return undefined;
      }
      const count = countOf(texts[slotsOf.count], repairs, row);
      if (count === undefined) return undefined;
      const headerFrom = domainName(texts[slotsOf.headerFrom] ?? '') || domainName(texts[slotsOf.domain] ?? '');
      if (texts[slotsOf.headerFrom] === undefined || texts[slotsOf.headerFrom] === '')
        repairs.note('row.header_from', 'a row has no <header_from>; the domain of the policy stands for it', row);
      const disposition = wordOf(texts[slotsOf.disposition], dispositions, 'disposition', repairs, row);
      if (texts[slotsOf.disposition] === undefined)
        repairs.note('row.disposition', 'a row has no <disposition>; it counts as none', row);
      const made: Open<AggregateRow> = {
        sourceIp,
        count,
        disposition: disposition ?? 'none',
        reasons: kept.reasons.length > 0 ? kept.reasons : none,
        headerFrom,
        dkimAuth: kept.dkims.length > 0 ? kept.dkims : none,
        spfAuth: kept.spfs.length > 0 ? kept.spfs : none,
      };
      const dkim = wordOf(texts[slotsOf.dkim], aligned, 'dkim', repairs, row);
      if (dkim !== undefined) made.dkim = dkim;
      const spf = wordOf(texts[slotsOf.spf], aligned, 'spf', repairs, row);
      if (spf !== undefined) made.spf = spf;
      const from = texts[slotsOf.envelopeFrom];
      if (from !== undefined && from !== '') made.envelopeFrom = domainName(from);
      const to = texts[slotsOf.envelopeTo];
      if (to !== undefined && to !== '') made.envelopeTo = domainName(to);
      return made;
    },
  };
}

const none: readonly never[] = [];

/** Lower case, without blanks and the dot of the root. */
export function domainText(text: string): string {
  const lower = text.trim().toLowerCase();
  return lower.endsWith('.') && lower.length > 1 ? lower.slice(0, -1) : lower;
}

/** Canonical text; of an IPv4-mapped address the IPv4 address, because that is what connected. `''` for no address. */
function canonical(text: string): string {
  const bare = text.trim().replace(/^\[(?:ipv6:)?(.*)\]$/i, '$1');
  const address = parseAddress(bare);
  if (address === undefined) return '';
  return ownCopy(formatAddress(mappedIpv4(address) ?? address));
}

function countOf(text: string | undefined, repairs: Repairs, row: number): number | undefined {
  if (text === undefined || text.trim() === '') {
    repairs.note('count.missing', 'a row has no <count>; it is passed over', row);
    return undefined;
  }
  const count = wholeNumber(text);
  if (count !== undefined && count <= maxRowMessages) return count;
  const code = /^\s*-/.test(text) ? 'count.negative' : count === undefined ? 'count.unreadable' : 'count.absurd';
  repairs.note(code, `a row counts ${shown(text.trim(), 40)} messages, which cannot be; it is passed over`, row);
  return undefined;
}

/** A whole number from 0 on, with blanks around it or `.0` behind it; `undefined` for anything else. */
export function wholeNumber(text: string): number | undefined {
  let value = 0;
  const { length } = text;
  if (length > 0 && length < 16) {
    let at = 0;
    for (; at < length; at++) {
      const digit = text.charCodeAt(at) - 48;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    if (at === length) return value;
  }
  const trimmed = text.trim();
  if (!/^\+?\d{1,30}(?:\.0{1,30})?$/.test(trimmed)) return undefined;
  return Number(trimmed);
}
