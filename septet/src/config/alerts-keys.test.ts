import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolveAlertChannels } from './alert-channels.ts';
import { alertKinds, alertRuleKeys, type AlertConfig } from './alerts-keys.ts';
import { configurationMarkdown } from './markdown.ts';
import { readConfig } from './read-config.ts';

const read = (alerts: string, env: Readonly<Record<string, string>> = {}) =>
  readConfig(`domains: {}\nalerts:\n${alerts}\n`, { file: '/etc/septet/septet.yaml', env });

function good(alerts: string, env: Readonly<Record<string, string>> = {}): readonly AlertConfig[] {
  const result = read(alerts, env);
  assert.ok(result.kind === 'good', JSON.stringify(result));
  return result.config.alerts;
}
function fault(alerts: string, env: Readonly<Record<string, string>> = {}): string {
  const result = read(alerts, env);
  assert.ok(result.kind === 'bad', 'it is read');
  const [first] = result.problems;
  return `${first?.line}:${first?.column} ${first?.message}`;
}

const all = `
  - mail: { to: [ops@example.com, Ops@Bücher.example], from: septet@example.com, via: "smtps://u:\${PW}@mx.example.com", quiet: "22:00-07:00 Europe/Vienna", digest: "8:00", errors: at-once }
  - webhook: { url: https://ops.example.com/hook, secret: { file: hook.key } }
  - slack: { url: \${SLACK}, severity: error, perHour: 3 }
  - ntfy: { url: https://ntfy.sh/topic, token: \${NTFY} }
  - ntfy: { url: https://ntfy.example.com/b, digest: "07:30 America/New_York" }`;

test('channels with their settings, their names, and references for secrets', () => {
  const channels = good(all);
  assert.deepEqual(
    channels.map(({ id, place }) => [id, place]),
    [
      ['mail', '/etc/septet/septet.yaml:4:5'],
      ['webhook', '/etc/septet/septet.yaml:5:5'],
      ['slack', '/etc/septet/septet.yaml:6:5'],
      ['ntfy', '/etc/septet/septet.yaml:7:5'],
      ['ntfy-2', '/etc/septet/septet.yaml:8:5'],
    ],
  );
  const [mail, webhook, slack, ntfy, second] = channels;
  assert.deepEqual(mail?.target, {
    kind: 'mail',
    to: ['ops@example.com', 'Ops@xn--bcher-kva.example'],
    from: 'septet@example.com',
    via: { kind: 'text', text: 'smtps://u:${PW}@mx.example.com' },
  });
  assert.deepEqual(mail.quiet, { from: 22 * 60, until: 7 * 60, zone: 'Europe/Vienna' });
  assert.deepEqual(mail.digest, { minutes: 480 });
  assert.deepEqual([mail.severity, mail.errorsAtOnce, mail.perHour], ['warning', true, 12]);
  assert.deepEqual(webhook?.target, {
    kind: 'webhook',
    url: 'https://ops.example.com/hook',
    secret: { kind: 'file', name: '/etc/septet/hook.key' },
  });
  assert.deepEqual([slack?.severity, slack?.perHour, slack?.errorsAtOnce], ['error', 3, false]);
  assert.deepEqual(ntfy?.target, {
    kind: 'ntfy',
    url: 'https://ntfy.sh/topic',
    token: { kind: 'env', name: 'NTFY' },
  });
  assert.deepEqual(second?.digest, { minutes: 450, zone: 'America/New_York' });
});

test('the list in the environment', () => {
  const result = readConfig('domains: {}', {
    file: 'septet.yaml',
    env: { SEPTET_ALERTS: '[ ntfy: { url: https://ntfy.sh/t, token: ${NTFY} } ]' },
  });
  assert.ok(result.kind === 'good', JSON.stringify(result));
  assert.equal(result.config.alerts[0]?.target.kind, 'ntfy');
});

