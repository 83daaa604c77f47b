/**
 * `npm run bench:plan`: `septet plan` for the 1,000 domains of one configuration, answered from a zone file. Every domain has four
 * or five senders (Amazon SES, Postfix, Google Workspace, Mailgun, a custom one), tracking, MTA-STS and TLS reports; a
 * quarter of them has all records, a quarter half of them, a quarter those of somebody else, a quarter none.
 *
 *     node septet/scripts/bench-plan.ts [--domains 1000] [--rounds 3] [--as json] [--profile folder] [--keep]
 *
 * `--profile` writes a CPU profile there; `--keep` leaves the configuration and the zone and names the folder.
 */
import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    domains: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '3' },
    as: { type: 'string', default: 'json' },
    profile: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
});
const domains = Number(values.domains);
const cli = path.resolve(import.meta.dirname, '../bin/septet.js');
const folder = await mkdtemp(path.join(tmpdir(), 'septet-bench-'));

/** A few real keys; which domain has which does not matter. */
const keys = Array.from({ length: 4 }, () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return `v=DKIM1; k=rsa; p=${publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}`;
});
const keyOf = (i: number): string => keys[i % keys.length] as string;
const txt = (text: string): string => (text.match(/.{1,250}/g) ?? []).map((piece) => JSON.stringify(piece)).join(' ');
const addressOf = (i: number): string => `20.3.${(i >> 8) & 255}.${i & 255}`;
const tokens = (i: number): readonly string[] =>
  ['a', 'b', 'c'].map((letter) => `${letter}${String(i).padStart(31, '0')}`);
const nameOf = (i: number): string => `shop${String(i).padStart(4, '0')}.example`;

function settings(i: number): string {
  const name = nameOf(i);
  return `  ${name}:
    dns: { host: ${['cloudflare, token: ${CLOUDFLARE_TOKEN}', 'bind', 'other'][i % 3]} }
    people: ${i % 2 === 0}
    mx: [ 10 mx1.host.example, 20 mx2.host.example ]
    senders:
      - ses: { region: eu-west-1, tokens: [ ${tokens(i).join(', ')} ], mailFrom: bounce }
      - postfix: { ip: [ ${addressOf(i)} ], selector: s1, helo: mail.${name} }
      - google-workspace${i % 4 === 0 ? `: { selector: google, value: "${keyOf(i + 1)}" }` : ''}
      - mailgun: { subdomain: mg, dkimZone: m${i}.dkim1.mailgun.com }
${i % 2 === 0 ? `      - custom: { spf: [ include:_spf.vendor.example ], dkim: [ { selector: v1, target: v1.dkim.vendor.example } ] }\n` : ''}    dmarc: { reports: dmarc@${name}, ramp: ${i % 2 === 0 ? 'standard' : 'dedicated'} }
    tracking: { host: track, target: click.vendor.example }
    mtaSts: { mode: ramp, host: sts.vendor.example }
    tlsReports: tls@${name}
`;
}

const whole = (i: number): readonly string[] => [
  '@ MX 10 mx1.host.example.',
  '@ MX 20 mx2.host.example.',
  `@ TXT "v=spf1 include:_spf.google.com ip4:${addressOf(i)} include:_spf.vendor.example -all"`,
  'bounce MX 10 feedback-smtp.eu-west-1.amazonses.com.',
  'bounce TXT "v=spf1 include:amazonses.com -all"',
  ...tokens(i).map((token) => `${token}._domainkey CNAME ${token}.dkim.amazonses.com.`),
  `s1._domainkey TXT ${txt(keyOf(i))}`,
  `google._domainkey TXT ${txt(keyOf(i + 1))}`,
  'mg MX 10 mxa.mailgun.org.',
  'mg MX 10 mxb.mailgun.org.',
  'mg TXT "v=spf1 include:mailgun.org ~all"',
  ...['pdk1', 'pdk2'].map((one) => `${one}._domainkey.mg CNAME ${one}._domainkey.m${i}.dkim1.mailgun.com.`),
  'v1._domainkey CNAME v1.dkim.vendor.example.',
  `_dmarc TXT "v=DMARC1; p=quarantine; rua=mailto:dmarc@${nameOf(i)}"`,
  'track CNAME click.vendor.example.',
  '_mta-sts TXT "v=STSv1; id=20261101T000000;"',
  'mta-sts CNAME sts.vendor.example.',
  `_smtp._tls TXT "v=TLSRPTv1; rua=mailto:tls@${nameOf(i)}"`,
];

const foreign: readonly string[] = [
  '@ MX 5 mail.elsewhere.example.',
  '@ TXT "proof-of-somebody=123"',
  '@ TXT "v=spf1 mx a:mail.elsewhere.example include:_spf.elsewhere.example ip4:20.9.0.0/24 ?all"',
  '_dmarc TXT "v=DMARC1; p=none; rua=mailto:reports@elsewhere.example"',
  'track A 20.9.0.9',
];

