/** What `septet rewrite` does: the message to standard output, what became of it to standard error. */
import { loadConfig } from '../../config/find-config.ts';
import { defaultState } from '../../config/read-config.ts';
import { parseAddressList } from '../../mail/addresses.ts';
import { bodyOf, fieldsOf } from '../../mail/header.ts';
import { decodeOctets } from '../../mail/words.ts';
import { parseHeader } from '../../mail/parse-header.ts';
import { rewriteMessage } from '../../rewrite/rewrite.ts';
import type { Rewritten, RewriteWish } from '../../rewrite/wish.ts';
import { maxIdOctets } from '../../rewrite/token-fields.ts';
import { maxRecipientOctets, tokenWriter } from '../../rewrite/tokens.ts';
import { openTrackingKeys, TrackingKeysFault } from '../../rewrite/tracking-keys.ts';
import { InputError, type Io } from '../io.ts';
import { domainOf, instantOf } from '../options.ts';
import { wrap } from '../paint.ts';
import { dataFolder } from '../store-option.ts';
import { visible } from '../visible.ts';
import { configuredSelectors } from './kept-keys.ts';
import { signingKeys } from './rewrite-keys.ts';

export interface RewriteOptions {
  readonly domain: string;
  readonly tracking?: string;
  readonly recipient?: string;
  readonly campaign?: string;
  readonly message?: string;
  readonly clicks: boolean;
  readonly opens: boolean;
  readonly text?: boolean;
  readonly unsubscribe?: string;
  readonly keepUnsubscribeLinks?: boolean;
  readonly selector?: string;
  readonly key?: string;
  readonly sign: boolean;
  readonly config?: string;
  readonly state?: string;
  readonly data?: string;
  readonly at?: string;
}

/** Answers the exit code: 0, also where the message passed through untouched, because it is told. */
export async function rewrite(file: string, options: RewriteOptions, io: Io): Promise<number> {
  const { wish, state, preferred } = await wishOf(options, io);
  const keys = options.sign ? await signingKeys(wish.domain, state, options, preferred, io) : [];
  const octets = await io.readFile(file);
  const name = file === '-' ? 'Standard input' : file;
  if (octets.length === 0) throw new InputError(`${visible(name)} is empty: there is no message in it.`);
  const recipient =
    options.recipient === undefined
      ? onlyRecipient(octets)
      : idOf('--recipient', options.recipient, maxRecipientOctets);
  const writer = tokenWriter(await trackingKeys(options, io));
  const [first] = keys;
  const now = options.at === undefined ? io.now() : instantOf(options.at);
  const rewritten = rewriteMessage(
    octets,
    { ...wish, recipient },
    { writer, ...(first ? { sign: { domain: wish.domain, selector: first.selector, keys, now } } : {}) },
  );
  await io.out(rewritten.octets);
  tell(
    name,
    rewritten,
    keys.map(({ selector }) => selector),
    options,
    io,
  );
  return 0;
}

async function wishOf(
  options: RewriteOptions,
  io: Io,
): Promise<{
  readonly wish: Omit<RewriteWish, 'recipient'>;
  readonly state: string;
  readonly preferred: ReadonlySet<string>;
}> {
  const domain = domainOf(options.domain);
  const loaded = await loadConfig(io, options.config);
  if (loaded.kind === 'bad' || (loaded.kind === 'none' && options.config !== undefined))
    throw new InputError(loaded.message);
  const config = loaded.kind === 'good' ? loaded.config : undefined;
  const unsubscribe = options.unsubscribe ?? config?.relay?.unsubscribe ?? 'keep';
  if (unsubscribe !== 'keep' && unsubscribe !== 'replace' && unsubscribe !== 'none')
    throw new InputError(`--unsubscribe is keep, replace or none, not ${visible(unsubscribe)}.`);
  const configured = config?.domains.get(domain)?.tracking;
  const host = options.tracking === undefined ? configured?.host : domainOf(options.tracking);
  if (host === undefined)
    throw new InputError(
      `No tracking host is known for ${domain}. Name one with --tracking, or write tracking: into the configuration.`,
    );
  return {
    state: options.state ?? config?.state ?? defaultState,
    preferred: configuredSelectors(domain, config?.domains.get(domain)?.intent),
    wish: {
      domain,
      host,
      ...(options.message === undefined ? {} : { message: idOf('--message', options.message, maxIdOctets) }),
      campaign: idOf('--campaign', options.campaign ?? '', maxIdOctets),
      clicks: options.clicks && (configured?.clicks ?? true),
      opens: options.opens && (configured?.opens ?? true),
      text: options.text ?? config?.relay?.text ?? false,
      unsubscribe,
      keepUnsubscribeLinks: options.keepUnsubscribeLinks ?? config?.relay?.keepUnsubscribeLinks ?? false,
      privateTargets: configured?.privateTargets ?? false,
    },
  };
}

function idOf(option: string, text: string, most: number): string {
  if (Buffer.byteLength(text) <= most) return text;
  throw new InputError(`${option} has ${Buffer.byteLength(text)} octets, and ${most} is the most.`);
}

/** The only address in To; empty where there are several or none. */
function onlyRecipient(octets: Uint8Array): string {
  const header = parseHeader(octets);
  const [to, ...others] = fieldsOf(header, 'to');
  if (to === undefined || others.length > 0 || fieldsOf(header, 'cc').length > 0) return '';
  const { mailboxes } = parseAddressList(bodyOf(to));
  const [only, second] = mailboxes;
  if (!only || second || only.domainText === '') return '';
  const address = decodeOctets(`${only.local}@${only.domainText}`);
  return Buffer.byteLength(address) <= maxRecipientOctets ? address : '';
}

async function trackingKeys(options: RewriteOptions, io: Io) {
  try {
    return await openTrackingKeys(dataFolder(options, io), io);
  } catch (error) {
    if (error instanceof TrackingKeysFault) throw new InputError(error.message);
    throw error;
  }
}

function tell(
  name: string,
  { changed, notes }: Rewritten,
  selectors: readonly string[],
  { sign }: RewriteOptions,
  io: Io,
): void {
  const columns = Math.max(40, Math.min(io.columns, 100));
  const done = [
    ...(changed.links > 0 ? [`${changed.links} ${changed.links === 1 ? 'link' : 'links'}`] : []),
    ...(changed.pixels > 0 ? ['pixel'] : []),
    ...(changed.unsubscribe ? ['List-Unsubscribe'] : []),
    ...(changed.signed ? [`signed with ${selectors.join(' and ')}`] : []),
  ];
  if (done.length > 0) io.err(`${wrap(`${name}: ${done.join(', ')}`, columns, '  ', '')}\n`);
  for (const { code, text } of notes) {
    // Whoever asked for no signature need not be told.
    if (code === 'sign.no_key' && !sign && changed.signaturesRemoved === 0) continue;
    io.err(`${wrap(`${name}: ${text}`, columns, '  ', '')}\n`);
  }
}
