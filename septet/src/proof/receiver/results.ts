/** What one result of a receiver says, whatever words it uses for it. */
import { parseName, type DnsName } from '../../dns/name.ts';
import type { MethodResult } from '../../mail/authres.ts';

/** A result that counts, with the line of its field. */
export type Counted = MethodResult & { readonly line: number };

/** The value of a property such as `header.d`; `.action` for one without a type. */
export function valueIn(result: MethodResult, name: string): string | undefined {
  const dot = name.indexOf('.');
  const ptype = name.slice(0, dot);
  const property = name.slice(dot + 1);
  return result.properties.find((p) => p.ptype === ptype && p.property === property)?.value;
}

/** The domain behind the last `@`, or the whole value; `undefined` where it is no name. */
export function domainIn(value: string | undefined): DnsName | undefined {
  if (value === undefined) return undefined;
  const parsed = parseName(Buffer.from(value.slice(value.lastIndexOf('@') + 1), 'latin1').toString('utf8'));
  return parsed.ok && parsed.name !== '' && parsed.name !== 'none' ? parsed.name : undefined;
}

/** `d=` of a DKIM result: header.d, or the domain of header.i (Gmail). */
export const signingDomainOf = (result: MethodResult): DnsName | undefined =>
  domainIn(valueIn(result, 'header.d')) ?? domainIn(valueIn(result, 'header.i'));

/** The MAIL FROM of an SPF result, an address or a domain; `smtp.mail` is what older receivers write. */
export const mailFromOf = (result: MethodResult): string | undefined =>
  valueIn(result, 'smtp.mailfrom') ?? valueIn(result, 'smtp.mfrom') ?? valueIn(result, 'smtp.mail');

/** Comments and reason as one text. */
export const remarksOf = (result: MethodResult): string =>
  [...result.comments, ...(result.reason === undefined ? [] : [result.reason])].join('; ');

/** The address of the client that an SPF result names, in a comment or a property. */
export function clientOf(result: MethodResult): string | undefined {
  const property =
    valueIn(result, 'smtp.remote-ip') ?? valueIn(result, 'smtp.client-ip') ?? valueIn(result, 'policy.iprev');
  if (property !== undefined) return property;
  const match = /(?:sender ip is|designates?|google\.com:|client-ip=)\s*([\da-f.:]{3,45})(?=\s|$|\))/i.exec(
    remarksOf(result),
  );
  return match?.[1];
}

/** The policy that the receiver read: `p=REJECT` in a comment, or a property of Authentication-Milter. */
export function policyOf(result: MethodResult): 'none' | 'quarantine' | 'reject' | undefined {
  const text =
    valueIn(result, 'policy.published-domain-policy') ??
    valueIn(result, 'policy.dmarc') ??
    /(?:^|[\s,(;])(?:p|policy)=(\w+)/i.exec(remarksOf(result))?.[1];
  const policy = text?.toLowerCase();
  return policy === 'none' || policy === 'quarantine' || policy === 'reject' ? policy : undefined;
}

/** What the receiver did with a message that fails DMARC, in its own words. */
export const dispositionOf = (result: MethodResult): string | undefined =>
  valueIn(result, 'policy.applied-disposition') ??
  valueIn(result, '.action') ??
  valueIn(result, 'policy.action') ??
  /(?:^|[\s,(;])(?:dis|d)=(\w+)/i.exec(remarksOf(result))?.[1]?.toLowerCase();
