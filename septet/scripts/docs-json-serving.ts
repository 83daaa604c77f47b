/** The part of `docs/json.md` about what is hosted. */
import type { z } from 'zod';
import { reportSchema } from './report-schema.ts';
import {
  bimiConvertSchema,
  certificatesSchema,
  suppressionSchema,
  trackingKeysSchema,
  trackingShowSchema,
} from './serve-schemas.ts';

/** `form`: the table of a schema, without the objects of the others. */
export const servingSections = (form: (schema: z.ZodType, ...known: readonly z.ZodType[]) => string): string => `
## septet bimi convert

With \`--json\`. The exit code is 1 when it is \`refused\`, else 0.

${form(bimiConvertSchema, reportSchema)}
## septet certificates

With \`--json\`. The exit code is 1 when a name has no certificate that serves today, or its last order failed; else 0.

${form(certificatesSchema, reportSchema)}
## septet tracking show

With \`--json\`.

${form(trackingShowSchema, reportSchema)}
## septet tracking keys

With \`--json\`. No secret stands in it. The exit code is 1 where no keys were made yet, else 0.

${form(trackingKeysSchema, reportSchema)}
## septet tracking suppressions

\`export --json\` prints one object a line:

${form(suppressionSchema, reportSchema)}
\`add\` and \`import\` print \`{ "version": 1, "added", "known", "faults" }\` with \`--json\`, three numbers; \`remove\` prints
\`{ "version": 1, "removed" }\`. The exit code of \`import\` is 1 when a line was left out (\`faults\`), that of \`remove\` when one
was not on the list.

`;
