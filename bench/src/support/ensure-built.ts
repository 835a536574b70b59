import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

/** What is measured is what is installed: the bundle, built from the source as it is now. */
export function ensureBuilt(): void {
  const root = resolve(import.meta.dirname, '../../..');
  const args = ['--conditions=source', 'scripts/build.ts', '--bundle'];
  const result = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (result.status !== 0) throw new Error('npm run build failed');
}
