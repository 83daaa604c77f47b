/** Findings about local files (a policy, a logo, a certificate), printed as text or JSON. */
import type { Command } from 'commander';
import { exitCodeOf, reportVersion, worstFirst } from '../../audit/report.ts';
import type { Finding } from '../../finding/finding.ts';
import { InputError, type Io } from '../io.ts';
import { painter, wrap } from '../paint.ts';
import { findingBlocks } from './report-text.ts';
import { visibleJson } from '../visible.ts';

export interface FileOptions {
  readonly format: string;
  readonly failOn: string;
}

export function addFileOptions(command: Command): void {
  command.option('--format <form>', 'text or json', 'text').option('--fail-on <severity>', 'error or warning', 'error');
}

export function failOnOf(text: string): 'error' | 'warning' {
  if (text !== 'error' && text !== 'warning') throw new InputError(`--fail-on is error or warning, not ${text}.`);
  return text;
}

export function printFileFindings(input: {
  readonly place: string;
  readonly summary: string;
  readonly findings: readonly Finding[];
  readonly options: FileOptions;
  readonly io: Io;
  /** More particulars for JSON. */
  readonly details?: Readonly<Record<string, unknown>>;
}): number {
  const { place, summary, options, io, details } = input;
  const findings = worstFirst(input.findings);
  const failOn = failOnOf(options.failOn);
  if (options.format === 'json') {
    io.out(`${visibleJson({ version: reportVersion, file: place, summary, ...details, findings }, 2)}\n`);
  } else if (options.format === 'text') {
    const paint = painter(io.columns, io.colours);
    const head = wrap(place, paint.columns, '');
    io.out(`${paint('bold', head)}\n${wrap(summary, paint.columns, '  ')}\n\n${findingBlocks(findings, paint)}`);
  } else throw new InputError(`--format is text or json here, not ${options.format}.`);
  return exitCodeOf(findings, failOn);
}
