/** Links and parts of a message, as filters, mailbox providers and readers see them. */
import { root, type DnsName } from '../../dns/name.ts';
import type { Evidence, Finding, Subject } from '../../finding/finding.ts';
import type { Header } from '../../mail/header.ts';
import type { MimeTree } from '../../mail/mime.ts';
import type { Expected } from '../expected.ts';
import { isBulk } from './bulk.ts';
import { found } from './findings.ts';
import { gatherContent, type ContentSeen } from './gather.ts';
import {
  domainInText,
  isShortener,
  mixedScripts,
  sameOrganisation,
  sharedHostOf,
  targetOf,
  type ContentLink,
  type Target,
} from './links.ts';

export interface ContentInput {
  /** The file, for evidence. */
  readonly source: string;
  readonly header: Header;
  readonly mime: MimeTree;
  /** The author domain, where there is one. */
  readonly author?: DnsName;
  /** Marketing or list mail; absent: as the header says. */
  readonly bulk?: boolean;
  readonly expected?: Expected;
  /** Of the same tree, where it was gathered already. */
  readonly content?: ContentSeen;
}

interface Seen extends ContentLink {
  readonly target: Target;
}

interface Context {
  readonly subject: Subject;
  readonly bulk: boolean;
  readonly author?: DnsName;
  readonly links: readonly Seen[];
  /** Whether a host belongs to the organisation of the author, or to the plan. */
  readonly isOwn: (host: DnsName) => boolean;
}

export function checkContent(input: ContentInput): readonly Finding[] {
  const { header, mime, author, expected, bulk = isBulk(header) } = input;
  const content = input.content ?? gatherContent(mime);
  const isOwn = (host: DnsName): boolean =>
    (author !== undefined && sameOrganisation(host, author)) || (expected?.tracking.includes(host) ?? false);
  const context: Context = {
    subject: { name: author ?? root, type: 'message' },
    bulk,
    ...(author === undefined ? {} : { author }),
    links: content.links.map((link) => ({ ...link, target: targetOf(link) })),
    isOwn,
  };
  return [
    ...organisation(context),
    ...pretending(context),
    ...plainHttp(context),
    ...hosts(context),
    ...mixed(context),
    ...broken(context),
    ...parts(content, context.subject),
  ];
}

/** The hosts of a kind of links, each with its links, the most used first. */
function byHost(links: readonly Seen[]): readonly (readonly [DnsName, readonly Seen[]])[] {
  const hosts = new Map<DnsName, Seen[]>();
  for (const link of links) {
    if (link.target.kind !== 'web') continue;
    const same = hosts.get(link.target.host);
    if (same) same.push(link);
    else hosts.set(link.target.host, [link]);
  }
  return [...hosts].sort((a, b) => b[1].length - a[1].length);
}

function organisation({ bulk, author, links, isOwn, subject }: Context): readonly Finding[] {
  const out: Finding[] = [];
  const clicked = byHost(links.filter(({ kind }) => kind === 'link'));
  let shared = false;
  for (const [host, own] of clicked) {
    const service = isOwn(host) ? undefined : sharedHostOf(host);
    if (service === undefined) continue;
    shared = true;
    const args = { links: leads(own.length), host, service, domain: author ?? 'example.com' };
    out.push(found('message.link.shared_host', { subject, args, evidence: shown(own) }));
  }
  if (!bulk || author === undefined) return out;
  const [most] = clicked;
  if (most && !shared && !clicked.some(([host]) => isOwn(host))) {
    const args = { count: sum(clicked), author, host: most[0] };
    out.push(found('message.link.orgdomain', { subject, args, evidence: hostList(clicked) }));
  }
  const loaded = byHost(links.filter(({ kind }) => kind === 'image'));
  const [first] = loaded;
  if (first && !loaded.some(([host]) => isOwn(host))) {
    const args = { count: sum(loaded), host: first[0] };
    out.push(found('message.image.orgdomain', { subject, args, evidence: hostList(loaded) }));
  }
  return out;
}

/** Links whose text is the address of somebody else. */
function pretending({ links, isOwn, subject }: Context): readonly Finding[] {
  const strange: (Seen & { readonly names: DnsName; readonly leads: string })[] = [];
  for (const link of links) {
    if (link.kind !== 'link' || (link.target.kind !== 'web' && link.target.kind !== 'address')) continue;
    const names = domainInText(link.text);
    if (names === undefined) continue;
    if (link.target.kind === 'web' && sameOrganisation(names, link.target.host)) continue;
    strange.push({ ...link, names, leads: link.target.host });
  }
  const grave = strange.filter(({ target }) => target.kind !== 'web' || !isOwn(target.host));
  const told = grave.length > 0 ? grave : strange;
  const [first] = told;
  if (!first) return [];
  const more = told.length > 1 ? `, and ${told.length - 1} more do so` : '';
  const args = { shown: first.names, host: first.leads, more };
  const severity = grave.length > 0 ? 'warning' : 'info';
  return [found('message.link.text_differs', { subject, severity, args, evidence: shown(told) })];
}

