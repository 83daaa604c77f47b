/** Reads the files of BIMI that are to be hosted, so that the plan can point at their addresses. */
import path from 'node:path';
import type { DnsName } from '../dns/name.ts';
import type { DomainConfig } from './domain.ts';
import type { Config } from './read-config.ts';
import { hostedFile, type HostedFile } from './serve-keys.ts';

/** A mark certificate with its chain is about 10 KB, a logo at most 32 KB (BIMI Group); house. */
const maxFileOctets = 512 * 1024;

export type HostedResult =
  | { readonly kind: 'good'; readonly config: Config }
  /** Sentences that name the place and the file. */
  | { readonly kind: 'bad'; readonly problems: readonly string[] };

/** The configuration with addresses in the place of files. `readFile` rejects with a sentence. */
export async function withHostedFiles(
  config: Config,
  readFile: (path: string) => Promise<Uint8Array>,
): Promise<HostedResult> {
  if (![...config.domains.values()].some(({ hosted }) => hosted)) return { kind: 'good', config };
  const problems: string[] = [];
  const folder = path.dirname(config.file);
  const domains = new Map<DnsName, DomainConfig>();
  for (const [name, domain] of config.domains) {
    // oxlint-disable-next-line no-await-in-loop -- few domains host files, and their problems come in order
    domains.set(name, await withFiles(domain, { folder, readFile, problems }));
  }
  return problems.length > 0 ? { kind: 'bad', problems } : { kind: 'good', config: { ...config, domains } };
}

async function withFiles(
  domain: DomainConfig,
  outside: {
    readonly folder: string;
    readonly readFile: (path: string) => Promise<Uint8Array>;
    readonly problems: string[];
  },
): Promise<DomainConfig> {
  const { hosted, intent } = domain;
  if (!hosted || !intent.bimi) return domain;
  const files: HostedFile[] = [];
  const addressOf = async (kind: HostedFile['kind'], name: string | undefined): Promise<string | undefined> => {
    if (name === undefined) return undefined;
    const file = path.isAbsolute(name) ? name : path.join(outside.folder, name);
    try {
      const octets = await outside.readFile(file);
      if (octets.length > maxFileOctets) throw new Error(`${file} has more than ${maxFileOctets / 1024} KB.`);
      // Files of certificates often hold the key too, and this one is for everybody.
      if (Buffer.from(octets).includes('PRIVATE KEY-----'))
        throw new Error(`${file} holds a private key, which would be served to everybody. Name a file without it.`);
      const made = hostedFile(hosted.host, kind, octets);
      files.push(made);
      return `https://${made.host}${made.path}`;
    } catch (error) {
      const why = error instanceof Error ? error.message : `${file} cannot be read.`;
      outside.problems.push(`${domain.place}: bimi.${kind}: ${why}`);
      return undefined;
    }
  };
  const logo = await addressOf('logo', hosted.logo);
  const certificate = await addressOf('certificate', hosted.certificate);
  const bimi = {
    ...intent.bimi,
    ...(logo === undefined ? {} : { logo }),
    ...(certificate === undefined ? {} : { certificate }),
  };
  return { ...domain, intent: { ...intent, bimi }, files };
}
