/**
 * The elements of an aggregate report and where they stand (RFC 9990, RFC 7489 appendix C). Each leaf has a slot in which
 * the reader puts its text.
 */

export interface Element {
  readonly name: string;
  /** What the drafts called it. */
  readonly former?: string;
  /** Of a leaf, its place among the values; -1 for what holds other elements. */
  readonly slot: number;
  /** What is to be done at its end; the slots of a `record` are empty afterwards. */
  readonly ends: '' | 'feedback' | 'record' | 'reason' | 'dkim' | 'spf' | 'error';
  readonly parent: Element | undefined;
  readonly children: readonly Element[];
}

/** `*` marks what may come again and again, and is taken up at its end. */
interface Shape {
  readonly [name: string]: true | Shape;
}

const shape: Shape = {
  feedback: {
    version: true,
    report_metadata: {
      org_name: true,
      email: true,
      extra_contact_info: true,
      report_id: true,
      date_range: { begin: true, end: true },
      'error*': true,
      generator: true,
    },
    policy_published: {
      domain: true,
      p: true,
      sp: true,
      np: true,
      adkim: true,
      aspf: true,
      fo: true,
      pct: true,
      testing: true,
      discovery_method: true,
      version_published: true,
    },
    'record*': {
      row: {
        source_ip: true,
        count: true,
        policy_evaluated: {
          disposition: true,
          dkim: true,
          spf: true,
          'reason*': { type: true, comment: true },
        },
      },
      identifiers: { envelope_to: true, envelope_from: true, header_from: true },
      auth_results: {
        'dkim*': { domain: true, selector: true, result: true, human_result: true },
        'spf*': { domain: true, scope: true, result: true, human_result: true },
      },
    },
  },
};

/** Names of the drafts for what is called otherwise now. */
const formerNames: ReadonlyMap<string, string> = new Map([['identifiers', 'identities']]);

const slots = new Map<string, number>();

function build(name: string, shape: true | Shape, parent: Element | undefined, path: string): Element {
  const own = name.replace('*', '');
  const children: Element[] = [];
  const full = `${path}/${own}`;
  let slot = -1;
  if (shape === true) {
    slot = slots.size;
    slots.set(full, slot);
  }
  const ends = name.endsWith('*') || own === 'feedback' ? (own as Element['ends']) : '';
  const former = formerNames.get(own);
  const element: Element = { name: own, ...(former === undefined ? {} : { former }), slot, ends, parent, children };
  if (shape !== true) {
    for (const [child, inner] of Object.entries(shape)) children.push(build(child, inner, element, full));
  }
  return element;
}

/** What stands above `feedback`. */
export const outside: Element = build('', shape, undefined, '');

/** The slot of a leaf: `/feedback/version`. Unknown paths are a bug. */
function slot(path: string): number {
  const found = slots.get(`//feedback/${path}`);
  if (found === undefined) throw new Error(`no element ${path}`);
  return found;
}

/** How many slots there are; those of records are the last ones, from `firstRecordSlot` on. */
export const slotCount = slots.size;

const row = 'record/row';
const evaluated = `${row}/policy_evaluated`;
const auth = 'record/auth_results';

export const slotsOf = {
  version: slot('version'),
  orgName: slot('report_metadata/org_name'),
  email: slot('report_metadata/email'),
  contact: slot('report_metadata/extra_contact_info'),
  reportId: slot('report_metadata/report_id'),
  begin: slot('report_metadata/date_range/begin'),
  end: slot('report_metadata/date_range/end'),
  error: slot('report_metadata/error'),
  generator: slot('report_metadata/generator'),
  domain: slot('policy_published/domain'),
  p: slot('policy_published/p'),
  sp: slot('policy_published/sp'),
  np: slot('policy_published/np'),
  adkim: slot('policy_published/adkim'),
  aspf: slot('policy_published/aspf'),
  fo: slot('policy_published/fo'),
  pct: slot('policy_published/pct'),
  testing: slot('policy_published/testing'),
  discovery: slot('policy_published/discovery_method'),
  versionPublished: slot('policy_published/version_published'),
  sourceIp: slot(`${row}/source_ip`),
  count: slot(`${row}/count`),
  disposition: slot(`${evaluated}/disposition`),
  dkim: slot(`${evaluated}/dkim`),
  spf: slot(`${evaluated}/spf`),
  reasonType: slot(`${evaluated}/reason/type`),
  reasonComment: slot(`${evaluated}/reason/comment`),
  envelopeTo: slot('record/identifiers/envelope_to'),
  envelopeFrom: slot('record/identifiers/envelope_from'),
  headerFrom: slot('record/identifiers/header_from'),
  dkimDomain: slot(`${auth}/dkim/domain`),
  dkimSelector: slot(`${auth}/dkim/selector`),
  dkimResult: slot(`${auth}/dkim/result`),
  dkimHuman: slot(`${auth}/dkim/human_result`),
  spfDomain: slot(`${auth}/spf/domain`),
  spfScope: slot(`${auth}/spf/scope`),
  spfResult: slot(`${auth}/spf/result`),
  spfHuman: slot(`${auth}/spf/human_result`),
} as const;

export const firstRecordSlot = slotsOf.sourceIp;
