/** Programs for the tests of DKIM keys, and keys kept in a folder of the test's own. */
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { dnsName } from '../../src/dns/name.ts';
import { serveZone } from '../cli/program.ts';
import { quoted } from '../dkim-keys.ts';
import { findBinary, temporaryFolder } from '../servers/process.ts';

export const domain = dnsName('example.com');

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. */
export async function execute(name: string, args: readonly string[], cwd?: string): Promise<Ran> {
  const binary = await findBinary(name);
  if (binary === undefined) throw new Error(`${name} is not installed`);
  return new Promise((resolve) => {
    execFile(binary, [...args], { timeout: 30_000, ...(cwd === undefined ? {} : { cwd }) }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}

/** A folder that is removed after the test. */
export async function ownFolder(t: Pick<TestContext, 'after'>, name: string): Promise<(file: string) => string> {
  const folder = await temporaryFolder(name);
  t.after(() => rm(folder, { recursive: true, force: true }));
  return (file) => path.join(folder, file);
}

/** A DNS server on loopback with these key records. */
export function serveKeys(t: Pick<TestContext, 'after'>, records: Readonly<Record<string, string>>) {
  const lines = Object.entries(records).map(([selector, text]) => `${selector}._domainkey TXT ${quoted(text)}`);
  return serveZone(
    t,
    `$ORIGIN ${domain}.\n$TTL 3600\n@ SOA ns1 hostmaster 1 7200 3600 1209600 3600\n@ NS ns1\nns1 A 127.0.0.1\n${lines.join('\n')}\n`,
  );
}

export const longest = (text: string): number => Math.max(...text.split('\n').map((line) => line.length));
/** Lines that a person copies are never cut; all others fit the terminal. */
export const prose = (text: string): string =>
  text
    .split('\n')
    .filter((line) => !/^v=DKIM1|IN TXT "|^ {2,}septet /.test(line))
    .join('\n');
