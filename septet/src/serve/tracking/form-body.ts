/**
 * The body of an unsubscribe: `List-Unsubscribe=One-Click`, as `application/x-www-form-urlencoded` or
 * `multipart/form-data` (RFC 8058 §3.1, §3.2), or the choice of our own page. Read up to a few kilobytes.
 */
import type { Request } from '../public-listener.ts';

const maxBodyOctets = 8 * 1024; // house; a one-click body has 26
const mostFields = 20;

/** `gone`: the client went away before its body was here. */
export function readForm(request: Request): Promise<ReadonlyMap<string, string> | 'too large' | 'gone'> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let octets = 0;
    // Without either there is no body (RFC 9112 §6.3), and Node gives no event.
    if (!('content-length' in request.headers) && !('transfer-encoding' in request.headers)) {
      resolve(formOf(Buffer.alloc(0), ''));
      return;
    }
    if (Number(request.headers['content-length'] ?? 0) > maxBodyOctets) {
      resolve('too large');
      return;
    }
    request.on('data', (piece: Buffer) => {
      octets += piece.length;
      if (octets <= maxBodyOctets) pieces.push(piece);
      else {
        request.pause();
        resolve('too large');
      }
    });
    request.once('end', () => resolve(formOf(Buffer.concat(pieces), request.headers['content-type'] ?? '')));
    request.once('error', () => resolve('gone'));
    request.once('close', () => resolve('gone'));
  });
}

/** Fields by name, the first of each. What is neither of the two forms is read as the first. */
export function formOf(body: Buffer, contentType: string): ReadonlyMap<string, string> {
  const boundary = /^\s*multipart\/form-data\s*;(?:.*;)?\s*boundary=(?:"([^"]{1,70})"|([^\s;]{1,70}))/i.exec(
    contentType,
  );
  if (boundary) return multipart(body.toString('utf8'), boundary[1] ?? boundary[2] ?? '');
  const fields = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(body.toString('utf8').trim())) {
    if (fields.size >= mostFields) break;
    if (!fields.has(name)) fields.set(name, value);
  }
  return fields;
}

function multipart(text: string, boundary: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const part of text.split(`--${boundary}`, mostFields + 1).slice(1)) {
    const [head = '', ...rest] = part.split(/\r?\n\r?\n/);
    const name = /^content-disposition:[^\r\n]*[;\s]name=(?:"([^"\r\n]*)"|([^\s;]+))/im.exec(head);
    const field = name?.[1] ?? name?.[2];
    if (field !== undefined && !fields.has(field)) fields.set(field, rest.join('\r\n\r\n').replace(/\r?\n$/, ''));
  }
  return fields;
}
