/** What `septet init` found, in a few lines. */
import { hostKinds } from '../providers/host-kinds.ts';
import type { SenderSetting } from '../senders/needs.ts';
import { senderKinds } from '../senders/kinds.ts';
import { hostOfServers } from './init-dns-host.ts';
import type { SeenDomain } from './init-see.ts';
import { wrap, type Paint } from './paint.ts';
import { visible } from './visible.ts';

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
      wrap(`Could not be looked up: ${seen.untold.join(', ')}. Nothing is assumed about these.`, width, '  '),
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
  if (mx)
    rows.push([
      'MX',
      mx.length === 0
        ? 'none: the domain takes no mail'
        : mx.map((one) => `${one.preference} ${one.exchange}`).join(', '),
    ]);
  const { senders } = seen.senders;
  if (senders.length > 0) rows.push(['Senders', senders.map(senderText).join('; ')]);
  if (spf.length > 0) rows.push(['SPF', `v=spf1 ${spf.join(' ')}`]);
  if (dkim.length > 0) rows.push(['DKIM', dkim.map(({ selector }) => selector).join(', ')]);
  if (dmarc) rows.push(['DMARC', dmarc.text]);
  if (tracking) rows.push(['Tracking', `${tracking.host} → ${tracking.target} (${tracking.vendor})`]);
  if (tlsReports.length > 0) rows.push(['TLS reports', tlsReports.join(', ')]);
  if (mtaSts) rows.push(['MTA-STS', mtaSts === 'ramp' ? 'testing, or mode unknown' : mtaSts]);
  if (bimi) rows.push(['BIMI', bimi.logo]);
  if (rows.length <= (zone ? 1 : 0) && seen.untold.length === 0) rows.push(['Mail', 'no records yet']);
  return rows;
}

/** `Amazon SES`, or what a custom sender consists of. */
function senderText({ kind, values }: SenderSetting): string {
  const title = senderKinds.find(({ key }) => key === kind)?.title ?? kind;
  if (kind !== 'custom') return title;
  const parts = [values['spf'], values['mailFrom'], values['returnPath']].flatMap((value) => value ?? []);
  const keys = Array.isArray(values['dkim']) ? values['dkim'].length : 0;
  const selectors = keys === 0 ? [] : [`${keys} DKIM ${keys === 1 ? 'selector' : 'selectors'}`];
  return `${title} (${[...parts.map(String), ...selectors].join(', ')})`;
}
