/** The forms as the programs read them that they are made for: named-checkzone, kzonecheck, nsupdate, knsupdate, Terraform. */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { absolute } from '../../src/dns/name.ts';
import { networkResolver } from '../../src/dns/network-resolver.ts';
import type { Resolver } from '../../src/dns/resolver.ts';
import type { RrSet } from '../../src/dns/rrset.ts';
import { linesOf } from '../../src/dns/zone-write.ts';
import type { FormInput } from '../../src/providers/form.ts';
import { formOf } from '../../src/providers/forms/forms.ts';
import { findBinary, freePort, missing, run, temporaryFolder, type Running } from '../servers/process.ts';
import { anyInput, usual, zone } from './forms-samples.ts';
import { carryOut, meaning, plainZone, zoneOf, type Operation } from './read-back/operations.ts';
import { readResources } from './read-back/terraform-files.ts';
import { readZoneLines } from './read-back/zone-text.ts';

const write = (id: string, input: FormInput): string => formOf(id)?.write(input) ?? assert.fail(id);
const changesOf = (input: FormInput) => input.steps.flatMap((step) => step.changes);

/** A CNAME cannot stand at the apex of a zone that is served, beside SOA and NS (RFC 1034 §3.6.2). */
const servable = anyInput.filter((input) =>
  changesOf(input).every(({ name, type }) => name !== zone || type !== 'CNAME'),
);

const frame = `$ORIGIN example.com.\n@ 3600 IN SOA ns hostmaster 1 3600 600 86400 300\n@ 3600 IN NS ns\nns 3600 IN A 192.0.2.53\n`;
const ours = (operations: readonly Operation[]): readonly Operation[] =>
  operations.filter(
    (operation) =>
      operation.kind === 'set' &&
      operation.set.type !== 'NS' &&
      operation.set.type !== 'SOA' &&
      operation.set.name !== 'ns.example.com',
  );

