/** What a message shows of who sent it: its author, its envelope, SPF and DMARC, and BIMI as far as the message decides. */
import { reporter, type Rows } from '../../finding/catalogue.ts';

const unproved = 'Receivers cannot tell it from a forgery: it goes to spam, or is refused.';

export const rows = {
  'message.from.missing': {
    severity: 'error',
    test: 'The message has a From field.',
    message: 'The message has no From field.',
    why: 'Most receivers refuse it; DMARC has no author domain to look at.',
    fix: 'Let the sending program write exactly one From field with one address.',
    source: 'RFC 5322 §3.6; RFC 9989 §5.3.1',
  },
  'message.from.unreadable': {
    severity: 'error',
    test: 'The From field holds an address with a domain name.',
    message: 'The From field {problem}.',
    why: 'DMARC has no author domain to look at, and most receivers refuse the message.',
    fix: 'Write From as `Name <user@example.com>`, with a domain name behind the `@`.',
    source: 'RFC 5322 §3.6.2; RFC 9989 §5.3.1',
  },
  'message.envelope.unknown': {
    severity: 'info',
    state: 'unknown',
    test: 'The address of the client and the return path are known.',
    message: 'SPF could not be judged: {reason}',
    why: 'DMARC is judged by DKIM alone as long as this is open.',
    fix: 'Give what is missing with --ip, --helo and --mail-from, or take the source of a copy that was received (`Show original`).',
    source: 'RFC 7208 §2.4',
  },
  'message.envelope.submission': {
    severity: 'info',
    state: 'unknown',
    test: 'The message went from server to server.',
    message: 'Only a submission to {by} was seen: this copy may never have left the sender.',
    why: 'A copy in the Sent folder is often stored before it is signed, so it proves nothing about what receivers get.',
    fix: 'Send the message to a mailbox elsewhere and take its source there.',
    source: 'RFC 6409 §3',
  },
  'message.spf.fail': {
    severity: 'warning',
    test: 'SPF passes for the MAIL FROM of the message.',
    message: 'SPF says `{result}` for {ip} and {domain}: {reason}',
    why: 'Outlook.com and Orange want SPF to pass; elsewhere DMARC rests on the DKIM signature alone.',
    fix: 'If {ip} is a server of yours or of your sender, add it to the SPF record of {domain}. Otherwise find out who sends there.',
    source: 'RFC 7208 §8.4; Microsoft sender requirements',
  },
  'message.spf.none': {
    severity: 'warning',
    test: 'The MAIL FROM domain has an SPF record.',
    message: 'SPF finds nothing to go by: {reason}',
    why: 'Gmail, Yahoo and Outlook.com want SPF of bulk senders; bounces and the message itself are unauthenticated.',
    fix: 'Publish an SPF record at {domain} that allows {ip}.',
    source: 'RFC 7208 §2.6.1; Google email sender guidelines',
  },
  'message.spf.permerror': {
    severity: 'error',
    test: 'The SPF record of the MAIL FROM domain can be evaluated.',
    message: 'SPF of {domain} cannot be evaluated (permerror): {reason}',
    why: 'Receivers count it as no pass, and some refuse the message.',
    fix: 'Mend the SPF record of {domain}; `septet check {domain}` shows the place.',
    source: 'RFC 7208 §2.6.7',
  },
  'message.spf.unknown': {
    severity: 'info',
    state: 'unknown',
    test: 'The questions of SPF are answered.',
    message: 'SPF of {domain} could not be told: {reason}',
    why: 'A receiver that meets the same asks the sender to try again later.',
    fix: 'Look again later; if it stays, see whether the name servers of {domain} answer.',
    source: 'RFC 7208 §2.6.6',
  },
  'message.spf.unaligned': {
    severity: 'warning',
    test: 'The MAIL FROM domain that SPF passes for belongs to the organisation of the author domain.',
    message: 'SPF passes for {domain}, which is not of the organisation of {author}.',
    why: 'It does not count for DMARC, so DMARC rests on DKIM alone.',
    fix: 'Set a return path of your own (custom MAIL FROM, bounce domain), for example bounce.{author}, in the service that sends.',
    source: 'RFC 9989 §4.4.2',
  },
  'message.spf.strict': {
    severity: 'warning',
    test: 'With `aspf=s` the MAIL FROM domain is the author domain itself.',
    message: 'SPF passes for {domain}; the DMARC record asks for exactly {author} (`aspf=s`).',
    why: 'It does not count for DMARC, so DMARC rests on DKIM alone.',
    fix: 'Delete `aspf=s` from {record}, or use {author} itself in MAIL FROM.',
    source: 'RFC 9989 §4.7',
  },
  'message.spf.forwarded': {
    severity: 'info',
    test: 'SPF is not judged by a forwarder.',
    message: 'The message came by a {by} ({signs}), so SPF ({result} for {domain}) tells of it and not of the sender.',
    why: 'Forwarding breaks SPF lawfully; DKIM has to carry such mail.',
    fix: 'Nothing needs doing. To judge SPF, send the test message to a mailbox that does not forward.',
    source: 'RFC 7208 §10.3; RFC 7960',
  },
  'message.spf.helo_fail': {
    severity: 'warning',
    test: 'SPF of the HELO name does not refuse the client.',
    message: 'SPF of the HELO name {domain} refuses {ip}: {reason}',
    why: 'Receivers that check the HELO name first refuse the message, and bounces of this server are unauthenticated.',
    fix: 'Publish `v=spf1 a -all` at {domain}, or add {ip} to its record.',
    source: 'RFC 7208 §2.3, §10.1.3',
  },
  'message.spf.null_sender': {
    severity: 'info',
    test: 'The message has a MAIL FROM address.',
    message: 'MAIL FROM is empty (`<>`), as in bounces; SPF judges {domain}, the HELO name, in its place.',
    why: 'Bounces of this message go nowhere, and DMARC compares the HELO name with the author domain.',
    fix: 'Nothing needs doing for a bounce. For other mail give the sender a return path.',
    source: 'RFC 7208 §2.4; RFC 9989 §4.4.2',
  },
  'message.dmarc.none': {
    severity: 'error',
    test: 'A DMARC record applies to the author domain.',
    message: '{author} has no DMARC record, so DMARC does not apply to this message.',
    why: 'Gmail, Yahoo and Outlook.com refuse or junk bulk mail of such a domain, and anyone can write in its name.',
    fix: 'Publish `v=DMARC1; p=none; rua=mailto:dmarc@{author}` at {name} first; `septet plan {author}` has the steps after it.',
    source: 'RFC 9989 §4.10.1; Google email sender guidelines',
  },
  'message.dmarc.fail': {
    severity: 'error',
    or: ['warning'],
    test: 'DMARC passes for the author domain. A warning where the message was forwarded.',
    message: 'DMARC fails for {author}: {reason}',
    why: `{asked} ${unproved}`,
    fix: '{cure}',
    source: 'RFC 9989 §5.3.5',
  },
  'message.dmarc.permerror': {
    severity: 'error',
    test: 'The DMARC record of the author domain can be used.',
    message: 'DMARC of {author} cannot be evaluated: {reason}',
    why: 'Receivers act as if there were no DMARC record.',
    fix: 'Mend the record; `septet check {author}` shows the place.',
    source: 'RFC 9989 §4.10.1',
  },
  'message.dmarc.undecided': {
    severity: 'info',
    state: 'unknown',
    test: 'Everything that DMARC needs could be told.',
    message: 'DMARC could not be decided for {author}: {reason}',
    why: 'It is neither a pass nor a fail.',
    fix: '{cure}',
    source: 'RFC 9989 §5.3.6',
  },
  'message.dmarc.spf_only': {
    severity: 'warning',
    test: 'DMARC passes by an aligned DKIM signature.',
    message: 'DMARC passes for {author} by SPF alone: {reason}',
    why: 'The first forwarder breaks SPF, and then the message fails. With `p=reject` that mail is lost.',
    fix: 'Let the sender sign with d={author} or a name below it.',
    source: 'RFC 9989 §7.4, §8',
  },
  'message.dmarc.strict': {
    severity: 'warning',
    test: 'With `adkim=s` a signature has exactly the author domain.',
    message: 'DKIM passes for {domain}; the DMARC record asks for exactly {author} (`adkim=s`).',
    why: 'The signature does not count for DMARC.',
    fix: 'Delete `adkim=s` from {record}, or sign with d={author}.',
    source: 'RFC 9989 §4.7',
  },
  'message.dmarc.readers_differ': {
    severity: 'warning',
    test: 'Readers of RFC 9989 and of RFC 7489 come to the same result and do the same.',
    message: 'Receivers disagree on this message of {author}: by RFC 9989 {current}, by RFC 7489 {older}.',
    why: 'Both kinds of receivers are in use, so the same message arrives in one place and not in the other.',
    fix: 'Publish a DMARC record at {author} itself and sign with d={author}; use `pct` and `t=y` only together.',
    source: 'RFC 9989 App. A.6, App. C.3',
  },
} as const satisfies Rows;

