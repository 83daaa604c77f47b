/** The part of `docs/json.md` about reports, sources, ramps and watching. */
import type { z } from 'zod';
import { reportSchema } from './report-schema.ts';
import { historySchema, rampSchema, simulateLineSchema, watchLineSchema } from './ramp-schemas.ts';
import { importLineSchema, parsedAggregateSchema, reportsShowSchema, sourcesSchema } from './reports-schemas.ts';

/** `form`: the table of a schema, without the objects of the others. */
export const reportsSections = (form: (schema: z.ZodType, ...known: readonly z.ZodType[]) => string): string => `
## septet reports import

With \`--json\`: one object a line, each with a \`kind\`; the last is the \`summary\`. The exit code is 1 when something was
refused or could not be read, 3 when a database, a mailbox or DNS did not answer or it was interrupted, else 0.

${form(importLineSchema, reportSchema)}
## septet reports parse

One object a line and report; what is refused is told on standard error, and the exit code is 1 then. A DMARC report:

${form(parsedAggregateSchema, reportSchema)}
A TLS report has \`"kind": "tls"\`, \`reporter\`, \`reportId\`, \`range\` and \`policies\`; each of these \`policyType\`,
\`policyString\`, \`policyDomain\`, \`mxHosts\`, \`successful\` and \`failed\` (sessions), and \`failures\` with \`resultType\`,
\`failedSessions\` and what RFC 8460 §4.4 has more. A failure report has \`"kind": "failure"\`, \`reporter\`, \`reportId\`, \`range\` (or
null), \`policy.domain\` and one member of \`records\`: \`sourceIp\`, \`count\`, \`disposition\`, \`feedbackType\`, \`authFailure\`,
\`identityAlignment\`, \`dkimDomain\`, \`dkimSelector\`, \`spfDns\`, \`authenticationResults\`, and \`person\` with \`--unredacted\`.

## septet reports show

With \`--json\`.

${form(reportsShowSchema, reportSchema)}
## septet sources

With \`--json\`.

${form(sourcesSchema, reportSchema)}
## septet ramp

With \`--json\`: one object, and for several domains one a line. The exit code is 1 when a ramp waits for a person or hurts, 3
when DNS did not answer, else 0.

${form(rampSchema, reportSchema)}
## septet ramp simulate

With \`--json\`: one object a line for each morning.

${form(simulateLineSchema, reportSchema, rampSchema)}
## septet watch

With \`--json\`: one object a line.

${form(watchLineSchema, reportSchema)}
## septet history

With \`--json\`: one object, and for several domains one a line.

${form(historySchema, reportSchema)}`;
