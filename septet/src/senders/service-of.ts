/** Which service a name belongs to that signs mail or stands in a return path. */
import { parent, parseName, root, type DnsName } from '../dns/name.ts';
import { registrableDomain } from '../dns/public-suffix.ts';
import { profiles } from './profiles.ts';

/** Domains with which services sign for customers that have no DKIM of their own, where no other pattern names them. */
const signing: readonly (readonly [id: string, domain: string])[] = [
  ['google', 'gappssmtp.com'],
  ['microsoft365', 'onmicrosoft.com'],
  ['sendgrid', 'sendgrid.info'],
  ['brevo', 'sender-sib.com'],
];

/** Who owns which domain, in the order of the profiles. */
const owners: ReadonlyMap<DnsName, string> = ownersOf();

/** The title of the service, such as `Amazon SES` for `eu-west-1.amazonses.com`; `undefined` where nobody is known. */
export function serviceOf(name: DnsName): string | undefined {
  const named = signing.find(([, domain]) => name === domain || name.endsWith(`.${domain}`));
  if (named) return profiles.find(({ id }) => id === named[0])?.title;
  for (let at = name; at !== root; at = parent(at)) {
    const title = owners.get(at);
    if (title !== undefined) return title;
  }
  return undefined;
}

function ownersOf(): ReadonlyMap<DnsName, string> {
  const found = new Map<DnsName, string>();
  for (const { kind, spf, returnPath, dkim, title } of profiles) {
    if (kind === 'software') continue;
    for (const pattern of [
      ...spf.includes,
      ...(returnPath?.targets ?? []),
      ...dkim.flatMap((one) => one.targets ?? []),
    ]) {
      const owner = ownerOf(pattern);
      if (owner !== undefined && !found.has(owner)) found.set(owner, title);
    }
  }
  return found;
}

/** The registrable domain behind a pattern: `amazonses.com` of `*.dkim.*.amazonses.com`; none where it is the customer's. */
function ownerOf(pattern: string): DnsName | undefined {
  const fixed = pattern.slice(Math.max(pattern.lastIndexOf('*'), pattern.lastIndexOf('}')) + 1).replace(/^\./, '');
  const parsed = parseName(fixed);
  return parsed.ok ? registrableDomain(parsed.name) : undefined;
}
