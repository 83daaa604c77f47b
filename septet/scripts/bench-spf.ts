/**
 * `npm run bench:spf`: SPF evaluations a second on one core, from memory, with the whole trace made each time.
 *
 * The record is a typical one: own addresses, two includes with a dozen networks each, `~all`. Every evaluation reads
 * the request anew (address, MAIL FROM) and finds the answers by name and type, as a mail server with a warm cache would.
 */
import { parseArgs } from 'node:util';
import { dnsName } from '../src/dns/name.ts';
import { AnswerTable } from '../src/records/spf/answers.ts';
import { evaluate } from '../src/records/spf/evaluate.ts';
import type { SpfRequest } from '../src/records/spf/run.ts';

const records: readonly (readonly [string, string])[] = [
  [
    'example.com',
    'v=spf1 ip4:192.0.2.10 ip4:192.0.2.64/27 ip6:2001:db8:25::/48 include:_spf.mailbox.example include:spf.mailer.example ~all',
  ],
  [
    '_spf.mailbox.example',
    'v=spf1 ip4:198.18.0.0/16 ip4:198.19.64.0/18 ip4:203.0.113.0/25 ip4:100.64.0.0/14 ip4:100.72.0.0/16 ip4:100.80.12.0/22 ip6:2001:db8:100::/44 ip6:2001:db8:200::/44 ip6:2001:db8:300::/44 -all',
  ],
  [
    'spf.mailer.example',
    'v=spf1 ip4:198.51.100.0/27 ip4:198.51.100.64/27 ip4:198.51.100.128/26 ip4:100.96.0.0/16 ip4:100.97.0.0/18 ip4:100.98.8.0/21 ip4:100.99.1.0/24 ip4:100.99.3.0/24 ip4:203.0.113.128/26 ip6:2001:db8:400::/48 ~all',
  ],
];

const requests: readonly (SpfRequest & { readonly label: string; readonly expect: string })[] = [
  {
    label: 'pass in the second include',
    ip: '203.0.113.140',
    mailFrom: 'news@example.com',
    helo: 'out.mailer.example',
    expect: 'pass',
  },
  {
    label: 'softfail after all terms  ',
    ip: '203.0.113.250',
    mailFrom: 'news@example.com',
    helo: 'elsewhere.example',
    expect: 'softfail',
  },
  {
    label: 'pass over IPv6            ',
    ip: '2001:db8:400::25',
    mailFrom: 'news@example.com',
    helo: 'out.mailer.example',
    expect: 'pass',
  },
  {
    label: 'softfail over IPv6        ',
    ip: '2001:db8:ffff::25',
    mailFrom: 'news@example.com',
    helo: 'elsewhere.example',
    expect: 'softfail',
  },
];

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '2' } } });
const table = new AnswerTable();
for (const [owner, text] of records) {
  const name = dnsName(owner);
  const set = { name, type: 'TXT', ttlSeconds: 300, data: [{ strings: [text] }] } as const;
  table.add({ kind: 'found', name, type: 'TXT', server: 'bench', chain: [], dnssec: 'unknown', set });
}

for (const request of requests) {
  run(request, 0.3);
  const rate = run(request, Number(values.seconds));
  process.stdout.write(
    `${request.label}  ${Math.round(rate).toLocaleString('en').padStart(10)} evaluations a second\n`,
  );
}

function run(request: (typeof requests)[number], seconds: number): number {
  const from = performance.now();
  let count = 0;
  let steps = 0;
  while (performance.now() - from < seconds * 1000) {
    for (let i = 0; i < 1000; i++, count++) {
      const result = evaluate(request, table.source);
      if (result.kind !== 'result' || result.result !== request.expect)
        throw new Error(`${request.label}: ${JSON.stringify(result)}`);
      steps += result.trace?.steps.length ?? 0;
    }
  }
  if (steps < count * 5) throw new Error('the trace is not complete');
  return count / ((performance.now() - from) / 1000);
}
