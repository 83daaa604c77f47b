/**
 * The proof of one message: its header is read, its body passes by once for everything that needs it, and then the
 * world is asked (keys, records, names). What follows from that is pure.
 */
import { Buffer } from 'node:buffer';
import { authorOf } from '../mail/author-of.ts';
import { fieldsOf, type Header } from '../mail/header.ts';
import type { IncomingMessage } from '../mail/message.ts';
import type { MimeTree } from '../mail/mime.ts';
import { mimeReader } from '../mail/mime-reader.ts';
import type { World } from '../world/world.ts';
import { prepareArc, validateArc } from './arc/validate.ts';
import { bodyHasher } from './dkim/body.ts';
import { explain, maxBodyLooked } from './dkim/explain.ts';
import { keyFinder, type FindKey } from './dkim/key.ts';
import type { DkimOutcome } from './dkim/outcome.ts';
import { prepare, verifySignatures } from './dkim/verify.ts';
import { dmarcOf } from './dmarc/dmarc-of.ts';
import { envelopeOf, type GivenEnvelope, type ListenerEnvelope } from './envelope/envelope-of.ts';
import type { Expected } from './expected.ts';
import { findingsOf } from './findings-of.ts';
import { forwardingOf } from './envelope/forwarded.ts';
import { messageFacts } from './message-facts.ts';
import { proofVersion, type Proof } from './proof.ts';
import { differencesOf } from './receiver/differences.ts';
import { readReceiver } from './receiver/receiver.ts';
import { spfOf } from './spf-of.ts';
import { verdictOf } from './verdict.ts';

export interface VerifyOptions {
  /** What the message is called in the report: a file, `-`, `mail.mbox#3`. */
  readonly source: string;
  /** What the user says of the envelope. */
  readonly given?: GivenEnvelope;
  /** Authserv-ids whose word counts. */
  readonly trust?: readonly string[];
  /** What our own SMTP server saw. */
  readonly listener?: ListenerEnvelope;
  readonly expected?: Expected;
  /** The message as it was sent. */
  readonly original?: { readonly header: Header; readonly body: Uint8Array };
  /** Sends the one-click POST for real. `inside`: also to addresses of this machine and of private networks. */
  readonly postUnsubscribe?: { readonly inside: boolean };
  readonly signal?: AbortSignal;
}

/** Failed signatures that are explained; each may take some tenths of a second. */
const maxExplained = 4; // house

/** Reads the message to its end. Rejects only where reading it fails, or with the reason of `signal`. */
export async function verifyMessage(world: World, message: IncomingMessage, options: VerifyOptions): Promise<Proof> {
  const { header } = message;
  const { source, expected, listener } = options;
  const trust = options.trust ?? [];
  const asking = options.signal ? { signal: options.signal } : {};
  const envelope = envelopeOf(header, options.given ?? {}, {
    fromLine: message.fromLine,
    trustedHosts: trust,
    listener,
  });
  const evaluatedAt = world.now();
  // A signature is judged by when the message came, as far as its trace can be believed.
  const receivedAt = Math.min(envelope.hop?.at ?? evaluatedAt, evaluatedAt);
  const prepared = prepare(header, receivedAt);
  const preparedArc = prepareArc(header);
  const { mime, body, dkimHashes, arcHashes } = await readBody(message, prepared.wants, preparedArc.wants);

  const findKey = keyFinder(world);
  const author = authorOf(header);
  const [verified, arc, spf] = await Promise.all([
    verifySignatures(prepared, dkimHashes, findKey),
    validateArc(preparedArc, header, arcHashes, findKey, receivedAt),
    spfOf(world, envelope, asking),
  ]);
  const dkim = await explained(verified, header, { mime, body }, options, findKey);
  const dmarc = await dmarcOf(world, { author, spf, dkim, envelope }, asking);
  const forwarding = forwardingOf({ header, envelope, arc });
  const verdict = verdictOf({ author, dmarc, ...(forwarding ? { forwarding } : {}) });
  const receiver = readReceiver({ header, hops: envelope.hops, trust });
  const differences = differencesOf({
    receiver,
    spf,
    dkim,
    dmarc,
    arc,
    evaluatedAt,
    ...(envelope.hop?.at === undefined ? {} : { messageAt: envelope.hop.at }),
    ...(envelope.ip ? { ip: envelope.ip.value } : {}),
  });
  const facts = messageFacts(header, author, mime);
  const { findings, match } = await findingsOf(world, {
    source,
    header,
    mime,
    author,
    facts,
    envelope,
    spf,
    dkim,
    arc,
    dmarc,
    verdict,
    receiver,
    differences,
    evaluatedAt,
    receivedAt,
    listened: listener !== undefined,
    ...(forwarding ? { forwarding } : {}),
    ...(expected ? { expected } : {}),
    ...(options.postUnsubscribe ? { postUnsubscribe: options.postUnsubscribe } : {}),
    ...asking,
  });
  return {
    version: proofVersion,
    source,
    evaluatedAt: new Date(evaluatedAt).toISOString(),
    message: facts,
    envelope,
    spf,
    dkim,
    arc,
    dmarc,
    receiver,
    differences,
    ...(match ? { sender: { id: match.sender.id, title: match.sender.title, because: match.because } } : {}),
    ...(expected ? { planDomain: expected.domain } : {}),
    verdict,
    findings,
  };
}

