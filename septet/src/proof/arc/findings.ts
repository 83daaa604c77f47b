/** The catalogue of ARC (RFC 8617): it is explained, and never demanded of a sender. */
import { reporter, type Rows } from '../../finding/catalogue.ts';

export const rows = {
  'arc.present': {
    severity: 'info',
    test: 'Tells which servers sealed the message with ARC, and what that means.',
    message: 'The message carries {sets} of {sealers}. {meaning}',
    why: 'A receiver that trusts the sealer may go by what the sealer had found; nobody else need believe it.',
    fix: 'Nothing needs doing. To judge the sender alone, send a test message straight to a mailbox.',
    source: 'RFC 8617 §5, §7.2',
  },
  'arc.chain': {
    severity: 'warning',
    or: ['info'],
    state: 'fail',
    test: 'The chain of ARC sets validates (info: it could not be told, or only the receiver itself sealed it).',
    message: 'The ARC chain {verdict}. {reason}',
    why: 'Receivers then judge the message without what the forwarders had found; where DMARC fails too it is refused.',
    fix: 'Nothing to change in your records: a server on the way changed the message after it was sealed, or seals badly. {advice}',
    source: 'RFC 8617 §5.2',
  },
  'arc.sender_needless': {
    severity: 'info',
    test: 'The sending side does not add an ARC set itself.',
    message: '{sealer} sealed the message with ARC on the sending side, before anybody forwarded it.',
    why: 'It does no harm and has no use: DKIM and SPF say the same of a first sender, and receivers ask for no more.',
    fix: 'Turn ARC sealing off for mail that starts at your server, if the server is yours. Keep the DKIM signature.',
    source: 'RFC 8617 §1',
  },
  'arc.forwarder_required': {
    severity: 'warning',
    or: ['info'],
    test: 'A forwarder or list of your own seals what it passes on (info: it does).',
    message: '{domain} passed on a message of {author}, {how}.',
    why: 'Gmail and iCloud ask forwarders and lists for ARC, and Orange recommends it: forwarding breaks SPF, list footers break DKIM.',
    fix: 'Let the forwarder or list add an ARC set with a key of its own (OpenARC, or the ARC option of the mail server), and keep it in order.',
    source: 'Google email sender guidelines; iCloud postmaster; Orange postmaster',
  },
  'arc.status': {
    severity: 'info',
    test: 'Says where ARC stands as a standard, to those who use it.',
    message: 'ARC is an experiment of 2019, and the IETF is moving it to Historic (draft-ietf-dmarc-arc-to-historic).',
    why: 'Receivers that still use it may stop. DKIM2 is meant to replace it.',
    fix: 'Nothing needs doing today. Do not make anything new depend on ARC.',
    source: 'RFC 8617 (Experimental); draft-ietf-dmarc-arc-to-historic',
  },
  'arc.key': {
    severity: 'error',
    or: ['info'],
    state: 'fail',
    test: 'The key of a sealer is there and can be used, by the rules of DKIM (info: the sealer is not yours).',
    message: 'The ARC key {name} of set {instance} cannot be used. {reason}',
    why: 'Every message sealed with it has a failed chain from there on, and what was found before is lost.',
    fix: '{advice}',
    source: 'RFC 8617 §4.1.2; RFC 6376 §6.1.2; RFC 8301 §3.2',
  },
} as const satisfies Rows;

export const later = {} as const;

export const found = reporter('message', rows);
