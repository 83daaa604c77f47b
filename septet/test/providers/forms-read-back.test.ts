/**
 * Every form says what the plan says: it is read as its host reads it, carried out on the zone that the plan saw, and the
 * zone that comes of it is the one that the plan wants. What is left out is named, and only where the host cannot hold it.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Change } from '../../src/change/change.ts';
import type { DnsName } from '../../src/dns/name.ts';
import { txtText, type RrSet, type Txt } from '../../src/dns/rrset.ts';
import type { FormInput } from '../../src/providers/form.ts';
import { formOf, textForms } from '../../src/providers/forms/forms.ts';
import type { HostLimits } from '../../src/plan/limits.ts';
import { checkLimits } from '../../src/providers/limits.ts';
import { anyInput, inputOf, key2048, key4096, usual, zone } from './forms-samples.ts';
import { readDomainConnect, readHetzner, readPowerdns, readRoute53 } from './read-back/api-json.ts';
import { readDnscontrol, readOctodns } from './read-back/config-files.ts';
import { readRows } from './read-back/entry-rows.ts';
import { readMarkdown } from './read-back/markdown-page.ts';
import { readNsupdate } from './read-back/nsupdate-script.ts';
import {
  carryOut,
  fromDotted,
  fromQuoted,
  fromUndotted,
  plainZone,
  rawTxt,
  zoneBefore,
  zoneOf,
  type Operation,
} from './read-back/operations.ts';
import { readDoctl } from './read-back/shell-script.ts';
import { readTerraformCloudflare, readTerraformRoute53 } from './read-back/terraform-files.ts';
import { readZoneLines } from './read-back/zone-text.ts';

interface Reader {
  readonly read: (text: string, zone: DnsName) => readonly Operation[] | Promise<readonly Operation[]>;
  /** Whether the form may leave the change out for a reason of its own. */
  readonly own?: (change: Change) => boolean;
  readonly ttl?: (seconds: number) => number;
  /** The form cannot say what goes; see the test of its own. */
  readonly addsOnly?: true;
}

const added = ({ before, after }: Change): readonly string[] => {
  const old = new Set(((before?.data ?? []) as readonly Txt[]).map((txt) => JSON.stringify(txt.strings ?? txt)));
  return ((after?.data ?? []) as readonly Txt[])
    .filter((txt) => !old.has(JSON.stringify(txt.strings ?? txt)))
    .map((txt) => (after?.type === 'TXT' ? txtText(txt) : ''));
};
const texts = (change: Change): readonly string[] =>
  change.after?.type === 'TXT' ? (change.after.data as readonly Txt[]).map(txtText) : [];
const isText = ({ type }: Change): boolean => type === 'TXT';
const untypable = (change: Change): boolean =>
  isText(change) && added(change).some((text) => /[^\x20-\x7e]/.test(text));
const trimmed = (change: Change): boolean =>
  isText(change) && added(change).some((text) => text === '' || text.trim() !== text || /[^\x20-\x7e]/.test(text));
const percent = (change: Change): boolean => isText(change) && added(change).some((text) => text.includes('%'));
const octodnsCannot = (change: Change): boolean => texts(change).some((text) => /[^\x20-\x7e]|\\/.test(text));

const choice =
  (choices: readonly number[]) =>
  (seconds: number): number =>
    choices.find((one) => one >= seconds) ?? Math.max(...choices);
