/**
 * DNSControl: a `D_EXTEND` for `dnsconfig.js`.
 *
 * Names are relative, `@` is the zone itself; targets carry their dot, or DNSControl completes them with the zone. A text
 * is a plain JavaScript string, DNSControl cuts and quotes it. DNSControl owns the whole zone: records that stay are in
 * the reader's file already and must not come twice, so only what is new is code; what goes is a comment, to be found
 * and deleted. At Cloudflare addresses and aliases need CF_PROXY_OFF, which other providers do not know, so it stands in
 * a comment.
 */
import type { Change } from '../../change/change.ts';
import { absolute, type DnsName } from '../../dns/name.ts';
import { formatRdata } from '../../dns/rdata-text.ts';
import { txtText, type Rdata, type RrType } from '../../dns/rrset.ts';
import type { FormInput, TextForm } from '../form.ts';
import { canBeProxied } from './cloudflare.ts';
import { headLines, laterLines, stepLines } from './comments.ts';
import { editsOf, netSteps } from './edits.ts';
import { entryOf, entryRefusal, relativeName, type EntryStyle } from './entry.ts';
import { fit } from './fit.ts';

export const dnscontrolForm: TextForm = {
  id: 'dnscontrol',
  title: 'DNSControl (D_EXTEND)',
  extension: '.js',
  write: writeDnscontrol,
};

const style: EntryStyle = { dot: true, txt: txtText };

function writeDnscontrol(input: FormInput): string {
  const body: { readonly text: string; readonly code: boolean }[] = [];
  for (const step of netSteps(fit(input, { host: 'DNSControl', refuses: (change) => entryRefusal(change, true) }))) {
    body.push({ text: '', code: false });
    for (const text of stepLines('// ', step)) body.push({ text, code: false });
    for (const change of step.changes) body.push(...linesOf(change, input.zone));
  }
  const last = body.findLastIndex((line) => line.code);
  const inner = body.map(({ text, code }, index) => {
    const comma = code && index !== last ? ',' : '';
    const marked = text.endsWith(proxyMark);
    const bare = marked ? text.slice(0, -proxyMark.length) : text;
    return text === '' ? '' : `    ${bare}${comma}${marked ? proxyMark : ''}`;
  });
  const domain = jsString(input.zone);
  const lines = [
    ...headLines('// ', input, 'DNSControl records', [
      `Lines behind "remove:" leave D(${domain}, ...). At Cloudflare add CF_PROXY_OFF where it is noted.`,
    ]),
    ...(last < 0 ? inner.map((line) => line.trim()) : [`D_EXTEND(${domain},`, ...inner.slice(1), ');']),
    ...laterLines('// ', input),
  ];
  return `${lines.join('\n')}\n`;
}

const proxyMark = ' // at Cloudflare: CF_PROXY_OFF';

function linesOf(change: Change, zone: DnsName): readonly { readonly text: string; readonly code: boolean }[] {
  const { added, removed, kept, name, type, ttlSeconds } = editsOf(change);
  const label = relativeName(name, zone);
  const call = (data: Rdata<RrType>): string => {
    const { value, priority } = entryOf(type, data, style);
    const fields = [jsString(label), ...(priority === undefined ? [] : [String(priority)]), jsString(value)];
    return `${type}(${fields.join(', ')}, TTL(${ttlSeconds}))`;
  };
  const comment = (what: string, data: Rdata<RrType>) => ({
    text: `// ${what}: ${absolute(name)} ${type} ${formatRdata(type, data)}`,
    code: false,
  });
  return [
    ...removed.map((data) => comment('remove', data)),
    ...kept.map((data) => comment('stays', data)),
    ...added.map((data) => ({ text: `${call(data)}${canBeProxied(type) ? proxyMark : ''}`, code: true })),
  ];
}

const jsString = (text: string): string => JSON.stringify(text);
