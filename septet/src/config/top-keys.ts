/** The keys at the top of `septet.yaml`. */
import { alertsShape } from './alerts-keys.ts';
import { domainShape } from './domain-keys.ts';
import { resolver, text } from './forms.ts';
import { keysOf, list, type Key, type Shape } from './shape.ts';
import type { SourceMap } from './source.ts';

/** Only the outside of the mapping; `read-config.ts` reads each domain with its own name at hand. */
const domainsShape: Shape<SourceMap> = {
  kind: 'tree',
  words: 'a mapping whose keys are domains',
  schema: {
    type: 'object',
    additionalProperties: { anyOf: [domainShape.schema, { type: 'null' }] },
  },
  ...(domainShape.keys ? { keys: domainShape.keys } : {}),
  read(source, reading) {
    if (source.kind === 'map') return source;
    const hint = source.kind === 'list' ? ' Write yourcompany.com: instead of - yourcompany.com.' : '';
    return void reading.problem(source.place, `${reading.path} is ${this.words}.${hint}`);
  },
};

export const topWords = 'a mapping that begins with domains:';

export const topKeys: readonly Key[] = keysOf({
  domains: {
    shape: domainsShape,
    about: 'your domains, each with its settings below it',
    example: 'yourcompany.com: { … }',
    required: true,
  },
  resolvers: {
    shape: list(resolver, { words: 'a list of resolvers', least: 1 }),
    about: 'resolvers to ask: address, address:port or https://…/dns-query',
    example: '[ 9.9.9.9, 1.1.1.1 ]',
    without: 'those of the system',
  },
  state: {
    shape: text('the path of a folder'),
    about: 'folder of the journal',
    example: '/var/lib/septet',
    without: '.septet beside the file',
  },
  alerts: {
    shape: alertsShape,
    about: 'who is told when something changes, and how',
    example: '[ ntfy: { … } ]',
    without: 'nobody is told',
  },
});
