/**
 * The whole suite, in the order in which a mistake shows soonest: types, lint, format, unit and tidy tests, then the
 * real clients (conformance). Ends with one line `N passed, N failed`; exits 1 when anything failed.
 *
 *   npm test                  everything, as CI runs it
 *   npm run check             the fast part only
 *   npm run conformance       the real clients only
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Step {
  readonly name: string;
  readonly command: readonly string[];
  /** Whether the command is a vitest run that reports its own counts. */
  readonly counts?: boolean;
  readonly fast: boolean;
}

interface Counts {
  passed: number;
  failed: number;
}

const steps: readonly Step[] = [
  { name: 'types', command: ['tsc', '-p', '.'], fast: true },
  { name: 'lint', command: ['oxlint', '--quiet'], fast: true },
  { name: 'format', command: ['oxfmt', '--check', 'packages', 'bench', 'scripts'], fast: true },
  { name: 'unit', command: ['vitest', 'run'], counts: true, fast: true },
  {
    name: 'conformance',
    command: ['vitest', 'run', '--config', 'vitest.conformance.config.ts'],
    counts: true,
    fast: false,
  },
];

const only = process.argv.includes('--fast') ? true : process.argv.includes('--conformance') ? false : undefined;
const total: Counts = { passed: 0, failed: 0 };
for (const step of steps) {
  if (only !== undefined && step.fast !== only) continue;
  const startedAt = performance.now();
  console.log(`\n── ${step.name}: ${step.command.join(' ')}`);
  const counts = step.counts === true ? runVitest(step) : runTool(step);
  total.passed += counts.passed;
  total.failed += counts.failed;
  console.log(`── ${step.name}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
}
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed === 0 ? 0 : 1);

function runTool(step: Step): Counts {
  const ok = run(step.command);
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1 };
}

/** Counts every test; a run that dies without a report counts as one failure. */
function runVitest(step: Step): Counts {
  const directory = mkdtempSync(join(tmpdir(), 'tidelog-test-'));
  const report = join(directory, 'report.json');
  const ok = run([...step.command, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]);
  try {
    const { numPassedTests, numFailedTests } = readReport(report);
    return { passed: numPassedTests, failed: Math.max(numFailedTests, ok ? 0 : 1) };
  } catch {
    return { passed: 0, failed: 1 };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function readReport(path: string): { numPassedTests: number; numFailedTests: number } {
  return JSON.parse(readFileSync(path, 'utf8')) as { numPassedTests: number; numFailedTests: number };
}

function run(command: readonly string[]): boolean {
  const [program = '', ...args] = command;
  const result = spawnSync(join('node_modules/.bin', program), args, { stdio: 'inherit' });
  return result.status === 0;
}
