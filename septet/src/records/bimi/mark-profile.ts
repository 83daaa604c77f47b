/** Judges the certificate of the mark alone: its key, its policy, its mark, its names and its logo. */
import type { DnsName } from '../../dns/name.ts';
import { under } from '../../dns/name.ts';
import type { Finding } from '../../finding/finding.ts';
import { found } from './findings-mc.ts';
import { certificateEvidence, date } from './mark-source.ts';
import type { MarkSource } from './mark-source.ts';
import { checkSvg } from './svg-check.ts';
import type { MarkCertificate } from './x509.ts';

const markPolicy = '1.3.6.1.4.1.53087.1.1'; // MCR §7.1.6.4
const markTypeOid = '1.3.6.1.4.1.53087.1.13'; // MCR §7.1.4.2.2
const pilotEnd = Date.parse('2025-03-15T00:00:00Z'); // MCR
const priorUseUrlFrom = Date.parse('2025-04-15T00:00:00Z'); // MCR §7.1.4.2.2
const minRsaBits = 2048; // MCR §6.1.5
const goodCurves = new Set(['prime256v1', 'secp384r1']); // P-256 and P-384
const weakHashes = new Set(['md5', 'sha1']);

const kinds: ReadonlyMap<string, 'VMC' | 'CMC'> = new Map([
  ['Registered Mark', 'VMC'],
  ['Government Mark', 'VMC'],
  ['Prior Use Mark', 'CMC'],
  ['Modified Registered Mark', 'CMC'],
]);

/** Subject fields by mark type, beside those that every type has. */
const fieldsOfType: ReadonlyMap<string, readonly (readonly [oid: string, name: string, from?: number])[]> = new Map([
  ['Registered Mark', trademarkFields()],
  ['Modified Registered Mark', trademarkFields()],
  [
    'Government Mark',
    [
      field('1.3.6.1.4.1.53087.3.2', 'the country of the statute'),
      field('1.3.6.1.4.1.53087.3.5', 'the citation of the statute'),
    ],
  ],
  ['Prior Use Mark', [field('1.3.6.1.4.1.53087.5.1', 'the address where the mark was seen in use', priorUseUrlFrom)]],
]);

const commonFields = [
  field('2.5.4.10', 'the organisation'),
  field('2.5.4.6', 'the country'),
  field('2.5.4.15', 'the business category'),
  field('2.5.4.5', 'the registration number'),
  field('1.3.6.1.4.1.311.60.2.1.3', 'the country of registration'),
];

function field(oid: string, name: string, from?: number): readonly [string, string, number?] {
  return from === undefined ? [oid, name] : [oid, name, from];
}

function trademarkFields(): readonly (readonly [string, string, number?])[] {
  return [
    field('1.3.6.1.4.1.53087.1.3', 'the country of the trademark'),
    field('1.3.6.1.4.1.53087.1.4', 'the number of the trademark'),
  ];
}

export interface ProfileVerdict {
  readonly findings: readonly Finding[];
  readonly kind?: 'VMC' | 'CMC';
}

export function markFindings(leaf: MarkCertificate, source: MarkSource): ProfileVerdict {
  const { subject } = source;
  const evidence = [certificateEvidence(leaf, source)];
  const findings: Finding[] = [];
  if (leaf.isCa) findings.push(found('mc.ca_true', { subject, evidence }));
  if (leaf.hasNameConstraints && !leaf.isCa) findings.push(found('mc.name_constraints', { subject, evidence }));
  if (leaf.keyUsage && !leaf.keyUsage.digitalSignature) findings.push(found('mc.key_usage', { subject, evidence }));
  for (const what of weaknesses(leaf)) findings.push(found('mc.key_strength', { subject, args: { what }, evidence }));
  const lacking = policyFault(leaf);
  if (lacking) findings.push(found('mc.policy', { subject, args: { what: lacking }, evidence }));
  findings.push(sctFinding(leaf, source));
  if (leaf.isPilot && leaf.notBefore >= pilotEnd) {
    findings.push(found('mc.pilot_ext', { subject, args: { date: date(leaf.notBefore) }, evidence }));
  }
  const markType = leaf.attributes.get(markTypeOid)?.[0];
  const kind = markType === undefined ? undefined : kinds.get(markType);
  if (kind === undefined || markType === undefined) {
    const what =
      markType === undefined
        ? 'does not say of which type the mark is'
        : `names an unknown type of mark, \`${markType}\``;
    findings.push(found('mc.mark_type', { subject, args: { what }, evidence }));
  } else findings.push(found('mc.kind', { subject, args: { kind, markType }, evidence }));
  const missing = missingFields(leaf, markType);
  if (missing.length > 0)
    findings.push(found('mc.subject_fields', { subject, args: { fields: missing.join(', ') }, evidence }));
  findings.push(...nameFindings(leaf, source), ...logotypeFindings(leaf, source));
  return { findings, ...(kind ? { kind } : {}) };
}

