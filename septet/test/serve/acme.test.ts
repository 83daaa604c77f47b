/** Certificates from a real authority (pebble): HTTP-01, TLS-ALPN-01, DNS-01 by way of Knot, and what goes wrong. */
import assert from 'node:assert/strict';
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { tcpExchange } from '../../src/dns/update-transport.ts';
import { parseServer, networkResolver } from '../../src/dns/network-resolver.ts';
import { txtOf } from '../../src/change/txt.ts';
import { dnsName } from '../../src/dns/name.ts';
import { txtText } from '../../src/dns/rrset.ts';
import { rfc2136Host } from '../../src/providers/rfc2136/rfc2136.ts';
import { openCertificates } from '../../src/serve/certificates/keep-certificates.ts';
import { folderShelf, kept } from '../../src/serve/certificates/shelf.ts';
import type { AcmeSettings } from '../../src/serve/certificates/settings.ts';
import type { HttpsFetch } from '../../src/world/world.ts';
import { missing, temporaryFolder } from '../servers/process.ts';
import {
  handshake,
  startLaboratory,
  startSmallServer,
  stateOf,
  until,
  type Laboratory,
  type SmallServer,
} from './acme-laboratory.ts';

const skip = await missing('pebble', 'knotd');
let laboratory: Laboratory;
let server: SmallServer;
const held = { certificates: undefined as unknown as Awaited<ReturnType<typeof openCertificates>> };
const folders: string[] = [];

