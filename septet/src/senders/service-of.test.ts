import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dnsName } from '../dns/name.ts';
import { serviceOf } from './service-of.ts';

for (const [name, title] of [
  ['amazonses.com', 'Amazon SES'],
  ['eu-west-1.amazonses.com', 'Amazon SES'],
  ['sendgrid.net', 'SendGrid'],
  ['shop.20230601.gappssmtp.com', 'Google Workspace'],
  ['shop.onmicrosoft.com', 'Microsoft 365'],
  ['pm.mtasv.net', 'Postmark'],
] as const) {
  test(`${name} belongs to ${title}`, () => assert.equal(serviceOf(dnsName(name)), title));
}

for (const name of ['example.com', 'amazonses.com.example.com', 'net', 'notsendgrid.net'])
  test(`${name} belongs to nobody who is known`, () => assert.equal(serviceOf(dnsName(name)), undefined));
