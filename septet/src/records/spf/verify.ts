/**
 * Proves that two records judge alike. A verdict changes only where a network of one of them begins or ends; between two
 * such places every address gets the same. So one address of each stretch is judged by check_host() under both records,
 * over the whole of IPv4 and IPv6. That is a proof, not a sample, as long as nothing depends on the message.
 */
import type { DnsName } from '../../dns/name.ts';
import type { Answer, RrType } from '../../dns/rrset.ts';
import { addressText, holdsAddress, networkOf, nobody, wordsToBigint, type AddressSet } from './address-set.ts';
import { parseAddress } from './address.ts';
import { Reach, verdictKeys, type Verdicts } from './address-set-verdicts.ts';
import { spfOf, type Source } from './answers.ts';
import { evaluate } from './evaluate.ts';
import { tableOf } from './flatten-own.ts';
import type { SpfObservation } from './lookup.ts';
import type { SpfResult } from './trace.ts';

export interface VerifyOptions {
  /** Further addresses to judge, as text: random ones, or those of known senders. */
  readonly addresses?: readonly string[];
}

export interface VerifyCounts {
  /** Stretches of addresses between two places where a verdict may change. */
  readonly ip4: number;
  readonly ip6: number;
  /** Further addresses that were judged. */
  readonly addresses: number;
  /** Stretches and addresses that get permerror today because of a limit (RFC 7208 §4.6.4), and now what was meant. */
  readonly mended: number;
}

export type VerifyResult =
  | {
      readonly kind: 'equal';
      readonly counts: VerifyCounts;
      /**
       * Terms whose answer depends on the message. They were judged twice, as if all and as if none of them matched,
       * which is not every case. Empty: the proof is whole.
       */
      readonly partial: readonly string[];
    }
  | {
      readonly kind: 'different';
      /** The first address, as text, that is judged differently. */
      readonly ip: string;
      readonly before: SpfResult;
      readonly after: SpfResult;
      readonly counts: VerifyCounts;
    };

const limits: readonly string[] = ['spf.lookups.exceeded', 'spf.voids.exceeded'];

/** Compares the record of the domain in two observations. Pure. */
export function verify(before: SpfObservation, after: SpfObservation, options: VerifyOptions = {}): VerifyResult {
  const { domain } = before;
  const sources = [tableOf(before.answers).source, tableOf(after.answers).source] as const;
  const dynamic = new Set<string>();
  const meant = new Reach(sources[0]).of(domain);
  const unmatched = new Reach(sources[0], 'unmatched').of(domain);
  const places = new Places();
  for (const source of sources) places.collect(domain, source, dynamic);
  const ip4 = places.ip4();
  const ip6 = places.ip6();
  const counts = { ip4: 0, ip6: 0, addresses: 0, mended: 0 };
  const judge = (ip: string, count: 'ip4' | 'ip6' | 'addresses'): VerifyResult | undefined => {
    counts[count]++;
    for (const matches of dynamic.size > 0 ? [false, true] : [false]) {
      const [old, now] = sources.map((source) => verdictAt(ip, domain, source, matches)) as [SpfResult, SpfResult];
      if (old.result === now.result) continue;
      if (isMended(old, now, matches ? meant : unmatched, ip)) counts.mended++;
      else return { kind: 'different', ip, before: old, after: now, counts };
    }
    return undefined;
  };
  for (const at of ip4) {
    const found = judge(addressText(at), 'ip4');
    if (found) return found;
  }
  for (const at of ip6) {
    const found = judge(addressText(at), 'ip6');
    if (found) return found;
  }
  for (const ip of options.addresses ?? []) {
    const found = judge(ip, 'addresses');
    if (found) return found;
  }
  return { kind: 'equal', counts, partial: [...dynamic] };
}

