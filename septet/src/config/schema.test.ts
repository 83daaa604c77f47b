import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { senderKinds } from '../senders/kinds.ts';
import { hostKinds } from '../providers/host-kinds.ts';
import { exampleConfig } from './example.ts';
import { configurationMarkdown } from './markdown.ts';
import { readConfig } from './read-config.ts';
import { configSchema } from './schema.ts';
import type { Json, JsonSchema } from './shape.ts';

const schema = configSchema();

/** As much of JSON Schema 2020-12 as the schema uses; an unknown keyword is an error. */
function fits(value: Json, rule: JsonSchema): boolean {
  return Object.entries(rule).every(([keyword, wanted]): boolean => {
    const object = typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
    switch (keyword) {
      case '$schema':
      case '$defs':
      case 'title':
      case 'description':
        return true;
      case '$ref':
        return fits(value, (schema['$defs'] as Record<string, JsonSchema>)['reference'] ?? {});
      case 'anyOf':
        return (wanted as readonly JsonSchema[]).some((one) => fits(value, one));
      case 'enum':
        return (wanted as readonly Json[]).includes(value);
      case 'const':
        return value === wanted;
      case 'type':
        if (wanted === 'object') return object !== undefined;
        if (wanted === 'array') return Array.isArray(value);
        if (wanted === 'integer') return Number.isInteger(value);
        return wanted === 'null' ? value === null : typeof value === wanted;
      case 'pattern':
        return typeof value === 'string' && new RegExp(wanted as string).test(value);
      case 'minLength':
        return typeof value === 'string' && value.length >= (wanted as number);
      case 'minimum':
        return typeof value === 'number' && value >= (wanted as number);
      case 'maximum':
        return typeof value === 'number' && value <= (wanted as number);
      case 'minItems':
        return Array.isArray(value) && value.length >= (wanted as number);
      case 'items':
        return !Array.isArray(value) || value.every((item: Json) => fits(item, wanted as JsonSchema));
      case 'required':
        return !object || (wanted as readonly string[]).every((key) => Object.hasOwn(object, key));
      case 'properties':
        return (
          !object ||
          Object.entries(wanted as Record<string, JsonSchema>).every(
            ([key, one]) => !Object.hasOwn(object, key) || fits((object as Record<string, Json>)[key] ?? null, one),
          )
        );
      case 'additionalProperties': {
        const known = Object.keys((rule['properties'] ?? {}) as object);
        return (
          !object ||
          Object.entries(object).every(
            ([key, one]) => known.includes(key) || (wanted !== false && fits(one, wanted as JsonSchema)),
          )
        );
      }
      default:
        throw new Error(`the schema uses ${keyword}`);
    }
  });
}

/** As an editor reads it. The references in braces are no YAML for it. */
const asYaml = (text: string): Json => parse(text.replaceAll(/\$\{\w+\}/g, '"$&"')) as Json;
const reads = (text: string): boolean => readConfig(text, { file: 'septet.yaml', env: {} }).kind === 'good';

test('the example fits the schema, and the reader agrees', () => {
  assert.ok(reads(exampleConfig));
  assert.ok(fits(asYaml(exampleConfig), schema));
});

test('schema and reader agree about small configurations', () => {
  const cases: readonly (readonly [string, boolean])[] = [
    ['dns: { host: bind }', true],
    ['dns: { host: bind, token: ${T} }', false],
    ['dns: { host: gandi, token: ${T} }', true],
    ['dns: { host: gandi, token: { file: /t } }', true],
    ['dns: { host: gandi, token: plain }', false],
    ['dns: { host: gandi }', false],
    ['people: true', true],
    ['people: maybe', false],
    ['mx: none', true],
    ['mx: [ 10 m.example.net ]', true],
    ['mx: [ m.example.net ]', false],
    ['ttl: 5', false],
    ['ttl: 300', true],
    ['dmarc: { readers: 9989, ramp: [{ stage: none, days: 1 }, { stage: reject }] }', true],
    ['dmarc: { ramp: [{ days: 1 }] }', false],
    ['dmarc: { reject: true }', false],
    ['senders: [ google-workspace, ses: { region: eu-west-1 } ]', true],
    ['senders: [ ses ]', false],
    ['senders: [ nobody ]', false],
    ['senders: [ ses: { regoin: eu-west-1 } ]', false],
    ['senders: [ postfix: { ip: 192.0.2.1, selector: 20261 } ]', true],
    ['spf: { all: -all }', true],
    ['bimi: { logo: http://x.example/l.svg }', false],
    ['bimi: {}', false],
    ['unknown: 1', false],
  ];
  for (const [lines, fine] of cases) {
    const text = `domains:\n  a.example: { ${lines} }\n`;
    assert.equal(reads(text), fine, lines);
    assert.equal(fits(asYaml(text), schema), fine, lines);
  }
});

test('every host and every sender has its place in the schema and in the documentation', () => {
  const text = JSON.stringify(schema);
  const page = configurationMarkdown();
  for (const key of ['watch.keep.rows', 'serve.acme.challenge', 'serve.certificates', 'relay.onFault'])
    assert.ok(page.includes(`| \`${key}\` |`), key);
  for (const { key, fields } of [...hostKinds, ...senderKinds]) {
    assert.ok(text.includes(`"${key}"`), key);
    assert.ok(page.includes(`\`${key}\``), key);
    for (const field of fields) assert.ok(page.includes(`| \`${field.key}\` |`), `${key}.${field.key}`);
  }
  assert.equal(schema['$schema'], 'https://json-schema.org/draft/2020-12/schema');
  for (const line of page.split('\n').filter((one) => one.startsWith('|')))
    assert.equal(line.replaceAll('\\|', '').split('|').length, 7, line);
});
