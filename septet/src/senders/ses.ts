/**
 * Where Amazon SES keeps the keys of Easy DKIM: regions that opened first share one zone, later ones have their own.
 * Source: AWS General Reference, "DKIM domains" of Amazon SES, seen 2026-11. `SigningHostedZone` of GetEmailIdentity
 * is the last word, because Deterministic Easy DKIM lets an identity use the keys of another region.
 */
import { dnsName, type DnsName } from '../dns/name.ts';

/** Regions with a zone of their own, `dkim.<region>.amazonses.com`. */
export const sesRegionsWithOwnZone: readonly string[] = [
  'af-south-1',
  'ap-northeast-3',
  'ap-south-2',
  'ap-southeast-3',
  'ap-southeast-5',
  'ca-west-1',
  'eu-central-2',
  'eu-south-1',
  'il-central-1',
  'me-central-1',
  'us-gov-east-1',
];

/** The zone of the keys of a region. */
export function sesDkimZone(region: string): DnsName {
  return dnsName(sesRegionsWithOwnZone.includes(region) ? `dkim.${region}.amazonses.com` : 'dkim.amazonses.com');
}

const feedback = /^feedback-smtp\.([a-z]{2}(?:-[a-z]+)+-\d{1,2})\.amazonses\.com$/;

/** The region in the exchange of a custom MAIL FROM name: `feedback-smtp.eu-west-1.amazonses.com`. */
export function sesRegionOf(exchange: string): string | undefined {
  return feedback.exec(exchange)?.[1];
}
