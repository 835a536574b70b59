import { expect, test } from 'vitest';
import { atMost, figureOf } from './figure.ts';

const measured = { part: 'p', name: 'n', unit: 'ms' };

test('a figure is the median, and its ratio the median of the ratios of the rounds', () => {
  const figure = figureOf({ ...measured, values: [1, 30, 4], against: { name: 'limit', values: [2, 10, 8] } });
  expect(figure.value).toBe(4);
  expect(figure.ratio).toBe(0.5);
});

test('the 99th percentile of a few values is the largest of them', () => {
  const values = [10, 250, 20];
  const figure = figureOf({ ...measured, values, goals: atMost(200), quantile: 0.99 });
  expect(figure.value).toBe(250);
  expect(figure.reached).toBe(false);
});
