/** `septet spf example.com` without an address: the record, its include tree with the running look-up count, its findings. */
import { exitCodeOf, reportVersion, worstFirst } from '../audit/report.ts';
import type { DnsName } from '../dns/name.ts';
import { check } from '../records/spf/check.ts';
import { lookup } from '../records/spf/lookup.ts';
import { countAddresses, spfTree, treeLines, type TreeLine } from '../records/spf/tree.ts';
import { detectSenders, spfNotes } from '../senders/detect.ts';
import type { World } from '../world/world.ts';
import type { Io } from './io.ts';
import { painter, wrap, type Paint } from './paint.ts';
import { findingBlocks } from './report-text.ts';

export async function printSpfRecord(domain: DnsName, world: World, format: string, io: Io): Promise<number> {
  const seen = await lookup(world, domain);
  const tree = spfTree(seen);
  const senders = detectSenders({ spfIncludes: seen.nodes.slice(1).map((node) => node.name) });
  const findings = worstFirst(check(seen, { senders: spfNotes(senders) }));
  const lines = tree ? treeLines(tree) : [];
  const addresses = tree ? countAddresses(tree.ranges) : 0;
  if (format === 'json') {
    const counts = {
      lookups: tree?.lookups ?? null,
      voids: tree?.voids ?? null,
      complete: tree?.complete ?? null,
      ipv4Addresses: tree ? addresses : null,
    };
    io.out(`${JSON.stringify({ version: reportVersion, domain, ...counts, tree: lines, findings }, undefined, 2)}\n`);
  } else {
    const paint = painter(io.columns, io.colours);
    const out = [paint('bold', domain), ''];
    if (tree) {
      out.push(paint('dim', 'look-up'), ...lines.map((line) => treeLine(line, paint)), '');
      const bound = tree.complete ? '' : ' at least';
      out.push(
        `${bound ? 'At least ' : ''}${tree.lookups} of 10 look-ups, ${tree.voids} of 2 void look-ups; ${addresses.toLocaleString('en-GB')} IPv4 addresses may send`,
        '',
      );
    }
    io.out(`${out.join('\n')}\n${findingBlocks(findings, paint)}`);
  }
  return exitCodeOf(findings, 'error');
}

function treeLine(line: TreeLine, paint: Paint): string {
  const count = line.count === undefined ? '' : String(line.count);
  const notes = [
    line.void ? 'void' : '',
    line.dynamic ? 'depends on the message' : '',
    line.state && line.state !== 'good' ? line.state : '',
  ].filter(Boolean);
  const note = notes.length > 0 ? `  (${notes.join(', ')})` : '';
  const indent = '  '.repeat(line.depth);
  const over = line.count !== undefined && line.count > 10;
  const head = `${over ? paint('red', count.padStart(7)) : count.padStart(7)}  ${indent}`;
  const plain = `${count.padStart(7)}  ${indent}`;
  const body = line.count === undefined ? `${line.domain}: ${line.text}` : line.text;
  return wrap(body + note, paint.columns, `${' '.repeat(9)}${indent}  `, plain).replace(plain, head);
}
