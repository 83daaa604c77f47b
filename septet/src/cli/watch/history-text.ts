/** The history of a domain for the terminal: the time of each thing, what it was, by whom, and who shows it. */
import { membersOf } from '../../change/change.ts';
import type { DnsName } from '../../dns/name.ts';
import type { HistoryEntry } from '../../watch/drift/history.ts';
import { byText } from '../../watch/loop/change-text.ts';
import { wrap, type Paint } from '../paint.ts';
import { visible } from '../visible.ts';

const timeWidth = 18;
/** Of a text that is longer than that the rest stands in --json. */
const longestData = 300;
const mostRecords = 6;

export function historyText(domain: DnsName, entries: readonly HistoryEntry[], paint: Paint): string {
  const lines = [`${paint('bold', domain)}  times in UTC`];
  if (entries.length === 0) lines.push('Nothing has changed in this time, as far as Septet has looked.');
  for (const entry of entries) {
    const { head, style, notes } = wordsOf(entry);
    const time = new Date(entry.at).toISOString().slice(0, 16).replace('T', ' ');
    const title = wrap(head, paint.columns, ' '.repeat(timeWidth), `${time}  `);
    lines.push(style === undefined ? title : title.replace(head, paint(style, head)));
    for (const note of notes) lines.push(wrap(note, paint.columns, ' '.repeat(timeWidth + 2), ' '.repeat(timeWidth)));
  }
  return `${lines.join('\n')}\n`;
}

interface Words {
  readonly head: string;
  readonly style?: 'green' | 'yellow' | 'red';
  readonly notes: readonly string[];
}

function wordsOf(entry: HistoryEntry): Words {
  switch (entry.kind) {
    case 'change': {
      const { name, type, by, before, after, places } = entry;
      const gone = before.filter((text) => !after.includes(text));
      const added = after.filter((text) => !before.includes(text));
      const verb = after.length === 0 ? 'removed' : before.length === 0 ? 'created' : 'changed';
      const notes = [
        ...gone.map((text) => `before: ${shown(text)}`),
        ...added.map((text) => `now:    ${shown(text)}`),
        seenText(places.map(({ seenFrom }) => seenFrom)),
      ];
      const head = `${name || '.'} ${type} ${verb} ${byText(by)}`;
      return { head, ...(by === 'us' ? {} : { style: 'yellow' as const }), notes };
    }
    case 'first-seen': {
      const { records } = entry;
      const more = records.length > mostRecords ? ` and ${records.length - mostRecords} more` : '';
      return { head: 'Seen for the first time', notes: [`${records.slice(0, mostRecords).join(', ')}${more}`] };
    }
    case 'published': {
      const { step, outcome, host, changes, detail } = entry;
      const notes = changes.flatMap(({ name, type, after }) =>
        after === undefined
          ? [`${name} ${type}: removed`]
          : membersOf(after).map((text) => `${name} ${type}: ${shown(text)}`),
      );
      const head = `${step} ${outcome === 'stopped' ? 'stopped in the middle' : outcome} by Septet at ${host}`;
      const style = outcome === 'stopped' ? 'red' : 'green';
      return { head, style, notes: [...notes, ...(detail === undefined ? [] : [visible(detail)])] };
    }
    case 'ramp': {
      const { ramp, what, from, to, why } = entry;
      const way = [from, to].filter((stage) => stage !== undefined).join(' → ');
      const style = what === 'failed' || what === 'went back' ? 'red' : what === 'advanced' ? 'green' : undefined;
      return {
        head: `Ramp ${ramp} ${what}${way === '' ? '' : `: ${way}`}`,
        ...(style === undefined ? {} : { style }),
        notes: why === '' ? [] : [visible(why)],
      };
    }
  }
}

const seenText = (places: readonly string[]): string => {
  const [first = 'nowhere', ...others] = [...new Set(places)];
  if (others.length === 0) return `seen from ${first}`;
  return `seen from ${first} and ${others.length} other${others.length === 1 ? '' : 's'}`;
};

const shown = (text: string): string => {
  const clean = visible(text, { octets: true });
  return clean.length > longestData ? `${clean.slice(0, longestData)}…` : clean;
};
