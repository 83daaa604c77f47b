/** Judges an evidence document: the file, the chain, and the certificate of the mark. */
import type { Evidence, Finding } from '../../finding/finding.ts';
import { bimiPurpose, chainOf, fingerprintOf, readEvidence } from './certificate.ts';
import type { Chain, EvidenceDocument } from './certificate.ts';
import { found } from './findings-mc.ts';
import { markFindings } from './mark-profile.ts';
import { certificateEvidence, date, nameOf } from './mark-source.ts';
import type { MarkSource } from './mark-source.ts';
import type { PemFault } from './pem.ts';
import { revocationFinding } from './revocation.ts';
import { markRoots } from './roots.ts';
import type { MarkCertificate } from './x509.ts';

/** What a certificate says of itself, as plain JSON. */
interface MarkFacts {
  readonly subject: string;
  readonly issuer: string;
  readonly serial: string;
  /** ISO 8601 days, in UTC. */
  readonly notBefore: string;
  readonly notAfter: string;
  readonly names: readonly string[];
  /** The known root at the end of the chain, when the chain leads to one. */
  readonly root?: string;
  /** Whether it is for BIMI (1.3.6.1.5.5.7.3.31). */
  readonly isForMarks: boolean;
}

export interface MarkVerdict {
  readonly findings: readonly Finding[];
  readonly certificate?: MarkFacts;
  /** The logo in the certificate, after decompression. */
  readonly logo?: Uint8Array;
  readonly kind?: 'VMC' | 'CMC';
}

const day = 24 * 60 * 60 * 1000;
const expiringDays = 30;
const mentionedDays = 60;
const maxValidityDays = 825; // MCR §6.3.2, as linters read it
const entrustDistrust = Date.parse('2024-11-16T00:00:00Z'); // Apple: issued after 15 November 2024

const faults: Readonly<Record<PemFault, string>> = {
  empty: 'it is empty',
  'too-large': 'it is too large, or holds too many certificates',
  html: 'it is a web page',
  der: 'it is binary (DER) instead of PEM text',
  'not-pem': 'it is not PEM text',
  pkcs7: 'it is a PKCS #7 bundle instead of plain certificates',
  'bad-base64': 'the text of a certificate is damaged',
  'no-certificate': 'it holds no certificate',
};

/** Pure; never throws. */
export function checkCertificate(bytes: Uint8Array, source: MarkSource): MarkVerdict {
  const document = readEvidence(bytes);
  const findings: Finding[] = [...pemFindings(document, source)];
  const { leaf } = document;
  const chain = chainOf(document, source.roots ?? markRoots);
  if (!leaf || !chain) return { findings };
  const certificate = factsOf(leaf, chain);
  findings.push(...orderFindings(document, chain, source));
  findings.push(...chainFindings(chain, source), ...timeFindings(chain, source), ...purposeFindings(chain, source));
  if (leaf.isCa && !leaf.logotype) {
    // Only authorities: what a mark certificate needs cannot be asked of them.
    const evidence = [certificateEvidence(leaf, source)];
    findings.push(found('mc.ca_true', { subject: source.subject, evidence }));
    findings.push(found('mc.logotype.missing', { subject: source.subject, evidence }));
    return { findings, certificate };
  }
  const mark = markFindings(leaf, source);
  findings.push(...mark.findings);
  if (leaf.crls.length === 0) {
    findings.push(found('mc.crl.missing', { subject: source.subject, evidence: [certificateEvidence(leaf, source)] }));
  } else if (source.crls) {
    const finding = revocationFinding(leaf, chain.path[1] ?? rootAsIssuer(document, chain), source.crls, source);
    if (finding) findings.push(finding);
  }
  const svg = leaf.logotype?.svg;
  return { findings, certificate, ...(svg ? { logo: svg } : {}), ...(mark.kind ? { kind: mark.kind } : {}) };
}

function factsOf(leaf: MarkCertificate, chain: Chain): MarkFacts {
  const { subject, issuer, serial, dnsNames: names } = leaf;
  return {
    subject,
    issuer,
    serial,
    notBefore: date(leaf.notBefore),
    notAfter: date(leaf.notAfter),
    names,
    ...(chain.end.kind === 'root' ? { root: chain.end.root.name } : {}),
    isForMarks: leaf.extendedKeyUsage?.includes(bimiPurpose) ?? false,
  };
}

function rootAsIssuer(document: EvidenceDocument, chain: Chain): MarkCertificate | undefined {
  if (chain.end.kind !== 'root') return undefined;
  const { fingerprint } = chain.end.root;
  return document.certificates.find((certificate) => fingerprintOf(certificate) === fingerprint);
}

function pemFindings(document: EvidenceDocument, source: MarkSource): readonly Finding[] {
  const { pem, unreadable } = document;
  const { subject, place } = source;
  const findings: Finding[] = [];
  const report = (what: string, line?: number, text = ''): void => {
    const evidence: Evidence = { kind: 'file', place, ...(line === undefined ? {} : { line, column: 1 }), text };
    findings.push(found('mc.pem.format', { subject, args: { what }, evidence: [evidence] }));
  };
  if (pem.privateKeyLine !== undefined) report('it holds a private key, which everybody can read', pem.privateKeyLine);
  if (pem.fault && !(pem.fault === 'no-certificate' && pem.privateKeyLine !== undefined)) {
    report(faults[pem.fault], 1, pem.firstLine);
  } else if (unreadable > 0) report('a certificate in it cannot be read');
  return findings;
}

