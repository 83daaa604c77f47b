/**
 * Signs a message (RFC 6376 §5), with RSA-SHA256 and Ed25519-SHA256 (RFC 8463) at once where two keys are given. What is
 * answered goes on top of the header; the message itself stays as it is.
 *
 * There is no `l=`, and From stands once more in `h=` than in the header, so that nobody can add another (§8.15).
 */
import { Buffer } from 'node:buffer';
import { hash, sign, type KeyObject } from 'node:crypto';
import { under, type DnsName } from '../../dns/name.ts';
import type { Field, Header } from '../../mail/header.ts';
import { bodyHasher, type BodyWant } from './body.ts';
import { canonicalField, type CanonicalForm } from './canonical.ts';
import type { Canonicalization } from './outcome.ts';
import { fieldSelector } from './select.ts';

export interface SigningKey {
  /** Private: RSA of 1024 bits or more (RFC 8301 §3.2), or Ed25519. */
  readonly key: KeyObject;
  /** Where the public half stands; absent: `selector` of the options. */
  readonly selector?: string;
}

export interface SignOptions {
  readonly domain: DnsName;
  readonly selector: string;
  /** One signature for each, in this order from the top. */
  readonly keys: readonly SigningKey[];
  /** Milliseconds since 1970. */
  readonly now: number;
  /** `x=`, so many seconds after `now`; absent: no end. */
  readonly expiresSeconds?: number;
  /** Names of the fields that are signed where they stand in the header; absent: `usualHeaders`. From always is. */
  readonly headers?: readonly string[];
  /** Names that stand once more in `h=` than in the header. Absent: From. */
  readonly oversign?: readonly string[];
  /** Absent: relaxed/relaxed. */
  readonly form?: Canonicalization;
}

/**
 * What is signed when nothing else is asked for: RFC 6376 §5.4.1, with what makes the body readable, RFC 8058 §4 (both
 * fields of one-click unsubscribe), and what receivers build on. Trace fields are left out, as they change on the way.
 */
export const usualHeaders: readonly string[] = [
  'from',
  'sender',
  'reply-to',
  'to',
  'cc',
  'subject',
  'date',
  'message-id',
  'in-reply-to',
  'references',
  'mime-version',
  'content-type',
  'content-transfer-encoding',
  'content-id',
  'content-description',
  'resent-date',
  'resent-from',
  'resent-sender',
  'resent-to',
  'resent-cc',
  'resent-message-id',
  'list-id',
  'list-help',
  'list-unsubscribe',
  'list-unsubscribe-post',
  'list-subscribe',
  'list-post',
  'list-owner',
  'list-archive',
  'feedback-id',
  'bimi-selector',
];

/** Of one name; more do not stand in an honest message (house). */
const maxSame = 50;
/** RFC 5322 §2.1.1: lines should have no more than 78 characters. */
const maxColumns = 78;
/** Fewer characters of a signature do not begin at the end of a line. */
const fewestInLine = 8;

/** A sentence that says why the message cannot be signed so; `undefined` where it can. */
export function signingFault(header: Header, options: SignOptions): string | undefined {
  if (!header.fields.some(({ key }) => key === 'from'))
    return 'The message has no From field, which every signature must cover (RFC 6376 §5.4).';
  if (options.keys.length === 0) return 'There is no key to sign with.';
  const bad = (options.headers ?? []).concat(options.oversign ?? []).find((name) => !/^[!-9<-~]+$/.test(name));
  if (bad !== undefined) return `${JSON.stringify(bad)} is no name of a header field.`;
  for (const { key, selector = options.selector } of options.keys) {
    if (!/^[\w-]+(\.[\w-]+)*$/.test(selector) || under(`${selector}._domainkey`, options.domain) === undefined)
      return `${JSON.stringify(selector)} is no selector.`;
    if (key.type !== 'private') return 'Signing needs the private half of a key.';
    const type = key.asymmetricKeyType;
    if (type !== 'rsa' && type !== 'ed25519') return `DKIM knows keys of RSA and Ed25519, not of ${type ?? 'no type'}.`;
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
    if (type === 'rsa' && bits < 1024)
      return `The key has ${bits} bits, and receivers must not accept fewer than 1024 (RFC 8301 §3.2).`;
  }
  return undefined;
}

/** The hash of the body that `signHeader` wants. */
export const signingWant = (options: Pick<SignOptions, 'form'>): BodyWant => ({
  form: options.form?.body ?? 'relaxed',
  hash: 'sha256',
});

