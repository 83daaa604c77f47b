/** `septet message sign`: DKIM signatures on top of a message that is otherwise left as it is. */
import type { KeyObject } from 'node:crypto';
import type { DnsName } from '../../dns/name.ts';
import { mimeReader } from '../../mail/mime-reader.ts';
import { splitMessage } from '../../mail/parse-header.ts';
import type { Canonicalization } from '../../proof/dkim/outcome.ts';
import { signingFault, signMessage, type SignOptions as Signing } from '../../proof/dkim/sign.ts';
import { parseSelector, readPrivateKey } from '../../records/dkim/make-key.ts';
import { InputError, type Io } from '../io.ts';
import { domainOf, instantOf } from '../options.ts';
import { visible } from '../visible.ts';

export interface SignOptions {
  readonly domain: string;
  readonly selector?: string;
  readonly key?: string;
  readonly ed25519Selector?: string;
  readonly ed25519Key?: string;
  readonly headers?: string;
  readonly expires?: string;
  readonly canonicalization: string;
  readonly onlyFields?: boolean;
  readonly at?: string;
}

/** Answers the exit code; the message goes to standard output, octet for octet, with CRLF only in the new fields. */
export async function sign(file: string, options: SignOptions, io: Io): Promise<number> {
  const domain = domainOf(options.domain);
  const rsa = await keyOf('key', options.key, options.selector, 'rsa', domain, io);
  const ed25519 = await keyOf('ed25519-key', options.ed25519Key, options.ed25519Selector, 'ed25519', domain, io);
  const keys = [rsa, ed25519].filter((key) => key !== undefined);
  const [first] = keys;
  if (!first)
    throw new InputError(
      'There is no key to sign with. Give --key and --selector, or --ed25519-key and --ed25519-selector.',
    );
  if (rsa && ed25519 && rsa.selector === ed25519.selector)
    throw new InputError('Both keys have the same selector; a selector holds one key. Give each its own.');
  const octets = await io.readFile(file);
  const name = file === '-' ? 'Standard input' : file;
  if (octets.length === 0) throw new InputError(`${name} is empty: there is no message in it.`);
  // Put on top of it, a signature would take the line for its own.
  if (octets[0] === 0x20 || octets[0] === 0x09)
    throw new InputError(`${name} begins with a blank, so its first line belongs to no field. Take the line out.`);
  const message = splitMessage(octets);
  const signing: Signing = {
    domain,
    selector: first.selector,
    keys,
    now: options.at === undefined ? io.now() : instantOf(options.at),
    form: formOf(options.canonicalization),
    ...(options.headers === undefined ? {} : { headers: namesOf(options.headers) }),
    ...(options.expires === undefined ? {} : { expiresSeconds: expiryOf(options.expires) }),
  };
  const fault = signingFault(message.header, signing);
  if (fault !== undefined) throw new InputError(`${name} cannot be signed. ${fault}`);
  const fields = signMessage(message, signing);
  // A file that ends its lines with LF keeps to it, or a reader would take the rest for a part of the first line.
  await io.out(message.header.lineEnd === 'lf' ? fields.replaceAll('\r\n', '\n') : fields);
  if (!options.onlyFields) await io.out(octets);
  for (const { line, text } of warningsOf(message)) io.err(`${file}:${line}: ${text}\n`);
  return 0;
}

interface NamedKey {
  readonly key: KeyObject;
  readonly selector: string;
}

async function keyOf(
  option: string,
  file: string | undefined,
  selectorText: string | undefined,
  type: 'rsa' | 'ed25519',
  domain: DnsName,
  io: Io,
): Promise<NamedKey | undefined> {
  const selectorOption = type === 'rsa' ? '--selector' : '--ed25519-selector';
  if (file === undefined) {
    if (selectorText !== undefined)
      throw new InputError(`${selectorOption} names a key that is not given: add --${option}.`);
    return undefined;
  }
  if (selectorText === undefined)
    throw new InputError(
      `--${option} needs its selector: add ${selectorOption}, the name under which the key is published.`,
    );
  const selector = parseSelector(selectorText, domain);
  if (selector === undefined)
    throw new InputError(`${selectorOption}: ${visible(selectorText)} is no selector. Write a name such as s1.`);
  const reading = readPrivateKey((await io.readFile(file)).toString('latin1'));
  if (reading.kind === 'bad') throw new InputError(`${file} ${reading.why}`);
  const actual = reading.key.asymmetricKeyType;
  if (actual !== type) {
    const other = type === 'rsa' ? '--ed25519-key' : '--key';
    throw new InputError(`${file} holds a key of another kind (${actual ?? 'unknown'}): give it as ${other}.`);
  }
  for (const warning of reading.warnings) io.err(`${file}: ${warning}\n`);
  return { key: reading.key, selector };
}

function formOf(text: string): Canonicalization {
  const match = /^(simple|relaxed)\/(simple|relaxed)$/.exec(text);
  const [header, body] = [match?.[1], match?.[2]];
  if ((header === 'simple' || header === 'relaxed') && (body === 'simple' || body === 'relaxed'))
    return { header, body };
  throw new InputError(
    `--canonicalization is relaxed/relaxed, relaxed/simple, simple/relaxed or simple/simple, not ${text}.`,
  );
}

const namesOf = (text: string): readonly string[] =>
  text
    .split(':')
    .map((name) => name.trim())
    .filter((name) => name !== '');

/** A hundred years is no end. */
const maxExpirySeconds = 100 * 365 * 86_400;

function expiryOf(text: string): number {
  const seconds = Number(text);
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > maxExpirySeconds)
    throw new InputError(`--expires is a whole number of seconds, not ${text}. A week is 604800.`);
  return seconds;
}

/** What servers may change on the way, so that the signature breaks (RFC 6376 §5.3). */
function warningsOf({ header, body }: ReturnType<typeof splitMessage>) {
  const texts: ReadonlyMap<string, string> = new Map([
    ['octets.bare_cr', 'a bare CR stands in the header; servers may change it and break the signature.'],
    ['line.too_long', 'a line has more than 998 octets; servers may fold it and break the signature.'],
    ['end.missing', 'the header does not end with an empty line, so there is no body.'],
  ]);
  const warnings = header.problems.flatMap(({ code, line }) => {
    const text = texts.get(code);
    return text === undefined ? [] : [{ line, text }];
  });
  const reader = mimeReader(header);
  reader.write(body);
  const facts = reader.end().body;
  const bareLf = header.lineEnd === 'crlf' ? facts.bareLf : 0;
  const headerLf = header.problems.some(({ code }) => code === 'octets.bare_lf');
  if (bareLf + facts.bareCr > 0 || headerLf) {
    const text =
      'bare CR or LF stand in it; they must become CRLF before it is signed, or servers break the signature.';
    warnings.push({ line: 1, text });
  }
  if (facts.longLines > 0) {
    const text = `the line has ${facts.longestLine.octets} octets; servers break lines over 998, and the signature.`;
    warnings.push({ line: facts.longestLine.line, text });
  }
  return warnings;
}