function plainHttp({ links, subject, bulk, isOwn }: Context): readonly Finding[] {
  const plain = links.filter(({ target }) => (target.kind === 'web' || target.kind === 'address') && !target.secure);
  const [first] = plain;
  if (!first) return [];
  const args = {
    links: plain.length === 1 ? 'One link or image uses' : `${plain.length} links or images use`,
    example: cut(first.href),
  };
  const mendable = bulk || plain.some(({ target }) => target.kind === 'web' && isOwn(target.host));
  const severity = mendable ? 'warning' : 'info';
  return [found('message.link.http', { subject, severity, args, evidence: shown(plain) })];
}

/** Shorteners and bare addresses. */
function hosts({ links, isOwn, subject }: Context): readonly Finding[] {
  const out: Finding[] = [];
  for (const [host, own] of byHost(links.filter(({ kind }) => kind === 'link'))) {
    if (!isShortener(host) || isOwn(host)) continue;
    out.push(
      found('message.link.shortener', { subject, args: { links: leads(own.length), host }, evidence: shown(own) }),
    );
  }
  const bare = links.filter(({ target }) => target.kind === 'address');
  const [first] = bare;
  if (first?.target.kind === 'address') {
    const args = { links: leads(bare.length), host: first.target.host };
    out.push(found('message.link.address', { subject, args, evidence: shown(bare) }));
  }
  return out.slice(0, maxOfAKind);
}

function mixed({ links, subject }: Context): readonly Finding[] {
  const out: Finding[] = [];
  for (const [host, own] of byHost(links)) {
    const mix = mixedScripts(host);
    if (!mix) continue;
    const args = { host, shown: mix.shown, scripts: mix.scripts.join(' and ') };
    out.push(found('message.link.mixed_script', { subject, args, evidence: shown(own) }));
  }
  return out.slice(0, maxOfAKind);
}

function broken({ links, subject }: Context): readonly Finding[] {
  const dead = links.filter(({ kind, target }) => kind === 'link' && target.kind === 'broken');
  const [first] = dead;
  if (!first) return [];
  const args = { links: leads(dead.length), example: cut(first.href) };
  return [found('message.link.broken', { subject, args, evidence: shown(dead) })];
}

/** About as much as Gmail shows, octets. */
export const gmailShowsOctets = 102 * 1024; // observed since 2014, not published by Google

function parts({ html, plain, reversed, cut: unread }: ContentSeen, subject: Subject): readonly Finding[] {
  const out: Finding[] = [];
  if (html.length === 0) return out;
  if (!plain.some(({ empty }) => !empty) && !(unread && plain.length > 0)) {
    const what = plain.length === 0 ? 'no plain-text part' : 'a plain-text part with nothing in it';
    out.push(found('message.text.missing', { subject, args: { what }, evidence: partList(html) }));
  }
  for (const path of reversed.slice(0, 1)) {
    out.push(
      found('message.text.order', {
        subject,
        evidence: [{ kind: 'fact', label: 'part', value: path || 'the message itself' }],
      }),
    );
  }
  const silent = html.filter(({ visibleText, images }) => !visibleText && images > 0);
  if (silent.length === html.length) {
    const args = { images: silent.reduce((all, { images }) => all + images, 0) };
    out.push(found('message.html.images_only', { subject, args, evidence: partList(html) }));
  }
  const largest = Math.max(...html.map(({ octets }) => octets));
  if (largest > gmailShowsOctets) {
    const args = { kilobytes: Math.floor(largest / 1024) };
    out.push(found('message.html.clipped', { subject, args, evidence: partList(html) }));
  }
  return out;
}

const leads = (count: number): string => (count === 1 ? 'One link leads' : `${count} links lead`);

const maxOfAKind = 5;
const maxShown = 5;

const sum = (counted: readonly (readonly [DnsName, readonly Seen[]])[]): number =>
  counted.reduce((all, [, own]) => all + own.length, 0);

const shown = (links: readonly ContentLink[]): readonly Evidence[] =>
  links.slice(0, maxShown).map(({ href, text, part, kind }) => {
    const where = part === '' ? '' : `, part ${part}`;
    const label = `${kind === 'link' ? 'link' : 'image'}${where}`;
    return { kind: 'fact', label, value: text.trim() === '' ? cut(href) : `"${cut(text.trim())}" → ${cut(href)}` };
  });

const partList = (html: ContentSeen['html']): readonly Evidence[] =>
  html.slice(0, maxShown).map(({ path, octets }) => ({
    kind: 'fact',
    label: path === '' ? 'text/html' : `part ${path}, text/html`,
    value: `${octets} octets`,
  }));

const hostList = (counted: readonly (readonly [DnsName, readonly Seen[]])[]): readonly Evidence[] => [
  {
    kind: 'fact',
    label: 'hosts',
    value: counted
      .slice(0, 8)
      .map(([host, own]) => `${host} (${own.length})`)
      .join(', '),
  },
];

const cut = (text: string): string => (text.length > 120 ? `${text.slice(0, 119)}…` : text);
