/** DKIM needs from what a person pasted: key records, targets, and what is still missing. */
import { Buffer } from 'node:buffer';
import { parseDomain, under, type DnsName } from '../dns/name.ts';
import { fillPattern } from '../records/dkim/expectation.ts';
import { readKey } from '../records/dkim/key.ts';
import { read } from '../records/dkim/record.ts';
import { entriesOf, hostName, shown, textOf, warn, type Account } from './account.ts';
import type { DkimNeed } from './needs.ts';
import type { SeenSelector } from './seen.ts';

/** The DKIM needs of `values.dkim` where it is given, else the usual ones. */
export function keysOr(account: Account, usual: () => readonly DkimNeed[]): readonly DkimNeed[] {
  const entries = entriesOf(account, 'dkim');
  if (entries.length === 0) return usual();
  return entries.flatMap((entry) => {
    const text = (key: string): string => (typeof entry[key] === 'string' ? entry[key].trim() : '');
    const selector = text('selector');
    if (selector !== '' && text('target') !== '') return cnameKey(account, selector, text('target'));
    if (selector !== '' && text('value') !== '') return txtKey(account, selector, text('value'));
    account.faults.push(`${account.title}: each entry of dkim has a selector and either a target or a value.`);
    return [];
  });
}

/** An alias at the selector. The target is a host name in text. */
export function cnameKey(account: Account, selector: string, target: string): readonly DkimNeed[] {
  const label = selectorOf(account, selector);
  const name = hostName(account, 'dkim', target);
  return label === undefined || name === undefined ? [] : [{ kind: 'cname', selector: label, target: name }];
}

/** Aliases at all selectors from one pattern; `star` is the account's own part of it. */
export function cnameKeys(
  account: Account,
  selectors: readonly string[],
  pattern: string,
  star = '',
): readonly DkimNeed[] {
  return selectors.flatMap((selector) =>
    cnameKey(
      account,
      selector,
      fillPattern(pattern.replaceAll('{selector}', selector).replaceAll('*', star), account.domain),
    ),
  );
}

/** A key record at the selector, its key measured. The octets of what is no public key never reach a message. */
export function txtKey(account: Account, selector: string, value: string, verbatim = false): readonly DkimNeed[] {
  const label = selectorOf(account, selector);
  if (label === undefined) return [];
  const text = pasted(value);
  const judged = judge(text);
  if ('fault' in judged) {
    account.faults.push(`${account.title}: the DKIM value for the selector ${label} ${judged.fault}`);
    return [];
  }
  if (judged.rsaBits !== undefined) shortKey(account, label, judged.rsaBits);
  return [{ kind: 'txt', selector: label, value: text, verbatim }];
}

/** `selector` and `value` of the account; without a value it is missing, and `where` says where to find it. */
export function valueOr(
  account: Account,
  where: string,
  options: { readonly selector?: string; readonly verbatim?: boolean } = {},
): readonly DkimNeed[] {
  const selector = textOf(account, 'selector') ?? options.selector;
  const value = textOf(account, 'value');
  if (value !== undefined && selector !== undefined) return txtKey(account, selector, value, options.verbatim);
  const label = selector === undefined ? undefined : selectorOf(account, selector);
  return [{ kind: 'missing', ...(label === undefined ? {} : { selector: label }), where }];
}

/** The key pair that Septet keeps, for software that signs on the owner's own host; a given value is published instead. */
export function ownKey(account: Account, selector: string | undefined): readonly DkimNeed[] {
  if (selector === undefined) {
    const where = `Choose a name for the key (selector: s1); \`septet dkim generate ${account.domain}\` makes it.`;
    return [{ kind: 'missing', where }];
  }
  const value = textOf(account, 'value');
  if (value !== undefined) return txtKey(account, selector, value);
  const label = selectorOf(account, selector);
  return label === undefined ? [] : [{ kind: 'own-key', selector: label }];
}

/** Whether what is live at a selector can be given as a setting: an alias to a host name, or a key that somebody can use. */
export function canBeGiven(seen: SeenSelector, domain: DnsName): boolean {
  if (plainSelector(seen.selector, domain) !== seen.selector) return false;
  return 'target' in seen ? parseDomain(seen.target).ok : !('fault' in judge(pasted(seen.text)));
}

/** The selector in the form in which names are compared; a fault where no name can be made of it. */
export function selectorOf(account: Account, selector: string): string | undefined {
  const label = plainSelector(selector, account.domain);
  if (label !== undefined) return label;
  account.faults.push(
    `${account.title}: ${shown(selector)} is not a selector. It has letters, digits and hyphens, such as "s1".`,
  );
  return undefined;
}

function plainSelector(selector: string, domain: DnsName): string | undefined {
  const label = selector.toLowerCase().replace(/\._domainkey(\..*)?$/, '');
  const plain = /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(label);
  return plain && under(`${label}._domainkey`, domain) !== undefined ? label : undefined;
}

/** Takes off what a zone file or a dashboard puts around a text: quotes, several strings, `\;`. */
function pasted(value: string): string {
  const text = value.trim();
  const strings = text.startsWith('"') && text.endsWith('"') && text.length > 1;
  return (strings ? text.slice(1, -1).replaceAll(/"\s*"/g, '') : text).replaceAll(String.raw`\;`, ';');
}

/** What a key record is good for: the end of a sentence that says why not, or the length of its key where it is RSA. */
function judge(text: string): { readonly fault: string } | { readonly rsaBits?: number } {
  if (text.includes('-----BEGIN')) {
    return {
      fault:
        'is a PEM file and not the text of a DNS record. Give the text that begins with v=DKIM1; if the file was the private key, make a new key.',
    };
  }
  const reading = read(text);
  if (!reading) return { fault: 'is not a key record: it holds no p=. Copy the whole text of the TXT record.' };
  if (reading.bad) {
    const code = reading.problems[0]?.code ?? 'dkim.record.syntax';
    return { fault: `cannot be used (${code}; \`septet explain ${code}\` tells more). Copy it again, whole.` };
  }
  if (reading.value.publicKey === '') {
    return { fault: 'has an empty p=: the key is revoked. Give the key that signs now.' };
  }
  const key = readKey(Buffer.from(reading.value.publicKey, 'base64'));
  switch (key.kind) {
    case 'rsa':
      return { rsaBits: key.bits };
    case 'ed25519':
      return {};
    case 'private':
      return { fault: 'holds a private key. Do not publish it: make a new key and give its public half.' };
    case 'truncated':
      return { fault: 'holds a key that was cut off. Copy it again, whole.' };
    default:
      return { fault: 'holds no RSA or Ed25519 public key. Copy it again, whole.' };
  }
}

function shortKey(account: Account, selector: string, bits: number): void {
  if (bits >= 2048) return;
  // RFC 8301 §3.2: at least 1024 bits, 2048 recommended.
  const effect =
    bits < 1024
      ? 'receivers must not accept its signatures (RFC 8301 §3.2)'
      : 'receivers accept it, and signers should use 2048 (RFC 8301 §3.2)';
  warn(account, `The key of ${account.title} at ${selector}._domainkey has ${bits} bits: ${effect}.`);
}
