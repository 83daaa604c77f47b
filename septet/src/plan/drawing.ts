/**
 * Draws each wish against what stands, one after the other: a later step sees what the earlier ones will have published,
 * so that the stages of one record follow each other (`p=none`, then `p=quarantine`).
 */
import { proposeAddresses, proposeAlias, proposeTxtMember } from '../change/propose.ts';
import { sameData, type Change, type Live, type Proposal } from '../change/change.ts';
import { unknownAt } from '../change/propose-blocked.ts';
import { isAtOrBelow, under, type DnsName } from '../dns/name.ts';
import { formatRdata } from '../dns/rdata-text.ts';
import { txtText, type Answer, type Rdata, type RrSet, type RrType, type Txt } from '../dns/rrset.ts';
import { proposeBimi } from '../records/bimi/plan.ts';
import { proposeKey, proposeKeyAlias } from '../records/dkim/plan.ts';
import { proposeAuthorisation, stageReaders } from '../records/dmarc/plan.ts';
import { hostWork } from '../records/host/plan.ts';
import { proposeMx } from '../records/mx/plan.ts';
import { isNullMx } from '../records/mx/record.ts';
import { proposeSpf } from '../records/spf/plan.ts';
import { proposeTlsRpt } from '../records/tlsrpt/plan.ts';
import { proposeTracking } from '../records/tracking/plan.ts';
import { collisionsOf, type Collision } from './claims.ts';
import { bimiHindrance } from './bimi-ready.ts';
import { proposeDmarcBack, proposeMtaStsGone, proposeSpfBack } from './draw-back.ts';
import { drawPolicy } from './draw-policy.ts';
import { proposeStageBelow } from './inherited.ts';
import type { PlanInput } from './input.ts';
import type { OutsideWork, SpfPrice, StepId } from './plan.ts';
import { placeKey } from './seen.ts';
import type { WantedPolicy } from './serves.ts';
import type { Want, Wish } from './wish.ts';

type Blocked = Extract<Proposal, { readonly kind: 'blocked' }>;

/** What came of one wish. */
export interface Outcome {
  readonly proposals: readonly Proposal[];
  readonly changes: readonly Change[];
  /** What stands when the step is done. */
  readonly sets: readonly RrSet[];
  /** Steps before this one that publish what it wants. */
  readonly shares: readonly StepId[];
  readonly outside: readonly OutsideWork[];
  readonly blocked?: Omit<Blocked, 'kind'>;
  readonly loses: readonly string[];
  readonly notes: readonly string[];
  readonly price?: SpfPrice;
  readonly readers?: { readonly rfc9989: string; readonly rfc7489: string };
  /** The MTA-STS policy that has to be served. */
  readonly policy?: WantedPolicy;
}

type Draft = { -readonly [Key in keyof Outcome]: Outcome[Key] extends readonly (infer Item)[] ? Item[] : Outcome[Key] };

export class Drawing {
  readonly collisions: readonly Collision[];
  readonly #input: PlanInput;
  /** What stands after the steps so far, and which step put it there. */
  readonly #after = new Map<string, { readonly live: Live; readonly step: StepId }>();

  constructor(input: PlanInput) {
    this.#input = input;
    this.collisions = collisionsOf(input.wishes, input.intent.domain);
  }

  draw(wish: Wish): Outcome {
    const draft: Draft = { proposals: [], changes: [], sets: [], shares: [], outside: [], loses: [], notes: [] };
    for (const { name, one, other } of this.collisions) {
      if (one.step !== wish.id && other.step !== wish.id) continue;
      const [own, theirs] = one.step === wish.id ? [one, other] : [other, one];
      draft.blocked ??= {
        why: `${name} is wanted as ${own.type} here and as ${theirs.type} by the step ${theirs.step}.`,
        cure: 'Give one of the senders another selector or another name.',
      };
    }
    for (const want of wish.wants) this.#want(wish.id, want, draft);
    return draft as Outcome;
  }

