/** `septet dkim generate|import|export|rotate`: keys of one's own. Each action is loaded when it is called. */
import type { Command } from 'commander';
import { keyTypes, usualKeyType } from '../../records/dkim/make-key.ts';
import { signerIds } from './dkim-signers.ts';
import { addKeyOptions, type KeyOptions } from './dkim-session.ts';
import type { ExportOptions } from './dkim-export.ts';
import type { GenerateOptions, ImportOptions } from './dkim-generate.ts';
import type { RotateOptions } from './dkim-rotate.ts';
import type { Io } from '../io.ts';
import { addWorldOptions, collect } from '../options.ts';

const domainArgument = 'the domain that signs (default: the only one of the configuration)';

export function configure(command: Command, io: Io, done: (code: number) => void): void {
  const types = keyTypes.join(', ');
  addKeyOptions(command.command('generate').description('make a key pair and print the record to publish'))
    .argument('[domain]', domainArgument)
    .option('--selector <name>', 'name of the key (default: as the configuration has it, else s1)')
    .option('--type <type>', `one of ${types}`, usualKeyType)
    .option('--force', 'set a key of that selector aside, in the folder replaced, and make a new one')
    .action(async (domain: string | undefined, options: GenerateOptions & KeyOptions) => {
      const { generate } = await import('./dkim-generate.ts');
      done(await generate(domain, options, io));
    });
  addKeyOptions(command.command('import').description('keep a private key that was made elsewhere'))
    .argument('<file>', 'the private key: PEM (PKCS#8 or PKCS#1), as OpenDKIM’s s1.private')
    .argument('[domain]', domainArgument)
    .option('--selector <name>', 'name of the key (default: the name of the file, as in s1.private)')
    .option(
      '--record <file>',
      'the record that stands in DNS or shall (s1.txt of opendkim-genkey): it must fit the key',
    )
    .option('--force', 'set a key of that selector aside, in the folder replaced')
    .action(async (file: string, domain: string | undefined, options: ImportOptions & KeyOptions) => {
      const { importKey } = await import('./dkim-generate.ts');
      done(await importKey(file, domain, options, io));
    });
  addKeyOptions(command.command('export').description('print the configuration of the software that signs'))
    .argument('[domain]', domainArgument)
    .requiredOption('--for <software>', `one of ${signerIds.join(', ')}`)
    .option('--selector <name>', 'the key; may be repeated to sign twice (default: all that sign now)', collect)
    .option('--key-folder <folder>', 'where the signer reads its keys (default: as Debian has it)')
    .option('--etc <folder>', 'where the signer reads its configuration (default: as Debian has it)')
    .option('--out <folder>', 'write the files into this folder')
    .action(async (domain: string | undefined, options: ExportOptions & KeyOptions) => {
      const { exportKeys } = await import('./dkim-export.ts');
      done(await exportKeys(domain, options, io));
    });
  const rotate = addKeyOptions(command.command('rotate').description('replace a key without a gap, step by step'))
    .argument('[domain]', domainArgument)
    .option('--from <selector>', 'the key that goes (default: the only one)')
    .option('--selector <name>', 'the key that comes: a new name, or a key made before (default: sYYYYMMDD)')
    .option('--type <type>', `of the new key: one of ${types} (default: as the old one)`)
    .option('--for <software>', `print the configuration of the signer too: ${signerIds.join(', ')}`)
    .option('--yes', 'do the next thing; without it, only show where the rotation stands')
    .option('--proved [message]', 'a message (.eml) that the new key signed; without one, you saw it pass yourself')
    .option('--switched', 'the signer uses the new key from now on')
    .option('--abandon', 'give the rotation up; before the switch only');
  addWorldOptions(rotate).action(async (domain: string | undefined, options: RotateOptions & KeyOptions) => {
    const { rotateKey } = await import('./dkim-rotate.ts');
    done(await rotateKey(domain, options, io));
  });
  command.addHelpText(
    'after',
    `
Private keys stay in the state folder (keys/<domain>/<selector>.pem, mode 0600)
and are never printed.
`,
  );
}
