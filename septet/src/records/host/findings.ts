/** What the checks of the sending host can say. */
import { reporter, type Rows } from '../../finding/catalogue.ts';

export const rows = {
  'host.ptr.missing': {
    severity: 'error',
    test: 'Every IPv4 address that sends has a PTR record.',
    message: 'The sending address {address} has no name: there is no PTR record at {name}.',
    why: 'Gmail, Yahoo, GMX, WEB.DE and Orange refuse or defer mail from addresses without one.',
    fix: 'Ask whoever gave you the address (the hosting company, usually in its console) to set the reverse DNS to the name of the mail host.',
    source: 'Google email sender guidelines; RFC 8601 §3',
  },
  'host.ptr.ipv6_missing': {
    severity: 'error',
    test: 'Every IPv6 address that sends has a PTR record.',
    message: 'The sending IPv6 address {address} has no name: there is no PTR record at {name}.',
    why: 'Gmail refuses mail over IPv6 from such an address, while the same host may be welcome over IPv4.',
    fix: 'Have the reverse DNS of the address set, or let the mail server send over IPv4 only.',
    source: 'Google email sender guidelines',
  },
  'host.ptr.not_forward': {
    severity: 'error',
    test: 'The PTR name of an address leads back to the address.',
    message: 'The sending address {address} is named {names}, but the name does not lead back to it ({seen}).',
    why: 'Receivers that confirm the reverse name count it as missing, and refuse or defer the mail.',
    fix: 'Add the address to the records of the name, or have the PTR set to a name that has the address.',
    source: 'Google email sender guidelines; RFC 8601 §3',
  },
  'host.ptr.generic': {
    severity: 'warning',
    test: 'The PTR name is not one that a provider gave to a whole range.',
    message:
      'The sending address {address} is named {name}, which looks like a name that its provider gave it (`{part}`).',
    why: 'GMX and WEB.DE usually reject mail from such hosts, and filters elsewhere take them for home connections.',
    fix: 'Have the reverse DNS set to a name of your own, for example the one the server says in HELO.',
    source: 'GMX and WEB.DE postmaster requirements',
  },
  'host.ptr.multiple': {
    severity: 'warning',
    test: 'Of several PTR names of an address, all lead back.',
    message: 'The sending address {address} has {count} PTR records, and {unconfirmed} do not lead back to it.',
    why: 'A receiver may look at any one of them; on a bad day it takes one that does not lead back.',
    fix: 'Keep one PTR record, the name of the mail host.',
    source: 'RFC 1912 §2.1',
  },
  'host.ptr.foreign': {
    severity: 'info',
    test: 'The PTR name belongs to the organisation of the From domain.',
    message: 'The sending address {address} is named {name}, which does not belong to {organisation}.',
    why: 'That is normal for shared sending services. T-Online and a few others like to see the own domain on a server of your own.',
    fix: 'On an address of your own, have the reverse DNS set to a name under {organisation}.',
    source: 'observed at T-Online',
  },
  'host.helo.not_fqdn': {
    severity: 'error',
    test: 'The host greets with a full domain name.',
    message: 'The server greets as `{helo}`, which is not a full domain name.',
    why: 'GMX, WEB.DE and Orange reject such greetings, and filters count them as a sign of a broken or hijacked machine.',
    fix: 'Set the name of the mail server (`myhostname` in Postfix) to its public name, for example mail.example.com.',
    source: 'RFC 5321 §2.3.5',
  },
  'host.helo.unresolvable': {
    severity: 'error',
    test: 'The HELO name has an A or AAAA record.',
    message: 'The server greets as {helo}, a name without an A or AAAA record.',
    why: 'Receivers that look the name up, among them Orange, reject the mail.',
    fix: 'Add an A or AAAA record for {helo} with the sending address, or greet with a name that has one.',
    source: 'RFC 5321 §4.1.4',
  },
  'host.helo.ptr_mismatch': {
    severity: 'warning',
    test: 'The HELO name is the PTR name of the address.',
    message: 'The server greets as {helo}, but its address {address} is named {names}.',
    why: 'GMX and others score mail down when the two differ.',
    fix: 'Use one name for both: have the PTR of {address} set to {helo}, or greet with {first}.',
    source: 'GMX postmaster requirements',
  },
  'host.helo.no_spf': {
    severity: 'warning',
    test: 'The HELO name has an SPF record.',
    message: 'The HELO name {helo} has no SPF record.',
    why: 'Bounces carry no sender address, so receivers check SPF of the HELO name instead. Without a record they are unauthenticated, and anyone can greet with the name.',
    fix: 'Publish `v=spf1 a -all` at {helo}; use an `ip4:` or `ip6:` instead of `a` if it sends from other addresses than its own.',
    source: 'RFC 7208 §2.3, §2.4, §10.1.3',
  },
  'host.ip.private': {
    severity: 'error',
    test: 'Every address that sends can be reached from the Internet.',
    message: '{address} is given as a sending address, but it is not a public address ({kind}).',
    why: 'Receivers see another address, the one behind which this host hides. SPF, PTR and reputation of that one count.',
    fix: 'Find the public address from which mail leaves (the Received lines of a test message show it) and use that.',
    source: 'RFC 6890 §2.2',
  },
  'host.ip.not_in_spf': {
    severity: 'error',
    test: 'SPF of the bounce address domain authorises every address that sends.',
    message: 'SPF of {domain} says `{result}` for the sending address {address}.',
    why: 'Mail from this host fails SPF; without an aligned DKIM signature it fails DMARC too.',
    fix: 'Add `{mechanism}` to the SPF record of {domain}, in front of its `all`.',
    source: 'RFC 7208 §4',
  },
} as const satisfies Rows;

/** Rows of the catalogue that need more than DNS, and what decides them. `blocklist`: queries to third parties. */
export const later = {
  'host.ip.dnsbl': 'blocklist',
  'host.ip.dynamic': 'blocklist',
} as const;

export const found = reporter('host', rows);
