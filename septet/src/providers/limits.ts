/**
 * What each DNS host can store, and whether a change fits. A change that does not fit is refused before anything is
 * written. Figures that no host publishes stand with how they were found; "DNSControl" stands for what its
 * `auditrecords.go` of that host says.
 */
import type { Change } from '../change/change.ts';
import { labels } from '../dns/name.ts';
import { formatTxtForZone } from '../dns/rdata-text.ts';
import { txtText, type Mx, type RrSet, type Txt } from '../dns/rrset.ts';
import type { HostLimits } from '../plan/limits.ts';

/** RFC 2181 §8: a TTL is an unsigned number of 31 bits. */
const maxTtlSeconds = 0x7fffffff;

/** RDATA has at most 65,535 octets (RFC 1035 §3.2.1), of which every 255 octets of text take one for their length. */
const maxWireTxtOctets = 65_279;

const usualTypes = ['A', 'AAAA', 'CAA', 'CNAME', 'MX', 'NS', 'SRV', 'TXT'];
const moreTypes = [...usualTypes, 'DS', 'PTR', 'TLSA'];
const allTypes = [...moreTypes, 'DNAME', 'SPF'];

/** Everything that DNS itself allows. */
const plain: HostLimits = {
  minTtlSeconds: 0,
  maxTtlSeconds,
  maxTxtOctets: maxWireTxtOctets,
  nullMx: true,
  txtQuotes: true,
  txtBackslash: true,
  underscoreCname: true,
  types: allTypes,
  pushSeconds: 5,
};

/** By the keys of `host-kinds.ts`. */
export const hostLimits: Readonly<Record<string, HostLimits>> = {
  cloudflare: {
    ...plain,
    // API description of `ttl`: 60 to 86400, 30 for Enterprise zones; 1 means automatic.
    minTtlSeconds: 60,
    maxTtlSeconds: 86_400,
    // The careful figure, in characters of content; the documentation of 2026 says 4,096 octets on the wire.
    maxTxtOctets: 2048,
    // "DNS record types": content of the same name and type at most 8,192 characters together.
    maxTxtOctetsPerName: 8192,
    txtCounts: 'zone-text',
    emptyTxt: false, // DNSControl
    types: moreTypes,
    pushSeconds: 30, // not published; seconds as a rule
  },
  route53: {
    ...plain,
    // API reference, ResourceRecord: Value of at most 4,000 characters, quotes and escapes counted.
    maxTxtOctets: 4000,
    txtCounts: 'zone-text',
    types: [...moreTypes, 'SPF'],
    pushSeconds: 60, // GetChange: INSYNC, usually within 60 seconds
  },
  rfc2136: plain,
  powerdns: {
    ...plain,
    // Schemas of the generic SQL backends: content VARCHAR(64000) in MySQL, more elsewhere.
    maxTxtOctets: 64_000,
    txtCounts: 'zone-text',
    pushSeconds: 60, // caches of query and packet: 20 seconds each, then secondaries
  },
  digitalocean: {
    ...plain,
    minTtlSeconds: 30, // API description of `ttl`
    // DNSControl: 512 octets as encoded, of which 509 are found to work.
    maxTxtOctets: 509,
    txtCounts: 'zone-text',
    nullMx: false, // DNSControl
    txtBackslash: false, // DNSControl
    emptyTxt: false, // DNSControl
    types: usualTypes,
    pushSeconds: 60, // not published
  },
  hetzner: {
    ...plain,
    minTtlSeconds: 60, // Cloud API description of `ttl`
    maxTxtOctets: 4096, // not published; strings of 255 octets, several allowed
    types: moreTypes,
    pushSeconds: 60, // not published
  },
  gandi: {
    ...plain,
    minTtlSeconds: 300, // LiveDNS description of `rrset_ttl`
    maxTtlSeconds: 2_592_000,
    maxTxtOctets: 4096, // not published
    types: [...moreTypes, 'DNAME', 'SPF'],
    pushSeconds: 300, // not published; minutes as a rule
  },
  godaddy: {
    ...plain,
    minTtlSeconds: 600, // what the form takes
    maxTtlSeconds: 604_800, // API description of `ttl`
    maxTxtOctets: 1024, // not confirmed: what the form takes
    nullMx: false, // not confirmed: the form wants a host name
    txtQuotes: false, // the form takes raw text and keeps quotes as it likes
    types: usualTypes,
    pushSeconds: 600,
  },
  namecheap: {
    ...plain,
    minTtlSeconds: 60, // setHosts: 60 to 60000
    maxTtlSeconds: 60_000,
    maxTxtOctets: 2500, // not published; texts over 255 octets are split on their side
    nullMx: false, // DNSControl
    txtQuotes: false, // DNSControl
    types: ['A', 'AAAA', 'CAA', 'CNAME', 'MX', 'NS', 'SRV', 'TXT'],
    pushSeconds: 1800, // setHosts: up to 30 minutes
  },
  ovh: {
    ...plain,
    minTtlSeconds: 60, // what the form takes
    maxTxtOctets: 4096, // not published
    types: [...usualTypes, 'DNAME', 'DS', 'TLSA', 'SPF'],
    pushSeconds: 300, // not published; the zone has to be refreshed first
  },
  bind: { ...plain, pushSeconds: 60 },
};

