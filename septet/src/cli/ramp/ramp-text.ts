/** `septet ramp` for a person at a terminal: a block for each ramp. */
import { shareText } from './ramp-words.ts';
import { gateText } from '../plan/plan-text.ts';
import { clockText, spanText } from '../plan/clock-text.ts';
import { wrap, type Paint, type Style } from '../paint.ts';
import { visible } from '../visible.ts';
import { needWords, told } from '../../watch/gate-text.ts';
import type { RampView } from '../../watch/ramp-view.ts';
import { rampTitles, stageWords } from './ramp-words.ts';

const label = 9;
const mostBreaks = 4;

/** The domain, then its ramps. */
export function rampsText(domain: string, views: readonly RampView[], paint: Paint, now: number): string {
  const blocks = views.map((view) => rampText(view, paint, now));
  return `${[paint('bold', domain), ...blocks].join('\n\n')}\n`;
}

export function rampText(view: RampView, paint: Paint, now: number): string {
  const lines = [headline(view, paint, now)];
  const say = (name: string, text: string, style?: Style): void => {
    const said = wrap(text, paint.columns, ' '.repeat(label + 2), `  ${name.padEnd(label)}`);
    lines.push(style && name !== '' ? said.replace(name, paint(style, name)) : said);
  };
  const { moving, paused, watchUntil, next, earliest } = view;
  if (paused) say('paused', `since ${clockText(paused.at, now)}: ${visible(paused.why)}`, 'yellow');
  if (view.live !== undefined) say('but', `DNS shows ${view.live}`, 'yellow');
  if (moving) {
    const way = moving.direction === 'back' ? 'on its way back to' : 'on its way to';
    say('moves', `${way} ${moving.to} since ${clockText(moving.startedAt, now)}: ${moving.why}`, 'cyan');
  }
  if (watchUntil !== undefined) say('watched', `closely until ${clockText(watchUntil, now)}`);
  for (const alert of view.alerts) say('hurts', alert, 'red');
  if (view.decision === 'unknown') say('unsure', view.why, 'cyan');
  else if (view.decision === 'not begun') say('begin', `${view.why}: septet plan`, 'yellow');
  else if (view.decision === 'back') say('back', view.why, 'red');
  else if (next === undefined) say('next', 'nothing: the last stage is reached');
  else {
    const when = earliest === undefined ? '' : `, not before ${clockText(earliest, now)}`;
    say('next', `${stageWords(view.ramp, next)}${when}`);
    const open = told(view.needs).filter(({ met }) => !met);
    const met = told(view.needs).filter((need) => need.met);
    for (const [index, need] of open.entries()) say(index === 0 ? 'needs' : '', needWords(need), 'yellow');
    for (const [index, position] of view.plan.entries())
      say(index === 0 && open.length === 0 ? 'needs' : '', gateText(position), 'yellow');
    if (met.length > 0) say('has', met.map(needWords).join('; '), 'green');
    if (open.length === 0 && view.plan.length === 0)
      say('ready', 'septet watch takes the step, or publish it: septet publish', 'green');
    if (view.asks) say('do', 'it waits for you: septet approve', 'cyan');
    breaks(view, say);
  }
  return lines.join('\n');
}

function headline({ ramp, stage, since }: RampView, paint: Paint, now: number): string {
  const title = rampTitles[ramp];
  if (stage === undefined) return paint('bold', title);
  const seconds = Math.max(0, Math.floor((now - (since ?? now)) / 1000));
  const span = seconds >= 86_400 ? `, for ${spanText(Math.floor(seconds / 86_400) * 86_400)}` : '';
  const text = `${title}: ${stageWords(ramp, stage)} since ${clockText(since ?? now, now)}${span}`;
  return wrap(text, paint.columns, ' '.repeat(title.length + 2), '').replace(title, paint('bold', title));
}

function breaks(view: RampView, say: (name: string, text: string, style?: Style) => void): void {
  if (view.breaks.length === 0) {
    if (view.needs.some(({ kind }) => kind === 'volume' || kind === 'tls-reports'))
      say('breaks', 'nothing that any report has shown');
    return;
  }
  for (const [index, one] of view.breaks.slice(0, mostBreaks).entries()) {
    const whose = one.standing === 'mine' ? 'yours' : one.standing;
    const text = `${shareText(one.messages, one.of)} of ${visible(one.title)} (${whose}) would be ${one.fate}`;
    say(index === 0 ? 'breaks' : '', text, one.standing === 'mine' ? 'red' : 'yellow');
  }
  const more = view.breaks.length - mostBreaks;
  if (more > 0) say('', `and ${more} more ${more === 1 ? 'source' : 'sources'}: septet sources`);
}
