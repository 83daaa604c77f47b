import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseHeader } from '../../mail/parse-header.ts';
import type { ArcOutcome } from '../arc/outcome.ts';
import { envelopeOf } from './envelope-of.ts';
import { forwardingOf, type Forwarding } from './forwarded.ts';

const hop =
  'Received: from out.forward.example (out.forward.example [198.51.100.30]) by mx.google.com with ESMTPS id 1 for <me@gmail.com>; Mon, 23 Nov 2026 10:00:05 +0000';
const first =
  'Received: from mail.yourcompany.com (mail.yourcompany.com [198.51.100.5]) by in.forward.example with ESMTPS id 2; Mon, 23 Nov 2026 10:00:02 +0000';
const seal = 'ARC-Seal: i=1; a=rsa-sha256; cv=none; d=x.example; s=a; b=AAAA';
const arc: ArcOutcome = { result: 'pass', reason: '', sets: [{ instance: 1 }] };

function look(lines: readonly string[], withArc = false): Forwarding | undefined {
  const header = parseHeader(Buffer.from(`${[...lines, 'From: a@yourcompany.com'].join('\r\n')}\r\n\r\n`, 'latin1'));
  const envelope = envelopeOf(header, {}, { trustedHosts: [] });
  return forwardingOf({ header, envelope, ...(withArc ? { arc } : {}) });
}

describe('forwardingOf', () => {
  test('direct mail, also of newsletters, of relays with the same recipient, and sealed at the door', () => {
    assert.equal(look([hop]), undefined);
    assert.equal(look([hop, first]), undefined, 'a relay looks like this');
    assert.equal(
      look([hop, 'List-Id: <news.yourcompany.com>', 'List-Unsubscribe: <https://x.example/u>', 'List-Post: NO']),
      undefined,
    );
    assert.equal(look([seal, hop, first], true), undefined, 'Gmail seals what it takes');
    const same = first.replace(' id 2', ' id 2 for <me@gmail.com>');
    assert.equal(look([hop, same]), undefined);
    assert.equal(look([hop, 'X-Forwarded-For: 192.0.2.1']), undefined, 'web mail');
  });

  test('a service that seals what it sends is no forwarder', () => {
    const client =
      'Received: from NAM.outbound.protection.outlook.com (x.outlook.com [40.107.1.1]) by mx.google.com with ESMTPS id 1; Mon, 23 Nov 2026 10:00:05 +0000';
    const inside =
      'Received: from A.namprd11.prod.outlook.com (2603:10b6:806:1::1) by B.namprd11.prod.outlook.com (2603:10b6:1::1) with Microsoft SMTP Server; Mon, 23 Nov 2026 10:00:01 +0000';
    assert.equal(look([client, seal, inside], true), undefined);
  });

  for (const [title, lines, kind] of [
    ['SRS', ['Return-Path: <SRS0=a=b=yourcompany.com=x@forward.example>', hop], 'forwarder'],
    ['Gmail’s forwarding', ['Return-Path: <me+caf_=you=dest.example@gmail.com>', hop], 'forwarder'],
    ['X-Forwarded-To', [hop, 'X-Forwarded-To: me@gmail.com'], 'forwarder'],
    ['a delivery before the last hop', [hop, 'Delivered-To: me@forward.example', first], 'forwarder'],
    ['another recipient before', [hop, first.replace(' id 2', ' id 2 for <me@forward.example>')], 'forwarder'],
    ['Mailman', [hop, 'X-BeenThere: list@lists.example'], 'list'],
    ['a list’s address', [hop, 'List-Post: <mailto:list@lists.example>'], 'list'],
  ] as const) {
    test(title, () => {
      const forwarding = look(lines);
      assert.equal(forwarding?.kind, kind);
      assert.equal(forwarding.signs.length, 1);
    });
  }

  test('a seal below the last hop, by one who took the message from outside', () => {
    assert.equal(look([hop, seal, first], true)?.kind, 'forwarder');
  });
});
