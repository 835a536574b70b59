/** Short lists of broker ids and the like, compared and subtracted. */

/** The elements of a list that are not in the other, in order. */
export function without<T>(list: readonly T[], gone: readonly T[]): readonly T[] {
  return gone.length === 0 ? list : list.filter((element) => !gone.includes(element));
}

export function sameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a === b || (a.length === b.length && a.every((element, at) => element === b[at]));
}

/** Whether two lists without duplicates have the same elements, in whatever order. */
export function sameMembers<T>(a: readonly T[], b: readonly T[]): boolean {
  return a === b || (a.length === b.length && a.every((element) => b.includes(element)));
}

export function hasDuplicates(list: readonly unknown[]): boolean {
  return new Set(list).size !== list.length;
}

/** The elements that a list has more than once. */
export function duplicatesOf<T>(list: Iterable<T>): ReadonlySet<T> {
  const seen = new Set<T>();
  const duplicates = new Set<T>();
  for (const element of list) (seen.has(element) ? duplicates : seen).add(element);
  return duplicates;
}
