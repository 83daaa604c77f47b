/** Where a rotation stands, for a person: the seven steps, what is awaited until when, and the next command. */
import { keepSeconds, type Phase } from '../../publish/rotate.ts';
import type { Rotated } from '../../publish/rotate-run.ts';
import { keyName, revokedRecord } from '../../records/dkim/make-key.ts';
import type { StoredKey } from '../../store/files/keys.ts';
import { clockText, spanText } from '../plan/clock-text.ts';
import { factsText, pathText, type KeySession } from './dkim-session.ts';
import { wrap, type Paint } from '../paint.ts';

/** Room for the words of a step before its time. */
const timeColumn = 40;

/** Which of the seven steps a phase belongs to; beyond the last one all are done. */
const stepOf: Readonly<Record<Phase, number>> = {
  key: 1,
  publish: 2,
  spread: 2,
  prove: 3,
  switch: 4,
  keep: 5,
  revoke: 6,
  withdrawn: 6,
  remove: 7,
  finished: 8,
  abandoned: 0,
};

export function rotationText(
  session: KeySession,
  rotated: Rotated,
  keys: readonly StoredKey[],
  now: number,
  paint: Paint,
): string {
  const { rotation, position } = rotated;
  const { from, to } = rotation;
  const at = stepOf[position.phase];
  const lines = [paint('bold', wrap(`${session.domain}: ${to} takes the place of ${from}`, paint.columns, '')), ''];
  const coming = keys.find((key) => key.selector === to);
  const spread = rotation.visible ? rotation.visible.at + rotation.visible.waitSeconds * 1000 : undefined;
  const steps: readonly (readonly [string, number | undefined])[] = [
    [`make the key ${to}${coming ? ` (${factsText(coming)})` : ''}`, coming ? Date.parse(coming.createdAt) : undefined],
    ['publish it, and see it everywhere', spread === undefined || spread > now ? undefined : rotation.visible?.at],
    ['prove that mail signed with it passes', rotation.provedAt],
    ['switch the signer to it', rotation.switchedAt],
    [
      `keep ${from} for ${spanText(keepSeconds)}`,
      rotation.switchedAt === undefined ? undefined : rotation.switchedAt + keepSeconds * 1000,
    ],
    [`revoke ${from}: v=DKIM1; p=`, rotation.revokedAt],
    [`delete the record of ${from}`, position.phase === 'finished' ? rotation.endedAt : undefined],
  ];
  for (const [i, [text, when]] of steps.entries()) {
    const number = i + 1;
    const word = at === 0 ? '' : number < at ? 'done' : number === at ? 'now' : '';
    const style = word === 'done' ? 'green' : word === 'now' ? 'cyan' : 'dim';
    const time = word === 'done' && when !== undefined ? clockText(when, now) : '';
    const head = `  ${paint(style, word.padEnd(4))}  ${number}  `;
    // The times stand below each other where both have room.
    const shown = text.padEnd(timeColumn);
    const fits = time !== '' && 11 + shown.length + 2 + time.length <= paint.columns;
    lines.push(
      fits
        ? `${head}${shown}  ${paint('dim', time)}`
        : wrap(`${text}${time === '' ? '' : ` (${time})`}`, paint.columns, '           ', head),
    );
  }
  lines.push('');
  if (rotated.early !== undefined)
    lines.push(wrap(earlyText[rotated.early], paint.columns, '  ', `${paint('red', 'not noted:')} `), '');
  for (const text of situation(session, rotated, coming?.record, now)) {
    if (text.startsWith('$ ')) lines.push(`    ${text.slice(2)}`);
    else lines.push(text.startsWith('> ') ? text.slice(2) : wrap(text, paint.columns, ''));
  }
  return `${lines.join('\n')}\n`;
}

const earlyText = {
  proved: '--proved comes when the key is seen everywhere and the waiting time is over.',
  switched: '--switched comes after --proved.',
  abandoned: '--abandon comes too late: the signer uses the new key. To go back, rotate the other way.',
} as const;

