/**
 * The page as Markdown (GitHub's dialect), for tickets, mail and chat. A value that could be harmed in a table, or is
 * long, stands in a code block of its own, so that it can be copied as it is.
 */
import type { FormInput, TextForm } from '../form.ts';
import { putUp } from './comments.ts';
import { pageOf, ttlWords, whole, type PageRecord, type PageStep } from './page.ts';

export const markdownForm: TextForm = {
  id: 'markdown',
  title: 'page for whoever has access to the DNS (Markdown)',
  extension: '.md',
  write: writeMarkdown,
};

/** Longer values get a block of their own. */
const longestInTable = 60;

function writeMarkdown(input: FormInput): string {
  const page = pageOf(input);
  const lines = [`# ${prose(page.title)}`, ''];
  for (const paragraph of page.intro) lines.push(prose(paragraph), '');
  for (const hint of page.hints) lines.push(`- ${prose(hint)}`);
  if (page.hints.length > 0) lines.push('');
  for (const step of page.steps) lines.push(...stepLines(step));
  if (page.look.length > 0) {
    lines.push(
      '## How to see that it worked',
      '',
      'Each of these shows what is published, as soon as what stood there before is out of the caches:',
      '',
    );
    lines.push(...fence([...page.look]), '', `Or all at once: ${code(page.command)}`, '');
  }
  if (page.later.length > 0) lines.push('## Later, not yet', '', ...page.later.map((line) => `- ${prose(line)}`), '');
  lines.push('---', '', `Plan ${code(page.digest)}, made ${page.madeAt} by Septet.`);
  return `${lines.join('\n')}\n`;
}

function stepLines(step: PageStep): readonly string[] {
  const lines = [`## ${step.number}. ${prose(step.title)}`, '', prose(step.why), ''];
  for (const line of step.outside) lines.push(`- Not in this zone: ${prose(line)}`);
  for (const line of step.cannot) lines.push(`- **Attention:** ${prose(line)}`);
  if (step.outside.length + step.cannot.length > 0) lines.push('');
  for (const file of step.files)
    lines.push(`Not in this zone: ${prose(putUp(file.url))}`, '', ...fence(file.lines), '');
  for (const record of step.records) lines.push(...recordLines(record));
  if (step.keep.length > 0) {
    lines.push('**Please leave these as they are:**', '');
    for (const { type, name, value } of step.keep) lines.push(`- ${code(`${type} ${name}`)}: ${code(value)}`);
    lines.push('');
  }
  return lines;
}

function recordLines(record: PageRecord): readonly string[] {
  const blocks: string[] = [];
  const value = (title: string, text: string): string => {
    if (text.length <= longestInTable && !/[`|\\]/.test(text) && text.trim() === text && text !== '') {
      return `| ${title} | \`${text}\` |`;
    }
    blocks.push(`${title}:`, '', ...fence([text]), '');
    return `| ${title} | in the box below |`;
  };
  const notation = record.zoneNotation ? ' (as in a zone file)' : '';
  const rows = [
    '| field | enter |',
    '|---|---|',
    `| Type | \`${record.type}\` |`,
    `| Name | ${cell(record.name)} (whole: ${cell(record.fullName)}) |`,
    ...(record.now ? [value('Value now', whole(record.now))] : []),
    value(`${record.now ? 'New value' : 'Value'}${notation}`, record.value),
    ...(record.priority === undefined ? [] : [`| Priority | \`${record.priority}\` |`]),
    ...(record.verb === 'Delete'
      ? []
      : [`| TTL | \`${record.ttlSeconds}\`${ttlWords(record.ttlSeconds).replace(/^\d+/, '')} |`]),
  ];
  if (record.pieces !== undefined && record.verb !== 'Delete') {
    blocks.push('If the form refuses more than 255 characters, enter it in pieces:', '', ...fence([record.pieces]), '');
  }
  return [`### ${record.verb} ${record.type} ${cell(record.name)}`, '', ...rows, '', ...blocks];
}

/** A code span in a table. */
const cell = (text: string): string => code(text).replaceAll('|', '\\|');

/** A code span whose backticks are more than any run of them inside. */
function code(text: string): string {
  const marks = '`'.repeat(longestRun(text) + 1);
  return marks.length === 1 && text !== '' ? `\`${text}\`` : `${marks} ${text} ${marks}`;
}

/** Nothing of a stranger's text becomes Markdown; names with an underscore stand as code. */
const prose = (text: string): string =>
  text
    .split(' ')
    .map((word) => (/^[\w.-]*_[\w.-]*$/.test(word) ? code(word) : word.replaceAll(/[\\`<>[\]*_|#~]/g, '\\$&')))
    .join(' ');

function fence(lines: readonly string[]): readonly string[] {
  const marks = '`'.repeat(Math.max(3, longestRun(lines.join('\n')) + 1));
  return [marks, ...lines, marks];
}

const longestRun = (text: string): number => Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
