/**
 * `npm run bench:flatten`: flattening over real records. Every domain of `../shared/data/wild/verdicts.json.gz` is
 * flattened whole; every address of the file is judged again with what would be published; and the two records are
 * compared over all addresses (`verify`). Each difference is put into a class with its reason.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { dnsName, parseName, root } from '../src/dns/name.ts';
import { readZone } from '../src/dns/zone-read.ts';
import { zoneResolver } from '../src/dns/zone-resolver.ts';
import { evaluate } from '../src/records/spf/evaluate.ts';
import { flatten } from '../src/records/spf/flatten.ts';
import { tableOf } from '../src/records/spf/flatten-own.ts';

import { lookup, type SpfObservation } from '../src/records/spf/lookup.ts';
import { optimise } from '../src/records/spf/optimise.ts';
import type { SpfResult } from '../src/records/spf/trace.ts';
import { verify } from '../src/records/spf/verify.ts';
import type { World } from '../src/world/world.ts';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: path.resolve(import.meta.dirname, '../../../shared/data/wild') },
    list: { type: 'boolean', default: false },
  },
});
const zoneFile = path.join(values.data, 'root.zone');
const verdictFile = path.join(values.data, 'verdicts.json.gz');
if (!existsSync(zoneFile) || !existsSync(verdictFile)) {
  process.stderr.write(
    `${values.data} is not here; this figure is made of its files. Name another place with --data.\n`,
  );
  process.exit(2);
}
const read = readZone(readFileSync(zoneFile), { file: zoneFile, origin: root });
if (read.kind !== 'good') throw new Error(`${zoneFile} cannot be read`);
const world: World = {
  resolver: zoneResolver([read.zone]),
  otherResolvers: [],
  now: () => 0,
  randomBytes: (count) => new Uint8Array(count),
};
const verdicts = JSON.parse(gunzipSync(readFileSync(verdictFile)).toString('utf8')) as Readonly<
  Record<string, readonly (readonly [ip: string, result: string])[]>
>;

/** The evaluator over the answers of an observation; what it lacks comes from the zone. */
const judgeOf = (seen: SpfObservation): ((ip: string) => SpfResult) => {
  const table = tableOf(seen.answers);
  return (ip) => {
    const request = { ip, mailFrom: `postmaster@${seen.domain}`, helo: seen.domain };
    const result = evaluate(request, (name, type) => table.get(name, type) ?? world.resolver.peek?.(name, type));
    if (result.kind !== 'result') throw new Error(`${seen.domain}: an answer is missing`);
    return result;
  };
};

const lines = new Map<string, { domains: Set<string>; cases: number }>();
const note = (line: string, domain: string, cases = 0): void => {
  const entry = lines.get(line) ?? { domains: new Set(), cases: 0 };
  entry.domains.add(domain);
  entry.cases += cases;
  lines.set(line, entry);
  if (values.list && line.startsWith('difference')) process.stdout.write(`${line}: ${domain}\n`);
};
const sums = { cases: 0, same: 0, domains: 0, flattened: 0, unchanged: 0, pieces: 0, ip4: 0, ip6: 0, mended: 0 };
const lookups = { before: 0, after: 0, overBefore: 0, overAfter: 0 };
const optimised = { changed: 0, before: 0, after: 0, octetsBefore: 0, octetsAfter: 0, different: 0 };
const from = performance.now();

