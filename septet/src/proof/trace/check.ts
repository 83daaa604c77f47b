/** What a message itself shows of its form and its journey, as findings. Pure. */
import type { DnsName } from '../../dns/name.ts';
import { root } from '../../dns/name.ts';
import type { Finding } from '../../finding/finding.ts';
import type { Author } from '../../mail/author.ts';
import { checkBody } from './check-body.ts';
import { checkFields } from './check-fields.ts';
import { checkHeaderForm } from './check-header-form.ts';
import { checkJourney } from './check-journey.ts';
import { checkMime } from './check-mime.ts';
import type { TraceContext, TraceInput } from './context.ts';
import { fieldEvidence } from './evidence.ts';

export function checkTrace(input: TraceInput): readonly Finding[] {
  const context: TraceContext = {
    ...input,
    subject: (type = 'message') => ({ name: authorDomain(input.author), type }),
    show: (field) => fieldEvidence(input.source, field),
  };
  return [
    ...checkFields(context),
    ...checkHeaderForm(context),
    ...checkMime(context),
    ...checkBody(context),
    ...checkJourney(context),
  ];
}

const authorDomain = (author: Author): DnsName => {
  if (author.kind === 'one') return author.domain;
  return author.kind === 'several' ? (author.domains[0] ?? root) : root;
};
