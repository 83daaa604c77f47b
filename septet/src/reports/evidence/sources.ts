/**
 * Who sends as the domain: each source of the reports with a name, a standing and what to do. What the owner marked
 * counts first, then what the plan names, then how the source behaves. What is not known stays unknown: a failing source
 * may be a stranger or a forgotten machine of one's own, and only the owner can tell. Pure.
 */
import { isAtOrBelow, parseName, type DnsName } from '../../dns/name.ts';
import { registrableDomain } from '../../dns/public-suffix.ts';
import { profiles } from '../../senders/profiles.ts';
import { serviceOf } from '../../senders/service-of.ts';
import { sourceKeyOf } from '../source-key.ts';
import { addInto, noCounts, share, type Counts, type SourceDay } from './counts.ts';
import { isIn, proofOf, type SourceProof } from './source-proof.ts';
import { toDoOf } from './to-do.ts';

export type Standing = 'mine' | 'forwarder' | 'not mine' | 'unknown';

/** What the owner said of a source key (the store's marks). */
export interface Mark {
  readonly sourceKey: string;
  readonly mark: 'mine' | 'forwarder' | 'not mine';
}

export interface SourceHints {
  /** The author domain. */
  readonly domain: DnsName;
  /** Titles of the services that the plan names, as profiles give them: `Amazon SES`. */
  readonly services: readonly string[];
  /** Organisations other than the domain's own with which the plan's senders sign or take bounces. */
  readonly organisations: readonly DnsName[];
  /** Addresses of the owner's own sending hosts, by the plan. */
  readonly addresses: readonly string[];
  /** Reverse names that were found, by network of a source key or by address; `null` for none. */
  readonly reverseNames: ReadonlyMap<string, string | null>;
}

export interface SourceJudgement extends Counts {
  readonly key: string;
  /** For a person: `Amazon SES`, `Google Workspace, forwarding`, a host name, a network. */
  readonly title: string;
  /** Sources of the same sender share it: mail of one host comes under several keys when a proof fails at times. */
  readonly sender: string;
  readonly standing: Standing;
  /** Why, in one sentence. */
  readonly because: string;
  /** The owner said so. */
  readonly marked: boolean;
  /** Unknown, but its proofs, service or host name lead to the owner. */
  readonly looksOwn: boolean;
  /** 0 to 1. */
  readonly alignedShare: number;
  readonly dkimShare: number;
  readonly spfShare: number;
  /** `2026-11-23`; of all days that were given. */
  readonly firstDay: string;
  readonly lastDay: string;
  /** A sentence. */
  readonly toDo: string;
}

interface Heard {
  readonly counts: Counts;
  first: string;
  last: string;
}

/** A source that is passed on by others has this many times less mail than the same sender sends directly (house). */
const forwardedRatio = 20;

/** The sources with most messages first. Days in any order; several lines of one day and source add up. */
export function judgeSources(
  days: readonly SourceDay[],
  marks: readonly Mark[],
  hints: SourceHints,
): readonly SourceJudgement[] {
  const heard = new Map<string, Heard>();
  for (const line of days) {
    let of = heard.get(line.source);
    if (!of) heard.set(line.source, (of = { counts: { ...noCounts }, first: line.day, last: line.day }));
    addInto(of.counts, line);
    if (line.day < of.first) of.first = line.day;
    if (line.day > of.last) of.last = line.day;
  }
  const marked = new Map(marks.map(({ sourceKey, mark }) => [sourceKey, mark]));
  const own = registrableDomain(hints.domain) ?? hints.domain;
  const direct = directMessages(heard, own);
  const hosts = hostsByNetwork(hints.reverseNames);
  return [...heard]
    .map(([key, { counts, first, last }]): SourceJudgement => {
      const proof = proofOf(key);
      const named = nameOf(key, proof, own, hints, hosts);
      const mark = marked.get(key);
      const judged = mark
        ? { standing: mark, because: `You marked it ${mark}.`, looksOwn: mark === 'mine' }
        : standingOf(proof, counts, own, direct, hints, named.host);
      const shares = {
        alignedShare: share(counts.aligned, counts.messages),
        dkimShare: share(counts.dkimAligned, counts.messages),
        spfShare: share(counts.spfAligned, counts.messages),
      };
      const forwards = judged.standing === 'forwarder';
      const title = forwards ? `${named.title}, forwarding` : named.title;
      const facts = { ...judged, ...shares, ...counts, title, proof, own, domain: hints.domain };
      return {
        key,
        title,
        sender: named.title,
        ...judged,
        marked: mark !== undefined,
        ...counts,
        ...shares,
        firstDay: first,
        lastDay: last,
        toDo: toDoOf(facts),
      };
    })
    .sort((a, b) => b.messages - a.messages || (a.key < b.key ? -1 : 1));
}

/** Messages that carry both proofs of the domain: what its own hosts send without anybody between. */
function directMessages(heard: ReadonlyMap<string, Heard>, own: DnsName): number {
  let sum = 0;
  for (const [key, { counts }] of heard) {
    const { signers, spf } = proofOf(key);
    if (signers.includes(own) && spf === own) sum += counts.messages;
  }
  return sum;
}

interface Named {
  readonly title: string;
  /** The reverse name, where there is one. */
  readonly host?: string;
}