/** Rows that stand with the DMARC record. */
export const dmarcRows = {
  'dmarc.from.multi': {
    severity: 'error',
    test: 'From has one domain, in one field.',
    message: '{what}: {list}.',
    why: 'RFC 9989 has DMARC end there; receivers that go on apply the strictest policy of those that fail, and most refuse the message.',
    fix: 'Keep one From field with one address; name the others in Reply-To or Cc.',
    source: 'RFC 9989 §5.3.1, §11.5; RFC 5322 §3.6',
  },
} as const satisfies Rows;

/** Rows that stand with the BIMI record. */
export const bimiRows = {
  'bimi.from.multi': {
    severity: 'error',
    test: 'From has one address, where the domain uses BIMI.',
    message: 'From has {count} addresses; with BIMI it has to have one.',
    why: 'Receivers show no logo for this message.',
    fix: 'Keep one From field with one address.',
    source: 'BIMI-D Authentication Requirements',
  },
  'bimi.dmarc.result': {
    severity: 'error',
    test: 'The message of a domain with BIMI passes DMARC.',
    message: '{domain} has a BIMI record, but DMARC says `{result}` for this message.',
    why: 'Receivers show the logo only where DMARC passes.',
    fix: 'Mend DMARC first; the other findings of this message say how.',
    source: 'BIMI-D Authentication Requirements',
  },
  'bimi.selector.header': {
    severity: 'warning',
    test: 'The selector that a BIMI-Selector field names has a record.',
    message: 'The field BIMI-Selector {problem}.',
    why: 'Receivers find no logo for this message.',
    fix: 'Publish a BIMI record at {name}, or leave the field out so that `default` is used.',
    source: 'BIMI-D BIMI-Selector',
  },
  'bimi.header.forged': {
    severity: 'warning',
    test: 'The sender writes neither BIMI-Location nor BIMI-Indicator.',
    message: 'The message came with {fields}, which only receivers may write.',
    why: 'Receivers remove them, and filters take them for an attempt to fake a logo.',
    fix: 'Take {fields} out of what the sender writes; the record alone leads to the logo.',
    source: 'BIMI-D Header Removal',
  },
} as const satisfies Rows;

export const later = {} as const;

export const found = reporter('message', rows);
export const foundDmarc = reporter('dmarc', dmarcRows);
export const foundBimi = reporter('bimi', bimiRows);
