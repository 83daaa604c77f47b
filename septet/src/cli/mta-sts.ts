/** `septet mta-sts --policy mta-sts.txt`: a policy file on disk, without DNS. */
import type { Command } from 'commander';
import { dnsName } from '../dns/name.ts';
import { checkPolicyText } from '../records/mtasts/check-policy.ts';
import { parsePolicy, patternText } from '../records/mtasts/policy.ts';
import { addFileOptions, printFileFindings, type FileOptions } from './check/file-report.ts';
import { InputError, type Io } from './io.ts';

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  addFileOptions(
    command.requiredOption('--policy <file>', 'the policy, as it is or will be served (- is standard input)'),
  );
  command.action(async (options: FileOptions & { readonly policy: string }) => {
    const octets = await io.readFile(options.policy);
    if (octets.length === 0)
      throw new InputError(`${options.policy === '-' ? 'Standard input' : options.policy} is empty.`);
    const findings = checkPolicyText(octets, options.policy, { name: dnsName('.'), type: 'file' });
    const parsed = parsePolicy(octets);
    const summary =
      parsed.kind === 'good'
        ? `mode ${parsed.value.mode}, ${parsed.value.mx.map(patternText).join(', ') || 'no mx'}, max_age ${parsed.value.maxAgeSeconds} seconds`
        : 'not a usable policy';
    done(printFileFindings({ place: options.policy, summary, findings, options, io }));
  });
}
