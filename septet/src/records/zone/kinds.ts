/** The records that are TXT values with a version, and how a text shows which of them it is. */

/** What should stand at the name. `any`: told from the text itself, and nothing is said when it tells nothing. */
export type Expect = 'spf' | 'dkim' | 'dmarc' | 'mtasts' | 'tlsrpt' | 'bimi' | 'any';
export type Versioned = Exclude<Expect, 'any'>;

/** How each record begins. The version is compared case-sensitively except for SPF (RFC 7208 §4.5 and §12). */
export const versionOf: Readonly<Record<Versioned, string>> = {
  spf: 'v=spf1',
  dkim: 'v=DKIM1',
  dmarc: 'v=DMARC1',
  mtasts: 'v=STSv1',
  tlsrpt: 'v=TLSRPTv1',
  bimi: 'v=BIMI1',
};

/** What a person calls each record. */
export const titleOf: Readonly<Record<Versioned, string>> = {
  spf: 'SPF record',
  dkim: 'DKIM key',
  dmarc: 'DMARC record',
  mtasts: 'MTA-STS record',
  tlsrpt: 'TLS-RPT record',
  bimi: 'BIMI record',
};

/** Which record the text means to be, told by its version wherever that stands; `undefined` for anything else. */
export function kindOfText(text: string): Versioned | undefined {
  const version = /v\s{0,3}=\s{0,3}(spf1|dkim1|dmarc1|stsv1|tlsrptv1|bimi1)/i.exec(text)?.[1]?.toLowerCase();
  switch (version) {
    case 'spf1':
      return 'spf';
    case 'dkim1':
      return 'dkim';
    case 'dmarc1':
      return 'dmarc';
    case 'stsv1':
      return 'mtasts';
    case 'tlsrptv1':
      return 'tlsrpt';
    case 'bimi1':
      return 'bimi';
    default:
      return undefined;
  }
}

/** Whether the text begins as the record should, so that a reader takes it for one. */
export function hasVersion(text: string, kind: Versioned): boolean {
  const version = versionOf[kind];
  if (kind === 'dkim') return text.startsWith(version) || /(?:^|[;\s])p\s*=/.test(text);
  if (kind === 'spf') {
    const after = text.charCodeAt(version.length);
    return (Number.isNaN(after) || after === 32) && text.slice(0, version.length).toLowerCase() === version;
  }
  return text.startsWith(version);
}
