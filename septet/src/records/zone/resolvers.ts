/** What several resolvers of the user's choice say of the same records, where no name server is asked by itself. */
import type { Answer } from '../../dns/rrset.ts';
import type { Finding } from '../../finding/finding.ts';
import type { World } from '../../world/world.ts';
import type { RecordToCompare } from './delegation.ts';
import { evidenceOf, storyOf, timeOf, ttlOf } from './evidence.ts';
import { found } from './findings.ts';

export interface ComparedAnswers {
  readonly record: RecordToCompare;
  /** One answer for each resolver, in the order in which they were given. */
  readonly asked: readonly Answer[];
}

/** Asks each resolver for each record; nothing where there is only one resolver. */
export async function askResolvers(
  world: World,
  records: readonly RecordToCompare[],
): Promise<readonly ComparedAnswers[]> {
  if (world.otherResolvers.length === 0) return [];
  const resolvers = [world.resolver, ...world.otherResolvers];
  return Promise.all(
    records.map(async (record) => ({
      record,
      asked: await Promise.all(resolvers.map((resolver) => resolver.query(record.name, record.type))),
    })),
  );
}

/**
 * Resolvers that answer with authority (AA) and differ are name servers out of step. Others may only remember an older
 * answer, which passes.
 */
export function checkResolvers(compared: readonly ComparedAnswers[], seenAt: number): readonly Finding[] {
  return compared.flatMap(({ record, asked }) => {
    const { name, type } = record;
    const stories = new Set(asked.flatMap((answer) => storyOf(answer) ?? []));
    const [first] = stories;
    if (first === undefined || stories.size < 2) return [];
    const subject = { name, type };
    const evidence = asked.map((answer) => evidenceOf(answer, answer.server));
    if (asked.every((answer) => storyOf(answer) === undefined || answer.authoritative === true)) {
      return [found('dns.auth.inconsistent', { subject, args: { name, type }, evidence })];
    }
    const behind = asked.filter((answer) => ![undefined, first].includes(storyOf(answer)));
    const until = timeOf(seenAt + Math.max(...asked.map(ttlOf)) * 1000);
    const args = { name, type, until, behind: behind.length, resolvers: asked.length };
    return [found('dns.propagation.pending', { subject, args, evidence })];
  });
}
