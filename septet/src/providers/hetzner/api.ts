/** What the refusals of Hetzner's Cloud API mean (docs.hetzner.cloud, "Errors"), and which permission a request needs. */
import type { HostFault, HttpReply } from '../host.ts';
import type { Ask, Words } from '../https/ask.ts';
import { at, listAt, parseJson, textAt } from '../https/json.ts';

/** Permissions of a token, as the Console calls them. */
export const canRead = 'Read';
export const canWrite = 'Read & Write';

/** `{ "error": { "code": "invalid_input", "message": "…", "details": {…} } }` */
export function words(body: string): Words | undefined {
  const error = at(parseJson(body), 'error');
  const [code, text] = [textAt(error, 'code'), textAt(error, 'message')];
  if (text === undefined) return undefined;
  const fields = listAt(at(error, 'details'), 'fields') ?? [];
  const more = fields.flatMap((field) => listAt(field, 'messages') ?? []).filter((one) => typeof one === 'string');
  return { ...(code === undefined ? {} : { code }), text: [text, ...more].join('; ') };
}

export function meaning(status: number, said: Words | undefined, { method }: Ask): Partial<HostFault> | undefined {
  const again = { reason: 'changed', cure: 'Plan again; the new plan starts from what is there now.' } as const;
  switch (said?.code) {
    case 'token_readonly':
      return { cure: `Make a token with the permission ${canWrite}; the one that is used may only read.` };
    case 'uniqueness_error':
      return again;
    case 'incorrect_zone_mode':
      return { cure: 'The zone is secondary at Hetzner: publish at its primary server.' };
    case 'protected':
      return { reason: 'rejected', cure: 'Take the protection of the RRset away in the Hetzner Console.' };
    default:
      return status === 404 && method !== 'GET' ? again : undefined;
  }
}

/** "conflict: the resource has changed during the request, please retry"; "locked: another action is running". */
export function throttled(reply: HttpReply): boolean {
  if (reply.kind !== 'reply' || (reply.status !== 409 && reply.status !== 423)) return false;
  const code = words(reply.body)?.code;
  return code === 'conflict' || code === 'locked';
}
