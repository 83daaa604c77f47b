/** What is to be done for one name, and when. Pure. */
import type { OrderState } from './order-state.ts';
import type { ReadyCertificate } from './read-certificate.ts';
import { twoThirds } from './renewal-info.ts';

export type Next =
  /** Not before `at` (milliseconds since 1970). */
  | { readonly do: 'order'; readonly at: number; readonly replaces?: string }
  /** Ask the authority when it is to be renewed (RFC 9773). */
  | { readonly do: 'ask'; readonly at: number };

/** Whichever comes first: the renewal, or the next question about it. `withInfo`: the authority has renewal information. */
export function nextFor(certificate: ReadyCertificate | undefined, state: OrderState, withInfo: boolean): Next {
  if (!certificate) return { do: 'order', at: state.nextTryAt };
  const { certId } = certificate;
  const told = state.renewal && state.renewal.certId === certId ? state.renewal : undefined;
  const renewAt = Math.max(told?.at ?? twoThirds(certificate), state.nextTryAt);
  const order: Next = { do: 'order', at: renewAt, ...(certId === undefined ? {} : { replaces: certId }) };
  if (!withInfo || certId === undefined) return order;
  const askAt = told?.askAgainAt ?? 0;
  return askAt < renewAt ? { do: 'ask', at: askAt } : order;
}
