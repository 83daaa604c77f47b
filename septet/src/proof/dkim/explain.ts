/**
 * What happened to a message whose signature fails (RFC 6376 §6.1.3): the difference made visible.
 *
 * A signature holds two hashes of what was signed, `bh=` and, for RSA, the one inside `b=`. So without the original a
 * guess at what was signed can be proved: "these four lines were put below", "the subject was `…`". With the original at
 * hand the differences are shown as they are.
 */
import { Buffer } from 'node:buffer';
import type { KeyObject } from 'node:crypto';
import { bodyOf, type Field, type Header } from '../../mail/header.ts';
import { explainBody } from './explain-body.ts';
import { signedDigest } from './explain-digest.ts';
import { explainHeader } from './explain-header.ts';
import { areSignedLines, bodyPurse, linesOf } from './explain-lines.ts';
import { differencesFrom } from './explain-original.ts';
import { type BodyGiven, partFieldValues } from './explain-readings.ts';
import type { Change, DkimOutcome } from './outcome.ts';
import { readSignature } from './signature.ts';

export interface ExplainInput {
  readonly header: Header;
  /** As it stands in the input. At most `maxBodyLooked` octets of it are looked at. */
  readonly body: Uint8Array;
  readonly outcome: DkimOutcome;
  /** The DKIM-Signature that `outcome` is about. */
  readonly signatureField: Field;
  /** The public key at its selector, where it was found. */
  readonly key?: KeyObject;
  /** The message as it was sent. */
  readonly original?: { readonly header: Header; readonly body: Uint8Array };
}

export interface Explanation {
  /** Header first, then body. Empty where nothing that is known to happen explains the failure. */
  readonly changes: readonly Change[];
  /** `false`: the signature was not made with the key at its selector, or `b=` was damaged. Absent: not known. */
  readonly keyFits?: boolean;
  /** `false`: the original is not what was signed either. Absent: no original. */
  readonly originalFits?: boolean;
  /** The body is longer than what was looked at, in octets: changes further down stay unseen. */
  readonly cut?: { readonly looked: number; readonly of: number };
}

export const maxBodyLooked = 1024 * 1024; // house

/** As `explain`, the changes alone. */
export const explainFailure = (input: ExplainInput): readonly Change[] => explain(input).changes;

/**
 * Explains a failure with fault `body_hash`, `body_length` or `signature`; others need no explanation and get none. Only
 * signatures over SHA-256 are explained. Bounded: below half a second for one signature; never throws.
 */
export function explain(input: ExplainInput): Explanation {
  const { outcome, header, original } = input;
  const forms = outcome.canonicalization;
  const explicable =
    outcome.result !== 'pass' &&
    (outcome.fault === 'body_hash' || outcome.fault === 'signature' || outcome.fault === 'body_length');
  if (!forms || !explicable || !/-sha256$/i.test(outcome.algorithm ?? '')) return { changes: [] };

  const { tags } = readSignature(input.signatureField);
  const signedBody = {
    form: forms.body,
    hash: tags.bh ?? '',
    ...(tags.l === undefined ? {} : { length: tags.l }),
  };
  const body = bodyGiven(header, input.body);
  const cut = input.body.length > maxBodyLooked ? { cut: { looked: maxBodyLooked, of: input.body.length } } : {};
  const names = outcome.signedHeaders;

  if (original) {
    const was = { header: original.header, text: textOf(original.body) };
    const changes = differencesFrom({ was, is: { header, text: body.text }, names, forms });
    const originalLines = linesOf(was.text, original.header.lineEnd);
    const originalFits = areSignedLines(originalLines, signedBody, bodyPurse());
    return { changes, originalFits, ...cut };
  }

  const digest = input.key && tags.signature ? signedDigest(input.key, tags.signature) : undefined;
  const inHeader =
    digest?.kind === 'known'
      ? explainHeader(
          {
            header,
            signature: input.signatureField,
            form: forms.header,
            names,
            ...(tags.z ? { copies: tags.z } : {}),
            partValues: (key) => partFieldValues(body, key),
          },
          digest.check,
        )
      : [];
  const inBody = outcome.fault === 'signature' ? [] : explainBody(body, signedBody);
  const keyFits =
    digest === undefined || input.key?.asymmetricKeyType !== 'rsa' ? {} : { keyFits: digest.kind !== 'other-key' };
  return { changes: [...inHeader, ...inBody], ...keyFits, ...cut };
}

const textOf = (body: Uint8Array): string =>
  Buffer.from(body.buffer, body.byteOffset, Math.min(body.length, maxBodyLooked)).toString('latin1');

function bodyGiven(header: Header, body: Uint8Array): BodyGiven {
  const value = (key: string): string | undefined => {
    const field = header.fields.findLast((field) => field.key === key);
    return field && bodyOf(field);
  };
  const contentType = value('content-type');
  const transferEncoding = value('content-transfer-encoding');
  return {
    text: textOf(body),
    lineEnd: header.lineEnd,
    ...(contentType === undefined ? {} : { contentType }),
    ...(transferEncoding === undefined ? {} : { transferEncoding }),
  };
}
