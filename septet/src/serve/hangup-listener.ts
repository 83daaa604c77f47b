/** SIGHUP: the word by which operators and systemd (`systemctl reload`) ask for the configuration to be read again. */

/** Calls `again` at each SIGHUP until the answer is called. From then on the signal ends the process, as it does elsewhere. */
export function onHangup(again: () => void): () => void {
  process.on('SIGHUP', again);
  return () => void process.off('SIGHUP', again);
}