const cloudflareTtls: Readonly<Record<string, number>> = {
  '1 min': 60,
  '2 min': 120,
  Auto: 300,
  '10 min': 600,
  '15 min': 900,
  '30 min': 1800,
  '1 hr': 3600,
  '2 hr': 7200,
  '5 hr': 18_000,
  '12 hr': 43_200,
  '1 day': 86_400,
};
const numbers = (text: string): number => Number(/^\d+$/.exec(text)?.[0]);
const cloudflareTxt = (text: string): Txt => (/["\\]/.test(text) ? fromQuoted(text) : rawTxt(text));

const readers: Readonly<Record<string, Reader>> = {
  cloudflare: {
    read: (text, zone) =>
      readRows(text, zone, {
        target: fromUndotted,
        txt: cloudflareTxt,
        ttl: (shown) => cloudflareTtls[shown] ?? Number.NaN,
        proxy: (type) => (['A', 'AAAA', 'CNAME'].includes(type) ? 'DNS only' : '-'),
      }),
    own: untypable,
    ttl: choice(Object.values(cloudflareTtls)),
  },
  route53: { read: readRoute53 },
  bind: { read: readZoneLines },
  nsupdate: { read: readNsupdate },
  powerdns: { read: readPowerdns },
  digitalocean: { read: readDoctl, own: untypable },
  hetzner: { read: readHetzner },
  gandi: { read: readZoneLines },
  godaddy: {
    read: (text, zone) => readRows(text, zone, { target: fromUndotted, txt: rawTxt, ttl: numbers }),
    own: trimmed,
  },
  namecheap: {
    read: (text, zone) =>
      readRows(text, zone, {
        target: fromUndotted,
        txt: rawTxt,
        ttl: (shown) => Number(/^(\d+) min$/.exec(shown)?.[1]) * 60,
      }),
    own: trimmed,
    ttl: choice([60, 300, 1200, 1800, 3600]),
  },
  ovh: {
    read: (text, zone) => readRows(text, zone, { target: fromDotted, txt: fromQuoted, ttl: numbers }),
    own: untypable,
  },
  'terraform-cloudflare': { read: readTerraformCloudflare, own: untypable },
  'terraform-route53': { read: readTerraformRoute53 },
  dnscontrol: { read: readDnscontrol, own: untypable },
  octodns: { read: readOctodns, own: octodnsCannot },
  'domain-connect': { read: readDomainConnect, own: (change) => untypable(change) || percent(change), addsOnly: true },
  markdown: { read: readMarkdown },
};

const clamped = (seconds: number, limits: HostLimits | undefined): number =>
  Math.min(Math.max(seconds, limits?.minTtlSeconds ?? 0), limits?.maxTtlSeconds ?? Infinity);

/** These may hold letters of any script. */
const forPeople: ReadonlySet<string> = new Set(['cloudflare', 'godaddy', 'namecheap', 'ovh', 'markdown']);

/** What the form printed, carried out, against what the plan wants of the host. */
async function check(id: string, input: FormInput): Promise<void> {
  const form = formOf(id);
  const reader = readers[id];
  assert.ok(form && reader);
  const limits = form.limits as HostLimits | undefined;
  const printed = form.write(input);
  assert.ok(printed.endsWith('\n') && !printed.endsWith('\n\n\n'));
  assert.doesNotMatch(printed, forPeople.has(id) ? /[^\n\P{C}]/u : /[^\n\x20-\x7e]/, 'nothing that steers a terminal');
  const changes = input.steps.flatMap((step) => step.changes);
  const ttlOf = (seconds: number): number => {
    const floor = clamped(seconds, limits);
    return reader.ttl?.(floor) ?? floor;
  };
  const wanted: RrSet[] = [];
  let refusals = 0;
  for (const change of changes) {
    const { after, before } = change;
    const fitted: Change = after ? { ...change, after: { ...after, ttlSeconds: ttlOf(after.ttlSeconds) } } : change;
    const cannot = (limits !== undefined && checkLimits(fitted, limits).length > 0) || (reader.own?.(fitted) ?? false);
    if (cannot) refusals++;
    const left = cannot ? before : fitted.after;
    if (left) wanted.push(left);
  }
  const said =
    printed.replaceAll(/\n(?:[#;] {3}|\/\/ {3}| {4}\/\/ {3}| {3})(?! )/g, ' ').match(/cannot be stored at/g)?.length ??
    0;
  if (id === 'route53') assert.ok(refusals === 0 || said > 0);
  else assert.equal(said, refusals, 'each refusal is told, and no other');
  const operations = await reader.read(printed, zone);
  if (reader.addsOnly) {
    for (const operation of operations) {
      assert.equal(operation.kind, 'add');
      const one = operation as Extract<Operation, { kind: 'add' }>;
      const set = wanted.find(({ name, type }) => name === one.name && type === one.type);
      assert.equal(one.ttlSeconds, set?.ttlSeconds);
      const meant = zoneOf([{ name: one.name, type: one.type, ttlSeconds: 0, data: [one.data] }], () => 0);
      const [text] = [...([...meant.values()][0]?.members ?? [])];
      assert.ok(
        set &&
          zoneOf([set], () => 0)
            .get(`${one.name} ${one.type}`)
            ?.members.has(text ?? ''),
      );
    }
    return;
  }
  const result = carryOut(zoneBefore(changes), operations);
  assert.deepEqual(plainZone(result), plainZone(zoneOf(wanted, (set) => set.ttlSeconds)));
  for (const set of wanted) {
    const ttl = result.get(`${set.name} ${set.type}`)?.ttl;
    if (ttl !== undefined) assert.equal(ttl, set.ttlSeconds, `TTL of ${set.name} ${set.type}`);
  }
}

test('every form but the HTML page is read back here', () => {
  assert.deepEqual(
    textForms.map(({ id }) => id).filter((id) => id !== 'html'),
    Object.keys(readers),
  );
});

/** Line ends, ends of comments, and lines that would be read if they were on a line of their own. */
const hostileWords = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\n',
        '\r\n',
        '\u2028',
        '\u0085',
        '\u001b[2J',
        '*/',
        '`',
        '$(id)',
        '\nJSON\n',
        '\nsend\n',
        '\nupdate delete example.com. IN TXT\n',
        '\nevil 300 IN TXT "x"\n',
        '\ndoctl compute domain records delete example.com 1\n',
        '\n### Add TXT `x`\n',
        '\nadd  TXT  evil  -  3600  x\n',
        '\nDo   Type  Name  Priority  TTL  Value\n',
        '\n);TXT("evil", "x");\n',
        '\nresource "x" "y" {\n',
        'é\u202e',
      ),
      fc.string({ unit: 'binary', maxLength: 20 }),
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((parts) => parts.join(''));

for (const id of Object.keys(readers)) {
  describe(id, () => {
    test('prints the usual plan so that it reads back', async () => {
      await check(id, usual);
    });
    test('prints every change so that it reads back', async () => {
      await fc.assert(
        fc.asyncProperty(anyInput, (input) => check(id, input)),
        { numRuns: 100 },
      );
    });
    test('titles and reasons stay comments, whatever is in them', async () => {
      await fc.assert(
        fc.asyncProperty(anyInput, hostileWords, (input, words) => {
          const more = { title: words, why: words, outside: [words] };
          return check(id, { ...input, later: [words], steps: input.steps.map((step) => ({ ...step, ...more })) });
        }),
        { numRuns: 40 },
      );
    });
  });
}

/** Two steps at one name: the second was planned on what the first leaves. */
const apex = (...members: readonly string[]): RrSet => ({
  name: zone,
  type: 'TXT',
  ttlSeconds: 3600,
  data: members.map((text) => ({ strings: [text] })),
});
const spf = 'v=spf1 include:amazonses.com ~all';
const chained = inputOf([
  {
    id: 'spf',
    title: 'SPF',
    why: 'Why.',
    outside: [],
    changes: [{ name: zone, type: 'TXT', before: apex('old'), after: apex('old', spf) }],
  },
  {
    id: 'own',
    title: 'Proof',
    why: 'Why.',
    outside: [],
    changes: [{ name: zone, type: 'TXT', before: apex('old', spf), after: apex(spf, 'proof=1') }],
  },
]);

for (const id of Object.keys(readers).filter((id) => id !== 'domain-connect')) {
  test(`${id}: two steps that change one set end in what the last one wants`, async () => {
    const form = formOf(id);
    assert.ok(form);
    const operations = await (readers[id] as Reader).read(form.write(chained), zone);
    const start = zoneOf([apex('old')], () => undefined);
    assert.deepEqual(plainZone(carryOut(start, operations)), plainZone(zoneOf([apex(spf, 'proof=1')], () => 3600)));
  });
}

test('DigitalOcean has no room for a 4096-bit key, and says which to use instead; a 2048-bit key fits', () => {
  const at = (value: string): FormInput => {
    const strings = value.match(/.{1,255}/g) ?? [];
    const after = { name: zone, type: 'TXT', ttlSeconds: 3600, data: [{ strings }] } as const;
    return inputOf([
      { id: 'dkim', title: 'DKIM', why: 'Why.', outside: [], changes: [{ name: zone, type: 'TXT', after }] },
    ]);
  };
  const form = formOf('digitalocean');
  assert.match(
    form?.write(at(key4096)) ?? '',
    /# cannot be stored at DigitalOcean: [\s\S]*Use\s+(#\s+)?a\s+(#\s+)?key\s+(#\s+)?of\s+(#\s+)?2048/,
  );
  assert.match(form?.write(at(key2048)) ?? '', /^doctl .*MIIB/m);
});
