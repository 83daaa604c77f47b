import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseHeader } from '../../mail/parse-header.ts';
import { envelopeOf, type EnvelopeOptions, type GivenEnvelope } from './envelope-of.ts';
import type { Envelope } from './envelope.ts';

function read(lines: string, given: GivenEnvelope = {}, options: Partial<EnvelopeOptions> = {}): Envelope {
  const text = `${lines.trim().replaceAll('\n', '\r\n')}\r\n\r\nbody`;
  return envelopeOf(parseHeader(Buffer.from(text, 'latin1')), given, { trustedHosts: [], ...options });
}

interface Sample {
  readonly title: string;
  readonly header: string;
  readonly given?: GivenEnvelope;
  readonly options?: Partial<EnvelopeOptions>;
  readonly ip?: string;
  readonly helo?: string;
  readonly mailFrom?: string;
  readonly mailFromOf?: string;
  readonly tls?: boolean;
  readonly line?: number;
  readonly why?: RegExp;
}

const samples: readonly Sample[] = [
  {
    title: 'Gmail: its results stand below its own Received field',
    header: `
Delivered-To: me@gmail.com
Received: by 2002:a05:7010:8a91:b0:3f1 with SMTP id g17csp1;
        Mon, 23 Nov 2026 02:00:02 -0800 (PST)
X-Received: by 2002:a05:620a:1721 with SMTP id az33;
        Mon, 23 Nov 2026 02:00:02 -0800 (PST)
ARC-Seal: i=1; a=rsa-sha256; d=google.com; s=arc-20240605; cv=none; b=AAAA
Return-Path: <0102@bounce.yourcompany.com>
Received: from a8-31.smtp-out.amazonses.com (a8-31.smtp-out.amazonses.com. [54.240.8.31])
        by mx.google.com with ESMTPS id c12 for <me@gmail.com>
        (version=TLS1_3 cipher=TLS_AES_128_GCM_SHA256 bits=128/128);
        Mon, 23 Nov 2026 02:00:02 -0800 (PST)
Received-SPF: pass (google.com: domain of 0102@bounce.yourcompany.com designates 54.240.8.31 as permitted sender) client-ip=54.240.8.31;
Authentication-Results: mx.google.com; spf=pass smtp.mailfrom=0102@bounce.yourcompany.com
From: a@yourcompany.com`,
    ip: '54.240.8.31',
    helo: 'a8-31.smtp-out.amazonses.com',
    mailFrom: '0102@bounce.yourcompany.com',
    mailFromOf: 'Return-Path',
    tls: true,
    line: 8,
    why: /^mx\.google\.com took the message from 54\.240\.8\.31 \(a8-31\.smtp-out\.amazonses\.com\), a client outside its organisation: the newest below the hop inside the receiver\.$/,
  },
  {
    title: 'Gmail without Return-Path: the sender is in Received-SPF',
    header: `
Received: from mail.sender.example (mail.sender.example. [192.0.2.7])
        by mx.google.com with ESMTP id c12 for <me@gmail.com>; Mon, 23 Nov 2026 02:00:02 -0800 (PST)
Received-SPF: softfail (google.com: domain of transitioning b@sender.example does not designate 192.0.2.7 as permitted sender) client-ip=192.0.2.7;
From: b@sender.example`,
    ip: '192.0.2.7',
    mailFrom: 'b@sender.example',
    mailFromOf: 'Received-SPF',
    tls: false,
  },
  {
    title: 'Gmail to Gmail: client and server belong together',
    header: `
Received: by 2002:a05:7010 with SMTP id x1; Mon, 23 Nov 2026 02:00:02 -0800 (PST)
Return-Path: <b@yourcompany.com>
Received: from mail-sor-f41.google.com (mail-sor-f41.google.com. [209.85.220.41])
        by mx.google.com with SMTPS id b1 for <me@gmail.com>; Mon, 23 Nov 2026 02:00:02 -0800 (PST)
Received: by mail-sor-f41.google.com with SMTP id z; Mon, 23 Nov 2026 02:00:01 -0800 (PST)
From: b@yourcompany.com`,
    ip: '209.85.220.41',
    mailFrom: 'b@yourcompany.com',
    why: /both belong to google\.com/,
  },
  {
    title: 'Microsoft: hops inside have public addresses of version 6, and its results have no name',
    header: `
Received: from CO1PEPF000075F1.namprd03.prod.outlook.com (2603:10b6:303:8b:cafe::5a) by
 MW4PR04CA0275.outlook.office365.com (2603:10b6:303:8b::10) with Microsoft SMTP
 Server (version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.20.9; Mon, 23 Nov 2026 10:00:02 +0000
Authentication-Results: spf=pass (sender IP is 203.0.113.5)
 smtp.mailfrom=yourcompany.com; dkim=pass (signature was verified)
 header.d=yourcompany.com;dmarc=pass action=none header.from=yourcompany.com;
Received-SPF: Pass (protection.outlook.com: domain of yourcompany.com
 designates 203.0.113.5 as permitted sender) receiver=protection.outlook.com;
 client-ip=203.0.113.5; helo=mail.yourcompany.com; pr=C
Received: from mail.yourcompany.com (203.0.113.5) by CO1PEPF000075F1.mail.protection.outlook.com (10.167.249.20) with Microsoft SMTP
 Server (version=TLS1_3, cipher=TLS_AES_256_GCM_SHA384) id 15.20.9 via Frontend Transport; Mon, 23 Nov 2026 10:00:01 +0000
From: a@yourcompany.com`,
    ip: '203.0.113.5',
    helo: 'mail.yourcompany.com',
    mailFrom: 'yourcompany.com',
    tls: true,
    line: 10,
  },
  {
    title: 'Microsoft 365 to Outlook.com: the results say which hop it was',
    header: `
Received: from DM6PR1.namprd11.prod.outlook.com (2603:10b6:5:1::1) by CO1PR1.namprd11.prod.outlook.com
 (2603:10b6:3:1::1) with Microsoft SMTP Server (version=TLS1_3, cipher=X) id 15.20.9; Mon, 23 Nov 2026 10:00:03 +0000
Authentication-Results: spf=pass (sender IP is 40.107.236.75) smtp.mailfrom=contoso.com; dkim=pass header.d=contoso.com
Received: from NAM11-BN8-obe.outbound.protection.outlook.com (40.107.236.75) by
 BL02EPF1.mail.protection.outlook.com (10.167.241.5) with Microsoft SMTP Server (version=TLS1_3, cipher=X) id 15.20.9; Mon, 23 Nov 2026 10:00:02 +0000
Received: from SA1PR1.namprd11.prod.outlook.com (2603:10b6:806:1::1) by MN2PR1.namprd11.prod.outlook.com
 (2603:10b6:208:1::1) with Microsoft SMTP Server (version=TLS1_3, cipher=X) id 15.20.9; Mon, 23 Nov 2026 10:00:00 +0000
From: a@contoso.com`,
    ip: '40.107.236.75',
    mailFrom: 'contoso.com',
    why: /whose address the receiver names/,
  },
  {
    title: 'Yahoo',
    header: `
Return-Path: <bounce@yourcompany.com>
Received: from 203.0.113.5 (EHLO mail.yourcompany.com)
 by 10.197.41.135 with SMTPs
 (version=TLS1_3 cipher=TLS_AES_128_GCM_SHA256);
 Mon, 23 Nov 2026 10:00:01 +0000
From: a@yourcompany.com`,
    ip: '203.0.113.5',
    helo: 'mail.yourcompany.com',
    mailFrom: 'bounce@yourcompany.com',
    tls: true,
  },
  {
    title: 'iCloud: its results stand below a Received field of its own',
    header: `
Received: from ci-2002i-snip4-8.eps.apple.com by p00-mailgateway-smtp-1 (mailgateway 2610B)
	with SMTP id 1a; Mon, 23 Nov 2026 10:00:03 GMT
Authentication-Results: spf.icloud.com; spf=pass (spf.icloud.com: domain of bounce@yourcompany.com designates 203.0.113.5 as permitted sender) smtp.mailfrom=bounce@yourcompany.com
Received: from mail.yourcompany.com (mail.yourcompany.com [203.0.113.5])
	by p00-icloudmta-smtpin-us-central-1k.p00-icloudmta-smtpin-vip.icloud-mail-production.svc.kube.us-central-1k.k8s.cloud.apple.com (Postfix) with ESMTPS id 5
	for <me@icloud.com>; Mon, 23 Nov 2026 10:00:02 +0000 (UTC)
From: a@yourcompany.com`,
    ip: '203.0.113.5',
    mailFrom: 'bounce@yourcompany.com',
    mailFromOf: 'Authentication-Results',
  },
  {
    title: 'Fastmail: local hops over loopback and LMTP',
    header: `
Received: from compute6.internal (compute6.nyi.internal [10.202.2.46])
	 by sloti1d2t01 (Cyrus 3.13) with LMTPA; Mon, 23 Nov 2026 05:00:03 -0500
Received: from mx5 ([10.202.2.204])
  by compute6.internal (LMTPProxy); Mon, 23 Nov 2026 05:00:03 -0500
Received: from mx5.messagingengine.com (localhost [127.0.0.1])
	by mx5.messagingengine.com (Authentication Milter) with ESMTP
	id 1; Mon, 23 Nov 2026 05:00:02 -0500
Received-SPF: pass (yourcompany.com: 203.0.113.5 is authorized to use 'bounce@yourcompany.com' in 'mfrom' identity (mechanism 'ip4:203.0.113.5' matched)) receiver=mx5.messagingengine.com; identity=mailfrom; envelope-from="bounce@yourcompany.com"; helo=mail.yourcompany.com; client-ip=203.0.113.5
Received: from mail.yourcompany.com (mail.yourcompany.com [203.0.113.5])
	(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))
	by mx5.messagingengine.com (Postfix) with ESMTPS
	for <me@fastmail.com>; Mon, 23 Nov 2026 05:00:02 -0500 (EST)
From: a@yourcompany.com`,
    ip: '203.0.113.5',
    mailFrom: 'bounce@yourcompany.com',
    tls: true,
    line: 9,
    why: /the newest below the 3 hops inside the receiver/,
  },
  {
    title: 'Postfix with a content filter and Dovecot; the submission below does not count',
    header: `
Return-Path: <a@yourcompany.com>
Delivered-To: me@example.net
Received: from mx.example.net ([10.0.0.2])
	by dovecot.example.net with LMTP id x; Mon, 23 Nov 2026 10:00:03 +0000
Received: from localhost (localhost [127.0.0.1])
	by mx.example.net (Postfix) with ESMTP id 2; Mon, 23 Nov 2026 10:00:02 +0000
Received: from mail.yourcompany.com (mail.yourcompany.com [198.51.100.5])
	by mx.example.net (Postfix) with ESMTPS id 1
	for <me@example.net>; Mon, 23 Nov 2026 10:00:01 +0000
Received: from laptop (dsl-1.isp.example [198.51.100.77])
	by mail.yourcompany.com (Postfix) with ESMTPSA id 0; Mon, 23 Nov 2026 10:00:00 +0000
From: a@yourcompany.com`,
    ip: '198.51.100.5',
    mailFrom: 'a@yourcompany.com',
    line: 7,
  },
  {
    title: 'Postal',
    header: `
Return-Path: <abcdef@rp.postal.yourcompany.com>
Received: from postal.yourcompany.com (postal.yourcompany.com [198.51.100.9])
	by mx.example.net (Postfix) with ESMTPS id 1; Mon, 23 Nov 2026 10:00:01 +0000
Received: from api (192.0.2.200) by Postal with HTTP; Mon, 23 Nov 2026 10:00:00 +0000
From: a@yourcompany.com`,
    ip: '198.51.100.9',
    mailFrom: 'abcdef@rp.postal.yourcompany.com',
    line: 2,
  },
  {
    title: 'a forwarder: its hop is the boundary of the last receiver',
    header: `
Return-Path: <SRS0=x=y=yourcompany.com=a@forward.example>
Received: from out.forward.example (out.forward.example [198.51.100.30]) by mx.google.com with ESMTPS id 1
 for <me@gmail.com>; Mon, 23 Nov 2026 02:00:05 -0800 (PST)
Received: from mail.yourcompany.com (mail.yourcompany.com [198.51.100.5]) by in.forward.example (Postfix)
 with ESMTPS id 2 for <me@forward.example>; Mon, 23 Nov 2026 10:00:02 +0000
From: a@yourcompany.com`,
    ip: '198.51.100.30',
    mailFrom: 'SRS0=x=y=yourcompany.com=a@forward.example',
  },
  {
    title: 'the same with --trust of the forwarder: its own inbound hop, and no Return-Path of the later receiver',
    header: `
Return-Path: <SRS0=x=y=yourcompany.com=a@forward.example>
Received: from out.forward.example (out.forward.example [198.51.100.30]) by mx.google.com with ESMTPS id 1
 for <me@gmail.com>; Mon, 23 Nov 2026 02:00:05 -0800 (PST)
Authentication-Results: mx.forward.example; spf=pass smtp.mailfrom=a@yourcompany.com
Received: from mail.yourcompany.com (mail.yourcompany.com [198.51.100.5]) by in.forward.example (Postfix)
 with ESMTPS id 2 for <me@forward.example>; Mon, 23 Nov 2026 10:00:02 +0000
From: a@yourcompany.com`,
    options: { trustedHosts: ['mx.forward.example'] },
    ip: '198.51.100.5',
    mailFrom: 'a@yourcompany.com',
    mailFromOf: 'Authentication-Results',
    line: 5,
    why: /the newest that mx\.forward\.example wrote/,
  },
  {
    title: 'a list',
    header: `
Return-Path: <list-bounces@lists.example>
Received: from lists.example (lists.example [198.51.100.40]) by mx.example.net with ESMTPS id 1; Mon, 23 Nov 2026 10:00:05 +0000
Received: from localhost (localhost [127.0.0.1]) by lists.example with ESMTP id 2; Mon, 23 Nov 2026 10:00:04 +0000
Received: from mail.yourcompany.com (mail.yourcompany.com [198.51.100.5]) by lists.example with ESMTPS id 3; Mon, 23 Nov 2026 10:00:02 +0000
From: a@yourcompany.com`,
    ip: '198.51.100.40',
    mailFrom: 'list-bounces@lists.example',
  },
  {
    title: 'a bounce: the null sender',
    header: `
Return-Path: <>
Received: from mail.yourcompany.com (mail.yourcompany.com [198.51.100.5]) by mx.example.net with ESMTPS id 1; Mon, 23 Nov 2026 10:00:05 +0000
From: mailer-daemon@yourcompany.com`,
    ip: '198.51.100.5',
    mailFrom: '',
  },
  {
    title: 'only a submission',
    header: `
Received: from laptop (dsl-1.isp.example [198.51.100.77])
	by mail.yourcompany.com (Postfix) with ESMTPSA id 0; Mon, 23 Nov 2026 10:00:00 +0000
From: a@yourcompany.com`,
    ip: '198.51.100.77',
    why: /Only a submission was seen.*may never have left the sender/,
  },
  {
    title: 'no trace at all',
    header: 'From: a@yourcompany.com',
    why: /no Received field/,
  },
  {
    title: 'all inside one system',
    header: `
Received: from app (app [10.0.0.5]) by mail.yourcompany.com with ESMTP id 0; Mon, 23 Nov 2026 10:00:00 +0000
From: a@yourcompany.com`,
    why: /inside one system/,
  },
  {
    title: 'nobody that is trusted wrote a field',
    header: `
Received: from mail.yourcompany.com (mail.yourcompany.com [198.51.100.5]) by mx.example.net with ESMTPS id 1; Mon, 23 Nov 2026 10:00:05 +0000
From: a@yourcompany.com`,
    options: { trustedHosts: ['mx.google.com'] },
    why: /^No Received field was written by mx\.google\.com/,
  },
  {
    title: 'results that the sender wrote do not count',
    header: `
Received: from mail.sender.example (mail.sender.example [198.51.100.5]) by mx.google.com with ESMTPS id 1; Mon, 23 Nov 2026 10:00:05 +0000
Received: from x (x [203.0.113.9]) by mail.sender.example with ESMTPS id 1; Mon, 23 Nov 2026 10:00:05 +0000
Return-Path: <victim@yourcompany.com>
Authentication-Results: mx.google.com; spf=pass smtp.mailfrom=victim@yourcompany.com
From: victim@yourcompany.com`,
    ip: '198.51.100.5',
    line: 1,
  },
  {
    title: 'results about another client do not count',
    header: `
Received-SPF: pass client-ip=203.0.113.200; envelope-from="x@other.example"; helo=other.example
Received: from mail.yourcompany.com (mail.yourcompany.com [198.51.100.5]) by mx.example.net with ESMTPS id 1; Mon, 23 Nov 2026 10:00:05 +0000
From: a@yourcompany.com`,
    ip: '198.51.100.5',
  },
  {
    title: 'options before all else; a hop that --ip names is taken',
    header: `
Return-Path: <x@other.example>
Received: from relay.filter.example (relay.filter.example [198.51.100.60]) by mx.example.net with ESMTPS id 1; Mon, 23 Nov 2026 10:00:06 +0000
Received: from mail.yourcompany.com (mail.yourcompany.com [198.51.100.5]) by in.filter.example with ESMTPS id 1; Mon, 23 Nov 2026 10:00:05 +0000
From: a@yourcompany.com`,
    given: { ip: '::ffff:198.51.100.5', mailFrom: '<b@yourcompany.com>' },
    ip: '198.51.100.5',
    helo: 'mail.yourcompany.com',
    mailFrom: 'b@yourcompany.com',
    mailFromOf: 'option',
    line: 3,
    why: /--ip names 198\.51\.100\.5/,
  },
  {
    title: 'an address of --ip that is in no hop brings no HELO of another client',
    header: `
Received: from mail.yourcompany.com (mail.yourcompany.com [198.51.100.5]) by mx.example.net with ESMTPS id 1; Mon, 23 Nov 2026 10:00:05 +0000
From: a@yourcompany.com`,
    given: { ip: '192.0.2.1' },
    ip: '192.0.2.1',
  },
  {
    title: 'our own listener',
    header: `
Received: from laptop (x [198.51.100.77]) by mail.yourcompany.com with ESMTPSA id 0; Mon, 23 Nov 2026 10:00:00 +0000
From: a@yourcompany.com`,
    options: {
      listener: {
        ip: '198.51.100.5',
        helo: 'mail.yourcompany.com',
        mailFrom: '',
        tls: false,
        recipients: ['test-1@x.example'],
      },
    },
    ip: '198.51.100.5',
    helo: 'mail.yourcompany.com',
    mailFrom: '',
    mailFromOf: 'listener',
    tls: false,
    why: /own listener/,
  },
  {
    title: 'the separator line of a mailbox file',
    header: 'From: a@yourcompany.com',
    options: { fromLine: 'bounce@yourcompany.com Mon Nov 23 10:00:00 2026' },
    mailFrom: 'bounce@yourcompany.com',
    mailFromOf: 'mbox',
  },
];

