/** Direct delivery: MX, TLS as it can be had, and MTA-STS as it demands; last against a real Postfix, policy and all. */
import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import { after, suite, test, type TestContext } from 'node:test';
import { directRoute, type DirectRouteOptions } from '../../src/relay/direct-route.ts';
import type { RelayEvent } from '../../src/relay/relay-log.ts';
import { makeAuthority } from '../../src/sandbox/certificates.ts';
import type { HttpsFetch, World } from '../../src/world/world.ts';
import { folder, serveZone } from '../cli/program.ts';
import { sendBySmtp } from '../proof/postfix-smtp.ts';
import { talk } from '../serve/clients.ts';
import { mayStartPostfix, startPostfix } from '../servers/postfix.ts';
import { freePort, missing } from '../servers/process.ts';
import { zoneWorld } from '../zone-world.ts';
import { nextServer, relay, type NextOptions } from './parties.ts';
import { startRelay } from './postfix-lab.ts';

const authority = makeAuthority('Test authority', Date.now());
const good = authority.issue(['mx.there.test']);
const other = authority.issue(['mx.elsewhere.test']);

const zone = `
there.test.          MX 10 mx.there.test.
there.test.          MX 20 mx2.there.test.
mx.there.test.       A 127.0.0.1
mx2.there.test.      A 127.0.0.2
_mta-sts.there.test. TXT "v=STSv1; id=1;"
plain.test.          MX 10 mx.there.test.
implicit.test.       A 127.0.0.1
null.test.           MX 0 .
nothing.test.        TXT "x"
inside.test.         MX 10 mx.inside.test.
mx.inside.test.      A 10.0.0.7
two.test.            MX 10 mx.there.test.
broken.test.         MX 10 mx.broken.test.
`;

const policy = (mode: string, mx = 'mx.there.test'): HttpsFetch => {
  return async (url) => ({
    kind: 'response',
    url,
    redirects: [],
    status: 200,
    headers: {},
    body: Buffer.from(`version: STSv1\nmode: ${mode}\nmx: ${mx}\nmax_age: 86400\n`),
    address: '127.0.0.1',
    elapsedMs: 1,
  });
};

const world = (more: Partial<World> = {}): World =>
  zoneWorld(zone, { now: () => Date.now(), failures: [['mx.broken.test', '*', 'servfail']], ...more });

async function direct(
  t: TestContext,
  port: number,
  fetch: HttpsFetch | undefined,
  more: Partial<DirectRouteOptions> = {},
) {
  const events: RelayEvent[] = [];
  const route = directRoute({
    world: world(fetch ? { fetch } : {}),
    name: 'relay.test',
    log: (event) => void events.push(event),
    port,
    internal: true,
    ca: [authority.certificate],
    ...more,
  });
  const started = await relay(t, 0, { route });
  const client = await talk(t, started.port);
  await client.say('EHLO c\r\n');
  const to = async (...recipients: readonly string[]): Promise<readonly string[]> => {
    const answers = [await client.say('MAIL FROM:<a@from.test>\r\n')];
    for (const recipient of recipients) answers.push(await client.say(`RCPT TO:<${recipient}>\r\n`)); // oxlint-disable-line no-await-in-loop
    answers.push(await client.say('DATA\r\n'));
    if (answers.at(-1)?.startsWith('354')) answers.push(await client.say('Subject: 1\r\n\r\n1\r\n.\r\n'));
    else await client.say('RSET\r\n');
    return answers.slice(1).filter((answer) => !answer.startsWith('354'));
  };
  return { client, to, events };
}

/** The first MX; nobody listens at 127.0.0.2. */
const mx = (t: TestContext, options: NextOptions = {}) => nextServer(t, options);

test('a message goes to the MX, with a Received field on top and no more', async (t) => {
  const server = await mx(t);
  const { to } = await direct(t, server.port, undefined);
  assert.deepEqual(await to('b@plain.test'), ['250 2.1.0 Ok\r\n', '250 2.0.0 Ok: queued as TEST\r\n']);
  assert.match(
    server.taken[0]?.message ?? '',
    /^Received: from c by relay\.test with ESMTP;\r\n\t\w{3}, \d\d \w{3} \d{4} [\d:]{8} \+0000\r\nSubject: 1\r\n\r\n1\r\n$/,
  );
  await to('b@implicit.test', 'c@implicit.test');
  assert.equal(server.taken[1]?.commands.length, 3);
});