describe('zone text', async () => {
  const noChecker = await missing('named-checkzone');
  const checker = (await findBinary('named-checkzone')) ?? '';
  const folder = mkdtempSync(join(tmpdir(), 'septet-forms-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const id of ['bind', 'gandi']) {
    test(`named-checkzone reads what ${id} prints as the same RRsets`, { skip: noChecker }, () => {
      const runs = fc.sample(servable, { numRuns: 30, seed: 20261123 });
      for (const [index, input] of [usual, ...runs].entries()) {
        const printed = write(id, input);
        const file = join(folder, `${id}${index}.zone`);
        writeFileSync(file, `${frame}${printed}`);
        const args = [
          '-q',
          '-D',
          '-o',
          '-',
          '-i',
          'none',
          '-k',
          'ignore',
          '-n',
          'ignore',
          '-m',
          'ignore',
          '-M',
          'ignore',
          '-r',
          'ignore',
          '-S',
          'ignore',
        ];
        const compiled = execFileSync(checker, [...args, 'example.com', file], { encoding: 'latin1' });
        const seen = carryOut(new Map(), ours(readZoneLines(compiled, zone)));
        const meant = carryOut(new Map(), ours(readZoneLines(`${frame}${printed}`, zone)));
        assert.deepEqual(plainZone(seen), plainZone(meant));
        for (const [key, set] of meant) assert.equal(seen.get(key)?.ttl, set.ttl);
      }
    });
  }

  test('kzonecheck accepts what bind prints', { skip: await absent('kzonecheck') }, async () => {
    const path = (await findBinary('kzonecheck')) ?? '';
    const file = join(folder, 'knot.zone');
    writeFileSync(file, `${frame}mail 300 IN A 192.0.2.1\n${write('bind', usual)}`);
    execFileSync(path, ['-o', 'example.com', file]);
  });
});

describe('nsupdate scripts at a real Knot', async () => {
  const skip = await missing('knotd', 'nsupdate', 'knsupdate');
  let knot: Running | undefined;
  let port = 0;
  let resolver: (Resolver & { close(): void }) | undefined;
  const folder = skip ? '' : await temporaryFolder('forms-knot');

  before(async () => {
    if (skip) return;
    port = await freePort();
    await writeFile(join(folder, 'example.com.zone'), frame);
    await writeFile(
      join(folder, 'knot.conf'),
      `server:
    rundir: ${folder}
    listen: 127.0.0.1@${port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: ${join(folder, 'db')}
log:
  - target: stderr
    any: warning
acl:
  - id: here
    address: 127.0.0.1
    action: update
zone:
  - domain: example.com.
    file: ${join(folder, 'example.com.zone')}
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: none
    semantic-checks: off
    acl: here
`,
    );
    const asked = networkResolver({ servers: [`127.0.0.1:${port}`], timeoutMs: 2000, attempts: 1, recursion: false });
    resolver = asked;
    knot = await run((await findBinary('knotd')) ?? '', ['-c', join(folder, 'knot.conf')], folder, async () => {
      return (await asked.query(zone, 'SOA')).kind === 'found';
    });
  });
  after(async () => {
    resolver?.close();
    await knot?.stop();
  });

  /** Answers what the program said where it failed, and nothing where it did not. */
  const update = async (program: string, script: string): Promise<string> => {
    const file = join(folder, 'script');
    await writeFile(
      file,
      script
        .replace('; server 192.0.2.53', `server 127.0.0.1 ${port}`)
        .replace('; check-names', program === 'nsupdate' ? 'check-names' : '$&'),
    );
    return new Promise((resolve) => {
      execFile(program, [file], (error, stdout, stderr) => resolve(error ? `${stdout}${stderr}${error.message}` : ''));
    });
  };
  const put = (lines: readonly string[]): Promise<string> =>
    update(
      'nsupdate',
      ['; server 192.0.2.53', '; check-names off', 'zone example.com.', ...lines, 'send', ''].join('\n'),
    );
  const adding = (set: RrSet): readonly string[] => linesOf(set).map((line) => `update add ${line}`);
  const seen = async (input: FormInput): Promise<ReturnType<typeof plainZone>> => {
    const sets: RrSet[] = [];
    for (const { name, type } of changesOf(input)) {
      const answer = await (resolver as Resolver).query(name, type);
      if (answer.kind === 'found' && answer.name === name && answer.chain.length === 0) sets.push(answer.set);
    }
    return plainZone(zoneOf(sets, () => 0));
  };
  const clean = (input: FormInput): Promise<string> =>
    put(changesOf(input).map(({ name, type }) => `update delete ${absolute(name)} ${type}`));

  for (const program of ['nsupdate', 'knsupdate']) {
    test(`${program} makes the zone what the plan wants`, { skip }, async () => {
      // A wildcard would answer for the names below it.
      const runs = fc.sample(
        servable.filter((input) => changesOf(input).every(({ name }) => !name.includes('*'))),
        { numRuns: 15, seed: program.length },
      );
      for (const input of [usual, ...runs]) {
        const changes = changesOf(input);
        assert.equal(await put(changes.flatMap((change) => (change.before ? adding(change.before) : []))), '');
        assert.equal(await update(program, write('nsupdate', input)), '');
        const wanted = changes.flatMap((change) => (change.after ? [change.after] : []));
        assert.deepEqual(await seen(input), plainZone(zoneOf(wanted, () => 0)));
        assert.equal(await clean(input), '');
      }
    });

    test(`${program}: a step is refused when the zone has moved`, { skip }, async () => {
      const [spf] = usual.steps.filter(({ id }) => id === 'spf');
      const input: FormInput = { ...usual, steps: spf ? [spf] : [] };
      assert.equal(await put(['update add example.com. 60 TXT "somebody else was here"']), '');
      await update(program, write('nsupdate', input));
      assert.deepEqual(await seen(input), [['example.com TXT', ['somebody else was here']]]);
      assert.equal(await clean(input), '');
    });
  }
});

describe('Terraform', async () => {
  const skip = await absent('terraform');
  const terraform = (await findBinary('terraform')) ?? '';
  const folder = mkdtempSync(join(tmpdir(), 'septet-forms-tf-'));
  const environment = { ...process.env, TF_CLI_CONFIG_FILE: '/dev/null', CHECKPOINT_DISABLE: '1' };
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const id of ['terraform-cloudflare', 'terraform-route53']) {
    const printed = [usual, ...fc.sample(anyInput, { numRuns: 25, seed: 7 })].map((input) => write(id, input));

    test(`terraform fmt has nothing to change in ${id}`, { skip }, () => {
      for (const [index, text] of printed.entries()) writeFileSync(join(folder, `${id}-${index}.tf`), text);
      execFileSync(terraform, ['fmt', '-check', '-diff', folder], { env: environment, encoding: 'utf8' });
    });

    test(`terraform console reads the values of ${id} as we do`, { skip }, () => {
      const own = mkdtempSync(join(folder, 'console-'));
      const blocks = printed.map((text, index) => {
        // Attributes of a resource and of an object are written alike.
        const body = text
          .replace(/^variable "zone_id" \{[^}]*\}/m, '')
          .replaceAll(/^resource "\w+" "(\w+)" \{$/gm, '$1 = {')
          .replaceAll('var.zone_id', '"var.zone_id"');
        return `locals {\n  input${index} = {\n${body}\n  }\n}`;
      });
      writeFileSync(join(own, 'main.tf'), blocks.join('\n'));
      const all = `base64encode(jsonencode([${printed.map((_, index) => `local.input${index}`).join(', ')}]))`;
      const answer = execFileSync(terraform, ['console'], {
        cwd: own,
        env: environment,
        input: `${all}\n`,
        encoding: 'utf8',
        stdio: 'pipe',
      });
      const read = JSON.parse(Buffer.from(answer.trim().replaceAll('"', ''), 'base64').toString()) as unknown;
      const expected = printed.map((text) =>
        Object.fromEntries(readResources(text).map(({ label, values }) => [label, Object.fromEntries(values)])),
      );
      assert.deepEqual(read, JSON.parse(JSON.stringify(expected)));
      assert.ok(expected.some((one) => Object.keys(one).length > 2));
    });
  }
});

/** Second opinions that CI need not have; the forms are read without them too. */
async function absent(name: string): Promise<string | false> {
  if ((await findBinary(name)) !== undefined) return false;
  const reason = `not installed here: ${name}`;
  process.stderr.write(`skipped, ${reason}\n`);
  return reason;
}

test('two texts that differ only in their cut are the same record', () => {
  assert.equal(meaning('TXT', { strings: ['ab', 'c'] }), meaning('TXT', { strings: ['abc'] }));
});
