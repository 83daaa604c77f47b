/** Fetches secrets (those of a DNS host at once) when they are needed, so that a plan can be made without them. */
import type { HostConfig } from './dns-keys.ts';
import type { SecretRef } from './references.ts';

export type HostValuesResult =
  | { readonly kind: 'good'; readonly values: Readonly<Record<string, string>> }
  /** Sentences for a person; they name the reference, never the secret. */
  | { readonly kind: 'missing'; readonly problems: readonly string[] };

export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads a file whole; rejects with an error whose message names the file. */
  readFile(path: string): Promise<Uint8Array>;
}

const maxSecretOctets = 64 * 1024; // house

/** The values of a host with its secrets, by the keys of the host's fields; for `openHost`. */
export async function resolveHostValues(host: HostConfig, sources: SecretSources): Promise<HostValuesResult> {
  const secrets = await Promise.all(
    Object.entries(host.secrets).map(async ([key, ref]) => ({
      key,
      read: await readSecret(`dns.${key}`, ref, sources),
    })),
  );
  const problems = secrets.flatMap(({ read }) => ('problem' in read ? [read.problem] : []));
  if (problems.length > 0) return { kind: 'missing', problems };
  const found = secrets.map(({ key, read }) => [key, 'value' in read ? read.value : ''] as const);
  return { kind: 'good', values: { ...host.values, ...Object.fromEntries(found) } };
}

/** One secret; `what` is its key for the sentence: `dns.token`. */
export async function readSecret(
  what: string,
  { kind, name }: SecretRef,
  sources: SecretSources,
): Promise<{ readonly value: string } | { readonly problem: string }> {
  if (kind === 'env') {
    const value = sources.env[name]?.trim();
    return value
      ? { value }
      : { problem: `${what} is in the environment variable ${name}, which is not set. Set it and try again.` };
  }
  let octets: Uint8Array;
  try {
    octets = await sources.readFile(name);
  } catch (error) {
    const why = error instanceof Error ? error.message : `${name} cannot be read.`;
    return { problem: `${what} is in a file that cannot be read. ${why}` };
  }
  const value = octets.length <= maxSecretOctets ? Buffer.from(octets).toString('utf8').trim() : '';
  if (value === '' || /[\r\n]/.test(value))
    return { problem: `${what}: ${name} has to hold the secret in one line and nothing else.` };
  return { value };
}
