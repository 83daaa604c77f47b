/** Septet as a library: check a domain in a World of your own. The command line is built on the same values. */
export { audit } from './audit/audit.ts';
export type { AuditOptions } from './audit/gather.ts';
export type { Demand, ObservedRecord, ProviderCard, RecordReport, Report } from './audit/report.ts';
export { parseDomain, parseName, type DnsName, type NameResult } from './dns/name.ts';
export { networkResolver, systemServers } from './dns/network-resolver.ts';
export { cachingResolver } from './dns/cache.ts';
export { readZone } from './dns/zone-read.ts';
export { zoneResolver } from './dns/zone-resolver.ts';
export type { Resolver } from './dns/resolver.ts';
export type { Evidence, Finding, Fix, RecordToSet, Severity, State, Subject } from './finding/finding.ts';
export { httpsFetch } from './world/https.ts';
export type { World } from './world/world.ts';
