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

/** Regions in which Amazon SES is offered, in the order of the General Reference. */
export const sesRegions: readonly string[] = [
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
  'af-south-1',
  'ap-south-1',
  'ap-south-2',
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-northeast-3',
  'ap-southeast-1',
  'ap-southeast-2',
  'ap-southeast-3',
  'ap-southeast-5',
  'ca-central-1',
  'ca-west-1',
  'eu-central-1',
  'eu-central-2',
  'eu-north-1',
  'eu-south-1',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'il-central-1',
  'me-central-1',
  'me-south-1',
  'sa-east-1',
  'us-gov-east-1',
  'us-gov-west-1',
];

/** The zone of the keys of a region. */
export function sesDkimZone(region: string): DnsName {
  return dnsName(sesRegionsWithOwnZone.includes(region) ? `dkim.${region}.amazonses.com` : 'dkim.amazonses.com');
}

const feedback = /^feedback-smtp\.([a-z]{2}(?:-[a-z]+)+-\d{1,2})\.amazonses\.com$/;

/** Where bounces to a custom MAIL FROM name go, as its only MX, preference 10. */
export function sesFeedback(region: string): DnsName {
  return dnsName(`feedback-smtp.${region}.amazonses.com`);
}

/** The region in the exchange of a custom MAIL FROM name: `feedback-smtp.eu-west-1.amazonses.com`. */
export function sesRegionOf(exchange: string): string | undefined {
  return feedback.exec(exchange)?.[1];
}
