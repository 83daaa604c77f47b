/** The catalogue of SPF, third part: what can be done about a record that costs too much. */
import type { Rows } from '../../finding/catalogue.ts';

export const planRows = {
  'spf.flatten.suggest': {
    severity: 'info',
    test: 'With 9 look-ups or more: whether networks in place of some terms bring them down to 8.',
    message: 'With networks in place of {terms} the record of {domain} costs {after} look-ups instead of {before}.',
    why: 'Receivers stop at the eleventh look-up with permerror; networks cost none, and go out of date when their owners change them.',
    fix: 'Take out first what changes nothing: septet spf optimise {domain}. If that is not enough: septet spf flatten {domain} --to 8 --verify, and again whenever one of the sources changes.',
    source: 'RFC 7208 §4.6.4, §10.1.1',
  },
} as const satisfies Rows;
