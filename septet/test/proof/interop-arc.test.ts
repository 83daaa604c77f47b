/**
 * Chains of ARC sets by Septet and python3-dkim (dkimpy), one after the other in every order, validated by both: the
 * verdict, and for every set whether its message signature and its seal hold.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { missingPythonDkim, startPythonDkim, type PythonDkim, type PythonKeys } from '../servers/python-dkim.ts';
import { sharedData } from '../shared-data.ts';
import { zoneWorldNow } from '../zone-world.ts';
import { answerTxt, ed25519Key, judge, plain, rsaKey, sealed, sealing } from './arc-chains.ts';
import { factsOf, refusedByDkimpy } from './interop-readings.ts';

const skip = await missingPythonDkim();

type Sealer = 'septet' | 'dkimpy';
const domains = ['list.example', 'relay.example', 'author.example'] as const;

const text = async (name: string): Promise<string> => (await answerTxt(name, 'TXT')).flat().join('');
const names = domains.flatMap((domain) => [`s1._domainkey.${domain}`, `e1._domainkey.${domain}`]);
const pythonKeys: PythonKeys = {
  now: zoneWorldNow,
  records: Object.fromEntries(await Promise.all(names.map(async (name) => [name, await text(name)] as const))),
  rsaPem: rsaKey.export({ format: 'pem', type: 'pkcs1' }).toString(),
  ed25519Seed: '',
};

/** Every order of so many sealers. */
const orders = (count: number): readonly (readonly Sealer[])[] =>
  count === 0
    ? [[]]
    : orders(count - 1).flatMap((some) => [
        [...some, 'septet' as const],
        [...some, 'dkimpy' as const],
      ]);
const chains = [1, 2, 3].flatMap(orders);

/** The next set, at the domain that is next. dkimpy takes `cv=` from the Authentication-Results on top. */
async function sealedBy(python: PythonDkim, sealer: Sealer, place: number, message: string): Promise<string> {
  const domain = domains[place] ?? '';
  if (sealer === 'septet') return sealed(message, { domain });
  const arc = place === 0 ? 'none' : 'pass';
  const stamped = `Authentication-Results: mx.${domain}; arc=${arc}; dkim=pass header.d=author.example\r\n${message}`;
  const made = await python.arcSign(Buffer.from(stamped, 'latin1'), domain, 's1', `mx.${domain}`);
  assert.ok(made.kind === 'signed', made.kind === 'refused' ? made.reason : '');
  return made.fields.join('') + stamped;
}

async function sealedByAll(python: PythonDkim, order: readonly Sealer[], message: string): Promise<string> {
  let whole = message;
  // oxlint-disable-next-line no-await-in-loop -- each set stands on the one before
  for (const [place, sealer] of order.entries()) whole = await sealedBy(python, sealer, place, whole);
  return whole;
}

interface Judged {
  readonly cv: string | null;
  /** From the newest down, `ms` where message signature and seal hold, `-` for one that does not. */
  readonly sets: readonly string[];
}

const mark = (message: boolean, seal: boolean): string => (message ? 'm' : '-') + (seal ? 's' : '-');

async function judgedByBoth(
  python: PythonDkim,
  message: string,
): Promise<{ readonly septet: Judged; readonly dkimpy: Judged }> {
  const [ours, theirs] = await Promise.all([judge(message), python.arcVerify(Buffer.from(message, 'latin1'))]);
  const sets = ours.sets.map((set) => mark(set.message?.result === 'pass', set.seal?.result === 'pass'));
  return {
    septet: { cv: ours.result, sets: sets.reverse() },
    dkimpy: { cv: theirs.cv, sets: theirs.sets.map((set) => mark(set.message, set.seal)) },
  };
}

/** Replaces in the field of that name that stands lowest, which is the one of set 1, or in the highest. */
function inField(
  message: string,
  name: string,
  which: 'lowest' | 'highest',
  from: RegExp,
  to: (found: string) => string,
): string {
  const above = `\r\n${message}`;
  const at = which === 'lowest' ? above.lastIndexOf(`\r\n${name}:`) : above.indexOf(`\r\n${name}:`);
  const changed = message.slice(0, at) + message.slice(at).replace(from, to);
  assert.ok(at >= 0 && changed !== message, `${name} was not changed`);
  return changed;
}

interface Change {
  readonly name: string;
  alter(message: string): string;
  /** For a chain of so many sets, from the newest down; what both must say. */
  sets(count: number): readonly string[];
  readonly cv: 'pass' | 'fail';
}

const repeat = (one: string, count: number): readonly string[] => Array.from({ length: count }, () => one);

