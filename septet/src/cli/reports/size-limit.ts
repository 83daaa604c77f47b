/** `--max-size`: what a file or message may have. */
import { usualLimits, type IntakeLimits } from '../../reports/intake.ts';
import { InputError } from '../io.ts';

const maxMegabytes = 1_000_000;

/** A person names the files, so that more is read of each than of a stranger's mail. Throws `InputError`. */
export function limitsOf(megabytes: string): IntakeLimits {
  const size = Number(megabytes);
  if (!(megabytes.trim() !== '' && size > 0 && size <= maxMegabytes))
    throw new InputError(`--max-size is a number of megabytes up to ${maxMegabytes}, not ${megabytes}.`);
  const octets = Math.ceil(size * 1_000_000);
  return { ...usualLimits, maxOctets: octets, maxPlainOctets: octets };
}
