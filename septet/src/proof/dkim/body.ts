/**
 * The hash of a body (RFC 6376 §3.7 step 1) in one pass, for any number of signatures, whatever the size.
 *
 * Text that both forms leave as it is (nearly all of it) is not touched octet by octet into a copy: the loop looks for
 * the places where something changes and hands the runs between them to the hash.
 */
import { Buffer } from 'node:buffer';
import { createHash, type Hash } from 'node:crypto';
import type { LineEnd } from '../../mail/header.ts';
import type { CanonicalForm } from './canonical.ts';
import { canonicalBody, type CanonicalBody } from './canonical-body.ts';

export interface BodyWant {
  readonly form: CanonicalForm;
  readonly hash: 'sha256' | 'sha1';
  /** `l=`: octets of the canonical body that are hashed; absent: all. */
  readonly length?: number;
}

export interface BodyHash {
  readonly digest: Buffer;
  /** Of the canonical body in all, whatever `length` says. */
  readonly octets: number;
}

export interface BodyHasher {
  /** Takes a piece of any length; does not keep it. */
  write(piece: Uint8Array): void;
  /** The hashes in the order of the wants. To be called once. */
  end(): readonly BodyHash[];
}

interface Sink {
  readonly hash: Hash;
  /** Octets that still go into the hash. */
  rest: number;
}

/** Equal wants share one hash, wants of one form share its canonical body. Without wants it costs nothing. */
export function bodyHasher(wants: readonly BodyWant[], lineEnd: LineEnd): BodyHasher {
  const sinks = new Map<string, Sink>();
  const bodies = new Map<CanonicalForm, { readonly body: CanonicalBody; readonly sinks: Sink[] }>();
  const keyOf = (want: BodyWant): string => `${want.form} ${want.hash} ${want.length ?? ''}`;
  for (const want of wants) {
    if (sinks.has(keyOf(want))) continue;
    const sink: Sink = { hash: createHash(want.hash), rest: want.length ?? Number.POSITIVE_INFINITY };
    sinks.set(keyOf(want), sink);
    const known = bodies.get(want.form);
    if (known) known.sinks.push(sink);
    else {
      const all = [sink];
      const body = canonicalBody(want.form, lineEnd, (piece) => {
        for (const one of all) feed(one, piece);
      });
      bodies.set(want.form, { body, sinks: all });
    }
  }
  return {
    write(piece) {
      for (const { body } of bodies.values()) body.write(piece);
    },
    end() {
      const octets = new Map<CanonicalForm, number>();
      for (const [form, { body }] of bodies) octets.set(form, body.end());
      const digests = new Map<string, Buffer>();
      for (const [key, { hash }] of sinks) digests.set(key, hash.digest());
      return wants.map((want) => ({
        digest: digests.get(keyOf(want)) ?? Buffer.alloc(0),
        octets: octets.get(want.form) ?? 0,
      }));
    },
  };
}

function feed(sink: Sink, piece: Uint8Array): void {
  if (piece.length <= sink.rest) {
    sink.hash.update(piece);
    sink.rest -= piece.length;
  } else if (sink.rest > 0) {
    sink.hash.update(piece.subarray(0, sink.rest));
    sink.rest = 0;
  }
}
