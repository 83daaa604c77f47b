/**
 * Postfix → relay → Postfix under load, and Postfix → Postfix with the milter, each with kill -9 of the relay in the
 * middle: what the last Postfix has delivered is counted by Message-ID. Not one may be missing, and none be there twice.
 */
import assert from 'node:assert/strict';
import { after, suite, test, type TestContext } from 'node:test';
import { folder } from '../cli/program.ts';
import { mayStartPostfix, startPostfix, type Postfix } from '../servers/postfix.ts';
import { freePort, missing } from '../servers/process.ts';
import { configText, delivered, flood, quickQueue, startRelay, type RelayProcess } from './postfix-lab.ts';

const skip = (await missing('postfix', 'smtp-source')) || mayStartPostfix();
const [count, kills] = [400, 3];

suite('Postfix under load, and kill -9 of the relay', { skip, timeout: 180_000 }, () => {
  const started: { stop(): Promise<unknown> }[] = [];
  after(() => Promise.allSettled(started.map((server) => server.stop())));

  const postfix = async (...options: Parameters<typeof startPostfix>): Promise<Postfix> => {
    const server = await startPostfix(...options);
    started.push(server);
    return server;
  };

  /** Kills the relay again and again while mail flows; answers what was told of messages that came again. */
  const killing = async (t: TestContext, source: Promise<void>, run: () => Promise<RelayProcess>) => {
    const relays = [await run()];
    for (let kill = 0; kill < kills; kill++) {
      /* oxlint-disable no-await-in-loop -- one after the other */
      await new Promise((resolve) => setTimeout(resolve, 1000));
      relays.at(-1)?.child.kill('SIGKILL');
      await new Promise((resolve) => setTimeout(resolve, 200));
      const relay = await run();
      started.push(relay);
      relays.push(relay);
      /* oxlint-enable no-await-in-loop */
    }
    await source;
    return () => {
      const again = relays.flatMap((relay) => relay.events().filter(({ event }) => event === 'again'));
      t.diagnostic(`came again: ${again.map(({ standing }) => String(standing)).join(', ') || 'none'}`);
      return again;
    };
  };

  test('through the SMTP proxy', async (t) => {
    const [first, middle, last] = [await freePort(), await freePort(), await freePort()];
    const receiver = await postfix({
      hostname: 'mx.receiver.test',
      listeners: [{ port: last }],
      mailboxes: 'receiver.test',
    });
    await postfix({
      hostname: 'mail.sender.test',
      listeners: [{ port: first }],
      main: { ...quickQueue, relayhost: `[127.0.0.1]:${middle}` },
    });
    const file = await folder(t, { 'septet.yaml': configText });
    const run = () =>
      startRelay([
        `--listen=127.0.0.1:${middle}`,
        `--to=smtp://127.0.0.1:${last}`,
        `--config=${file('septet.yaml')}`,
        `--data=${file('data')}`,
      ]);
    const again = await killing(t, flood(first, count), run);
    const times = await delivered(receiver, count);
    const doubled = [...times.values()].filter((each) => each > 1).length;
    t.diagnostic(`${count} sent, ${times.size} delivered, ${doubled} doubled, ${kills} kills`);
    assert.equal(times.size, count);
    again();
    assert.equal(doubled, 0);
    assert.equal((await receiver.waiting('../mail/all/new')).length, count);
  });

  test('through the milter', async (t) => {
    const [first, last, milter] = [await freePort(), await freePort(), await freePort()];
    const receiver = await postfix({
      hostname: 'mx.receiver.test',
      listeners: [{ port: last }],
      mailboxes: 'receiver.test',
      main: {
        smtpd_milters: `inet:127.0.0.1:${milter}`,
        milter_default_action: 'tempfail',
        milter_connect_timeout: '5s',
      },
    });
    await postfix({
      hostname: 'mail.sender.test',
      listeners: [{ port: first }],
      main: { ...quickQueue, relayhost: `[127.0.0.1]:${last}` },
    });
    const file = await folder(t, { 'septet.yaml': configText });
    const run = () =>
      startRelay(['--milter', `inet:127.0.0.1:${milter}`, '--config', file('septet.yaml'), '--data', file('data')]);
    await killing(t, flood(first, count), run);
    const times = await delivered(receiver, count);
    const doubled = [...times.values()].filter((each) => each > 1).length;
    t.diagnostic(`${count} sent, ${times.size} delivered, ${doubled} doubled, ${kills} kills`);
    assert.equal(times.size, count);
    assert.equal(doubled, 0);
    assert.match(await receiver.log(), /milter-reject: END-OF-MESSAGE|451 4\.7\.1 Service unavailable/);
  });
});
