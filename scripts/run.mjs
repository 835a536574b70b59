// Every npm script of the workspace starts here, on whatever Node (18 or newer) the machine has: it installs what is
// missing with the pinned pnpm, then runs the task on the pinned Node from node_modules. Plain JavaScript, no imports
// but Node's own, because nothing is installed yet when it starts.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const pnpm = 'pnpm@12.21.0';
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const node = join(root, 'node_modules/node/bin/node');
const stamp = join(root, 'node_modules/.tidelog-installed');

const tasks = {
  start: ['packages/cli/src/main.ts', 'dev'],
  tidelog: ['packages/cli/src/main.ts'],
  test: ['scripts/test.ts'],
  check: ['scripts/test.ts', '--fast'],
  build: ['scripts/build.ts'],
  format: ['scripts/format.ts'],
  bench: ['bench/src/main.ts'],
  simulate: ['packages/simulation/src/main.ts'],
  chaos: ['packages/conformance/src/chaos/main.ts'],
  fuzz: ['packages/conformance/src/fuzz/main.ts'],
  conformance: ['scripts/test.ts', '--conformance'],
};

const [task, ...args] = process.argv.slice(2);
const command = tasks[task];
if (command === undefined) {
  console.error(`Unknown task "${task ?? ''}". One of: ${Object.keys(tasks).join(', ')}.`);
  process.exit(2);
}
installWhatIsMissing();
const child = spawn(node, ['--conditions=source', '--disable-warning=ExperimentalWarning', ...command, ...args], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, PATH: `${dirname(node)}:${process.env.PATH ?? ''}` },
});
// A terminal sends Ctrl-C to the child as well, which stops once; a supervisor knows only this process.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
stopWithNpm();
child.on('error', (error) => {
  console.error(`${node} cannot be started: ${error.message}`);
  process.exit(1);
});
child.on('exit', (code) => process.exit(code ?? 1));

/** A SIGTERM to npm ends the shell between npm and this process, which passes on nothing: only the parent changes. */
function stopWithNpm() {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    child.kill('SIGTERM');
  }, 250);
  watch.unref();
}

function installWhatIsMissing() {
  const wanted = fingerprint();
  if (existsSync(node) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.error('Installing what is missing (once)...');
  const install = spawnSync('npx', ['--yes', pnpm, 'install', '--frozen-lockfile', '--reporter=append-only'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (install.status !== 0) {
    console.error(`The installation failed. Run "npx ${pnpm} install" to see why.`);
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
}

/** What the installation depends on: the lock file and every package.json. */
function fingerprint() {
  const files = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', 'bench/package.json'];
  for (const name of readdirSync(join(root, 'packages'))) files.push(`packages/${name}/package.json`);
  const hash = createHash('sha256');
  for (const file of files) if (existsSync(join(root, file))) hash.update(file).update(readFileSync(join(root, file)));
  return hash.digest('hex');
}
