/**
 * A proof that may be passed on: addresses lose the parts that can be the token of one recipient. Who has the token of an
 * address to unsubscribe can unsubscribe that person (RFC 8058 §6), and a report is read by more people than its message.
 * The JSON keeps everything.
 */
import type { Evidence, Finding } from '../../finding/finding.ts';
import type { Change, DkimOutcome } from '../../proof/dkim/outcome.ts';
import type { Proof } from '../../proof/proof.ts';
import type { Span } from '../../text/parsed.ts';

/** Said once in each view. */
export const shorteningNote =
  'Addresses of the web and for unsubscribing are shortened (…), because parts of them can be the token of one recipient. The JSON report keeps them whole.';

export function withoutTokens(proof: Proof): Proof {
  return {
    ...proof,
    spf: proof.spf.map((outcome) => ({
      ...outcome,
      reason: shortened(outcome.reason),
      ...(outcome.detail?.explanation === undefined
        ? {}
        : { detail: { ...outcome.detail, explanation: shortened(outcome.detail.explanation) } }),
    })),
    dkim: proof.dkim.map(ofOutcome),
    arc: {
      ...proof.arc,
      sets: proof.arc.sets.map((set) => ({ ...set, ...(set.message ? { message: ofOutcome(set.message) } : {}) })),
    },
    findings: proof.findings.map(ofFinding),
  };
}

const ofOutcome = (outcome: DkimOutcome): DkimOutcome =>
  outcome.changes ? { ...outcome, changes: outcome.changes.map(ofChange) } : outcome;

function ofChange(change: Change): Change {
  switch (change.kind) {
    case 'field': {
      const own = (text: string): string => textOnly(text, isUnsubscribe(change.field));
      const { was, is } = change;
      return {
        ...change,
        ...(was === undefined ? {} : { was: own(was) }),
        ...(is === undefined ? {} : { is: own(is) }),
      };
    }
    case 'line':
      return { ...change, was: shortened(change.was), is: shortened(change.is) };
    case 'footer':
    case 'banner':
    case 'form':
      return { ...change, text: shortened(change.text) };
  }
}

function ofFinding(finding: Finding): Finding {
  const tokens = finding.code.startsWith('unsub.') ? tokensOf(finding.evidence) : [];
  const say = (text: string): string => tokens.reduce((said, token) => said.replaceAll(token, '…'), shortened(text));
  return {
    ...finding,
    message: say(finding.message),
    consequence: say(finding.consequence),
    evidence: finding.evidence.map((one) => ofEvidence(one, say)),
    fix: { ...finding.fix, text: say(finding.fix.text) },
  };
}

function ofEvidence(evidence: Evidence, say: (text: string) => string): Evidence {
  switch (evidence.kind) {
    case 'file': {
      const unfolded = edited(evidence.text, evidence.marks ?? [], foldsIn(evidence.text));
      const { text, marks } = edited(
        unfolded.text,
        unfolded.marks,
        editsOf(unfolded.text, isUnsubscribe(unfolded.text)),
      );
      return { ...evidence, text, ...(evidence.marks ? { marks } : {}) };
    }
    case 'http':
      return { ...evidence, url: shortened(evidence.url), detail: say(evidence.detail) };
    case 'fact':
      return { ...evidence, value: say(evidence.value) };
    case 'record':
    case 'answer':
      return evidence;
  }
}

/** The pieces that were taken out of the evidence, so that a sentence that quotes one does not give it away. */
function tokensOf(evidence: readonly Evidence[]): readonly string[] {
  const pieces = evidence.flatMap((one) => {
    if (one.kind !== 'file') return [];
    const { text } = edited(one.text, [], foldsIn(one.text));
    return editsOf(text, isUnsubscribe(text)).flatMap(({ from, to }) => text.slice(from, to).split(/[^\w.@+-]+/));
  });
  const long = pieces.filter((piece) => piece.length >= 4 && /\d|@/.test(piece));
  return [...new Set(long)].sort((a, b) => b.length - a.length).slice(0, 50);
}

/** A field of that name, or the name alone. */
const isUnsubscribe = (text: string): boolean => /^list-unsubscribe\s*(?::|$)/i.test(text);

/** Every address in a text, without what can be a token. */
export const shortened = (text: string): string => textOnly(text, false);

const textOnly = (text: string, unsubscribe: boolean): string => edited(text, [], editsOf(text, unsubscribe)).text;

interface Edit {
  readonly from: number;
  readonly to: number;
  readonly by: string;
}

