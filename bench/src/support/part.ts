import type { Figure } from './figure.ts';

export interface PartContext {
  /** How often each measurement is repeated; both sides of a ratio take turns. */
  readonly rounds: number;
  /** Says that something could not be measured here, and why. */
  readonly skip: (what: string) => void;
  /** Says how far it has come. */
  readonly note: (what: string) => void;
}

/** One subject of the benchmark; `--only` selects by name. */
export interface Part {
  readonly name: string;
  /** What it measures, in a line for `--help`. */
  readonly about: string;
  run(context: PartContext): Promise<Figure[]>;
}