describe('envelopeOf', () => {
  for (const sample of samples) {
    test(sample.title, () => {
      const envelope = read(sample.header, sample.given, sample.options);
      assert.equal(envelope.ip?.value, sample.ip);
      assert.equal(envelope.mailFrom?.value, sample.mailFrom);
      if (sample.helo !== undefined) assert.equal(envelope.helo?.value, sample.helo);
      if (sample.mailFromOf !== undefined) assert.equal(envelope.mailFrom?.from, sample.mailFromOf);
      if (sample.tls !== undefined) assert.equal(envelope.tls?.value, sample.tls);
      if (sample.line !== undefined) assert.equal(envelope.hop?.line, sample.line);
      if (sample.why) assert.match(envelope.why, sample.why);
      if (sample.title.startsWith('an address of --ip')) assert.equal(envelope.helo, undefined);
    });
  }

  test('never throws, whatever the trace says', () => {
    const piece = fc.constantFrom(
      'from ',
      'by ',
      'mx.google.com',
      ' with ESMTPSA',
      ' with LMTP',
      '(',
      ')',
      '[192.0.2.1]',
      '[10.0.0.1]',
      ';',
      'client-ip=',
      '"',
      'spf=pass',
      ' smtp.mailfrom=',
      '<',
      '>',
      'domain of ',
      '\\',
      '=',
      'a@b.example',
    );
    const key = fc.constantFrom('Received', 'Received-SPF', 'Authentication-Results', 'Return-Path', 'From');
    const field = fc
      .tuple(key, fc.array(piece, { maxLength: 12 }))
      .map(([name, parts]) => `${name}: ${parts.join('')}`);
    fc.assert(
      fc.property(fc.array(field, { maxLength: 8 }), (fields) => {
        const envelope = read(fields.join('\n'));
        assert.notEqual(envelope.why, '');
      }),
      { numRuns: 300 },
    );
  });
});
