import assert from 'node:assert/strict';
import { globSync, readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { sharedData } from '../../test/shared-data.ts';
import { parseHeader } from './parse-header.ts';
import { parseReceived } from './parse-received.ts';
import type { Received } from './received.ts';

const received = (text: string): Received => {
  const { fields } = parseHeader(Buffer.from(`Received: ${text.replaceAll(/\n\s*/g, '\r\n\t')}\r\n\r\n`, 'latin1'));
  return parseReceived(fields[0]!);
};
const at = Date.UTC(2026, 10, 23, 10);
const when = 'Mon, 23 Nov 2026 10:00:00 +0000';

const dialects: readonly (readonly [string, string, Omit<Received, 'line' | 'at'>])[] = [
  [
    'Postfix',
    `from helo.a.test (mail.a.test [192.0.2.1])
      (using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)
       key-exchange X25519 server-signature RSA-PSS (2048 bits) server-digest SHA256)
      (No client certificate requested)
      by mx.b.test (Postfix) with ESMTPS id 4XyZ12345 for <u@b.test>; ${when} (UTC)`,
    {
      helo: 'helo.a.test', reverseName: 'mail.a.test', ip: '192.0.2.1', by: 'mx.b.test', protocol: 'ESMTPS',
      authenticated: false, tls: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' }, for: 'u@b.test', id: '4XyZ12345',
    },
  ],
  [
    'Postfix, a login, no reverse name, IPv6',
    `from [192.0.2.9] (unknown [IPv6:2001:DB8:0::1]) (Authenticated sender: joe@a.test)
      by mx.b.test (Postfix) with ESMTPSA id A1; ${when}`,
    { helo: '[192.0.2.9]', ip: '2001:db8::1', by: 'mx.b.test', protocol: 'ESMTPSA', authenticated: true, tls: {}, id: 'A1' },
  ],
  ['Postfix, locally', `by host.test (Postfix, from userid 1000) id 4X; ${when}`, { by: 'host.test', authenticated: false, id: '4X' }],
  [
    'Exim',
    `from mail.a.test ([192.0.2.1]:41234 helo=helo.a.test)
      by mx.b.test with esmtps (TLS1.3) tls TLS_AES_256_GCM_SHA384 (Exim 4.98)
      (envelope-from <ann@a.test>) id 1tEwXy-00000001abc-2def for u@b.test; ${when}`,
    {
      helo: 'helo.a.test', reverseName: 'mail.a.test', ip: '192.0.2.1', by: 'mx.b.test', protocol: 'ESMTPS',
      authenticated: false, tls: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' }, for: 'u@b.test',
      id: '1tEwXy-00000001abc-2def', envelopeFrom: 'ann@a.test',
    },
  ],
  [
    'Exim, no reverse name, older TLS comment',
    `from [192.0.2.1] (helo=helo.a.test) by mx.b.test with esmtpsa
      (TLSv1.2:ECDHE-RSA-AES256-GCM-SHA384:256) (Exim 4.84) (envelope-from <>) id 1gt8kN-1B; ${when}`,
    {
      helo: 'helo.a.test', ip: '192.0.2.1', by: 'mx.b.test', protocol: 'ESMTPSA', authenticated: true,
      tls: { version: 'TLSv1.2', cipher: 'ECDHE-RSA-AES256-GCM-SHA384' }, id: '1gt8kN-1B', envelopeFrom: '',
    },
  ],
  [
    'Exim, GnuTLS names',
    `from mail.a.test ([192.0.2.1]) by mx.b.test with esmtps (TLS1.2:ECDHE_RSA__AES_256_GCM:256) (Exim 4.92) id 1; ${when}`,
    {
      helo: 'mail.a.test', reverseName: 'mail.a.test', ip: '192.0.2.1', by: 'mx.b.test', protocol: 'ESMTPS',
      authenticated: false, tls: { version: 'TLSv1.2', cipher: 'AES_256_GCM' }, id: '1',
    },
  ],
  ['Exim, locally', `from root by host.test with local (Exim 4.96) id 1; ${when}`, { helo: 'root', by: 'host.test', protocol: 'LOCAL', authenticated: false, id: '1' }],
  [
    'Sendmail',
    `from helo.a.test (IDENT:joe@mail.a.test [192.0.2.1] (may be forged)) (authenticated bits=0)
      by mx.b.test (8.18.1/8.18.1) with ESMTPSA id 4ANA0 (version=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 bits=256 verify=NOT)
      for <u@b.test>; ${when}`,
    {
      helo: 'helo.a.test', reverseName: 'mail.a.test', ip: '192.0.2.1', by: 'mx.b.test', protocol: 'ESMTPSA',
      authenticated: true, tls: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' }, for: 'u@b.test', id: '4ANA0',
    },
  ],
  [
    'Exchange',
    `from AM0.eurprd.prod.outlook.com (2603:10A6:20b::15) by DB9.eurprd.prod.outlook.com (10.1.2.3)
      with Microsoft SMTP Server (version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.20.8182.14
      via Frontend Transport; ${when}`,
    {
      helo: 'AM0.eurprd.prod.outlook.com', ip: '2603:10a6:20b::15', by: 'DB9.eurprd.prod.outlook.com', protocol: 'SMTP',
      authenticated: false, tls: { version: 'TLSv1.2', cipher: 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384' }, id: '15.20.8182.14',
    },
  ],
  [
    'Exchange, inside',
    `from X.prod.outlook.com ([fe80::1234%4]) by Y.prod.outlook.com ([::ffff:10.1.2.3%5]) with mapi id 15.20.1; ${when}`,
    { helo: 'X.prod.outlook.com', ip: 'fe80::1234', by: 'Y.prod.outlook.com', protocol: 'MAPI', authenticated: false, id: '15.20.1' },
  ],
  [
    'Gmail',
    `from helo.a.test (mail.a.test. [192.0.2.1]) by mx.google.com with ESMTPS id a-1.2.3 for <u@gmail.com>
      (version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256); Mon, 23 Nov 2026 02:00:00 -0800 (PST)`,
    {
      helo: 'helo.a.test', reverseName: 'mail.a.test', ip: '192.0.2.1', by: 'mx.google.com', protocol: 'ESMTPS',
      authenticated: false, tls: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' }, for: 'u@gmail.com', id: 'a-1.2.3',
    },
  ],
  ['Gmail, inside', `by 2002:a05:6a00:1::1 with SMTP id x1csp; ${when}`, { by: '2002:a05:6a00:1::1', protocol: 'SMTP', authenticated: false, id: 'x1csp' }],
  ['Gmail, old', `from x (y.test [192.0.2.1]) by mx.google.com with ESMTPS id g (version=TLSv1/SSLv3 cipher=RC4-MD5); ${when}`,
    { helo: 'x', reverseName: 'y.test', ip: '192.0.2.1', by: 'mx.google.com', protocol: 'ESMTPS', authenticated: false, tls: { cipher: 'RC4-MD5' }, id: 'g' }],
  [
    'Yahoo',
    `from 192.0.2.1 (EHLO helo.a.test) by 10.253.1.2 with SMTPs (version=TLS1_3 cipher=TLS_AES_128_GCM_SHA256); ${when}`,
    {
      helo: 'helo.a.test', ip: '192.0.2.1', by: '10.253.1.2', protocol: 'SMTPS', authenticated: false,
      tls: { version: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256' },
    },
  ],
  ['Yahoo, web', `from [192.0.2.1] by web1.mail.yahoo.com via HTTP; ${when}`, { ip: '192.0.2.1', by: 'web1.mail.yahoo.com', protocol: 'HTTP', authenticated: false }],
  [
    'qmail',
    `from mail.a.test (HELO helo.a.test) (joe@192.0.2.1) by 0 with (TLS_AES_256_GCM_SHA384 encrypted) ESMTPS; 23 Nov 2026 10:00:00 -0000`,
    {
      helo: 'helo.a.test', reverseName: 'mail.a.test', ip: '192.0.2.1', by: '0', protocol: 'ESMTPS', authenticated: false,
      tls: { cipher: 'TLS_AES_256_GCM_SHA384' },
    },
  ],
  ['qmail, inside', `(qmail 1234 invoked by uid 89); 23 Nov 2026 10:00:00 -0000`, { authenticated: false }],
  [
    'Haraka',
    `from helo.a.test (mail.a.test [192.0.2.1])
      by mx.b.test (Haraka/3.0.5) with ESMTPSA id 0AB.1
      envelope-from <ann@a.test> (authenticated bits=0)
      (version=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 verify=FAIL); ${when}`,
    {
      helo: 'helo.a.test', reverseName: 'mail.a.test', ip: '192.0.2.1', by: 'mx.b.test', protocol: 'ESMTPSA',
      authenticated: true, tls: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' }, id: '0AB.1', envelopeFrom: 'ann@a.test',
    },
  ],
  [
    'Postal',
    `from helo.a.test (mail.a.test [192.0.2.1]) by postal.b.test with SMTP; ${when}`,
    { helo: 'helo.a.test', reverseName: 'mail.a.test', ip: '192.0.2.1', by: 'postal.b.test', protocol: 'SMTP', authenticated: false },
  ],
  ['Postal, by its API', `from api (/10.0.0.1) by postal.b.test with HTTP; ${when}`, { helo: 'api', by: 'postal.b.test', protocol: 'HTTP', authenticated: false }],
  [
    'SES, coming in',
    `from helo.a.test (mail.a.test [192.0.2.1]) by inbound-smtp.us-east-1.amazonaws.com with SMTP id abc123
      for u@b.test; ${when} (UTC)`,
    {
      helo: 'helo.a.test', reverseName: 'mail.a.test', ip: '192.0.2.1', by: 'inbound-smtp.us-east-1.amazonaws.com',
      protocol: 'SMTP', authenticated: false, for: 'u@b.test', id: 'abc123',
    },
  ],
  [
    'iCloud',
    `from outbound.a.test (outbound.a.test [192.0.2.1]) by p00-icloudmta-smtpin-1 (Oracle Communications Messaging Server
      8.1.0.1 64bit (built Jan 1 2026)) with ESMTPS id <0SG@p00-icloudmta> for u@icloud.com; ${when}`,
    {
      helo: 'outbound.a.test', reverseName: 'outbound.a.test', ip: '192.0.2.1', by: 'p00-icloudmta-smtpin-1', protocol: 'ESMTPS',
      authenticated: false, tls: {}, for: 'u@icloud.com', id: '0SG@p00-icloudmta',
    },
  ],
  [
    'Fastmail',
    `from mail.a.test (mail.a.test [192.0.2.1])
      (using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519)
      (No client certificate requested)
      by mx1.messagingengine.com (Postfix) with ESMTPS id AB12
      for <u@fastmail.com>; ${when}`,
    {
      helo: 'mail.a.test', reverseName: 'mail.a.test', ip: '192.0.2.1', by: 'mx1.messagingengine.com', protocol: 'ESMTPS',
      authenticated: false, tls: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' }, for: 'u@fastmail.com', id: 'AB12',
    },
  ],
  ['Fastmail, inside', `from phl-compute-01 ([10.202.2.41]) by phl-mailmx-01 (MEProxy); ${when}`, { helo: 'phl-compute-01', ip: '10.202.2.41', by: 'phl-mailmx-01', authenticated: false }],
  ['Cisco', `from m.a.test ([192.0.2.1]) by esa.b.test with ESMTP/TLS/AES128-GCM-SHA256; ${when}`,
    { helo: 'm.a.test', ip: '192.0.2.1', by: 'esa.b.test', protocol: 'ESMTP', authenticated: false, tls: { cipher: 'AES128-GCM-SHA256' } }],
  ['Cyrus over its socket', `from murder ([unix socket]) by imap.b.test (Cyrus v3) with LMTPA; ${when}`, { helo: 'murder', by: 'imap.b.test', protocol: 'LMTPA', authenticated: false }],
]; // prettier-ignore

for (const [name, text, expected] of dialects) {
  test(`Received as ${name} writes it`, () => {
    assert.deepEqual(received(text), { line: 1, at, ...expected });
  });
}

test('what a client says of itself is not taken for what the server saw', () => {
  // A name with parentheses, with brackets, with an address, and a keyword as the name.
  assert.equal(received('from a.test(b.test[203.0.113.9]) (c.test [192.0.2.1]) by mx.b.test').ip, '192.0.2.1');
  assert.equal(received('from [203.0.113.9] (unknown) by mx.b.test with ESMTP').ip, undefined);
  assert.equal(received('from [203.0.113.9] by mx.b.test with ESMTP id 1').ip, undefined);
  assert.equal(
    received('from c.test ([192.0.2.1]:25 helo=[203.0.113.9]) by mx.b.test with esmtp (Exim 4.98)').ip,
    '192.0.2.1',
  );
  assert.equal(received('from x (ident@[203.0.113.9] [192.0.2.1]) by mx.b.test').ip, '192.0.2.1');
  for (const name of ['with', 'id', 'by', 'for']) {
    const read = received(`from ${name} (c.test [192.0.2.1]) by mx.b.test with ESMTP id 1`);
    assert.deepEqual(
      [read.helo, read.ip, read.by, read.protocol, read.id],
      [name, '192.0.2.1', 'mx.b.test', 'ESMTP', '1'],
    );
  }
  assert.equal(
    received('from x ([192.0.2.1] helo=authenticated) by mx.b.test with esmtp (Exim 4.98)').authenticated,
    false,
  );
});

test('what is not there is absent', () => {
  assert.deepEqual(received(''), { line: 1, authenticated: false });
  assert.deepEqual(received('; yesterday'), { line: 1, authenticated: false });
  assert.deepEqual(received('from (((('), { line: 1, authenticated: false });
  assert.equal(received(`from x by y id a;b; ${when}`).at, at);
  assert.equal(received(`from x by y; ${when} (a; b)`).at, at);
  assert.equal(received('from by mx.b.test with SMTP').by, 'mx.b.test');
  assert.equal(received('from x by y with ESMTP (version=NONE cipher=NONE)').tls, undefined);
});

test('the trace fields of real messages: each gives its server, most their time', (t) => {
  const folders = ['html/mikel-mail', 'dkim', 'reports'].map((name) => sharedData(t, name));
  let fields = 0;
  let servers = 0;
  let times = 0;
  let addresses = 0;
  for (const folder of folders) {
    if (folder === undefined) return;
    for (const file of globSync(`${folder}/**/*`).filter((name) => statSync(name).isFile())) {
      for (const field of parseHeader(readFileSync(file)).fields) {
        if (field.key !== 'received') continue;
        const read = parseReceived(field);
        fields++;
        if (read.by !== undefined || /\(qmail|\(by /.test(field.raw)) servers++;
        else assert.fail(field.raw);
        if (read.at !== undefined) times++;
        // An address in brackets or parentheses behind the name is found, whoever wrote the field.
        const plain = /^Received:\s+from \S+ \((?!HELO|EHLO)\S*? ?\[?(\d+\.\d+\.\d+\.\d+)\]?\)/.exec(field.raw)?.[1];
        if (plain === undefined) continue;
        addresses++;
        assert.equal(read.ip, plain, field.raw);
      }
    }
  }
  assert.ok(
    fields > 200 && servers === fields && times > fields - 10 && addresses > 80,
    `${[fields, times, addresses]}`,
  );
});

test('property: any field is survived, in linear time', () => {
  const pieces = fc.constantFrom(
    'from', 'by', 'with', 'id', 'for', ' ', '(', ')', '[', ']', '192.0.2.1', ';', '\r\n ', '\\', 'helo=', 'HELO x', 'TLS1.3',
    'tls', '<', '>', 'Exim', 'using TLSv1.3 with cipher X', 'envelope-from', '\0', when,
  ); // prettier-ignore
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 40 }), (list) => void received(list.join(''))),
    { numRuns: 2000 },
  );
  for (const piece of [
    '(',
    'a ',
    ';',
    '; (',
    '[',
    '(a)',
    'from ',
    ' (helo=',
    'TLS',
    'version=',
    'a:',
    '<',
    '(TLS1.3:a__',
  ]) {
    const begun = performance.now();
    received(`from x ${piece.repeat(1_000_000 / piece.length)}`);
    received(`from x (${piece.repeat(1_000_000 / piece.length)}) by y`);
    assert.ok(performance.now() - begun < 20_000, piece);
  }
});
