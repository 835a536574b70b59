import { expect, test } from 'vitest';
import { judgeSkipped } from './skipped-tests.ts';

const results = [
  { fullName: 'it works', status: 'passed' },
  { fullName: 'kcat reads what it wrote', status: 'skipped' },
  { fullName: 'a full disk: nothing lost', status: 'pending' },
];

test('in CI a skipped test fails, unless there is a reason for it', () => {
  expect(judgeSkipped(results, { isCi: true })).toEqual({
    lines: [
      'skipped: kcat reads what it wrote (which CI does not allow)',
      'skipped: a full disk: nothing lost (only root may mount a small tmpfs)',
    ],
    skipped: 2,
    refused: 1,
  });
});

test('elsewhere it is only named', () => {
  expect(judgeSkipped(results, { isCi: false })).toMatchObject({ skipped: 2, refused: 0 });
});
