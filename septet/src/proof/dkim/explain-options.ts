/** What may have happened to one signed field: each option is a guess at what stood in its place when it was signed. */
import { type Field, type Header, valueOf } from '../../mail/header.ts';
import { canonicalField } from './canonical.ts';
import type { Form } from './explain-lines.ts';
import { lostValues, likelyValues, possibleValues, everySpacing } from './explain-values.ts';
import type { Change } from './outcome.ts';
import { selectFields } from './select.ts';
import type { CopiedField } from './signature.ts';

export type FieldChange = Extract<Change, { readonly kind: 'field' }>;

/** Fields of one name that are tried without, the lowest first to be signed. */
const maxInstances = 20; // house

/** What goes into the hash instead, at which places of `h=`. */
export interface Option {
  readonly slots: readonly (readonly [place: number, text: string])[];
  readonly change: FieldChange;
}

/** All guesses about the fields of one name. */
export interface OptionGroup {
  readonly key: string;
  /** The few that are tried together with those of other names. */
  readonly likely: readonly Option[];
  /** All, the likely ones among them. */
  readonly all: readonly Option[];
}

export interface OptionInput {
  readonly header: Header;
  readonly form: Form;
  /** `h=` as written, in order. */
  readonly names: readonly string[];
  /** What the parts of the body have in a field of this name. */
  partValues(key: string): readonly string[];
}

/** What the hash takes for a place of `h=`: the field with its line end, nothing where there is none. */
export const slotText = (field: Field | undefined, form: Form): string =>
  field === undefined ? '' : `${canonicalField(field, form)}\r\n`;

/** The group of every name in `h=`, in the order of their first appearance. */
export function optionGroups(input: OptionInput): readonly OptionGroup[] {
  const keys = [...new Set(input.names.map((name) => name.toLowerCase()))];
  return keys.map((key) => groupOf(key, input));
}

function groupOf(key: string, input: OptionInput): OptionGroup {
  const { header, form, names } = input;
  const places = names.flatMap((name, place) => (name.toLowerCase() === key ? [place] : []));
  const selected = selectFields(header.fields, names);
  const parts = input.partValues(key);
  const seen = new Set<string>([placesText(places, selected, form)]);
  const fresh = (options: readonly Option[]): readonly Option[] =>
    options.filter((option) => {
      const text = option.slots.map(([place, slot]) => `${place} ${slot}`).join('');
      if (seen.has(text)) return false;
      seen.add(text);
      return true;
    });

  const added = header.fields
    .filter((field) => field.key === key)
    .slice(-maxInstances)
    .map((field) => withoutField(field, places, input))
    .filter((option) => option !== undefined);
  const absent = places.find((place) => selected[place] === undefined);
  const lost =
    absent === undefined
      ? []
      : lostValues(key, header, parts).map((value) => lostOption(names[absent] ?? key, value, absent, form));
  const altered = (values: (field: Field, value: string) => readonly string[]): readonly Option[] =>
    places.flatMap((place) => {
      const field = selected[place];
      if (!field) return [];
      const value = field.raw.slice(field.colon + 1);
      return values(field, value).map((was) => alteredOption(field, was, place, form));
    });
  const likely = fresh([...added, ...altered((_, value) => likelyValues(key, value, header, parts)), ...lost]);
  const names_ = form === 'simple' ? namedOtherwise(places, selected, form) : [];
  const rest = fresh([...altered((_, value) => possibleValues(key, value, header, parts)), ...names_]);
  return { key, likely, all: [...likely, ...rest] };
}

/** The same fields, written with other names, as servers do that put names into their usual case. */
function namedOtherwise(
  places: readonly number[],
  selected: readonly (Field | undefined)[],
  form: Form,
): readonly Option[] {
  return places.flatMap((place) => {
    const field = selected[place];
    if (!field) return [];
    const words = field.key.split('-');
    const capital = words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join('-');
    const written = [
      capital,
      field.key,
      capital.replace(/Id$/, 'ID').replace(/^Mime/, 'MIME'),
      field.key.slice(0, 1).toUpperCase() + field.key.slice(1),
      field.key.toUpperCase(),
    ];
    return written.map((name) => {
      const raw = name + field.raw.slice(field.colon);
      const option = alteredOption({ ...field, raw: field.raw }, field.raw.slice(field.colon + 1), place, form);
      return {
        slots: [[place, `${raw}\r\n`]] as const,
        change: { ...option.change, field: name, how: 'refolded' as const },
      };
    });
  });
}

