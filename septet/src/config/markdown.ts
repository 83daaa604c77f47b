/** The text of `docs/configuration.md`, made of the table that reads the file. */
import { hostKinds } from '../providers/host-kinds.ts';
import { senderKinds } from '../senders/kinds.ts';
import { hostFields } from './dns-keys.ts';
import { alertKinds, alertRuleKeys } from './alerts-keys.ts';
import { domainShape } from './domain-keys.ts';
import { environmentWord } from './environment.ts';
import { exampleConfig } from './example.ts';
import { senderFields } from './senders-shape.ts';
import type { Key } from './shape.ts';
import { topKeys } from './top-keys.ts';

export function configurationMarkdown(): string {
  const domain = domainShape.keys ?? [];
  const dns = domain.find(({ key }) => key === 'dns')?.shape.keys ?? [];
  const common = dns.filter(({ key }) => ['host', 'zone', 'servers'].includes(key));
  return [
    head,
    '## An example\n',
    'Printed by `septet config --example`.\n',
    `\`\`\`yaml\n${exampleConfig}\`\`\`\n`,
    '## At the top\n',
    table(topKeys, (key) => `SEPTET_${environmentWord(key)}`),
    '## Below a domain\n',
    table(
      domain.flatMap((key) => expanded(key, '')),
      (key) => key.split('.').map(environmentWord).join('__'),
    ),
    '### DNS hosts\n',
    'What stands below `dns` depends on the host. Without `dns` the host is `other`.\n',
    table(common, (key) => `DNS__${environmentWord(key)}`),
    ...hostKinds.flatMap((kind) => section(`${kind.title}: \`${kind.key}\``, hostFields(kind), 'DNS', hostNote(kind))),
    '### Senders\n',
    sendersNote,
    ...senderKinds.flatMap((kind) =>
      section(
        `${kind.title}: \`${kind.key}\``,
        senderFields(kind.key),
        `SENDERS__${environmentWord(kind.key)}`,
        `${capital(kind.about)}.\n`,
      ),
    ),
    '## Alerts\n',
    alertsNote,
    ...alertKinds.flatMap(({ kind, title, keys }) => [
      `### ${title}: \`${kind}\`\n`,
      table(keys, () => 'SEPTET_ALERTS'),
    ]),
    '### In every channel\n',
    table(alertRuleKeys, () => 'SEPTET_ALERTS'),
    ...[
      ['watch', '## Watching: `watch`', 'watching.md'],
      ['serve', '## Hosting: `serve`', 'serving.md'],
      ['relay', '## Relaying: `relay`', 'relaying.md'],
    ].flatMap(([top = '', title = '', page = '']) => [
      `${title}\n`,
      `[${page}](${page}) says what it does.\n`,
      table(
        (topKeys.find(({ key }) => key === top)?.shape.keys ?? []).flatMap((key) => expanded(key, top)),
        (key) => `SEPTET_${key.split('.').map(environmentWord).join('__')}`,
      ),
    ]),
    environmentNote,
    secretsNote,
  ].join('\n');
}

const head = `# septet.yaml

One file says who sends for which domain and where the DNS records are kept. \`septet init\` writes it.

It is looked for in the folder one stands in (\`septet.yaml\`, \`septet.yml\`), then in \`$XDG_CONFIG_HOME/septet/septet.yaml\` (or
\`~/.config/septet/septet.yaml\`), then in \`/etc/septet/septet.yaml\`. \`--config\` or the variable \`SEPTET_CONFIG\` names another.

It is YAML 1.2 of at most 8 MB. Unknown keys, keys that stand twice, and values that make no sense are errors with line and
column. Names are written in full, without a dot at the end. \`\${NAME}\` in a value stands for an environment variable, and
\`$\${NAME}\` for these characters themselves. \`septet config\` prints a JSON Schema (2020-12) for editors.
`;

const sendersNote = `A list. A sender without values is one word; one with values is a mapping of that word. The same kind may stand there twice.
`;

