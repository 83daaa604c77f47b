/** The account at an authority (RFC 8555 §7.3): made once, kept with its key, used by all machines. */
import { createHash } from 'node:crypto';
import { AcmeFault } from './acme-fault.ts';
import type { AcmeCall, loadAcme } from './acme-calls.ts';
import { newKey } from './request-forms.ts';
import type { AcmeSettings } from './settings.ts';
import { kept, type CertificateShelf } from './shelf.ts';

type Library = Awaited<ReturnType<typeof loadAcme>>;
export type AcmeClient = InstanceType<Library['Client']>;

export interface AccountInput {
  readonly acme: Library;
  readonly settings: AcmeSettings;
  readonly shelf: CertificateShelf;
  readonly call: AcmeCall;
  /** One machine at a time makes the account; `undefined` where another is at it. */
  exclusively<T>(work: () => Promise<T>): Promise<T | undefined>;
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

interface Account {
  /** PEM. */
  readonly key: string;
  /** Absent until the authority has taken it. */
  readonly url?: string;
  /** What the authority was told last. */
  readonly email?: string;
}

/** A client with its account. Within `inCall`; rejects with `AcmeFault`. */
export async function openAccount(input: AccountInput): Promise<AcmeClient> {
  const { settings, shelf } = input;
  const { host } = new URL(settings.directory);
  if (!settings.agree)
    throw new AcmeFault(
      'terms',
      `The terms of the authority ${host} are not agreed to. Read them, and set serve.acme.agree: true.`,
    );
  const name = kept.account(createHash('sha256').update(settings.directory).digest('hex').slice(0, 16));
  const known = parseAccount(await shelf.get(name));
  if (known?.url !== undefined && known.email === settings.email) return clientOf(input, known);
  const make = async (): Promise<AcmeClient> => {
    const current = parseAccount(await shelf.get(name));
    if (current?.url !== undefined && current.email === settings.email) return clientOf(input, current);
    // The key is kept before the authority hears of it: an answer that is lost costs no account.
    const account = current ?? { key: newKey() };
    if (!current) await shelf.put(name, formatAccount(account));
    const client = clientOf(input, account);
    input.call.what = account.url === undefined ? 'the new account' : 'the change of the account';
    const contact = settings.email === undefined ? [] : [`mailto:${settings.email}`];
    await client.createAccount({ termsOfServiceAgreed: true, contact });
    const url = client.getAccountUrl();
    await shelf.put(
      name,
      formatAccount({ key: account.key, url, ...(settings.email === undefined ? {} : { email: settings.email }) }),
    );
    return client;
  };
  for (let tries = 0; tries < 60; tries++) {
    /* oxlint-disable no-await-in-loop -- it waits for the other machine */
    const made = await input.exclusively(make);
    if (made) return made;
    await input.sleep(1000, input.call.signal);
    /* oxlint-enable no-await-in-loop */
  }
  throw new AcmeFault(
    'busy',
    `Another machine has been making the account at ${host} for a minute. It is tried again.`,
  );
}

/** After the authority has forgotten the account: the next order makes it anew, with the same key. */
export async function forgetAccountUrl(settings: AcmeSettings, shelf: CertificateShelf): Promise<void> {
  const name = kept.account(createHash('sha256').update(settings.directory).digest('hex').slice(0, 16));
  const account = parseAccount(await shelf.get(name));
  if (account?.url !== undefined) await shelf.put(name, formatAccount({ key: account.key }));
}

const clientOf = ({ acme, settings }: AccountInput, { key, url }: Account): AcmeClient =>
  new acme.Client({
    directoryUrl: settings.directory,
    accountKey: key,
    ...(url === undefined ? {} : { accountUrl: url }),
    ...(settings.eab ? { externalAccountBinding: { kid: settings.eab.kid, hmacKey: settings.eab.hmacKey } } : {}),
  });

const formatAccount = (account: Account): string => `${JSON.stringify({ version: 1, ...account })}\n`;

function parseAccount(text: string | undefined): Account | undefined {
  if (text === undefined) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { key, url, email }: Record<string, unknown> = typeof json === 'object' && json !== null ? { ...json } : {};
  if (typeof key !== 'string' || !key.includes('PRIVATE KEY')) return undefined;
  return { key, ...(typeof url === 'string' ? { url } : {}), ...(typeof email === 'string' ? { email } : {}) };
}
