/** DKIM signatures as the receiver found them against what we found. */
import type { DkimFault, DkimOutcome } from '../dkim/outcome.ts';
import type { Difference } from '../proof.ts';
import { type Counted, remarksOf, signingDomainOf, valueIn } from './results.ts';

export function dkimDifferences(
  theirs: readonly Counted[],
  ours: readonly DkimOutcome[],
  since: string | undefined,
): readonly Difference[] {
  const first = theirs[0];
  if (!first) return [];
  const free = new Set(ours);
  const found: Difference[] = [];
  for (const { result, outcome } of pair(theirs, free)) {
    if (outcome === undefined) {
      if (result.result === 'none') continue;
      found.push({
        method: 'dkim',
        about: theirsText(result),
        ours: 'not there',
        theirs: result.result,
        why: 'The receiver judged a signature that is not in this copy of the message: a later server took it out, or altered its field.',
        line: result.line,
      });
    } else if (outcome.result !== result.result) {
      const why = whyResults(result, outcome, since);
      found.push({
        method: 'dkim',
        about: oursText(outcome),
        ours: outcome.result,
        theirs: result.result,
        why,
        line: result.line,
      });
    }
  }
  for (const outcome of free) {
    const why = whySilent(theirs, outcome);
    const said = first.result === 'none' ? 'none' : 'not mentioned';
    found.push({ method: 'dkim', about: oursText(outcome), ours: outcome.result, theirs: said, why, line: first.line });
  }
  return found;
}

interface Pair {
  readonly result: Counted;
  readonly outcome?: DkimOutcome;
}

/** Each of their results with the signature it is about. Takes what is paired out of `free`. */
function pair(theirs: readonly Counted[], free: Set<DkimOutcome>): readonly Pair[] {
  const pairs = new Map<Counted, DkimOutcome>();
  // What tells most about a signature goes first (RFC 6008 §2: header.b), so that a vague result takes what is left.
  for (const fits of [sameSignature, sameSelector, sameDomain]) {
    for (const result of theirs) {
      if (pairs.has(result) || result.result === 'none') continue;
      const outcome = [...free].find((candidate) => fits(result, candidate));
      if (!outcome) continue;
      pairs.set(result, outcome);
      free.delete(outcome);
    }
  }
  const left = theirs.filter((result) => !pairs.has(result) && result.result !== 'none');
  const [only] = left;
  const [last] = free;
  if (only && last && left.length === 1 && free.size === 1 && signingDomainOf(only) === undefined) {
    pairs.set(only, last);
    free.delete(last);
  }
  return theirs.map((result) => {
    const outcome = pairs.get(result);
    return outcome ? { result, outcome } : { result };
  });
}

function sameSignature(result: Counted, outcome: DkimOutcome): boolean {
  const start = valueIn(result, 'header.b');
  const own = outcome.signatureStart;
  if (start === undefined || own === undefined || start.length < 8 || own.length < 8) return false;
  return start.startsWith(own) || own.startsWith(start);
}

const sameSelector = (result: Counted, outcome: DkimOutcome): boolean =>
  sameDomain(result, outcome) &&
  outcome.selector !== undefined &&
  valueIn(result, 'header.s')?.toLowerCase() === outcome.selector.toLowerCase() &&
  !otherSignature(result, outcome);

function sameDomain(result: Counted, outcome: DkimOutcome): boolean {
  if (outcome.domain === undefined || otherSignature(result, outcome)) return false;
  const selector = valueIn(result, 'header.s')?.toLowerCase();
  if (selector !== undefined && outcome.selector !== undefined && selector !== outcome.selector.toLowerCase())
    return false;
  const domain = signingDomainOf(result);
  // Gmail names header.i only, which may stand below d=.
  return (
    domain === outcome.domain ||
    (valueIn(result, 'header.d') === undefined && domain?.endsWith(`.${outcome.domain}`) === true)
  );
}

/** Both tell the beginning of the signature, and it is another. */
function otherSignature(result: Counted, outcome: DkimOutcome): boolean {
  const start = valueIn(result, 'header.b');
  const own = outcome.signatureStart;
  if (start === undefined || own === undefined || start.length < 8 || own.length < 8) return false;
  return !sameSignature(result, outcome);
}

