/** Writes Authentication-Results as RFC 8601 §2.2 wants it; `parseAuthenticationResults` reads an equal value back. */
import type { MethodResult, ResultProperty } from './authres.ts';

/** As much of `AuthenticationResults` as is written. Without results the value is `none`. */
export interface WritableResults {
  /** The receiver's name; RFC 8601 §2.5 demands it. */
  readonly authservId: string;
  /** Written only where it is not 1. */
  readonly version?: number;
  /** For ARC-Authentication-Results (RFC 8617 §4.1.1). */
  readonly instance?: number;
  readonly results: readonly Omit<MethodResult, 'at'>[];
}

/**
 * The value on one line, without the field's name. Controls become blanks, for a header cannot hold them. A property
 * without a type, which the grammar does not know, is written as one of `policy` (RFC 8601 §2.4 gives that type to what
 * the receiver decided by itself).
 *
 *     formatAuthenticationResults({ authservId: 'mx.example.net', results: [] }) → 'mx.example.net; none'
 */
export function formatAuthenticationResults(value: WritableResults): string {
  const { instance, version = 1, results } = value;
  const start = `${instance === undefined ? '' : `i=${instance}; `}${wordOrQuoted(value.authservId)}`;
  const head = version === 1 ? start : `${start} ${version}`;
  return [head, ...(results.length === 0 ? ['none'] : results.map(resultText))].join('; ');
}

function resultText(result: Omit<MethodResult, 'at'>): string {
  const method = result.methodVersion === undefined ? result.method : `${result.method}/${result.methodVersion}`;
  return [
    `${method}=${result.result}`,
    ...result.comments.map(commentText),
    ...(result.reason === undefined ? [] : [`reason=${wordOrQuoted(result.reason)}`]),
    ...result.properties.map(propertyText),
  ].join(' ');
}

const propertyText = ({ ptype, property, value }: ResultProperty): string =>
  `${ptype === '' ? 'policy' : ptype}.${property}=${plainAddress.test(value) ? value : wordOrQuoted(value)}`;

// RFC 2045 §5.1 (token).
const token = /^[\w!#$%&'*+\-.^`{|}~]+$/;
// `[ [ local-part ] "@" ] domain-name` without what calls for quotes.
const plainAddress = /^(?:[\w!#$%&'*+\-/=?^`{|}~]+(?:\.[\w!#$%&'*+\-/=?^`{|}~]+)*)?@[a-z\d](?:[a-z\d.-]*[a-z\d])?$/i;

const wordOrQuoted = (text: string): string =>
  token.test(text) ? text : `"${plain(text).replaceAll(/["\\]/g, String.raw`\$&`)}"`;

function commentText(text: string): string {
  const safe = plain(text).replaceAll('\\', '\\\\');
  return `(${isBalanced(safe) ? safe : safe.replaceAll(/[()]/g, String.raw`\$&`)})`;
}

function isBalanced(text: string): boolean {
  let depth = 0;
  for (const character of text) {
    if (character === '(') depth++;
    else if (character === ')' && --depth < 0) return false;
  }
  return depth === 0;
}

// oxlint-disable-next-line no-control-regex -- controls are what is looked for
const plain = (text: string): string => text.replaceAll(/[\0-\x1f\x7f]/g, ' ');
