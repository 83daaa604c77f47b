/** Findings in the three parts that every view has, those that say the same shown once. */
import type { Finding } from '../../finding/finding.ts';

export interface Group {
  readonly first: Finding;
  /** Findings that say the same of the same subject, or that follow from the first. */
  readonly also: readonly Finding[];
}

export interface Swarm {
  readonly first: Finding;
  /** How many more there are of its record and code. */
  readonly more: number;
}

export interface Parts {
  /** Worst first. */
  readonly wrong: readonly Group[];
  readonly unknown: readonly Swarm[];
  readonly advice: readonly Group[];
}

export function partsOf(findings: readonly Finding[]): Parts {
  const groups = grouped(findings);
  return {
    wrong: groups.filter(({ first }) => first.state === 'fail' && first.severity !== 'info'),
    unknown: swarmsOf(groups.filter(({ first }) => first.state === 'unknown')),
    advice: groups.filter(({ first }) => first.severity === 'info' && first.state !== 'unknown'),
  };
}

function grouped(findings: readonly Finding[]): readonly Group[] {
  const groups = new Map<string, { first: Finding; also: Finding[] }>();
  for (const finding of findings) {
    const cause = finding.follows
      ? [...groups.values()].find(({ first }) => first.code === finding.follows && first.record === finding.record)
      : undefined;
    const key = `${finding.code}\0${finding.message}\0${finding.subject.name}`;
    const known = cause ?? groups.get(key);
    if (known) known.also.push(finding);
    else groups.set(key, { first: finding, also: [] });
  }
  return [...groups.values()];
}

/** What could not be told comes in swarms: of more than two of a kind the first is shown, and how many more there are. */
function swarmsOf(groups: readonly Group[]): readonly Swarm[] {
  const swarms = Map.groupBy(groups, ({ first }) => `${first.record} ${first.code}`);
  return [...swarms.values()].flatMap((swarm) =>
    swarm.length > 2
      ? swarm.slice(0, 1).map(({ first }) => ({ first, more: swarm.length - 1 }))
      : swarm.map(({ first }) => ({ first, more: 0 })),
  );
}
