/** What a message shows against the plan of its domain. */
import { reporter, type Rows } from '../../finding/catalogue.ts';

export const rows = {
  'message.plan.domain': {
    severity: 'warning',
    test: 'The author domain is the domain of the plan, or below it.',
    message: 'The message is From {author}; the plan is for {domain}.',
    why: 'What this message shows says nothing about the records of {domain}.',
    fix: 'Send the test message with a From address at {domain}, or name the other domain with --domain.',
    source: 'house',
  },
  'message.plan.sender': {
    severity: 'warning',
    test: 'A sender of the plan explains the message: by its selector, return path, address or SPF mechanism.',
    message: 'No sender of the plan fits this message: {signs}.',
    why: 'Mail of a sender that the plan does not know fails DMARC as soon as the policy is enforced.',
    fix: 'If this is your own mail, add the sender to septet.yaml and plan again. If not, nothing is to be done here.',
    source: 'house',
  },
  'message.plan.unsigned': {
    severity: 'error',
    test: 'The sender signs with the domain of the plan.',
    message: 'Your {sender} does not sign this message for {domain}; the plan publishes selector {planned} for it.',
    why: 'Without a signature of the domain DMARC stands on SPF alone, and fails when the message is forwarded.',
    fix: 'Let {sender} sign with d={domain} and s={planned}.{where}',
    source: 'RFC 9989 §4.4.1',
  },
  'message.plan.selector': {
    severity: 'error',
    test: 'The sender signs with a selector that the plan publishes for it.',
    message: 'Your {sender} signs with selector {used}; the plan publishes {planned}.',
    why: 'The signature stands on a key that the plan does not keep: it fails when that key is taken away, and the planned key is never used.',
    fix: 'Set the selector of {sender} to {planned}, or write selector: {used} in septet.yaml and plan again.{where}',
    source: 'RFC 6376 §3.1',
  },
  'message.plan.return_path': {
    severity: 'warning',
    test: 'The return path (MAIL FROM) is one that the plan has for the sender.',
    message: 'Your {sender} uses the return path {used}; the plan has {planned} for it.',
    why: 'SPF is asked at the return path: with another name it does not count for {domain}, and bounces go elsewhere.',
    fix: 'Set the return path of {sender} to {planned}.{where}',
    source: 'RFC 9989 §4.4.2',
  },
  'message.plan.address': {
    severity: 'warning',
    test: 'The message came from an address that the plan has for the sender.',
    message: 'The message came from {ip}, and SPF does not pass it; the plan has {planned} for your {sender}.',
    why: 'Receivers find an address that the domain did not name.',
    fix: 'If {ip} is yours, add it to ip of {sender} in septet.yaml and plan again. If not, the mail left by another way than you meant.',
    source: 'RFC 7208 §4.6',
  },
  'message.plan.tracking': {
    severity: 'warning',
    test: 'Links of bulk mail lead over the tracking host of the plan.',
    message: 'No link of this message leads over {planned}; the links go to {used}.',
    why: 'The tracking record is not used: links carry another name, and its reputation, than the From address.',
    fix: 'Set the tracking domain of {sender} to {planned}.{where}',
    source: 'house',
  },
  'message.plan.unsubscribe': {
    severity: 'warning',
    test: 'The one-click unsubscribe address stands on a host of the plan.',
    message: 'List-Unsubscribe leads to {used}; the plan has {planned}.',
    why: 'Readers and filters see a foreign name, and Septet does not learn of the unsubscribe.',
    fix: 'Set the address that {sender} writes into List-Unsubscribe to https://{planned}/….{where}',
    source: 'RFC 8058 §3',
  },
  'message.plan.agrees': {
    severity: 'info',
    test: 'The message shows what the plan says of its sender.',
    message: 'The message is as the plan has it for your {sender}: {signs}.',
    why: 'The records that were published are the ones in use.',
    fix: 'Nothing is to be done.',
    source: 'house',
  },
} as const satisfies Rows;

export const found = reporter('message', rows);
export const later: Readonly<Record<string, string>> = {};
