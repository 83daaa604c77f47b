/** Kinds of senders as the configuration names them, with the values that an account has to tell. `kinds.ts` is the table. */

/** How a value is written, and what is checked about it. */
export type FieldForm =
  | 'text'
  /** One DNS label, or several with dots, put in front of the domain: `bounce`. */
  | 'label'
  /** A host name. */
  | 'host'
  /** IPv4 and IPv6 addresses or networks; one may stand without brackets. */
  | 'addresses'
  | 'texts'
  | 'labels'
  | 'hosts'
  | 'boolean'
  /** One of `choices`. */
  | 'choice'
  /** `[{ selector, target }]` or `[{ selector, value }]`. */
  | 'dkim-keys'
  /** `[{ name, text }]`; `name` is a label, `@` the domain itself. */
  | 'txt-records';

export interface Field {
  readonly key: string;
  readonly form: FieldForm;
  readonly about: string;
  readonly required?: true;
  readonly choices?: readonly string[];
  /** What a text has to match, whole. */
  readonly pattern?: RegExp;
  /** What `pattern` asks for, in words: `32 letters and digits`. */
  readonly patternInWords?: string;
  readonly example: string;
  /** A token or a key: only a reference to an environment variable or a file is taken. */
  readonly secret?: true;
}

export interface SenderKind {
  /** The word in `septet.yaml`: `ses`, `google-workspace`. */
  readonly key: string;
  readonly title: string;
  /** One line: what it is for. */
  readonly about: string;
  /** Id in the table of sender profiles, where there is one. */
  readonly profile?: string;
  /** An application that hands its mail to another sender of the list. */
  readonly app?: true;
  readonly fields: readonly Field[];
}
