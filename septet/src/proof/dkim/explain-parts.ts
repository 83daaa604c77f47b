/**
 * Where the parts of a multipart body stand (RFC 2046 §5.1), line by line and untouched, because a hash is tried over
 * their lines. `mail/mime.ts` reads parts for their meaning; this does not decode.
 */

export interface PartPlace {
  /** `1`, `2.1`. */
  readonly path: string;
  /** The line of the delimiter above it, from 0. */
  readonly delimiter: number;
  /** The first line of its header. */
  readonly header: number;
  /** The first line of its content. */
  readonly content: number;
  /** The line of the delimiter below it, or the end of the body. */
  readonly end: number;
  readonly fields: readonly PartField[];
  /** Lower case, `text/plain` where there is none. */
  readonly type: string;
  /** Lower case; `7bit` where there is none. */
  readonly transferEncoding: string;
  /** It holds parts itself. */
  readonly composite: boolean;
}

/** A field of a part's header, folds as CRLF. */
export interface PartField {
  readonly key: string;
  readonly name: string;
  readonly value: string;
  /** Its first line, from 0, and the one behind its last. */
  readonly from: number;
  readonly to: number;
}

const maxPlaces = 30; // house
const maxLevels = 4; // house

/** All parts below a Content-Type, the outer ones first. Linear in the number of lines for each level. */
export function partPlaces(lines: readonly string[], contentType: string | undefined): readonly PartPlace[] {
  const places: PartPlace[] = [];
  const boundary = boundaryOf(contentType);
  if (boundary !== undefined) gather(lines, 0, lines.length, boundary, '', 1, places);
  return places;
}

/** The boundary of a multipart type; `undefined` for other types, or where there is none. */
export function boundaryOf(contentType: string | undefined): string | undefined {
  if (contentType === undefined || !/^\s*multipart\//i.test(contentType)) return undefined;
  const match = /;\s*boundary\s*=\s*(?:"([^"]*)"|([^\s;"]+))/i.exec(contentType);
  const boundary = match?.[1] ?? match?.[2];
  return boundary === undefined || boundary === '' || boundary.length > 200 ? undefined : boundary;
}

function gather(
  lines: readonly string[],
  from: number,
  to: number,
  boundary: string,
  above: string,
  level: number,
  places: PartPlace[],
): void {
  const delimiter = `--${boundary}`;
  let open = -1;
  let number = 0;
  for (let at = from; at <= to && places.length < maxPlaces; at++) {
    const line = (at < to ? (lines[at] ?? '') : '').trimEnd();
    const closes = line === `${delimiter}--`;
    if (at < to && line !== delimiter && !closes) continue;
    if (open >= 0) {
      number++;
      const place = placeOf(lines, open, at, above === '' ? String(number) : `${above}.${number}`);
      places.push(place);
      const inner = place.composite ? boundaryOf(valueOf(place.fields, 'content-type')) : undefined;
      if (inner !== undefined && level < maxLevels) {
        gather(lines, place.content, place.end, inner, place.path, level + 1, places);
      }
    }
    if (closes) return;
    open = at;
  }
}

function placeOf(lines: readonly string[], delimiter: number, end: number, path: string): PartPlace {
  const header = delimiter + 1;
  let content = header;
  while (content < end && lines[content] !== '') content++;
  const fields = fieldsIn(lines, header, content);
  const type = (valueOf(fields, 'content-type') ?? 'text/plain').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return {
    path,
    delimiter,
    header,
    content: Math.min(content + 1, end),
    end,
    fields,
    type,
    transferEncoding: (valueOf(fields, 'content-transfer-encoding') ?? '7bit').trim().toLowerCase(),
    composite: type.startsWith('multipart/'),
  };
}

function fieldsIn(lines: readonly string[], from: number, to: number): readonly PartField[] {
  const fields: PartField[] = [];
  for (let at = from; at < to; at++) {
    const line = lines[at] ?? '';
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    let end = at + 1;
    while (end < to && /^[ \t]/.test(lines[end] ?? '')) end++;
    const name = line.slice(0, colon).trimEnd();
    const value = [line.slice(colon + 1), ...lines.slice(at + 1, end)].join('\r\n');
    fields.push({ key: name.toLowerCase(), name, value, from: at, to: end });
    at = end - 1;
  }
  return fields;
}

export const valueOf = (fields: readonly PartField[], key: string): string | undefined =>
  fields.find((field) => field.key === key)?.value;
