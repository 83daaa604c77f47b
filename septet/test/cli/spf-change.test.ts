/** `septet spf flatten|merge|optimise` as a person runs it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { folder, septet, serve, within } from './program.ts';

const zone = `$ORIGIN .
$TTL 3600
@ SOA a.root. hostmaster.root. 1 7200 3600 1209600 3600
@ NS a.root.
example.com. 300 TXT "v=spf1 mx include:_spf.mailer.example include:live.mailer.example ~all"
example.com. TXT "proof=1"
example.com. MX 10 mx1.example.com.
mx1.example.com. A 8.8.8.1
_spf.mailer.example. 60 TXT "v=spf1 ip4:8.8.4.0/25 ip4:8.8.4.128/25 -all"
live.mailer.example. TXT "v=spf1 exists:%{i}.l.mailer.example -all"
tidy.example. TXT "v=spf1 mx a ip4:8.8.8.1 -all"
tidy.example. A 8.8.8.1
two.example. TXT "v=spf1 ip4:8.8.8.8 -all"
two.example. TXT "v=spf1 include:_spf.mailer.example ~all"
broken.example. TXT "v=spf1 ip4:8.8.8 -all"
full.example. TXT "v=spf1 ${Array.from({ length: 10 }, (_, k) => `a:a${k}.example`).join(' ')} -all"
${Array.from({ length: 10 }, (_, k) => `a${k}.example. A 9.9.9.${k * 2}`).join('\n')}
long.example. TXT "v=spf1 include:many1.example include:many2.example -all"
_spf1.long.example. TXT "in use"
many1.example. TXT "v=spf1 include:many3.example -all"
${[2, 3].map((n) => `many${n}.example. TXT ${[0, 1].map((half) => `"${half === 0 ? 'v=spf1 ' : ''}${Array.from({ length: 16 }, (_, k) => `ip4:100.${n}.${half}.${k * 2}`).join(' ')} ${half === 1 ? '-all' : ''}"`).join(' ')}`).join('\n')}
`;

test('spf flatten: before and after, the price, the records, what goes out of date, and the proof', async (t) => {
  const file = await folder(t, { 'root.zone': zone });
  const { code, stdout } = await within(['spf', 'flatten', 'example.com', '--zone', file('root.zone'), '--verify'], {
    columns: 100,
  });
  assert.equal(code, 0, stdout);
  assert.match(stdout, /before {2}v=spf1 mx include:_spf\.mailer\.example/);
  assert.match(stdout, /4 of 10 look-ups, 0 of 2 void look-ups, 70 octets/);
  assert.match(
    stdout,
    /^example\.com\. 300 IN TXT "v=spf1 ip4:8\.8\.4\.0\/24 ip4:8\.8\.8\.1 exists:%\{i\}\.l\.mailer\.example ~all"$/m,
  );
  assert.match(stdout, /1 of 10 look-ups/);
  assert.match(stdout, /Stays as it is: exists:%\{i\}/);
  assert.match(stdout, /_spf\.mailer\.example TXT\s+\(60 s\)/);
  assert.match(stdout, /Verified: the same verdict for every address/);
  assert.match(stdout, /In part: the answers of exists:/);
});

test('spf flatten: --only, --to, --ttl and JSON', async (t) => {
  const file = await folder(t, { 'root.zone': zone });
  const at = ['--zone', file('root.zone'), '--format', 'json'];
  const only = await within(['spf', 'flatten', 'example.com', '--only', 'mx', '--ttl', '120', ...at]);
  assert.equal(only.code, 0);
  const json = JSON.parse(only.stdout) as Record<string, unknown>;
  assert.deepEqual(json['records'], [
    {
      name: 'example.com',
      type: 'TXT',
      ttlSeconds: 120,
      text: 'v=spf1 ip4:8.8.8.1 include:_spf.mailer.example include:live.mailer.example ~all',
    },
  ]);
  const to = await within(['spf', 'flatten', 'full.example', '--to', '8', ...at]);
  assert.equal(to.code, 0);
  assert.deepEqual((JSON.parse(to.stdout) as { price: { lookupsAfter: number } }).price.lookupsAfter, 8);
  const missed = await within(['spf', 'flatten', 'example.com', '--to', '0', ...at]);
  assert.equal(missed.code, 1);
  assert.equal((JSON.parse(missed.stdout) as { missed: number }).missed, 0);
});

test('spf flatten: parts go to names at which nothing stands', async (t) => {
  const file = await folder(t, { 'root.zone': zone });
  const { code, stdout } = await within(['spf', 'flatten', 'long.example', '--zone', file('root.zone'), '--verify']);
  assert.equal(code, 0, stdout);
  const names = [...stdout.matchAll(/^(\S+)\. 3600 IN TXT/gm)].map((match) => match[1]);
  assert.deepEqual(names, ['_spf3.long.example', '_spf2.long.example', 'long.example'].slice(3 - names.length));
  assert.ok(names.length >= 2);
  assert.match(stdout, /Publish in this order/);
  assert.match(stdout, /Verified/);
});

test('spf optimise and spf merge', async (t) => {
  const file = await folder(t, { 'root.zone': zone });
  const at = ['--zone', file('root.zone')];
  const tidy = await within(['spf', 'optimise', 'tidy.example', '--verify', ...at]);
  assert.equal(tidy.code, 0);
  assert.match(tidy.stdout, /"v=spf1 ip4:8\.8\.8\.1 -all"/);
  assert.match(tidy.stdout, /Left out: mx \(it lets nobody pass\)\./);
  assert.match(tidy.stdout, /Left out: a \(other terms of the record cover it\)\./);
  const nothing = await within(['spf', 'optimise', 'two.example', ...at]);
  assert.equal(nothing.code, 1);
  assert.match(nothing.stdout, /septet spf merge two\.example/);
  const two = await within(['spf', 'merge', 'two.example', '--add', 'ip4:8.8.8.9', '--verify', ...at]);
  assert.equal(two.code, 0, two.stdout);
  assert.match(two.stdout, /"v=spf1 ip4:8\.8\.8\.8 include:_spf\.mailer\.example ip4:8\.8\.8\.9 ~all"/);
  assert.match(two.stdout, /every address that passes by one of the old records/);
  const kept = await within(['spf', 'merge', 'tidy.example', ...at]);
  assert.equal(kept.code, 0);
  assert.match(kept.stdout, /Nothing is to be merged/);
  const full = await within(['spf', 'merge', 'full.example', '--add', 'include:_spf.mailer.example', ...at]);
  assert.equal(full.code, 1);
  assert.match(full.stdout, /needs 11 look-ups/);
});

test('a failed look-up is exit code 3, wrong use 2', async (t) => {
  const file = await folder(t, { 'root.zone': zone });
  const at = ['--zone', file('root.zone')];
  const server = await serve(t, (question) =>
    Promise.resolve({
      kind: 'failed',
      name: question.name,
      type: question.type,
      server: 'test',
      chain: [],
      dnssec: 'unknown',
      reason: 'servfail',
    }),
  );
  for (const command of ['flatten', 'optimise', 'merge'])
    // oxlint-disable-next-line no-await-in-loop -- one resolver
    assert.equal(
      (await within(['spf', command, 'example.com', '--resolver', `127.0.0.1:${server.port}`])).code,
      3,
      command,
    );
  const misuse: readonly (readonly [args: readonly string[], says: RegExp])[] = [
    [['spf', 'flatten', ...at], /Give a domain, as in: septet spf flatten example\.com/],
    [['spf', 'flatten', 'example.com', '--only', 'a:x.example', ...at], /no such mechanism/],
    [['spf', 'flatten', 'example.com', '--to', 'few', ...at], /--to is a whole number up to 10, not few/],
    [['spf', 'merge', 'example.com', '--add', '-all', ...at], /--add -all is not a mechanism/],
    [['spf', 'merge', 'example.com', '--ttl', '1.5', ...at], /--ttl is a whole number/],
    [['spf', 'optimise', 'example.com', '--format', 'xml', ...at], /--format is text or json here, not xml/],
    [['spf', 'optimise', 'example.com', '--ip', '192.0.2.1', ...at], /--ip does not go with spf optimise/],
    [['spf', 'optimise', 'nobody@example.com', ...at], /is an e-mail address/],
  ];
  for (const [args, says] of misuse) {
    // oxlint-disable-next-line no-await-in-loop -- in order
    const { code, stderr } = await within(args);
    assert.equal(code, 2, args.join(' '));
    assert.match(stderr, says);
  }
  const broken = await within(['spf', 'flatten', 'broken.example', ...at]);
  assert.equal(broken.code, 1);
  assert.match(broken.stdout, /syntax error/);
});

test('spf with a domain and --ip judges as ever, options before or behind', async (t) => {
  const file = await folder(t, { 'root.zone': zone });
  const judged = await septet(['spf', 'example.com', '--ip', '8.8.8.1', '--zone', file('root.zone')]);
  assert.equal(judged.code, 0, judged.stderr);
  assert.match(judged.stdout, /^pass/);
  const flat = await septet(['spf', '--format', 'json', 'flatten', 'example.com', '--zone', file('root.zone')]);
  assert.equal(flat.code, 0, flat.stderr);
  assert.equal((JSON.parse(flat.stdout) as { command: string }).command, 'flatten');
});