test('what is wrong is told with its place, and no secret is repeated', () => {
  const ntfy = (more: string): string => `  - ntfy: { url: https://ntfy.sh/t, ${more} }`;
  const cases: readonly (readonly [string, RegExp])[] = [
    ['  mail: x', /^3:3 alerts is a list/],
    ['  - mail', /^3:5 A channel of alerts is one word with its settings/],
    ['  - mial: {}', /^3:5 "mial" is not a channel of alerts\. Did you mean mail\?/],
    ['  - pager: {}', /Known are mail, webhook, slack, ntfy\./],
    ['  - ntfy:\n    url: https://ntfy.sh/t', /^4:5 A channel of alerts is one word .* indented/],
    ['  - mail: { to: a@b.example, from: c@d.example }', /mail lacks via/],
    ['  - mail: { to: a, from: c@d.example, via: smtp://h }', /mail\.to is an e-mail address; "a" is none/],
    ['  - mail: { to: "a@b.example\\nBcc: x@y.example", from: c@d.example, via: smtp://h }', /is none/],
    ['  - mail: { to: a@b.example, from: c@d.example, via: "smtp://u:hunter2@h" }', /holds a password/],
    ['  - mail: { to: a@b.example, from: c@d.example, via: "smtp://h:99999" }', /mail\.via names port 99999/],
    ['  - mail: { to: a@b.example, from: c@d.example, via: mx.example.com }', /mail\.via is a secret/],
    ['  - webhook: { url: https://a.example/, secret: hunter2 }', /webhook\.secret is a secret and is not written out/],
    ['  - webhook: { url: http://a.example/, secret: ${S} }', /webhook\.url is an https: URL/],
    ['  - slack: { url: https://hooks.slack.com/services/hunter2 }', /slack\.url is a secret/],
    [ntfy('quiet: "22-07"'), /ntfy\.quiet is two times of day/],
    [ntfy('quiet: "22:00-22:00"'), /ends when it begins/],
    [ntfy('quiet: "22:00-24:00"'), /is not/],
    [ntfy('quiet: "22:00-07:00 Europe/Wien"'), /names a time zone that nobody knows/],
    [ntfy('digest: "25:00"'), /ntfy\.digest is a time of day/],
    [ntfy('severity: fatal'), /ntfy\.severity is error, warning or info/],
    [ntfy('perHour: 0'), /ntfy\.perHour is a whole number of messages from 1 to 1000/],
    [ntfy('quite: x'), /"quite" is not a key in ntfy\. Did you mean quiet\?/],
  ];
  for (const [text, wanted] of cases) {
    const message = fault(text);
    assert.match(message, wanted, text);
    assert.doesNotMatch(message, /hunter2/);
  }
});

test('secrets are fetched when they are needed; what is missing is told by its reference', async () => {
  const sources = {
    env: { PW: 'p@ss word', SLACK: 'https://hooks.slack.com/services/T/B/x', NTFY: 'tk_1' },
    readFile: async (file: string) => {
      assert.equal(file, '/etc/septet/hook.key');
      return Buffer.from('0123456789abcdef\n');
    },
  };
  const channels = await resolveAlertChannels(good(all), sources, ['CA']);
  const targets = channels.map((one) => (one.kind === 'good' ? one.channel.target : one.problem));
  assert.deepEqual(targets[0], {
    kind: 'mail',
    to: ['ops@example.com', 'Ops@xn--bcher-kva.example'],
    from: 'septet@example.com',
    via: {
      host: 'mx.example.com',
      port: 465,
      tls: 'implicit',
      login: { user: 'u', password: 'p@ss word' },
      ca: ['CA'],
    },
  });
  assert.deepEqual(targets[1], { kind: 'webhook', url: 'https://ops.example.com/hook', secret: '0123456789abcdef' });
  assert.deepEqual(targets[2], { kind: 'slack', url: 'https://hooks.slack.com/services/T/B/x' });
  assert.deepEqual(targets[3], { kind: 'ntfy', url: 'https://ntfy.sh/topic', token: 'tk_1' });
  const [mail, , , , second] = channels;
  const zone = 'Europe/Vienna';
  assert.deepEqual(mail?.kind === 'good' && mail.channel.rules, {
    severity: 'warning',
    quiet: { from: { minutes: 1320, zone }, until: { minutes: 420, zone } },
    digest: { minutes: 480, zone },
    errorsAtOnce: true,
    mostPerHour: 12,
  });
  assert.deepEqual(second?.kind === 'good' && second.channel.rules.digest, { minutes: 450, zone: 'America/New_York' });

  const without = await resolveAlertChannels(good(all), {
    env: { SLACK: 'http://hooks.slack.com/hunter2', NTFY: 'hunter2\r\nX: y' },
    readFile: async () => Buffer.from('hunter2'),
  });
  const problems = without.map((one) => (one.kind === 'missing' ? one.problem : ''));
  assert.match(problems[0] ?? '', /septet\.yaml:4:5: mail\.via takes its password from PW, which is not set/);
  assert.match(problems[1] ?? '', /webhook\.secret is too short/);
  assert.match(problems[2] ?? '', /slack\.url is no https: URL/);
  assert.match(problems[3] ?? '', /ntfy\.token holds characters that no token has/);
  assert.doesNotMatch(problems.join(), /hunter2/);
});

test('every key stands in the documentation', () => {
  const page = configurationMarkdown();
  for (const { key } of [...alertKinds.flatMap(({ keys }) => keys), ...alertRuleKeys])
    assert.ok(page.includes(`| \`${key}\` |`), key);
});

test('a wrong URL is not repeated: it may hold a password or a topic', () => {
  for (const url of [
    'ftp://ntfy.sh/open-secret',
    'https://me:open-secret@ntfy.sh/topic',
    'https://ntfy.sh/open secret',
  ]) {
    const result = readConfig(`domains: {}\nalerts:\n  - ntfy: { url: "${url}" }\n`, { file: 'septet.yaml', env: {} });
    assert.ok(result.kind === 'bad');
    const said = result.problems.map(({ message }) => message).join('\n');
    assert.match(said, /^ntfy\.url is an https: URL; this value /);
    assert.doesNotMatch(said, /open.secret/);
  }
});