test('what cannot be delivered is told: for ever or for now', async (t) => {
  const server = await mx(t);
  const { to } = await direct(t, server.port, undefined);
  for (const [recipient, wanted] of [
    ['b@null.test', /^556 5\.1\.10/],
    ['b@missing.test', /^550 5\.1\.2/],
    ['b@nothing.test', /^550 5\.1\.2/],
    ['b@broken.test', /^451 4\.4\.3/],
    ['b@[127.0.0.1]', /^550 5\.1\.2/],
    ['postmaster', /^550 5\.1\.2/],
  ] as const) {
    // oxlint-disable-next-line no-await-in-loop -- one session
    assert.match((await to(recipient))[0] ?? '', wanted, recipient);
  }
  assert.equal(server.connections(), 0);
});

test('addresses of private networks are not called, unless that is asked for', async (t) => {
  const server = await mx(t);
  const { to } = await direct(t, server.port, undefined, { internal: false });
  assert.match((await to('b@inside.test'))[0] ?? '', /^451 4\.4\.4/);
  assert.match((await to('b@plain.test'))[0] ?? '', /^451 4\.4\.4/);
  assert.equal(server.connections(), 0);
});

test('one domain at a time; the others are to come again', async (t) => {
  const server = await mx(t);
  const { to } = await direct(t, server.port, undefined);
  const answers = await to('b@plain.test', 'c@two.test', 'd@plain.test');
  assert.deepEqual(
    answers.map((answer) => answer.slice(0, 9)),
    ['250 2.1.0', '452 4.5.3', '250 2.1.0', '250 2.0.0'],
  );
  assert.equal((await to('c@two.test'))[1]?.slice(0, 3), '250');
  assert.equal(server.connections(), 2);
});

test('without a policy TLS is taken with any certificate, and none is taken too', async (t) => {
  const foreign = await mx(t, { tls: other });
  const first = await direct(t, foreign.port, undefined);
  assert.match((await first.to('b@plain.test'))[1] ?? '', /^250/);
  assert.ok(foreign.said.includes('STARTTLS'));
  // TLS that is refused, or fails: delivered without.
  for (const said of ['454 4.7.0 Not now', '220 Go ahead']) {
    const extensions = ['STARTTLS'];
    /* oxlint-disable no-await-in-loop -- one after the other */
    const broken = await mx(t, { extensions, answer: (line) => (line === 'STARTTLS' ? said : undefined) });
    const { to } = await direct(t, broken.port, undefined);
    assert.match((await to('b@plain.test'))[1] ?? '', /^250/, said);
    /* oxlint-enable no-await-in-loop */
  }
});

test('enforce: the right certificate is delivered to, anything else is not', async (t) => {
  const right = await mx(t, { tls: good });
  const first = await direct(t, right.port, policy('enforce'));
  assert.match((await first.to('b@there.test'))[1] ?? '', /^250/);
  assert.equal(right.taken.length, 1);
  for (const [about, options, words] of [
    ['a certificate for another name', { tls: other }, /^451 4\.7\.5/],
    ['no TLS', {}, /^451 4\.7\.5/],
    ['an unknown authority', { tls: makeAuthority('Other', Date.now()).issue(['mx.there.test']) }, /^451 4\.7\.5/],
  ] as const) {
    /* oxlint-disable no-await-in-loop -- one after the other */
    const server = await mx(t, options);
    const { to } = await direct(t, server.port, policy('enforce'));
    assert.match((await to('b@there.test'))[0] ?? '', words, about);
    assert.equal(server.taken.length, 0, about);
    assert.ok(!server.said.some((line) => line.startsWith('MAIL')), about);
    /* oxlint-enable no-await-in-loop */
  }
  const { to } = await direct(t, right.port, policy('enforce', 'mx9.there.test'));
  assert.match((await to('b@there.test'))[0] ?? '', /^451 4\.7\.5 .*names none/);
});

