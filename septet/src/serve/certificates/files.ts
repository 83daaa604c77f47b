/** Certificates that others make: files of the configuration, read again when they change, and given ones. */
import { readCertificate, type ReadyCertificate } from './read-certificate.ts';
import type { CertificateFiles, GivenCertificate } from './settings.ts';

export interface PlacedCertificate {
  readonly certificate: ReadyCertificate;
  readonly from: string;
}

export interface FileCertificates {
  /** Those that serve the host, by its own name first. */
  find(host: string): readonly PlacedCertificate[];
  /** Takes these instead, from the next `refresh` on. */
  use(files: readonly CertificateFiles[]): void;
  /** Reads what changed. What cannot be read leaves the one before in service, and is told once. */
  refresh(): Promise<void>;
}

export interface FilesInput {
  readonly files: readonly CertificateFiles[];
  readonly given: readonly GivenCertificate[];
  /** Rejects with an error whose message is a sentence. */
  readFile(path: string): Promise<Uint8Array>;
  log(line: string): void;
}

interface Read {
  readonly text: string;
  readonly certificate?: ReadyCertificate;
  readonly fault?: string;
}

export function fileCertificates(input: FilesInput): FileCertificates {
  const given = input.given.map(({ cert, key, from }): PlacedCertificate => {
    const certificate = readCertificate(cert, key);
    // Made by ourselves a moment ago.
    if (typeof certificate === 'string') throw new Error(`the certificate of ${from} ${certificate}`);
    return { certificate, from };
  });
  let listed = input.files;
  const known = new Map<string, Read>();
  const keyOf = ({ cert, key }: CertificateFiles): string => `${cert}\0${key}`;
  let index = new Map<string, PlacedCertificate[]>();
  const reindex = (): void => {
    index = new Map();
    const read = listed.flatMap((files): readonly PlacedCertificate[] => {
      const certificate = known.get(keyOf(files))?.certificate;
      return certificate ? [{ certificate, from: `file ${files.cert}` }] : [];
    });
    for (const placed of [...given, ...read])
      for (const name of placed.certificate.names) {
        const others = index.get(name);
        if (others) others.push(placed);
        else index.set(name, [placed]);
      }
  };
  const readOne = async (files: CertificateFiles): Promise<Read> => {
    const before = known.get(keyOf(files));
    try {
      const [cert, key] = await Promise.all(
        [files.cert, files.key].map(async (path) => Buffer.from(await input.readFile(path)).toString('utf8')),
      );
      const text = `${cert}\0${key}`;
      if (before?.text === text) return before;
      const certificate = readCertificate(cert ?? '', key ?? '');
      if (typeof certificate !== 'string') return { text, certificate };
      return { text, ...servedBefore(before), fault: `${files.cert} ${certificate}` };
    } catch (error) {
      return { text: '', ...servedBefore(before), fault: error instanceof Error ? error.message : String(error) };
    }
  };
  reindex();
  return {
    // One label stands for the star (RFC 9525 §6.3).
    find: (host) => [
      ...(index.get(host) ?? []),
      ...(index.get(`*${host.slice(Math.max(0, host.indexOf('.')))}`) ?? []),
    ],
    use: (files) => {
      listed = files;
    },
    refresh: async () => {
      await Promise.all(
        listed.map(async (files) => {
          const now = await readOne(files);
          if (now.fault !== undefined && now.fault !== known.get(keyOf(files))?.fault) input.log(now.fault);
          known.set(keyOf(files), now);
        }),
      );
      reindex();
    },
  };
}

const servedBefore = (before: Read | undefined): Pick<Read, 'certificate'> =>
  before?.certificate ? { certificate: before.certificate } : {};
