/**
 * Which fields `h=` means (RFC 6376 §5.4.2): of fields with the same name the lowest first, then the one above it; a name
 * that stands more often in `h=` than in the header means the absence of a further field.
 */
import type { Field } from '../../mail/header.ts';

/** Finds the fields that a list of names means, in its order; `undefined` stands for a field that is not there. */
export type FieldSelector = (names: readonly string[]) => readonly (Field | undefined)[];

/** Reads the header once for several lists of names. Linear in fields and names. */
export function fieldSelector(fields: readonly Field[]): FieldSelector {
  const byKey = new Map<string, Field[]>();
  for (const field of fields) {
    const same = byKey.get(field.key);
    if (same) same.push(field);
    else byKey.set(field.key, [field]);
  }
  return (names) => {
    const taken = new Map<string, number>();
    return names.map((name) => {
      const key = name.toLowerCase();
      const count = taken.get(key) ?? 0;
      taken.set(key, count + 1);
      const same = byKey.get(key);
      return same?.[same.length - 1 - count];
    });
  };
}

/** As `fieldSelector`, for one list. Names may be of either case. */
export function selectFields(fields: readonly Field[], names: readonly string[]): readonly (Field | undefined)[] {
  return fieldSelector(fields)(names);
}
