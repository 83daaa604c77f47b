/** `septet message send`: a test message with a token, by each sender of the plan, and what to look for in the mailbox. */
import { loadConfig } from '../../config/find-config.ts';
import type { Config } from '../../config/read-config.ts';
import { isAtOrBelow, type DnsName } from '../../dns/name.ts';
import type { Expected } from '../../proof/expected.ts';
import { testMessage, testToken } from '../../proof/test-message.ts';
import { readTests, rememberTest, type SentTest } from '../../store/files/test-tokens.ts';
import { StateFault } from '../../store/state-fault.ts';
import { submit, type SubmissionOutcome } from '../../world/submission.ts';
import { viaText } from '../../world/via.ts';
import { InputError, type Io } from '../io.ts';
import { openWorld, type WorldOptions } from '../open-world.ts';
import { domainOf } from '../options.ts';
import { painter } from '../paint.ts';
import { visible, visibleJson, visibleLines } from '../visible.ts';
import { expectedOf } from './expected-of.ts';
import { mailboxHint, wantedText } from './send-hints.ts';
import { mailboxOf, sendingsOf, unsubscribeOf, type Sending, type SendOptions } from './send-options.ts';
import { pasteBack } from './send-paste.ts';

export type { SendOptions } from './send-options.ts';

/** What came of one message; the document of `--json` lists these. */
interface Sent {
  readonly sender: string | null;
  readonly server: string;
  readonly token: string;
  readonly messageId: string;
  readonly outcome: SubmissionOutcome;
}

/** Exit code: 0 all were taken (and what was pasted passes), 1 a server refused, 3 a server could not be reached. */
export async function send(options: SendOptions, io: Io): Promise<number> {
  const to = mailboxOf(options.to, '--to');
  const unsubscribe = options.unsubscribe === undefined ? undefined : unsubscribeOf(options.unsubscribe);
  const config = await configOf(options, io);
  const domain = options.domain === undefined ? onlyDomain(config) : domainOf(options.domain);
  const expected = expectedOf(domain, config);
  const from = mailboxOf(options.from ?? `septet-test@${domain}`, '--from');
  const warn = (line: string): void => io.err(`${visibleLines(line)}\n`);
  if (!isAtOrBelow(from.domain, domain))
    warn(`--from is not an address of ${domain}: what the plan says of ${domain} will not show on this message.`);
  const ca = await Promise.all((options.ca ?? []).map(async (file) => (await io.readFile(file)).toString('utf8')));
  const sendings = sendingsOf(options.via ?? [], expected, { env: io.env, ca, warn });
  const state = options.state ?? config.state;
  // Read before anything is sent, so that a damaged file is told first.
  const known = await readTests(state, domain, io.now());

  const sent: Sent[] = [];
  const tests: SentTest[] = [];
  for (const sending of sendings) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other, in the order of the options
    const one = await sendOne(sending, { io, expected, from: from.address, to: to.address, unsubscribe });
    sent.push(one.sent);
    if (!options.json) warn(outcomeText(one.sent));
    if (one.sent.outcome.kind !== 'accepted') continue;
    tests.push(one.test);
    // oxlint-disable-next-line no-await-in-loop -- the file holds all of them
    await rememberTest(state, domain, one.test, io.now()).catch((error: unknown) => {
      // The message is under way; without its token it is only not known again in a later run.
      if (!(error instanceof StateFault)) throw error;
      warn(error.message);
    });
  }
  const untested = expected.senders.filter(({ id }) => !sendings.some(({ sender }) => sender?.id === id));
  const code = codeOf(sent);
  if (options.json) {
    await io.out(
      `${visibleJson({ version: 1, domain, from: from.address, to: to.address, sent, untested: untested.map(({ id }) => id) }, 2)}\n`,
    );
    return code;
  }
  if (untested.length > 0) warn(`Not tested, as no --via names them: ${untested.map(({ id }) => id).join(', ')}.`);
  if (tests.length === 0) return code;
  for (const line of ['', ...mailboxHint(to.domain), ...wanted(sendings, domain, tests)]) warn(line);
  if (!io.interactive) {
    const file = options.config === undefined ? '' : ` --config ${options.config}`;
    warn(`\nThen give the source of the message to: septet message verify --domain ${domain}${file} -`);
    return code;
  }
  const pasted = await paste(config, options, io, { expected, sent: tests, known });
  return code === 0 ? pasted : code;
}

