/** Consumer mailbox services, as of November 2026: nobody but their operator can publish records under these names. */
import type { DnsName } from '../../dns/name.ts';

const webmail: ReadonlySet<string> = new Set([
  'gmail.com',
  'googlemail.com',
  'yahoo.com',
  'yahoo.co.uk',
  'yahoo.fr',
  'yahoo.de',
  'ymail.com',
  'rocketmail.com',
  'aol.com',
  'outlook.com',
  'hotmail.com',
  'hotmail.co.uk',
  'hotmail.fr',
  'live.com',
  'msn.com',
  'icloud.com',
  'me.com',
  'mac.com',
  'gmx.com',
  'gmx.net',
  'gmx.de',
  'web.de',
  'mail.com',
  'mail.ru',
  'yandex.ru',
  'yandex.com',
  'proton.me',
  'protonmail.com',
  'pm.me',
  'tutanota.com',
  'zohomail.com',
  'fastmail.com',
  'hey.com',
  'qq.com',
  '163.com',
  '126.com',
  'naver.com',
  'free.fr',
  'orange.fr',
  'laposte.net',
  't-online.de',
  'libero.it',
  'wp.pl',
  'seznam.cz',
]);

/** Whether mailboxes at this domain are given to the public. */
export function isWebmail(domain: DnsName): boolean {
  return webmail.has(domain);
}
