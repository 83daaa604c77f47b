import { readFileSync, readdirSync } from 'node:fs';
import { Buffer } from 'node:buffer';
import path from 'node:path';
import { startPythonDkim } from '../servers/python-dkim.ts';
import { pythonKeys, signedByAll, judgedByAll, parties } from './interop-parties.ts';
const afters: (() => unknown)[] = [];
const python = startPythonDkim({ after: (fn: any) => void afters.push(fn) } as any, pythonKeys);
const folder = '/work/shared/data/html/mikel-mail';
const t0 = performance.now();
let n = 0;
for (const name of readdirSync(folder, { recursive: true }).map(String).sort()) {
  let octets: Buffer;
  try { octets = readFileSync(path.join(folder, name)); } catch { continue; }
  if (!octets.includes('\r\n')) octets = Buffer.from(octets.toString('latin1').replaceAll('\n', '\r\n'), 'latin1');
  const signed = await signedByAll(octets, python, n++);
  if (Object.keys(signed.refusals).length) console.log(name, signed.refusals);
  const got = await judgedByAll(signed.octets, signed.signatures.length, python);
  signed.signatures.forEach((s, i) => {
    for (const p of parties) if (got[p][i] !== 'pass') console.log(name, i, s.signer, s.key, s.header, s.body, p, got[p][i]);
  });
}
console.log(n, performance.now() - t0);
for (const f of afters) await f();
