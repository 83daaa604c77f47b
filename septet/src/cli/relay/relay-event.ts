/** One event of the relay as a line for a person. */
import type { RelayEvent } from '../../relay/relay-log.ts';

export function eventText(event: RelayEvent): string {
  switch (event.event) {
    case 'message': {
      const { outcome, code, octets, recipients, ms, rewriting } = event;
      const people = recipients === 1 ? '1 recipient' : `${recipients} recipients`;
      return `message ${outcome} ${code}, ${people}, ${octets} octets, ${ms} ms: ${rewritingText(rewriting)}`;
    }
    case 'client':
      return `client: ${event.why}`;
    case 'again':
      return `the client came again with a message that is ${againText[event.standing]}`;
    case 'next':
      return event.why;
    case 'fault':
      return `This is a fault in Septet; the message went on as it was. Please report: ${event.why}`;
  }
}

const againText = {
  taken: 'taken already: it is told so',
  'on its way': 'still on its way: it is to wait',
  unsure: 'perhaps taken: it is sent once more',
} as const;

function rewritingText({ kind, links, signed, notes }: Extract<RelayEvent, { event: 'message' }>['rewriting']): string {
  const told = notes.length > 0 ? ` (${notes.join(', ')})` : '';
  if (kind === 'failed') return `could not be rewritten${told}`;
  if (kind === 'untouched') return `untouched${told}`;
  return `${links === 1 ? '1 link' : `${links} links`}, ${signed ? 'signed' : 'not signed'}${told}`;
}
