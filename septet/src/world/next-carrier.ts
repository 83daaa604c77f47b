/**
 * Sessions with the next server in a process of their own. When the relay is killed in the middle of a message, this
 * process hears the server's answer and writes it down (the mark), so that the relay which comes after knows of it and the
 * message is not sent twice. It goes when the relay has gone and the last answer has come.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { SmtpReply } from './next-reply.ts';
import {
  openNext,
  type NextOpening,
  type NextPlace,
  type NextSession,
  type NextTimes,
  type OpenNext,
} from './next-server.ts';
import type { Lost } from './next-wire.ts';

export interface Carrier {
  readonly open: OpenNext;
  /** Ends the process when its sessions have come to their end. */
  close(): void;
}

type Request =
  | {
      readonly kind: 'open';
      readonly id: number;
      readonly place: NextPlace;
      readonly name: string;
      readonly times?: NextTimes;
    }
  | {
      readonly kind: 'command';
      readonly id: number;
      readonly session: number;
      readonly line: string;
      readonly timeoutMs?: number;
    }
  | {
      readonly kind: 'message';
      readonly id: number;
      readonly session: number;
      readonly octets: Uint8Array;
      readonly timeoutMs: number;
      readonly mark?: string;
    }
  | { readonly kind: 'quit' | 'close'; readonly session: number };

type MessageRequest = Extract<Request, { kind: 'message' }>;

type Opened =
  | Exclude<NextOpening, { kind: 'open' }>
  | {
      readonly kind: 'open';
      readonly session: number;
      readonly extensions: ReadonlyMap<string, string>;
      readonly tls: boolean;
    };

interface Response {
  readonly id: number;
  readonly outcome: Opened | SmtpReply | Lost;
}

const lost: Lost = { kind: 'lost', why: 'closed' };

/** Starts the process with the first session, and another where it has died. */
export function startCarrier(): Carrier {
  let running: ReturnType<typeof talkTo> | undefined;
  return {
    open(place, name, times) {
      if (!running?.alive()) running = talkTo(started());
      return running.open(place, name, times);
    },
    close: () => running?.leave(),
  };
}

/** No file of its own is run: this one is loaded again, and `carry` called. */
function started(): ChildProcess {
  const code = `import(${JSON.stringify(import.meta.url)}).then(({ carry }) => carry())`;
  return spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    serialization: 'advanced',
    // Not in the group of the terminal, whose Ctrl-C is for the relay.
    detached: true,
  });
}

function talkTo(child: ChildProcess) {
  const waiting = new Map<number, (outcome: Response['outcome']) => void>();
  let last = 0;
  let alive = true;
  child.on('message', (message) => {
    // Our own process, which sends nothing else.
    const { id, outcome } = message as Response;
    waiting.get(id)?.(outcome);
    waiting.delete(id);
  });
  const gone = (): void => {
    alive = false;
    for (const resolve of waiting.values()) resolve(lost);
    waiting.clear();
  };
  child.once('exit', gone).once('error', gone).once('disconnect', gone);
  const send = (request: Request): void => {
    if (alive) child.send(request, (error) => error && gone());
  };
  const ask = (request: (id: number) => Request): Promise<Response['outcome']> =>
    new Promise((resolve) => {
      if (!alive) return resolve(lost);
      const id = ++last;
      waiting.set(id, resolve);
      send(request(id));
    });
  const sessionOf = (session: number, extensions: ReadonlyMap<string, string>, tls: boolean): NextSession => ({
    extensions,
    tls,
    pid: child.pid ?? 0,
    command: (line, timeoutMs) =>
      ask((id) => ({
        kind: 'command',
        id,
        session,
        line,
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      })) as Promise<SmtpReply | Lost>,
    message: (octets, timeoutMs, mark) =>
      ask((id) => ({
        kind: 'message',
        id,
        session,
        octets,
        timeoutMs,
        ...(mark === undefined ? {} : { mark }),
      })) as Promise<SmtpReply | Lost>,
    idle: async () => {},
    quit: () => send({ kind: 'quit', session }),
    close: () => send({ kind: 'close', session }),
  });
  return {
    alive: () => alive,
    async open(...[place, name, times]: Parameters<OpenNext>): Promise<NextOpening> {
      const outcome = (await ask((id) => ({ kind: 'open', id, place, name, ...(times ? { times } : {}) }))) as
        | Opened
        | Lost;
      if (outcome.kind === 'lost') return { kind: 'unreachable', detail: 'the process that speaks with it has ended' };
      if (outcome.kind !== 'open') return outcome;
      return { kind: 'open', session: sessionOf(outcome.session, outcome.extensions, outcome.tls) };
    },
    leave() {
      if (child.connected) child.disconnect();
      child.unref();
    },
  };
}

/**
 * What the process does. Told by nothing but its channel; signals are for the relay.
 * @public called by name in `started`
 */
export function carry(): void {
  const sessions = new Map<number, NextSession>();
  let last = 0;
  let busy = 0;
  let orphan = false;
  const leave = (): void => {
    if (orphan && busy === 0) process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  process.on('disconnect', () => {
    orphan = true;
    // What was asked just before still comes first.
    setImmediate(leave);
  });
  const answer = (id: number, outcome: Response['outcome']): void => {
    if (process.connected) process.send?.({ id, outcome }, undefined, {}, () => {});
  };
  const opened = async ({ id, place, name, times }: Extract<Request, { kind: 'open' }>): Promise<void> => {
    const opening = await openNext(place, name, times);
    if (opening.kind !== 'open') return answer(id, opening);
    const session = ++last;
    sessions.set(session, opening.session);
    const { extensions, tls } = opening.session;
    answer(id, { kind: 'open', session, extensions, tls });
  };
  const carried = async (session: NextSession | undefined, request: MessageRequest): Promise<void> => {
    busy++;
    answer(request.id, session ? await session.message(request.octets, request.timeoutMs, request.mark) : lost);
    // An answer that comes late is written down as well.
    await session?.idle();
    busy--;
    leave();
  };
  process.on('message', (message) => {
    const request = message as Request;
    if (request.kind === 'open') return void opened(request);
    const session = sessions.get(request.session);
    switch (request.kind) {
      case 'command':
        return void (session?.command(request.line, request.timeoutMs) ?? Promise.resolve(lost)).then((outcome) =>
          answer(request.id, outcome),
        );
      case 'message':
        return void carried(session, request);
      case 'quit':
      case 'close':
        sessions.delete(request.session);
        return request.kind === 'quit' ? session?.quit() : session?.close();
    }
  });
}

/** A process in a few characters, told apart from a later one that gets the same number. */
export const processText = (pid: number): string => `${pid} ${processFacts(pid)?.started ?? ''}`.trimEnd();

/** Whether the process that `processText` wrote down is still there. */
export function isRunning(text: string): boolean {
  const [number = '', started] = text.split(' ');
  const pid = /^\d{1,10}$/.test(number) ? Number(number) : 0;
  if (pid === 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // It may be there and belong to somebody else.
    if (!(error instanceof Error && (error as NodeJS.ErrnoException).code === 'EPERM')) return false;
  }
  const facts = processFacts(pid);
  return facts === undefined || (!facts.dead && (started === undefined || started === facts.started));
}

/** Of Linux (proc(5)); undefined elsewhere. A process that nobody has buried yet still has a number. */
function processFacts(pid: number): { readonly dead: boolean; readonly started: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { dead: /^[ZXx]$/.test(fields[0] ?? ''), started: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}
