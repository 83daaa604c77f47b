/**
 * Loaded before every test (`--import`): connecting or sending to anything but a loopback address throws, and says so.
 * Tests cannot reach the network, and a test that tries is a bug.
 */
import dgram from 'node:dgram';
import dns from 'node:dns';
import net from 'node:net';

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host === '::' || host === '' || /^(::ffff:)?127\./.test(host);

function refuse(what: string, host: string): never {
  const error = new Error(`a test tried to reach ${host} (${what}); tests may only use loopback addresses`);
  process.stderr.write(`${error.stack}\n`);
  throw error;
}

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (this: net.Socket, ...args: unknown[]): net.Socket {
  const first: unknown = Array.isArray(args[0]) ? (args[0] as unknown[])[0] : args[0];
  const options: { host?: unknown; path?: unknown } =
    typeof first === 'object' && first !== null ? first : { host: typeof args[1] === 'string' ? args[1] : 'localhost' };
  if (options.path === undefined || options.path === null) {
    const host = typeof options.host === 'string' ? options.host : 'localhost';
    if (!isLoopback(host)) refuse('TCP', host);
  }
  return Reflect.apply(connect, this, args) as net.Socket;
};

const udpConnect = dgram.Socket.prototype.connect;
dgram.Socket.prototype.connect = function (this: dgram.Socket, ...args: unknown[]): void {
  const host = typeof args[1] === 'string' ? args[1] : 'localhost';
  if (!isLoopback(host)) refuse('UDP', host);
  Reflect.apply(udpConnect, this, args);
};

const send = dgram.Socket.prototype.send;
dgram.Socket.prototype.send = function (this: dgram.Socket, ...args: unknown[]): void {
  const host = args.slice(1).find((arg) => typeof arg === 'string');
  if (typeof host === 'string' && !isLoopback(host)) refuse('UDP', host);
  Reflect.apply(send, this, args);
};

const lookup = dns.lookup;
const guarded = (host: string, ...rest: unknown[]): void => {
  if (!isLoopback(host) && net.isIP(host) === 0) refuse('name look-up by the system', host);
  Reflect.apply(lookup, dns, [host, ...rest]);
};
Object.assign(dns, { lookup: guarded });
