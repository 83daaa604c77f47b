/** Scenarios: zone text in, exactly these codes out. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectCodes, type FailingQuestion, zoneWorld } from '../../../test/zone-world.ts';
import { dnsName } from '../../dns/name.ts';
import type { Resolver } from '../../dns/resolver.ts';
import type { Answer, RrType } from '../../dns/rrset.ts';
import type { Finding } from '../../finding/finding.ts';
import type { World } from '../../world/world.ts';
import { check, type DmarcContext } from './check.ts';
import { rows } from './findings.ts';
import { type DmarcOptions, lookupDmarc } from './lookup.ts';
import { parse } from './record.ts';

interface Scenario {
  readonly title: string;
  /** Default: `d.test`. */
  readonly domain?: string;
  readonly zone: string;
  readonly codes: readonly (keyof typeof rows)[];
  readonly context?: Partial<DmarcContext>;
  readonly options?: DmarcOptions;
  readonly failures?: readonly FailingQuestion[];
  readonly world?: (world: World) => World;
  /** The text to publish that the first finding of this code names. */
  readonly fix?: readonly [code: keyof typeof rows, name: string, text: string];
}

const mx = 'd.test. MX 10 mx.d.test.\n';
const rua = 'rua=mailto:r@d.test';
const at = (name: string, text: string): string => `_dmarc.${name}. TXT "${text.replaceAll('"', '\\"')}"\n`;
const own = (text: string): string => mx + at('d.test', `v=DMARC1; ${text}`);
const ses = { name: 'Amazon SES', mailFrom: dnsName('bounce.d.test'), dkim: [dnsName('d.test')] };
const foreign = dnsName('amazonses.com');

/** The zone denies `septet-…` names the compact way. */
function compact(world: World): World {
  const { resolver } = world;
  const query = async <T extends RrType>(...args: Parameters<typeof resolver.query<T>>): Promise<Answer<T>> => {
    const answer = await resolver.query(...args);
    if (answer.kind !== 'nxdomain' || !answer.name.startsWith('septet-')) return answer;
    return { ...answer, kind: 'nodata', nxname: true };
  };
  return { ...world, resolver: { query } satisfies Resolver };
}

