/** Times of day in a configuration: `22:00-07:00 Europe/Vienna` and `08:00`. */
import { scalar, type JsonSchema, type Shape } from './shape.ts';

/** A time of day; the zone is absent where the text names none. */
export interface WrittenTime {
  /** Since midnight: 0 to 1439. */
  readonly minutes: number;
  readonly zone?: string;
}

export interface WrittenHours {
  readonly from: number;
  readonly until: number;
  readonly zone?: string;
}

const clock = '([01]?\\d|2[0-3]):([0-5]\\d)';
const schemaOf = (form: string): JsonSchema => ({
  anyOf: [{ type: 'string', pattern: form }, { $ref: '#/$defs/reference' }],
});

export const timeOfDay: Shape<WrittenTime> = scalar({
  words: 'a time of day such as "08:00" or "08:00 Europe/Vienna"',
  schema: schemaOf(`^${clock}(\\s+\\S+)?$`),
  take(text) {
    const parts = new RegExp(`^${clock}(?:\\s+(\\S+))?$`).exec(text.trim());
    if (!parts) return { fault: 'is not' };
    const zone = parts[3];
    if (zone !== undefined && !isTimeZone(zone)) return { fault: 'names a time zone that nobody knows' };
    return { value: { minutes: minutesOf(parts[1], parts[2]), ...(zone === undefined ? {} : { zone }) } };
  },
});

export const hoursOfDay: Shape<WrittenHours> = scalar({
  words: 'two times of day such as "22:00-07:00 Europe/Vienna"',
  schema: schemaOf(`^${clock}\\s*[-–]\\s*${clock}(\\s+\\S+)?$`),
  take(text) {
    const parts = new RegExp(`^${clock}\\s*[-–]\\s*${clock}(?:\\s+(\\S+))?$`).exec(text.trim());
    if (!parts) return { fault: 'is not' };
    const [from, until] = [minutesOf(parts[1], parts[2]), minutesOf(parts[3], parts[4])];
    if (from === until) return { fault: 'ends when it begins' };
    const zone = parts[5];
    if (zone !== undefined && !isTimeZone(zone)) return { fault: 'names a time zone that nobody knows' };
    return { value: { from, until, ...(zone === undefined ? {} : { zone }) } };
  },
});

const minutesOf = (hours: string | undefined, minutes: string | undefined): number =>
  Number(hours) * 60 + Number(minutes);

function isTimeZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
