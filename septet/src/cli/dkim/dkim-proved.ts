/** `dkim rotate --proved mail.eml`: the message has to carry a signature of the new key that passes. */
import type { DnsName } from '../../dns/name.ts';
import { splitMessage } from '../../mail/parse-header.ts';
import { verifyDkim } from '../../proof/dkim/verify.ts';
import type { World } from '../../world/world.ts';
import { InputError, type Io } from '../io.ts';
import { visible } from '../visible.ts';

/** Throws `InputError` with what the message shows instead. */
export async function provedBy(file: string, domain: DnsName, selector: string, world: World, io: Io): Promise<void> {
  const message = splitMessage(await io.readFile(file));
  const outcomes = await verifyDkim(message, world, world.now());
  const own = outcomes.filter((outcome) => outcome.domain === domain);
  const wanted = own.filter((outcome) => outcome.selector === selector);
  if (wanted.some(({ result }) => result === 'pass')) return;
  const name = file === '-' ? 'The message' : visible(file);
  const [failed] = wanted;
  if (failed) throw new InputError(`${name} is signed with ${selector}, and that does not pass: ${failed.reason}`);
  const others = [...new Set(own.map((outcome) => outcome.selector ?? '?'))];
  const shown =
    others.length > 0
      ? `it is signed with ${visible(others.join(', '))}`
      : outcomes.length > 0
        ? `it is signed by ${visible([...new Set(outcomes.map((outcome) => outcome.domain ?? '?'))].join(', '))} only`
        : 'it is not signed';
  throw new InputError(
    `${name} does not prove the key ${selector} of ${domain}: ${shown}. Sign a test message with ${selector} as well, send it to yourself, and give that copy.`,
  );
}
