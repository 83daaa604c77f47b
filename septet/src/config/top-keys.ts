/** The keys at the top of `septet.yaml`. */
import { serveShape } from './acme-keys.ts';
import { alertsShape } from './alerts-keys.ts';
import { domainShape } from './domain-keys.ts';
import { resolver, text } from './forms.ts';
import { relayShape } from './relay-keys.ts';
import { keysOf, list, type Key, type Shape } from './shape.ts';
import type { SourceMap } from './source.ts';
import { watchShape } from './watch-keys.ts';

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
  watch: {
    shape: watchShape,
    about: 'how often septet watch looks, where reports come from, what is kept',
    example: '{ check: 1h, reports: [ /var/mail/dmarc ] }',
    without: 'every hour, no reports',
  },
  relay: {
    shape: relayShape,
    about: 'the SMTP proxy and milter that rewrites mail on its way out (septet relay)',
    example: '{ to: smtp://127.0.0.1:10026 }',
    without: 'as the options of the command say',
  },
  serve: {
    shape: serveShape,
    about: 'where the certificates of septet serve come from',
    example: '{ acme: { agree: true, email: hostmaster@yourcompany.com } }',
    without: 'another program in front of it has them',
  },
});
