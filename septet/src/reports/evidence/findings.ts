/** What reports say about the senders of a domain, and what the next step of a ramp waits for. */
import { reporter, type Rows } from '../../finding/catalogue.ts';

export const ruaRows = {
  'rua.none_received': {
    severity: 'warning',
    test: 'No aggregate report came within three days after reports were asked for.',
    message: 'No DMARC report for {domain} has come since {since}.',
    why: 'Nobody sees who sends as the domain, and no ramp moves.',
    fix: 'See that mail to the addresses of rua arrives, that other domains among them agree in DNS, and that the domain sends mail.',
    source: 'RFC 9989 §5.3.8',
  },
  'rua.source.unknown': {
    severity: 'warning',
    test: 'Mail of a source that nobody named passes DMARC as the domain.',
    message: '{source} is not in the plan, and {count} of its messages pass as {domain}.',
    why: 'Somebody has a key of the domain, or an include lets more hosts pass than you know of.',
    fix: '{todo}',
    source: 'RFC 9989 §5.1.6, §11.1',
  },
  'rua.source.unaligned_own': {
    severity: 'warning',
    test: 'A sender of the domain passes for less than 98 of 100 messages.',
    message: 'Of {messages} messages of {source}, {failing} fail DMARC for {domain}.',
    why: 'Receivers quarantine or refuse this mail as soon as the policy is enforced.',
    fix: '{todo}',
    source: 'RFC 9989 §5.1.6',
  },
  'rua.source.spoof': {
    severity: 'info',
    test: 'Mail fails DMARC that comes from sources which nobody named.',
    message: '{count} messages from {sources} sources fail as {domain}, the most of them from {most}.',
    why: 'They are forged, or of a sender that is forgotten; an enforced policy stops both.',
    fix: 'Look at them with septet sources {domain}, and mark those that you know.',
    source: 'RFC 9989 §2.2',
  },
  'rua.volume.drop': {
    severity: 'warning',
    test: 'A sender of the domain has less than half of its usual mail in the reports.',
    message: '{source} has {now} messages a day in the reports; it had {before}.',
    why: 'Reports are missing, the sender has stopped, or its mail fails in a way that is counted elsewhere.',
    fix: 'See whether it sends less; if not, look for its mail among the unknown sources.',
    source: 'house',
  },
} as const satisfies Rows;

/** What stands in the heads and rows of single reports; `septet reports parse` shows it, and no rule looks at it yet. */
export const ruaLater = {
  'rua.policy_stale': 'heads',
  'rua.policy_testing': 'heads',
  'rua.discovery': 'heads',
  'rua.error_element': 'heads',
  'rua.spf.hardfail_gap': 'heads',
} as const;

export const rampRows = {
  'ramp.coverage': {
    severity: 'warning',
    test: 'Reports came for 90 % of the days, from three receivers, the two largest among them.',
    message: 'Reports for {domain}: {has}; the next step needs {wants}.',
    why: 'What nobody reports on may be failing, and nobody would see it.',
    fix: 'Wait; if it stays so, see that mail to the addresses of rua arrives.',
    source: 'house',
  },
  'ramp.volume': {
    severity: 'warning',
    test: 'At least 500 messages of the domain passed in the window.',
    message: '{has} messages of {domain} passed in this window; the next step needs {wants}.',
    why: 'Few messages may not show every sender.',
    fix: 'Wait; a domain that sends little may lower the limit in septet.yaml.',
    source: 'house',
  },
  'ramp.pass_rate': {
    severity: 'warning',
    test: 'At least 99.5 % of the mail of your own senders passes.',
    message: '{has} of the mail that {domain} sends passes; the next step needs {wants}.',
    why: 'The rest would be quarantined or refused.',
    fix: 'Mend the senders that fail: {items}.',
    source: 'RFC 9989 §5.1.6',
  },
  'ramp.source.each': {
    severity: 'warning',
    test: 'Each of your own senders passes for 98 % of its mail.',
    message: 'Not every sender of {domain} passes: {items}.',
    why: 'The next step would stop mail of this sender, however well the others do.',
    fix: 'Set its DKIM key or its return path below {domain}; septet sources {domain} says which it lacks.',
    source: 'RFC 9989 §5.1.6',
  },
  'ramp.source.unclassified': {
    severity: 'warning',
    test: 'No source with a thousandth of the mail is unknown.',
    message: 'Nobody has said yet whose these sources of {domain} are: {items}.',
    why: 'If one of them is yours, the next step stops its mail.',
    fix: "Mark each of them: septet sources mark SOURCE mine, forwarder or 'not mine'.",
    source: 'RFC 9989 §5.1.6',
  },
  'ramp.source.new': {
    severity: 'warning',
    test: 'No sender of yours appeared in the last seven days.',
    message: 'New senders of {domain}: {items}.',
    why: 'A sender that has only begun may not have shown all its mail.',
    fix: 'Wait until it has sent for a week.',
    source: 'house',
  },
  'ramp.dkim_rate': {
    severity: 'warning',
    or: ['error'],
    test: 'At least 98 % of your own mail carries a passing signature of the domain (an error before p=reject).',
    message: '{has} of the mail that {domain} sends is signed with its own domain; p=reject needs {wants}.',
    why: 'Mail that stands on SPF alone fails as soon as it is forwarded.',
    fix: 'Sign the rest with DKIM: {items}.',
    source: 'RFC 9989 §7.4',
  },
  'ramp.forward_loss': {
    severity: 'info',
    test: 'Mail that forwarders and lists pass on fails.',
    message: '{count} messages of {domain} ({share} of what passes) fail at forwarders and lists.',
    why: 'With p=reject receivers may refuse them.',
    fix: 'Decide whether that is bearable. Mailing lists change what is signed; stop at p=quarantine where people write to them.',
    source: 'RFC 9989 §7.4',
  },
  'ramp.errors': {
    severity: 'warning',
    test: 'At most one message in a thousand meets temperror or permerror.',
    message: '{has} of the mail of {domain} meets temperror or permerror; the next step bears {wants}.',
    why: 'Receivers could not read SPF or DKIM records, and such mail fails.',
    fix: 'Check the records and the servers of the zone with septet check {domain}: {items}.',
    source: 'house',
  },
} as const satisfies Rows;

export const spfRows = {
  'spf.tighten.too_early': {
    severity: 'warning',
    test: 'The SPF record is to end in -all before two weeks of clean reports.',
    message: 'The SPF record of {domain} cannot end in -all yet: {needs}.',
    why: 'Receivers may refuse mail at -all before they look at DKIM, and such mail never shows in reports.',
    fix: 'Keep ~all.',
    source: 'RFC 9989 §7.1',
  },
  'spf.tighten.ready': {
    severity: 'info',
    test: 'Two weeks of reports show that SPF passes for all mail of the domain.',
    message: 'Reports allow the SPF record of {domain} to end in -all.',
    why: 'While DMARC is enforced, ~all protects as well and loses no forwarded mail.',
    fix: 'Keep ~all, or let spf.all be ramp.',
    source: 'house',
  },
} as const satisfies Rows;

export const foundInReports = reporter('dmarc', ruaRows);
export const foundInRamp = reporter('dmarc', rampRows);
export const foundInSpf = reporter('spf', spfRows);
