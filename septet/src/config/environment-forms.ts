/** Every key with its environment form, for `septet config --env` and the documentation. */
import { hostKinds } from '../providers/host-kinds.ts';
import { senderKinds } from '../senders/kinds.ts';
import { hostFields } from './dns-keys.ts';
import { domainShape } from './domain-keys.ts';
import { environmentWord } from './environment.ts';
import { senderFields } from './senders-shape.ts';
import type { Key } from './shape.ts';
import { topKeys } from './top-keys.ts';

export interface FormGroup {
  readonly title: string;
  /** Keys at the top of the file: the path is the whole name behind `SEPTET_`. */
  readonly top?: true;
  readonly forms: readonly { readonly path: readonly string[]; readonly about: string }[];
}

export function environmentForms(): readonly FormGroup[] {
  const own = (domainShape.keys ?? []).filter(({ key }) => key !== 'dns' && key !== 'senders');
  const dns = (domainShape.keys ?? []).find(({ key }) => key === 'dns');
  const common = (dns?.shape.keys ?? []).filter(({ key }) => ['host', 'zone', 'servers'].includes(key));
  const senders = (domainShape.keys ?? []).find(({ key }) => key === 'senders');
  return [
    {
      title: 'The whole configuration',
      top: true,
      forms: [
        { path: ['CONFIG'], about: 'the file to read, as --config' },
        ...topKeys
          .filter(({ key }) => key !== 'domains')
          .map(({ key, about }) => ({ path: [environmentWord(key)], about })),
      ],
    },
    { title: 'A domain', forms: own.flatMap((key) => formsOf(key, [])) },
    { title: 'Its DNS host', forms: common.flatMap((key) => formsOf(key, ['dns'])) },
    ...hostKinds.flatMap((kind): readonly FormGroup[] => {
      const forms = hostFields(kind).flatMap((key) => formsOf(key, ['dns']));
      return forms.length === 0 ? [] : [{ title: `With host: ${kind.key} (${kind.title})`, forms }];
    }),
    {
      title: 'Its senders: SES_2 is the second of its kind',
      forms: [{ path: ['senders'], about: `${senders?.about ?? ''}, all of them as a YAML list` }],
    },
    ...senderKinds.map((kind): FormGroup => ({
      title: `The sender ${kind.key} (${kind.title})`,
      forms: [
        { path: ['senders', kind.key], about: 'all its values as YAML, {} for none' },
        ...senderFields(kind.key).flatMap((key) => formsOf(key, ['senders', kind.key])),
      ],
    })),
  ];
}

function formsOf(key: Key, above: readonly string[]): FormGroup['forms'] {
  const path = [...above, key.key];
  return [{ path, about: key.about }, ...(key.shape.keys ?? []).flatMap((inner) => formsOf(inner, path))];
}
