/** What `septet init` found, in a few lines. */
import { hostKinds } from '../../providers/host-kinds.ts';
import type { SenderSetting } from '../../senders/needs.ts';
import { senderKinds } from '../../senders/kinds.ts';
import { hostOfServers } from './init-dns-host.ts';
import type { SeenDomain, Untold } from './init-see.ts';
import { wrap, type Paint } from '../paint.ts';
import { visible } from '../visible.ts';

const column = 15;

/** Lines that end in a line feed; `left` is what the configuration cannot hold. Foreign text is made visible. */
export function foundText(seen: SeenDomain, left: readonly string[], paint: Paint): string {
  const width = paint.columns;
  const lines: string[] = [paint('bold', wrap(seen.domain, width, '')), ''];
  const row = (title: string, text: string): void =>
    void lines.push(wrap(visible(text, { octets: true }), width, ' '.repeat(column), `  ${title.padEnd(column - 2)}`));
  if (seen.silent) {
    lines.push(
      wrap(
        'DNS did not answer, so nothing is known about what the domain has already. What you say is written; look again with `septet init --force` when DNS answers.',
        width,
        '  ',
      ),
      '',
    );
    return `${lines.join('\n')}\n`;
  }
  for (const [title, text] of rowsOf(seen)) row(title, text);
  if (seen.untold.length > 0) {
    lines.push(
      '',
      wrap(`Could not be looked up: ${untoldText(seen.untold)}. Nothing is assumed about that.`, width, '  '),
    );
  }
  const notTaken = [...seen.senders.unclaimed, ...left];
  if (notTaken.length > 0) {
    lines.push('', paint('bold', wrap('Not taken over', width, '  ')));
    for (const line of notTaken) lines.push(wrap(line, width, '    ', '  - '));
  }
  return `${lines.join('\n')}\n\n`;
}

function rowsOf(seen: SeenDomain): readonly (readonly [title: string, text: string])[] {
  const rows: (readonly [string, string])[] = [];
  const { zone, mx, spf, dkim, dmarc, tlsReports, mtaSts, bimi, tracking } = seen;
  if (zone) {
    const host = hostKinds.find(({ key }) => key === hostOfServers(zone.servers))?.title;
    rows.push(['DNS host', `${host ?? 'not recognised'} (${zone.servers.slice(0, 2).join(', ')})`]);
  }
  const isTold = (wanted: Untold['record']): boolean => !seen.untold.some(({ record }) => record === wanted);
  if (mx === undefined && (dmarc || spf.length > 0) && isTold('mx')) rows.push(['MX', 'none']);
  if (mx?.length === 0) rows.push(['MX', 'none: the domain takes no mail']);
  for (const [index, one] of (mx ?? []).entries())
    rows.push([index === 0 ? 'MX' : '', `${one.preference} ${one.exchange}`]);
  const { senders } = seen.senders;
  if (senders.length > 0) rows.push(['Senders', senders.map(senderText).join('; ')]);
  else if (dmarc && isTold('spf')) rows.push(['Senders', 'none seen']);
  if (spf.length > 0) rows.push(['SPF', `v=spf1 ${spf.join(' ')}`]);
  if (dkim.length > 0) rows.push(['DKIM', dkim.map(({ selector }) => selector).join(', ')]);
  if (dmarc) rows.push(['DMARC', dmarc.text]);
  if (tracking) rows.push(['Tracking', `${tracking.host} → ${tracking.target} (${tracking.vendor})`]);
  if (tlsReports.length > 0) rows.push(['TLS reports', tlsReports.join(', ')]);
  if (mtaSts) rows.push(['MTA-STS', modeText[mtaSts]]);
  if (bimi) rows.push(['BIMI', bimi.logo]);
  if (rows.length <= (zone ? 1 : 0) && seen.untold.length === 0) rows.push(['Mail', 'no records yet']);
  return rows;
}

const modeText: Readonly<Record<NonNullable<SeenDomain['mtaSts']>, string>> = {
  ramp: 'testing',
  testing: 'testing',
  enforce: 'enforce',
  none: 'none',
  unknown: 'announced; its policy could not be fetched or read, so nothing is written about it',
};

/** Those with the same reason together. */
function untoldText(untold: SeenDomain['untold']): string {
  const titles = new Map<string, string[]>();
  for (const { title, reason } of untold) titles.set(reason, [...(titles.get(reason) ?? []), title]);
  return [...titles].map(([reason, list]) => `${list.join(', ')} (${reason})`).join('; ');
}

/** `Amazon SES`, or what a custom sender consists of; many terms are counted, for they stand in the record below. */
function senderText({ kind, values }: SenderSetting): string {
  const title = senderKinds.find(({ key }) => key === kind)?.title ?? kind;
  if (kind !== 'custom') return title;
  const places = [values['mailFrom'], values['returnPath']].flatMap((value) => value ?? []).map(String);
  const terms = [values['spf']].flatMap((value) => value ?? []).map(String);
  const keys = Array.isArray(values['dkim']) ? values['dkim'].length : 0;
  const selectors = keys === 0 ? [] : [`${keys} DKIM ${keys === 1 ? 'selector' : 'selectors'}`];
  return `${title} (${[...places, ...(terms.length > 2 ? [`${terms.length} terms of SPF`] : terms), ...selectors].join(', ')})`;
}
