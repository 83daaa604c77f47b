// The entrance of worker threads, in plain JavaScript: a thread does not inherit the cache of compiled code, and what is
// loaded before it is enabled would be compiled anew by every thread.
import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';

enableCompileCache();
const source = new URL('../src/worker.ts', import.meta.url);
await import(existsSync(source) ? source.href : new URL('../dist/worker.js', import.meta.url).href);
