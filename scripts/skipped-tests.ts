/** Which tests may be skipped in CI. Everywhere else any may, but never without being named. */

/** A test as vitest's JSON report has it. */
export interface TestResult {
  readonly fullName: string;
  readonly status: string;
}

/** By the beginnings of their names, with the reason. */
const maySkip: Readonly<Record<string, string>> = {
  'a full disk:': 'only root may mount a small tmpfs',
};

export interface SkippedTests {
  /** What to print. */
  readonly lines: readonly string[];
  readonly skipped: number;
  /** How many of them count as failed. */
  readonly refused: number;
}

export function judgeSkipped(results: readonly TestResult[], { isCi }: { readonly isCi: boolean }): SkippedTests {
  const names = results.filter(({ status }) => status !== 'passed' && status !== 'failed').map((one) => one.fullName);
  const judged = names.map((name) => {
    const reason = Object.entries(maySkip).find(([beginning]) => name.trimStart().startsWith(beginning))?.[1];
    return {
      name,
      reason: reason ?? (isCi ? 'which CI does not allow' : undefined),
      refused: isCi && reason === undefined,
    };
  });
  const lines = judged.map(({ name, reason }) => `skipped: ${name}${reason === undefined ? '' : ` (${reason})`}`);
  return { lines, skipped: names.length, refused: judged.filter(({ refused }) => refused).length };
}
