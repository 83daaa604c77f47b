/**
 * References in a configuration: `${NAME}` stands for an environment variable, `$${NAME}` for the text `${NAME}` itself.
 * YAML reads `{` inside `[…]` and `{…}` as the start of a mapping, so that `{ token: ${TOKEN} }` would not be YAML; the
 * references are therefore masked by as many other characters before the text is read, and columns stay what they are.
 */

/** Where a secret is kept. The value itself is fetched when it is needed and kept nowhere. */
export interface SecretRef {
  readonly kind: 'env' | 'file';
  /** The variable, or the path of the file. */
  readonly name: string;
}

const reference = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;
const masked = /\ue000\ue001([A-Za-z_][A-Za-z0-9_]*)\ue002/g;
/** Characters of the private use area that stand for `$`, `{` and `}`. */
export const maskCharacters = /[\ue000-\ue002]/;

/** The text with its references masked; as long as before. */
export const mask = (text: string): string => text.replaceAll(reference, '\ue000\ue001$1\ue002');

/** Takes `mask` back. */
export const unmask = (text: string): string => text.replaceAll(masked, '${$1}');

/** The variable, when the text is one reference and nothing else. */
export function referenceIn(text: string): string | undefined {
  return /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/.exec(text)?.[1];
}

export type Expanded =
  | { readonly kind: 'good'; readonly text: string }
  /** Variables that are not set. */
  | { readonly kind: 'missing'; readonly names: readonly string[] };

/** Puts the values of environment variables in the place of references. An empty variable counts as not set. */
export function expand(text: string, env: Readonly<Record<string, string | undefined>>): Expanded {
  if (!text.includes('${')) return { kind: 'good', text };
  const names: string[] = [];
  const expanded = text.replaceAll(/\$?\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (whole: string, name: string) => {
    if (whole.startsWith('$$')) return whole.slice(1);
    const value = env[name];
    if (value !== undefined && value !== '') return value;
    names.push(name);
    return '';
  });
  return names.length > 0 ? { kind: 'missing', names } : { kind: 'good', text: expanded };
}

/** The text written so that `expand` gives it back. */
export const escapeReferences = (text: string): string => text.replaceAll(reference, '$$${$1}');
