/** Words by which people find the way out of a mailing, in the languages of Europe and some more. */

const words = [
  'unsubscrib',
  'opt[ -]?out',
  'stop receiving',
  'no longer (?:wish|want)',
  'manage (?:your )?(?:e-?mail )?(?:preferences|subscriptions?)',
  'e-?mail (?:preferences|settings)',
  'subscription (?:preferences|settings)',
  'notification settings',
  'abmeld',
  'abbestell',
  'austragen',
  'abonnement (?:beenden|kündigen)',
  'newsletter (?:beenden|kündigen)',
  'd[ée]s(?:inscri|abonn|inscrev)',
  'ne plus recevoir',
  'darse? de baja',
  'd[ae]rme de baja',
  'cancelar (?:la |mi |tu )?(?:suscripci|subscri|inscri|assinatura)',
  'anular (?:la |mi |tu )?suscripci',
  'disiscri',
  'disiscriz',
  "annulla(?:re)? (?:l')?iscrizione",
  'uitschrijv',
  'afmeld',
  'avregistrer',
  'avprenumerer',
  'avsluta',
  'avmeld',
  'peruuta',
  'peru tilaus',
  'wypis',
  'rezygn',
  'odhl[áa]s',
  'leiratkoz',
  'dezabon',
  'atsisaky',
  'atrakst',
  'odjav',
  'отпис',
  'відпис',
  'διαγραφ',
  'abonelikten',
  'üyelikten',
  '退订',
  '取消订阅',
  '配信停止',
  '登録解除',
  '購読解除',
  '수신거부',
  '구독 ?취소',
  'إلغاء الاشتراك',
  'הסר',
];

const pattern = new RegExp(words.join('|'), 'iu');
/** In addresses: what programs name such a page, without the words that only sentences have. */
const inAddress =
  /unsub|opt-?out|abmeld|abbestell|desinscri|desabonn|desuscri|disiscri|uitschrij|afmeld|avregistr|preferences|signoff|leave/i;

export const saysUnsubscribe = (text: string): boolean => pattern.test(text);

/** Whether the path, query or mailto subject of a link says so; the host does not count. */
export const leadsToUnsubscribe = (href: string): boolean =>
  inAddress.test(href.replace(/^https?:\/\/[^/?#]*/i, '')) || saysUnsubscribe(href.replace(/^https?:\/\/[^/?#]*/i, ''));
