#!/usr/bin/env node
// The command's entrance, in plain JavaScript so that any Node can read it. It answers --version by itself, because that
// must not wait for the rest, and finds the pinned runtime when it was started with a Node that is too old.
import { existsSync, readFileSync } from 'node:fs';

const args = process.argv.slice(2);
const major = Number(process.versions.node.split('.')[0]);

if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  process.stdout.write(`${version}\n`);
} else if (major >= 24) {
  const source = new URL('../src/main.ts', import.meta.url);
  const { enableCompileCache } = await import('node:module');
  enableCompileCache();
  const { main } = await import(existsSync(source) ? source.href : new URL('../dist/main.js', import.meta.url).href);
  await main(args);
} else {
  const pinned = new URL('../../node_modules/.bin/node', import.meta.url);
  if (existsSync(pinned)) {
    const { spawn } = await import('node:child_process');
    const { fileURLToPath } = await import('node:url');
    const run = spawn(fileURLToPath(pinned), [fileURLToPath(import.meta.url), ...args], { stdio: 'inherit' });
    // Whoever ends or reloads this process means the program. Ctrl-C at a terminal reaches both, and must not count twice.
    for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => run.kill(signal));
    process.on('SIGINT', () => process.stdin.isTTY || run.kill('SIGINT'));
    run.on('error', (error) => {
      process.stderr.write(`septet cannot start ${fileURLToPath(pinned)}: ${error.message}.\n`);
      process.exitCode = 2;
    });
    run.on('exit', (code, signal) => {
      if (signal === null) process.exitCode = code ?? 2;
      else {
        process.removeAllListeners(signal);
        process.kill(process.pid, signal);
      }
    });
  } else {
    process.stderr.write(`septet needs Node 24 or newer; this is ${process.version}.\n`);
    process.exitCode = 2;
  }
}