  #want(step: StepId, want: Want, draft: Draft): void {
    const { intent, seen, host } = this.#input;
    const ttlSeconds = host.nearestTtl(intent.ttlSeconds);
    const propose = <T extends RrType>(
      name: DnsName,
      type: T,
      of: (live: Live<T>) => Proposal,
      who?: DnsName,
    ): Proposal => this.#take(step, draft, name, type, this.#proposal(name, type, of), who);
    switch (want.kind) {
      case 'missing':
        draft.blocked ??= { why: want.why, cure: want.cure };
        return;
      case 'ptr': {
        const at = seen.hosts.get(want.address);
        if (!at) return;
        // What a step of the plan publishes is nobody else's work.
        const own = this.#input.wishes.flatMap((wish) => wish.wants.filter((other) => other.kind === 'addresses'));
        const works = hostWork(want, at).filter(
          (work) => work.kind !== 'record' || !own.some(({ name, type }) => name === work.name && type === work.type),
        );
        draft.outside.push(...works.map((work) => withDoubt(work, at.answers)));
        return;
      }
      case 'addresses':
        propose(want.name, want.type, (live) => proposeAddresses({ ...want, ttlSeconds }, live));
        return;
      case 'mx':
        propose(want.name, 'MX', (live) => {
          const standing = live.kind === 'present' && live.set.data.every((mx) => !isNullMx(mx)) ? live.set : undefined;
          if (want.ifAbsent && standing) return { kind: 'keep', comparison: 'superset', set: standing };
          return proposeMx({ ...want, ttlSeconds }, live);
        });
        return;
      case 'alias': {
        const beside = seen.beside.get(want.name) ?? [];
        const alias = { ...want, ttlSeconds };
        propose(want.name, 'CNAME', (live) => {
          if (want.purpose === 'dkim') return proposeKeyAlias(alias, live, beside);
          if (want.purpose === 'tracking') return proposeTracking({ ...alias, domain: intent.domain }, live, beside);
          return proposeAlias(alias, live, beside);
        });
        return;
      }
      case 'txt': {
        const { text, replaces } = want;
        const isSameKind = (other: string): boolean =>
          other === text || (replaces !== undefined && other.toLowerCase().startsWith(replaces.toLowerCase()));
        propose(want.name, 'TXT', (live) => proposeTxtMember({ name: want.name, text, isSameKind, ttlSeconds }, live));
        return;
      }
      case 'dkim-key':
        propose(want.name, 'TXT', (live) => agreed(proposeKey({ ...want, ttlSeconds }, live), want.rotation === true));
        return;
      case 'spf': {
        const observed = seen.spf.get(want.name);
        if (!observed) throw new TypeError(`SPF of ${want.name} was not looked at`);
        propose(want.name, 'TXT', (live) => {
          const proposal = proposeSpf({ ...want, ttlSeconds }, live, observed);
          if (proposal.price) draft.price = proposal.price;
          return proposal;
        });
        return;
      }
      case 'authorise':
        propose(want.name, 'TXT', (live) => proposeAuthorisation({ name: want.name, ttlSeconds }, live), want.host);
        return;
      case 'dmarc': {
        const proposal = propose(want.name, 'TXT', (live) =>
          proposeStageBelow({ ...intent.dmarc, name: want.name, stage: want.stage, ttlSeconds }, live, seen.inherited),
        );
        const readers = stageReaders(proposal);
        if (readers) draft.readers = readers;
        return;
      }
      case 'dmarc-back':
        propose(want.name, 'TXT', (live) =>
          proposeDmarcBack({ name: want.name, ttlSeconds }, want.stage, intent.dmarc, live),
        );
        return;
      case 'spf-back':
        propose(want.name, 'TXT', (live) => proposeSpfBack({ name: want.name, ttlSeconds }, live));
        return;
      case 'mtasts-gone': {
        const gone = proposeMtaStsGone({ name: want.name, ttlSeconds }, this.#live(want.name, 'TXT'));
        if (gone) propose(want.name, 'TXT', () => gone);
        return;
      }
      case 'tlsrpt':
        propose(want.name, 'TXT', (live) => proposeTlsRpt({ ...want, ttlSeconds }, live));
        return;
      case 'mtasts': {
        const mx = seen.live.get(placeKey(intent.domain, 'MX'));
        // The withdrawal is over: nobody is told of a policy any more.
        const isOver = want.mode === 'none' && this.#input.evidence.published.has('mtasts.gone');
        if (isOver && this.#live(want.name, 'TXT').kind === 'absent') return;
        if (mx?.kind === 'unknown') return this.#stop(draft, unknownAt(mx));
        const drawn = drawPolicy(want, this.#input, this.#live(want.name, 'TXT'), ttlSeconds);
        if (drawn.kind === 'blocked') return this.#stop(draft, drawn);
        draft.policy = drawn.wanted;
        draft.outside.push(drawn.file);
        propose(want.name, 'TXT', drawn.propose);
        return;
      }
      case 'bimi': {
        const proposal = propose(want.name, 'TXT', (live) => proposeBimi({ ...want, ttlSeconds }, live));
        const dmarc = under('_dmarc', intent.domain);
        // What stands is none of its business.
        if (proposal.kind !== 'change' || dmarc === undefined) return;
        const hindrance = bimiHindrance(intent.domain, this.#live(dmarc, 'TXT'));
        if (hindrance) draft.blocked ??= hindrance;
      }
    }
  }

  #stop(draft: Draft, { kind: _blocked, ...reason }: Blocked): void {
    draft.blocked ??= reason;
  }

  /** What stands is what Septet published itself: nobody else's record goes. A key may be in use all the same. */
  #isOurs(change: Change): boolean {
    if (change.before === undefined || /(^|\.)_domainkey\./.test(change.name)) return false;
    return [...this.#input.evidence.published.values()].some(({ changes }) =>
      changes.some(
        ({ name, type, after }) => name === change.name && type === change.type && sameData(after, change.before),
      ),
    );
  }

  #live<T extends RrType>(name: DnsName, type: T): Live<T> {
    const key = placeKey(name, type);
    const live = this.#after.get(key)?.live ?? this.#input.seen.live.get(key);
    return (live ?? { kind: 'unknown', name, type, detail: `${name} ${type} was not asked` }) as Live<T>;
  }