function nameOf(
  key: string,
  proof: SourceProof,
  own: DnsName,
  hints: SourceHints,
  hosts: ReadonlyMap<string, string>,
): Named {
  const passedOn = proof.spf !== undefined && proof.spf !== own && serviceOf(proof.spf) === undefined;
  const service = servicesOf(proof, own)[0];
  if (service !== undefined && !passedOn) return { title: service };
  const stranger = [...(proof.spf === undefined ? [] : [proof.spf]), ...proof.signers].find((name) => name !== own);
  if (stranger !== undefined) return { title: stranger };
  if (proof.signers.includes(own) || proof.spf === own) return { title: `own hosts of ${own}` };
  const network = proof.network ?? key;
  const planned = isIn(proof.network, hints.addresses);
  const host = hosts.get(network);
  if (planned !== undefined) return { title: `own hosts of ${own}`, ...(host ? { host } : {}) };
  return host ? { title: host, host } : { title: network };
}

/** The first name found in each network; a key that is a network already stands for itself. */
function hostsByNetwork(names: ReadonlyMap<string, string | null>): ReadonlyMap<string, string> {
  const hosts = new Map<string, string>();
  for (const [place, host] of names) {
    if (host === null) continue;
    const network = place.includes('/') ? place : networkKey(place);
    if (!hosts.has(network)) hosts.set(network, host);
  }
  return hosts;
}

const networkKey = (sourceIp: string): string =>
  sourceKeyOf({ sourceIp, dkimAuth: [], spfAuth: [] }).slice('ip='.length);

/** Services that the proofs name: of the return path first, because that is who handed the mail over. */
function servicesOf({ signers, spf }: SourceProof, own: DnsName): readonly string[] {
  const names = [...(spf === undefined ? [] : [spf]), ...signers].filter((name) => name !== own);
  return names.flatMap((name) => serviceOf(name) ?? []);
}

const isMailbox = (title: string): boolean =>
  profiles.some((profile) => profile.title === title && profile.kind === 'mailbox');

interface Judged {
  readonly standing: Standing;
  readonly because: string;
  readonly looksOwn: boolean;
}

const mine = (because: string): Judged => ({ standing: 'mine', because, looksOwn: true });
const forwarder = (because: string): Judged => ({ standing: 'forwarder', because, looksOwn: false });
const unknown = (because: string, looksOwn = false): Judged => ({ standing: 'unknown', because, looksOwn });

function standingOf(
  proof: SourceProof,
  counts: Counts,
  own: DnsName,
  direct: number,
  hints: SourceHints,
  host: string | undefined,
): Judged {
  const { signers, spf, network } = proof;
  const signed = signers.includes(own);
  const foreign = [...new Set([...signers, ...(spf === undefined ? [] : [spf])])].filter((name) => name !== own);
  const services = servicesOf(proof, own);
  const planned = services.find((title) => hints.services.includes(title));
  const handedOver = spf === undefined ? undefined : serviceOf(spf);
  const ownSigner = foreign.some((name) => signers.includes(name));

  if (spf === own) return mine(`SPF of ${own} lets it pass.`);
  // A mailbox provider that only takes the envelope over passes mail on; one that signs, or signs as planned, sends.
  if (signed && spf !== undefined && !ownSigner && handedOver !== undefined && isMailbox(handedOver)) {
    return forwarder(`The signature of ${own} holds, and ${spf} has taken the envelope over.`);
  }
  const isPlanned = (name: DnsName): boolean =>
    hints.organisations.includes(name) || hints.services.includes(serviceOf(name) ?? '');
  // The sender is in the plan, and a stranger has the envelope: it was passed on.
  if (planned !== undefined && spf !== undefined && !isPlanned(spf) && handedOver === undefined)
    return forwarder(`It is mail of ${planned}, and ${spf} has taken the envelope over.`);
  if (planned !== undefined) return mine(`The plan names ${planned}.`);
  const listed = foreign.find((name) => hints.organisations.includes(name));
  if (listed !== undefined) return mine(`The plan names ${listed}.`);
  if (mostly(counts.forwarded, counts.messages)) return forwarder('Receivers say that it passes mail on.');
  if (signed && services.length > 0)
    return unknown(`${services[0]} is not in the plan, and signs with a key of ${own}.`, true);
  if (signed && foreign.length > 0)
    return forwarder(`The signature of ${own} holds, and ${foreign[0]} has taken the envelope over.`);
  if (signed) {
    return direct >= forwardedRatio * counts.messages
      ? forwarder(`The signature of ${own} holds, and SPF fails for this small part of what its hosts send.`)
      : mine(`It signs with a key of ${own}.`);
  }
  const address = isIn(network, hints.addresses);
  if (address !== undefined) return mine(`The plan names the address ${address} in this network.`);
  if (host !== undefined && isOwnHost(host, own)) return unknown(`Its reverse name ${host} is yours.`, true);
  if (services.length > 0) return unknown(`${services[0]} sends for its customers, and is not in the plan.`, true);
  if (foreign.length > 0) return unknown(`It proves ${foreign[0]} only, and the plan does not name it.`);
  return unknown('It proves nothing, and the plan does not name it.');
}

const mostly = (part: number, whole: number): boolean => whole > 0 && part * 2 > whole;

function isOwnHost(host: string, own: DnsName): boolean {
  const parsed = parseName(host);
  return parsed.ok && isAtOrBelow(parsed.name, own);
}
