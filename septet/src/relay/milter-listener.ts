/** The milter's sockets: on an address or at a path, bounded in connections and time. */
import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { frameReader, type Frame } from './milter-frames.ts';
import { milterSession, type MilterOptions } from './milter-session.ts';
import { RelayFault, relayFault } from './relay-fault.ts';
import type { RelayListener } from './smtp-listener.ts';

export type MilterPlace =
  | { readonly kind: 'inet'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

export interface MilterListenerOptions extends MilterOptions {
  readonly place: MilterPlace;
  readonly maxConnections: number;
  /** Without a frame; Postfix keeps a connection as long as its client's. */
  readonly idleMs?: number;
}

const usualIdleMs = 3_600_000; // house: Postfix's smtpd_timeout is 5 minutes a command, and many commands may come

/** Rejects with `RelayFault` where it cannot listen. `port` is 0 for a path. */
export async function startMilterListener(options: MilterListenerOptions): Promise<RelayListener> {
  const { place, maxConnections, idleMs = usualIdleMs, log } = options;
  const open = new Map<Socket, { working: boolean }>();
  let down = false;
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {});
    if (open.size >= maxConnections) {
      log({ event: 'client', why: 'too many connections' });
      return void socket.destroy();
    }
    const state = { working: false };
    open.set(socket, state);
    const session = milterSession(options);
    const reader = frameReader();
    const waiting: Frame[] = [];
    const work = async (): Promise<void> => {
      state.working = true;
      for (let one = waiting.shift(); one && !socket.destroyed; one = waiting.shift()) {
        /* oxlint-disable no-await-in-loop -- frames are answered in their order */
        const { out, end } = await session.take(one);
        for (const octets of out) socket.write(octets);
        // Answers that are not read stop the work.
        if (socket.writableNeedDrain) await new Promise<void>((resolve) => drained(socket, resolve));
        if (end) socket.end();
        /* oxlint-enable no-await-in-loop */
      }
      state.working = false;
      socket.resume();
      if (down) socket.end();
    };
    socket.setTimeout(idleMs, () => socket.destroy());
    socket.on('data', (octets: Buffer) => {
      const frames = reader.read(octets);
      if (frames === undefined) {
        log({ event: 'client', why: 'not smtp' });
        return void socket.destroy();
      }
      waiting.push(...frames);
      if (frames.length === 0 || state.working) return;
      socket.pause();
      void work();
    });
    socket.on('close', () => {
      session.close();
      open.delete(socket);
    });
  });
  const where = place.kind === 'inet' ? `port ${place.port} of ${place.host}` : place.path;
  if (place.kind === 'unix') await removeStale(place.path);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(relayFault(error, where, '--milter')));
    server.listen(place.kind === 'inet' ? { host: place.host, port: place.port } : { path: place.path }, resolve);
  });
  // Postfix connects as a user of its own: who may is a matter of the folder.
  if (place.kind === 'unix') chmodSync(place.path, 0o666);
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : 0,
    async close(graceMs = 30_000) {
      down = true;
      const stopped = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const [socket, { working }] of open) if (!working) socket.end();
      const timer = setTimeout(() => {
        for (const socket of open.keys()) socket.destroy();
      }, graceMs);
      await stopped;
      clearTimeout(timer);
    },
  };
}

function drained(socket: Socket, done: () => void): void {
  const end = (): void => {
    socket.off('drain', end).off('close', end);
    done();
  };
  socket.once('drain', end).once('close', end);
}

/** Takes the socket of a process away that is no more (kill -9 leaves it); anything else at the path stays. */
async function removeStale(path: string): Promise<void> {
  let isSocket: boolean;
  try {
    isSocket = lstatSync(path).isSocket();
  } catch {
    return;
  }
  if (!isSocket) throw new RelayFault(`${path} is there and is no socket. Choose another path with --milter.`);
  const alive = await new Promise<boolean>((resolve) => {
    const probe = connect({ path });
    probe.once('connect', () => resolve(true)).once('error', () => resolve(false));
    probe.once('connect', () => probe.destroy());
  });
  if (alive) throw new RelayFault(`Another program listens at ${path}. Choose another with --milter.`);
  rmSync(path, { force: true });
}
