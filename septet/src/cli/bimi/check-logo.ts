/** `septet bimi logo.svg [--certificate vmc.pem]`: a logo and a mark certificate on disk, without DNS. */
import { root } from '../../dns/name.ts';
import type { Finding } from '../../finding/finding.ts';
import { compareLogos } from '../../records/bimi/check-assets.ts';
import { checkCertificate } from '../../records/bimi/mark-check.ts';
import { checkSvg } from '../../records/bimi/svg-check.ts';
import { printFileFindings, type FileOptions } from '../check/file-report.ts';
import { InputError, type Io } from '../io.ts';
import { instantOf } from '../options.ts';

export interface BimiOptions extends FileOptions {
  readonly svg?: string;
  readonly certificate?: string;
  readonly at?: string;
}

/** `logo` is the argument without a name; it stands for `--svg`. */
export async function checkLogo(logo: string | undefined, options: BimiOptions, io: Io): Promise<number> {
  const { certificate } = options;
  if (logo !== undefined && options.svg !== undefined)
    throw new InputError('Give the logo once, as an argument or with --svg.');
  const svg = logo ?? options.svg;
  if (svg === undefined && certificate === undefined)
    throw new InputError(
      'Give a logo (septet bimi logo.svg), a mark certificate with --certificate, or both.\nseptet bimi convert makes a valid logo of an ordinary SVG, septet bimi preview shows one.',
    );
  const octetsOf = async (path: string): Promise<Buffer> => {
    const octets = await io.readFile(path);
    if (octets.length === 0) throw new InputError(`${path === '-' ? 'Standard input' : path} is empty.`);
    return octets;
  };
  const now = options.at === undefined ? io.now() : instantOf(options.at);
  const findings: Finding[] = [];
  const seen =
    svg === undefined ? undefined : checkSvg(await octetsOf(svg), { place: svg, subject: { name: root, type: 'SVG' } });
  if (seen) findings.push(...seen.findings);
  const mark =
    certificate === undefined
      ? undefined
      : checkCertificate(await octetsOf(certificate), {
          place: certificate,
          subject: { name: root, type: 'PEM' },
          now,
        });
  if (mark) findings.push(...mark.findings);
  if (seen && mark?.logo) {
    const differs = compareLogos(seen.plain, mark.logo, { name: root, type: 'SVG' });
    if (differs) findings.push(differs);
  }
  const summary = [
    seen ? `${seen.schemaValid ? 'valid' : 'not valid'} SVG Tiny PS, ${seen.plain.length} octets` : '',
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
      ...(seen ? { schemaValid: seen.schemaValid } : {}),
      ...(mark?.certificate ? { certificate: mark.certificate } : {}),
      ...(mark?.kind ? { kind: mark.kind } : {}),
    },
  });
}
