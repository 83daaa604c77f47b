import assert from 'node:assert/strict';
import { test } from 'node:test';
import { painter } from '../paint.ts';
import type { RampView } from '../../watch/ramp-view.ts';
import { rampsText, rampText } from './ramp-text.ts';

const now = Date.parse('2026-11-23T12:00:00Z');
const day = 86_400_000;
const view = (over: Partial<RampView> = {}): RampView => ({
  ramp: 'dmarc',
  stages: ['none', 'sampled', 'quarantine', 'reject'],
  stage: 'quarantine',
  since: now - 3 * day,
  kept: 'kept',
  next: 'reject',
  needs: [],
  decision: 'stay',
  why: '',
  asks: false,
  alerts: [],
  breaks: [],
  plan: [],
  findings: [],
  ...over,
});
const text = (over: Partial<RampView>): string => rampText(view(over), painter(80, false), now);

test('what is on its way, watched, stopped, hurts, and differs from DNS', () => {
  assert.equal(
    text({
      live: 'sampled',
      moving: { to: 'quarantine', startedAt: now - 60_000, direction: 'back', why: 'of the mail of X 70 % passes' },
      watchUntil: now + 4 * day,
      paused: { why: 'holidays\u001b[31m', at: now - day },
      alerts: ['of the mail of X 70 % passes; it was 100 % before this step'],
    }),
    `DMARC: quarantine (p=quarantine) since 20 November 12:00 UTC, for 3 days
  paused   since 22 November 12:00 UTC: holidays\\027[31m
  but      DNS shows sampled
  moves    on its way back to quarantine since today 11:59 UTC: of the mail of X
           70 % passes
  watched  closely until 27 November 12:00 UTC
  hurts    of the mail of X 70 % passes; it was 100 % before this step
  next     reject (p=reject)
  ready    septet watch takes the step, or publish it: septet publish`,
  );
});

test('the other ways to stand', () => {
  assert.match(text({ decision: 'unknown', why: 'timeout' }), /\n {2}unsure {3}timeout$/);
  const { stage: _stage, since: _since, ...begun } = view();
  const unbegun = rampText(
    { ...begun, decision: 'not begun', why: 'dmarc.none is not published yet' },
    painter(80, false),
    now,
  );
  assert.equal(unbegun, 'DMARC\n  begin    dmarc.none is not published yet: septet plan');
  assert.match(text({ decision: 'back', why: 'mail fails' }), /\n {2}back {5}mail fails$/);
  const { next: _next, ...last } = view({ stage: 'reject' });
  assert.match(rampText(last, painter(80, false), now), /\n {2}next {5}nothing: the last stage is reached$/);
});

test('many sources would break: the owner’s first, in red, and never wider than the terminal', () => {
  const of = (title: string, standing: 'mine' | 'unknown') =>
    ({ key: title, title, standing, messages: 1200, of: 90_000, fate: 'refused' }) as const;
  const breaks = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => of(`${name}.example`, name === 'a' ? 'mine' : 'unknown'));
  const plain = text({ breaks });
  assert.match(plain, /breaks {3}1,200 of 90,000 messages of a\.example \(yours\) would be refused\n/);
  assert.match(plain, /\n {11}and 2 more sources: septet sources$/);
  const colours = rampsText('example.com', [view({ breaks })], painter(80, true), now);
  assert.ok(colours.includes('\u001b[31mbreaks'));
  const long = text({ breaks: [of(`${'x'.repeat(70)}.example`, 'mine')], alerts: ['word '.repeat(40)] });
  for (const line of long.split('\n')) assert.ok(line.length <= 80, line);
});
