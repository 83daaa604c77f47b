/** What a ramp wants of a person, as an alert: one for each ramp. Pure. */
import type { DnsName } from '../../dns/name.ts';
import type { StoredAlert } from '../../store/store.ts';
import type { RampName } from '../ramp/ramp.ts';
import { stepOfStage } from '../ramps-of.ts';
import { alertText } from '../alerts/alert-text.ts';
import type { RampMove } from '../move-ramps.ts';

export interface NamedAlert {
  readonly key: string;
  /** Absent: nobody is needed, and an alert of this key is over. */
  readonly alert?: StoredAlert;
}

const titles: Readonly<Record<string, string>> = { dmarc: 'DMARC', spf: 'SPF', 'mta-sts': 'MTA-STS', bimi: 'BIMI' };

/**
 * `ramp dmarc`. Pausing was a person's own word, and no news. `undoable`: steps of the journal that `septet undo` can take
 * back.
 */
export function namedAlert(
  domain: DnsName,
  move: RampMove,
  now: number,
  undoable: ReadonlySet<string> = new Set(),
): NamedAlert {
  const key = `ramp ${move.ramp}`;
  const name = titles[move.ramp] ?? move.ramp;
  const { outcome, to = 'the next stage', from = 'the stage before', why, alerts = [] } = move;
  const base = { domain, key, since: now };
  const sentence = `${why[0]?.toUpperCase() ?? ''}${why.slice(1)}.`;
  const commands = [`septet ramp ${domain}`, `septet history ${domain}`];
  const made = (
    severity: StoredAlert['severity'],
    title: string,
    what: readonly string[],
    todo: readonly string[],
  ) => ({
    key,
    alert: { ...base, severity, text: alertText({ title, what, seenFrom: [], todo, commands }) },
  });
  switch (outcome) {
    case 'waits for approval':
      return made(
        'warning',
        `${name} waits for your yes to go on to ${to}`,
        [sentence],
        [`If it is right, say so with: septet approve ${domain} ${move.ramp}`],
      );
    case 'failed':
      return made(
        'error',
        `${name} could not go to ${to}`,
        [sentence, 'It is tried again.'],
        ['Look at what the DNS host says, and at the token that Septet uses there.'],
      );
    case 'went back':
      return made(
        'error',
        `${name} went back from ${from} to ${to}`,
        [sentence],
        ['See which sender fails, mend it, and let the ramp go on by itself.'],
      );
    case 'advanced':
    case 'stays':
    case 'paused': {
      if (alerts.length === 0) return { key };
      const what = alerts.map((text) => `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}.`);
      const step = stepOfStage(move.ramp as RampName, from) ?? '';
      const back = undoable.has(step)
        ? `take the step back with: septet undo ${domain} ${step}`
        : 'publish the stage before it at your DNS host, as Septet did not publish this one';
      return made('error', `${name} at ${from} hurts, and is left to you`, what, [
        `See which sender fails, and mend it. Or ${back}.`,
        'With goBack: true below watch: in septet.yaml, it goes back by itself.',
      ]);
    }
  }
}