const keyGone: ReadonlySet<DkimFault> = new Set(['key_missing', 'key_revoked']);
const keyOther: ReadonlySet<DkimFault> = new Set(['key_syntax', 'key_type', 'key_hash', 'key_service', 'key_unusable']);
const tooWeak: ReadonlySet<DkimFault> = new Set(['sha1', 'key_short']);

function whyResults(result: Counted, outcome: DkimOutcome, since: string | undefined): string {
  const came = since === undefined ? '' : ` The message came ${since}.`;
  const fault = outcome.fault;
  if (outcome.result === 'temperror')
    return 'Here the key could not be looked up, so nothing can be said of the signature now; ask again.';
  if (result.result === 'temperror') return 'The receiver could not look the key up when the message came.';
  if (result.result === 'pass') {
    if (fault !== undefined && keyGone.has(fault))
      return `The key was there when the receiver looked: it has been rotated or removed since.${came}`;
    if (fault !== undefined && keyOther.has(fault))
      return `The key record has been changed since the receiver read it.${came}`;
    if (fault === 'expired') return `The signature was still valid when the receiver judged it (x=).${came}`;
    if (fault !== undefined && tooWeak.has(fault))
      return 'The receiver still accepts what RFC 8301 forbids; others do not, so do not rely on it.';
    if (fault === 'body_hash' || fault === 'body_length') return bodyChange(outcome);
    if (fault === 'signature')
      return `A signed header was altered after the receiver judged the message, or another key stands at the selector now.${came}`;
    return `The receiver does not hold this against the signature: ${outcome.reason}`;
  }
  if (outcome.result === 'pass') {
    const remarks = remarksOf(result);
    if (isEd25519(outcome))
      return 'The receiver does not evaluate Ed25519 (RFC 8463); its RSA signature has to carry the mail there.';
    if (/no key|key (?:not found|missing)|revoked/i.test(remarks))
      return `The receiver did not find the key that is there now: it was published after that, or DNS was slow to show it.${came}`;
    if (/body hash|bodyhash|altered/i.test(remarks))
      return 'The receiver judged another form of the message than this copy, as happens where a filter before it alters the body.';
    if (result.result === 'policy')
      return 'The signature verifies, and the receiver does not accept it by a rule of its own.';
    return `The receiver judged the message at another point of its way, or with another key.${came}`;
  }
  return 'Both found that it does not verify; receivers choose different words for it.';
}

function bodyChange(outcome: DkimOutcome): string {
  const { changes = [] } = outcome;
  if (changes.some((change) => change.kind === 'form' && change.what === 'mbox-quoting'))
    return 'The mailbox file quotes lines that begin with `From `: this copy is not what the receiver judged.';
  if (changes.some((change) => change.kind === 'footer' || change.kind === 'banner'))
    return 'Lines were put into the body after the receiver judged it, as lists and gateways behind it do.';
  if (changes.some((change) => change.kind === 'form'))
    return 'This copy has another form than what the receiver judged: line ends, blanks or encoding were changed on saving. Save the raw source.';
  return 'The body was altered after the receiver judged it, or this copy is not the raw source.';
}

/** `d=example.com s=mail`, as far as each is known. */
const aboutText = (domain: string | undefined, selector: string | undefined): string =>
  [...(domain === undefined ? [] : [`d=${domain}`]), ...(selector === undefined ? [] : [`s=${selector}`])].join(' ') ||
  'a signature';
const theirsText = (result: Counted): string => aboutText(signingDomainOf(result), valueIn(result, 'header.s'));
const oursText = (outcome: DkimOutcome): string => aboutText(outcome.domain, outcome.selector);

const isEd25519 = (outcome: DkimOutcome): boolean => outcome.algorithm?.toLowerCase() === 'ed25519-sha256';

function whySilent(theirs: readonly Counted[], outcome: DkimOutcome): string {
  if (isEd25519(outcome)) return 'Many receivers do not evaluate Ed25519 (RFC 8463) and pass over such signatures.';
  if (theirs.some((result) => result.result === 'pass'))
    return 'The receiver stops at the first good signature, or names only the one that counts for it.';
  if (theirs.every((result) => result.result === 'none'))
    return 'The receiver saw no signature: this one was added behind it, or its form made the receiver pass over it.';
  return 'The receiver does not mention it: it names some signatures only, or this one was added behind it.';
}