/** Sentences. What begins with `$ ` is a command, and what begins with `> ` a record: each a line that is never cut. */
function situation(session: KeySession, rotated: Rotated, record: string | undefined, now: number): readonly string[] {
  const { rotation, position, look } = rotated;
  const { from, to } = rotation;
  const name = keyName(to, session.domain);
  const oldName = keyName(from, session.domain);
  const rotate = (...more: readonly string[]): string => `$ ${session.command('dkim rotate', '--from', from, ...more)}`;
  const until = position.until === undefined ? '' : clockText(position.until, now);
  const planned = [`$ ${session.command('plan')}`, `$ ${session.command('publish')}`];
  const byHand = (where: string, text: string): readonly string[] =>
    session.settings === undefined
      ? [`At your DNS host, publish this as TXT at ${where}, in one piece:`, `> ${text}`]
      : ['Publish it:', ...planned];
  const publish = byHand(name, record ?? '');
  switch (position.phase) {
    case 'key':
      return ['The key is not made yet.', rotate('--yes')];
    case 'publish': {
      const seen = look === undefined ? '' : `The record at ${name} ${look.detail}.`;
      if (look?.kind === 'visible') return [seen, 'Go on with:', rotate('--yes')];
      if (look?.kind === 'unknown') return [seen, 'Look again later:', rotate('--yes')];
      if (look?.kind === 'other')
        return [
          seen,
          'Another record stands there: let the plan show what differs.',
          ...publish,
          'Then:',
          rotate('--yes'),
        ];
      return [seen, ...publish, 'Then:', rotate('--yes')];
    }
    case 'spread':
      return [
        `The record is seen everywhere. Resolvers may remember until ${until} that it was not there (RFC 2308 §5).`,
        'From then on:',
        rotate(),
      ];
    case 'prove':
      return [
        `Have one message signed with ${to} and sent to a mailbox elsewhere: a second line in the signer's table for one test address will do. In the message as it arrived, Authentication-Results has to say dkim=pass with header.s=${to} (RFC 8601 §2.7.1).`,
        'What the signer needs for it:',
        `$ ${session.command('dkim export', '--for', 'opendkim', '--selector', to)}`,
        'When it passed:',
        rotate('--proved'),
      ];
    case 'switch':
      return [
        `Let the signer use ${to} for all mail, and ${from} no more. Its configuration, for the signer you have:`,
        `$ ${session.command('dkim export', '--for', 'opendkim', '--selector', to)}`,
        'When it signs with the new key:',
        rotate('--switched'),
        ...configHint(session, from, to),
      ];
    case 'keep':
      return [
        ...removedEarly(rotated, oldName),
        `Mail that was signed with ${from} may be under way or wait in queues, so its record stays until ${until} (M3AAWG: 7 days at least). From then on:`,
        rotate('--yes'),
        ...configHint(session, from, to),
      ];
    case 'revoke': {
      if (look !== undefined && look.kind !== 'visible') {
        return [
          `${from} stays as it is: the record of the new key at ${name} ${look.detail}.`,
          'Mend that, then:',
          rotate('--yes'),
        ];
      }
      return [`The ${spanText(keepSeconds)} are over. To revoke ${from}:`, rotate('--yes')];
    }
    case 'withdrawn': {
      const command = byHand(oldName, revokedRecord);
      const seen =
        look?.kind === 'visible'
          ? [`The empty p= at ${oldName} ${look.detail}.`]
          : look?.kind === 'absent'
            ? [`The record at ${oldName} is gone.`]
            : [
                `${from} is revoked here; at ${oldName} that ${look?.kind === 'unknown' ? look.detail : 'is not published yet'}.`,
                ...command,
              ];
      return [
        ...seen,
        `The empty p= stays until ${until}: whoever looks is told that the key is revoked, and does not find nothing.`,
        `Delete the private half on the host that signs, and here: ${pathOf(session, from)}`,
      ];
    }
    case 'remove': {
      const seen =
        look?.kind === 'absent'
          ? []
          : [`Delete the TXT record at ${oldName} at your DNS host; nobody needs it any more. Then:`];
      return [...seen, ...(look?.kind === 'unknown' ? [`Whether it is gone ${look.detail}.`] : []), rotate('--yes')];
    }
    case 'finished':
      return [`${to} has taken the place of ${from}. Keys are best replaced every six months (M3AAWG).`];
    case 'abandoned':
      return [
        `The rotation is given up; ${from} stays in use. The key ${to} is kept and no longer wanted in DNS: delete its record at ${name} where it stands.`,
      ];
  }
}

const pathOf = (session: KeySession, selector: string): string =>
  pathText(`${session.state}/keys/${session.domain}/${selector}.pem`);

function removedEarly({ oldLook }: Rotated, oldName: string): readonly string[] {
  if (oldLook === undefined || oldLook.kind === 'visible' || oldLook.kind === 'unknown') return [];
  return [
    `The old record at ${oldName} ${oldLook.detail.replace('there yet', 'there any more')}: mail under way that was signed with it fails. Publish it again (dkim.rotation.removed_early).`,
  ];
}

/** The configuration names a selector; a plan wants its key until it names the new one. */
function configHint(session: KeySession, from: string, to: string): readonly string[] {
  if (!session.selectors.includes(from)) return [];
  return [`Then write selector: ${to} in ${session.config?.file ?? 'septet.yaml'}, where ${from} stands now.`];
}

/** Nothing is going on: what the first step would do. */
export function proposalText(
  session: KeySession,
  plan: { readonly from: string; readonly to: string; readonly type: string },
  keys: readonly StoredKey[],
  now: number,
  paint: Paint,
): string {
  const old = keys.find((key) => key.selector === plan.from);
  const days = old ? Math.floor((now - Date.parse(old.createdAt)) / 86_400_000) : undefined;
  const age =
    old && days !== undefined
      ? ` (${factsText(old)}, ${days < 1 ? 'made today' : `${days} ${days === 1 ? 'day' : 'days'} old`})`
      : '';
  const isThere = keys.some((key) => key.selector === plan.to);
  const does = isThere
    ? `The key ${plan.to}, which is here already, takes its place.`
    : `A key ${plan.to} (${plan.type}) is made beside it.`;
  return [
    wrap(`No key of ${session.domain} is being replaced. In use: ${plan.from}${age}.`, paint.columns, ''),
    wrap(`${does} Both are published until mail signed with ${plan.from} has arrived. To begin:`, paint.columns, ''),
    `    ${session.command('dkim rotate', '--from', plan.from, '--selector', plan.to, '--yes')}`,
    '',
  ].join('\n');
}

/** For `--format json`. Times are ISO 8601, UTC. */
export function rotationValue(rotated: Rotated): Readonly<Record<string, unknown>> {
  const { rotation, position, look, oldLook, did, early } = rotated;
  const time = (at: number | undefined): string | null => (at === undefined ? null : new Date(at).toISOString());
  return {
    from: rotation.from,
    to: rotation.to,
    type: rotation.type,
    phase: position.phase,
    until: time(position.until),
    begunAt: time(rotation.begunAt),
    visibleAt: time(rotation.visible?.at),
    provedAt: time(rotation.provedAt),
    switchedAt: time(rotation.switchedAt),
    revokedAt: time(rotation.revokedAt),
    endedAt: time(rotation.endedAt),
    look: look ?? null,
    oldLook: oldLook ?? null,
    did,
    early: early ?? null,
  };
}