const alertsNote = `A list of channels, each one word with its settings. A channel is told of what it does not know yet: that something is
new, that it has changed, that it is over. [alerts.md](alerts.md) says what is sent and how a webhook is verified;
\`septet alerts test\` tries every channel. The variable \`SEPTET_ALERTS\` holds the whole list as YAML.

\`\`\`yaml
alerts:
  - mail:
      to: ops@example.com
      from: septet@example.com
      via: smtps://septet:\${SMTP_PASSWORD}@mail.example.com
      quiet: "22:00-07:00 Europe/Vienna"
      errors: at-once                  # or wait, as everything else
  - webhook: { url: https://ops.example.com/septet, secret: \${WEBHOOK_SECRET} }
  - slack: { url: \${SLACK_WEBHOOK}, severity: error }
  - ntfy: { url: https://ntfy.sh/topic, token: { file: /etc/septet/ntfy }, digest: "08:00 Europe/Vienna" }
\`\`\`

A time without a time zone is meant in that of the other time of its channel, else in UTC.
`;

const environmentNote = `## Environment variables

Every key has a variable that takes its place, so that a container needs no file. The name is \`SEPTET_DOMAINS__\`, the domain,
\`__\` and the path of the key as the tables above show it. \`septet config --env yourcompany.com\` lists them all.

- In the domain a dot is one underscore and a dash three: \`my-shop.example.com\` is \`MY___SHOP_EXAMPLE_COM\`. A domain with an
  underscore has no such form.
- In a key a capital letter or a dash begins a new word: \`tlsReports\` is \`TLS_REPORTS\`.
- Lists are divided by commas. What is more than a list (\`senders\`, \`ramp\`) is written as YAML: \`[ ses: { region: eu-west-1 }, fastmail ]\`.
- A sender's fields are named by its kind: \`SENDERS__SES__REGION\`; \`SENDERS__SES_2__REGION\` is that of the second \`ses\`. A sender
  that is not there is added.
- The variable of a secret holds the secret itself (\`DNS__TOKEN\`), or the path of its file (\`DNS__TOKEN__FILE\`).
- A deeper variable wins over a shallower one, and every variable over the file. An empty variable counts as not set.
- A variable with \`__\` in its name that stands for no key is an error.
`;

const secretsNote = `## Secrets

Tokens and keys are never written into the file: \`token: \${CLOUDFLARE_TOKEN}\` names an environment variable, and
\`token: { file: /run/secrets/cloudflare }\` a file that holds the secret in one line. They are read when something is published;
\`septet plan\` works without them.
`;

const hostNote = (kind: { readonly publishes: boolean; readonly form: string }): string =>
  kind.publishes
    ? 'Septet can publish here.\n'
    : `Septet prints the records for you to enter (\`septet plan --as ${kind.form}\`).\n`;

function section(title: string, keys: readonly Key[], path: string, note: string): readonly string[] {
  const rows = keys.length === 0 ? [] : [table(keys, (key) => `${path}__${environmentWord(key)}`)];
  return [`#### ${title}\n`, note, ...rows];
}

/** A key with those inside it; DNS hosts and senders have tables of their own. */
function expanded(key: Key, above: string): readonly Key[] {
  const full = { ...key, key: above === '' ? key.key : `${above}.${key.key}` };
  if (key.key === 'dns' || key.key === 'senders') return [full];
  return [full, ...(key.shape.keys ?? []).flatMap((inner) => expanded(inner, full.key))];
}

function table(keys: readonly Key[], environment: (key: string) => string): string {
  const rows = keys.map(({ key, about, example, required, without }) => {
    const absent = required ? 'required' : (without ?? '');
    return `| \`${key}\` | ${cell(about)} | ${example === '' ? '' : code(example)} | ${cell(absent)} | \`${environment(key)}\` |`;
  });
  return ['| key | what it says | example | without | variable |', '|---|---|---|---|---|', ...rows, ''].join('\n');
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``;
const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
