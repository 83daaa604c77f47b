/** Needs as lines of text, for scenarios that show all of them. */
import type { DkimNeed, RecordNeed, SenderNeeds } from '../../src/senders/needs.ts';

/** The needs in one line each, so that a scenario shows all of them. */
export function needLines(need: SenderNeeds | undefined): readonly string[] {
  if (!need) return ['nothing'];
  return [
    ...need.spf.map(
      (one) =>
        `spf ${one.name} ${one.mechanisms.join(' ')}${one.alone ? ' alone' : ''}${one.retired.map((old) => ` not ${old}`).join('')}`,
    ),
    ...need.dkim.map(keyLine),
    ...need.records.map(recordLine),
    ...need.mx.map((mx) => `mx ${mx.preference} ${mx.exchange}`),
    ...need.hosts.map((host) => `host ${host.address}${host.helo === undefined ? '' : ` ${host.helo}`}`),
    ...(need.compareWithDashboard ? ['compare'] : []),
  ];
}

function keyLine(key: DkimNeed): string {
  const signer = 'domain' in key ? ` at ${key.domain}` : '';
  switch (key.kind) {
    case 'cname':
      return `dkim ${key.selector}${signer} → ${key.target}`;
    case 'txt':
      return `dkim ${key.selector}${signer} = ${key.value.length > 60 ? `…${key.value.slice(-8)}` : key.value}${key.verbatim ? ' verbatim' : ''}`;
    case 'own-key':
      return `dkim ${key.selector} own key`;
    case 'missing':
      return `dkim ${key.selector ?? '?'} missing`;
  }
}

function recordLine(record: RecordNeed): string {
  const data = {
    CNAME: () => (record.type === 'CNAME' ? record.target : ''),
    MX: () => (record.type === 'MX' ? record.exchanges.map((mx) => `${mx.preference} ${mx.exchange}`).join(', ') : ''),
    TXT: () => (record.type === 'TXT' ? record.text : ''),
    A: () => ('addresses' in record ? record.addresses.join(' ') : ''),
    AAAA: () => ('addresses' in record ? record.addresses.join(' ') : ''),
  };
  return `${record.purpose} ${record.name} ${record.type} ${data[record.type]()}`;
}