  /** Where only a wildcard answers, the name itself holds nothing; but what serves already needs no record of its own. */
  #proposal<T extends RrType>(name: DnsName, type: T, of: (live: Live<T>) => Proposal): Proposal {
    const key = placeKey(name, type);
    const wild = this.#after.has(key) ? undefined : this.#input.seen.wild.get(key);
    const kept = wild ? of(wild as Live<T>) : undefined;
    return kept?.kind === 'keep' ? kept : of(this.#live(name, type));
  }

  #take(step: StepId, draft: Draft, name: DnsName, type: RrType, proposal: Proposal, who?: DnsName): Proposal {
    const { host, seen } = this.#input;
    const key = placeKey(name, type);
    draft.proposals.push(proposal);
    if (proposal.kind === 'blocked') {
      this.#stop(draft, proposal);
      return proposal;
    }
    if (proposal.kind === 'keep') {
      draft.sets.push(proposal.set);
      const from = this.#after.get(key)?.step;
      if (from !== undefined && from !== step) draft.shares.push(from);
      return proposal;
    }
    const { change } = proposal;
    draft.notes.push(...proposal.notes);
    const elsewhere = seen.cuts.get(name) ?? (isAtOrBelow(name, seen.zone) ? undefined : (who ?? name));
    if (elsewhere !== undefined) {
      const data = textsOf(change.after);
      draft.outside.push({
        kind: 'record',
        who: `whoever runs the DNS of ${elsewhere}`,
        name,
        type,
        data,
        done: false,
      });
      return proposal;
    }
    if (!this.#isOurs(change)) draft.loses.push(...proposal.loses);
    const [fault] = host.faultsOf(change);
    if (fault !== undefined) {
      draft.blocked ??= {
        why: `${host.title} cannot store it: ${fault}`,
        cure: 'Change the record as said, or move the zone to a host that stores it.',
      };
    }
    draft.changes.push(change);
    if (change.after) {
      draft.sets.push(change.after);
      this.#after.set(key, { live: { kind: 'present', name, type, set: change.after }, step });
    }
    return proposal;
  }
}

/** Work that is not done, where an answer that would tell did not come. */
function withDoubt(work: OutsideWork, answers: readonly Answer[]): OutsideWork {
  const silent = !work.done && answers.some((answer) => answer.kind === 'failed');
  return silent ? { ...work, unanswered: true } : work;
}

/** A rotation has asked already whether the key before may go. */
function agreed(proposal: Proposal, isRotation: boolean): Proposal {
  return isRotation && proposal.kind === 'change' ? { ...proposal, loses: [] } : proposal;
}

/** Presentation texts; TXT as its bare value. */
export function textsOf(set: RrSet | undefined): readonly string[] {
  if (!set) return [];
  return set.data.map((data) =>
    set.type === 'TXT' ? txtText(data as Txt) : formatRdata(set.type, data as Rdata<typeof set.type>),
  );
}

/** Two texts of at most 60 characters, and how many more there are; the whole ones stand at their step. */
export function shortTexts(texts: readonly string[]): string {
  const shown = texts.slice(0, 2).map((text) => (text.length > 60 ? `${text.slice(0, 60).trimEnd()}…` : text));
  return texts.length > 2 ? `${shown.join(' | ')} and ${texts.length - 2} more` : shown.join(' | ');
}
