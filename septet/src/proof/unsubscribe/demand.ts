/**
 * What the answer to a one-click POST asks for although the mailbox provider that sends it has neither cookie nor login
 * nor a person in front of it (RFC 8058 §3.2). Told from the status, headers and the words of the page.
 */

export type Demand =
  | 'login'
  /** A token of a form, against requests from other sites. */
  | 'form token'
  | 'cookie'
  | 'referer'
  /** A test whether there is a person: captcha, browser check. */
  | 'browser check'
  /** A page with a form comes back, and nothing says that it is done. */
  | 'confirmation';

const done =
  /unsubscribed|opted[ -]?out|been removed|removed from|abgemeldet|ausgetragen|abbestellt|d[eé]sabonn[eé]|d[eé]sinscri(t|ption)|cancelad[oa]|dad[oa] de baja|disiscritt|uitgeschreven|afgemeld|avregistrer|wypisan|erfolgreich|success/i;

/** Absent: nothing of the kind is to be seen. `headers` has lower-case names. */
export function demandOf(status: number, headers: Readonly<Record<string, string>>, page: string): Demand | undefined {
  if (status >= 300 && status < 400) return undefined;
  if (headers['cf-mitigated'] !== undefined) return 'browser check';
  if (status === 401 || status === 407 || headers['www-authenticate'] !== undefined) return 'login';
  if (status === 419) return 'form token'; // what Laravel answers to a POST without its token
  if (status >= 400 && status < 500) return refusal(page);
  if (status < 200 || status >= 300 || done.test(page)) return undefined;
  if (/g-recaptcha|h-captcha|cf-turnstile|challenge-platform/i.test(page)) return 'browser check';
  if (/<input\b[^>]{0,500}\btype\s*=\s*["']?password/i.test(page)) return 'login';
  return /<form\b/i.test(page) ? 'confirmation' : undefined;
}

function refusal(page: string): Demand | undefined {
  if (/csrf|xsrf|authenticity.?token|forgery|verification token|page expired/i.test(page)) return 'form token';
  if (/captcha|challenge-platform|browser check|checking your browser/i.test(page)) return 'browser check';
  if (/referr?er/i.test(page)) return 'referer';
  if (/cookie/i.test(page)) return 'cookie';
  return /log ?in|sign ?in|session/i.test(page) ? 'login' : undefined;
}
