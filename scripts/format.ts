/** Formats what the repository formats: `npm run format`. */
import { spawnSync } from 'node:child_process';

const result = spawnSync('node_modules/.bin/oxfmt', ['packages', 'bench', 'scripts'], { stdio: 'inherit' });
process.exit(result.status ?? 1);
