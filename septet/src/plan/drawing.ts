/**
 * Draws each wish against what stands, one after the other: a later step sees what the earlier ones will have published,
 * so that the stages of one record follow each other (`p=none`, then `p=quarantine`).
 */
import { proposeAddresses, proposeAlias, proposeTxtMember } from '../change/propose.ts';
import type { Change, Live, Proposal } from '../change/change.ts';
import { isAtOrBelow, type DnsName } from '../dns/name.ts';
import { formatRdata } from '../dns/rdata-text.ts';
import { txtText, type Rdata, type RrSet, type RrType, type Txt } from '../dns/rrset.ts';
import { proposeBimi } from '../records/bimi/plan.ts';
import { proposeKey, proposeKeyAlias } from '../records/dkim/plan.ts';
import { proposeAuthorisation, proposeStage, stageReaders } from '../records/dmarc/plan.ts';
import { hostWork } from '../records/host/plan.ts';
import { proposeRecord } from '../records/mtasts/plan.ts';
import { formatPolicy, type MtaStsPolicy } from '../records/mtasts/policy.ts';
import { policyUrl } from '../records/mtasts/lookup.ts';
import { proposeMx } from '../records/mx/plan.ts';
import { isNullMx } from '../records/mx/record.ts';
import { proposeSpf } from '../records/spf/plan.ts';
import { proposeTlsRpt } from '../records/tlsrpt/plan.ts';
import type { PlanInput } from './input.ts';
import { placeKey } from './observe.ts';
import type { OutsideWork, SpfPrice } from './plan.ts';
import { policyFor, servedPolicy } from './policy-wanted.ts';
import { servedAs } from './serves.ts';
import type { Want, Wish } from './wish.ts';

/** What came of one wish. */
export interface Outcome {
  readonly proposals: readonly Proposal[];
  readonly changes: readonly Change[];
  /** What stands when the step is done. */
  readonly sets: readonly RrSet[];
  readonly outside: readonly OutsideWork[];
  readonly blocked?: { readonly why: string; readonly cure: string };
  readonly loses: readonly string[];
  readonly notes: readonly string[];
  readonly price?: SpfPrice;
  readonly readers?: { readonly rfc9989: string; readonly rfc7489: string };
  /** The MTA-STS policy that has to be served. */
  readonly policy?: MtaStsPolicy;
}

type Draft = { -readonly [Key in keyof Outcome]: Outcome[Key] extends readonly (infer Item)[] ? Item[] : Outcome[Key] };

/** Two steps that want different data at one name. */
export interface Collision {
  readonly name: DnsName;
  readonly one: string;
  readonly other: string;
}

export class Drawing {
  readonly collisions: Collision[] = [];
  readonly #input: PlanInput;
  /** What stands after the steps so far. */
  readonly #after = new Map<string, Live>();
  /** Which step wants which type at a name. */
  readonly #claims = new Map<DnsName, { readonly step: string; readonly type: RrType }[]>();

  constructor(input: PlanInput) {
    this.#input = input;
  }

  draw(wish: Wish): Outcome {
    const draft: Draft = { proposals: [], changes: [], sets: [], outside: [], loses: [], notes: [] };
    for (const want of wish.wants) this.#want(wish, want, draft);
    return draft as Outcome;
  }

