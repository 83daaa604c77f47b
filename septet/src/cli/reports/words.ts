/** Numbers for people. */

export const thousands = (value: number): string => Math.round(value).toLocaleString('en');

/** `1 report`, `2,000 reports`. */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${thousands(count)} ${count === 1 ? one : many}`;

/** `99.2 %`; what is not all never shows as 100, and what is not none never as 0. */
export function percentText(part: number, whole: number): string {
  if (whole === 0) return '-';
  if (part > 0 && part * 1000 < whole) return '<0.1 %';
  const tenths = Math.floor((part / whole) * 1000);
  return `${(tenths / 10).toFixed(tenths === 1000 ? 0 : 1)} %`;
}
