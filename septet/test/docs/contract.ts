/** Holds real output against a schema of `docs/json.md`, and the schema against real output. */
import assert from 'node:assert/strict';
import { z } from 'zod';

interface Json {
  readonly $ref?: string;
  readonly const?: unknown;
  readonly items?: Json;
  readonly properties?: Readonly<Record<string, Json>>;
  readonly anyOf?: readonly Json[];
  readonly oneOf?: readonly Json[];
  readonly $defs?: Readonly<Record<string, Json>>;
}

/** Holds values against a schema, and remembers which of its fields were there. */
export function contract(schema: z.ZodType) {
  const root = z.toJSONSchema(schema, { target: 'draft-2020-12' }) as Json;
  const seen = new Set<string>();
  /** What stands behind a reference, with its name; findings are documented and tested with the report. */
  const resolved = (json: Json, at: string): readonly [Json, string] => {
    const id = json.$ref?.slice('#/$defs/'.length);
    return id === undefined ? [json, at] : [root.$defs?.[id] ?? {}, id];
  };
  const mark = (ref: Json, value: unknown, before: string): void => {
    const [json, at] = resolved(ref, before);
    if (at === 'Finding' || value === null || typeof value !== 'object') return;
    if (Array.isArray(value)) for (const item of value) mark(json.items ?? {}, item, `${at}[]`);
    for (const member of json.oneOf ?? json.anyOf ?? []) {
      const [variant, name] = resolved(member, at);
      const { kind } = variant.properties ?? {};
      const told = kind?.const === undefined || kind.const === (value as { readonly kind?: unknown }).kind;
      if (told) mark(variant, value, name);
    }
    for (const [key, part] of Object.entries(json.properties ?? {})) {
      const field: unknown = (value as Readonly<Record<string, unknown>>)[key];
      // A field that may be null has to be seen with a value.
      if (field === undefined || field === null) continue;
      seen.add(`${at}.${key}`);
      mark(part, field, `${at}.${key}`);
    }
  };
  const known = new Set<string>();
  const visited = new Set<string>();
  const collect = (ref: Json, before: string): void => {
    const [json, at] = resolved(ref, before);
    if (at === 'Finding' || visited.has(at)) return;
    if (ref.$ref !== undefined) visited.add(at);
    if (json.items) collect(json.items, `${at}[]`);
    for (const member of json.oneOf ?? json.anyOf ?? []) collect(member, at);
    for (const [key, part] of Object.entries(json.properties ?? {})) {
      known.add(`${at}.${key}`);
      collect(part, `${at}.${key}`);
    }
  };
  collect(root, '');
  return {
    /** As a reader of the output gets it. */
    holds(value: unknown, what = ''): void {
      const json: unknown = JSON.parse(typeof value === 'string' ? value : JSON.stringify(value));
      const result = schema.safeParse(json);
      const problems = result.error?.issues.map((issue) => `${what} ${issue.path.join('.')}: ${issue.message}`) ?? [];
      assert.deepEqual(problems, []);
      mark(root, json, '');
    },
    /** Every field was there once, but for those that the types allow and nothing makes so far. */
    shownWhole(never: readonly string[] = []): void {
      assert.ok(known.size > 5);
      assert.deepEqual(
        [...known].filter((field) => !seen.has(field)),
        never,
        'documented, and in none of the situations',
      );
    },
  };
}
