#!/usr/bin/env node
// Starts the bundled command. V8's compile cache keeps what it compiled for the next start; where no
// directory can be written the command runs without it. In a checkout that was never built it runs from its source.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import process, { env, version } from 'node:process';

if (Number(version.slice(1).split('.')[0]) < 24) {
  console.error(`tidelog needs Node 24 or newer; this is ${version}`);
  process.exit(1);
}
if (existsSync(join(import.meta.dirname, '../dist/bundle/main.js'))) {
  const cache = env.NODE_COMPILE_CACHE ?? join(env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'tidelog');
  const { status } = module.enableCompileCache(cache);
  if (status === module.constants.compileCacheStatus.FAILED) module.enableCompileCache();
  // A broker that is killed writes nothing at its end, so what it compiled is kept while it runs.
  setTimeout(module.flushCompileCache, 10_000).unref();
  // Number 1 in a container ignores a signal that nobody handles. Until the command does, there is nothing to end well.
  for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143 })) {
    process.on(signal, () => process.listenerCount(signal) === 1 && process.exit(code));
  }
  await import('../dist/bundle/main.js');
} else {
  const main = join(import.meta.dirname, '../src/main.ts');
  const flags = ['--conditions=source', '--disable-warning=ExperimentalWarning'];
  const child = spawn(process.execPath, [...flags, main, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => (process.exitCode = code ?? (signal === null ? 0 : 1)));
}
