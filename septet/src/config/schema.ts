/** The JSON Schema (2020-12) of `septet.yaml`, made of the shapes that read it. */
import { mappingSchema, type JsonSchema } from './shape.ts';
import { topKeys } from './top-keys.ts';

/** For editors: completes keys and marks mistakes. What only the reader knows (a public suffix, a name too long) is not in it. */
export function configSchema(): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'septet.yaml',
    description: 'Who sends for which domain, and where its DNS records are kept',
    ...mappingSchema(topKeys),
    $defs: {
      reference: {
        description: 'An environment variable',
        type: 'string',
        pattern: '\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}',
      },
    },
  };
}
