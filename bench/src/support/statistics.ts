/** Medians and spread: what a series of measurements says when some of them were disturbed. */

export interface Series {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function seriesOf(values: readonly number[]): Series {
  if (values.length === 0) throw new Error('nothing was measured');
  const sorted = values.toSorted((a, b) => a - b);
  const at = (i: number): number => sorted[Math.min(sorted.length - 1, Math.max(0, i))] ?? 0;
  const middle = sorted.length / 2;
  const median = sorted.length % 2 === 1 ? at(Math.floor(middle)) : (at(middle - 1) + at(middle)) / 2;
  return { median, min: at(0), max: at(sorted.length - 1) };
}

/** The smallest value that this share of them does not exceed: 0.99 of twenty is the largest. */
export function quantileOf(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** How far the values lie apart, as a share of the median: 0.1 is "within ten percent". */
export function spreadOf({ median, min, max }: Series): number {
  return median === 0 ? 0 : (max - min) / median;
}

/** Three significant digits, with thousands separated. */
export function short(value: number): string {
  const rounded = Number(value.toPrecision(3));
  return rounded.toLocaleString('en-US', { maximumFractionDigits: rounded < 10 ? 2 : rounded < 100 ? 1 : 0 });
}
