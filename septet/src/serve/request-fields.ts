/**
 * The few header fields that every request is asked for, read in one pass: the object with all of them costs more than the
 * rest of a redirect.
 */

export interface RequestFields {
  /** As the client wrote it; the first counts. */
  host: string | undefined;
  userAgent: string | undefined;
  /** `Sec-Purpose`, `Purpose`, `X-Purpose` or `X-Moz`. */
  purpose: string | undefined;
  /** Whether a body comes with the request (RFC 9112 §6.3). */
  carries: boolean;
}

/** `raw`: names and values in turn. */
export function requestFields(raw: readonly string[]): RequestFields {
  const fields: RequestFields = { host: undefined, userAgent: undefined, purpose: undefined, carries: false };
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? '';
    // Lengths tell most fields apart without a comparison.
    switch (name.length) {
      case 4:
        if (fields.host === undefined && name.toLowerCase() === 'host') fields.host = raw[at + 1];
        break;
      case 10:
        if (fields.userAgent === undefined && name.toLowerCase() === 'user-agent') fields.userAgent = raw[at + 1];
        break;
      case 14:
      case 17:
        if (/^(content-length|transfer-encoding)$/i.test(name)) fields.carries = true;
        break;
      case 5:
      case 7:
      case 9:
      case 11:
        if (fields.purpose === undefined && /^((sec-|x-)?purpose|x-moz)$/i.test(name)) fields.purpose = raw[at + 1];
        break;
      default:
    }
  }
  return fields;
}
