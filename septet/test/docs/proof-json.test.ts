/**
 * The JSON of proofs holds to what `docs/json.md` says: an undocumented field fails, and so does a documented field or
 * variant that no proof here shows.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headersSchema } from '../../scripts/headers-schema.ts';
import { proofDocumentSchema } from '../../scripts/proof-schemas.ts';
import { proofDocument } from '../../src/cli/message/proof-json.ts';
import { visibleJson } from '../../src/cli/visible.ts';
import { verifyMessage } from '../../src/proof/verify.ts';
import { splitMessage } from '../../src/mail/parse-header.ts';
import { bare, full, hostile, ideal } from '../browser/proof-samples.ts';
import { within } from '../cli/program.ts';
import { zoneWorld } from '../zone-world.ts';
import { contract } from './contract.ts';

test('proofs made by hand, with every field', () => {
  const proofs = contract(proofDocumentSchema);
  proofs.holds(proofDocument([ideal, bare], []), 'ideal');
  proofs.holds(
    visibleJson(proofDocument([full, hostile], [{ source: 'x.eml', error: 'x.eml cannot be read.' }])),
    'full',
  );
  proofs.shownWhole();
});

test('a field that is not documented, and one that is wrong, are noticed', () => {
  const proofs = contract(proofDocumentSchema);
  const broken = (part: object): void => proofs.holds({ ...proofDocument([], []), ...part });
  assert.throws(() => broken({ proofs: [{ ...ideal, more: 1 }] }), /more/);
  assert.throws(() => broken({ proofs: [{ ...ideal, evaluatedAt: 'today' }] }), /evaluatedAt/);
  assert.throws(() => broken({ version: 2 }), /version/);
  broken({});
});

const signed = [
  'Received: from mail.example.com (mail.example.com [192.0.2.10]) by mx.example.net with ESMTPS id 1; Mon, 23 Nov 2026 09:00:00 +0000',
  'DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=s1; h=from; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA',
  'Authentication-Results: mx.example.net; spf=pass smtp.mailfrom=a@example.com; dkim',
  'From: A <a@example.com>',
  'List-Unsubscribe: <https://example.com/u?i=17>',
  'Subject: hello',
  '',
  'A body.',
  '',
].join('\r\n');

const zone = `example.com. TXT "v=spf1 ip4:192.0.2.10 -all"
_dmarc.example.com. TXT "v=DMARC1; p=reject; rua=mailto:d@example.com"
s1._domainkey.example.com. TXT "v=DKIM1; p="`;

for (const [title, text] of Object.entries({
  'a signed message': signed,
  'no header': 'nothing\n',
  'several authors': 'From: a@example.com, b@example.net\r\nFrom: c@example.org\r\n\r\nx',
})) {
  test(`a proof of ${title} holds to it`, async () => {
    const { header, body } = splitMessage(Buffer.from(text));
    const message = { number: 1, header, body: pieces(body) };
    const proof = await verifyMessage(zoneWorld(zone), message, { source: 'mail.eml' });
    contract(proofDocumentSchema).holds(proofDocument([proof], []), title);
    assert.equal(proof.source, 'mail.eml');
  });
}

async function* pieces(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body;
}

test('septet message headers: read, unreadable, ARC, and a mailbox file', async () => {
  const headers = contract(headersSchema);
  const arc = [
    'ARC-Seal: i=1; cv=none; broken; d=example.net; s=a; b=AA',
    'ARC-Message-Signature: i=1; d=example.net; s=a; bh=AA; b=AA',
    'ARC-Authentication-Results: i=1; example.net; spf=pass (ok) reason="x" smtp.mailfrom=a@example.com; dkim/2=fail',
    'Authentication-Results: =?;;(',
    'Received: from a ([192.0.2.1]) (using TLSv1.3 with cipher X) by b with ESMTPSA id 7 for <c@example.net>; Mon, 23 Nov 2026 09:00:00 +0000',
    '',
  ].join('\r\n');
  const one = await within(['message', 'headers', '-'], { input: arc + signed });
  assert.equal(one.code, 0, one.stderr);
  headers.holds(one.stdout, 'one');
  const gmail = [
    'Received: from a.example.com (a.example.com. [192.0.2.1]) by mx.google.com with ESMTPS id d2e1a72fcca58.6 for <c@gmail.com> (version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256); Mon, 23 Nov 2026 01:00:00 -0800 (PST)',
    'Authentication-Results: mx.google.com; spf=pass (google.com: domain of a@example.com designates 192.0.2.1 as permitted sender) smtp.mailfrom=a@example.com',
    'Received: from x by y (envelope-from <a@example.com>) with ESMTP; Mon, 23 Nov 2026 09:00:00 +0000',
    'From: a@example.com\r\n\r\n',
  ].join('\r\n');
  headers.holds((await within(['message', 'headers', '-'], { input: gmail })).stdout, 'gmail');
  const separator = 'From a@example.com Mon Nov 23 09:00:00 2026';
  const mailbox = `${separator}\nTo: b\nno field\n\nx\n\n${separator}\nTo: c\n\ny\n`;
  const two = await within(['message', 'headers', '-'], {
    input: mailbox,
  });
  for (const line of two.stdout.trimEnd().split('\n')) headers.holds(line, 'mailbox');
  assert.equal(two.stdout.trimEnd().split('\n').length, 2);
  // Of a field that cannot be read nobody knows who writes so.
  headers.shownWhole(['UnreadableResults.dialect']);
});
