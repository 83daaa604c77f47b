/**
 * Why a signature does not fit the header (RFC 6376 §3.7 step 2). Guesses at what was signed are hashed and compared with
 * the hash that the signature holds: the fields one by one, then the likely changes of several fields together.
 */
import { createHash, type Hash } from 'node:crypto';
import type { Field, Header } from '../../mail/header.ts';
import { canonicalSignature, withoutSignature } from './canonical.ts';
import type { DigestCheck } from './explain-digest.ts';
import type { Form } from './explain-lines.ts';
import {
  copyOptions,
  type FieldChange,
  type Option,
  optionGroups,
  type OptionInput,
  respacedOptions,
  slotText,
} from './explain-options.ts';
import { foldedTags, spacings } from './explain-values.ts';
import { selectFields } from './select.ts';
import type { CopiedField } from './signature.ts';

export interface SignedHeader {
  readonly header: Header;
  /** The DKIM-Signature. */
  readonly signature: Field;
  readonly form: Form;
  /** `h=` as written, in order. */
  readonly names: readonly string[];
  /** `z=`, where the signature has it. */
  readonly copies?: readonly CopiedField[];
  partValues(key: string): readonly string[];
}

/** At most so many fields are taken to have changed at once. */
const maxTogether = 4; // house
/** Names in `h=` for which guesses are made. */
const maxNames = 60; // house

/**
 * What was done to the signed fields, each change proved by the hash in the signature; with `z=` alone likely. `[]` where
 * the header fits, or where nothing that was tried does. Bounded by `check.tries` hashes; never throws.
 */
export function explainHeader(signed: SignedHeader, check: DigestCheck): readonly FieldChange[] {
  const input: OptionInput = {
    header: signed.header,
    form: signed.form,
    names: signed.names.slice(0, maxNames),
    partValues: (key) => signed.partValues(key),
  };
  const trial = trialOf(signed, check);
  if (trial([])) return [];

  const copied = copyOptions(signed.copies ?? [], input);
  if (copied.length > 0 && trial(copied)) return changesOf(copied);

  const groups = [...optionGroups(input), signatureGroup(signed)];
  for (const group of groups) {
    for (const option of group.likely) if (trial([option])) return [option.change];
  }
  if (signed.form === 'simple') {
    for (const options of respacedOptions(input)) if (trial(options)) return changesOf(options);
  }
  const pair = together(groups, 2, trial, Math.floor(check.tries / 4));
  if (pair) return changesOf(pair);
  for (const group of groups) {
    for (const option of group.all.slice(group.likely.length)) if (trial([option])) return [option.change];
  }
  for (let count = 2; count <= maxTogether; count++) {
    const several = together(groups, count, trial, Math.floor(check.tries / 2));
    if (several) return changesOf(several);
  }
  return changesOf(copied).map((change) => ({ ...change, certainty: 'likely' as const }));
}

const changesOf = (options: readonly Option[]): readonly FieldChange[] => options.map((option) => option.change);

/** Whether the header fits with these options in place; `false` too when no more guesses are left. */
type Trial = (options: readonly Option[]) => boolean;

function trialOf(signed: SignedHeader, check: DigestCheck): Trial {
  const selected = selectFields(signed.header.fields, signed.names);
  const texts = selected.map((field) => slotText(field, signed.form));
  texts.push(canonicalSignature(signed.signature, signed.form));
  /** The hash before each place. */
  const states: Hash[] = [];
  const hash = createHash('sha256');
  for (const text of texts) {
    states.push(hash.copy());
    hash.update(text, 'latin1');
  }
  const rests: string[] = Array.from({ length: texts.length + 1 }, () => '');
  for (let place = texts.length - 1; place >= 0; place--)
    rests[place] = (texts[place] ?? '') + (rests[place + 1] ?? '');
  let left = check.tries;
  return (options) => {
    if (left-- <= 0) return false;
    const slots = options.flatMap((option) => option.slots).toSorted(([one], [other]) => one - other);
    let next = slots[0]?.[0] ?? 0;
    const state = states[next]?.copy();
    if (!state) return false;
    for (const [place, text] of slots) {
      if (place < next) return false;
      state.update(texts.slice(next, place).join('') + text, 'latin1');
      next = place + 1;
    }
    return check.fits(state.update(rests[next] ?? '', 'latin1').digest());
  };
}

/** The signature field itself, folded in another way. */
function signatureGroup(signed: SignedHeader): {
  readonly key: string;
  readonly likely: readonly Option[];
  readonly all: readonly Option[];
} {
  const { signature, form } = signed;
  const place = signed.names.length;
  const now = canonicalSignature(signature, form);
  const texts = new Set<string>();
  const written = signature.raw.slice(signature.colon + 1);
  const unsigned = withoutSignature(signature.raw).slice(signature.colon + 1);
  for (const value of [...spacings(written), ...(form === 'simple' ? foldedTags(unsigned) : [])]) {
    const text = canonicalSignature({ ...signature, raw: signature.raw.slice(0, signature.colon + 1) + value }, form);
    if (text !== now) texts.add(text);
  }
  const change: FieldChange = {
    kind: 'field',
    field: signature.name,
    how: 'refolded',
    line: signature.line,
    certainty: 'proved',
  };
  const all = [...texts].map((text): Option => ({ slots: [[place, text]], change }));
  return { key: signature.key, likely: all.slice(0, 4), all };
}

/** The first set of likely options of `count` different names that fits. Spends at most `most` guesses. */
function together(
  groups: readonly { readonly likely: readonly Option[] }[],
  count: number,
  trial: Trial,
  most: number,
): readonly Option[] | undefined {
  const purse = { left: most };
  const go = (from: number, wanted: number, chosen: readonly Option[]): readonly Option[] | undefined => {
    if (wanted === 0) return purse.left-- > 0 && trial(chosen) ? chosen : undefined;
    for (let at = from; at <= groups.length - wanted && purse.left > 0; at++) {
      for (const option of groups[at]?.likely ?? []) {
        const found = go(at + 1, wanted - 1, [...chosen, option]);
        if (found) return found;
        if (purse.left <= 0) return undefined;
      }
    }
    return undefined;
  };
  return go(0, count, []);
}
