/** Pieces of Markdown that the generated pages share. */

export const generatedNote = '<!-- Made by `npm run docs`. Change the code it is made of, not this file. -->\n';

/** One row of a table. */
export const cell = (...texts: readonly string[]): string =>
  `| ${texts.map((text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
