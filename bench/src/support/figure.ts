/**
 * One line of the table: what was measured, against what in the same run, the ratio, and what it must reach. Ratios are
 * what counts: they hold on a slow machine as on a fast one.
 */
import { quantileOf, seriesOf, short, spreadOf } from './statistics.ts';

export interface Goal {
  readonly kind: 'atLeast' | 'atMost';
  readonly value: number;
  /** What the goal is about: the ratio, or the figure itself. */
  readonly of: 'ratio' | 'figure';
}

export interface Figure {
  readonly part: string;
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly spread: number;
  readonly rounds: number;
  /** The limit or the peer, measured in the same rounds. */
  readonly against?: { readonly name: string; readonly value: number; readonly spread: number };
  readonly ratio?: number;
  readonly goals: readonly Goal[];
  readonly reached: boolean;
}

export interface Measured {
  readonly part: string;
  readonly name: string;
  readonly unit: string;
  readonly values: readonly number[];
  readonly against?: { readonly name: string; readonly values: readonly number[] } | undefined;
  readonly goals?: readonly Goal[];
  /** Which of the values is the figure: 0.99 for the 99th percentile; the median when not given. */
  readonly quantile?: number;
}

/** The ratio is the median over the rounds' own ratios, so that a slow minute weighs on both sides alike. */
export function figureOf({ part, name, unit, values, against, goals = [], quantile }: Measured): Figure {
  const figureIn = (of: readonly number[]): number =>
    quantile === undefined ? seriesOf(of).median : quantileOf(of, quantile);
  const value = figureIn(values);
  const base = { part, name, unit, value, spread: spreadOf(seriesOf(values)), rounds: values.length, goals };
  if (against === undefined) return { ...base, reached: holds(goals, value, undefined) };
  const theirs = figureIn(against.values);
  const pairs = quantile === undefined && against.values.length === values.length;
  const ratio = pairs
    ? seriesOf(values.map((own, i) => own / (against.values[i] ?? Number.NaN))).median
    : value / theirs;
  return {
    ...base,
    ratio,
    against: { name: against.name, value: theirs, spread: spreadOf(seriesOf(against.values)) },
    reached: holds(goals, value, ratio),
  };
}

function holds(goals: readonly Goal[], value: number, ratio: number | undefined): boolean {
  return goals.every((goal) => {
    const measured = goal.of === 'ratio' ? (ratio ?? Number.NaN) : value;
    return goal.kind === 'atLeast' ? measured >= goal.value : measured <= goal.value;
  });
}

/** What a figure may be at most, or must be at least. */
export const atMost = (value: number): readonly Goal[] => [{ kind: 'atMost', value, of: 'figure' }];
export const atLeast = (value: number): readonly Goal[] => [{ kind: 'atLeast', value, of: 'figure' }];

export function goalText({ kind, value, of }: Goal): string {
  return `${of === 'ratio' ? 'ratio ' : ''}${kind === 'atLeast' ? '>=' : '<='} ${short(value)}`;
}
