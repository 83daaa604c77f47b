/** The catalogue of a message's links and parts: what filters, mailbox providers and readers see of its content. */
import { reporter, type Rows } from '../../finding/catalogue.ts';

const strange =
  'Recipients and filters see links to another organisation, as in phishing, and its reputation is added to the mail.';

export const rows = {
  'message.link.orgdomain': {
    severity: 'warning',
    test: 'Some link of a marketing or list message leads to the organisation of the From domain.',
    message:
      'No link of this message ({count} in all) leads to {author} or its sub-domains; the host linked most is {host}.',
    why: strange,
    fix: 'Let the links lead to your own site, or over a tracking host of your own such as track.{author}.',
    source: 'house; Google email sender guidelines',
  },
  'message.link.shared_host': {
    severity: 'warning',
    test: 'No link leads over a host that all customers of a sending service share.',
    message: '{links} over {host}, a host that {service} shares among its customers.',
    why: 'When one of them sends spam, the host lands on block lists and the links of all are affected.',
    fix: 'Set up a tracking host of your own at {service}, for example track.{domain}, and switch it on there.',
    source: 'house',
  },
  'message.link.text_differs': {
    severity: 'warning',
    or: ['info'],
    test: 'A link whose text is a web address leads to the organisation that the text names. Only advice where the link leads over a host of the own organisation.',
    message: 'A link shows {shown} and leads to {host}{more}.',
    why: 'That is how phishing looks: filters count it against the message, and some mail programs warn.',
    fix: 'Let the text say what is behind the link ("Read on"), or let the link lead to {shown} itself.',
    source: 'Google email sender guidelines; house',
  },
  'message.link.http': {
    severity: 'warning',
    or: ['info'],
    test: 'Links and images use https. Only advice where a letter links to the site of somebody else.',
    message: '{links} http: instead of https:, such as {example}.',
    why: 'Browsers warn of plain pages, some mail programs do not load such images, and anybody on the way can read and alter them.',
    fix: 'Write https: in the template, and switch on HTTPS for the tracking host at the sending service.',
    source: 'house',
  },
  'message.link.shortener': {
    severity: 'warning',
    test: 'No link leads over a public link shortener.',
    message: '{links} over {host}, a public link shortener.',
    why: 'Nobody sees where such a link leads, so spammers like it, and block lists carry these hosts again and again.',
    fix: 'Link to the page itself, or over a tracking host of your own.',
    source: 'Google email sender guidelines; house',
  },
  'message.link.address': {
    severity: 'warning',
    test: 'Links name hosts, not IP addresses.',
    message: '{links} to the bare IP address {host}.',
    why: 'Hardly any honest message does so: filters count it against the message, and no certificate covers it.',
    fix: 'Give the server a name in your domain and link to that.',
    source: 'house',
  },
  'message.link.mixed_script': {
    severity: 'info',
    test: 'No host name in a link mixes letters of several scripts within a label.',
    message: 'A link leads to {host} ({shown}), which mixes {scripts} letters.',
    why: 'Such names are made to look like others. Gmail wants names that keep to one script.',
    fix: 'Use a name whose letters are of one script, or the name that it resembles.',
    source: 'Google email sender guidelines; Unicode Technical Standard #39 §5.2',
  },
  'message.link.broken': {
    severity: 'warning',
    test: 'Every link has a whole address, and no placeholder of the template stands in it.',
    message: '{links} nowhere, such as `{example}`.',
    why: 'The reader clicks and nothing happens, or a page of errors comes. If it is the unsubscribe link, the next click is "report spam".',
    fix: 'Correct the template: a placeholder was not filled, or the address lacks its https://.',
    source: 'house',
  },
  'message.image.orgdomain': {
    severity: 'info',
    test: 'Some image of a marketing or list message comes from the organisation of the From domain.',
    message: 'The images from the web ({count}) come from other organisations, most of them from {host}.',
    why: 'The reputation of that host is added to the mail. It is usual at sending services and seldom harms by itself.',
    fix: 'Nothing needs doing. Serve the images from a host of your own, if the service allows that.',
    source: 'house',
  },
  'message.text.missing': {
    severity: 'warning',
    test: 'A message in HTML has a plain-text part besides.',
    message: 'The message is in HTML and has {what}.',
    why: 'Filters count it against the message, and readers in a terminal, on a watch or with a screen reader get little or nothing.',
    fix: 'Send multipart/alternative: first text/plain with the same content and the same links, then text/html.',
    source: 'RFC 2046 §5.1.4; house',
  },
  'message.text.order': {
    severity: 'warning',
    test: 'In multipart/alternative the plain text stands before the HTML.',
    message: 'In multipart/alternative the text/html part stands before the text/plain part.',
    why: 'Mail programs show the last form that they can, so readers see the plain text and never the HTML.',
    fix: 'Put text/plain first and text/html last.',
    source: 'RFC 2046 §5.1.4',
  },
  'message.html.images_only': {
    severity: 'warning',
    test: 'The HTML has text to read besides its images.',
    message: 'The HTML shows nothing but images ({images}): there is no text in it.',
    why: 'Filters cannot read it and take it for hidden spam, and readers who do not load images see an empty message.',
    fix: 'Write the message as text, and give every image an alt text.',
    source: 'house',
  },
  'message.html.clipped': {
    severity: 'warning',
    test: 'The HTML part has at most 102 KB.',
    message: 'The HTML has {kilobytes} KB; Gmail shows about the first 102 KB.',
    why: 'Gmail clips the rest: the unsubscribe link at the foot and the pixel that counts opens are gone.',
    fix: 'Shorten the HTML: no comments, styles once in the head, shorter links. Images by address do not count.',
    source: 'house, as observed at Gmail',
  },
} as const satisfies Rows;

export const later = {} as const;

export const found = reporter('message', rows);
