/** The questions of `septet init`. Each begins with what was seen or given, so that Enter keeps it. */
import { hostFields, type HostConfig } from '../../config/dns-keys.ts';
import { readDomain, type DomainConfig } from '../../config/domain.ts';
import { problemAt } from '../../config/problem.ts';
import { list, map, valueOf, type Source } from '../../config/source.ts';
import type { Key } from '../../config/shape.ts';
import { senderFields } from '../../config/senders-shape.ts';
import type { DomainSettings } from '../../config/write-config.ts';
import type { DnsName } from '../../dns/name.ts';
import { ramps } from '../../plan/intent.ts';
import { hostKinds } from '../../providers/host-kinds.ts';
import { senderKinds } from '../../senders/kinds.ts';
import type { SenderSetting } from '../../senders/needs.ts';
import { hostWithReferences } from './init-dns-host.ts';

export interface Choice {
  readonly value: string;
  readonly label: string;
  readonly hint?: string;
}

/** Somebody who answers. Rejects with `InputError` when the person breaks off. */
export interface Asker {
  text(question: {
    readonly message: string;
    readonly initial?: string;
    readonly placeholder?: string;
    /** A sentence when the answer cannot be taken. */
    readonly fault?: (answer: string) => string | undefined;
  }): Promise<string>;
  choose(question: {
    readonly message: string;
    readonly choices: readonly Choice[];
    readonly initial?: string;
  }): Promise<string>;
  chooseSeveral(question: {
    readonly message: string;
    readonly choices: readonly Choice[];
    readonly initial: readonly string[];
  }): Promise<readonly string[]>;
  confirm(question: { readonly message: string; readonly initial: boolean }): Promise<boolean>;
}

/** Goes through the settings with the person. */
export async function askSettings(asker: Asker, draft: DomainSettings): Promise<DomainSettings> {
  const { intent } = draft;
  const { domain } = intent;
  const host = await askHost(asker, draft);
  const people = await asker.confirm({
    message: `Do people have mailboxes at ${domain}?`,
    initial: intent.people,
  });
  const senders = await askSenders(asker, domain, intent.senders);
  const mail = intent.takesMail && intent.mx === undefined ? await askMx(asker, domain) : {};
  const reports = await askReports(asker, domain, {
    message: 'Where do DMARC reports go? (e-mail address, empty: nowhere)',
    key: 'dmarc',
    before: intent.dmarc.reports,
    usual: `dmarc@${domain}`,
  });
  const tlsReports =
    (mail.takesMail ?? intent.takesMail)
      ? await askReports(asker, domain, {
          message: 'Where do TLS reports go? (e-mail address, empty: no TLS reports)',
          key: 'tlsReports',
          before: intent.tlsReports,
          usual: '',
        })
      : intent.tlsReports;
  const tracking = intent.tracking ? {} : await askTracking(asker, domain);
  const samePeople = people === intent.people;
  const { senders: nobody, ...remarks } = draft.remarks ?? {};
  return {
    ...(draft.remarks
      ? { remarks: { ...remarks, ...(nobody && senders.length === 0 ? { senders: nobody } : {}) } }
      : {}),
    host,
    intent: {
      ...intent,
      people,
      ...mail,
      senders,
      dmarc: {
        ...intent.dmarc,
        reports,
        ...(samePeople ? {} : { ramp: ramps[people ? 'standard' : 'dedicated'] }),
      },
      tlsReports,
      ...tracking,
    },
  };
}

async function askHost(asker: Asker, { host, intent }: DomainSettings): Promise<HostConfig> {
  const kind = await asker.choose({
    message: 'Where are the DNS records kept?',
    choices: hostKinds.map(({ key, title, publishes }) => ({
      value: key,
      label: title,
      hint: publishes ? 'Septet can publish there' : 'Septet prints the records',
    })),
    initial: host.kind,
  });
  if (kind === host.kind) return host;
  const usual = hostWithReferences(kind);
  const fields = hostFields(hostKinds.find(({ key }) => key === kind) ?? { ...hostKinds[0]!, fields: [] });
  const values: Record<string, string> = {};
  for (const field of fields.filter(({ required, key }) => required && usual.secrets[key] === undefined)) {
    // oxlint-disable-next-line no-await-in-loop -- one question after the other
    values[field.key] = await asker.text({
      message: `${kind}: ${field.about}`,
      placeholder: field.example,
      fault: (answer) => faultOf(intent.domain, 'dns', dnsSource(kind, { ...values, [field.key]: answer }, field.key)),
    });
  }
  return { ...usual, values };
}

/** As far as the fields up to `last` go: what is asked later is not missed yet. */
function dnsSource(kind: string, values: Readonly<Record<string, string>>, last: string): Source {
  const entries = Object.entries({ host: kind, [last]: values[last] ?? '' });
  return mapOf(entries.map(([key, value]) => [key, valueOf('answer', value)]));
}

async function askSenders(
  asker: Asker,
  domain: DnsName,
  before: readonly SenderSetting[],
): Promise<readonly SenderSetting[]> {
  const known = new Set(before.map(({ kind }) => kind));
  const chosen = await asker.chooseSeveral({
    message: `Who sends for ${domain}?`,
    choices: senderKinds.map(({ key, title, about }) => ({ value: key, label: title, hint: about })),
    initial: [...known],
  });
  const kept = before.filter(({ kind }) => chosen.includes(kind));
  const added: SenderSetting[] = [];
  for (const kind of chosen.filter((one) => !known.has(one))) {
    // oxlint-disable-next-line no-await-in-loop -- one question after the other
    added.push(await askSender(asker, domain, kind));
  }
  return [...kept, ...added];
}

