/**
 * One line of the table: what was measured, against what in the same run, the ratio, and what it must reach. Ratios are
 * what counts: they hold on a slow machine as on a fast one.
 */
import { seriesOf, short, spreadOf } from './statistics.ts';

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
  readonly against?: { readonly name: string; readonly values: readonly number[] };
  readonly goals?: readonly Goal[];
}

/** The ratio is the median over the rounds' own ratios, so that a slow minute weighs on both sides alike. */
export function figureOf({ part, name, unit, values, against, goals = [] }: Measured): Figure {
  const own = seriesOf(values);
  const base = { part, name, unit, value: own.median, spread: spreadOf(own), rounds: values.length, goals };
  if (against === undefined) return { ...base, reached: holds(goals, own.median, undefined) };
  const theirs = seriesOf(against.values);
  const pairs = against.values.length === values.length;
  const ratio = pairs
    ? seriesOf(values.map((value, i) => value / (against.values[i] ?? Number.NaN))).median
    : own.median / theirs.median;
  return {
    ...base,
    ratio,
    against: { name: against.name, value: theirs.median, spread: spreadOf(theirs) },
    reached: holds(goals, own.median, ratio),
  };
}

function holds(goals: readonly Goal[], value: number, ratio: number | undefined): boolean {
  return goals.every((goal) => {
    const measured = goal.of === 'ratio' ? (ratio ?? Number.NaN) : value;
    return goal.kind === 'atLeast' ? measured >= goal.value : measured <= goal.value;
  });
}

export function goalText({ kind, value, of }: Goal): string {
  return `${of === 'ratio' ? 'ratio ' : ''}${kind === 'atLeast' ? '>=' : '<='} ${short(value)}`;
}
