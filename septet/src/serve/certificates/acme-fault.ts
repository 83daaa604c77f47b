/** What goes wrong with an authority, in a sentence for the owner of the domain (RFC 8555 §6.7). */

/**
 * Thrown through the ACME library, which knows no other way, and caught where an order ends. The message is the
 * sentence; it holds no key and no token.
 */
export class AcmeFault extends Error {
  override readonly name = 'AcmeFault';
  /** The last word of the problem's type: `rateLimited`; `unreachable` and `malformed` are ours. */
  readonly problem: string;
  readonly retryAfterMs: number | undefined;

  constructor(problem: string, message: string, retryAfterMs?: number) {
    super(message);
    this.problem = problem;
    this.retryAfterMs = retryAfterMs;
  }
}

/** A problem document (RFC 7807) as far as it matters. */
export interface Problem {
  readonly type: string;
  readonly detail: string;
  /** Of one of several names. */
  readonly subproblems: readonly Problem[];
}

/** Reads foreign JSON; what is no problem document answers `unknown` with an empty detail. */
export function readProblem(json: unknown): Problem {
  const read = (value: unknown, deep: boolean): Problem => {
    const { type, detail, subproblems }: Record<string, unknown> =
      typeof value === 'object' && value !== null ? { ...value } : {};
    const prefix = 'urn:ietf:params:acme:error:';
    const known =
      typeof type === 'string' && type.startsWith(prefix) ? type.slice(prefix.length, prefix.length + 40) : '';
    return {
      type: /^[A-Za-z]+$/.test(known) ? known : 'unknown',
      detail: typeof detail === 'string' ? oneLine(detail) : '',
      subproblems: deep && Array.isArray(subproblems) ? subproblems.slice(0, 5).map((one) => read(one, false)) : [],
    };
  };
  return read(json, true);
}

/** The authority's own words go to logs and terminals: one line, without controls. */
export const oneLine = (text: string): string => {
  const line = text.replace(/[\p{C}\s]+/gu, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
};

/** Cures by the problem's type. */
const cures: Readonly<Record<string, string>> = {
  badCSR: 'Report this to Septet: the request for the certificate is its work.',
  caa: 'A CAA record of the domain names other authorities (RFC 8659). Add this one to it, or choose one that it names.',
  connection:
    'The authority cannot reach this machine under the name. Let ports 80 and 443 in, or use challenge: dns-01.',
  dns: 'The name does not resolve for the authority. Publish its address or CNAME first: see septet plan.',
  externalAccountRequired: 'Set serve.acme.eab with the key id and HMAC key that the authority gave you.',
  incorrectResponse:
    'Another server answers under the name. Point it at this machine, or let the proxy in front pass /.well-known/acme-challenge/ on.',
  invalidContact: 'Set serve.acme.email to an address that takes mail.',
  rateLimited: 'It is tried again when the authority allows it.',
  rejectedIdentifier: 'The authority issues nothing for this name. Choose another authority with serve.acme.directory.',
  tls: 'The authority gets no TLS answer for the challenge. Let port 443 reach this machine itself, or use another challenge.',
  unauthorized:
    'Another server may answer under the name, or the authority refuses the account. Look where the name points, and at serve.acme.',
  unsupportedContact: 'Set serve.acme.email to a plain address, or leave it out.',
  userActionRequired: 'The authority has new terms. Read them, and set serve.acme.agree to true again.',
};

/** `what` begins the sentence: `The authority acme.example refuses the order for mta-sts.example.com`. */
export function problemSentence(what: string, problem: Problem): string {
  const told = problem.subproblems.find(({ detail }) => detail !== '') ?? problem;
  const detail = told.detail || problem.detail;
  const why = detail === '' ? (told.type === 'unknown' ? '' : ` (${told.type})`) : `: ${detail}`;
  const cure = cures[told.type] ?? cures[problem.type];
  const sentence = `${what}${why}`;
  return `${sentence}${/[.!?]$/.test(sentence) ? '' : '.'}${cure === undefined ? '' : ` ${cure}`}`;
}