/** Asks for what the kind cannot do without; the rest has its place in the file. */
async function askSender(asker: Asker, domain: DnsName, kind: string): Promise<SenderSetting> {
  const answers: (readonly [string, Source])[] = [];
  const title = senderKinds.find(({ key }) => key === kind)?.title ?? kind;
  for (const field of senderFields(kind).filter(({ required }) => required)) {
    // oxlint-disable-next-line no-await-in-loop -- one question after the other
    const answer = await asker.text({
      message: `${title}: ${field.about}`,
      placeholder: field.example,
      fault: (text) => fieldFault(domain, field, text),
    });
    answers.push([field.key, valueOf('answer', answer)]);
  }
  const sender = answers.length === 0 ? valueOf('answer', kind) : mapOf([[kind, mapOf(answers)]]);
  const read = readPart(domain, 'senders', list([sender], { variable: 'answer' }));
  return read.config?.intent.senders[0] ?? { kind, values: {} };
}

interface ReportsQuestion {
  readonly message: string;
  readonly key: 'dmarc' | 'tlsReports';
  readonly before: readonly string[];
  readonly usual: string;
}

async function askReports(asker: Asker, domain: DnsName, question: ReportsQuestion): Promise<readonly string[]> {
  const { message, key, before, usual } = question;
  const partOf = (text: string): Source => {
    const uris = valueOf('answer', text);
    return key === 'dmarc' ? mapOf([['reports', uris]]) : uris;
  };
  const initial =
    before.length > 0 ? before.map((uri) => uri.replace(/^mailto:(?=[\w.+-]+@[\w.-]+$)/, '')).join(', ') : usual;
  const answer = await asker.text({
    message,
    initial,
    fault: (text) => (text.trim() === '' ? undefined : faultOf(domain, key, partOf(text))),
  });
  if (answer.trim() === '') return [];
  const { config } = readPart(domain, key, partOf(answer));
  return (key === 'dmarc' ? config?.intent.dmarc.reports : config?.intent.tlsReports) ?? [];
}

/** Nothing where the answer is empty: MX stays as it is, or is that of the sender that hosts the mailboxes. */
async function askMx(
  asker: Asker,
  domain: DnsName,
): Promise<Partial<Pick<DomainConfig['intent'], 'mx' | 'takesMail'>>> {
  const partOf = (text: string): Source => {
    const pieces = text.split(',').map((piece) => valueOf('answer', piece.trim()));
    return text.trim() === 'none' ? valueOf('answer', 'none') : list(pieces, { variable: 'answer' });
  };
  const answer = await asker.text({
    message: `Which host takes mail for ${domain}? (none: it takes no mail; empty: as it is, or as the sender has it)`,
    placeholder: `10 mail.${domain}`,
    fault: (text) => (text.trim() === '' ? undefined : faultOf(domain, 'mx', partOf(text))),
  });
  const intent = answer.trim() === '' ? undefined : readPart(domain, 'mx', partOf(answer)).config?.intent;
  return intent ? { takesMail: intent.takesMail, ...(intent.mx ? { mx: intent.mx } : {}) } : {};
}

async function askTracking(asker: Asker, domain: DnsName): Promise<Pick<DomainConfig['intent'], 'tracking'>> {
  const partOf = (host: string, target: string): Source =>
    mapOf([
      ['host', valueOf('answer', host)],
      ['target', valueOf('answer', target)],
    ]);
  const host = await asker.text({
    message: 'Which name do the tracking links in your mail have? (such as track, empty: none)',
    fault: (text) => (text.trim() === '' ? undefined : faultOf(domain, 'tracking', partOf(text, domain))),
  });
  if (host.trim() === '') return {};
  const target = await asker.text({
    message: 'Where does it lead? (the host of the application)',
    placeholder: `app.${domain}`,
    fault: (text) => faultOf(domain, 'tracking', partOf(host, text)),
  });
  const tracking = readPart(domain, 'tracking', partOf(host, target)).config?.intent.tracking;
  return tracking ? { tracking } : {};
}

const mapOf = (entries: readonly (readonly [string, Source])[]): Source =>
  map(
    entries.map(([key, value]) => ({ key, place: { variable: 'answer' }, value })),
    { variable: 'answer' },
  );

function readPart(
  domain: DnsName,
  key: string,
  source: Source,
): { readonly config?: DomainConfig | undefined; readonly faults: readonly string[] } {
  const faults: string[] = [];
  const config = readDomain(domain, mapOf([[key, source]]), {
    place: { variable: 'answer' },
    file: 'septet.yaml',
    reading: { env: {}, path: '', problem: (place, message) => void faults.push(problemAt(place, message).message) },
  });
  return { config, faults };
}

/** The first fault that is not about something missing: that is asked later. */
function faultOf(domain: DnsName, key: string, source: Source): string | undefined {
  return readPart(domain, key, source).faults.find((fault) => !/ lacks /.test(fault));
}

function fieldFault(domain: DnsName, field: Key, text: string): string | undefined {
  const faults: string[] = [];
  field.shape.read(valueOf('answer', text), {
    env: {},
    domain,
    path: field.key,
    problem: (_, message) => void faults.push(message),
  });
  return faults[0];
}
