/** What was mended while reading, each kind once, with how often and where first. */
import type { ReportRepair } from './aggregate.ts';

export interface Repairs {
  /** `text` is kept from the first time; `row` counts from 1, 0 in the head. */
  note(code: string, text: string, row: number): void;
  list(): readonly ReportRepair[];
}

/** Codes are few and fixed, so the list is bounded. */
export function repairList(): Repairs {
  const found = new Map<string, { code: string; text: string; row: number; count: number }>();
  return {
    note(code, text, row) {
      const known = found.get(code);
      if (known === undefined) found.set(code, { code, text, row, count: 1 });
      else known.count++;
    },
    list: () => [...found.values()],
  };
}

/** Foreign text for a sentence: control characters made visible, bounded. */
export function shown(text: string, most = 80): string {
  const cut = text.length > most ? `${text.slice(0, most - 1)}…` : text;
  // oxlint-disable-next-line no-control-regex
  return cut.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '·');
}
