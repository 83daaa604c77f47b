/** Everything goes to one server, the next one: its answers are the client's. */
import {
  openNext,
  type NextOpening,
  type NextPlace,
  type NextSession,
  type NextTimes,
  type OpenNext,
} from '../world/next-server.ts';
import { reply, type SmtpReply } from '../world/next-reply.ts';
import type { Lost } from '../world/next-wire.ts';
import type { Offer, Outgoing, OutgoingMail, OutgoingOpening, Route } from './outgoing.ts';

export interface FixedRouteOptions {
  readonly place: NextPlace;
  /** What we call ourselves. */
  readonly name: string;
  readonly times?: NextTimes;
  /** Absent: sessions are opened in this process. */
  readonly openNext?: OpenNext;
}

/** Until it has been asked, the next server is expected to take what all do. */
const unknown: Offer = { eightBit: true, utf8: false, dsn: false, enhanced: false };

export function fixedRoute({ place, name, times, openNext: opener = openNext }: FixedRouteOptions): Route {
  let early = unknown;
  return {
    get early() {
      return early;
    },
    async open() {
      const opening = await opener(place, name, times);
      if (opening.kind !== 'open') return { kind: 'away', ...awayOf(opening) };
      const outgoing = transactionOn(opening.session);
      early = outgoing.offer;
      return { kind: 'open', outgoing };
    },
  };
}

/** Answers 421: a client without the next server has nothing to do here, and shall come again. */
function awayOf(
  opening: Exclude<NextOpening, { kind: 'open' }>,
): Omit<Extract<OutgoingOpening, { kind: 'away' }>, 'kind'> {
  const away = (text: string): SmtpReply => reply(421, `4.4.1 ${text}, try again later`);
  switch (opening.kind) {
    case 'refused':
      // Its words may name our login, and they are not about the client.
      return opening.at === 'login'
        ? {
            reply: away('The next server does not take our login'),
            log: `the next server refused the login with ${opening.reply.code}`,
          }
        : {
            reply: away('The next server takes no mail now'),
            log: `the next server greeted with ${opening.reply.code}`,
          };
    case 'no-tls':
      return {
        reply: away('There is no TLS with the next server'),
        log: `no TLS with the next server: ${opening.detail}`,
      };
    case 'unreachable':
      return {
        reply: away('The next server cannot be reached'),
        log: `the next server cannot be reached: ${opening.detail}`,
      };
  }
}

export function offerOf(extensions: NextSession['extensions']): Offer {
  const size = Number(extensions.get('SIZE') ?? 0);
  return {
    eightBit: extensions.has('8BITMIME'),
    utf8: extensions.has('SMTPUTF8'),
    dsn: extensions.has('DSN'),
    enhanced: extensions.has('ENHANCEDSTATUSCODES'),
    ...(Number.isSafeInteger(size) && size > 0 ? { size } : {}),
  };
}

/** The client keeps the message and comes again. */
const lostReply = (lost: Lost): SmtpReply =>
  lost.reply && lost.reply.code >= 400 ? lost.reply : reply(451, `4.4.2 ${sentences[lost.why]}`);

const sentences: Readonly<Record<Lost['why'], string>> = {
  timeout: 'The next server does not answer, try again later',
  closed: 'The next server ended the connection, try again later',
  protocol: 'The next server says what is not SMTP, try again later',
};

/** Transactions over an open session, handed on word by word. */
export function transactionOn(session: NextSession): Outgoing {
  const offer = offerOf(session.extensions);
  let open = false;
  let lost: Lost | undefined;
  const said = async (line: string): Promise<SmtpReply> => {
    if (lost) return lostReply(lost);
    const answer = await session.command(line);
    return heard(answer);
  };
  const heard = (answer: SmtpReply | Lost): SmtpReply => {
    if ('kind' in answer) {
      lost = answer;
      session.close();
      return lostReply(answer);
    }
    // 1xx and 3xx are no answers to these commands.
    if (answer.code >= 300 && answer.code < 400) {
      lost = { kind: 'lost', why: 'protocol' };
      session.close();
      return lostReply(lost);
    }
    return answer;
  };
  return {
    offer,
    usable: () => lost === undefined,
    async mail(mail) {
      const answer = await said(mailLine(mail, offer, session.extensions));
      open = answer.code < 300;
      return answer;
    },
    recipient: (path, words) => said([`RCPT TO:<${path}>`, ...words].join(' ')),
    async message(octets, eightBit, timeoutMs, marked) {
      if (lost) return lostReply(lost);
      if (eightBit && !offer.eightBit) {
        await this.reset();
        return reply(554, '5.6.3 The message has 8-bit octets, which the next server does not take'); // RFC 6152 §3
      }
      marked?.begin(session.pid);
      const answer = await session.message(octets, timeoutMs, marked?.file);
      if (!('kind' in answer) && answer.code < 300) open = false;
      return 'kind' in answer && answer.why === 'timeout' ? (heard(answer), unsure) : heard(answer);
    },
    async reset() {
      if (open && !lost) await said('RSET');
      open = false;
    },
    close: () => (lost === undefined && !open ? session.quit() : session.close()),
  };
}

/** Whether the next server has the message is not known; the client keeps it. See docs/relaying.md. */
const unsure = reply(451, '4.4.2 The next server did not say in time whether it takes the message, try again later');

function mailLine({ path, wish }: OutgoingMail, offer: Offer, extensions: NextSession['extensions']): string {
  return [
    `MAIL FROM:<${path}>`,
    // As declared: what is put into the message is not known yet.
    ...(wish.size !== undefined && extensions.has('SIZE') ? [`SIZE=${wish.size}`] : []),
    ...(wish.eightBit && offer.eightBit ? ['BODY=8BITMIME'] : []),
    ...(wish.utf8 ? ['SMTPUTF8'] : []),
    ...(offer.dsn ? wish.dsn : []),
  ].join(' ');
}