/** The DKIM-Signature fields for a message in memory, each closed by CRLF. Throws where `signingFault` has a sentence. */
export function signMessage(
  message: { readonly header: Header; readonly body: Uint8Array },
  options: SignOptions,
): string {
  const hasher = bodyHasher([signingWant(options)], message.header.lineEnd);
  hasher.write(message.body);
  const [body] = hasher.end();
  return signHeader(message.header, body?.digest ?? Buffer.alloc(0), options);
}

/** As `signMessage`, where the body was hashed before, piece by piece, as `signingWant` says. */
export function signHeader(header: Header, bodyHash: Uint8Array, options: SignOptions): string {
  const fault = signingFault(header, options);
  if (fault !== undefined) throw new TypeError(fault);
  const form = options.form ?? relaxedBoth;
  const names = namesToSign(header, options);
  const covered = coveredText(header, names, form.header);
  const bh = Buffer.from(bodyHash).toString('base64');
  return options.keys
    .map(({ key, selector = options.selector }) => signatureField(covered, names, bh, form, key, selector, options))
    .join('');
}

const relaxedBoth: Canonicalization = { header: 'relaxed', body: 'relaxed' };

/** `h=`: every field of the wanted names, and those to oversign once more. */
function namesToSign(header: Header, { headers = usualHeaders, oversign = ['from'] }: SignOptions): readonly string[] {
  const counts = new Map<string, number>();
  for (const { key } of header.fields) counts.set(key, (counts.get(key) ?? 0) + 1);
  const wanted = new Set(['from', ...headers.map((name) => name.toLowerCase())]);
  const more = new Set(oversign.map((name) => name.toLowerCase()));
  const names: string[] = [];
  for (const name of wanted) {
    const count = Math.min(counts.get(name) ?? 0, maxSame);
    for (let i = 0; i < count; i++) names.push(name);
  }
  return [...names, ...more];
}

function coveredText(header: Header, names: readonly string[], form: CanonicalForm): string {
  let text = '';
  for (const field of fieldSelector(header.fields)(names)) if (field) text += `${canonicalField(field, form)}\r\n`;
  return text;
}

function signatureField(
  covered: string,
  names: readonly string[],
  bh: string,
  form: Canonicalization,
  key: KeyObject,
  selector: string,
  { domain, now, expiresSeconds }: SignOptions,
): string {
  const rsa = key.asymmetricKeyType === 'rsa';
  const time = Math.floor(now / 1000);
  const line = foldedField('DKIM-Signature:');
  line.word('v=1;');
  line.word(`a=${rsa ? 'rsa' : 'ed25519'}-sha256;`);
  line.word(`c=${form.header}/${form.body};`);
  line.word(`d=${domain};`);
  line.word(`s=${selector};`);
  line.word(`t=${time};`);
  if (expiresSeconds !== undefined) line.word(`x=${time + expiresSeconds};`);
  names.forEach((name, index) => {
    const text = name + (index === names.length - 1 ? ';' : ':');
    if (index === 0) line.word(`h=${text}`);
    else line.more(text);
  });
  line.word(`bh=${bh};`);
  line.word('b=');
  const raw = line.text();
  const colon = 'DKIM-Signature'.length;
  const own: Field = { name: 'DKIM-Signature', key: 'dkim-signature', raw, colon, line: 1 };
  const text = Buffer.from(covered + canonicalField(own, form.header), 'latin1');
  const signature = rsa ? sign('sha256', text, key) : sign(null, hash('sha256', text, 'buffer'), key);
  line.run(signature.toString('base64'));
  return `${line.text()}\r\n`;
}

/** Writes a field and folds it where a line would become too long and its text allows it. */
function foldedField(name: string) {
  let text = name;
  let columns = name.length;
  const put = (piece: string, between: string): void => {
    if (columns + between.length + piece.length > maxColumns) {
      text += `\r\n ${piece}`;
      columns = 1 + piece.length;
    } else {
      text += between + piece;
      columns += between.length + piece.length;
    }
  };
  return {
    text: (): string => text,
    /** Behind a blank. */
    word: (piece: string): void => put(piece, ' '),
    /** Behind what stands there, or on a new line. */
    more: (piece: string): void => put(piece, ''),
    /** Text that may be folded anywhere. */
    run(long: string): void {
      for (let at = 0; at < long.length;) {
        if (columns > maxColumns - fewestInLine) {
          text += '\r\n ';
          columns = 1;
        }
        const piece = long.slice(at, at + maxColumns - columns);
        at += piece.length;
        put(piece, '');
      }
    },
  };
}
