/** Channels of alerts with their secrets, fetched when something is to be sent. */
import { parseVia, type Via } from '../world/via.ts';
import type { AlertConfig, AlertTarget } from './alerts-keys.ts';
import { readSecret, type SecretSources } from './secrets.ts';

/** As `watch/alerts/channel.ts` wants it. */
export interface ResolvedChannel {
  readonly id: string;
  readonly target:
    | { readonly kind: 'mail'; readonly to: readonly string[]; readonly from: string; readonly via: Via }
    | { readonly kind: 'webhook'; readonly url: string; readonly secret: string }
    | { readonly kind: 'slack'; readonly url: string }
    | { readonly kind: 'ntfy'; readonly url: string; readonly token?: string };
  readonly rules: {
    readonly severity: AlertConfig['severity'];
    readonly quiet?: { readonly from: ZonedTime; readonly until: ZonedTime };
    readonly digest?: ZonedTime;
    readonly errorsAtOnce: boolean;
    readonly mostPerHour: number;
  };
}

interface ZonedTime {
  readonly minutes: number;
  readonly zone: string;
}

export type ChannelResult =
  | { readonly kind: 'good'; readonly channel: ResolvedChannel }
  /** Sentences for a person; they name the reference, never the secret. */
  | { readonly kind: 'missing'; readonly id: string; readonly problem: string };

const shortestSecret = 16; // house: 128 bits at best

/** `ca`: certificates (PEM) that the servers for mail may have besides the well-known roots. */
export async function resolveAlertChannels(
  alerts: readonly AlertConfig[],
  sources: SecretSources,
  ca: readonly string[] = [],
): Promise<readonly ChannelResult[]> {
  return Promise.all(
    alerts.map(async (alert): Promise<ChannelResult> => {
      const target = await targetOf(alert, sources, ca);
      if ('problem' in target) return { kind: 'missing', id: alert.id, problem: `${alert.place}: ${target.problem}` };
      return { kind: 'good', channel: { id: alert.id, target, rules: rulesOf(alert) } };
    }),
  );
}

function rulesOf({ severity, quiet, digest, errorsAtOnce, perHour }: AlertConfig): ResolvedChannel['rules'] {
  // Two times of one channel are meant in one zone, where only one of them names it.
  const zone = quiet?.zone ?? digest?.zone ?? 'UTC';
  const at = (minutes: number, own?: string): ZonedTime => ({ minutes, zone: own ?? zone });
  return {
    severity,
    ...(quiet ? { quiet: { from: at(quiet.from, quiet.zone), until: at(quiet.until, quiet.zone) } } : {}),
    ...(digest ? { digest: at(digest.minutes, digest.zone) } : {}),
    errorsAtOnce,
    mostPerHour: perHour,
  };
}

type Outcome = ResolvedChannel['target'] | { readonly problem: string };

async function targetOf({ target }: AlertConfig, sources: SecretSources, ca: readonly string[]): Promise<Outcome> {
  switch (target.kind) {
    case 'mail':
      return mailOf(target, sources, ca);
    case 'webhook': {
      const secret = await readSecret('webhook.secret', target.secret, sources);
      if ('problem' in secret) return secret;
      if (secret.value.length < shortestSecret)
        return { problem: `webhook.secret is too short: it takes ${shortestSecret} characters or more.` };
      return { kind: 'webhook', url: target.url, secret: secret.value };
    }
    case 'slack': {
      const url = await readSecret('slack.url', target.url, sources);
      if ('problem' in url) return url;
      const parsed = URL.canParse(url.value) ? new URL(url.value) : undefined;
      if (parsed?.protocol !== 'https:' || parsed.username !== '' || parsed.password !== '')
        return { problem: 'slack.url is no https: URL. Copy the whole address of the incoming webhook.' };
      return { kind: 'slack', url: parsed.href };
    }
    case 'ntfy': {
      if (target.token === undefined) return { kind: 'ntfy', url: target.url };
      const token = await readSecret('ntfy.token', target.token, sources);
      if ('problem' in token) return token;
      if (!/^[\x21-\x7e]+$/.test(token.value)) return { problem: 'ntfy.token holds characters that no token has.' };
      return { kind: 'ntfy', url: target.url, token: token.value };
    }
  }
}

async function mailOf(
  { to, from, via }: Extract<AlertTarget, { kind: 'mail' }>,
  sources: SecretSources,
  ca: readonly string[],
): Promise<Outcome> {
  const text = via.kind === 'text' ? { value: via.text } : await readSecret('mail.via', via, sources);
  if ('problem' in text) return text;
  const parsed = parseVia(text.value, sources.env);
  if (parsed.kind === 'bad') return { problem: `mail.via ${parsed.why.replace(/^--via /, '')}` };
  if (parsed.sender !== undefined) return { problem: 'mail.via begins with smtp:// or smtps://.' };
  return { kind: 'mail', to, from, via: { ...parsed.via, ...(ca.length > 0 ? { ca } : {}) } };
}
