/** The logos inside of the mark certificates of the shared data. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { root } from '../../src/dns/name.ts';
import { checkCertificate } from '../../src/records/bimi/mark-check.ts';

export function readPemMark(folder: string): readonly Uint8Array[] {
  return readdirSync(folder).flatMap((name) => {
    const { logo } = checkCertificate(readFileSync(path.join(folder, name)), {
      place: name,
      subject: { name: root, type: 'PEM' },
      now: Date.parse('2026-11-23T12:00:00Z'),
    });
    return logo && logo.length > 0 ? [logo] : [];
  });
}