/** What `h=` would have meant without this field: it was put in. */
function withoutField(field: Field, places: readonly number[], input: OptionInput): Option | undefined {
  const fields = input.header.fields.filter((other) => other !== field);
  const selected = selectFields(fields, input.names);
  const slots = places.map((place) => [place, slotText(selected[place], input.form)] as const);
  return {
    slots,
    change: {
      kind: 'field',
      field: field.name,
      how: 'added',
      is: shown(valueOf(field)),
      line: field.line,
      certainty: 'proved',
    },
  };
}

function lostOption(name: string, value: string, place: number, form: Form): Option {
  const field = fieldOf(name, value);
  return {
    slots: [[place, slotText(field, form)]],
    change: { kind: 'field', field: name, how: 'removed', was: shown(valueOf(field)), certainty: 'proved' },
  };
}

function alteredOption(field: Field, value: string, place: number, form: Form): Option {
  const was: Field = { ...field, raw: field.raw.slice(0, field.colon + 1) + value };
  return { slots: [[place, slotText(was, form)]], change: alteration(field, valueOf(was), value) };
}

/** `was`: unfolded; `written`: as it stood. */
function alteration(field: Field, was: string, written: string): FieldChange {
  const without = (text: string): string => text.replaceAll(/[ \t\r\n]/g, '');
  const how = without(written) === without(field.raw.slice(field.colon + 1)) ? 'refolded' : 'altered';
  return {
    kind: 'field',
    field: field.name,
    how,
    was: shown(was),
    is: shown(valueOf(field)),
    line: field.line,
    certainty: 'proved',
  };
}

/** All signed fields folded in another way at once, as a server does that writes the header anew. */
export function respacedOptions(input: OptionInput): readonly (readonly Option[])[] {
  const selected = selectFields(input.header.fields, input.names);
  const ways = selected.map((field) => (field ? everySpacing(field.raw.slice(field.colon + 1)) : []));
  const sets: Option[][] = [];
  for (let way = 0; way < Math.max(0, ...ways.map((values) => values.length)); way++) {
    const options: Option[] = [];
    for (const [place, field] of selected.entries()) {
      const value = ways[place]?.[way];
      if (field && value !== undefined && value !== field.raw.slice(field.colon + 1))
        options.push(alteredOption(field, value, place, input.form));
    }
    if (options.length > 1) sets.push(options);
  }
  return sets;
}

/** What `z=` says of the fields: for every name with a copy, the copies in place of the fields. */
export function copyOptions(copies: readonly CopiedField[], input: OptionInput): readonly Option[] {
  const { names, form, header } = input;
  const asFields = copies.map((copy) => fieldOf(copy.name, copy.value));
  const copied = new Set(copies.map((copy) => copy.name.toLowerCase()));
  const now = selectFields(header.fields, names);
  const then = selectFields(asFields, names);
  const options: Option[] = [];
  for (const [place, name] of names.entries()) {
    if (!copied.has(name.toLowerCase())) continue;
    const was = then[place];
    const is = now[place];
    if (slotText(was, 'relaxed') === slotText(is, 'relaxed')) continue;
    const slots = [[place, slotText(was, form)]] as const;
    if (was && is) options.push({ slots, change: alteration(is, valueOf(was), was.raw.slice(was.colon + 1)) });
    else if (was)
      options.push({
        slots,
        change: { kind: 'field', field: was.name, how: 'removed', was: shown(valueOf(was)), certainty: 'proved' },
      });
    else if (is)
      options.push({
        slots,
        change: {
          kind: 'field',
          field: is.name,
          how: 'added',
          is: shown(valueOf(is)),
          line: is.line,
          certainty: 'proved',
        },
      });
  }
  return options;
}

const fieldOf = (name: string, value: string): Field => ({
  name,
  key: name.toLowerCase(),
  raw: `${name}:${value}`,
  colon: name.length,
  line: 0,
});

function placesText(places: readonly number[], selected: readonly (Field | undefined)[], form: Form): string {
  return places.map((place) => `${place} ${slotText(selected[place], form)}`).join('');
}

/** Cut to 500 characters. */
export const shown = (text: string): string => (text.length <= 500 ? text : text.slice(0, 500));