const long = `${'a23456789.'.repeat(12)}d.test`;
const scenarios: readonly Scenario[] = [
  { title: 'a strict record', zone: own(`p=reject; ${rua}`), codes: ['dmarc.effective'] },
  { title: 'the record of stage 3', zone: own(`p=quarantine; np=reject; ${rua}`), codes: ['dmarc.effective'] },
  {
    title: 'the rehearsal of stage 2',
    zone: own(`p=quarantine; np=reject; t=y; pct=10; ${rua}`),
    codes: ['dmarc.effective'],
  },
  {
    title: 'nothing at all',
    zone: mx,
    codes: ['dmarc.missing'],
    fix: ['dmarc.missing', '_dmarc.d.test', 'v=DMARC1; p=none; rua=mailto:dmarc-reports@d.test'],
  },
  {
    title: 'nothing, for a domain that never sends',
    zone: mx,
    context: { sends: false },
    codes: ['dmarc.missing'],
    fix: ['dmarc.missing', '_dmarc.d.test', 'v=DMARC1; p=reject; rua=mailto:dmarc-reports@d.test'],
  },
  { title: 'a public suffix owes no record', domain: 'com', zone: '', codes: [] },
  {
    title: 'the record at the apex',
    zone: `${mx}d.test. TXT "v=DMARC1; p=none"\nd.test. TXT "v=spf1 -all"\n`,
    codes: ['dmarc.location.apex'],
    fix: ['dmarc.location.apex', '_dmarc.d.test', 'v=DMARC1; p=none'],
  },
  {
    title: 'the apex is not asked when told not to',
    zone: 'd.test. TXT "v=DMARC1; p=none"',
    options: { probe: false },
    codes: ['dmarc.missing'],
  },
  {
    title: 'the underscore is missing',
    zone: 'dmarc.d.test. TXT "v=DMARC1; p=none"',
    codes: ['dmarc.location.no_underscore'],
  },
  { title: 'the record under www', zone: at('www.d.test', 'v=DMARC1; p=none'), codes: ['dmarc.location.sub'] },
  { title: 'the label entered twice', zone: at('_dmarc.d.test', 'v=DMARC1; p=none'), codes: ['dmarc.location.sub'] },
  {
    title: 'two records',
    zone: own(`p=none; ${rua}`) + at('d.test', 'v=DMARC1; p=reject'),
    codes: ['dmarc.record.multiple'],
    fix: ['dmarc.record.multiple', '_dmarc.d.test', 'v=DMARC1; p=none; rua=mailto:r@d.test'],
  },
  {
    title: 'a verification token beside the record',
    zone: own(`p=reject; ${rua}`) + at('d.test', 'google-site-verification=x'),
    codes: ['dmarc.record.unrelated_txt', 'dmarc.effective'],
  },
  {
    title: 'only a token',
    zone: at('d.test', 'forward-email=x'),
    codes: ['dmarc.record.unrelated_txt', 'dmarc.missing'],
  },
  {
    title: 'SPF in the place of DMARC',
    zone: at('d.test', 'v=spf1 -all'),
    codes: ['dmarc.record.spf_here', 'dmarc.missing'],
  },
  {
    title: 'an alias to a vendor',
    zone: `${mx}_dmarc.d.test. CNAME d.vendor.test.\nd.vendor.test. TXT "v=DMARC1; p=reject; ${rua}"`,
    codes: ['dmarc.cname', 'dmarc.effective'],
  },
  {
    title: 'an alias to nowhere',
    zone: `${mx}_dmarc.d.test. CNAME d.vendor.test.`,
    codes: ['dmarc.cname'],
    fix: ['dmarc.cname', '_dmarc.d.test', 'v=DMARC1; p=none; rua=mailto:dmarc-reports@d.test'],
  },
  {
    title: 'the version in lower case',
    zone: at('d.test', 'v=dmarc1; p=none'),
    codes: ['dmarc.v.bad'],
    fix: ['dmarc.v.bad', '_dmarc.d.test', 'v=DMARC1; p=none'],
  },
  {
    title: 'a comma behind the version',
    zone: at('d.test', 'v=DMARC1, p=none'),
    codes: ['dmarc.syntax.separator'],
    fix: ['dmarc.syntax.separator', '_dmarc.d.test', 'v=DMARC1; p=none'],
  },
  {
    title: 'a semicolon is missing',
    zone: own(`p=reject ${rua}`),
    codes: ['dmarc.syntax.glued', 'dmarc.rua.missing', 'dmarc.effective'],
    fix: ['dmarc.syntax.glued', '_dmarc.d.test', 'v=DMARC1; p=reject; rua=mailto:r@d.test'],
  },
  {
    title: 'a tag twice',
    zone: own(`p=reject; ${rua}; p=none`),
    codes: ['dmarc.syntax.duplicate_tag', 'dmarc.effective'],
  },
  {
    title: 'a tag nobody knows',
    zone: own(`p=reject; ${rua}; policy=none`),
    codes: ['dmarc.tag.unknown', 'dmarc.effective'],
  },
  { title: 'an empty tag', zone: own(`p=reject; ${rua}; ruf=`), codes: ['dmarc.tag.empty_value', 'dmarc.effective'] },
  {
    title: 'a typographic dash',
    zone: own(`p=reject; ${rua}; adkim=\\226\\128\\147s`),
    codes: ['dmarc.value.charset', 'dmarc.effective'],
  },
  { title: 'capitals', zone: own(`p=REJECT; ${rua}`), codes: ['dmarc.tag.case', 'dmarc.effective'] },
  {
    title: 'no policy, with reports',
    zone: own(rua),
    codes: ['dmarc.p.missing', 'dmarc.effective'],
    fix: ['dmarc.p.missing', '_dmarc.d.test', 'v=DMARC1; p=none; rua=mailto:r@d.test'],
  },
  {
    title: 'a policy with a typing error',
    zone: own(`p=rejct; ${rua}`),
    codes: ['dmarc.p.invalid', 'dmarc.effective'],
  },
  {
    title: 'sp with a typing error',
    zone: own(`p=reject; sp=rejct; ${rua}`),
    codes: ['dmarc.sp.invalid', 'dmarc.effective'],
    fix: ['dmarc.sp.invalid', '_dmarc.d.test', 'v=DMARC1; p=reject; sp=reject; rua=mailto:r@d.test'],
  },
  {
    title: 'np with a typing error',
    zone: own(`p=reject; np=rejct; ${rua}`),
    codes: ['dmarc.np.invalid', 'dmarc.effective'],
  },
  { title: 'p at the end', zone: own(`${rua}; p=reject`), codes: ['dmarc.p.not_second', 'dmarc.effective'] },
  {
    title: 'watching only',
    zone: own(`p=none; ${rua}`),
    codes: ['dmarc.p.none', 'dmarc.np.missing', 'dmarc.effective'],
    fix: ['dmarc.np.missing', '_dmarc.d.test', 'v=DMARC1; p=none; np=reject; rua=mailto:r@d.test'],
  },
  {
    title: 'open sub-domains',
    zone: own(`p=reject; sp=none; np=reject; ${rua}`),
    codes: ['dmarc.sp.none', 'dmarc.effective'],
    fix: ['dmarc.sp.none', '_dmarc.d.test', 'v=DMARC1; p=reject; np=reject; rua=mailto:r@d.test'],
  },
  {
    title: 'a milder sp',
    zone: own(`p=reject; sp=quarantine; np=reject; ${rua}`),
    codes: ['dmarc.sp.weaker', 'dmarc.effective'],
    fix: ['dmarc.sp.weaker', '_dmarc.d.test', 'v=DMARC1; p=reject; sp=reject; np=reject; rua=mailto:r@d.test'],
  },
  { title: 'a milder np', zone: own(`p=reject; np=none; ${rua}`), codes: ['dmarc.sp.weaker', 'dmarc.effective'] },
  {
    title: 'sp in the record of a sub-domain',
    domain: 'a.d.test',
    zone: own(`p=reject; ${rua}`) + at('a.d.test', `v=DMARC1; p=reject; sp=none; ${rua}`),
    codes: ['dmarc.sp.on_subdomain', 'dmarc.effective'],
  },
  {
    title: 'an exposed sub-domain',
    zone: own(`p=reject; ${rua}`) + at('shop.d.test', 'v=DMARC1; p=none') + at('www.d.test', 'v=DMARC1; p=reject'),
    options: { subdomains: [dnsName('shop.d.test'), dnsName('www.d.test'), dnsName('d.test')] },
    codes: ['dmarc.sp.unused_exposed', 'dmarc.effective'],
  },
  {
    title: 'compact denial of existence, with open sub-domains',
    zone: own(`p=none; np=reject; ${rua}`),
    world: compact,
    codes: ['dmarc.p.none', 'dmarc.np.compact_denial', 'dmarc.effective'],
  },
  {
    title: 'compact denial of existence that does no harm',
    zone: own(`p=reject; np=reject; ${rua}`),
    world: compact,
    codes: ['dmarc.effective'],
  },
  { title: 't=yes', zone: own(`p=reject; t=yes; ${rua}`), codes: ['dmarc.t.invalid', 'dmarc.effective'] },
  {
    title: 't=y alone',
    zone: own(`p=reject; t=y; ${rua}`),
    codes: ['dmarc.t.alone', 'dmarc.effective'],
    fix: ['dmarc.t.alone', '_dmarc.d.test', 'v=DMARC1; p=reject; t=y; pct=0; rua=mailto:r@d.test'],
  },
  {
    title: 't=y with nothing to test',
    zone: own(`p=none; t=y; ${rua}`),
    codes: ['dmarc.p.none', 'dmarc.np.missing', 'dmarc.t.noop', 'dmarc.effective'],
  },
  { title: 'pct=100', zone: own(`p=reject; pct=100; ${rua}`), codes: ['dmarc.pct.removed', 'dmarc.effective'] },
  {
    title: 'pct=50',
    zone: own(`p=reject; pct=50; ${rua}`),
    codes: ['dmarc.pct.partial', 'dmarc.effective'],
    fix: ['dmarc.pct.partial', '_dmarc.d.test', 'v=DMARC1; p=reject; t=y; pct=50; rua=mailto:r@d.test'],
  },
  { title: 'pct=0', zone: own(`p=reject; pct=0; ${rua}`), codes: ['dmarc.pct.zero_effect', 'dmarc.effective'] },
  { title: 'pct=half', zone: own(`p=reject; pct=half; ${rua}`), codes: ['dmarc.pct.invalid', 'dmarc.effective'] },
  { title: 'ri', zone: own(`p=reject; ri=3600; ${rua}`), codes: ['dmarc.rf_ri.removed', 'dmarc.effective'] },
  {
    title: 'adkim=relaxed',
    zone: own(`p=reject; adkim=relaxed; ${rua}`),
    codes: ['dmarc.adkim_aspf.invalid', 'dmarc.effective'],
  },
  {
    title: 'fo=2',
    zone: own(`p=reject; fo=2; ${rua}; ruf=mailto:r@d.test`),
    codes: ['dmarc.fo.invalid', 'dmarc.ruf.present', 'dmarc.effective'],
  },
  { title: 'fo without ruf', zone: own(`p=reject; fo=1; ${rua}`), codes: ['dmarc.fo.without_ruf', 'dmarc.effective'] },
  {
    title: 'no reports',
    zone: own('p=reject'),
    codes: ['dmarc.rua.missing', 'dmarc.effective'],
    fix: ['dmarc.rua.missing', '_dmarc.d.test', 'v=DMARC1; p=reject; rua=mailto:dmarc-reports@d.test'],
  },
  {
    title: 'a parked domain needs no reports',
    zone: own('p=reject'),
    context: { sends: false },
    codes: ['dmarc.effective'],
  },
  {
    title: 'an address without mailto',
    zone: own('p=reject; rua=r@d.test'),
    codes: ['dmarc.rua.syntax', 'dmarc.effective'],
    fix: ['dmarc.rua.syntax', '_dmarc.d.test', 'v=DMARC1; p=reject; rua=mailto:r@d.test'],
  },
  { title: 'only https', zone: own('p=reject; rua=https://d.test/in'), codes: ['dmarc.rua.scheme', 'dmarc.effective'] },
  { title: 'a size limit', zone: own(`p=reject; ${rua}!10m`), codes: ['dmarc.rua.size_suffix', 'dmarc.effective'] },
  {
    title: 'three addresses',
    zone: own(`p=reject; ${rua},mailto:s@d.test,mailto:t@d.test`),
    codes: ['dmarc.rua.many', 'dmarc.effective'],
  },
  {
    title: 'a report domain without mail',
    zone: at('d.test', `v=DMARC1; p=reject; ${rua}`),
    codes: ['dmarc.rua.undeliverable', 'dmarc.effective'],
  },
  {
    title: 'a null MX',
    zone: `d.test. MX 0 .\n${at('d.test', `v=DMARC1; p=reject; ${rua}`)}`,
    codes: ['dmarc.rua.undeliverable', 'dmarc.effective'],
  },
  {
    title: 'an address instead of an MX',
    zone: `d.test. A 192.0.2.1\n${at('d.test', `v=DMARC1; p=reject; ${rua}`)}`,
    codes: ['dmarc.effective'],
  },
  {
    title: 'an MX that cannot be looked up',
    zone: own(`p=reject; ${rua}`),
    failures: [['d.test', 'MX', 'timeout']],
    codes: ['dmarc.effective'],
  },
  {
    title: 'a destination that has not agreed',
    zone: `${own('p=reject; rua=mailto:r@v.example; ruf=mailto:f@w.example')}v.example. MX 1 m.v.example.\nw.example. MX 1 m.w.example.`,
    codes: [
      'dmarc.rua.external_unauthorised',
      'dmarc.ruf.external_unauthorised',
      'dmarc.ruf.present',
      'dmarc.effective',
    ],
    fix: ['dmarc.rua.external_unauthorised', 'd.test._report._dmarc.v.example', 'v=DMARC1'],
  },
  {
    title: 'a destination that agrees for everybody',
    zone: `${own('p=reject; rua=mailto:r@v.example')}v.example. MX 1 m.v.example.\n*._report._dmarc.v.example. TXT "v=DMARC1"`,
    codes: ['dmarc.effective'],
  },
  {
    title: 'an agreement that cannot be looked up',
    zone: `${own('p=reject; rua=mailto:r@v.example')}v.example. MX 1 m.v.example.`,
    failures: [['d.test._report._dmarc.v.example', 'TXT', 'servfail']],
    codes: ['dmarc.effective'],
  },
  {
    title: 'a sub-domain of one organisation needs no agreement',
    zone: `${own('p=reject; rua=mailto:r@in.d.test')}in.d.test. MX 1 mx.d.test.`,
    codes: ['dmarc.effective'],
  },
  {
    title: 'the apex is another organisation to those who walk, when only the sub-domain has a record',
    domain: 'a.d.test',
    zone: mx + at('a.d.test', `v=DMARC1; p=reject; ${rua}`),
    codes: ['dmarc.orgdomain.no_apex_record', 'dmarc.rua.external_unauthorised', 'dmarc.effective'],
    fix: ['dmarc.orgdomain.no_apex_record', '_dmarc.d.test', 'v=DMARC1; p=none; rua=mailto:dmarc-reports@d.test'],
  },
  {
    title: 'a name too long for an agreement',
    domain: long,
    zone: `${at(long, `v=DMARC1; p=reject; psd=n; rua=mailto:r@${'b23456789.'.repeat(12)}example`)}${'b23456789.'.repeat(12)}example. MX 1 m.example.`,
    codes: ['dmarc.rua.external_name_too_long', 'dmarc.orgdomain.differs', 'dmarc.effective'],
  },
  {
    title: 'an agreement that names another mailbox of the host',
    zone: `${own('p=reject; rua=mailto:r@v.example')}v.example. MX 1 m.v.example.\nd.test._report._dmarc.v.example. TXT "v=DMARC1; rua=mailto:x@v.example"`,
    codes: ['dmarc.rua.external_override', 'dmarc.effective'],
  },
  {
    title: 'an agreement that names another host',
    zone: `${own('p=reject; rua=mailto:r@v.example')}v.example. MX 1 m.v.example.\nd.test._report._dmarc.v.example. TXT "v=DMARC1; rua=mailto:x@other.example"`,
    codes: ['dmarc.rua.external_override', 'dmarc.effective'],
    fix: ['dmarc.rua.external_override', 'd.test._report._dmarc.v.example', 'v=DMARC1'],
  },
  {
    title: 'an agreement under the name of the sub-domain',
    domain: 'a.d.test',
    zone: `${own('p=reject; rua=mailto:r@v.example')}v.example. MX 1 m.v.example.\na.d.test._report._dmarc.v.example. TXT "v=DMARC1"`,
    codes: [
      'dmarc.inherited',
      'dmarc.rua.external_unauthorised',
      'dmarc.rua.external_for_inherited',
      'dmarc.effective',
    ],
    fix: ['dmarc.rua.external_for_inherited', 'd.test._report._dmarc.v.example', 'v=DMARC1'],
  },
  {
    title: 'a consumer mailbox',
    zone: `${own('p=reject; rua=mailto:me@gmail.com')}gmail.com. MX 1 m.gmail.com.`,
    codes: ['dmarc.rua.webmail', 'dmarc.effective'],
  },
  {
    title: 'failure reports',
    zone: own(`p=reject; ${rua}; ruf=mailto:r@d.test`),
    codes: ['dmarc.ruf.present', 'dmarc.effective'],
  },
  {
    title: 'inherited',
    domain: 'a.d.test',
    zone: own(`p=reject; ${rua}`),
    codes: ['dmarc.inherited', 'dmarc.effective'],
  },
  {
    title: 'a record in between',
    domain: 'a.b.d.test',
    zone: own(`p=reject; ${rua}`) + at('b.d.test', `v=DMARC1; p=none; ${rua}`),
    codes: ['dmarc.inherited', 'dmarc.intermediate.not_used', 'dmarc.effective'],
    fix: ['dmarc.intermediate.not_used', '_dmarc.a.b.d.test', 'v=DMARC1; p=none; rua=mailto:r@d.test'],
  },
  {
    title: 'a record in between with psd=n',
    domain: 'a.b.d.test',
    zone:
      own(`p=reject; ${rua}`) +
      at('b.d.test', 'v=DMARC1; p=reject; psd=n; rua=mailto:r@b.d.test') +
      'b.d.test. MX 1 mx.d.test.',
    codes: ['dmarc.inherited', 'dmarc.orgdomain.differs', 'dmarc.effective'],
  },
  {
    title: 'not a registry',
    zone: own(`p=reject; psd=y; ${rua}`),
    codes: ['dmarc.psd.y_misused', 'dmarc.effective'],
    fix: ['dmarc.psd.y_misused', '_dmarc.d.test', 'v=DMARC1; p=reject; rua=mailto:r@d.test'],
  },
  {
    title: 'a registry that wants failure reports',
    domain: 'com',
    zone: `${at('com', 'v=DMARC1; p=reject; psd=y; rua=mailto:r@com; ruf=mailto:r@com')}com. MX 1 m.com.`,
    codes: ['dmarc.psd.y_with_ruf', 'dmarc.ruf.present', 'dmarc.effective'],
  },
  { title: 'psd=x', zone: own(`p=reject; psd=x; ${rua}`), codes: ['dmarc.psd.invalid', 'dmarc.effective'] },
  {
    title: 'a registry that does not call itself one',
    domain: 'd.co.uk',
    zone: `d.co.uk. MX 1 m.d.co.uk.\n${at('d.co.uk', 'v=DMARC1; p=reject; rua=mailto:r@d.co.uk')}${at('co.uk', 'v=DMARC1; p=none')}`,
    codes: ['dmarc.psd.parent_unmarked', 'dmarc.effective'],
    fix: ['dmarc.psd.parent_unmarked', '_dmarc.d.co.uk', 'v=DMARC1; p=reject; psd=n; rua=mailto:r@d.co.uk'],
  },
  {
    title: 'a registry governs',
    domain: 'd.test',
    zone: at('test', 'v=DMARC1; p=reject; psd=y'),
    codes: ['dmarc.inherited', 'dmarc.effective'],
  },
  {
    title: 'a record where no walk looks',
    domain: 'a.b.c.d.e.f.g.h.i.d.test',
    zone: at('b.c.d.e.f.g.h.i.d.test', 'v=DMARC1; p=reject'),
    codes: ['dmarc.treewalk.depth'],
    fix: ['dmarc.treewalk.depth', '_dmarc.a.b.c.d.e.f.g.h.i.d.test', 'v=DMARC1; p=reject'],
  },
  {
    title: 'a failed look-up is not missing',
    zone: '',
    failures: [['_dmarc.d.test', 'TXT', 'servfail']],
    codes: ['dmarc.treewalk.query_error'],
  },
  {
    title: 'a failed look-up above a record',
    zone: own(`p=reject; ${rua}`),
    failures: [['_dmarc.test', 'TXT', 'timeout']],
    codes: ['dmarc.treewalk.query_error', 'dmarc.effective'],
  },
  {
    title: 'aligned sources',
    zone: own(`p=reject; ${rua}`),
    context: { knownSources: [ses] },
    options: { identifiers: [dnsName('bounce.d.test')] },
    codes: ['dmarc.effective'],
  },
  {
    title: 'strict SPF excludes a return path',
    zone: own(`p=reject; aspf=s; ${rua}`),
    context: { knownSources: [ses] },
    options: { identifiers: [dnsName('bounce.d.test')] },
    codes: ['dmarc.align.strict_breaks', 'dmarc.align.single', 'dmarc.effective'],
  },
  {
    title: 'strict DKIM excludes a sub-domain, and reject then stands on SPF',
    zone: own(`p=reject; adkim=s; ${rua}`),
    context: { knownSources: [{ name: 'Postal', mailFrom: dnsName('d.test'), dkim: [dnsName('mail.d.test')] }] },
    options: { identifiers: [dnsName('mail.d.test')] },
    codes: ['dmarc.align.strict_breaks', 'dmarc.align.single', 'dmarc.p.reject_spf_only', 'dmarc.effective'],
  },
  {
    title: 'a source that aligns with nothing',
    zone: own(`p=reject; ${rua}`),
    context: { knownSources: [{ name: 'Amazon SES', mailFrom: foreign, dkim: [foreign] }] },
    options: { identifiers: [foreign] },
    codes: ['dmarc.align.none', 'dmarc.effective'],
  },
  {
    title: 'without a record the list says what aligns',
    zone: mx,
    context: { knownSources: [{ ...ses, dkim: [foreign] }] },
    options: { identifiers: [dnsName('bounce.d.test'), foreign] },
    codes: ['dmarc.missing', 'dmarc.align.single'],
  },
  {
    title: 'an identifier with a boundary of its own',
    zone: own(`p=reject; ${rua}`) + at('bounce.d.test', 'v=DMARC1; p=reject; psd=n'),
    context: { knownSources: [ses] },
    options: { identifiers: [dnsName('bounce.d.test')] },
    codes: ['dmarc.orgdomain.differs', 'dmarc.align.single', 'dmarc.effective'],
  },
  {
    title: 'people and reject',
    zone: own(`p=reject; ${rua}`),
    context: { hasPeople: true },
    codes: ['dmarc.p.reject_with_humans', 'dmarc.effective'],
    fix: ['dmarc.p.reject_with_humans', '_dmarc.d.test', 'v=DMARC1; p=quarantine; rua=mailto:r@d.test'],
  },
  {
    title: 'people and quarantine',
    zone: own(`p=quarantine; np=reject; ${rua}`),
    context: { mxProvider: 'people', hasPeople: true },
    codes: ['dmarc.effective'],
  },
  {
    title: 'sending as a public mail service',
    domain: 'gmail.com',
    zone: `gmail.com. MX 1 m.gmail.com.\n${at('gmail.com', 'v=DMARC1; p=reject; rua=mailto:r@gmail.com')}`,
    context: { sends: true },
    codes: ['dmarc.from.free_webmail', 'dmarc.effective'],
  },
];