  #want(wish: Wish, want: Want, draft: Draft): void {
    const { intent, seen } = this.#input;
    const ttlSeconds = this.#input.host.nearestTtl(intent.ttlSeconds);
    const { now } = seen;
    const txt = (name: DnsName): Live<'TXT'> => this.#live(name, 'TXT');
    switch (want.kind) {
      case 'missing':
        draft.blocked ??= { why: want.why, cure: want.cure };
        return;
      case 'ptr': {
        const host = seen.hosts.get(want.address);
        if (host) draft.outside.push(...hostWork(want, host));
        return;
      }
      case 'addresses':
        return this.#take(
          wish,
          draft,
          proposeAddresses({ ...want, ttlSeconds }, this.#live(want.name, want.type)),
          want.name,
          want.type,
        );
      case 'mx': {
        const live = this.#live(want.name, 'MX');
        const standing = live.kind === 'present' && live.set.data.every((mx) => !isNullMx(mx)) ? live.set : undefined;
        const proposal: Proposal =
          want.ifAbsent && standing
            ? { kind: 'keep', comparison: 'superset', set: standing }
            : proposeMx({ ...want, ttlSeconds }, live);
        return this.#take(wish, draft, proposal, want.name, 'MX');
      }
      case 'alias': {
        const live = this.#live(want.name, 'CNAME');
        const beside = seen.beside.get(want.name) ?? [];
        const proposal =
          want.purpose === 'dkim'
            ? proposeKeyAlias({ ...want, ttlSeconds }, live, beside)
            : proposeAlias({ ...want, ttlSeconds }, live, beside);
        return this.#take(wish, draft, proposal, want.name, 'CNAME');
      }
      case 'txt': {
        const { text, replaces } = want;
        const isSameKind = (other: string): boolean =>
          other === text || (replaces !== undefined && other.toLowerCase().startsWith(replaces.toLowerCase()));
        return this.#take(
          wish,
          draft,
          proposeTxtMember({ name: want.name, text, isSameKind, ttlSeconds }, txt(want.name)),
          want.name,
          'TXT',
        );
      }
      case 'dkim-key':
        return this.#take(wish, draft, proposeKey({ ...want, ttlSeconds }, txt(want.name)), want.name, 'TXT');
      case 'spf': {
        const seenSpf = seen.spf.get(want.name);
        if (!seenSpf) return;
        const proposal = proposeSpf({ ...want, ttlSeconds }, txt(want.name), seenSpf);
        if (proposal.price) draft.price = proposal.price;
        return this.#take(wish, draft, proposal, want.name, 'TXT');
      }
      case 'authorise': {
        const proposal = proposeAuthorisation({ name: want.name, ttlSeconds }, txt(want.name));
        return this.#take(wish, draft, proposal, want.name, 'TXT', want.host);
      }
      case 'dmarc': {
        const proposal = proposeStage(
          { ...intent.dmarc, name: want.name, stage: want.stage, ttlSeconds },
          txt(want.name),
        );
        const readers = stageReaders(proposal);
        if (readers) draft.readers = readers;
        return this.#take(wish, draft, proposal, want.name, 'TXT');
      }
      case 'tlsrpt':
        return this.#take(wish, draft, proposeTlsRpt({ ...want, ttlSeconds }, txt(want.name)), want.name, 'TXT');
      case 'mtasts': {
        const policy = policyFor(want.mode, this.#input);
        if (!policy) {
          draft.blocked ??= {
            why: `The exchanges of ${intent.domain} are not known, and a policy without them would stop all mail.`,
            cure: 'Name them with mx in the configuration, or publish them first.',
          };
          return;
        }
        draft.policy = policy;
        const url = policyUrl(intent.domain);
        const done = servedAs(policy, seen.served.get(url));
        draft.outside.push({ kind: 'file', url, text: formatPolicy(policy), done });
        // The id stands for the file that senders fetch: the one that is served, when it does.
        const announced = (done ? servedPolicy(seen) : undefined) ?? policy;
        const proposal = proposeRecord({ name: want.name, policy: announced, now, ttlSeconds }, txt(want.name));
        return this.#take(wish, draft, proposal, want.name, 'TXT');
      }
      case 'bimi':
        return this.#take(wish, draft, proposeBimi({ ...want, ttlSeconds }, txt(want.name)), want.name, 'TXT');
    }
  }

  #live<T extends RrType>(name: DnsName, type: T): Live<T> {
    const key = placeKey(name, type);
    const live = this.#after.get(key) ?? this.#input.seen.live.get(key);
    return (live ?? { kind: 'unknown', name, type, detail: `${name} ${type} was not asked` }) as Live<T>;
  }

  #take(wish: Wish, draft: Draft, proposal: Proposal, name: DnsName, type: RrType, elsewhere?: DnsName): void {
    const { host, seen } = this.#input;
    draft.proposals.push(proposal);
    this.#claim(wish, name, type, draft);
    if (proposal.kind === 'blocked') {
      draft.blocked ??= { why: proposal.why, cure: proposal.cure };
      return;
    }
    if (proposal.kind === 'keep') {
      draft.sets.push(proposal.set);
      return;
    }
    const { change } = proposal;
    draft.notes.push(...proposal.notes);
    if (!isAtOrBelow(name, seen.zone)) {
      draft.outside.push({
        kind: 'record',
        who: `whoever runs the DNS of ${elsewhere ?? name}`,
        name,
        type,
        data: textsOf(change.after),
        done: false,
      });
      return;
    }
    draft.loses.push(...proposal.loses);
    const faults = host.faultsOf(change);
    if (faults[0] !== undefined) {
      draft.blocked ??= {
        why: `${host.title} cannot store it: ${faults[0]}`,
        cure: 'Change the record as said, or move the zone to a host that stores it.',
      };
    }
    draft.changes.push(change);
    if (change.after) {
      draft.sets.push(change.after);
      this.#after.set(placeKey(name, type), { kind: 'present', name, type, set: change.after });
    }
  }

  /** A name may be claimed twice for TXT, whose members live side by side, and never for an alias and something else. */
  #claim(wish: Wish, name: DnsName, type: RrType, draft: Draft): void {
    const claims = this.#claims.get(name) ?? [];
    const clash = claims.find((claim) => (claim.type === 'CNAME') !== (type === 'CNAME') && claim.step !== wish.id);
    const twice = claims.find((claim) => claim.type === 'CNAME' && type === 'CNAME' && claim.step !== wish.id);
    const other = clash ?? twice;
    if (other) {
      this.collisions.push({ name, one: `${other.type} of ${other.step}`, other: `${type} of ${wish.id}` });
      draft.blocked ??= {
        why: `${name} is wanted as ${other.type} by the step ${other.step} and as ${type} here.`,
        cure: 'Give one of the senders another selector or another name.',
      };
    }
    this.#claims.set(name, [...claims, { step: wish.id, type }]);
  }
}

/** Presentation texts; TXT as its bare value. */
export function textsOf(set: RrSet | undefined): readonly string[] {
  if (!set) return [];
  return set.data.map((data) =>
    set.type === 'TXT' ? txtText(data as Txt) : formatRdata(set.type, data as Rdata<typeof set.type>),
  );
}
