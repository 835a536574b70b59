/**
 * The known key that a mistyped one probably means. Distance is the number of letters inserted, deleted, replaced or
 * swapped with their neighbour; more than a third of the key's length is not a typo but another word.
 */
export function nearestKey(unknown: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.min(8, Math.floor(unknown.length / 3)) + 1;
  for (const key of known) {
    if (Math.abs(key.length - unknown.length) >= bestDistance) continue;
    const distance = editDistance(unknown, key);
    if (distance < bestDistance) {
      best = key;
      bestDistance = distance;
    }
  }
  return best;
}

/** ` (did you mean x?)`, or nothing. */
export function hintFor(unknown: string, known: Iterable<string>): string {
  const nearest = nearestKey(unknown, known);
  return nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
}

function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + (same ? 0 : 1));
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        cost = Math.min(cost, at(beforeLast, column - 2) + 1);
      }
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
