/** Headers for tests. */
import type { Header } from '../../src/mail/header.ts';
import { parseHeader } from '../../src/mail/parse-header.ts';

/** The header of these fields, each written as in a message; folds with `\r\n` inside. */
export const mailHeader = (...fields: readonly string[]): Header =>
  parseHeader(Buffer.from([...fields, '', ''].join('\r\n'), 'latin1'));
