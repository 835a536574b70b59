import Table from 'cli-table3';
import { goalText, type Figure } from './figure.ts';
import { short } from './statistics.ts';

/** All figures with their ratios and goals, then the remarks. */
export function printTable(figures: readonly Figure[], remarks: readonly string[]): void {
  const table = new Table({
    head: ['part', 'what', 'Tidelog', '±', 'against', 'its figure', '±', 'ratio', 'must reach', ''],
    style: { head: [], border: [] },
    colAligns: ['left', 'left', 'right', 'right', 'left', 'right', 'right', 'right', 'left', 'left'],
  });
  const percent = (spread: number): string => `${Math.round(spread * 50)} %`;
  for (const { part, name, unit, value, spread, against, ratio, goals, reached } of figures) {
    const theirs = against === undefined ? ['', '', ''] : [against.name, short(against.value), percent(against.spread)];
    const verdict = goals.length === 0 ? '' : reached ? 'yes' : 'NO';
    const must = goals.map(goalText).join(', ');
    table.push([
      part,
      name,
      `${short(value)} ${unit}`,
      percent(spread),
      ...theirs,
      ratio === undefined ? '' : ratio.toFixed(2),
      must,
      verdict,
    ]);
  }
  console.log(table.toString());
  for (const remark of remarks) console.log(remark);
}
