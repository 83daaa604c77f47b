/** `docs/json.md`: the contract of `--format json`, with a table for every object, made of the schemas. */
import { z } from 'zod';
import { dkimExportSchema, dkimKeySchema, dkimRotateSchema, spfChangeSchema } from './change-schemas.ts';
import {
  bimiFilesSchema,
  dmarcSchema,
  mtaStsFileSchema,
  spfBatchErrorSchema,
  spfBatchLineSchema,
  spfRecordSchema,
  spfVerdictSchema,
  unreadableLineSchema,
} from './command-schemas.ts';
import { reportsSections } from './docs-json-reports.ts';
import { servingSections } from './docs-json-serving.ts';
import { cell, generatedNote } from './docs-markdown.ts';
import { headersSchema } from './headers-schema.ts';
import { planSchema, statusSchema } from './plan-schemas.ts';
import { proofDocumentSchema } from './proof-schemas.ts';
import { reportSchema } from './report-schema.ts';

/** The parts of JSON Schema that our schemas use. */
interface Json {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly const?: string | number | boolean;
  readonly enum?: readonly string[];
  readonly $ref?: string;
  readonly items?: Json;
  readonly properties?: Readonly<Record<string, Json>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Json[];
  readonly oneOf?: readonly Json[];
  readonly $defs?: Readonly<Record<string, Json>>;
}

const jsonOf = (schema: z.ZodType): Json => z.toJSONSchema(schema, { target: 'draft-2020-12' }) as Json;
const nameOf = (ref: string): string => ref.slice(ref.lastIndexOf('/') + 1);

export function jsonPage(): string {
  const defs = jsonOf(reportSchema).$defs ?? {};
  const reports = Object.entries(defs['Records']?.properties ?? {}).map(
    ([key, part]) => [key, defs[nameOf(part.$ref ?? '')] ?? {}] as const,
  );
  const apart = new Set<Json | undefined>([defs['Report'], defs['Records'], ...reports.map(([, json]) => json)]);
  const objects = Object.entries(defs)
    .filter(([, json]) => !apart.has(json))
    .map(([name, json]) => `### ${name}\n\n${json.description ?? ''}.\n\n${table(json)}`);
  return `${generatedNote}
# JSON

\`septet check --format json\` prints one report, \`--format ndjson\` one report a line. Programs can build on both: this page
and [report.schema.json](report.schema.json) (JSON Schema 2020-12) are made of the code, and the tests hold real reports
against them.

    npx septet check example.com --format json
    npx septet check --from domains.txt --format ndjson

The other commands follow below, from [septet spf](#septet-spf) on; [plan.schema.json](plan.schema.json) is the JSON Schema of
a plan, [proof.schema.json](proof.schema.json) that of the proofs of messages, and \`septet config\` prints that of \`septet.yaml\`. \`septet publish\`, \`undo\` and \`init\` have no JSON: before and after
them ask \`plan\` and \`status\`.

## Compatibility

- \`version\` is 1. It rises when a field is removed, renamed or changes its meaning, and in no other case.
- Within a version fields, evidence kinds, codes, records and mailbox providers may be **added**. Ignore what you do not know.
  The JSON Schema allows unknown fields for that reason.
- Codes and the values of \`severity\`, \`state\`, \`level\` and \`record\` are for programs. \`message\`, \`consequence\`, \`summary\`,
  \`detail\`, \`outcome\`, \`fix.text\` and everything else in sentences is for people and changes between releases.
- A field that is absent was not seen, not asked for, or does not apply; \`null\` is used only where this page says so.
- The severity of a code may change between releases when the world changes; the code then keeps its meaning.
- \`unknown\` never means "missing": a look-up failed, and the check may be repeated.
- Texts of records hold one character for each octet (U+0000 to U+00FF), so that offsets are octets.
- Times are ISO 8601 in UTC. Names in fields of their own have A-labels and no dot at the end; in presentation text and
  lines of a zone file they have one.
- No output holds a token or a private key.

## The report

${table(defs['Report'] ?? {})}
\`findings\` belong to \`records\` by their field \`record\`. The exit code is 1 when a finding with \`state\` \`fail\` has a severity at or
above \`--fail-on\`, else 3 when a finding is \`unknown\`, else 0.

### records

${defs['Records']?.description ?? ''}. The keys: ${reports.map(([key]) => `\`${key}\``).join(', ')}. Each holds:

