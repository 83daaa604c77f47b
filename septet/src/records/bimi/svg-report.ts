/** Collects the findings on one file: equal ones become one finding with several places. */
import { makeFinding } from '../../finding/catalogue.ts';
import type { Evidence, Finding, Subject } from '../../finding/finding.ts';
import type { Span } from '../../text/parsed.ts';
import { rows } from './findings-svg.ts';

export interface SvgSource {
  /** File name or URL, for the evidence. */
  readonly place: string;
  readonly subject: Subject;
}

export type SvgCode = keyof typeof rows;
type Args = Readonly<Record<string, string | number>>;
type ShownSeverity = 'error' | 'warning' | 'info';

export interface Report {
  add(code: SvgCode, at: Span | undefined, args?: Args, severity?: ShownSeverity): void;
}

/** A hostile file can be wrong in as many ways as it has octets; nobody reads more than this. */
const maxFindings = 100;
const maxPlacesShown = 5;
const maxFragment = 160;

interface Group {
  readonly code: SvgCode;
  readonly args: Args;
  readonly severity: ShownSeverity | undefined;
  readonly places: Span[];
  count: number;
}

export function makeReport(text: string, source: SvgSource): { report: Report; findings: () => readonly Finding[] } {
  const groups = new Map<string, Group>();
  const report: Report = {
    add(code, at, args = {}, severity) {
      const key = `${code} ${severity ?? ''} ${Object.values(args).join('\u0000')}`;
      let group = groups.get(key);
      if (!group) {
        if (groups.size >= maxFindings) return;
        group = { code, args, severity, places: [], count: 0 };
        groups.set(key, group);
      }
      group.count++;
      if (at && group.places.length < maxPlacesShown) group.places.push(at);
    },
  };
  const findings = (): readonly Finding[] => {
    const lines = lineStarts(text);
    return [...groups.values()].map(({ code, args, severity, places, count }) => {
      const evidence: Evidence[] = places.map((at) => fileEvidence(text, lines, source.place, at));
      if (places.length === 0) evidence.push({ kind: 'file', place: source.place, text: '' });
      if (count > maxPlacesShown) evidence.push({ kind: 'fact', label: 'places', value: String(count) });
      const details = { subject: source.subject, args, evidence, ...(severity ? { severity } : {}) };
      return makeFinding('bimi', code, rows[code], details);
    });
  };
  return { report, findings };
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) starts.push(i + 1);
  return starts;
}

/** The piece of the line around the fault, with the fault marked. */
function fileEvidence(text: string, lines: readonly number[], place: string, at: Span): Evidence {
  let low = 0;
  let high = lines.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((lines[middle] ?? 0) <= at.offset) low = middle;
    else high = middle - 1;
  }
  const lineStart = lines[low] ?? 0;
  const lineEnd = (lines[low + 1] ?? text.length + 1) - 1;
  const from = Math.max(lineStart, at.offset - 40);
  const shown = text.slice(from, Math.min(lineEnd, from + maxFragment));
  const offset = at.offset - from;
  const length = Math.min(at.length, shown.length - offset);
  const marks = length > 0 ? { marks: [{ offset, length }] } : {};
  return { kind: 'file', place, line: low + 1, column: at.offset - lineStart + 1, text: shown, ...marks };
}

/** For values in messages. */
export function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
