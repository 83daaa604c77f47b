/** Headers in the shapes that receivers write, made up for the tests; and the readers that every test of them needs. */
import { parseHeader } from '../../src/mail/parse-header.ts';
import { parseReceived } from '../../src/mail/parse-received.ts';
import { fieldsOf, type Header } from '../../src/mail/header.ts';
import type { ReceiverWord } from '../../src/proof/proof.ts';
import { readReceiver } from '../../src/proof/receiver/receiver.ts';

const sender = `From: News <news@example.com>
To: you@example.net
Subject: Hello
Message-ID: <1@example.com>
`;

const spfPass = '(google.com: domain of bounce@example.com designates 192.0.2.25 as permitted sender)';

export const gmail = `Delivered-To: you@gmail.com
Received: by 2002:a05:6402:1a2b:b0:5c9:1111:2222 with SMTP id k1csp1; Mon, 23 Nov 2026 04:00:01 -0800 (PST)
X-Received: by 2002:a17:907:1:b0:a9e:1:2 with SMTP id x1; Mon, 23 Nov 2026 04:00:00 -0800 (PST)
ARC-Seal: i=1; a=rsa-sha256; t=1795435200; cv=none; d=google.com; s=arc-20240605; b=c2VhbA==
ARC-Authentication-Results: i=1; mx.google.com; dkim=pass header.i=@example.com header.s=mail header.b=AbCdEfGh;
       spf=pass ${spfPass} smtp.mailfrom=bounce@example.com
Return-Path: <bounce@example.com>
Received: from mail.example.com (mail.example.com. [192.0.2.25])
        by mx.google.com with ESMTPS id a1 for <you@gmail.com>; Mon, 23 Nov 2026 04:00:00 -0800 (PST)
Received-SPF: pass ${spfPass} client-ip=192.0.2.25;
Authentication-Results: mx.google.com;
       dkim=pass header.i=@example.com header.s=mail header.b=AbCdEfGh;
       spf=pass ${spfPass} smtp.mailfrom=bounce@example.com;
       dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=example.com
Received: from app.internal ([10.0.0.2]) by mail.example.com (Postfix) with ESMTPSA id 1; Mon, 23 Nov 2026 11:59:58 +0000
${sender}`;

export const outlook = `Received: from AM0PR01MB1.eurprd01.prod.outlook.com (2603:10a6:208::1) by
 DB7PR01MB2.eurprd01.prod.outlook.com with HTTPS; Mon, 23 Nov 2026 12:00:03 +0000
Authentication-Results: spf=pass (sender IP is 192.0.2.25)
 smtp.mailfrom=example.com; dkim=pass (signature was verified)
 header.d=example.com;dmarc=pass action=none
 header.from=example.com;compauth=pass reason=100
Received-SPF: Pass (protection.outlook.com: domain of example.com designates 192.0.2.25 as permitted sender)
Received: from mail.example.com (192.0.2.25) by AM0EUR01FT1.mail.protection.outlook.com (10.152.1.1) with Microsoft
 SMTP Server (version=TLS1_3, cipher=TLS_AES_256_GCM_SHA384) id 15.20.1; Mon, 23 Nov 2026 12:00:01 +0000
Authentication-Results-Original: relay.example.com; dkim=none
${sender}`;

export const yahoo = `X-Apparently-To: you@yahoo.com; Mon, 23 Nov 2026 12:00:01 +0000
Return-Path: <bounce@example.com>
Authentication-Results: atlas-production.v2-mail-prod1-bf1.omega.yahoo.com; dkim=pass header.i=@example.com header.s=mail;
 spf=pass smtp.mailfrom=bounce@example.com;
 dmarc=pass(p=REJECT) header.from=example.com;
Received-SPF: pass (domain of example.com designates 192.0.2.25 as permitted sender)
Received: from 192.0.2.25 (EHLO mail.example.com) by 10.253.57.24 with SMTPs (version=TLS1_3 cipher=TLS_AES_128_GCM_SHA256); Mon, 23 Nov 2026 12:00:01 +0000
${sender}`;