export interface LimitBreak {
  /** `txt-length`, `txt-name-sum`, `txt-empty`, `txt-quote`, `txt-backslash`, `ttl-floor`, `ttl-ceiling`, `ttl-choice`, `null-mx`, `type`, `underscore-cname`. */
  readonly rule: string;
  /** What does not fit and the way out, in a sentence for a person. */
  readonly text: string;
}

/** What of the change the host cannot store; empty when all fits. A removal always fits. */
export function checkLimits(change: Change, limits: HostLimits): readonly LimitBreak[] {
  const { after } = change;
  if (after === undefined) return [];
  const at = `${after.name} ${after.type}`;
  if (!limits.types.includes(after.type)) {
    const text = `${at}: this host has no records of type ${after.type}. Use ${limits.types.join(', ')}.`;
    return [{ rule: 'type', text }];
  }
  return [...checkTtl(after, at, limits), ...checkData(after, at, limits)];
}

function checkTtl(set: RrSet, at: string, limits: HostLimits): readonly LimitBreak[] {
  const { ttlSeconds } = set;
  const { minTtlSeconds: min, maxTtlSeconds: max, ttlChoices } = limits;
  if (ttlSeconds < min) {
    return [
      { rule: 'ttl-floor', text: `${at}: this host takes no TTL under ${min} seconds, not ${ttlSeconds}. Use ${min}.` },
    ];
  }
  if (ttlSeconds > max) {
    return [
      {
        rule: 'ttl-ceiling',
        text: `${at}: this host takes no TTL over ${max} seconds, not ${ttlSeconds}. Use ${max}.`,
      },
    ];
  }
  if (ttlChoices === undefined || ttlChoices.includes(ttlSeconds)) return [];
  const text = `${at}: this host takes only the TTLs ${ttlChoices.join(', ')}, not ${ttlSeconds}.`;
  return [{ rule: 'ttl-choice', text }];
}

function checkData(set: RrSet, at: string, limits: HostLimits): readonly LimitBreak[] {
  if (set.type === 'TXT' || set.type === 'SPF') return checkTxt(set.data as readonly Txt[], at, limits);
  if (set.type === 'MX' && !limits.nullMx && (set.data as readonly Mx[]).some((mx) => mx.exchange === '')) {
    const text = `${at}: this host cannot store the null MX (0 ., RFC 7505). Leave MX out and give the name no A and AAAA record, or move the zone.`;
    return [{ rule: 'null-mx', text }];
  }
  if (set.type === 'CNAME' && !limits.underscoreCname && labels(set.name).some((label) => label.startsWith('_'))) {
    const text = `${at}: this host takes no CNAME at a name with an underscore. Publish the record that the target holds, or move the zone.`;
    return [{ rule: 'underscore-cname', text }];
  }
  return [];
}

function checkTxt(members: readonly Txt[], at: string, limits: HostLimits): readonly LimitBreak[] {
  const out: LimitBreak[] = [];
  let sum = 0;
  for (const txt of members) {
    const text = txtText(txt);
    const octets = limits.txtCounts === 'zone-text' ? formatTxtForZone(txt).length : text.length;
    sum += octets;
    if (octets > limits.maxTxtOctets) {
      const counted = limits.txtCounts === 'zone-text' ? ' with quotes and escapes' : '';
      const cure = text.startsWith('v=DKIM1') ? 'Use a key of 2048 bits or Ed25519.' : 'Shorten it or split its work.';
      out.push({
        rule: 'txt-length',
        text: `${at}: this host stores at most ${limits.maxTxtOctets} octets in one text, and this one has ${octets}${counted}. ${cure}`,
      });
    }
    if (text === '' && limits.emptyTxt === false) {
      out.push({ rule: 'txt-empty', text: `${at}: this host cannot store an empty text. Remove the member.` });
    }
    if (!limits.txtQuotes && text.includes('"')) {
      out.push({
        rule: 'txt-quote',
        text: `${at}: this host cannot store a text with the character ". Write it without.`,
      });
    }
    if (!limits.txtBackslash && text.includes('\\')) {
      out.push({
        rule: 'txt-backslash',
        text: `${at}: this host cannot store a text with a backslash. Write it without.`,
      });
    }
  }
  const most = limits.maxTxtOctetsPerName;
  if (most !== undefined && sum > most) {
    out.push({
      rule: 'txt-name-sum',
      text: `${at}: this host stores at most ${most} octets in all texts of one name, and these have ${sum}. Remove texts that nobody needs any more.`,
    });
  }
  return out;
}
