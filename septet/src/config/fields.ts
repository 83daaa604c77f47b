/** The fields of sender kinds and DNS hosts as shapes. */
import type { Field } from '../senders/kind.ts';
import { host, label, labelLike, network, secret, text } from './forms.ts';
import { boolean, choice, list, mapping, type Key, type KeySpec, type Shape } from './shape.ts';

/** The field as a key of the configuration. */
export function keyOf(field: Field): Key {
  const spec: KeySpec<unknown> = {
    shape: field.secret ? secret(field.example.replace(/^\$\{(.*)\}$/, '$1')) : shapeOf(field),
    about: field.about,
    example: field.example,
  };
  return { key: field.key, ...spec, ...(field.required ? { required: true } : {}) };
}

function shapeOf(field: Field): Shape<unknown> {
  const { form, about, pattern } = field;
  const words = pattern ? (field.patternInWords ?? `a text such as ${field.example}`) : `a text (${about})`;
  switch (form) {
    case 'text':
      return text(words, pattern);
    case 'texts':
      return list(text(words, pattern), { words: `a list of texts (${about})`, least: 1 });
    case 'label':
      return pattern ? labelLike(words, pattern) : label;
    case 'labels':
      return pattern
        ? list(labelLike(words, pattern), { words: `a list, each ${words}`, least: 1 })
        : list(label, { words: 'a list of labels that stand in front of the domain', least: 1 });
    case 'host':
      return host;
    case 'hosts':
      return list(host, { words: 'a list of host names in full', least: 1 });
    case 'addresses':
      return list(network, { words: 'a list of IPv4 and IPv6 addresses or networks', least: 1 });
    case 'boolean':
      return boolean;
    case 'choice':
      return choice(field.choices ?? [], {}, field.example);
    case 'dkim-keys':
      return list(dkimKey, { words: 'a list of { selector, target } or { selector, value }', least: 1 });
    case 'txt-records':
      return list(txtRecord, { words: 'a list of { name, text }', least: 1 });
  }
}

const dkimKey = mapping(
  {
    selector: { shape: label, about: 'selector of the key', example: 's1', required: true },
    target: { shape: host, about: 'where the CNAME leads', example: 's1.dkim.example.net' },
    value: { shape: text('the text of the record'), about: 'text of the TXT record', example: '"v=DKIM1; p=…"' },
  },
  'a mapping with selector and either target or value',
  ({ target, value }, _, reading) => {
    if ((target === undefined) !== (value === undefined)) return true;
    reading.problem(_('selector'), `${reading.path} needs either target (a CNAME) or value (a TXT record).`);
    return false;
  },
);

const name: Shape<string> = {
  ...label,
  words: 'a label that stands in front of the domain, or @ for the domain itself',
  read: (source, reading) => (source.kind === 'scalar' && source.text === '@' ? '@' : label.read(source, reading)),
};

const txtRecord = mapping(
  {
    name: {
      shape: name,
      about: 'label in front of the domain; @ for the domain itself',
      example: "'@'",
      required: true,
    },
    text: { shape: text('the text of the record'), about: 'text of the record', example: 'token=abc', required: true },
  },
  'a mapping with name and text',
);
