import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mailHeader } from '../../../test/proof/mail-header.ts';
import { bulkSigns, isBulk } from './bulk.ts';

test('what shows bulk mail', () => {
  for (const field of [
    'List-Unsubscribe: <https://x.test/u>',
    'List-ID: <news.example.com>',
    'Precedence: bulk',
    'precedence: LIST',
    'X-Mailer: phplist v3.6.14',
    'X-Listmonk-Campaign: 00000000-0000-0000-0000-000000000000',
    'X-Acelle-Campaign-Id: 5f',
  ]) {
    assert.equal(isBulk(mailHeader('From: a@example.com', field)), true, field);
  }
});

test('what does not', () => {
  for (const fields of [
    ['Subject: your receipt'],
    ['Feedback-ID: ::1.us-east-1.abc=:AmazonSES'],
    ['Feedback-ID: iab3e480c:Fastmail'],
    ['Precedence: first-class'],
    ['Precedence: bulk', 'Auto-Submitted: auto-replied'],
    ['List-Unsubscribe:'],
    ['X-Mailer: Apple Mail (2.3774)'],
    ['List-Help: <mailto:help@example.com>'],
  ]) {
    assert.equal(isBulk(mailHeader('From: a@example.com', ...fields)), false, fields.join(', '));
  }
});

test('the signs name field and line', () => {
  const header = mailHeader('From: a@example.com', 'Precedence: bulk', 'Auto-Submitted: no', 'List-Id: n <n.test>');
  assert.deepEqual(bulkSigns(header), [
    { line: 2, text: 'Precedence: bulk' },
    { line: 4, text: 'List-Id' },
  ]);
});
