/** `docs/coverage.md`: which rules are checked, which wait for something, and where our list of codes has more than the plan. */
import type { Catalogue } from '../src/audit/catalogues.ts';
import { allCatalogues as catalogues } from '../src/cli/codes.ts';
import { waitsFor } from '../src/cli/explain.ts';
import { cell, generatedNote } from './docs-markdown.ts';

/** Codes of ours that the rule catalogue does not have, and why. */
export const ownCodes: Readonly<Record<string, string>> = {
  'spf.syntax.character': 'a character outside visible ASCII needs another sentence than a malformed term',
  'mtasts.policy.max_age_invalid': 'stands for `mtasts.policy.invalid`: the code says which line is meant',
  'svg.title.position': 'the schema wants the title first; a title elsewhere is not a missing one',
  'svg.attribute.forbidden': 'the schema lists the attributes of every element',
  'svg.attribute.value': 'the schema lists the values of many attributes',
  'svg.text.stray': 'the schema allows text in few elements',
  'dkim.sig.syntax': 'a signature that cannot be read is none',
  'dkim.sig.key_missing': 'the message names a key that is not there; `dkim.key.missing` is about a key of the plan',
  'dkim.sig.key_unavailable': 'a key that could not be looked up is not a missing one',
  'dkim.sig.key_revoked': 'the signer still uses a key that was revoked',
  'dkim.sig.key_short': 'a signature of a key that is too short counts for nothing (RFC 8301)',
  'dkim.sig.key_unusable': 'the key is there, and this signature cannot be verified with it',
  'dkim.sig.limit': 'a message with more signatures than are evaluated',
};

/** Areas that the rule catalogue does not have, and why. */
export const ownAreas: Readonly<Record<string, string>> = {
  message: 'what one message shows of its form, its journey, its links, its proof and the plan of its domain',
};

/** Codes of the rule catalogue that have another name here. */
export const renamed: Readonly<Record<string, string>> = {
  'mtasts.policy.invalid': 'mtasts.policy.max_age_invalid',
};

/** Codes of the rule catalogue that nothing reports because Septet holds them by its construction, and how. */
export const held: Readonly<Record<string, string>> = {
  'dkim.private.mismatch':
    '`septet dkim import` refuses a record that is not the public half; `septet dkim export` compares both again',
  'dkim.private.permissions': 'Septet writes private keys with mode 0600, and `septet dkim export` warns of others',
  'plan.order': 'a plan is drawn in publish order; the gates of each step name the steps before it',
  'plan.wait.recheck':
    'the gate `elapsed` computes the wait from the old TTL, the negative TTL and the push time of the host',
  'plan.provider.destructive_api': 'a change carries the whole RRset, so nothing is lost where a host replaces RRsets',
  'plan.concurrent_change':
    'publishing reads every RRset again, or lets the server compare (RFC 2136 §2.4), and stops when one has changed',
  'plan.dryrun_diff': '`septet plan` and `septet publish --dry-run` show before and after of every RRset',
  'plan.rollback': 'the journal keeps what stood before; `septet undo` puts it back',
  'plan.secret_leak':
    'plans, journals and forms are made of records only; secrets stay references until a host is opened',
  'ramp.order.auth_first':
    'every stage of the ramp waits for SPF and DKIM to be seen; what is live already is told by `plan.order.spf_dkim_before_dmarc`',
  'ramp.rollback': '`septet undo` puts the stage before back; `septet watch` does so by itself where it may',
  'rua.parse.container': '`septet reports import` takes gzip, zip and bare XML, within limits, and no DTD',
  'rua.parse.schema': 'both shapes are read, and what is unknown is kept or told',
  'rua.sender.unauthenticated': 'a report by mail without a signature of its reporter is kept apart and opens no gate',
  'rua.duplicate': 'a report counts once; another content under the same id is told and not counted',
  'rua.dkim.no_selector': 'a row without a selector is read as it is',
  'rua.override': 'what a receiver did otherwise, because it saw a forwarder or list, is a count of its own',
  'rua.pass_disposition': 'the disposition `pass` of RFC 9990 is read',
  'tlsrpt.report.parse': '`septet reports import` says what it mended and refused in each report',
  'tlsrpt.report.dkim': 'a TLS report by mail without a signature of its reporter is kept apart and opens no gate',
  'ramp.bimi_blocked': 'told by `plan.bimi.before_enforce`',
};

/** Areas of the rule catalogue without a check so far, and what they wait for. */
export const areasToCome: Readonly<Record<string, string>> = {
  dane: 'a connection to the mail servers, and a validating resolver for TLSA',
};

export function coveragePage(): string {
  const summary = catalogues.map(({ area, title, rows, later }) =>
    cell(`${area}.*`, title, String(Object.keys(rows).length), String(Object.keys(later).length)),
  );
  const checked = catalogues.reduce((sum, { rows }) => sum + Object.keys(rows).length, 0);
  const waiting = catalogues.reduce((sum, { later }) => sum + Object.keys(later).length, 0);
  return `${generatedNote}
# Coverage

What Septet checks today, and what waits for something that DNS, HTTPS and local files do not show. Every code in the
column "reported" has a scenario in the tests in which it appears, and one in which it must not.

| codes | what | reported | waiting |
|---|---|---|---|
${summary.join('\n')}
| | together | ${checked} | ${waiting} |

## Codes that wait

${catalogues
  .filter(({ later }) => Object.keys(later).length > 0)
  .map(waitingText)
  .join('\n')}
## Codes that are held by construction

Nothing reports these, because Septet is made so that they cannot happen, or shows them in another way.

| code | how |
|---|---|
${Object.entries(held)
  .map(([code, how]) => cell(`\`${code}\``, how))
  .join('\n')}

## Areas without a check so far

| codes | wait for |
|---|---|
${Object.entries(areasToCome)
  .map(([area, reason]) => cell(`${area}.*`, reason))
  .join('\n')}

## Codes that only Septet has

The codes come from a catalogue of rules that was drawn up before the code. These were added because the rule needed a
sentence of its own.

| code | why |
|---|---|
${Object.entries(ownAreas)
  .map(([area, reason]) => cell(`${area}.*`, reason))
  .join('\n')}
${Object.entries(ownCodes)
  .map(([code, reason]) => cell(`[\`${code}\`](findings.md#${code.replaceAll('.', '')})`, reason))
  .join('\n')}
`;
}

function waitingText({ area, title, later }: Catalogue): string {
  const byReason = new Map<string, string[]>();
  for (const [code, reason] of Object.entries(later))
    byReason.set(reason, [...(byReason.get(reason) ?? []), `\`${code}\``]);
  const rows = [...byReason].map(([reason, codes]) => cell(waitsFor[reason] ?? reason, codes.join(', ')));
  return `### ${area}: ${title}

| need | codes |
|---|---|
${rows.join('\n')}
`;
}
