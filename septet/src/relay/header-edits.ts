/** How one header becomes another by the changes that a milter can ask for: add, insert on top, change, delete. Pure. */

/** A field as it stands: `value` is all behind the colon, without the line end; lines inside are divided by CRLF. */
export interface HeaderField {
  readonly name: string;
  readonly value: string;
}

export type HeaderEdit =
  /** At the end of the header. */
  | { readonly kind: 'add'; readonly field: HeaderField }
  /** Before all others. */
  | { readonly kind: 'insert'; readonly field: HeaderField }
  /** `index` counts the fields of this name from 1, as they are when the edit comes; `''` deletes. */
  | { readonly kind: 'change'; readonly index: number; readonly field: HeaderField };

/**
 * Edits that make the fields of `before` into those of `after`, each name for itself: fields of one name are changed in
 * their places; what is too many goes from the end, and what is too few is inserted on top where it stands in front of all
 * that stays, or added at the end.
 */
export function headerEdits(before: readonly HeaderField[], after: readonly HeaderField[]): readonly HeaderEdit[] {
  const edits: HeaderEdit[] = [];
  const inserts: HeaderEdit[] = [];
  const names = new Set([...before, ...after].map(({ name }) => name.toLowerCase()));
  const kept = new Set(before.map(textOf));
  const firstKept = after.findIndex((field) => kept.has(textOf(field)));
  for (const name of names) {
    const old = before.filter((field) => field.name.toLowerCase() === name);
    const wanted = after.filter((field) => field.name.toLowerCase() === name);
    const extra = wanted.length - old.length;
    // New ones stand on top of those that were there, as trace fields and signatures do.
    const onTop = extra > 0 && wanted.slice(extra).every((field, index) => same(field, old[index]));
    const matched = onTop ? wanted.slice(extra) : wanted.slice(0, old.length);
    for (const [index, field] of matched.entries()) {
      if (!same(field, old[index])) edits.push({ kind: 'change', index: index + 1, field });
    }
    for (let index = old.length; index > matched.length; index--) {
      const gone = old[index - 1];
      if (gone) edits.push({ kind: 'change', index, field: { name: gone.name, value: '' } });
    }
    for (const field of extra > 0 ? (onTop ? wanted.slice(0, extra) : wanted.slice(old.length)) : []) {
      const top = onTop && (old.length > 0 || firstKept < 0 || after.indexOf(field) < firstKept);
      if (top) inserts.unshift({ kind: 'insert', field });
      else edits.push({ kind: 'add', field });
    }
  }
  // Each insert goes before all: the one that is to stand first comes last.
  const order = (edit: HeaderEdit): number => after.indexOf(edit.field);
  return [...edits, ...inserts.sort((a, b) => order(b) - order(a))];
}

const textOf = ({ name, value }: HeaderField): string => `${name}:${value}`;
const same = (a: HeaderField, b: HeaderField | undefined): boolean =>
  b !== undefined && a.name === b.name && a.value === b.value;

/** Carries the edits out, as a mail server does. */
export function withEdits(before: readonly HeaderField[], edits: readonly HeaderEdit[]): readonly HeaderField[] {
  let fields = [...before];
  for (const edit of edits) {
    if (edit.kind === 'add') fields.push(edit.field);
    else if (edit.kind === 'insert') fields.unshift(edit.field);
    else {
      let count = 0;
      fields = fields.flatMap((field) => {
        if (field.name.toLowerCase() !== edit.field.name.toLowerCase() || ++count !== edit.index) return [field];
        return edit.field.value === '' ? [] : [edit.field];
      });
    }
  }
  return fields;
}
