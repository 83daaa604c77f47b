/** Why a server does not start, as the person reads it who started it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listenFault } from './listen-fault.ts';

const told = (code: string, host = '::'): string =>
  listenFault(Object.assign(new Error(`listen ${code}`), { code }), { host, port: 80, option: '--http' }).message;

test('the place is named as one says it, and what to do stands behind it', () => {
  assert.match(
    told('EADDRINUSE'),
    /^Another program listens at port 80 of all addresses\. Choose another with --http\.$/,
  );
  assert.match(told('EACCES'), /^This user may not listen at port 80 of all addresses: .*CAP_NET_BIND_SERVICE/);
  assert.match(told('EADDRNOTAVAIL', '192.0.2.1'), /^192\.0\.2\.1 is no address of this machine\./);
  assert.match(told('EMFILE', '127.0.0.1'), /^Septet cannot listen at port 80 of 127\.0\.0\.1: listen EMFILE\.$/);
});