const changes: readonly Change[] = [
  { name: 'nothing', alter: (message) => message, sets: (count) => repeat('ms', count), cv: 'pass' },
  {
    name: 'a Received above',
    alter: (message) => `Received: x\r\n${message}`,
    sets: (count) => repeat('ms', count),
    cv: 'pass',
  },
  {
    name: 'a footer',
    alter: (message) => `${message}-- \r\nthe list\r\n`,
    sets: (count) => repeat('-s', count),
    cv: 'fail',
  },
  {
    name: 'another subject',
    alter: (message) => message.replace('\r\nSubject: ', '\r\nSubject: [list] '),
    sets: (count) => repeat('-s', count),
    cv: 'fail',
  },
  {
    name: 'the first results',
    // Every seal covers them, no message signature does.
    alter: (message) => inField(message, 'ARC-Authentication-Results', 'lowest', /dkim=pass/, () => 'dkim=fail'),
    sets: (count) => repeat('m-', count),
    cv: 'fail',
  },
  {
    name: 'the first message signature',
    alter: (message) => inField(message, 'ARC-Message-Signature', 'lowest', /t=\d/, () => 't=0'),
    sets: (count) => [...repeat('m-', count - 1), '--'],
    cv: 'fail',
  },
  {
    name: 'the value of the newest seal',
    alter: (message) =>
      inField(message, 'ARC-Seal', 'highest', /(?<=[;\s]b=\s*)[A-Za-z0-9+/]/, (letter) => (letter === 'A' ? 'B' : 'A')),
    sets: (count) => ['m-', ...repeat('ms', count - 1)],
    cv: 'fail',
  },
  {
    name: 'the value of the newest message signature',
    alter: (message) =>
      inField(message, 'ARC-Message-Signature', 'highest', /(?<=[;\s]b=\s*)[A-Za-z0-9+/]/, (letter) =>
        letter === 'A' ? 'B' : 'A',
      ),
    sets: (count) => ['--', ...repeat('ms', count - 1)],
    cv: 'fail',
  },
  {
    name: 'the time of the newest seal',
    alter: (message) => inField(message, 'ARC-Seal', 'highest', /t=\d/, () => 't=0'),
    sets: (count) => ['m-', ...repeat('ms', count - 1)],
    cv: 'fail',
  },
];

test('every order of sealers up to three, whole and altered: both say the same of every set', { skip }, async (t) => {
  const python = startPythonDkim(t, pythonKeys);
  assert.equal(chains.length, 14);
  let compared = 0;
  for (const order of chains) {
    const message = await sealedByAll(python, order, plain); // oxlint-disable-line no-await-in-loop
    for (const change of changes) {
      const { septet, dkimpy } = await judgedByBoth(python, change.alter(message)); // oxlint-disable-line no-await-in-loop
      const name = `${order.join(', ')}: ${change.name}`;
      assert.deepEqual(septet, dkimpy, name);
      assert.deepEqual(septet, { cv: change.cv, sets: change.sets(order.length) }, name);
      compared++;
    }
  }
  t.diagnostic(`${chains.length} chains, ${compared} copies of them`);
});

test(
  'lists that add to the body between the sets: the newest message signature holds, and every seal',
  { skip },
  async (t) => {
    const python = startPythonDkim(t, pythonKeys);
    for (const order of chains) {
      let message = plain;
      for (const [place, sealer] of order.entries()) {
        message = await sealedBy(python, sealer, place, place === 0 ? message : `${message}-- \r\nlist ${place}\r\n`); // oxlint-disable-line no-await-in-loop
      }
      const { septet, dkimpy } = await judgedByBoth(python, message); // oxlint-disable-line no-await-in-loop
      assert.deepEqual(septet, dkimpy, order.join(', '));
      assert.deepEqual(septet, { cv: 'pass', sets: ['ms', ...repeat('-s', order.length - 1)] }, order.join(', '));
    }
  },
);

/** Takes out, or doubles, the field of that name and instance. */
function withField(message: string, name: string, instance: number, times: 0 | 2): string {
  const fields = [...message.matchAll(/(?<=^|\r\n)\S[^\r\n]*(?:\r\n[ \t][^\r\n]*)*\r\n/g)].map(([field]) => field);
  const field = fields.find((one) => one.startsWith(`${name}:`) && new RegExp(`[\\s;:]i=${instance};`).test(one));
  assert.ok(field !== undefined, `no ${name} of set ${instance}`);
  return message.replace(field, () => field.repeat(times));
}

