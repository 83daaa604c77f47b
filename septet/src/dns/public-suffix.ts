/**
 * Public suffixes (https://publicsuffix.org/list/): the names under which people register domains. The list is the one
 * inside the `tldts` package; a top-level domain that it does not know is a public suffix itself (the default rule `*`).
 */
import { getPublicSuffix } from 'tldts';
import { ancestor, labels, type DnsName } from './name.ts';

export interface SuffixOptions {
  /** Use only the ICANN section, so that `github.io` is an ordinary domain. Default: both sections, as DMARC readers do. */
  readonly icannOnly?: boolean;
}

const both = optionsFor(true);
const icann = optionsFor(false);

function optionsFor(allowPrivateDomains: boolean) {
  return {
    allowPrivateDomains,
    allowIcannDomains: true,
    extractHostname: false,
    validateHostname: false,
    detectIp: false,
    mixedInputs: false,
  } as const;
}

/** The longest public suffix at the end of the name; `undefined` for the root. */
export function publicSuffix(name: DnsName, options: SuffixOptions = {}): DnsName | undefined {
  if (name === '') return undefined;
  const sections = options.icannOnly === true ? icann : both;
  if (!name.includes('\\')) return (getPublicSuffix(name, sections) || ancestor(name, 1)) as DnsName;
  // A label with escapes stands in no rule but `*`, and its dots must not be taken for label ends.
  const plain = labels(name).map((label) => (label.includes('\\') ? '--' : label));
  const suffix = getPublicSuffix(plain.join('.'), sections);
  return ancestor(name, suffix ? suffix.split('.').length : 1);
}

/** The public suffix and one label more: the domain that somebody registered; `undefined` for a public suffix itself. */
export function registrableDomain(name: DnsName, options: SuffixOptions = {}): DnsName | undefined {
  const suffix = publicSuffix(name, options);
  if (suffix === undefined || suffix === name) return undefined;
  return ancestor(name, labels(suffix).length + 1);
}

/** Whether people register domains directly under this name. */
export function isPublicSuffix(name: DnsName, options: SuffixOptions = {}): boolean {
  return name !== '' && publicSuffix(name, options) === name;
}