test('testing and none deliver; a policy that is kept holds when its record goes, and when its file fails', async (t) => {
  const server = await mx(t, { tls: other });
  for (const mode of ['testing', 'none']) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    assert.match((await (await direct(t, server.port, policy(mode))).to('b@there.test'))[1] ?? '', /^250/, mode);
  }
  let now = Date.now();
  let id = '1';
  let fails = false;
  const changing = zoneWorld(zone, { now: () => now });
  const resolver: World['resolver'] = {
    ...changing.resolver,
    async query(name, type, options) {
      const answer = await changing.resolver.query(name, type, options);
      if (type !== 'TXT' || answer.kind !== 'found') return answer;
      const text = id === '' ? 'nothing' : `v=STSv1; id=${id};`;
      return { ...answer, set: { ...answer.set, data: [{ strings: [text] }] } } as unknown as typeof answer;
    },
  };
  let fetches = 0;
  const fetch: HttpsFetch = async (url, limits) => {
    fetches++;
    if (fails) return { kind: 'failed', url, redirects: [], reason: 'timeout', detail: 'x' };
    return policy('enforce')(url, limits);
  };
  const { to } = await direct(t, server.port, undefined, { world: { ...changing, resolver, fetch } });
  const refused = async (about: string): Promise<void> =>
    assert.match((await to('b@there.test'))[0] ?? '', /^451 4\.7\.5/, about);
  await refused('first');
  now += 120_000;
  await refused('same id');
  assert.equal(fetches, 1);
  [now, id, fails] = [now + 120_000, '2', true];
  await refused('the file fails');
  assert.equal(fetches, 2);
  [now, id] = [now + 120_000, ''];
  await refused('the record has gone');
  now += 2 * 86_400_000;
  assert.match((await to('b@there.test'))[1] ?? '', /^250/, 'max_age is over');
});

const skip = (await missing('postfix')) || mayStartPostfix();

suite('direct delivery to a Postfix whose domain enforces MTA-STS', { skip, timeout: 60_000 }, () => {
  const started: { stop(): Promise<unknown> }[] = [];
  after(() => Promise.allSettled(started.map((server) => server.stop())));

  test('the right certificate is delivered to, the wrong one refused, and delivered to once it is mended', async (t) => {
    const [listen, smtp] = [await freePort(), await freePort()];
    const web = authority.issue(['mta-sts.there.test']);
    const server = createServer({ key: web.key, cert: web.certificate }, (_, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      response.end('version: STSv1\r\nmode: enforce\r\nmx: mx.there.test\r\nmax_age: 86400\r\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => void server.close());
    const bound = server.address();
    const https = typeof bound === 'object' && bound ? bound.port : 0;
    const dns = await serveZone(t, `${zone}mta-sts.there.test. A 127.0.0.1\n`);
    const file = await folder(t, { 'septet.yaml': 'domains: { from.test: {} }\n', 'ca.pem': authority.certificate });
    const relayed = await startRelay(
      [
        '--direct',
        '--internal',
        '--name=relay.test',
        `--listen=127.0.0.1:${listen}`,
        `--resolver=${dns.server}`,
        `--ca=${file('ca.pem')}`,
        `--config=${file('septet.yaml')}`,
        `--data=${file('data')}`,
      ],
      { SEPTET_SMTP_PORT: String(smtp), SEPTET_HTTPS_PORT: String(https) },
    );
    started.push(relayed);
    const receiver = (pair: { readonly key: string; readonly certificate: string }) =>
      startPostfix({
        hostname: 'mx.there.test',
        listeners: [{ port: smtp }],
        mailboxes: 'there.test',
        files: { 'tls.pem': `${pair.key}${pair.certificate}` },
        main: {
          smtpd_tls_security_level: 'may',
          smtpd_tls_chain_files: '$config_directory/tls.pem',
          smtpd_tls_loglevel: '1',
        },
      });
    const envelope = { helo: 'desk', from: 'a@from.test', to: 'reader@there.test' };
    const message = Buffer.from('From: a@from.test\r\nSubject: 1\r\n\r\n1\r\n');

    const wrong = await receiver(other);
    started.push(wrong);
    await assert.rejects(sendBySmtp(listen, message, envelope), /451 4\.7\.5 The MTA-STS policy/);
    assert.doesNotMatch(await wrong.log(), /status=sent/);
    await wrong.stop();

    const right = await receiver(good);
    started.push(right);
    assert.match((await sendBySmtp(listen, message, envelope)).answer, /^250 .*queued as/);
    assert.match(
      (await right.mail('reader@there.test')).toString('latin1'),
      /^Received: from desk by relay\.test with ESMTP/m,
    );
    assert.match(await right.log(), /TLS connection established from/);
  });
});
