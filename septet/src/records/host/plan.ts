/** What has to be asked of others for a sending host: the reverse name, and the way back from it. */
import { formatAddress, mappedIpv4, parseAddress, reverseName, type IpAddress } from '../../dns/address.ts';
import { absolute, type DnsName } from '../../dns/name.ts';
import { dataOf, type Answer } from '../../dns/rrset.ts';
import type { AddressSeen, HostObservation } from './lookup.ts';

/** One thing to ask for. It fits `OutsideWork` of a plan. */
export type HostWork =
  | {
      readonly kind: 'record';
      readonly who: string;
      readonly name: DnsName;
      readonly type: 'PTR' | 'A' | 'AAAA';
      /** Presentation texts. */
      readonly data: readonly string[];
      readonly done: boolean;
      /** One line: what was seen. */
      readonly detail: string;
    }
  | { readonly kind: 'note'; readonly text: string; readonly done: boolean };

export interface HostWorkNeed {
  /** The address that connects to receivers, in any spelling. */
  readonly address: string;
  /** What the host says after EHLO. */
  readonly helo?: DnsName;
}

/**
 * The PTR is asked of whoever owns the address, the A or AAAA of whoever runs the DNS of the HELO name. Without a HELO
 * name any reverse name that leads back will do. An answer that did not come leaves the work undone.
 */
export function hostWork(need: HostWorkNeed, seen: HostObservation): readonly HostWork[] {
  const parsed = parseAddress(need.address);
  if (!parsed)
    return [{ kind: 'note', text: `${need.address} is not an IP address. Mend it in the settings.`, done: false }];
  const address = mappedIpv4(parsed) ?? parsed;
  const text = formatAddress(address);
  const at = seen.addresses.find((entry) => entry.address === text);
  if (at && at.class !== 'public') {
    const note = `${text} is not a public address, so no receiver ever sees it. Name the address with which the host connects to the Internet.`;
    return [{ kind: 'note', text: note, done: false }];
  }
  const back = confirmed(at, text);
  if (need.helo === undefined) return [anyReverse(address, text, at, back)];
  const { helo } = need;
  return [
    {
      kind: 'record',
      who: ownerOf(text),
      name: reverseName(address),
      type: 'PTR',
      data: [absolute(helo)],
      // Where the PTR stands, only the way back is missing, and nobody need be asked for the PTR again.
      done: back.includes(helo) || (at?.ptr !== undefined && (dataOf(at.ptr) as readonly DnsName[]).includes(helo)),
      detail: reverseDetail(at),
    },
    forwardWork(helo, address, text, seen, at),
  ];
}

const ownerOf = (address: string): string => `whoever gave you ${address} (the provider of the server or of the line)`;

function anyReverse(address: IpAddress, text: string, at: AddressSeen | undefined, back: readonly DnsName[]): HostWork {
  const name = reverseName(address);
  const [first] = back;
  if (first !== undefined) {
    const detail = `${absolute(first)} leads back to ${text}`;
    return { kind: 'record', who: ownerOf(text), name, type: 'PTR', data: [absolute(first)], done: true, detail };
  }
  const note = `Ask ${ownerOf(text)} to set the PTR at ${absolute(name)} to the name that the host says after EHLO, and let that name lead back to ${text}. Now: ${reverseDetail(at)}.`;
  return { kind: 'note', text: note, done: false };
}

function forwardWork(
  helo: DnsName,
  address: IpAddress,
  text: string,
  seen: HostObservation,
  at: AddressSeen | undefined,
): HostWork {
  const type = address.family === 4 ? 'A' : 'AAAA';
  const asked = seen.helo?.seen;
  const own = asked?.name === helo ? (type === 'A' ? asked.a : asked.aaaa) : undefined;
  const answer: Answer | undefined = own ?? at?.forward.find((entry) => entry.name === helo)?.answer;
  const addresses = answer ? (dataOf(answer) as readonly string[]) : [];
  const detail =
    answer === undefined
      ? `${absolute(helo)} was not asked`
      : answer.kind === 'failed'
        ? `nobody could tell (${answer.detail ?? answer.reason})`
        : addresses.length === 0
          ? `${absolute(helo)} has no ${type}`
          : `${absolute(helo)} leads to ${addresses.slice(0, 4).join(', ')}`;
  const who = `whoever runs the DNS of ${absolute(helo)}`;
  return { kind: 'record', who, name: helo, type, data: [text], done: addresses.includes(text), detail };
}

/** Names of the address that lead back to it. */
function confirmed(at: AddressSeen | undefined, text: string): readonly DnsName[] {
  return (at?.forward ?? [])
    .filter(({ answer }) => (dataOf<'A' | 'AAAA'>(answer) as readonly string[]).includes(text))
    .map(({ name }) => name);
}

function reverseDetail(at: AddressSeen | undefined): string {
  const ptr = at?.ptr;
  if (!ptr) return 'the reverse name was not asked';
  if (ptr.kind === 'failed') return `nobody could tell the reverse name (${ptr.detail ?? ptr.reason})`;
  const names = dataOf(ptr);
  if (names.length === 0) return 'there is no reverse name';
  return `the reverse name is ${names.slice(0, 4).join(', ')}`;
}
