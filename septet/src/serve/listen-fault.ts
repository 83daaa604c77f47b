/** Why a server cannot be started: told by the system, said for a person. */

/** The message is one sentence that names the address and what to do. */
export class ListenFault extends Error {
  override readonly name = 'ListenFault';
}

/** `what` names the server: `SMTP server`. `option`: where another port is given. */
export function listenFault(
  error: unknown,
  { host, port, option }: { host: string; port: number; option: string },
): ListenFault {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  const place = `port ${port} of ${host === '::' ? 'all addresses' : host}`;
  switch (code) {
    case 'EADDRINUSE':
      return new ListenFault(`Another program listens at ${place}. Choose another with ${option}.`);
    case 'EACCES':
    case 'EPERM':
      return new ListenFault(
        `This user may not listen at ${place}: ports below 1024 need the right CAP_NET_BIND_SERVICE. Give it (systemd: AmbientCapabilities), or choose another with ${option}.`,
      );
    case 'EADDRNOTAVAIL':
      return new ListenFault(`${host} is no address of this machine. Give one of its own, or 127.0.0.1.`);
    default:
      return new ListenFault(
        `Septet cannot listen at ${place}: ${error instanceof Error ? error.message : String(error)}.`,
      );
  }
}
