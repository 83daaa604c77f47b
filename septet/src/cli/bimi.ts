/** `septet bimi --svg logo.svg [--certificate vmc.pem]`: a logo and a mark certificate on disk, without DNS. */
import type { Command } from 'commander';
import { root } from '../dns/name.ts';
import type { Finding } from '../finding/finding.ts';
import { compareLogos } from '../records/bimi/check-assets.ts';
import { checkCertificate } from '../records/bimi/mark-check.ts';
import { checkSvg } from '../records/bimi/svg-check.ts';
import { addFileOptions, printFileFindings, type FileOptions } from './check/file-report.ts';
import { InputError, type Io } from './io.ts';
import { instantOf } from './options.ts';

interface BimiOptions extends FileOptions {
  readonly svg?: string;
  readonly certificate?: string;
  readonly at?: string;
}

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  command
    .option('--svg <file>', 'the logo, .svg or .svgz (- is standard input)')
    .option('--certificate <file>', 'the mark certificate (VMC or CMC), PEM')
    .option('--at <time>', 'check as if it were this time, e.g. 2026-11-23T12:00:00Z');
  addFileOptions(command);
  command.action(async (options: BimiOptions) => done(await bimi(options, io)));
}

async function bimi(options: BimiOptions, io: Io): Promise<number> {
  const { svg, certificate } = options;
  if (svg === undefined && certificate === undefined)
    throw new InputError('Give a logo with --svg, a mark certificate with --certificate, or both.');
  const octetsOf = async (path: string): Promise<Buffer> => {
    const octets = await io.readFile(path);
    if (octets.length === 0) throw new InputError(`${path === '-' ? 'Standard input' : path} is empty.`);
    return octets;
  };
  const now = options.at === undefined ? io.now() : instantOf(options.at);
  const findings: Finding[] = [];
  const logo =
    svg === undefined ? undefined : checkSvg(await octetsOf(svg), { place: svg, subject: { name: root, type: 'SVG' } });
  if (logo) findings.push(...logo.findings);
  const mark =
    certificate === undefined
      ? undefined
      : checkCertificate(await octetsOf(certificate), {
          place: certificate,
          subject: { name: root, type: 'PEM' },
          now,
        });
  if (mark) findings.push(...mark.findings);
  if (logo && mark?.logo) {
    const differs = compareLogos(logo.plain, mark.logo, { name: root, type: 'SVG' });
    if (differs) findings.push(differs);
  }
  const summary = [
    logo ? `${logo.schemaValid ? 'valid' : 'not valid'} SVG Tiny PS, ${logo.plain.length} octets` : '',
    mark?.certificate
      ? `${mark.kind ?? 'no mark'} certificate of ${mark.certificate.subject}, until ${mark.certificate.notAfter.slice(0, 10)}`
      : mark
        ? 'no certificate could be read'
        : '',
  ].filter(Boolean);
  return printFileFindings({
    place: [svg, certificate].filter((place) => place !== undefined).join(', '),
    summary: summary.join('; '),
    findings,
    options,
    io,
    details: {
      ...(logo ? { schemaValid: logo.schemaValid } : {}),
      ...(mark?.certificate ? { certificate: mark.certificate } : {}),
      ...(mark?.kind ? { kind: mark.kind } : {}),
    },
  });
}