${table(withoutInside(reports[0]?.[1] ?? {}))}
\`details\` per record; those that are not listed have none so far:

| field | type | what |
|---|---|---|
${reports.flatMap(([key, json]) => rowsOf(json.properties?.['details'] ?? {}, `${key}.details.`, {})).join('\n')}

${objects.join('\n')}
## Many domains

With \`--from\`, or several domains, \`json\` and \`ndjson\` both print a report a line. A line of the input that is no domain gives
an object of this form in its place, and the exit code is 2:

${form(unreadableLineSchema)}
## septet spf

With \`--ip\` and \`--format json\`:

${form(spfVerdictSchema, reportSchema)}
Without \`--ip\`:

${form(spfRecordSchema, reportSchema)}
\`--batch\` reads one object a line, \`{"ip": "192.0.2.1", "mailFrom": "a@example.com", "helo": "mail.example.com"}\`, and
prints one line for each in the same order. An empty or absent \`mailFrom\` stands for the null sender, which is judged by \`helo\`.

${form(spfBatchLineSchema)}
A line that cannot be used gives this in its place, and the exit code is 2:

${form(spfBatchErrorSchema)}
## septet spf flatten, merge, optimise

With \`--format json\`. Nothing is published. The exit code is 1 where it is blocked, a limit is still passed, \`missed\` is
there, or a proof fails; 3 where DNS did not answer; else 0.

${form(spfChangeSchema, reportSchema)}
## septet dmarc

${form(dmarcSchema, reportSchema)}
## septet mta-sts

${form(mtaStsFileSchema, reportSchema)}
## septet bimi

${form(bimiFilesSchema, reportSchema)}
## septet plan

With \`--as json\`: one plan, or one a line where several domains are planned. The exit code is 1 when a step is
\`blocked\` and not \`unanswered\`, or an error stands in \`findings\`; 3 when something is \`unanswered\`; else 0.

    npx septet plan example.com --as json

The other forms of \`--as\` are not JSON of ours: they are what a DNS host or a tool reads.

${form(planSchema, reportSchema, spfChangeSchema)}
## septet status

With \`--format json\`: one object over several lines, and for several domains one object a line. The exit codes are those
of \`plan\`.

${form(statusSchema, planSchema)}
## septet dkim generate, import

With \`--format json\`; both print the same. The private half stays in its file.

${form(dkimKeySchema, reportSchema)}
## septet dkim export

With \`--format json\`. With \`--out\` the files are written as well, and the commands as \`install.sh\` beside them.

${form(dkimExportSchema, reportSchema)}
## septet dkim rotate

With \`--format json\`. Without \`--yes\`, \`--proved\`, \`--switched\` and \`--abandon\` it only looks. The exit code is 2 where
\`early\` is set, 3 where a \`look\` is \`unknown\`, else 0. \`--for\` prints nothing here: ask \`dkim export\`.

${form(dkimRotateSchema, reportSchema)}
## septet message verify

With \`--json\`: one document with all messages. With \`--ndjson\`: one Proof a line, and for a file that cannot be read a
ProofError in its place. The exit code is 2 when a file cannot be read, else 1 when a finding with \`state\` \`fail\` has a
severity at or above \`--fail-on\`, else 3 when something is \`unknown\`, else 0.

    npx septet message verify mail.eml --json

Texts of the message hold one character for each octet, as texts of records do; \`subject\` and \`displayName\` are decoded.
Nothing is shortened: addresses to unsubscribe keep their tokens, which \`--html\` and \`--markdown\` leave out.

${form(proofDocumentSchema, reportSchema, spfVerdictSchema, dmarcSchema)}
## septet message headers

What stands in Authentication-Results, ARC and Received, without DNS and without a verdict: one object for a message, one a
line for the messages of a mailbox file.

${form(headersSchema, proofDocumentSchema)}${reportsSections(form)}${servingSections(form)}## septet config

Prints the JSON Schema (2020-12) of \`septet.yaml\`. It follows the configuration and has no version of its own;
[configuration.md](configuration.md) says the same in words.

## Case files

\`--record\` writes a JSON file for \`--replay\`. Its form is not part of this contract: replay it with the release that wrote it.
`;
}