/** One zone rooted at `.` in which every domain is a zone cut of its own by its SOA. */
function zone(): string {
  const lines = [
    '$ORIGIN .',
    '$TTL 3600',
    '@ SOA ns1.host.example. hostmaster.host.example. 1 7200 3600 1209600 300',
    '@ NS ns1.host.example.',
    'mx1.host.example A 20.0.0.1',
    'mx2.host.example A 20.0.0.2',
    'click.vendor.example A 20.0.0.3',
    'sts.vendor.example A 20.0.0.4',
    'mail.elsewhere.example A 20.0.0.5',
    '_spf.vendor.example TXT "v=spf1 include:_spf2.vendor.example ip4:20.1.0.0/22 -all"',
    '_spf2.vendor.example TXT "v=spf1 ip4:20.2.0.0/22 ip6:2603:1020::/48 -all"',
    '_spf.elsewhere.example TXT "v=spf1 ip4:20.8.0.0/22 -all"',
    '_spf.google.com TXT "v=spf1 include:_netblocks.google.com include:_netblocks2.google.com include:_netblocks3.google.com ~all"',
    '_netblocks.google.com TXT "v=spf1 ip4:35.190.247.0/24 ip4:64.233.160.0/19 ip4:66.102.0.0/20 ip4:66.249.80.0/20 ip4:72.14.192.0/18 ip4:74.125.0.0/16 ~all"',
    '_netblocks2.google.com TXT "v=spf1 ip6:2001:4860:4000::/36 ip6:2404:6800:4000::/36 ip6:2607:f8b0:4000::/36 ~all"',
    '_netblocks3.google.com TXT "v=spf1 ip4:172.217.0.0/19 ip4:172.217.32.0/20 ip4:108.177.8.0/21 ip4:209.85.128.0/17 ~all"',
    'amazonses.com TXT "v=spf1 ip4:199.255.192.0/22 ip4:199.127.232.0/22 ip4:54.240.0.0/18 ip4:69.169.224.0/20 -all"',
    'mailgun.org TXT "v=spf1 include:_spf.mailgun.org include:_spf.eu.mailgun.org ~all"',
    '_spf.mailgun.org TXT "v=spf1 ip4:209.61.151.0/24 ip4:166.78.68.0/22 ip4:198.61.254.0/23 ~all"',
    '_spf.eu.mailgun.org TXT "v=spf1 ip4:141.193.32.0/23 ip4:159.135.140.80/29 ~all"',
  ];
  for (let i = 0; i < domains; i++) {
    const all = whole(i);
    const own = [all, all.filter((_, at) => at % 2 === 0), foreign, []][i % 4] ?? [];
    lines.push(`$ORIGIN ${nameOf(i)}.`, ...own, `mail A ${addressOf(i)}`);
    if (i % 2 === 0) lines.push(`${addressOf(i).split('.').reverse().join('.')}.in-addr.arpa. PTR mail.${nameOf(i)}.`);
  }
  return `${lines.join('\n')}\n`;
}

/** The keys of Postfix are kept by Septet: a plan reads their public halves. */
async function writeKeys(): Promise<void> {
  for (let i = 0; i < domains; i++) {
    const place = path.join(folder, 'state/keys', nameOf(i));
    const facts = { type: 'rsa', bits: 2048, selector: 's1', createdAt: '2026-11-01T00:00:00Z' };
    // oxlint-disable no-await-in-loop -- small files, not timed
    await mkdir(place, { recursive: true, mode: 0o700 });
    await writeFile(path.join(place, 's1.json'), JSON.stringify({ ...facts, record: keyOf(i) }), { mode: 0o600 });
    // oxlint-enable no-await-in-loop
  }
}

interface Run {
  readonly seconds: number;
  readonly peakMb: number;
  readonly code: number;
  readonly octets: number;
  readonly plans: number;
}

/** One run of the program; its output is counted, not kept. */
function plan(config: string, zoneFile: string): Promise<Run> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const profile =
      values.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${path.resolve(values.profile)}`];
    const state = path.join(folder, 'state');
    const args = [cli, 'plan', '--config', config, '--state', state, '--zone', zoneFile, '--as', values.as];
    const child = spawn(process.execPath, [...profile, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    let peakMb = 0;
    let octets = 0;
    let plans = 0;
    const watch = setInterval(() => {
      readFile(`/proc/${child.pid}/status`, 'utf8').then(
        (text) => (peakMb = Math.max(peakMb, Number(/VmHWM:\s+(\d+)/.exec(text)?.[1] ?? 0) / 1024)),
        () => {},
      );
    }, 50);
    let rest = '';
    child.stdout.on('data', (chunk: Buffer) => {
      octets += chunk.length;
      const text = rest + chunk.toString('latin1');
      plans += text.split('"madeAt"').length - 1;
      rest = text.slice(-7);
    });
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(watch);
      resolve({ seconds: (performance.now() - started) / 1000, peakMb, code: code ?? -1, octets, plans });
    });
  });
}

const config = path.join(folder, 'septet.yaml');
const zoneFile = path.join(folder, 'all.zone');
try {
  const text = `domains:\n${Array.from({ length: domains }, (_, i) => settings(i)).join('')}`;
  await Promise.all([writeFile(config, text), writeFile(zoneFile, zone()), writeKeys()]);
  const processor = `${cpus()[0]?.model ?? 'processor'}, ${cpus().length} cores, Node ${process.version}`;
  process.stdout.write(`${processor}; ${domains} domains, configuration of ${text.length} octets\n`);
  const runs: Run[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other: they are timed
    const run = await plan(config, zoneFile);
    if (run.octets === 0) throw new Error(`the plan printed nothing (exit code ${run.code})`);
    if (values.as === 'json' && run.plans !== domains)
      throw new Error(`${run.plans} plans came out for ${domains} domains`);
    runs.push(run);
  }
  const sorted = runs.map((run) => run.seconds).toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const peak = Math.max(...runs.map((run) => run.peakMb));
  const size = ((runs[0]?.octets ?? 0) / 2 ** 20).toFixed(1);
  process.stdout.write(
    `${median.toFixed(2)} seconds (median of ${runs.map((run) => run.seconds.toFixed(2)).join(', ')}), ` +
      `${Math.round(domains / median)} domains a second, peak ${Math.round(peak)} MB, output ${size} MB, exit code ${runs[0]?.code}\n`,
  );
} finally {
  if (values.keep) process.stdout.write(`${folder}\n`);
  else await rm(folder, { recursive: true, force: true });
}
