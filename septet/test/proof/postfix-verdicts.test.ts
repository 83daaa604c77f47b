/**
 * Septet's verdicts against Debian's OpenDKIM and OpenDMARC on a Postfix that receives: the same messages, word by word,
 * after a Postfix with OpenDKIM signed them and the way did to them what ways do.
 *
 * The receiver's milters ask a real DNS (Knot) on an address of 127.0.0.0/8, port 53: OpenDKIM by `Nameservers`, OpenDMARC
 * by an /etc/resolv.conf of its own in a mount namespace, as it knows nothing else; so does Septet. Client addresses are
 * said to Postfix by XCLIENT: OpenDMARC's SPF passes loopback clients whatever a record says.
 */
import assert from 'node:assert/strict';
import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { readMessages } from '../../src/mail/read-messages.ts';
import type { Proof } from '../../src/proof/proof.ts';
import { verifyMessage } from '../../src/proof/verify.ts';
import { septet } from '../cli/program.ts';
import { ownFolder } from '../dkim/tools.ts';
import { missing } from '../servers/process.ts';
import { mayStartPostfix } from '../servers/postfix.ts';
import { cases, type Case, type Words } from './postfix-cases.ts';
import { mailboxOf, programs, receiver, startLab, type Lab, type Received } from './postfix-lab.ts';
import { python, type Travelling } from './postfix-ways.ts';
import { ourWords, proofsIn, theirWords } from './postfix-words.ts';

const skip = (await missing(...programs)) || (await missingPython()) || mayStartPostfix();

suite('OpenDKIM and OpenDMARC on Postfix', { skip, timeout: 60_000 }, () => {
  let lab: Lab;
  const arrivals = new Map<string, Promise<{ readonly sent: Travelling; readonly received: Received }>>();

  before(async () => {
    lab = await startLab();
    // All at once, a few at a time; each test waits for its own.
    let before: Promise<unknown> = Promise.resolve();
    for (const group of groupsOf(cases, 6)) {
      const arriving = group.map((each) => {
        const arrival = before.then(() => travel(lab, each));
        arrival.catch(() => {}); // Its test says it.
        arrivals.set(each.id, arrival);
        return arrival;
      });
      before = Promise.allSettled(arriving);
    }
  });
  after(() => lab?.stop());

  async function arrived({ id }: Pick<Case, 'id'>) {
    const arrival = arrivals.get(id);
    if (arrival === undefined) throw new Error(`there is no case ${id}`);
    try {
      return await arrival;
    } catch (error) {
      throw new Error(`${id} did not arrive. ${(await lab.logs()).slice(-6000)}`, { cause: error });
    }
  }

  for (const each of cases) {
    test(`${each.id}: ${each.about}`, async () => {
      const { sent, received } = await arrived(each);
      const { stored, disposition } = received;
      const proof = await prove(lab, stored, each.id);
      assert.deepEqual(ourWords(proof), each.says, 'what Septet says');
      const { because, ...others } = each.theirs ?? { because: '' };
      const theirs: Words = { ...theirWords(stored.toString('latin1'), receiver), disposition };
      assert.deepEqual(theirs, { ...each.says, ...others }, 'what the milters say');

      // Septet takes the envelope from the receiver's own fields, and sees who wrote which.
      assert.equal(proof.envelope.ip?.value, sent.address);
      assert.equal(proof.envelope.helo?.value, sent.helo);
      assert.equal(proof.envelope.mailFrom?.value, sent.from);
      assert.deepEqual(
        proof.receiver.fields.map(({ standing }) => standing),
        ['trusted', 'trusted', 'trusted'],
      );
      // It tells of each difference by itself, and of no other.
      const differing = (['spf', 'dkim', 'dmarc'] as const).filter((method) => others[method] !== undefined);
      const told = proof.differences.map(({ method }) => method);
      assert.deepEqual([...new Set(told)].toSorted(), differing.toSorted(), `told differences; ${because}`);
    });
  }

  test('every difference in the table is one, and has its reason', () => {
    for (const { id, says, theirs } of cases) {
      if (!theirs) continue;
      const { because, ...others } = theirs;
      assert.ok(because.length > 20, id);
      for (const [what, word] of Object.entries(others)) assert.notDeepEqual(word, says[what as keyof Words], id);
    }
  });

  test('straight from the senders’ Postfix to the receiver’s', async () => {
    const message = Buffer.from(
      `From: a@good.example\r\nTo: ${mailboxOf('straight')}\r\nSubject: Straight\r\nDate: ${new Date().toUTCString()}\r\nMessage-ID: <straight@good.example>\r\n\r\nStraight.\r\n`,
    );
    const envelope = { helo: 'desk', from: 'a@good.example', to: mailboxOf('straight') };
    const stored = await lab.straight(message, envelope);
    assert.deepEqual(theirWords(stored.toString('latin1'), receiver), { spf: 'pass', dkim: ['pass'], dmarc: 'pass' });
    // The client is within the machine, which a trace alone does not show to be the sender's server; the signature holds.
    assert.deepEqual(ourWords(await prove(lab, stored, 'straight')), {
      spf: 'unknown',
      dkim: ['pass'],
      dmarc: 'pass',
      disposition: 'none',
    });
  });

  test('the command says the same of stored messages', async (t) => {
    const file = await ownFolder(t, 'postfix-files');
    const ids = ['good', 'body-by-stranger', 'list', 'alias', 'null', 'two'];
    const files: string[] = [];
    for (const id of ids) {
      // oxlint-disable-next-line no-await-in-loop -- a few files
      const { received } = await arrived({ id });
      files.push(file(`${id}.eml`));
      // oxlint-disable-next-line no-await-in-loop -- as above
      await writeFile(file(`${id}.eml`), received.stored);
    }
    const args = ['--trust', receiver, '--resolver', lab.dns, '--ndjson'];
    const done = await septet(['message', 'verify', ...files, ...args]);
    const proofs = proofsIn(done.stdout);
    assert.deepEqual(
      proofs.map((proof) => ourWords(proof)),
      ids.map((id) => cases.find((each) => each.id === id)?.says),
      done.stderr,
    );
    assert.equal(done.code, 1, 'some of them fail');
  });
});

/** Made, sent, altered, and received. */
async function travel(lab: Lab, { id, make }: Case) {
  const sent = await make(lab, id);
  return { sent, received: await lab.receive(sent.message, { ...sent, to: mailboxOf(id) }) };
}

async function prove({ world }: Lab, octets: Uint8Array, source: string): Promise<Proof> {
  for await (const message of readMessages(once(octets))) {
    return verifyMessage(world, message, { source, trust: [receiver] });
  }
  throw new Error('the message is empty');
}

async function* once(octets: Uint8Array): AsyncIterable<Uint8Array> {
  yield octets;
}

function groupsOf<T>(all: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
}

/** Debian's python3-dkim signs what no other signer signs any more. */
async function missingPython(): Promise<string | false> {
  const module = join('/usr/lib/python3/dist-packages', 'dkim/__init__.py');
  try {
    await Promise.all([access(python), access(module)]);
    return false;
  } catch {
    const reason = 'not installed here: python3-dkim';
    if (process.env['CI'] === 'true') throw new Error(`${reason}; CI installs what the tests need`);
    process.stderr.write(`skipped, ${reason}\n`);
    return reason;
  }
}
