/** Events of `watch` as lines: text for people and logs, or one JSON object each. */
import type { WatchEvent } from '../../watch/loop/watch-event.ts';
import { painter } from '../paint.ts';
import { visible, visibleJson } from '../visible.ts';

export interface LineOptions {
  readonly json: boolean;
  readonly columns: number;
  readonly colours: boolean;
}

/** One line with its end; never more, so that `grep` and log collectors take it. `at` in milliseconds since 1970. */
export function watchLine(event: WatchEvent, at: number, { json, columns, colours }: LineOptions): string {
  const time = new Date(at).toISOString();
  const { event: kind, domain, severity, text, more } = event;
  if (json)
    return `${visibleJson({ time, event: kind, ...(domain === undefined ? {} : { domain }), severity, text, ...(more ? { details: more } : {}) })}\n`;
  const paint = painter(columns, colours);
  const word = kind.padEnd(9);
  const shown = severity === 'error' ? paint('red', word) : severity === 'warning' ? paint('yellow', word) : word;
  const line = visible(text.replaceAll(/\s+/g, ' ').trim());
  return `${paint('dim', time.replace(/\.\d+Z$/, 'Z'))} ${shown} ${domain === undefined ? '' : `${paint('bold', domain)} `}${line}\n`;
}
