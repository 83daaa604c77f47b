/** What an evaluation reads from: DNS answers by name and type, and the SPF record inside a TXT answer. */
import type { DnsName } from '../../dns/name.ts';
import { txtText } from '../../dns/rrset.ts';
import type { Answer, RrType, Txt } from '../../dns/rrset.ts';
import { parseIp4, parseIp6, wordMask } from './address.ts';
import { isSpfText, parse } from './record.ts';
import type { SpfParsed, SpfRecord } from './record.ts';
import type { Qualifier } from './term.ts';

/** Says what is known without waiting. `undefined` means that the question has not been asked yet. */
export type Source = <T extends RrType>(name: DnsName, type: T) => Answer<T> | undefined;

export type Question = readonly [name: DnsName, type: RrType];

/** Answers kept by name and type. `source` reads them. */
export class AnswerTable {
  readonly #byType = new Map<RrType, Map<DnsName, Answer>>();

  add(answer: Answer): void {
    let names = this.#byType.get(answer.type);
    if (!names) this.#byType.set(answer.type, (names = new Map()));
    names.set(answer.name, answer);
  }

  get<T extends RrType>(name: DnsName, type: T): Answer<T> | undefined {
    return this.#byType.get(type)?.get(name) as Answer<T> | undefined;
  }

  readonly source: Source = (name, type) => this.get(name, type);
}

/** What a set of TXT records holds for SPF. `texts` are those that select themselves as SPF records (RFC 7208 §4.5). */
export interface SpfOfTxt {
  readonly texts: readonly string[];
  /** `none` without such a text, `multiple` with more than one, `bad` and `good` as the parser says. */
  readonly kind: 'none' | 'multiple' | 'bad' | 'good';
  readonly parsed?: SpfParsed;
  readonly program?: Program;
}

/** Kinds of instruction. The order is that of `instructions`. */
export const op = { all: 0, ip4: 1, ip6: 2, include: 3, a: 4, mx: 5, ptr: 6, exists: 7, modifier: 8 } as const;
/** Integers per instruction: kind, result when it matches, four words of address, four words of mask. */
export const stride = 10;
/** Result numbers, in the order of the qualifiers + - ~ ?. */
const resultOf: Readonly<Record<Qualifier, number>> = { '+': 0, '-': 1, '~': 2, '?': 3 };

/** A record laid out for evaluation: one block of `stride` integers per term, in the order of the terms. */
export interface Program {
  readonly record: SpfRecord;
  readonly code: Int32Array;
  /** The text of each term, for the trace. */
  readonly texts: readonly string[];
}

// A memo keyed by immutable data: the same TXT data is read once, however often its answer is handed out.
const readings = new WeakMap<readonly Txt[], SpfOfTxt>();
const nothing: SpfOfTxt = { texts: [], kind: 'none' };

/** The SPF record in an answer to a TXT question; read once per set of data. */
export function spfOf(answer: Answer<'TXT'> | Answer<'SPF'>): SpfOfTxt {
  if (answer.kind !== 'found') return nothing;
  const data = answer.set.data;
  let reading = readings.get(data);
  if (!reading) readings.set(data, (reading = readTxt(data)));
  return reading;
}

function readTxt(data: readonly Txt[]): SpfOfTxt {
  const texts = data.map(txtText).filter(isSpfText);
  const text = texts[0];
  if (text === undefined) return nothing;
  if (texts.length > 1) return { texts, kind: 'multiple' };
  const parsed = parse(text);
  if (parsed.kind !== 'good') return { texts, kind: 'bad', parsed };
  return { texts, kind: 'good', parsed, program: compile(parsed.value) };
}

function compile(record: SpfRecord): Program {
  const code = new Int32Array(record.terms.length * stride);
  record.terms.forEach((term, index) => {
    const at = index * stride;
    if (!('qualifier' in term)) {
      code[at] = op.modifier;
      return;
    }
    code[at] = op[term.kind];
    code[at + 1] = resultOf[term.qualifier];
    if (term.kind === 'ip4') {
      const mask = wordMask(term.prefix);
      code[at + 2] = term.address & mask;
      code[at + 6] = mask;
    } else if (term.kind === 'ip6') {
      term.address.forEach((word, k) => {
        const mask = wordMask(term.prefix, 32 * k);
        code[at + 2 + k] = word & mask;
        code[at + 6 + k] = mask;
      });
    } else if (term.kind === 'a' || term.kind === 'mx') {
      code[at + 2] = wordMask(term.prefix4);
      for (let k = 0; k < 4; k++) code[at + 6 + k] = wordMask(term.prefix6, 32 * k);
    }
  });
  return { record, code, texts: record.terms.map((term) => term.text) };
}

const hosts = new WeakMap<readonly string[], Int32Array>();

/** The addresses of an A answer (one word each) or an AAAA answer (four words each); read once per set of data. */
export function wordsOf(data: readonly string[], family: 4 | 6): Int32Array {
  let all = hosts.get(data);
  if (!all) {
    all = new Int32Array(family === 4 ? data.length : data.length * 4);
    for (const [index, text] of data.entries()) {
      if (family === 4) all[index] = parseIp4(text) | 0;
      else {
        const words = parseIp6(text);
        if (words) all.set(words, index * 4);
      }
    }
    hosts.set(data, all);
  }
  return all;
}