async function run(scenario: Scenario): Promise<readonly Finding[]> {
  const domain = dnsName(scenario.domain ?? 'd.test');
  const plain = zoneWorld(scenario.zone, { failures: scenario.failures ?? [] });
  const world = scenario.world?.(plain) ?? plain;
  const observation = await lookupDmarc(world, domain, scenario.options);
  assert.deepEqual(JSON.parse(JSON.stringify(observation)), observation, 'the observation is plain JSON');
  return check(observation, { now: world.now(), domain, sends: undefined, ...scenario.context });
}

for (const scenario of scenarios) {
  test(`scenario: ${scenario.title}`, async () => {
    const findings = await run(scenario);
    expectCodes(findings, scenario.codes);
    for (const finding of findings) {
      for (const evidence of finding.evidence) {
        if (evidence.kind !== 'record') continue;
        for (const { offset, length } of evidence.marks ?? [])
          assert.ok(offset >= 0 && offset + length <= evidence.text.length);
      }
      for (const set of finding.fix.set ?? []) {
        if (set.type !== 'TXT' || set.action === 'remove') continue;
        const parsed = parse(set.data[0] ?? '');
        assert.equal(parsed.kind, 'good', `${finding.code} proposes ${set.data[0]}`);
      }
    }
    if (scenario.fix) {
      const [code, name, text] = scenario.fix;
      const set = findings
        .find((finding) => finding.code === code)
        ?.fix.set?.find((entry) => entry.type === 'TXT' && !entry.action);
      assert.deepEqual({ name: set?.name, data: set?.data }, { name, data: [text] });
    }
  });
}

test('severities that depend', async () => {
  const severityOf = async (title: string, code: string, context: Partial<DmarcContext> = {}): Promise<string> => {
    const scenario = scenarios.find((entry) => entry.title === title);
    assert.ok(scenario, title);
    const finding = (await run({ ...scenario, context })).find((entry) => entry.code === code);
    return `${finding?.severity} ${finding?.state}`;
  };
  assert.equal(await severityOf('nothing at all', 'dmarc.missing'), 'warning fail');
  assert.equal(await severityOf('nothing at all', 'dmarc.missing', { bulk: true }), 'error fail');
  assert.equal(await severityOf('an alias to a vendor', 'dmarc.cname'), 'info pass');
  assert.equal(await severityOf('an alias to nowhere', 'dmarc.cname'), 'error fail');
  assert.equal(await severityOf('an agreement that names another host', 'dmarc.rua.external_override'), 'error fail');
  assert.equal(await severityOf('a failed look-up is not missing', 'dmarc.treewalk.query_error'), 'info unknown');
});

test('every code has a scenario', () => {
  const seen = new Set<string>(scenarios.flatMap((scenario) => scenario.codes));
  assert.deepEqual(
    Object.keys(rows).filter((code) => !seen.has(code)),
    [],
  );
});
