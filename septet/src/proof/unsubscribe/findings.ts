/** The catalogue of one-click unsubscribe (RFC 8058, RFC 2369) as a message shows it. */
import { reporter, type Rows } from '../../finding/catalogue.ts';

const demanded = 'Gmail, Yahoo and GMX demand one-click unsubscribe of bulk mail and hold back mail without it.';
const noClick =
  'Mailbox providers do not offer their unsubscribe button, and readers press "report spam" in its place. Gmail, Yahoo and GMX demand one-click unsubscribe of bulk mail.';
const nothingHappens =
  'The reader has pressed the unsubscribe button of the mail program and keeps getting mail. Gmail, Yahoo and GMX count such mail as spam.';

export const rows = {
  'unsub.header.missing': {
    severity: 'error',
    test: 'A marketing or list message has a List-Unsubscribe field.',
    message: 'The message is bulk mail ({signs}), and has no List-Unsubscribe.',
    why: demanded,
    fix: 'Let the sender add `List-Unsubscribe: <https://…>` with a token of each recipient, and `List-Unsubscribe-Post: List-Unsubscribe=One-Click`.',
    source: 'RFC 8058 §3.1; Google email sender guidelines; Yahoo Sender Hub; GMX postmaster',
  },
  'unsub.post.missing': {
    severity: 'error',
    or: ['warning'],
    test: 'A message with List-Unsubscribe has a List-Unsubscribe-Post field.',
    message: 'The message has List-Unsubscribe, but no List-Unsubscribe-Post.',
    why: `A link or an address alone is not one-click unsubscribe. ${noClick}`,
    fix: 'Add the field `List-Unsubscribe-Post: List-Unsubscribe=One-Click`, and let the server accept a POST at the https address.',
    source: 'RFC 8058 §3.1; Google email sender guidelines',
  },
  'unsub.post.value': {
    severity: 'error',
    or: ['warning'],
    test: 'List-Unsubscribe-Post stands once and says exactly `List-Unsubscribe=One-Click`.',
    message: '{reason}.',
    why: noClick,
    fix: 'Write exactly one field `List-Unsubscribe-Post: List-Unsubscribe=One-Click`.',
    source: 'RFC 8058 §3.1, §5',
  },
  'unsub.https.missing': {
    severity: 'error',
    or: ['warning'],
    test: 'List-Unsubscribe holds an https address.',
    message: 'List-Unsubscribe holds {kinds}, but no https address.',
    why: `A one-click POST goes to an https address only. ${noClick}`,
    fix: 'Add `<https://…>` with a token of the recipient to List-Unsubscribe, before the others.',
    source: 'RFC 8058 §3.1',
  },
  'unsub.https.first': {
    severity: 'info',
    test: 'The https address stands first in List-Unsubscribe, and a mailto address behind it.',
    message: '{reason}.',
    why: 'Readers take the first address that they can use, from the left; some mail programs use mailto only.',
    fix: 'Write `List-Unsubscribe: <https://…>, <mailto:…>`, if the sender can take both.',
    source: 'RFC 2369 §2; house',
  },
  'unsub.syntax': {
    severity: 'error',
    or: ['warning'],
    test: 'List-Unsubscribe stands once and is a list of addresses in angle brackets, with one https address among them.',
    message: 'List-Unsubscribe is not well formed: {reason}.',
    why: 'Mail programs read such a field each in their own way, and many not at all: the unsubscribe button is missing or does nothing.',
    fix: 'Write one field `List-Unsubscribe: <https://…>, <mailto:…>`: each address in angle brackets, a comma between, blanks in it as %20.',
    source: 'RFC 2369 §2; RFC 8058 §3.1, §5',
  },
  'unsub.folded_uri': {
    severity: 'warning',
    test: 'Addresses in List-Unsubscribe stand on one line of at most 998 characters.',
    message: 'An address in List-Unsubscribe {reason}.',
    why: 'Some readers keep the blank of the fold in the address, and servers on the way may fold it anew; then the link is dead, or the signature.',
    fix: 'Shorten the address (a token of 22 characters is enough), and fold the field between addresses only.',
    source: 'RFC 5322 §2.1.1; RFC 2369 §2',
  },
  'unsub.dkim.uncovered': {
    severity: 'error',
    or: ['warning'],
    test: 'A valid signature covers List-Unsubscribe and List-Unsubscribe-Post: both stand in its `h=`. A warning when only a signature of another organisation does.',
    message: 'One-click unsubscribe is not signed: {reason}.',
    why: 'Anybody on the way could put an address of his own there, so mailbox providers do not send the POST and show no button.',
    fix: '{cure}',
    source: 'RFC 8058 §3.1, §4',
  },
  'unsub.post.works': {
    severity: 'error',
    test: 'A POST of `List-Unsubscribe=One-Click` to the https address is answered with status 2xx.',
    message: 'The POST ({form}) to {where} does not work: {reason}.',
    why: nothingHappens,
    fix: 'Let that address accept a POST of `application/x-www-form-urlencoded` and `multipart/form-data`, unsubscribe, and answer 200 or 202.',
    source: 'RFC 8058 §3.1, §3.2',
  },
  'unsub.post.redirect': {
    severity: 'error',
    test: 'The POST is answered directly, not by a redirect.',
    message: 'The POST to {where} is answered by a redirect ({status}) to {location}.',
    why: 'A redirected POST turns into a GET at many clients or is not followed at all, so nobody is unsubscribed.',
    fix: 'Answer the POST at the address of the header itself, with 200 or 202. Redirect a GET, if at all.',
    source: 'RFC 8058 §3.1',
  },
  'unsub.post.needs_context': {
    severity: 'error',
    or: ['warning'],
    test: 'The POST needs no cookie, login, form token or Referer. A warning when the answer is a page with a form.',
    message: 'The POST to {where} is answered {status}, and the answer asks for {demand}.',
    why: `Mailbox providers send the POST without any of that, and nobody sits in front of it. ${nothingHappens}`,
    fix: 'Exempt the unsubscribe address from logins, form tokens (CSRF) and browser checks; the token in the address tells who it is.',
    source: 'RFC 8058 §3.1, §3.2',
  },
  'unsub.token.guessable': {
    severity: 'error',
    or: ['warning'],
    test: 'The https address holds a token that cannot be guessed, not just an e-mail address or a number.',
    message: 'The unsubscribe address {reason}, and no token that cannot be guessed.',
    why: 'Whoever knows or guesses that can unsubscribe other people, and one-click unsubscribe must not ask them back.',
    fix: 'Put a random or signed token of the recipient and the list into the address, 16 random octets for example, and let the server check it.',
    source: 'RFC 8058 §3.1, §6',
  },
  'unsub.body_link': {
    severity: 'error',
    test: 'The body of a marketing or list message has a link to unsubscribe.',
    message: 'No unsubscribe link is to be seen in the body of the message.',
    why: 'Gmail, Apple and Microsoft demand a visible link of bulk mail besides the header, and so does the law in many countries.',
    fix: 'Add a link with a text such as "Unsubscribe" to the foot of the message, in the HTML part and in the plain text.',
    source:
      'Google email sender guidelines; Apple, support.apple.com/en-us/102322; Microsoft requirements for high-volume senders',
  },
  'unsub.host.orgdomain': {
    severity: 'warning',
    test: 'The https address to unsubscribe belongs to the organisation of the From domain.',
    message: 'To unsubscribe leads to {host}, while From is at {author}.',
    why: 'Recipients and filters see another organisation than the one that writes, and its reputation is added to the mail.',
    fix: 'Use a host of your own, such as the tracking host, for unsubscribe too.',
    source: 'house; Google email sender guidelines',
  },
  'unsub.host.tls': {
    severity: 'error',
    or: ['warning'],
    test: 'The host of the https address has a valid certificate. A warning when it speaks no TLS 1.2.',
    message: '{host} cannot be trusted over HTTPS: {detail}.',
    why: 'Mailbox providers break off before the POST is sent, so nobody is unsubscribed.',
    fix: 'Serve {host} with a valid certificate of a public authority, its whole chain, and TLS 1.2 or later.',
    source: 'RFC 8058 §3.1; RFC 8996',
  },
  'unsub.transactional': {
    severity: 'info',
    test: 'A message that is no bulk mail has no List-Unsubscribe.',
    message: 'The message has List-Unsubscribe although it is no bulk mail.',
    why: 'Nobody demands it of transactional mail. A reader who presses the button may think that receipts and passwords stop too.',
    fix: 'Nothing needs doing. Leave the fields out of transactional mail, if it must reach people who have unsubscribed.',
    source: 'Google email sender guidelines FAQ',
  },
  'unsub.list_id': {
    severity: 'info',
    test: 'A marketing or list message has a List-Id field.',
    message: 'The message has no List-Id.',
    why: 'Recipients cannot filter by list, and mailbox providers cannot tell the lists of one sender apart.',
    fix: 'Add `List-Id: <news.{domain}>`, the same for every message of the list.',
    source: 'RFC 2919 §2; Google email sender guidelines',
  },
  'unsub.feedback_id': {
    severity: 'info',
    test: 'A marketing or list message has a Feedback-ID field.',
    message: 'The message has no Feedback-ID.',
    why: 'Gmail does not show in Postmaster Tools which campaign brings spam reports.',
    fix: 'Add `Feedback-ID: campaign:list:kind:sender`, where sender has 5 to 15 characters and never changes, and sign it.',
    source: 'Gmail feedback loop, support.google.com/mail/answer/6254652',
  },
} as const satisfies Rows;

/** What neither a message nor one POST shows, and what decides it. */
export const later = {
  // A GET would have to be sent with a token whose state can be looked up afterwards.
  'unsub.get.unsubscribes': 'serve',
  'unsub.token.expires': 'serve',
  'unsub.latency': 'reports',
  'unsub.mailto.dead': 'smtp',
} as const;

export const found = reporter('message', rows);