interface BodyRead {
  readonly mime: MimeTree;
  /** The beginning, for explanations. */
  readonly body: Uint8Array;
  readonly dkimHashes: ReturnType<ReturnType<typeof bodyHasher>['end']>;
  readonly arcHashes: ReturnType<ReturnType<typeof bodyHasher>['end']>;
}

/** One pass over the body for DKIM, ARC, the parts, and the first megabyte to explain failures with. */
async function readBody(
  { header, body }: IncomingMessage,
  dkimWants: Parameters<typeof bodyHasher>[0],
  arcWants: Parameters<typeof bodyHasher>[0],
): Promise<BodyRead> {
  const hasher = bodyHasher([...dkimWants, ...arcWants], header.lineEnd);
  const reader = mimeReader(header);
  const kept: Uint8Array[] = [];
  // One octet more than is looked at, so that it can be told that there is more.
  let room = maxBodyLooked + 1;
  for await (const piece of body) {
    hasher.write(piece);
    reader.write(piece);
    if (room > 0) {
      const part = Buffer.from(piece.subarray(0, room));
      kept.push(part);
      room -= part.length;
    }
  }
  const hashes = hasher.end();
  return {
    mime: reader.end(),
    body: Buffer.concat(kept),
    dkimHashes: hashes.slice(0, dkimWants.length),
    arcHashes: hashes.slice(dkimWants.length),
  };
}

/** The outcomes, those that failed with what probably happened to the message. */
async function explained(
  outcomes: readonly DkimOutcome[],
  header: Header,
  { mime, body }: Pick<BodyRead, 'mime' | 'body'>,
  { original }: VerifyOptions,
  findKey: FindKey,
): Promise<readonly DkimOutcome[]> {
  const fields = fieldsOf(header, 'dkim-signature');
  let left = maxExplained;
  const out: DkimOutcome[] = [];
  for (const outcome of outcomes) {
    const signatureField = fields.find(({ line }) => line === outcome.line);
    const broken = outcome.fault === 'body_hash' || outcome.fault === 'signature' || outcome.fault === 'body_length';
    if (!broken || !signatureField || left <= 0) {
      out.push(outcome);
      continue;
    }
    left--;
    // oxlint-disable-next-line no-await-in-loop -- the finder remembers the keys; nothing is asked again
    const key = await keyOf(outcome, findKey);
    const told = explain({
      header,
      body,
      outcome,
      signatureField,
      ...(key ? { key } : {}),
      ...(original ? { original } : {}),
    });
    const { changes, keyFits, originalFits, cut } = told;
    out.push({
      ...outcome,
      ...(changes.length > 0 ? { changes } : {}),
      ...(keyFits === undefined ? {} : { keyFits }),
      ...(originalFits === undefined ? {} : { originalFits }),
      ...(cut ? { looked: { octets: cut.looked, of: mime.body.octets } } : {}),
    });
  }
  return out;
}

async function keyOf({ selector, domain }: DkimOutcome, findKey: FindKey) {
  if (selector === undefined || domain === undefined) return undefined;
  return (await findKey(selector, domain)).key;
}
