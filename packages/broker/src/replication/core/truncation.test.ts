import { expect, test } from 'vitest';
import { planOutOfRange, planTruncation } from './truncation.ts';

/** Epoch 1 from 0, epoch 3 from 10, epoch 5 from 20, end at 30. */
const log = {
  logEndOffset: 30,
  highWatermark: 12,
  endOffsetForEpoch(epoch: number) {
    if (epoch > 5) return { epoch: -1, endOffset: -1 };
    if (epoch === 5) return { epoch: 5, endOffset: 30 };
    if (epoch >= 3) return { epoch: 3, endOffset: 20 };
    return epoch >= 1 ? { epoch: 1, endOffset: 10 } : { epoch, endOffset: 0 };
  },
};

test.each([
  ['the leader has less of a shared epoch', { epoch: 3, endOffset: 15 }, 15],
  ['the leader has more of a shared epoch', { epoch: 3, endOffset: 25 }, 20],
  ['an epoch that is unknown here: to the end of the one below', { epoch: 4, endOffset: 26 }, 20],
  ['an epoch above all own ones: to what the leader has', { epoch: 9, endOffset: 17 }, 17],
  ['an epoch before all own ones: to nothing', { epoch: 0, endOffset: 5 }, 0],
])('%s', (_, diverging, offset) => {
  expect(planTruncation(diverging, log)).toBe(offset);
});

test('a leader that knows no epochs leaves the high watermark', () => {
  expect(planTruncation({ epoch: -1, endOffset: -1 }, log)).toBe(12);
});

test.each([
  ['the leader ends before', { logStartOffset: 0, logEndOffset: 20 }, { kind: 'truncate', offset: 20 }],
  ['the leader begins behind', { logStartOffset: 40, logEndOffset: 50 }, { kind: 'restart', offset: 40 }],
  ['both overlap', { logStartOffset: 5, logEndOffset: 50 }, { kind: 'continue', offset: 30 }],
])('out of range: %s', (_, leader, plan) => {
  expect(planOutOfRange(leader, log)).toEqual(plan);
});
