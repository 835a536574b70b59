/**
 * The whole suite, in the order in which a mistake shows soonest: types, lint, format, unit and tidy tests, then the
 * real clients (conformance). Ends with one line `N passed, N failed`, and `, N skipped` where tests were; exits 1 when
 * anything failed. In CI (CI=true) a skipped test is a failure, unless skipped-tests.ts has a reason for it.
 *
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { judgeSkipped, type TestResult } from './skipped-tests.ts';

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
  skipped: number;
}

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly { readonly assertionResults: readonly TestResult[] }[];
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

const help = `npm test                  everything, as CI runs it
npm run check             the fast part only: types, lint, format, unit and tidy tests
npm run conformance       the real clients only

Single tests: npx vitest run packages/core/src/chunks.test.ts
              npx vitest run --config vitest.conformance.config.ts packages/conformance/src/kcat.conformance.ts`;

const strange = process.argv.slice(2).filter((argument) => argument !== '--fast' && argument !== '--conformance');
if (strange.length > 0) {
  console.log(help);
  process.exit(strange.every((argument) => argument === '--help' || argument === '-h') ? 0 : 2);
}

const only = process.argv.includes('--fast') ? true : process.argv.includes('--conformance') ? false : undefined;
const total: Counts = { passed: 0, failed: 0, skipped: 0 };
for (const step of steps) {
  if (only !== undefined && step.fast !== only) continue;
  const startedAt = performance.now();
  console.log(`\n── ${step.name}: ${step.command.join(' ')}`);
  const counts = step.counts === true ? runVitest(step) : runTool(step);
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
  console.log(`── ${step.name}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
}
const skipped = total.skipped === 0 ? '' : `, ${total.skipped} skipped`;
console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
process.exit(total.failed === 0 ? 0 : 1);

function runTool(step: Step): Counts {
  const ok = run(step.command);
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 };
}

/** Counts every test; a run that dies without a report counts as one failure. */
function runVitest(step: Step): Counts {
  const directory = mkdtempSync(join(tmpdir(), 'tidelog-test-'));
  const report = join(directory, 'report.json');
  const ok = run([...step.command, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]);
  try {
    const { numPassedTests, numFailedTests, testResults } = readReport(report);
    const results = testResults.flatMap(({ assertionResults }) => assertionResults);
    const { lines, skipped, refused } = judgeSkipped(results, { isCi: process.env['CI'] === 'true' });
    for (const line of lines) console.log(line);
    return { passed: numPassedTests, failed: Math.max(numFailedTests, ok ? 0 : 1) + refused, skipped };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function readReport(path: string): Report {
  return JSON.parse(readFileSync(path, 'utf8')) as Report;
}

function run(command: readonly string[]): boolean {
  const [program = '', ...args] = command;
  const result = spawnSync(join('node_modules/.bin', program), args, { stdio: 'inherit' });
  return result.status === 0;
}
