/** Why a relay cannot be started: told by the system, said for a person. */

/** The message is one sentence that names the place and what to do. */
export class RelayFault extends Error {
  override readonly name = 'RelayFault';
}

/** `place`: `port 25 of 0.0.0.0`, or the path of a socket. `option`: where another is given. */
export function relayFault(error: unknown, place: string, option: string): RelayFault {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  switch (code) {
    case 'EADDRINUSE':
      return new RelayFault(`Another program listens at ${place}. Choose another with ${option}.`);
    case 'EACCES':
    case 'EPERM':
      return new RelayFault(
        `This user may not listen at ${place}: ports below 1024 and folders of others need more rights. Choose another with ${option}.`,
      );
    case 'EADDRNOTAVAIL':
      return new RelayFault(`${place} is at no address of this machine. Give one of its own, or 127.0.0.1.`);
    default:
      return new RelayFault(
        `Septet cannot listen at ${place}: ${error instanceof Error ? error.message : String(error)}.`,
      );
  }
}