test('chains whose form is broken: fail for both (RFC 8617 §5.2 step 3)', { skip }, async (t) => {
  const python = startPythonDkim(t, pythonKeys);
  const fields = ['ARC-Seal', 'ARC-Message-Signature', 'ARC-Authentication-Results'];
  let compared = 0;
  for (const order of orders(3)) {
    const message = await sealedByAll(python, order, plain); // oxlint-disable-line no-await-in-loop
    for (const instance of [1, 2, 3]) {
      const gap = fields.reduce((rest, name) => withField(rest, name, instance, 0), message);
      // Without its newest set the chain is a shorter one that is whole.
      const broken = fields.flatMap((name) => [
        withField(message, name, instance, 0),
        withField(message, name, instance, 2),
      ]);
      for (const [index, one] of [gap, ...broken].entries()) {
        const should = index === 0 && instance === 3 ? 'pass' : 'fail';
        const { septet, dkimpy } = await judgedByBoth(python, one); // oxlint-disable-line no-await-in-loop
        const name = `${order.join(', ')}: set ${instance}, ${index}`;
        assert.deepEqual([septet.cv, dkimpy.cv], [should, should], name);
        compared++;
      }
    }
  }
  assert.equal(compared, 168);
});

test('where the two differ in ARC', { skip }, async (t) => {
  const python = startPythonDkim(t, pythonKeys);
  // RFC 8617 §5.2 step 2: the newest seal says cv=fail, and the result is fail; dkimpy has a word of its own for it, None.
  const closed = sealed(sealed(plain), { domain: 'relay.example', cv: 'fail' });
  const afterFail = await judgedByBoth(python, closed);
  assert.deepEqual([afterFail.septet.cv, afterFail.dkimpy.cv], ['fail', null]);
  // RFC 8617 §4.1.2 and §4.1.3 take a= as DKIM has it, and DKIM has had ed25519-sha256 since RFC 8463 §3. dkimpy has it for
  // DKIM, and for ARC rsa-sha256 only.
  const ed25519 = await judgedByBoth(python, sealed(plain, { key: ed25519Key, selector: 'e1' }));
  assert.deepEqual(ed25519, { septet: { cv: 'pass', sets: ['ms'] }, dkimpy: { cv: 'fail', sets: [] } });
  // RFC 6376 §3.4.2, as in interop-readings.ts: what dkimpy takes from the end of a value, here a form feed.
  const formFeed = await judgedByBoth(python, sealed(plain.replace('Plans', 'Plans\f')));
  assert.deepEqual(formFeed, { septet: { cv: 'pass', sets: ['ms'] }, dkimpy: { cv: 'fail', sets: ['-s'] } });
});

test('html/mikel-mail: a chain on every message, whole and with a footer', { skip }, async (t) => {
  const folder = sharedData(t, 'html/mikel-mail');
  if (folder === undefined) return;
  const python = startPythonDkim(t, pythonKeys);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => path.join(entry.parentPath, entry.name)).sort();
  const counts = { chains: 0, refusedByDkimpy: 0, withoutFrom: 0 };
  for (const [turn, file] of paths.entries()) {
    const name = path.relative(folder, file);
    const raw = readFileSync(file, 'latin1');
    const message = raw.includes('\r\n') ? raw : raw.replaceAll('\n', '\r\n');
    const facts = factsOf(message);
    if (!facts.fields.some(({ key }) => key === 'from')) {
      assert.equal(sealing(message).kind, 'refused', name);
      counts.withoutFrom++;
      continue;
    }
    // oxlint-disable no-await-in-loop
    if (refusedByDkimpy(facts)) {
      const { septet, dkimpy } = await judgedByBoth(python, sealed(message));
      assert.deepEqual(
        [septet, dkimpy],
        [
          { cv: 'pass', sets: ['ms'] },
          { cv: 'fail', sets: [] },
        ],
        name,
      );
      counts.refusedByDkimpy++;
      continue;
    }
    const order = chains[turn % chains.length] ?? [];
    const whole = await sealedByAll(python, order, message);
    const both = await judgedByBoth(python, whole);
    assert.deepEqual(both.septet, { cv: 'pass', sets: repeat('ms', order.length) }, name);
    assert.deepEqual(both.dkimpy, both.septet, name);
    counts.chains++;
    if (!message.includes('\r\n\r\n')) continue;
    const altered = await judgedByBoth(python, `${whole}\r\n-- \r\nthe list\r\n`);
    // oxlint-enable no-await-in-loop
    assert.deepEqual(altered.septet, { cv: 'fail', sets: repeat('-s', order.length) }, name);
    assert.deepEqual(altered.dkimpy, altered.septet, name);
  }
  assert.deepEqual(counts, { chains: 99, refusedByDkimpy: 3, withoutFrom: 3 });
});
