/** What the owner has to do about a source, in one sentence. */
import type { DnsName } from '../../dns/name.ts';
import type { Counts } from './counts.ts';
import type { SourceProof } from './source-proof.ts';

export interface ToDoFacts extends Counts {
  readonly standing: 'mine' | 'forwarder' | 'not mine' | 'unknown';
  readonly looksOwn: boolean;
  readonly alignedShare: number;
  readonly dkimShare: number;
  readonly title: string;
  readonly proof: SourceProof;
  readonly own: DnsName;
  readonly domain: DnsName;
}

/** Catalogue 5.2: a source of one's own passes for 98 of 100 messages at least. */
const settledShare = 0.98;

export function toDoOf(facts: ToDoFacts): string {
  const { standing, title, domain, own, proof } = facts;
  if (standing === 'not mine') return 'Nothing: an enforced policy stops it.';
  if (standing === 'forwarder')
    return facts.alignedShare >= settledShare
      ? 'Nothing: its mail passes by your signature.'
      : 'Nothing can be set here: what it changes on the way fails, and p=reject would lose it. Sign all mail with DKIM.';
  if (standing === 'unknown')
    return facts.looksOwn
      ? `If ${title} sends for you, add it to septet.yaml; else say: septet sources mark '${keyText(proof)}' 'not mine'.`
      : `Say whether it is yours: septet sources mark '${keyText(proof)}' mine, forwarder or 'not mine'.`;
  if (facts.messages === 0) return `Nothing was reported of it in this time; see whether it still sends.`;
  if (facts.alignedShare < settledShare)
    return proof.signers.includes(own) || proof.spf === own
      ? `Some of its mail fails: see in the rows which signature or return path it lacks, and set it at ${title}.`
      : `Let ${title} sign with d=${domain}, or take a return path below ${domain}.`;
  if (facts.dkimShare < settledShare) return `Let ${title} sign with d=${domain}: without DKIM, forwarded mail fails.`;
  return 'Nothing: it passes.';
}

function keyText({ signers, spf, network }: SourceProof): string {
  const parts = [...(signers.length > 0 ? [`dkim=${signers.join(',')}`] : []), ...(spf ? [`spf=${spf}`] : [])];
  return parts.length > 0 ? parts.join(' ') : `ip=${network ?? ''}`;
}
