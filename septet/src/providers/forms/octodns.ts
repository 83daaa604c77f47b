/**
 * octoDNS: entries for the zone's YAML file.
 *
 * Keys are relative names, the empty key is the zone itself, in natural order, because octoDNS checks the order. An entry
 * is a whole RRset; a name with several types has a list. Targets carry their dot. octoDNS wants `\;` for each semicolon
 * of a text and cuts long texts by itself; a backslash of the text has no safe form there.
 */
import type { Change } from '../../change/change.ts';
import { absolute, relativeTo, type DnsName } from '../../dns/name.ts';
import { formatRdata } from '../../dns/rdata-text.ts';
import { txtText, type Mx, type Rdata, type RrSet, type RrType, type Txt } from '../../dns/rrset.ts';
import type { FormInput, TextForm } from '../form.ts';
import { headLines, laterLines, stepLines } from './comments.ts';
import { editsOf, netChanges } from './edits.ts';
import { entryOf, entryRefusal } from './entry.ts';
import { fit } from './fit.ts';

export const octodnsForm: TextForm = { id: 'octodns', title: 'octoDNS YAML', extension: '.yaml', write: writeOctodns };

function writeOctodns(input: FormInput): string {
  const steps = fit(input, { host: 'octoDNS', refuses });
  const net = netChanges(steps);
  const lines = [
    ...headLines('# ', input, 'octoDNS entries', [
      'An entry is the whole set of its name and type. Other types of the same name stay in its list.',
    ]),
    ...steps.flatMap((step) => ['#', ...stepLines('# ', step)]),
    ...net.flatMap(removals),
    '---',
    ...entries(
      net.flatMap(({ after }) => (after ? [after] : [])),
      input.zone,
    ),
    ...laterLines('# ', input),
  ];
  return `${lines.join('\n')}\n`;
}

/** Members that stay are written again, so all of the set is looked at. */
function refuses(change: Change): string | undefined {
  const { before: _, ...whole } = change;
  const why = entryRefusal(whole, true);
  if (why !== undefined || change.type !== 'TXT') return why;
  const texts = ((change.after?.data ?? []) as readonly Txt[]).map(txtText);
  return texts.some((text) => text.includes('\\'))
    ? `${change.name} TXT: octoDNS reads a backslash as the begin of an escape. Write the text without it.`
    : undefined;
}

const removals = (change: Change): readonly string[] =>
  editsOf(change).removed.map(
    (data) => `# remove: ${absolute(change.name)} ${change.type} ${formatRdata(change.type, data)}`,
  );

function entries(sets: readonly RrSet[], zone: DnsName): readonly string[] {
  if (sets.length === 0) return ['{}'];
  const byName = new Map<string, RrSet[]>();
  for (const set of sets) {
    const key = relativeTo(set.name, zone) ?? set.name;
    byName.set(key, [...(byName.get(key) ?? []), set]);
  }
  const lines: string[] = [];
  for (const [key, found] of [...byName].sort(([a], [b]) => natural(a, b))) {
    lines.push(`${yamlString(key)}:`);
    const [only] = found;
    if (found.length === 1 && only) lines.push(...entry(only).map((line) => `  ${line}`));
    else {
      for (const set of found.toSorted((a, b) => (a.type < b.type ? -1 : 1))) {
        lines.push(...entry(set).map((line, i) => `${i === 0 ? '  - ' : '    '}${line}`));
      }
    }
  }
  return lines;
}

/** Keys in the order of the alphabet, as octoDNS wants them. */
function entry(set: RrSet): readonly string[] {
  const head = [`ttl: ${set.ttlSeconds}`, `type: ${set.type}`];
  const [first] = set.data;
  if (set.data.length === 1 && first !== undefined) return [...head, ...member('value', set.type, first, '')];
  return [...head, 'values:', ...set.data.flatMap((data) => member('', set.type, data, '  - '))];
}

function member(key: string, type: RrType, data: Rdata<RrType>, bullet: string): readonly string[] {
  if (type !== 'MX') {
    const { value } = entryOf(type, data, { dot: true, txt: (txt) => txtText(txt).replaceAll(';', '\\;') });
    return [`${key === '' ? bullet : `${key}: `}${yamlString(value)}`];
  }
  const { preference, exchange } = data as Mx;
  const fields = [`exchange: ${yamlString(absolute(exchange))}`, `preference: ${preference}`];
  if (key === '') return fields.map((field, i) => `${i === 0 ? bullet : '    '}${field}`);
  return [`${key}:`, ...fields.map((field) => `  ${field}`)];
}

/** Single quotes: nothing but the quote itself has a meaning inside. */
const yamlString = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Runs of digits count as numbers, as octoDNS compares keys. */
function natural(a: string, b: string): number {
  const left = a.split(/(\d+)/);
  const right = b.split(/(\d+)/);
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const [x = '', y = ''] = [left[i], right[i]];
    if (x === y) continue;
    if (i % 2 === 1 && Number(x) !== Number(y)) return Number(x) - Number(y);
    return x < y ? -1 : 1;
  }
  return left.length - right.length;
}
