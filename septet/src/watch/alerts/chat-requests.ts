/** Alerts for Slack (incoming webhooks) and ntfy, as requests. Foreign text can neither mark up nor begin a header. Pure. */
import type { AlertSeverity } from './channel.ts';
import { cleanLine, cutCharacters, cutOctets, headerText } from './clean-text.ts';
import type { AlertMessage } from './compose.ts';

export interface AlertRequest {
  readonly body: string;
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
}

const maxSlackText = 3500; // characters; Slack cuts texts off, at 40,000 and in some clients far before
const maxNtfyOctets = 4000; // ntfy makes a file of a message over 4,096 octets
const maxTitle = 200;

/** Slack reads `&`, `<` and `>` as markup; the rest of its markup is turned off. */
export function slackRequest(message: AlertMessage): AlertRequest {
  const text = `${message.subject}\n${message.text}`;
  const body = JSON.stringify({
    text: slackEscape(cutCharacters(text, maxSlackText)),
    mrkdwn: false,
    unfurl_links: false,
    unfurl_media: false,
  });
  return { body, contentType: 'application/json', headers: {} };
}

export const slackEscape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const priorities: Readonly<Record<AlertSeverity, string>> = { error: '5', warning: '4', info: '3' };
const tags: Readonly<Record<AlertSeverity, string>> = {
  error: 'rotating_light',
  warning: 'warning',
  info: 'information_source',
};

/** Title, priority and tags are headers; `token` goes as a bearer token. */
export function ntfyRequest(message: AlertMessage, token?: string): AlertRequest {
  const over = message.kind === 'over';
  return {
    body: cutOctets(message.text, maxNtfyOctets),
    contentType: 'text/plain; charset=utf-8',
    headers: {
      Title: headerText(cutCharacters(cleanLine(message.subject), maxTitle), ' '),
      Priority: over || message.kind === 'test' ? priorities.info : priorities[message.severity],
      Tags: over ? 'white_check_mark' : tags[message.severity],
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    },
  };
}