for (const [domain, cases] of Object.entries(verdicts)) {
  sums.domains++;
  sums.cases += cases.length;
  const name = parseName(domain);
  if (!name.ok) {
    note('left as it is: not a domain name', domain);
    continue;
  }
  // oxlint-disable-next-line no-await-in-loop -- one domain after another; the zone answers at once
  const seen = await lookup(world, dnsName(domain), { neighbours: false });
  const result = flatten(seen);
  const after = result.kind === 'done' ? result.after : seen;
  if (result.kind === 'blocked') note(`left as it is: ${classOf(result.why, seen.domain)}`, domain);
  else {
    for (const { why } of result.kept) note(`term kept: ${classOf(why, seen.domain)}`, domain);
    if (result.flattened.length === 0) {
      sums.unchanged++;
      note('nothing to flatten: the record asks nothing, or all that it asks is kept', domain);
    } else {
      sums.flattened++;
      sums.pieces += result.pieces.length - 1;
      lookups.before += result.price.lookupsBefore;
      lookups.after += result.price.lookupsAfter;
      if (result.price.lookupsBefore > 10) lookups.overBefore++;
      if (result.price.lookupsAfter > 10) lookups.overAfter++;
      if (!result.fits) note('over 450 octets although cut', domain);
      const proof = verify(seen, after);
      sums.ip4 += proof.counts.ip4;
      sums.ip6 += proof.counts.ip6;
      sums.mended += proof.counts.mended;
      if (proof.kind === 'different')
        note(`difference over all addresses: ${proof.before.result} → ${proof.after.result}`, `${domain} ${proof.ip}`);
      else if (proof.partial.length > 0)
        note('equal over all addresses as far as it does not depend on the message', domain);
      else note('equal over all addresses', domain);
    }
  }
  const [judgeBefore, judgeAfter] = [judgeOf(seen), judgeOf(after)];
  for (const [ip, theirs] of cases) {
    const now = judgeAfter(ip);
    if (now.result === theirs) {
      sums.same++;
      continue;
    }
    const before = judgeBefore(ip);
    if (before.result === now.result)
      note(
        'other verdict in the file, the same from Septet before and after (classes: test/spf/wild-classes.ts)',
        domain,
        1,
      );
    else if (/^spf\.(lookups|voids)\.exceeded$/.test(before.problem?.code ?? ''))
      note(`mended: permerror by a limit before, ${now.result} now`, domain, 1);
    else note(`difference: ${before.result} → ${now.result}`, `${domain} ${ip}`, 1);
  }
  const tidy = optimise(seen);
  if (tidy.kind === 'done' && tidy.text !== (seen.nodes[0] && textOf(seen))) {
    optimised.changed++;
    optimised.before += tidy.price.lookupsBefore;
    optimised.after += tidy.price.lookupsAfter;
    optimised.octetsBefore += tidy.price.octetsBefore;
    optimised.octetsAfter += tidy.text.length;
    const proof = verify(seen, tidy.after);
    if (proof.kind === 'different') {
      optimised.different++;
      note(`difference by optimise: ${proof.before.result} → ${proof.after.result}`, `${domain} ${proof.ip}`);
    }
  }
}

function textOf(seen: SpfObservation): string {
  const own = seen.nodes[0];
  const texts = own?.kind === 'found' ? own.set.data.map((txt) => txt.strings.join('')) : [];
  return texts.find((text) => /^v=spf1( |$)/i.test(text)) ?? '';
}

/** The sentence without the names in it. */
function classOf(sentence: string, domain: string): string {
  return sentence
    .replaceAll(domain, 'the domain')
    .replace(/permerror: .*/, 'permerror')
    .replace(/^.* leads back to .*/, 'a term leads back to the record itself')
    .replace(/^\S+ has no valid/, 'it leads to no valid')
    .replace(/^\S+ in the record of \S+ decides/, 'a nested term decides')
    .replace(/an alias of \S+,/, 'an alias,');
}

const n = (value: number): string => value.toLocaleString('en');
const seconds = (performance.now() - from) / 1000;
const out = [
  `${n(sums.same)} of ${n(sums.cases)} verdicts of the file are the same after flattening (${n(sums.domains)} domains, ${seconds.toFixed(1)} s)`,
  `${n(sums.flattened)} records were flattened: ${n(lookups.before)} look-ups before, ${n(lookups.after)} after; over ten: ${n(lookups.overBefore)} before, ${n(lookups.overAfter)} after`,
  `${n(sums.pieces)} further records (_spf1…) hold what is longer than 450 octets`,
  `${n(sums.ip4 + sums.ip6)} stretches of addresses compared (${n(sums.ip4)} IPv4, ${n(sums.ip6)} IPv6), ${n(sums.mended)} of them mended`,
  `optimise changes ${n(optimised.changed)} records: ${n(optimised.before)} look-ups before, ${n(optimised.after)} after; ${n(optimised.octetsBefore)} octets before, ${n(optimised.octetsAfter)} after; ${n(optimised.different)} judged differently`,
  '',
  `${'domains'.padStart(8)} ${'cases'.padStart(7)}`,
];
for (const [line, { domains, cases }] of [...lines].sort((a, b) => (a[0] < b[0] ? -1 : 1)))
  out.push(`${n(domains.size).padStart(8)} ${(cases === 0 ? '' : n(cases)).padStart(7)}  ${line}`);
process.stdout.write(`${out.join('\n')}\n`);