function orderFindings(document: EvidenceDocument, chain: Chain, source: MarkSource): readonly Finding[] {
  const { certificates, leaf } = document;
  const prints = certificates.map(fingerprintOf);
  const leaves = certificates.filter((certificate) => !certificate.isCa).length;
  const inPath = certificates.filter((certificate) => chain.path.includes(certificate));
  let what: string | undefined;
  if (new Set(prints).size < prints.length) what = 'one stands twice';
  else if (leaves > 1) what = `there are ${leaves} certificates that are not of authorities`;
  else if (certificates[0] !== leaf) what = 'the certificate of the mark is not the first';
  else if (inPath.some((certificate, index) => certificate !== chain.path[index])) {
    what = 'an issuer stands before the certificate that it issued';
  }
  if (what === undefined) return [];
  const { subject, place } = source;
  const evidence = certificates.map((certificate): Evidence => ({ kind: 'file', place, text: certificate.subject }));
  return [found('mc.pem.order', { subject, args: { what }, evidence })];
}

function chainFindings(chain: Chain, source: MarkSource): readonly Finding[] {
  const { path, end } = chain;
  const { subject } = source;
  const evidence = path.map((certificate) => certificateEvidence(certificate, source));
  const findings: Finding[] = [];
  if (end.kind === 'missing' && path.length === 1) {
    findings.push(found('mc.chain.incomplete', { subject, args: { issuer: end.issuer }, evidence }));
  } else if (end.kind !== 'root') {
    const name = end.kind === 'missing' ? end.issuer : end.subject;
    findings.push(found('mc.chain.untrusted', { subject, args: { end: name }, evidence }));
  }
  const [leaf] = path;
  const byEntrust = end.kind === 'root' ? end.root.issuer === 'Entrust' : /O=Entrust\b/.test(leaf?.issuer ?? '');
  if (leaf && byEntrust && !leaf.isCa) {
    const severity = leaf.notBefore >= entrustDistrust ? 'error' : 'warning';
    findings.push(found('mc.issuer.entrust', { subject, args: { date: date(leaf.notBefore) }, evidence, severity }));
  }
  return findings;
}

function timeFindings(chain: Chain, source: MarkSource): readonly Finding[] {
  const { subject, now } = source;
  const findings: Finding[] = [];
  const spans = chain.path.map((certificate) => {
    const { notBefore, notAfter } = certificate;
    return { name: nameOf(certificate), notBefore, notAfter };
  });
  if (chain.end.kind === 'root') {
    const { name, notBefore, notAfter } = chain.end.root;
    spans.push({ name, notBefore: Date.parse(notBefore), notAfter: Date.parse(notAfter) });
  }
  for (const { name, notBefore, notAfter } of spans) {
    const what = now > notAfter ? `ended on ${date(notAfter)}` : now < notBefore ? `begins on ${date(notBefore)}` : '';
    if (what === '') continue;
    const evidence: Evidence = { kind: 'fact', label: 'now', value: new Date(now).toISOString() };
    findings.push(found('mc.validity', { subject, args: { subject: name, what }, evidence: [evidence] }));
  }
  const [leaf] = chain.path;
  if (!leaf) return findings;
  const evidence = [certificateEvidence(leaf, source)];
  const left = Math.floor((leaf.notAfter - now) / day);
  if (now <= leaf.notAfter && left < mentionedDays) {
    const severity = left < expiringDays ? 'warning' : 'info';
    const args = { date: date(leaf.notAfter), days: left };
    findings.push(found('mc.expiring', { subject, args, evidence, severity }));
  }
  const days = Math.round((leaf.notAfter - leaf.notBefore) / day);
  if (!leaf.isCa && days > maxValidityDays)
    findings.push(found('mc.validity_long', { subject, args: { days }, evidence }));
  return findings;
}

function purposeFindings(chain: Chain, source: MarkSource): readonly Finding[] {
  const { subject } = source;
  const findings: Finding[] = [];
  const report = (certificate: MarkCertificate, what: string): void => {
    const evidence = [certificateEvidence(certificate, source)];
    findings.push(found('mc.eku', { subject, args: { subject: nameOf(certificate), what }, evidence }));
  };
  const [leaf, issuer] = chain.path;
  const purposes = leaf?.extendedKeyUsage ?? [];
  if (leaf && !purposes.includes(bimiPurpose)) {
    report(leaf, purposes.length === 0 ? 'states no purpose' : `is for other purposes (${purposes.join(', ')})`);
  } else if (leaf && purposes.length > 1) report(leaf, `has other purposes besides BIMI (${purposes.join(', ')})`);
  const selfIssued = issuer && issuer.subject === issuer.issuer;
  if (issuer && !selfIssued && !(issuer.extendedKeyUsage ?? []).includes(bimiPurpose)) {
    report(issuer, 'may not issue mark certificates (it lacks the purpose BIMI)');
  }
  return findings;
}