before(async () => {
  if (skip !== false) return;
  server = await startSmallServer(held, { http: 0, https: 0 });
  laboratory = await startLaboratory(server, { badNonces: 20 });
});
after(async () => {
  await server?.stop();
  await laboratory?.stop();
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

async function folderOf(): Promise<string> {
  const folder = await temporaryFolder('certificates');
  folders.push(folder);
  return folder;
}

/** Runs a keeper until `work` is done. */
async function running(
  names: readonly string[],
  more: Parameters<Laboratory['input']>[2],
  work: (certificates: Awaited<ReturnType<typeof openCertificates>>, folder: string) => Promise<void>,
  inFolder?: string,
): Promise<void> {
  const folder = inFolder ?? (await folderOf());
  held.certificates = await openCertificates(laboratory.input(names, folder, more));
  const ending = new AbortController();
  const run = held.certificates.run(ending.signal);
  try {
    await work(held.certificates, folder);
  } finally {
    ending.abort();
    await run;
  }
}

const acme = (more: Partial<AcmeSettings>): { readonly acme: AcmeSettings } => ({
  acme: { directory: laboratory.pebble.directory, challenge: 'http-01', agree: true, ...more },
});
const good = (certificates: typeof held.certificates, ...names: readonly string[]) =>
  until('all names have a certificate', laboratory.log, () =>
    names.every((name) => stateOf(certificates, name) === 'good'),
  );

test('HTTP-01: two names get a certificate each, which serve by SNI; no other name does', { skip }, async () => {
  const names = ['mta-sts.example.test', 'click.example.test'];
  const folder = await folderOf();
  await running(
    names,
    {},
    async (certificates) => {
      await good(certificates, ...names);
      const root = await laboratory.pebble.root();
      for (const name of [...names, 'MTA-STS.Example.Test']) {
        // oxlint-disable-next-line no-await-in-loop -- three names
        const seen = await handshake(laboratory.tlsPort, name, root);
        assert.equal(seen.error, '', name);
        assert.match(seen.issuer, /^Pebble Intermediate/);
      }
      await assert.rejects(handshake(laboratory.tlsPort, 'second.example.test', root));
      assert.equal(await certificates.challengeAnswer('../../etc/passwd'), undefined);
      const [facts] = certificates.facts();
      assert.equal(facts?.from, `acme ${laboratory.pebble.directory}`);
      assert.ok((facts?.notAfter ?? 0) > Date.now() + 86_400_000);
    },
    folder,
  );
  const file = join(folder, 'certificates/mta-sts.example.test.pem');
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.match(await readFile(file, 'utf8'), /^-----BEGIN PRIVATE KEY-----[^]*-----BEGIN CERTIFICATE-----/);
  // Another start serves at once, and orders nothing.
  const before = laboratory.pebble.log().length;
  await running(
    names,
    {},
    async (certificates) => {
      assert.ok(certificates.contextFor('click.example.test'));
      await new Promise((resolve) => setTimeout(resolve, 300));
      assert.doesNotMatch(laboratory.pebble.log().slice(before), /order/i);
    },
    folder,
  );
  assert.doesNotMatch(laboratory.log.join('\n'), /PRIVATE KEY/);
});

test('names that the configuration gets later are ordered, names that it loses are not renewed', { skip }, async () => {
  await running([], {}, async (certificates) => {
    assert.deepEqual(certificates.facts(), []);
    certificates.wanted([dnsName('second.example.test')]);
    await good(certificates, 'second.example.test');
    certificates.wanted([]);
    assert.ok(certificates.contextFor('second.example.test'), 'kept until it ends');
  });
});

test(
  'an authority that has forgotten the account: it gets the same key again, and the order goes on',
  { skip },
  async () => {
    const folder = await folderOf();
    const names = ['second.example.test', 'mta-sts.example.test'];
    await running(names.slice(0, 1), {}, (certificates) => good(certificates, 'second.example.test'), folder);
    const shelf = folderShelf(folder);
    const [account = ''] = (await shelf.names()).filter((name) => name.startsWith('acme/account/'));
    const before = (await shelf.get(account)) ?? '';
    await shelf.put(
      account,
      before.replace(/"url":"[^"]*"/, `"url":"${laboratory.pebble.directory.replace(/dir$/, 'my-account/999')}"`),
    );
    await running(names, {}, (certificates) => good(certificates, ...names), folder);
    assert.equal(await shelf.get(account), before);
  },
);

test('TLS-ALPN-01: the challenge is answered on the port that serves', { skip }, async () => {
  await running(['mta-sts.example.test'], acme({ challenge: 'tls-alpn-01' }), async (certificates) => {
    await good(certificates, 'mta-sts.example.test');
    assert.equal(certificates.challengeContextFor('mta-sts.example.test'), undefined, 'taken away');
    const seen = await handshake(laboratory.tlsPort, 'mta-sts.example.test', await laboratory.pebble.root());
    assert.equal(seen.error, '');
  });
});

test(
  'DNS-01: the record is written at the host, seen at its server, and gone after; also behind a CNAME',
  { skip },
  async () => {
    const { server: at } = laboratory.knot;
    const host = rfc2136Host({
      server: at,
      exchange: tcpExchange(parseServer(at)!),
      now: Date.now,
      randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    });
    const place = { host, zone: dnsName('example.test'), servers: [at] };
    const resolver = networkResolver({ servers: [at], timeoutMs: 1000, attempts: 1 });
    const standing = async (name: string): Promise<string> => (await resolver.query(dnsName(name), 'TXT')).kind;
    await running(
      ['second.example.test', 'third.example.test'],
      { ...acme({ challenge: 'dns-01' }), placeOf: async () => place },
      async (certificates) => {
        await good(certificates, 'second.example.test', 'third.example.test');
        await until(
          'the records are gone',
          laboratory.log,
          async () =>
            (await standing('_acme-challenge.second.example.test')) === 'nxdomain' &&
            (await standing('delegated.example.test')) === 'nxdomain',
        );
      },
    );
    // A failure takes the record away too, and what a killed run left; what others put there stays.
    const name = dnsName('_acme-challenge.second.example.test');
    const after = {
      name,
      type: 'TXT',
      ttlSeconds: 60,
      data: ['of somebody else', 'of a killed run'].map(txtOf),
    } as const;
    assert.equal((await host.apply(place.zone, [{ name, type: 'TXT', after }])).kind, 'applied');
    const folder = await folderOf();
    await folderShelf(folder).put(kept.record('second.example.test'), 'of a killed run');
    const fetch = laboratory.input([], folder).fetch;
    const without: HttpsFetch = async (url, limits) =>
      /chalZ/.test(url)
        ? { kind: 'failed', url, redirects: [], reason: 'timeout', detail: 'no answer' }
        : fetch(url, limits);
    await running(
      ['second.example.test'],
      { ...acme({ challenge: 'dns-01' }), placeOf: async () => place, fetch: without },
      async (certificates) => {
        await until('the order fails', laboratory.log, () => stateOf(certificates, 'second.example.test') === 'failed');
        const left = await resolver.query(name, 'TXT');
        assert.deepEqual(left.kind === 'found' ? left.set.data.map(txtText) : left.kind, ['of somebody else']);
        assert.match(
          certificates.facts()[0]?.fault ?? '',
          /^The authority acme\.example\.test:\d+ cannot be asked: no answer\.$/,
        );
      },
      folder,
    );
    await resolver.close?.();
  },
);

test('what goes wrong is a sentence each', { skip }, async () => {
  const cases: readonly [string, Parameters<Laboratory['input']>[2], RegExp][] = [
    [
      'terms',
      acme({ agree: false }),
      /^The terms of the authority .* are not agreed to\. Read them, and set serve\.acme\.agree: true\.$/,
    ],
    [
      'unreachable',
      acme({ directory: 'https://acme.example.test:1/dir' }),
      /^The authority acme\.example\.test:1 cannot be asked: 127\.0\.0\.1 refuses connections on port 1\.$/,
    ],
    [
      'no host',
      acme({ challenge: 'dns-01' }),
      /^No DNS host is configured that could take the challenge for mta-sts\.example\.test\./,
    ],
    [
      'contact',
      acme({ email: 'not an address' }),
      /^The authority .* refuses the new account: .*Set serve\.acme\.email/,
    ],
  ];
  for (const [what, more, sentence] of cases) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await running(['mta-sts.example.test'], more, async (certificates) => {
      await until(what, laboratory.log, () => stateOf(certificates, 'mta-sts.example.test') === 'failed');
      const [facts] = certificates.facts();
      assert.match(facts?.fault ?? '', sentence, what);
      assert.ok((facts?.nextTryAt ?? 0) > Date.now() + 200_000, 'a pause');
    });
  }
});

test(
  'a name that does not resolve, and one that another server answers: the authority’s words and the cure',
  { skip },
  async () => {
    await running(['nowhere.example.test'], {}, async (certificates) => {
      await until('it fails', laboratory.log, () => stateOf(certificates, 'nowhere.example.test') === 'failed');
      assert.match(
        certificates.facts()[0]?.fault ?? '',
        /^The authority .* does not accept http-01 for nowhere\.example\.test: .*(not reach|does not resolve|cannot reach)/,
      );
    });
    await running(['mta-sts.example.test'], {}, async (certificates) => {
      const own = held.certificates;
      held.certificates = { ...own, challengeAnswer: async () => 'something else' };
      await until('it fails', laboratory.log, () => stateOf(certificates, 'mta-sts.example.test') === 'failed');
      assert.match(certificates.facts()[0]?.fault ?? '', /does not accept http-01 for mta-sts\.example\.test: /);
    });
  },
);

test(
  'a disk that is full: the certificate serves from memory, it is told, and kept when there is room',
  { skip },
  async () => {
    const folder = await folderOf();
    const shelf = folderShelf(folder);
    let full = true;
    const put: typeof shelf.put = async (name, text) => {
      if (full && name.startsWith('acme/certificate/'))
        throw new Error('certificates/x.pem cannot be written: no space is left.');
      await shelf.put(name, text);
    };
    const told = laboratory.log.length;
    await running(['second.example.test'], { shelf: { ...shelf, put }, refreshMs: 100 }, async (certificates) => {
      await until('it is told', laboratory.log, () =>
        laboratory.log
          .slice(told)
          .some((line) => /^The certificate of second\.example\.test cannot be kept: .*no space is left\.$/.test(line)),
      );
      assert.ok(certificates.contextFor('second.example.test'));
      full = false;
      await until(
        'it is kept',
        laboratory.log,
        async () => (await shelf.get(kept.certificate('second.example.test'))) !== undefined,
      );
    });
  },
);
