/** `septet spf example.com` without an address: the record, its include tree with the running look-up count, its findings. */
import { exitCodeOf, reportVersion, worstFirst } from '../../audit/report.ts';
import type { DnsName } from '../../dns/name.ts';
import { check } from '../../records/spf/check.ts';
import { lookup } from '../../records/spf/lookup.ts';
import { countAddresses, spfTree, treeLines, type TreeLine } from '../../records/spf/tree.ts';
import { detectSenders, spfNotes } from '../../senders/detect.ts';
import type { World } from '../../world/world.ts';
import type { Io } from '../io.ts';
import { painter, wrap, type Paint } from '../paint.ts';
import { findingBlocks } from '../check/report-text.ts';
import { visibleJson } from '../visible.ts';

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
    io.out(`${visibleJson({ version: reportVersion, domain, ...counts, tree: lines, findings }, 2)}\n`);
  } else {
    const paint = painter(io.columns, io.colours);
    const out = [paint('bold', wrap(domain, paint.columns, '')), ''];
    if (tree) {
      out.push(paint('dim', 'look-up'), ...lines.map((line) => treeLine(line, paint)), '');
      const bound = tree.complete ? '' : 'At least ';
      const cost = `${bound}${tree.lookups} of 10 look-ups, ${tree.voids} of 2 void look-ups.`;
      out.push(wrap(`${cost} ${addressesText(addresses)} send.`, paint.columns, ''), '');
    }
    io.out(`${out.join('\n')}\n${findingBlocks(findings, paint)}`);
  }
  return exitCodeOf(findings, 'error');
}

/** What stands behind a record's name where it is not simply there. */
const stateText: Readonly<Record<NonNullable<TreeLine['state']>, string>> = {
  good: '',
  none: 'no SPF record',
  nxdomain: 'does not exist',
  multiple: 'several SPF records',
  bad: 'cannot be evaluated',
  failed: 'could not be looked up',
  loop: 'leads back to itself',
  'not-asked': 'not looked at',
};

/** Deeper includes keep this indentation, so that their text has room. */
const maxIndents = 8;

const addressesText = (count: number): string =>
  count === 0
    ? 'No IPv4 address may'
    : count === 1
      ? 'One IPv4 address may'
      : `${count.toLocaleString('en-GB')} IPv4 addresses may`;

function treeLine(line: TreeLine, paint: Paint): string {
  const count = line.count === undefined ? '' : String(line.count);
  const notes = [
    line.void ? 'void: nothing is there' : '',
    line.dynamic ? 'depends on the message' : '',
    line.state ? stateText[line.state] : '',
  ].filter(Boolean);
  const note = notes.length > 0 ? ` (${notes.join(', ')})` : '';
  const indent = '  '.repeat(Math.min(line.depth, maxIndents));
  const over = line.count !== undefined && line.count > 10;
  const head = `${over ? paint('red', count.padStart(7)) : count.padStart(7)}  ${indent}`;
  const plain = `${count.padStart(7)}  ${indent}`;
  const body = line.state === undefined ? line.text : `${line.domain}: ${line.text}`;
  return wrap(body + note, paint.columns, `${' '.repeat(9)}${indent}  `, plain).replace(plain, head);
}
