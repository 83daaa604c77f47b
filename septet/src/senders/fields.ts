/** Fields that several kinds of senders share. */
import type { Field } from './kind.ts';

export const selectorField = (example: string, more = ''): Field => ({
  key: 'selector',
  form: 'label',
  about: `selector of the DKIM key, the part before ._domainkey${more}`,
  example,
});

export const valueField = (where: string): Field => ({
  key: 'value',
  form: 'text',
  about: `text of the DKIM record, whole, from ${where}`,
  example: 'v=DKIM1; k=rsa; p=MIIBIjANBgkqh…',
});

export const dkimField: Field = {
  key: 'dkim',
  form: 'dkim-keys',
  about: 'DKIM records exactly as the dashboard shows them, where they differ from the usual ones',
  example: '[{ selector: s1, target: s1.domainkey.example.net }]',
};

export const verificationField = (example: string): Field => ({
  key: 'verification',
  form: 'text',
  about: 'TXT of the domain itself that proves ownership, whole',
  example,
});

export const ownershipField = (example: string): Field => ({
  key: 'ownership',
  form: 'txt-records',
  about: 'TXT records that prove ownership; @ is the domain itself',
  example,
});

export const mailFromField = (example: string): Field => ({
  key: 'mailFrom',
  form: 'label',
  about: 'name in front of the domain that is used as MAIL FROM, for bounces and SPF',
  example,
});

export const returnPathField = (example: string, more = ''): Field => ({
  key: 'returnPath',
  form: 'label',
  about: `name in front of the domain that leads bounces to the service${more}`,
  example,
});

export const trackingField = (example: string): Field => ({
  key: 'tracking',
  form: 'label',
  about: 'name in front of the domain for links and opens, where the service tracks them',
  example,
});