/** The table of a form, and of the objects in it that `known` does not have. */
function form(schema: z.ZodType, ...known: readonly z.ZodType[]): string {
  const json = jsonOf(schema);
  const defs = json.$defs ?? {};
  const own = json.$ref ? defs[nameOf(json.$ref)] : json;
  const elsewhere = new Set([
    ...known.flatMap((other) => Object.keys(jsonOf(other).$defs ?? {})),
    nameOf(json.$ref ?? ''),
  ]);
  const more = Object.entries(defs)
    .filter(([name]) => !elsewhere.has(name))
    .map(([name, part]) => `**${name}**: ${part.description ?? ''}.\n${tableBelow(part, defs)}`);
  return [table(own ?? {}, defs), ...more].join('\n');
}

/** The table of an object, or the names of the objects that it is one of. */
function tableBelow(part: Json, defs: Readonly<Record<string, Json>>): string {
  const named = (part.oneOf ?? part.anyOf)?.every((member) => member.$ref !== undefined);
  return part.properties || named ? `\n${table(part, defs)}` : '';
}

function table(json: Json, defs: Readonly<Record<string, Json>> = {}): string {
  if (json.oneOf ?? json.anyOf) return `${typeOf(json, {})}, told apart by \`kind\`.\n`;
  const rows = rowsOf(json, '', defs);
  return `| field | type | what |\n|---|---|---|\n${rows.join('\n')}\n`;
}

function rowsOf(json: Json, before: string, defs: Readonly<Record<string, Json>>): readonly string[] {
  return Object.entries(json.properties ?? {}).flatMap(([key, part]) => {
    const field = `${before}${key}`;
    const inner = insideOf(part);
    const optional = json.required?.includes(key) ? '' : '?';
    const described = part.description ?? insideDescription(part, defs);
    const own = cell(`\`${field}\`${optional}`, typeOf(part, defs), described);
    return inner ? [own, ...rowsOf(inner, `${field}${part.type === 'array' ? '[]' : ''}.`, defs)] : [own];
  });
}

/** The fields of an object, not of the objects in it. */
const withoutInside = (json: Json): Json => ({
  ...json,
  properties: Object.fromEntries(
    Object.entries(json.properties ?? {}).map(([key, part]) => [
      key,
      part.properties ? { type: 'object', description: part.description ?? '' } : part,
    ]),
  ),
});

/** The object that a field holds by itself, in a list, or where it is not null. */
function insideOf(part: Json): Json | undefined {
  if (part.properties) return part;
  if (part.items?.properties) return part.items;
  const members = (part.anyOf ?? []).filter((member) => member.properties);
  return members.length === 1 ? members[0] : undefined;
}

const insideDescription = (part: Json, defs: Readonly<Record<string, Json>>): string =>
  (part.$ref ? defs[nameOf(part.$ref)]?.description : undefined) ?? '';

function typeOf(part: Json, defs: Readonly<Record<string, Json>>): string {
  if (part.$ref) {
    const name = nameOf(part.$ref);
    return defs[name] && !defs[name].properties ? `object (${name})` : name;
  }
  if (part.const !== undefined) return `\`${JSON.stringify(part.const)}\``;
  if (part.enum) return part.enum.map((value) => `\`${value}\``).join(', ');
  const members = part.oneOf ?? part.anyOf;
  if (members) return [...new Set(members.map((member) => typeOf(member, defs)))].join(' or ');
  if (part.type === 'array') return `list of ${part.items ? typeOf(part.items, defs) : 'anything'}`;
  return part.type === undefined ? 'anything' : [part.type].flat().join(' or ');
}