export const icloud = `Return-path: <bounce@example.com>
Received: from mail.example.com (mail.example.com [192.0.2.25])
 by p00-icloudmta-smtpin-1.p00.icloud.com (Postfix) with ESMTPS id A1; Mon, 23 Nov 2026 12:00:01 +0000
X-ICL-Info: x
Authentication-Results: bimi.icloud.com; bimi=skipped reason="insufficient dmarc"
Authentication-Results: arc.icloud.com; arc=none
Authentication-Results: dmarc.icloud.com; dmarc=pass header.from=example.com
Authentication-Results: dkim-verifier.icloud.com;
 dkim=pass (1024-bit key) header.d=example.com header.i=@example.com header.b=AbCdEfGh
Authentication-Results: spf.icloud.com; spf=pass (spf.icloud.com: domain of bounce@example.com designates 192.0.2.25 as permitted sender) smtp.mailfrom=bounce@example.com
${sender}`;

export const fastmail = `Return-Path: <bounce@example.com>
Received: from phl-mx-07.internal ([10.202.2.206]) by phl-compute-01.internal (MEProxy); Mon, 23 Nov 2026 07:00:02 -0500
Authentication-Results: phl-mx-07.messagingengine.com; x-csa=none; x-me-sender=none;
    x-ptr=pass smtp.helo=mail.example.com policy.ptr=mail.example.com
Authentication-Results: phl-mx-07.messagingengine.com; bimi=pass header.d=example.com header.selector=default policy.authority=pass
Authentication-Results: phl-mx-07.messagingengine.com;
    dkim=pass (2048-bit rsa key sha256) header.d=example.com header.i=@example.com header.b=AbCdEfGh header.a=rsa-sha256 header.s=mail;
    dmarc=pass policy.published-domain-policy=reject policy.applied-disposition=none policy.evaluated-disposition=none (p=reject,d=none,d.eval=none) policy.policy-from=p header.from=example.com;
    iprev=pass smtp.remote-ip=192.0.2.25 (mail.example.com);
    spf=pass smtp.mailfrom=bounce@example.com smtp.helo=mail.example.com
Received: from mail.example.com (mail.example.com [192.0.2.25])
    by phl-mx-07.messagingengine.com (Postfix) with ESMTPS id A1 for <you@example.net>; Mon, 23 Nov 2026 07:00:01 -0500
${sender}`;

export const proton = `Return-Path: <bounce@example.com>
Delivered-To: you@proton.me
Authentication-Results: mail.protonmail.ch; dmarc=pass (p=reject dis=none) header.from=example.com
Authentication-Results: mail.protonmail.ch; spf=pass smtp.mailfrom=example.com
Authentication-Results: mail.protonmail.ch; arc=none smtp.remote-ip=192.0.2.25
Authentication-Results: mail.protonmail.ch; dkim=pass (Good 2048 bit rsa-sha256 signature) header.d=example.com header.i=@example.com
Received: from mail.example.com (mail.example.com [192.0.2.25]) by mailin034.protonmail.ch (Postfix) with ESMTPS id A1; Mon, 23 Nov 2026 12:00:01 +0000
${sender}`;

/** Postfix with OpenDKIM and OpenDMARC: the milters write below the Received line of the server. */
export const postfix = `Return-Path: <bounce@example.com>
Received: from mail.example.com (mail.example.com [192.0.2.25])
	by mx.example.net (Postfix) with ESMTPS id A1 for <you@example.net>; Mon, 23 Nov 2026 12:00:01 +0000 (UTC)
DMARC-Filter: OpenDMARC Filter v1.4.2 mx.example.net A1
Authentication-Results: mx.example.net; dmarc=pass (p=reject dis=none) header.from=example.com
Authentication-Results: mx.example.net; spf=pass smtp.mailfrom=bounce@example.com
DKIM-Filter: OpenDKIM Filter v2.11.0 mx.example.net A1
Authentication-Results: mx.example.net;
	dkim=pass (2048-bit key; unprotected) header.d=example.com header.i=@example.com header.b="AbCdEfGh"
${sender}`;

/** A receiver of one's own with these values, from the top, above its Received line. */
export const own = (values: readonly string[], below = ''): string =>
  `${values.map((value) => `Authentication-Results: ${value}\n`).join('')}Received: from mail.example.com (mail.example.com [192.0.2.25]) by mx.example.net (Postfix) with ESMTPS id A1; Mon, 23 Nov 2026 12:00:01 +0000
${sender}${below}`;

export const headerOf = (text: string): Header => parseHeader(Buffer.from(`${text}\n`, 'latin1'));

export function receiverOf(text: string, trust: readonly string[] = []): ReceiverWord {
  const header = headerOf(text);
  return readReceiver({ header, hops: fieldsOf(header, 'received').map(parseReceived), trust });
}
