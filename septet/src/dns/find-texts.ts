/** TXT values of a kind at names where they may have been put by mistake. */
import type { DnsName } from './name.ts';
import type { Resolver } from './resolver.ts';
import { txtText, type Answer } from './rrset.ts';

export interface TextFound {
  readonly name: DnsName;
  /** The joined value. */
  readonly text: string;
}

/** Asks every name at once; the first value that `fits` at each counts. Answers with data are returned with them. */
export async function findTexts(
  resolver: Resolver,
  names: readonly (DnsName | undefined)[],
  fits: (text: string) => boolean,
): Promise<{ readonly found: readonly TextFound[]; readonly answers: readonly Answer<'TXT'>[] }> {
  const asked = await Promise.all(names.flatMap((name) => (name === undefined ? [] : [resolver.query(name, 'TXT')])));
  const answers = asked.filter((answer) => answer.kind === 'found');
  const found = answers.flatMap((answer) => {
    const text = answer.set.data.map(txtText).find(fits);
    return text === undefined ? [] : [{ name: answer.name, text }];
  });
  return { found, answers };
}