async function configOf(options: SendOptions, io: Io): Promise<Config> {
  const loaded = await loadConfig(io, options.config);
  if (loaded.kind !== 'good') throw new InputError(loaded.message);
  return loaded.config;
}

function onlyDomain(config: Config): DnsName {
  const [first, ...others] = config.domains.keys();
  if (first === undefined) throw new InputError(`${config.file} names no domain. Add one with: septet init <domain>`);
  if (others.length > 0)
    throw new InputError(
      `${config.file} names several domains. Say which: --domain ${[first, ...others].join(' or ')}.`,
    );
  return first;
}

interface Parts {
  readonly io: Io;
  readonly expected: Expected;
  readonly from: string;
  readonly to: string;
  readonly unsubscribe: string | undefined;
}

async function sendOne(
  { sender, via }: Sending,
  { io, expected, from, to, unsubscribe }: Parts,
): Promise<{ readonly sent: Sent; readonly test: SentTest }> {
  const token = testToken(io.randomBytes);
  const now = io.now();
  const tracking = sender?.tracking ?? expected.tracking[0];
  const message = testMessage({
    from,
    to,
    domain: expected.domain,
    token,
    now,
    ...(sender ? { sender: sender.title } : {}),
    ...(tracking === undefined ? {} : { tracking }),
    ...(unsubscribe === undefined ? {} : { unsubscribe }),
  });
  const outcome = await submit(message.octets, { from, to: [to] }, via);
  const { messageId } = message;
  return {
    sent: { sender: sender?.id ?? null, server: viaText(via), token, messageId, outcome },
    test: {
      token,
      sentAt: new Date(now).toISOString(),
      messageId,
      from,
      to,
      ...(sender ? { sender: sender.id } : {}),
    },
  };
}

const stages: Readonly<Record<Extract<SubmissionOutcome, { kind: 'refused' }>['stage'], string>> = {
  greeting: 'did not let Septet in',
  tls: 'did not start TLS',
  login: 'refused the login',
  sender: 'refused the sender address',
  recipient: 'refused the recipient',
  message: 'refused the message',
};

function outcomeText({ sender, server, token, outcome }: Sent): string {
  const by = sender === null ? server : `${sender} (${server})`;
  switch (outcome.kind) {
    case 'accepted':
      return `Sent by ${by}${outcome.tls ? '' : ', without TLS'}: token ${token}. It says: ${visible(outcome.answer)}`;
    case 'refused':
      return `Not sent: ${by} ${stages[outcome.stage]}. It says: ${visible(outcome.answer)}`;
    case 'no-tls':
    case 'unreachable':
      return `Not sent by ${by}. ${visible(outcome.detail)}`;
  }
}

/** As in the other commands: findings (a server that says no) weigh more than what could not be told. */
function codeOf(sent: readonly Sent[]): number {
  if (sent.some(({ outcome }) => outcome.kind === 'refused' || outcome.kind === 'no-tls')) return 1;
  return sent.some(({ outcome }) => outcome.kind === 'unreachable') ? 3 : 0;
}

function wanted(sendings: readonly Sending[], domain: DnsName, tests: readonly SentTest[]): readonly string[] {
  const senders = sendings
    .map(({ sender }) => sender)
    .filter((sender) => tests.some((test) => test.sender === sender?.id));
  return [
    '',
    'The plan wants to see:',
    ...senders.map((sender) => `  ${sender === undefined ? '' : `${sender.title}: `}${wantedText(domain, sender)}`),
  ];
}

async function paste(
  config: Config,
  options: SendOptions,
  io: Io,
  parts: { readonly expected: Expected; readonly sent: readonly SentTest[]; readonly known: readonly SentTest[] },
): Promise<number> {
  const asked: WorldOptions = {
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    ...(config.resolvers.length === 0 ? {} : { resolver: config.resolvers, authoritative: true }),
  };
  const { world, close } = await openWorld(asked, io);
  try {
    return await pasteBack({ io, world, paint: painter(io.columns, io.colours), ...parts });
  } finally {
    await close();
  }
}