const foldsIn = (text: string): readonly Edit[] =>
  [...text.matchAll(/\r?\n(?=[ \t])/g)].map((match) => ({
    from: match.index,
    to: match.index + match[0].length,
    by: '',
  }));

/** In List-Unsubscribe whatever stands in angle brackets is an address, also where blanks or a cut tear it. */
function editsOf(text: string, unsubscribe: boolean): readonly Edit[] {
  const start = unsubscribe ? (/^list-unsubscribe\s*:/i.exec(text)?.[0].length ?? 0) : 0;
  return [...text.slice(start).matchAll(unsubscribe ? fieldAddresses : addresses)].flatMap((match) => {
    const lead = match[0].startsWith('<') ? 1 : 0;
    const from = start + match.index + lead;
    const own = match[0].slice(lead);
    return secretsIn(own, unsubscribe).map((edit) => ({ ...edit, from: edit.from + from, to: edit.to + from }));
  });
}

const addresses = /(?:https?:\/\/|mailto:|www\.)[^\s<>"`]*/gi;
const fieldAddresses = /<[^<>]*|(?:https?:\/\/|mailto:|www\.)[^\s<>]*|[^\s<>]{17,}/gi;

function secretsIn(address: string, unsubscribe: boolean): readonly Edit[] {
  const web = /^\s*(?:https?:\/\/|(?=www\.))([^/?#\s]*)/i.exec(address);
  if (web) return webSecrets(address, web[0].length, web[1] ?? '');
  const mail = /^\s*mailto:([^@?]*)/i.exec(address);
  if (mail) return mailSecrets(address, mail[0].length - (mail[1] ?? '').length, mail[1] ?? '');
  // Of an address that is written wrongly nobody knows which part is the token.
  return unsubscribe && address.trim().length > 16 ? [{ from: 16, to: address.length, by: '…' }] : [];
}

function webSecrets(address: string, path: number, host: string): readonly Edit[] {
  const edits: Edit[] = [];
  const user = host.lastIndexOf('@');
  if (user >= 0) edits.push({ from: path - host.length, to: path - host.length + user, by: '…' });
  const end = /[?#\s]/.exec(address.slice(path));
  const pathEnd = end ? path + end.index : address.length;
  for (const part of address.slice(path, pathEnd).matchAll(/[^/]+/g))
    if (!isPlainPart(part[0])) edits.push({ from: path + part.index, to: path + part.index + part[0].length, by: '…' });
  // The mark stays, so that it is seen that there is a query.
  if (pathEnd < address.length - 1) edits.push({ from: pathEnd + 1, to: address.length, by: '…' });
  return edits;
}

function mailSecrets(address: string, at: number, local: string): readonly Edit[] {
  const edits: Edit[] = [];
  const kept = /^[a-z]{0,16}(?:[-_.][a-z]{1,12}(?![a-z0-9]))?/i.exec(local)?.[0].length ?? 0;
  if (kept < local.length) edits.push({ from: at + kept, to: at + local.length, by: '…' });
  const query = address.indexOf('?', at);
  if (query >= 0 && query < address.length - 1) edits.push({ from: query + 1, to: address.length, by: '…' });
  return edits;
}

/** A word such as `unsubscribe`, `one-click`, `v2` or `logo.svg`: the same for every recipient, as far as can be told. */
const isPlainPart = (part: string): boolean =>
  part === '…' || (part.length <= 20 && /^\.?(?:(?:[A-Z]?[a-z]{1,14}|[A-Z]{1,8})\d?(?:[-_.]|$))+$/.test(part));

/** The text with the edits made, and the marks where their characters went. Edits stand in order and do not overlap. */
function edited(
  text: string,
  marks: readonly Span[],
  edits: readonly Edit[],
): { readonly text: string; readonly marks: readonly Span[] } {
  if (edits.length === 0) return { text, marks };
  let out = '';
  let from = 0;
  for (const edit of edits) {
    out += text.slice(from, edit.from) + edit.by;
    from = edit.to;
  }
  const moved = (offset: number, end: boolean): number => {
    let shift = 0;
    for (const { from, to, by } of edits) {
      if (offset >= to) shift += by.length - (to - from);
      else if (offset > from) return from + shift + (end ? by.length : 0);
      else break;
    }
    return offset + shift;
  };
  return {
    text: out + text.slice(from),
    marks: marks.map(({ offset, length }) => {
      const start = moved(offset, false);
      return { offset: start, length: length === 0 ? 0 : Math.max(0, moved(offset + length, true) - start) };
    }),
  };
}
