/**
 * What a parser of foreign text answers. A parser never throws on input and never answers `null`:
 *
 * - `other`  the text is not of this kind at all (a verification token where an SPF record might be);
 * - `bad`    it means to be of this kind and cannot be used; `problems` says where and why;
 * - `good`   it can be used; `problems` holds what a reader forgives but a person should mend.
 */
export type Parsed<T, Code extends string = string> =
  | { readonly kind: 'other' }
  | { readonly kind: 'bad'; readonly problems: readonly Problem<Code>[] }
  | { readonly kind: 'good'; readonly value: T; readonly problems: readonly Problem<Code>[] };

/** A fault at a place in the text. `offset` and `length` count UTF-16 units, so that a view can underline it. */
export interface Problem<Code extends string = string> {
  readonly code: Code;
  readonly offset: number;
  readonly length: number;
  /** Values for the placeholders of the code's sentence in its catalogue. */
  readonly args?: Readonly<Record<string, string | number>>;
}

/** A run of characters in a text, in UTF-16 units. */
export interface Span {
  readonly offset: number;
  readonly length: number;
}
