/** The rows about the mailboxes that reports go to. */
import type { DnsName } from '../../dns/name.ts';
import type { Evidence, Finding } from '../../finding/finding.ts';
import { scanTagList } from '../../text/tag-list.ts';
import { defaultTtlSeconds, textEvidence } from './check-record.ts';
import { authorisationLength, type Destination, maxNameCharacters } from './destinations.ts';
import type { Level } from './discover.ts';
import { found } from './findings.ts';

/** Reports which destinations get no mail or have not agreed to get reports. */
export function checkReports(destinations: readonly Destination[], level: Level, domain: DnsName): readonly Finding[] {
  const out: Finding[] = [];
  const done = new Set<string>();
  for (const destination of destinations) {
    checkMail(destination, level, done, out);
    if (destination.webmail && destination.external) {
      const { host, uri } = destination;
      if (once(done, `webmail ${host}`)) {
        const args = { address: uri.address ?? uri.uri };
        out.push(found('dmarc.rua.webmail', { subject: subjectOf(level), args, evidence: [see(level, destination)] }));
      }
    } else if (destination.authorisation) checkAuthorisation(destination, level, domain, done, out);
  }
  return out;
}

function checkMail(destination: Destination, level: Level, done: Set<string>, out: Finding[]): void {
  const { host, uri, mail } = destination;
  if ((mail !== 'none' && mail !== 'null-mx') || !once(done, `mail ${host}`)) return;
  const reason =
    mail === 'none' ? 'has neither an MX record nor an address' : 'says with a null MX that it takes no mail';
  const answer: Evidence = { kind: 'answer', name: host, type: 'MX', outcome: mail === 'none' ? 'no data' : '0 .' };
  const args = { address: uri.address ?? uri.uri, host, reason };
  out.push(
    found('dmarc.rua.undeliverable', { subject: subjectOf(level), args, evidence: [see(level, destination), answer] }),
  );
}

function checkAuthorisation(
  destination: Destination,
  level: Level,
  domain: DnsName,
  done: Set<string>,
  out: Finding[],
): void {
  const { authorisation, host, tag, uri, external } = destination;
  if (!authorisation || !once(done, `${tag} ${host}`)) return;
  const subject = subjectOf(level);
  const policyDomain = level.domain;
  const address = uri.address ?? uri.uri;
  const { name } = authorisation;
  if (name === undefined) {
    const args = {
      host,
      policyDomain,
      address,
      length: authorisationLength(policyDomain, host),
      limit: maxNameCharacters,
    };
    out.push(found('dmarc.rua.external_name_too_long', { subject, args, evidence: [see(level, destination)] }));
    return;
  }
  if (authorisation.outcome === 'absent') {
    const set = [{ name, type: 'TXT', ttlSeconds: defaultTtlSeconds, data: ['v=DMARC1'] }];
    const evidence: Evidence[] = [
      see(level, destination),
      { kind: 'answer', name, type: 'TXT', outcome: 'no DMARC record' },
    ];
    const who = external === 'new' ? ', those that walk the DNS tree' : '';
    const severity = external === 'new' ? 'warning' : 'error';
    const code = tag === 'rua' ? 'dmarc.rua.external_unauthorised' : 'dmarc.ruf.external_unauthorised';
    out.push(
      found(code, {
        subject: { name, type: 'TXT' },
        args: { host, policyDomain, name, address, who },
        evidence,
        set,
        severity,
      }),
    );
    const { misnamed } = authorisation;
    if (misnamed !== undefined) {
      const args = { host, domain, policyDomain, name, misnamed };
      out.push(
        found('dmarc.rua.external_for_inherited', { subject: { name: misnamed, type: 'TXT' }, args, evidence, set }),
      );
    }
    return;
  }
  if (authorisation.instead && tag === 'rua') {
    const elsewhere = authorisation.instead.find((other) => other.host !== host);
    const instead = (elsewhere ?? authorisation.instead[0])?.uri ?? '';
    const text = authorisation.texts[0] ?? '';
    out.push(
      found('dmarc.rua.external_override', {
        subject: { name, type: 'TXT' },
        severity: elsewhere ? 'error' : 'info',
        state: elsewhere ? 'fail' : 'pass',
        args: {
          host,
          policyDomain,
          address,
          instead,
          effect: elsewhere
            ? 'The other address is at another host, which is not allowed: receivers send nothing.'
            : 'Receivers use the other mailbox at the same host; nothing is lost.',
          cure: elsewhere
            ? `The operator of ${host} removes \`rua\` from this record or names a mailbox at ${host}.`
            : 'Nothing to do.',
        },
        evidence: [{ kind: 'record', name, type: 'TXT', text }],
        ...(elsewhere ? { set: [{ name, type: 'TXT', ttlSeconds: defaultTtlSeconds, data: ['v=DMARC1'] }] } : {}),
      }),
    );
  }
}

function subjectOf(level: Level): Finding['subject'] {
  return { name: level.query, type: 'TXT' };
}

/** The record with the destination's URI marked. */
function see(level: Level, { tag, uri }: Destination): Evidence {
  const text = level.texts[0] ?? '';
  const at = scanTagList(text).tags.find((entry) => entry.name === tag)?.valueAt.offset ?? 0;
  const offset = text.indexOf(uri.uri, at);
  return textEvidence(level, text, offset < 0 ? [] : [{ offset, length: uri.uri.length }]);
}

function once(done: Set<string>, key: string): boolean {
  if (done.has(key)) return false;
  done.add(key);
  return true;
}
