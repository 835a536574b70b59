import { expect, test } from 'vitest';
import { ErrorCode, errorName, isRetriable, ProtocolError, refreshesMetadata } from './errors.ts';

test('there is a name for every code from -1 to 133, and none twice', () => {
  const codes = Object.values(ErrorCode);
  expect(codes.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 135 }, (_, i) => i - 1));
  expect(codes.map(errorName)).toEqual(Object.keys(ErrorCode));
});

test('an unknown code has a name that shows it', () => {
  expect(errorName(999)).toBe('UNKNOWN_SERVER_ERROR(999)');
});

test('some errors pass by themselves, some after new metadata', () => {
  const { NOT_LEADER_OR_FOLLOWER, REQUEST_TIMED_OUT, PRODUCER_FENCED } = ErrorCode;
  expect([NOT_LEADER_OR_FOLLOWER, REQUEST_TIMED_OUT, PRODUCER_FENCED].map(isRetriable)).toEqual([true, true, false]);
  expect([NOT_LEADER_OR_FOLLOWER, REQUEST_TIMED_OUT].map(refreshesMetadata)).toEqual([true, false]);
});

test('a protocol error says its code and its detail', () => {
  const error = new ProtocolError(ErrorCode.INVALID_REQUEST, 'acks is 7');
  expect(error.message).toBe('INVALID_REQUEST: acks is 7');
  expect(error.code).toBe(42);
});
