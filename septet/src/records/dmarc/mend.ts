/**
 * The record that its owner most likely meant: every fault that has one cure is cured, so that all findings about one
 * record name the same text to publish. Decisions that belong to the owner (which policy) are never taken here.
 */
import { type DmarcRecord, format, isPolicy, parse, type Policy } from './record.ts';
import { isOneEditAway, nearestTag } from './tag-names.ts';
import { formatReportUri, parseReportUri, type ReportUri } from './uri.ts';

/** House limit: longer texts are not mended. A useful record has a few hundred characters. */
const maxMendCharacters = 4000;

const tagStart = /[\s,]+(?=(?:v|p|sp|np|t|psd|adkim|aspf|fo|rua|ruf|pct|rf|ri)\s*=)/i;
const uriTags = new Set(['rua', 'ruf']);

/** The mended value of a text that was meant as a DMARC record; `p=none` where no policy can be recognised. */
export function mend(text: string): DmarcRecord {
  const clean = text
    .slice(0, maxMendCharacters)
    .replaceAll('\\;', ';')
    // oxlint-disable-next-line no-control-regex
    .replaceAll(/[\u0000-\u001f\u007f-\uffff]+/g, ' ')
    .replaceAll(/["']/g, '');
  const tags = new Map<string, string>();
  let lastUri: string | undefined;
  for (const part of clean.split(';')) {
    for (const piece of part.split(tagStart)) {
      const match = /^\s*([a-z]+)\s*[=:]\s*(.*)$/is.exec(piece) ?? /^\s*(p|sp|np)\s+([a-z]+)\s*$/i.exec(piece);
      const name = match?.[1] === undefined ? undefined : nearestTag(match[1]);
      if (name === undefined || match?.[2] === undefined) {
        if (lastUri && piece.includes('@')) tags.set(lastUri, `${tags.get(lastUri) ?? ''},${piece}`);
        continue;
      }
      lastUri = uriTags.has(name) ? name : undefined;
      if (!tags.has(name)) tags.set(name, match[2].trim());
    }
  }
  const options = [...tags].filter(
    ([name]) => name !== 'v' && !uriTags.has(name) && !['p', 'sp', 'np', 'rf', 'ri'].includes(name),
  );
  const draft = ['v=DMARC1', `p=${nearestPolicy(tags.get('p')) ?? 'none'}`];
  for (const name of ['sp', 'np']) {
    const policy = nearestPolicy(tags.get(name));
    if (policy) draft.push(`${name}=${policy}`);
  }
  for (const [name, value] of options) draft.push(`${name}=${value}`);
  const parsed = parse(draft.join('; '));
  const value = parsed.kind === 'good' ? parsed.value : { p: 'none' as const };
  return tidy({ ...value, ...uris('rua', tags), ...uris('ruf', tags) });
}

/** The mended value as text. */
export function mended(text: string): string {
  return format(mend(text));
}

/**
 * Leaves out what has no effect: removed tags, unknown tags, `fo` without `ruf`, `t` without a policy to test.
 * A sampled policy (`pct` under 100) keeps its gentleness at both kinds of reader: `t=y` joins the `pct`.
 */
export function tidy(record: DmarcRecord): DmarcRecord {
  const { pLate: _late, rf: _rf, ri: _ri, unknown: _unknown, pct, t, fo, ...rest } = record;
  const enforces = [rest.p, rest.sp, rest.np].some((tag) => isPolicy(tag) && tag !== 'none');
  const testing = (t === 'y' || (pct !== undefined && pct < 100)) && enforces;
  return {
    ...rest,
    ...(testing ? { t: 'y' as const } : {}),
    ...(testing && pct !== undefined && pct < 100 ? { pct } : {}),
    ...(fo && rest.ruf?.length ? { fo } : {}),
  };
}

function uris(name: 'rua' | 'ruf', tags: ReadonlyMap<string, string>): { rua?: ReportUri[]; ruf?: ReportUri[] } {
  const found: ReportUri[] = [];
  for (const entry of (tags.get(name) ?? '').split(/[\s,]+/)) {
    const bare = entry.replaceAll(/[<>]/g, '').replace(/^(?:mailto:(?:\/\/)?)+/i, 'mailto:');
    if (bare === '') continue;
    const result = parseReportUri(bare.includes(':') || !bare.includes('@') ? bare : `mailto:${bare}`);
    if (!result.ok) continue;
    const { size: _size, ...uri } = result.uri;
    if (!found.some((other) => formatReportUri(other) === uri.uri)) found.push(uri);
  }
  return found.length > 0 ? { [name]: found } : {};
}

function nearestPolicy(text: string | undefined): Policy | undefined {
  const word = text?.trim().split(/[\s,]/, 1)[0]?.toLowerCase();
  if (!word) return undefined;
  for (const policy of ['none', 'quarantine', 'reject'] as const) {
    if (word === policy || isOneEditAway(word, policy) || word.startsWith(policy)) return policy;
  }
  if (/^qu?[ar]+[a-z]*n[a-z]*[td]/.test(word)) return 'quarantine';
  return undefined;
}
