/** Scenarios for the tests: one clean world, and others that differ from it in one thing. */
import type { Scenario, Source } from '../../src/watch/simulate/scenario.ts';

const source = (over: Partial<Source> & Pick<Source, 'name'>): Source => ({
  address: '192.0.2.10',
  perDay: 400,
  signs: ['example.com'],
  returnPath: 'example.com',
  dkim: 1,
  spf: 1,
  ...over,
});

export const own = source({ name: 'postfix' });
export const ses = source({
  name: 'ses',
  address: '198.51.100.20',
  perDay: 600,
  signs: ['amazonses.com', 'example.com'],
  returnPath: 'eu-west-1.amazonses.com',
});
/** Signs and bounces with its own names only, so that nothing is aligned. */
export const newcomer = source({
  name: 'newcomer',
  address: '203.0.113.30',
  perDay: 50,
  signs: ['mailer.example'],
  returnPath: 'mailer.example',
});

export const clean = (over: Partial<Scenario> = {}): Scenario => ({
  domain: 'example.com',
  start: '2026-01-05',
  people: false,
  readers: 'both',
  receivers: [
    { name: 'google.com', share: 0.5, reader: '7489', delayDays: 1, reliability: 1 },
    { name: 'Outlook.com', share: 0.3, reader: '7489', delayDays: 2, reliability: 1 },
    { name: 'Yahoo', share: 0.1, reader: '9989', delayDays: 1, reliability: 1 },
    { name: 'mail.ru', share: 0.05, reader: '9989', delayDays: 1, reliability: 0.6 },
  ],
  sources: [own, ses],
  forwarders: [],
  spoofers: [],
  plan: { services: ['Amazon SES'], addresses: ['192.0.2.10'] },
  marks: [],
  approvals: [],
  stages: [{ day: 0, stage: 'none' }],
  ...over,
});
