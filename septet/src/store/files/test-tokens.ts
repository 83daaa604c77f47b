/**
 * The tokens of test messages that were sent, by domain: `<state>/tests/<domain>.json`. With them a message that is pasted
 * back is known again. Written whole, for the owner alone; holds addresses, never a login.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { DnsName } from '../../dns/name.ts';
import { codeOf, makePrivateFolder, reasonOf, writePrivately } from './key-files.ts';
import { StateFault } from '../state-fault.ts';

export interface SentTest {
  readonly token: string;
  /** ISO 8601, UTC. */
  readonly sentAt: string;
  readonly messageId: string;
  readonly from: string;
  readonly to: string;
  /** The sender of the plan: its id. */
  readonly sender?: string;
}

/** A file of tokens that cannot be read or written; the message is for a person and names it. */
export class TestTokensError extends StateFault {
  override readonly name = 'TestTokensError';
}

const keepMs = 30 * 86_400_000; // house
const maxTests = 1000; // house
const maxFileOctets = 4 * 1024 * 1024; // house

/** A wildcard or root never has one. */
export const testTokensPath = (state: string, domain: DnsName): string => path.join(state, 'tests', `${domain}.json`);

/** Those of the last 30 days, the oldest first; none where there is no file. Throws `TestTokensError`. */
export async function readTests(state: string, domain: DnsName, now: number): Promise<readonly SentTest[]> {
  const file = testTokensPath(state, domain);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw new TestTokensError(`${file} cannot be read: ${reasonOf(error)}.`);
  }
  const tests = text.length > maxFileOctets ? undefined : testsOf(text);
  if (tests === undefined)
    throw new TestTokensError(`${file} is damaged. Remove it; the tests in it can be sent again.`);
  return tests.filter(({ sentAt }) => now - Date.parse(sentAt) < keepMs);
}

/** Adds one, and drops those that are older than 30 days. Two runs at the same moment keep the later one's. */
export async function rememberTest(state: string, domain: DnsName, test: SentTest, now: number): Promise<void> {
  const tests = [...(await readTests(state, domain, now)), test].slice(-maxTests);
  const file = testTokensPath(state, domain);
  await makePrivateFolder(path.dirname(file));
  await writePrivately(file, `${JSON.stringify({ tests }, undefined, 1)}\n`, 'replace');
}

function testsOf(text: string): readonly SentTest[] | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const tests = typeof json === 'object' && json !== null ? (json as { tests?: unknown }).tests : undefined;
  return Array.isArray(tests) && tests.every(isTest) ? tests : undefined;
}

function isTest(value: unknown): value is SentTest {
  if (typeof value !== 'object' || value === null) return false;
  const { token, sentAt, messageId, from, to, sender } = value as Readonly<Record<string, unknown>>;
  return (
    [token, messageId, from, to].every((part) => typeof part === 'string') &&
    typeof sentAt === 'string' &&
    !Number.isNaN(Date.parse(sentAt)) &&
    (sender === undefined || typeof sender === 'string')
  );
}
