/**
 * The fields of an ARC set, read: the signatures as `dkim/signature.ts` reads them, and what is special to ARC (RFC 8617
 * §4.1). An ARC-Message-Signature is a DKIM-Signature whose `i=` is the instance; an ARC-Seal has `cv=` and no `h=`.
 */
import { bodyOf, type Field } from '../../mail/header.ts';
import { readSignature, type SignatureProblem, type SignatureReading } from '../dkim/signature.ts';

/** Instances run from 1 to 50 (RFC 8617 §4.2.1), so a chain has at most 50 sets (§5.2 step 1). */
export const maxInstance = 50;

/** What a sealer says of the chain before it (RFC 8617 §4.1.3). */
export type Claimed = 'none' | 'pass' | 'fail';

/** Reads an ARC-Message-Signature or ARC-Seal. Never throws. */
export function readArcSignature(field: Field): SignatureReading {
  const reading = readSignature(withoutEmptyNames(field));
  const problem = field.key === 'arc-seal' ? sealProblem(field) : messageProblem(reading);
  if (!problem) return reading;
  const { of, tags } = reading;
  return { kind: 'bad', of, tags, problems: reading.kind === 'bad' ? [...reading.problems, problem] : [problem] };
}

function sealProblem(field: Field): SignatureProblem | undefined {
  if (!/(?:^|;)\s*h\s*=/.test(bodyOf(field))) return undefined;
  return { fault: 'syntax', text: 'It has h=, which an ARC-Seal must not have (RFC 8617 §4.1.3).' };
}

/** RFC 8617 §4.1.2 takes over the rules of DKIM, so From is signed (RFC 6376 §5.4). */
function messageProblem({ tags }: SignatureReading): SignatureProblem | undefined {
  if (tags.h.length === 0 || tags.h.some((name) => name.toLowerCase() === 'from')) return undefined;
  return { fault: 'from_unsigned', text: 'h= does not name From, the field that must be signed (RFC 6376 §5.4).' };
}

/** `h=from::date`: the empty name means no field, so nothing is lost by passing over it, as other verifiers do. */
function withoutEmptyNames(field: Field): Field {
  if (!/:\s*[:;]/.test(field.raw)) return field;
  const raw = field.raw.replace(
    /([:;]\s*h\s*=)([^;]*)/,
    (_, tag: string, names: string) =>
      tag +
      names
        .split(':')
        .filter((name) => name.trim() !== '')
        .join(':'),
  );
  return { ...field, raw };
}

/** The instance of an ARC-Authentication-Results: `i=` comes first and ends with a semicolon (RFC 8617 §4.1.1). */
export function resultsInstance(field: Field): number | undefined {
  const digits = /^\s*i\s*=\s*(\d{1,2})(?:\s|\([^()]*\))*;/.exec(bodyOf(field))?.[1];
  const instance = Number(digits ?? 0);
  return instance >= 1 && instance <= maxInstance ? instance : undefined;
}