/** The live record hits a limit, and the new one says what the live one would say without. */
function isMended(old: SpfResult, now: SpfResult, meant: Verdicts | 'none', ip: string): boolean {
  if (old.result !== 'permerror' || !limits.includes(old.problem?.code ?? '') || meant === 'none') return false;
  const address = parseAddress(ip);
  if (!address) return false;
  const value = address.family === 4 ? address.a >>> 0 : wordsToBigint([address.a, address.b, address.c, address.d]);
  const verdict = verdictKeys.find((key) => holdsAddress(meant[key], value));
  return verdict === now.result || (verdict === 'open' && !limits.includes(now.problem?.code ?? ''));
}

/** check_host() for one address. What is not known is answered as if nothing was there, or as if everything matched. */
function verdictAt(ip: string, domain: DnsName, source: Source, matches: boolean): SpfResult {
  const request = { ip, mailFrom: `postmaster@${domain}`, helo: domain };
  const told: Source = (name, type) => source(name, type) ?? imagined(name, type, ip, domain, matches);
  const result = evaluate(request, told);
  if (result.kind !== 'result') throw new TypeError(`${domain}: a question was left open`);
  return result;
}

function imagined<T extends RrType>(name: DnsName, type: T, ip: string, domain: DnsName, matches: boolean): Answer<T> {
  const base = { name, type, server: 'verify', chain: [], dnssec: 'unknown' } as const;
  const isSix = parseAddress(ip)?.family === 6;
  let data: readonly unknown[] = [];
  if (type === 'A') data = [isSix ? '127.0.0.2' : ip];
  else if (type === 'AAAA' && isSix) data = [ip];
  else if (type === 'PTR') data = [domain];
  else if (type === 'TXT') data = [{ strings: ['v=spf1 +all'] }];
  if (!matches || data.length === 0) return { ...base, kind: 'nxdomain', negativeTtlSeconds: 0 };
  return { ...base, kind: 'found', set: { name, type, ttlSeconds: 0, data } } as unknown as Answer<T>;
}

/** IPv4 addresses written as IPv6 are judged as IPv4 (RFC 7208 §5), so `::ffff:0:0/96` says nothing about IPv6. */
const mapped = [0xffff_0000_0000n, 0xffff_ffff_ffffn] as const;

/** Where a verdict may change: the first address of every network, and the first behind it. */
class Places {
  readonly #four = new Set<number>([0]);
  readonly #six = new Set<bigint>([0n, mapped[1] + 1n]);

  collect(domain: DnsName, source: Source, dynamic: Set<string>): void {
    const reach = new Reach(source);
    const seen = new Set<DnsName>();
    const visit = (name: DnsName): void => {
      if (seen.has(name)) return;
      seen.add(name);
      const answer = source(name, 'TXT');
      const record = answer && spfOf(answer).program?.record;
      for (const term of record?.terms ?? []) {
        const spec = 'domain' in term ? term.domain : null;
        if (term.kind !== 'exp' && (spec?.dynamic || term.kind === 'ptr' || term.kind === 'exists'))
          dynamic.add(`${term.text} (${name})`);
        else if (term.kind === 'ip4' || term.kind === 'ip6') this.#add(networkOf(term));
        else if (term.kind === 'a' || term.kind === 'mx') this.#add(reach.ofTerm(term, name).match);
        else if ((term.kind === 'include' || term.kind === 'redirect') && spec?.name) visit(spec.name);
      }
    };
    visit(domain);
  }

  #add(set: AddressSet = nobody): void {
    for (const [first, last] of set.v4) {
      this.#four.add(first);
      if (last < 2 ** 32 - 1) this.#four.add(last + 1);
    }
    for (const [first, last] of set.v6) {
      this.#six.add(first);
      if (last < (1n << 128n) - 1n) this.#six.add(last + 1n);
    }
  }

  ip4(): readonly number[] {
    return [...this.#four].sort((a, b) => a - b);
  }

  ip6(): readonly bigint[] {
    const inside = (value: bigint): boolean => value >= mapped[0] && value <= mapped[1];
    return [...this.#six].filter((value) => !inside(value)).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  }
}
