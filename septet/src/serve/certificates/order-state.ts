/** What is remembered of a name between tries, so that a restart neither forgets a pause nor asks an authority twice. */
import type { AcmeSettings } from './settings.ts';

export interface OrderState {
  /** Failed tries in a row. */
  readonly failures: number;
  /** Milliseconds since 1970: nothing is ordered before. */
  readonly nextTryAt: number;
  /** A sentence: why it failed last. */
  readonly fault?: string;
  /** The settings that it failed with (`settingsMark`): with others it is tried at once. */
  readonly mark?: string;
  /** When the certificate is to be renewed, and of which certificate that was said. */
  readonly renewal?: { readonly certId: string; readonly at: number; readonly askAgainAt: number };
}

export const noState: OrderState = { failures: 0, nextTryAt: 0 };

export const formatState = (state: OrderState): string => `${JSON.stringify({ version: 1, ...state })}\n`;

/** What cannot be read counts as nothing remembered. */
export function parseState(text: string | undefined): OrderState {
  let json: unknown;
  try {
    json = JSON.parse(text ?? '');
  } catch {
    return noState;
  }
  const { failures, nextTryAt, fault, mark, renewal }: Record<string, unknown> =
    typeof json === 'object' && json !== null ? { ...json } : {};
  if (!isCount(failures) || !isCount(nextTryAt)) return noState;
  const { certId, at, askAgainAt }: Record<string, unknown> =
    typeof renewal === 'object' && renewal !== null ? { ...renewal } : {};
  return {
    failures,
    nextTryAt,
    ...(typeof fault === 'string' ? { fault: fault.slice(0, 1000) } : {}),
    ...(typeof mark === 'string' ? { mark } : {}),
    ...(typeof certId === 'string' && isCount(at) && isCount(askAgainAt)
      ? { renewal: { certId, at, askAgainAt } }
      : {}),
  };
}

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0;

/** What was noted with other settings does not hold an order up: the owner has mended something. */
export function underSettings({ renewal, ...state }: OrderState, mark: string): OrderState {
  const kept = state.failures > 0 && state.mark !== undefined && state.mark !== mark ? noState : state;
  return renewal ? { ...kept, renewal } : kept;
}

/** Tells settings apart, as far as an order may fail for them. No secret is in it. */
export const settingsMark = (acme: AcmeSettings | undefined): string =>
  acme ? JSON.stringify([acme.directory, acme.challenge, acme.agree, acme.email ?? '', acme.eab?.kid ?? '']) : '';
