/** Everything that one message gives to say, from every part of the proof, the worst first. */
import { parseName, type DnsName } from '../dns/name.ts';
import type { Finding } from '../finding/finding.ts';
import type { Author } from '../mail/author.ts';
import type { Header } from '../mail/header.ts';
import type { MimeTree } from '../mail/mime.ts';
import { strength } from '../records/dmarc/readers.ts';
import { serviceOf } from '../senders/service-of.ts';
import type { World } from '../world/world.ts';
import { checkArc } from './arc/check.ts';
import type { ArcEvaluation } from './arc/validate.ts';
import { checkContent } from './content/check.ts';
import { gatherContent } from './content/gather.ts';
import { targetOf } from './content/links.ts';
import { checkSignatures } from './dkim/check.ts';
import type { DkimOutcome } from './dkim/outcome.ts';
import type { DmarcOutcome, Identifier } from './dmarc/outcome.ts';
import type { Envelope } from './envelope/envelope.ts';
import type { Expected } from './expected.ts';
import type { Forwarding } from './envelope/forwarded.ts';
import { hostOf } from './envelope/host-of.ts';
import { checkIdentity } from './identity/check.ts';
import { lookupIdentity } from './identity/lookup.ts';
import { checkPlanSide } from './plan-side/check.ts';
import type { SenderMatch } from './plan-side/match-sender.ts';
import type { Difference, MessageFacts, ProofVerdict, ReceiverWord, SpfOutcome } from './proof.ts';
import { checkAuthres } from './receiver/check.ts';
import { checkTrace } from './trace/check.ts';
import { checkUnsubscribe, oneClickAddresses } from './unsubscribe/check.ts';
import { postOneClick } from './unsubscribe/post.ts';

export interface FindingsInput {
  readonly source: string;
  readonly header: Header;
  readonly mime: MimeTree;
  readonly author: Author;
  readonly facts: MessageFacts;
  readonly envelope: Envelope;
  readonly spf: readonly SpfOutcome[];
  readonly dkim: readonly DkimOutcome[];
  readonly arc: ArcEvaluation;
  readonly dmarc: DmarcOutcome;
  readonly verdict: ProofVerdict;
  readonly receiver: ReceiverWord;
  readonly differences: readonly Difference[];
  /** Milliseconds since 1970. */
  readonly evaluatedAt: number;
  readonly receivedAt: number;
  /** Taken by our own listener, so that nobody can have written results yet. */
  readonly listened: boolean;
  readonly forwarding?: Forwarding;
  readonly expected?: Expected;
  readonly postUnsubscribe?: { readonly inside: boolean };
  readonly signal?: AbortSignal;
}

export interface ProofFindings {
  readonly findings: readonly Finding[];
  readonly match?: SenderMatch;
}

export async function findingsOf(world: World, input: FindingsInput): Promise<ProofFindings> {
  const { source, header, mime, author, envelope, dkim, dmarc, facts, expected, forwarding, verdict, signal } = input;
  const asking = signal ? { signal } : {};
  const domain = author.kind === 'one' ? author.domain : author.kind === 'several' ? author.domains[0] : undefined;
  const named = domain === undefined ? {} : { author: domain };
  const planned = expected ? { expected } : {};
  const forwarded = forwarding !== undefined;
  const content = gatherContent(mime);
  const oneClick = oneClickAddresses(header);
  const [host, bimi, post] = await Promise.all([
    hostOf(world, { envelope, domain, forwarded }, asking),
    lookupIdentity(world, { header, author, dmarc }, asking),
    posted(world, oneClick[0], input),
  ]);
  const side = expected
    ? checkPlanSide({
        expected,
        author,
        envelope,
        spf: input.spf,
        dkim,
        bulk: facts.bulk,
        linkHosts: content.links.flatMap((link) => {
          const target = targetOf(link);
          return link.kind === 'link' && target.kind === 'web' ? [target.host] : [];
        }),
        unsubscribeHosts: oneClick.flatMap(hostOfUrl),
      })
    : { findings: [] };
  const findings = [
    ...checkIdentity({ ...input, ...(bimi ? { bimi } : {}) }),
    ...side.findings,
    ...checkSignatures({
      source,
      header,
      ...named,
      outcomes: dkim,
      alignedWith: matchIn(dmarc),
      bulk: facts.bulk,
      enforcing: isEnforcing(dmarc),
      forwarded,
      now: input.receivedAt,
      body: mime.body,
      esp: serviceOf,
      keyFits: new Map(dkim.flatMap(({ line, keyFits }) => (keyFits === undefined ? [] : [[line, keyFits] as const]))),
    }),
    ...checkUnsubscribe({
      source,
      header,
      ...named,
      dkim,
      aligned: matchIn(dmarc),
      bulk: facts.bulk,
      body: content,
      ...planned,
      posts: post,
    }),
    ...checkAuthres({
      source,
      header,
      receiver: input.receiver,
      differences: input.differences,
      dmarc,
      ...named,
      verdict,
      received: !input.listened,
    }),
    ...(host.kind === 'checked' ? host.findings : []),
    ...checkContent({ source, header, mime, ...named, bulk: facts.bulk, ...planned, content }),
    ...checkTrace({ source, header, mime, envelope, author, now: input.evaluatedAt }),
    ...checkArc({
      source,
      header,
      arc: input.arc,
      envelope,
      forwarded,
      ...named,
      ...(expected ? { expected: expected.domain } : {}),
    }),
  ];
  return { findings: worstFirst(findings), ...('match' in side && side.match ? { match: side.match } : {}) };
}

async function posted(world: World, uri: string | undefined, { postUnsubscribe, signal }: FindingsInput) {
  if (!postUnsubscribe || uri === undefined) return [];
  return [await postOneClick(world, uri, { inside: postUnsubscribe.inside, ...(signal ? { signal } : {}) })];
}

function hostOfUrl(url: string): readonly DnsName[] {
  if (!URL.canParse(url)) return [];
  const parsed = parseName(new URL(url).hostname);
  return parsed.ok && parsed.name !== '' ? [parsed.name] : [];
}

/** How a domain matches the author domain, as readers of RFC 9989 see it. */
function matchIn(dmarc: DmarcOutcome): (domain: DnsName) => Identifier['match'] {
  const identifiers = dmarc.readings.find(({ reader }) => reader === 'RFC 9989')?.identifiers ?? [];
  return (domain) => identifiers.find((identifier) => identifier.domain === domain)?.match ?? 'unknown';
}

const isEnforcing = ({ readings }: DmarcOutcome): boolean =>
  readings.some(({ published }) => published.kind === 'policy' && strength(published.policy) > 0);

const ranks = { error: 0, warning: 1, info: 2, ok: 3 } as const;

/** Errors, warnings, advice; what fails before what could not be told; within these in the order of the checks. */
function worstFirst(findings: readonly Finding[]): readonly Finding[] {
  const rank = ({ severity, state }: Finding): number => ranks[severity] * 2 + (state === 'fail' ? 0 : 1);
  return findings.toSorted((a, b) => rank(a) - rank(b));
}
