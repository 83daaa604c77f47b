/** `septet message headers`: one document for a message, a line each for a mailbox file, a sentence for nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError, type Io } from '../../src/cli/io.ts';
import { headers } from '../../src/cli/message/headers.ts';
import { gmail, icloud } from '../proof/receiver-samples.ts';

/** As much of the document as is looked at. */
interface Shown {
  readonly version: number;
  readonly source: string;
  readonly speaker: string;
  readonly authenticationResults: readonly {
    readonly kind: string;
    readonly standing: string;
    readonly results: readonly {
      readonly method: string;
      readonly result: string;
      readonly properties: readonly { readonly value: string }[];
    }[];
    readonly repairs: readonly { readonly code: string }[];
  }[];
  readonly arc: readonly {
    readonly instance: number;
    readonly seal: { readonly tags: readonly unknown[] };
    readonly results: { readonly results: readonly unknown[] };
  }[];
  readonly received: readonly { readonly by: string }[];
}

async function run(input: string, trust: readonly string[] = []): Promise<string> {
  let out = '';
  const io = {
    out: (text: string | Uint8Array) => void (out += String(text)),
    async *chunks() {
      const bytes = Buffer.from(input, 'latin1');
      for (let at = 0; at < bytes.length; at += 100) yield bytes.subarray(at, at + 100);
    },
  } as unknown as Io;
  assert.equal(await headers('mail.eml', { trust }, io), 0);
  return out;
}

test('headers: one message, every result, repair and hop', async () => {
  const faulty = gmail.replace(
    'header.b=AbCdEfGh;\n       spf=pass (google.com: domain of bounce@example.com designates 192.0.2.25 as permitted sender) smtp.mailfrom=bounce@example.com;\n       dmarc',
    'header.b=AbCd/fGh;\n       spf=pass smtp.mailfrom=b\xc3\xa9@example.com dmarc',
  );
  const document = JSON.parse(await run(`${faulty}\nbody\n`)) as Shown;
  const { version, source, speaker, authenticationResults, arc, received } = document;
  assert.deepEqual([version, source, speaker], [1, 'mail.eml', 'mx.google.com']);
  assert.equal(authenticationResults.length, 1);
  const [field] = authenticationResults;
  assert.ok(field);
  assert.equal(field.kind, 'good');
  assert.equal(field.standing, 'trusted');
  assert.deepEqual(
    field.results.map((result) => `${result.method}=${result.result}`),
    ['dkim=pass', 'spf=pass', 'dmarc=pass'],
  );
  assert.equal(field.results[1]?.properties[0]?.value, 'bé@example.com');
  assert.deepEqual(
    field.repairs.map((repair) => repair.code),
    ['property.character', 'semicolon.missing'],
  );
  assert.deepEqual(
    arc.map((set) => [set.instance, set.seal.tags.length, set.results.results.length]),
    [[1, 7, 2]],
  );
  assert.deepEqual(
    received.map((hop) => hop.by),
    ['2002:a05:6402:1a2b:b0:5c9:1111:2222', 'mx.google.com', 'mail.example.com'],
  );
});

test('headers: a mailbox file gives a line for each message', async () => {
  const box = `From a@example.com Mon Nov 23 12:00:00 2026\n${gmail}\nbody\n\nFrom b@example.com Mon Nov 23 12:00:00 2026\n${icloud}\nbody\n`;
  const lines = (await run(box))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { source: string; authenticationResults: unknown[] });
  assert.deepEqual(
    lines.map((line) => [line.source, line.authenticationResults.length]),
    [
      ['mail.eml#1', 1],
      ['mail.eml#2', 5],
    ],
  );
});

test('headers: what cannot be read is told, and --trust is obeyed', async () => {
  const text =
    'Authentication-Results: nothing at all\nAuthentication-Results: filter; spf=pass\nFrom: a@example.com\n\n';
  const document = JSON.parse(await run(text, ['filter'])) as {
    authenticationResults: { kind: string; standing: string; problem?: string }[];
  };
  assert.deepEqual(
    document.authenticationResults.map((field) => [field.kind, field.standing]),
    [
      ['bad', 'claim'],
      ['good', 'trusted'],
    ],
  );
  assert.match(document.authenticationResults[0]?.problem ?? '', /method=result/);
});

test('headers: nothing to read is a sentence', async () => {
  await assert.rejects(
    run(''),
    (error: unknown) => error instanceof InputError && /holds no message/.test(error.message),
  );
});
