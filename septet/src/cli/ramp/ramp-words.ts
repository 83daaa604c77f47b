/** Ramps and their stages in words. */
import type { RampName } from '../../watch/ramp/ramp.ts';

export const rampTitles: Readonly<Record<RampName, string>> = {
  dmarc: 'DMARC',
  spf: 'SPF',
  'mta-sts': 'MTA-STS',
  bimi: 'BIMI',
};

const words: Readonly<Record<string, string>> = {
  'dmarc none': 'none (p=none)',
  'dmarc sampled': 'sampled (a tenth of p=quarantine)',
  'dmarc quarantine': 'quarantine (p=quarantine)',
  'dmarc reject': 'reject (p=reject)',
  'mta-sts long': 'long (enforce, kept for a month)',
  'mta-sts withdrawn': 'withdrawn (mode none)',
  'mta-sts gone': 'gone (no record)',
};

/** `quarantine (p=quarantine)`. */
export const stageWords = (ramp: RampName, stage: string): string => words[`${ramp} ${stage}`] ?? stage;

/** `412 of 9,000 messages`. */
export const shareText = (part: number, whole: number): string =>
  part === whole ? `all ${grouped(whole)} messages` : `${grouped(part)} of ${grouped(whole)} messages`;

const grouped = (count: number): string => String(count).replaceAll(/\B(?=(\d{3})+$)/g, ',');
