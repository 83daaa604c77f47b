/** Each gate of a stage as a need: what it has and what it wants. Without evidence a gate is closed. Pure. */
import {
  coverageNeed,
  dkimNeed,
  eachSenderNeed,
  errorNeed,
  forwardedNeed,
  newSenderNeed,
  passRateNeed,
  spfNeed,
  unclassifiedNeed,
  volumeNeed,
  type DmarcLimits,
  type Need,
} from '../../reports/evidence/needs.ts';
import type { DmarcEvidence } from '../../reports/evidence/measure.ts';
import { tlsCleanNeed, tlsReportsNeed } from '../../reports/evidence/tls-measure.ts';
import type { GateName, RampEvidence, RampLimits } from './ramp.ts';

type OfReports = Extract<
  GateName,
  | 'coverage'
  | 'volume'
  | 'pass-rate'
  | 'each-sender'
  | 'unclassified'
  | 'new-sender'
  | 'dkim-rate'
  | 'spf-rate'
  | 'forwarded'
  | 'errors'
>;

const ofReports: Readonly<Record<OfReports, (evidence: DmarcEvidence, limits: DmarcLimits) => Need>> = {
  coverage: coverageNeed,
  volume: volumeNeed,
  'pass-rate': passRateNeed,
  'each-sender': eachSenderNeed,
  unclassified: unclassifiedNeed,
  'new-sender': newSenderNeed,
  'dkim-rate': dkimNeed,
  'spf-rate': spfNeed,
  forwarded: forwardedNeed,
  errors: errorNeed,
};

export function gateNeed(gate: GateName, evidence: RampEvidence, limits: RampLimits): Need {
  switch (gate) {
    case 'tls-reports':
    case 'tls-clean': {
      if (!evidence.tls) return untold(gate, 'TLS reports');
      return (gate === 'tls-reports' ? tlsReportsNeed : tlsCleanNeed)(evidence.tls, limits.tls);
    }
    case 'mx-covered':
      return listNeed(gate, 'mail servers that the policy does not name', evidence.mtaSts?.uncovered);
    case 'certificates':
      return listNeed(gate, 'mail servers without a good certificate', evidence.mtaSts?.badCertificates);
    case 'policy-served': {
      if (!evidence.mtaSts) return untold(gate, 'the policy');
      const met = evidence.mtaSts.served;
      return {
        kind: gate,
        met,
        what: 'the policy of this stage',
        has: met ? 'served' : 'not served',
        wants: 'served, with its id announced',
        items: [],
      };
    }
    case 'enforced':
      return listNeed(gate, 'what keeps DMARC from being enforced', evidence.bimi?.dmarc);
    case 'logo':
      return listNeed(gate, 'what is wrong with logo or certificate', evidence.bimi?.logo);
    default:
      return evidence.dmarc ? ofReports[gate](evidence.dmarc, limits.dmarc) : untold(gate, 'DMARC reports');
  }
}

function listNeed(kind: GateName, what: string, faults: readonly string[] | undefined): Need {
  if (!faults) return untold(kind, what);
  const has = faults.length === 0 ? 'none' : `${faults.length}`;
  return { kind, met: faults.length === 0, what, has, wants: 'none', items: faults };
}

const untold = (kind: GateName, what: string): Need => ({
  kind,
  met: false,
  what,
  has: 'could not be told',
  wants: 'to be known',
  items: [],
});
