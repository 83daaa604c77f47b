import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  fastmail,
  gmail,
  icloud,
  outlook,
  own,
  postfix,
  proton,
  receiverOf,
  yahoo,
} from '../../../test/proof/receiver-samples.ts';
import type { ReceiverWord } from '../proof.ts';
import { maxAuthresFields } from './receiver.ts';

const standings = (word: ReceiverWord): readonly string[] => word.fields.map((field) => field.standing);
const results = (word: ReceiverWord): readonly string[] =>
  word.results.map((result) => `${result.method}=${result.result}`);

interface Case {
  readonly title: string;
  readonly text: string;
  readonly trust?: readonly string[];
  readonly speaker?: string;
  readonly dialect?: string;
  readonly standings: readonly string[];
  readonly results: readonly string[];
}

const three = ['dkim=pass', 'spf=pass', 'dmarc=pass'];
const received = (by: string, from = 'mail.example.com (mail.example.com [192.0.2.25])'): string =>
  `Received: from ${from} by ${by} with ESMTPS id 1; Mon, 23 Nov 2026 12:00:00 +0000\n`;
const says = (value: string): string => `Authentication-Results: ${value}\n`;
const from = 'From: a@example.com\n';

const cases: readonly Case[] = [
  {
    title: 'Gmail writes below its Received line',
    text: gmail,
    speaker: 'mx.google.com',
    dialect: 'gmail',
    standings: ['copy', 'trusted'],
    results: three,
  },
  {
    title: 'Outlook writes no name',
    text: outlook,
    speaker: '(microsoft)',
    dialect: 'microsoft',
    standings: ['trusted', 'copy'],
    results: ['spf=pass', 'dkim=pass', 'dmarc=pass', 'compauth=pass'],
  },
  {
    title: 'Yahoo, whose Received line has an address',
    text: yahoo,
    speaker: 'atlas-production.v2-mail-prod1-bf1.omega.yahoo.com',
    dialect: 'yahoo',
    standings: ['trusted'],
    results: three,
  },
  {
    title: 'iCloud, a field and a name per method',
    text: icloud,
    speaker: 'icloud.com',
    dialect: 'icloud',
    standings: Array.from({ length: 5 }, () => 'trusted'),
    results: ['bimi=skipped', 'arc=none', 'dmarc=pass', 'dkim=pass', 'spf=pass'],
  },
  {
    title: 'Fastmail, several fields',
    text: fastmail,
    speaker: 'phl-mx-07.messagingengine.com',
    dialect: 'fastmail',
    standings: ['trusted', 'trusted', 'trusted'],
    results: [
      'x-csa=none',
      'x-me-sender=none',
      'x-ptr=pass',
      'bimi=pass',
      'dkim=pass',
      'dmarc=pass',
      'iprev=pass',
      'spf=pass',
    ],
  },
  {
    title: 'Proton, several fields',
    text: proton,
    speaker: 'mail.protonmail.ch',
    dialect: 'proton',
    standings: ['trusted', 'trusted', 'trusted', 'trusted'],
    results: ['dmarc=pass', 'spf=pass', 'arc=none', 'dkim=pass'],
  },
  {
    title: "a Postfix of one's own with milters",
    text: postfix,
    speaker: 'mx.example.net',
    standings: ['trusted', 'trusted', 'trusted'],
    results: ['dmarc=pass', 'spf=pass', 'dkim=pass'],
  },
  {
    title: 'the domain of the server as name',
    text: own(['example.net; spf=pass']),
    speaker: 'example.net',
    standings: ['trusted'],
    results: ['spf=pass'],
  },
  {
    title: 'another name above every Received line is a claim',
    text: own(['OpenDMARC; dmarc=pass']),
    standings: ['claim'],
    results: [],
  },
  {
    title: 'and counts with --trust',
    text: own(['OpenDMARC; dmarc=pass', 'mx.example.net; spf=pass']),
    trust: ['opendmarc'],
    speaker: 'OpenDMARC',
    standings: ['trusted', 'claim'],
    results: ['dmarc=pass'],
  },
  {
    title: 'forged by the sender, below the fields of the sender',
    text: `${gmail}${says('mx.google.com; dmarc=pass header.from=bank.example')}`,
    speaker: 'mx.google.com',
    standings: ['copy', 'trusted', 'forged'],
    results: three,
  },
  {
    title: "forged below the receiver's Received line, which writes above it",
    text: own(['mx.example.net; dmarc=fail'], says('mx.example.net; dmarc=pass')),
    speaker: 'mx.example.net',
    standings: ['trusted', 'forged'],
    results: ['dmarc=fail'],
  },
  {
    title: 'forged, and the receiver wrote nothing',
    text: own([], says('mx.example.net; dmarc=pass')),
    standings: ['forged'],
    results: [],
  },
  {
    title: 'forged, with --trust for the name',
    text: own([], says('mx.example.net; dmarc=pass')),
    trust: ['mx.example.net'],
    standings: ['forged'],
    results: [],
  },
  {
    title: 'Gmail never saw it',
    text: own(['mx.example.net; spf=fail'], says('mx.google.com; spf=pass')),
    speaker: 'mx.example.net',
    standings: ['trusted', 'forged'],
    results: ['spf=fail'],
  },
  {
    title: 'Gmail never saw it, though --trust names it',
    text: own(['mx.google.com; spf=pass']),
    trust: ['mx.google.com'],
    standings: ['forged'],
    results: [],
  },
  {
    title: 'a Received line of Gmail forged along with it',
    text: `${received('mx.example.net (Postfix)')}${received('mx.google.com')}${says('mx.google.com; spf=pass')}${from}`,
    standings: ['claim'],
    results: [],
  },
  {
    title: 'the same under a server of one label: a client from outside ends the run',
    text: `${received('myserver')}${received('mx.google.com')}${says('mx.google.com; spf=pass')}${from}`,
    standings: ['claim'],
    results: [],
  },
  {
    title: 'a second Gmail line, below the one that took the message',
    text: `${received('mx.google.com')}${says('mx.google.com; spf=fail')}${received('mx.google.com')}${says('mx.google.com; spf=pass')}${from}`,
    speaker: 'mx.google.com',
    standings: ['trusted', 'forged'],
    results: ['spf=fail'],
  },
  {
    title: 'forwarded by Gmail: its word is an earlier one',
    text: `${says('mx.example.net; spf=fail')}${received('mx.example.net', 'mail-a.google.com (mail-a.google.com [192.0.2.9])')}${received('mx.google.com')}${says('mx.google.com; spf=pass')}${from}`,
    speaker: 'mx.example.net',
    standings: ['trusted', 'claim'],
    results: ['spf=fail'],
  },
  {
    title: 'and counts where --trust asks for it',
    text: `${says('mx.example.net; spf=fail')}${received('mx.example.net', 'mail-a.google.com (mail-a.google.com [192.0.2.9])')}${received('mx.google.com')}${says('mx.google.com; spf=pass')}${from}`,
    trust: ['gmail'],
    speaker: 'mx.google.com',
    standings: ['claim', 'trusted'],
    results: ['spf=pass'],
  },
  {
    title: "an inner hop of one's own filter above the boundary",
    text: `${received('mx.example.net (amavis)', 'localhost (localhost [127.0.0.1])')}${says('mx.example.net; dkim=pass')}${received('mx.example.net (Postfix)')}${from}`,
    speaker: 'mx.example.net',
    standings: ['trusted'],
    results: ['dkim=pass'],
  },
  {
    title: 'no Received lines: nobody can tell',
    text: `${says('mx.google.com; spf=pass')}${from}`,
    standings: ['claim'],
    results: [],
  },
  {
    title: 'no Received lines, with --trust',
    text: `${says('mx.google.com; spf=pass')}${from}${says('mx.google.com; dmarc=pass')}`,
    trust: ['mx.google.com'],
    speaker: 'mx.google.com',
    standings: ['trusted', 'forged'],
    results: ['spf=pass'],
  },
  {
    title: '--trust of a domain covers what is below it',
    text: icloud,
    trust: ['icloud.com'],
    speaker: 'icloud.com',
    standings: Array.from({ length: 5 }, () => 'trusted'),
    results: ['bimi=skipped', 'arc=none', 'dmarc=pass', 'dkim=pass', 'spf=pass'],
  },
  {
    title: '--trust of Microsoft by its hosts',
    text: outlook,
    trust: ['protection.outlook.com'],
    speaker: '(microsoft)',
    standings: ['trusted', 'copy'],
    results: ['spf=pass', 'dkim=pass', 'dmarc=pass', 'compauth=pass'],
  },
  {
    title: "the word of the sender's own tenant at Microsoft does not count",
    text: `${outlook.replace('Authentication-Results-Original: relay.example.com; dkim=none\n', '')}`.replace(
      'From: News',
      `Received: from A.outlook.com by B.outlook.com with HTTPS; Mon, 23 Nov 2026 11:59:00 +0000\n${says('dkim=none (message not signed) header.d=none;dmarc=none action=none header.from=example.com;')}From: News`,
    ),
    speaker: '(microsoft)',
    standings: ['trusted', 'forged'],
    results: ['spf=pass', 'dkim=pass', 'dmarc=pass', 'compauth=pass'],
  },
  {
    title: 'what two fields say of the same thing: the topmost; of other signatures: both',
    text: own([
      'mx.example.net; spf=pass; dkim=pass header.d=a.example header.s=x',
      'mx.example.net; spf=fail; dkim=fail header.d=b.example header.s=x',
    ]),
    speaker: 'mx.example.net',
    standings: ['trusted', 'trusted'],
    results: ['spf=pass', 'dkim=pass', 'dkim=fail'],
  },
];

for (const { title, text, trust, speaker, dialect, standings: wanted, results: said } of cases) {
  test(`receiver: ${title}`, () => {
    const word = receiverOf(text, trust);
    assert.deepEqual(standings(word), wanted, word.fields.map((field) => field.why).join('\n'));
    assert.deepEqual(results(word), said);
    assert.equal(word.speaker, speaker);
    if (dialect !== undefined)
      assert.equal(word.fields.find((field) => field.standing === 'trusted')?.dialect, dialect);
    for (const field of word.fields) assert.match(field.why, /^\S.*\.$/);
  });
}

test('receiver: thousands of fields are bounded', () => {
  const started = performance.now();
  const word = receiverOf(own(Array.from({ length: 5000 }, () => 'mx.example.net; spf=pass')));
  assert.equal(word.fields.length, maxAuthresFields);
  assert.ok(performance.now() - started < 40_000);
});
