/** What came of one-click POSTs, turned into findings. */
import type { Evidence, Finding, Subject } from '../../finding/finding.ts';
import type { Demand } from './demand.ts';
import { found } from './findings.ts';
import type { PostForm, PostOutcome } from './post.ts';

type Answered = Extract<PostOutcome, { kind: 'answered' }>;

/** One finding of a code, though both forms of the POST show it. */
export function checkPosts(posts: readonly PostOutcome[], subject: Subject): readonly Finding[] {
  const out: Finding[] = [];
  for (const post of posts) {
    for (const finding of checkPost(post, { ...subject, type: 'HTTPS' })) {
      if (!out.some(({ code }) => code === finding.code)) out.push(finding);
    }
  }
  return out;
}

function checkPost(post: PostOutcome, subject: Subject): readonly Finding[] {
  const where = placeOf(post.uri);
  const form = forms[post.form];
  const works = (reason: string, more: Partial<Pick<Finding, 'state' | 'evidence'>> = {}): readonly Finding[] => [
    found('unsub.post.works', { subject, args: { form, where, reason }, ...more }),
  ];
  if (post.kind === 'not-sent') {
    if (post.why === 'not-https') return [];
    return works(post.detail, post.why === 'offline' ? { state: 'unknown' } : {});
  }
  if (post.kind === 'failed') {
    const evidence: Evidence[] = [{ kind: 'http', url: where, detail: post.detail }];
    if (post.reason === 'tls' || post.reason.startsWith('certificate')) {
      return [found('unsub.host.tls', { subject, args: { host: hostOf(post.uri), detail: post.detail }, evidence })];
    }
    return works(post.detail, isUntold(post) ? { evidence, state: 'unknown' } : { evidence });
  }
  return [...answer(post, subject, where, works), ...oldTls(post, subject)];
}

/** Outcomes after which it may work all the same. */
const isUntold = ({ reason, detail }: Extract<PostOutcome, { kind: 'failed' }>): boolean =>
  reason === 'timeout' ||
  reason === 'unreachable' ||
  reason === 'too-large' ||
  (reason === 'dns' && detail.includes('could not be looked up'));

function answer(
  post: Answered,
  subject: Subject,
  where: string,
  works: (reason: string, more?: Partial<Pick<Finding, 'state' | 'evidence'>>) => readonly Finding[],
): readonly Finding[] {
  const { status, location, demand } = post;
  const evidence = evidenceOf(post, where);
  if (status >= 300 && status < 400) {
    const args = { where, status, location: location === undefined ? 'nowhere' : placeOf(location, post.uri) };
    return [found('unsub.post.redirect', { subject, args, evidence })];
  }
  const good = status >= 200 && status < 300;
  if (demand !== undefined) {
    const args = { where, status, demand: demands[demand] };
    return [found('unsub.post.needs_context', { subject, severity: good ? 'warning' : 'error', args, evidence })];
  }
  if (good) return [];
  if (status === 429 || status === 503)
    return works(`it answers ${status}, try again later`, { evidence, state: 'unknown' });
  return works(statusText(status), { evidence });
}

function statusText(status: number): string {
  if (status === 405) return 'it answers 405 and takes no POST';
  if (status === 404 || status === 410)
    return `it answers ${status}: nothing is there, or the token is no longer known`;
  return `it answers ${status}`;
}

function oldTls({ tls, uri }: Answered, subject: Subject): readonly Finding[] {
  if (!tls || !/^TLSv1(\.1)?$/.test(tls.protocol)) return [];
  const args = { host: hostOf(uri), detail: `it speaks only ${tls.protocol}` };
  return [found('unsub.host.tls', { subject, severity: 'warning', args })];
}

function evidenceOf({ status, excerpt, cookies, elapsedMs }: Answered, where: string): readonly Evidence[] {
  const said = excerpt === '' ? 'an empty page' : excerpt;
  return [
    { kind: 'http', url: where, status, detail: `${said} (after ${elapsedMs} ms)` },
    ...(cookies.length > 0
      ? [{ kind: 'fact', label: 'cookies set', value: cookies.join(', ') } as const satisfies Evidence]
      : []),
  ];
}

const forms: Readonly<Record<PostForm, string>> = {
  urlencoded: 'application/x-www-form-urlencoded',
  multipart: 'multipart/form-data',
};

const demands: Readonly<Record<Demand, string>> = {
  login: 'a login',
  'form token': 'a token of a form (CSRF)',
  cookie: 'a cookie',
  referer: 'a Referer',
  'browser check': 'a browser check',
  confirmation: 'another click in a form',
};

const hostOf = (uri: string): string => (URL.canParse(uri) ? new URL(uri).hostname : uri.slice(0, 80));

/** The address without what tells the recipient: a report may be passed on. */
function placeOf(uri: string, base?: string): string {
  if (!URL.canParse(uri, base)) return uri.slice(0, 80);
  const { origin, pathname, search } = new URL(uri, base);
  const [, first = ''] = pathname.split('/');
  const plain = /^[a-z_-]{0,24}$/i.test(first);
  const more = search !== '' || !plain || pathname.length > first.length + 1;
  return `${origin}/${plain ? first : ''}${more ? '…' : ''}`;
}
