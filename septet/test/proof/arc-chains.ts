/** Messages with chains of ARC sets, sealed here, for tests. */
import { Buffer } from 'node:buffer';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { dnsName } from '../../src/dns/name.ts';
import { splitMessage } from '../../src/mail/parse-header.ts';
import { sealMessage, sealBodyWant, type SealOutcome, type SealRequest } from '../../src/proof/arc/seal.ts';
import { prepareArc, validateArc, type ArcEvaluation } from '../../src/proof/arc/validate.ts';
import { bodyHasher } from '../../src/proof/dkim/body.ts';
import { keyFinder } from '../../src/proof/dkim/key.ts';
import { zoneWorld, zoneWorldNow, type FailingQuestion } from '../zone-world.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ed25519 = generateKeyPairSync('ed25519');

export const rsaKey: KeyObject = rsa.privateKey;
export const ed25519Key: KeyObject = ed25519.privateKey;

const rsaText = rsa.publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
const ed25519Text = ed25519.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64');

/** Keys `s1` (RSA) and `e1` (Ed25519) at list.example and relay.example. */
export const zone = ['list.example', 'relay.example', 'author.example']
  .map(
    (domain) =>
      `s1._domainkey.${domain}. TXT "v=DKIM1; k=rsa; p=" "${rsaText.slice(0, 200)}" "${rsaText.slice(200)}"\n` +
      `e1._domainkey.${domain}. TXT "v=DKIM1; k=ed25519; p=${ed25519Text}"\n`,
  )
  .join('');

export const plain = [
  'Received: from out.author.example (out.author.example [192.0.2.1]) by mx.list.example with ESMTPS id 1;',
  ' Mon, 23 Nov 2026 10:00:05 +0000',
  'From: Ann <ann@author.example>',
  'To: team@list.example',
  'Subject: Plans',
  'Date: Mon, 23 Nov 2026 10:00:00 +0000',
  'Message-ID: <1@author.example>',
  '',
  'Hello all,',
  'here they are.',
  '',
].join('\r\n');

export type SealChanges = Partial<Omit<SealRequest, 'domain'>> & { readonly domain?: string };

/** What `sealMessage` answers for the message; list.example seals with its RSA key unless it is said otherwise. */
export function sealing(message: string, { domain = 'list.example', ...changes }: SealChanges = {}): SealOutcome {
  const { header, body } = splitMessage(Buffer.from(message, 'latin1'));
  const hasher = bodyHasher([sealBodyWant], header.lineEnd);
  hasher.write(body);
  return sealMessage({
    header,
    bodyHash: hasher.end()[0]?.digest ?? Buffer.alloc(0),
    authservId: `mx.${domain}`,
    results: 'spf=pass smtp.mailfrom=author.example; dkim=pass header.d=author.example; arc=none',
    cv: header.fields.some(({ key }) => key === 'arc-seal') ? 'pass' : 'none',
    domain: dnsName(domain),
    selector: 's1',
    key: rsaKey,
    now: zoneWorldNow,
    ...changes,
  });
}

/** The message with one more set on top. */
export function sealed(message: string, changes: SealChanges = {}): string {
  const outcome = sealing(message, changes);
  if (outcome.kind === 'refused') throw new Error(outcome.reason);
  return outcome.text + message;
}

export interface JudgeOptions {
  readonly zone?: string;
  readonly failures?: readonly FailingQuestion[];
  readonly now?: number;
}

export async function judge(message: string, options: JudgeOptions = {}): Promise<ArcEvaluation> {
  const { header, body } = splitMessage(Buffer.from(message, 'latin1'));
  const prepared = prepareArc(header);
  const hasher = bodyHasher(prepared.wants, header.lineEnd);
  hasher.write(body);
  const world = zoneWorld(options.zone ?? zone, { failures: options.failures ?? [] });
  return validateArc(prepared, header, hasher.end(), keyFinder(world), options.now ?? zoneWorldNow);
}

/** The key records of `zone` as npm's mailauth asks for them. */
export function answerTxt(name: string, type: string): Promise<string[][]> {
  const line = zone.split('\n').find((one) => one.startsWith(`${name}. TXT `));
  if (type === 'TXT' && line !== undefined)
    return Promise.resolve([[...line.matchAll(/"([^"]*)"/g)].map(([, text]) => text ?? '')]);
  return Promise.reject(Object.assign(new Error(`no ${type} at ${name}`), { code: 'ENOTFOUND' }));
}
