/** `septet demo`: checks a domain in a sandbox on this machine, first with the classic mistakes, then mended. */
import type { Command } from 'commander';
import { audit } from '../audit/audit.ts';
import { parseAddress } from '../dns/address.ts';
import { dnsName } from '../dns/name.ts';
import { makeAuthority } from '../sandbox/certificates.ts';
import { broken, greengrocer, mended, selector, trackingHost } from '../sandbox/greengrocer.ts';
import { openSandbox, type SandboxPlan } from '../sandbox/sandbox.ts';
import { InputError, type Io } from './io.ts';
import { painter, wrap } from './paint.ts';
import { textReport } from './check/report-text.ts';

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  command
    .option('--state <state>', 'both, broken or mended', 'both')
    .action(async (options: { readonly state: string }) => {
      if (!['both', 'broken', 'mended'].includes(options.state))
        throw new InputError(`--state is both, broken or mended, not ${options.state}.`);
      await demo(options.state, io);
      done(0);
    });
}

async function demo(state: string, io: Io): Promise<void> {
  const paint = painter(io.columns, io.colours);
  const authority = makeAuthority('Septet sandbox', io.now());
  const show = async (title: string, plan: SandboxPlan): Promise<void> => {
    io.out(`${paint('bold', wrap(title, paint.columns, ''))}\n\n`);
    const sandbox = await openSandbox(plan);
    try {
      const address = parseAddress('20.61.97.25');
      const report = await audit(sandbox.world, dnsName(greengrocer), {
        depth: 'full',
        selectors: [selector],
        tracking: [dnsName(trackingHost)],
        helo: `mail.${greengrocer}`,
        ...(address ? { addresses: [address] } : {}),
      });
      io.out(textReport(report, paint));
    } finally {
      await sandbox.close();
    }
  };
  if (state !== 'mended')
    await show('A greengrocer’s domain in a sandbox on this machine, with the classic mistakes:', broken(authority));
  if (state === 'both') io.out('\n');
  if (state !== 'broken') await show('The same domain, mended:', mended(authority));
  if (state === 'both')
    io.out(`\n${wrap('Now your own domain: npx septet check yourdomain.com', paint.columns, '')}\n`);
}
