/**
 * `npm run build`: from source to what runs without it.
 *
 *   dist/ of every package  JavaScript and declarations, one file per source file (tsc)
 *   packages/cli/dist/bundle  the `tidelog` command in few files: a broker that reads one file is ready sooner than one
 *                          that reads three hundred; what serving does not need is a chunk of its own, loaded on demand
 *
 * The same source gives the same bytes: nothing in dist/ carries a time, a path of this machine or a random name.
 *   npm run build -- --bundle     only the command
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { build, type BuildOptions } from 'esbuild';

const root = resolve(import.meta.dirname, '..');
const staging = join(root, '.cache/build');
const bundle = join(root, 'packages/cli/dist/bundle');

const bundleOptions = {
  absWorkingDir: root,
  entryPoints: { main: 'packages/cli/src/main.ts' },
  chunkNames: '[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  conditions: ['source'],
  // Native libraries cannot be bundled; they are dependencies of packages/cli and load at first use.
  external: ['@node-rs/crc32', 'lz4-napi', 'snappy', '@mongodb-js/zstd'],
  // CommonJS libraries inside the bundle call require for Node's own modules.
  banner: {
    js:
      `import { createRequire as __createRequire } from 'node:module';` +
      `const require = __createRequire(import.meta.url);`,
  },
  // Nothing is minified, so names are right without it; with it every closure costs an Object.defineProperty when made.
  keepNames: false,
  legalComments: 'eof',
  sourcemap: false,
  metafile: true,
  logLevel: 'warning',
} satisfies BuildOptions;

const startedAt = performance.now();
const typesAreRight = process.argv.includes('--bundle') || emitPackages();
await bundleCommand();
console.log(`built in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
process.exitCode = typesAreRight ? 0 : 1;

/** Every package's dist/, replaced as a whole so that no file of an earlier source stays behind. */
function emitPackages(): boolean {
  rmSync(staging, { recursive: true, force: true });
  const result = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.build.json', '--outDir', staging], {
    cwd: root,
    stdio: 'inherit',
  });
  for (const name of readdirSync(staging)) {
    const dist = join(root, 'packages', name, 'dist');
    rmSync(dist, { recursive: true, force: true });
    renameSync(join(staging, name, 'src'), dist);
    copyDeclarations(join(root, 'packages', name, 'src'), dist);
  }
  rmSync(staging, { recursive: true, force: true });
  return result.status === 0;
}

/** tsc leaves declarations written by hand where they are; what it emitted refers to them. */
function copyDeclarations(source: string, dist: string): void {
  for (const file of globSync('**/*.d.ts', { cwd: source }).sort()) {
    mkdirSync(dirname(join(dist, file)), { recursive: true });
    cpSync(join(source, file), join(dist, file));
  }
}

async function bundleCommand(): Promise<void> {
  const fresh = `${bundle}.new`;
  rmSync(fresh, { recursive: true, force: true });
  const result = await build({ ...bundleOptions, outdir: fresh });
  rmSync(bundle, { recursive: true, force: true });
  renameSync(fresh, bundle);
  const bytes = Object.values(result.metafile?.outputs ?? {}).reduce((sum, output) => sum + output.bytes, 0);
  console.log(`${relative(root, bundle)}: ${readdirSync(bundle).length} files, ${Math.round(bytes / 1024)} KiB`);
  if (!existsSync(join(bundle, 'main.js'))) throw new Error('the bundle has no main.js');
}