function weaknesses(leaf: MarkCertificate): readonly string[] {
  const { key, signatureHash } = leaf;
  const found: string[] = [];
  if (key.type === 'rsa' && key.bits < minRsaBits) found.push(`an RSA key of ${key.bits} bits`);
  else if (key.type === 'ec' && !goodCurves.has(key.curve)) found.push(`the curve ${key.curve}`);
  else if (key.type !== 'rsa' && key.type !== 'ec') found.push(`a key of type ${key.type}`);
  if (weakHashes.has(signatureHash)) found.push(`a signature with ${signatureHash}`);
  return found;
}

function policyFault(leaf: MarkCertificate): string | undefined {
  if (!leaf.policies.some(({ oid }) => oid === markPolicy)) {
    return `does not state the policy of mark certificates (${markPolicy})`;
  }
  return leaf.policies.some(({ hasCps }) => hasCps) ? undefined : 'does not say where its practice statement is';
}

function sctFinding(leaf: MarkCertificate, source: MarkSource): Finding {
  const { subject } = source;
  const logs = leaf.sctLogs ?? [];
  if (logs.length === 0) {
    const evidence = [certificateEvidence(leaf, source)];
    return found('mc.sct', {
      subject,
      args: { what: 'The certificate carries no timestamp of a public log' },
      evidence,
    });
  }
  const timestamps = logs.length === 1 ? 'a timestamp' : `${logs.length} timestamps`;
  const what = `The certificate carries ${timestamps} of a public log; the signature was not checked, because the keys of these logs are not known here`;
  const evidence = logs.map((value) => ({ kind: 'fact', label: 'log', value }) as const);
  return found('mc.sct', { subject, args: { what }, evidence, severity: 'info', state: 'skip' });
}

function missingFields(leaf: MarkCertificate, markType: string | undefined): readonly string[] {
  const wanted = [...commonFields, ...(fieldsOfType.get(markType ?? '') ?? [])];
  const missing = wanted
    .filter(([oid, , from]) => !leaf.attributes.has(oid) && (from === undefined || leaf.notBefore >= from))
    .map(([, name]) => name);
  const hasPlace = leaf.attributes.has('2.5.4.7') || leaf.attributes.has('2.5.4.8');
  return hasPlace ? missing : [...missing, 'the locality or state'];
}

function nameFindings(leaf: MarkCertificate, source: MarkSource): readonly Finding[] {
  const { subject, owner } = source;
  if (!owner) return [];
  const { domain, orgDomain, selector } = owner;
  const names = leaf.dnsNames;
  if (names.includes(domain) || names.includes(orgDomain)) return [];
  const places = [under(`${selector}._bimi`, domain), under(`${selector}._bimi`, orgDomain)];
  const place = places.find((name): name is DnsName => name !== undefined && names.includes(name));
  const evidence = names.map((value) => ({ kind: 'fact', label: 'name', value }) as const);
  if (place) return [found('mc.san.selector_only', { subject, args: { selector, name: place }, evidence })];
  const shown =
    names.length === 0
      ? 'no domain'
      : names
          .slice(0, 5)
          .map((name) => `\`${name}\``)
          .join(', ');
  return [found('mc.san.mismatch', { subject, args: { names: shown, domain }, evidence })];
}

function logotypeFindings(leaf: MarkCertificate, source: MarkSource): readonly Finding[] {
  const { subject } = source;
  const { logotype } = leaf;
  const evidence = [certificateEvidence(leaf, source)];
  if (!logotype) return [found('mc.logotype.missing', { subject, evidence })];
  const findings: Finding[] = [];
  if (logotype.critical) findings.push(found('mc.logotype.critical', { subject, evidence }));
  if (logotype.fault !== undefined || !logotype.svg) {
    const what = logotype.fault ?? 'it is not there';
    return [...findings, found('mc.logotype.uri', { subject, args: { what }, evidence })];
  }
  const { hash, hashAlgorithm, statedHash, svg } = logotype;
  const stated = [{ kind: 'fact', label: hashAlgorithm, value: statedHash }] as const;
  if (hash === 'different') {
    findings.push(found('mc.logotype.hash', { subject, args: { what: 'is not that of the logo' }, evidence: stated }));
  } else if (hash !== 'equal') {
    const what = hash === 'none' ? 'is missing' : `uses an unknown algorithm (${hashAlgorithm})`;
    findings.push(found('mc.logotype.hash', { subject, args: { what }, evidence: stated, severity: 'warning' }));
  } else if (weakHashes.has(hashAlgorithm)) {
    const args = { what: `uses ${hashAlgorithm}, weaker than SHA-256` };
    findings.push(found('mc.logotype.hash', { subject, args, evidence: stated, severity: 'warning' }));
  }
  const place = `${source.place} (logo)`;
  const broken = checkSvg(svg, { place, subject }).findings.filter(({ severity }) => severity === 'error');
  if (broken.length > 0) {
    const codes = [...new Set(broken.map(({ code }) => code))].join(', ');
    const places = broken.slice(0, 10).flatMap((finding) => finding.evidence.slice(0, 1));
    findings.push(found('mc.logotype.svg', { subject, args: { codes }, evidence: places }));
  }
  return findings;
}
