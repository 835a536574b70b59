/**
 * How large a subscription's pattern becomes when its counted repeats are written out: nested ones multiply, and a few
 * characters can ask for a program that takes seconds to compile. Found by one pass over the text, before that.
 */

/** As many as RE2 allows one repeat. */
const maxExpandedSize = 1000;
const countedRepeat = /\{(\d+)(?:,(\d*))?\}/y;

/** Whether a pattern is small enough to be compiled and matched. Without counted repeats its length says it all. */
export function isSmallPattern(pattern: string): boolean {
  return expandedSize(pattern) <= Math.max(pattern.length, maxExpandedSize);
}

/** In characters, classes and the like; at least what it is, for any text. */
export function expandedSize(pattern: string): number {
  const outer: number[] = [];
  let sum = 0;
  let last = 0;
  for (let at = 0; at < pattern.length;) {
    const char = pattern[at] as string;
    countedRepeat.lastIndex = at;
    const repeat = char === '{' ? countedRepeat.exec(pattern) : null;
    if (repeat !== null) {
      const times = Math.max(1, Number(repeat[1]), Number(repeat[2] ?? 0));
      sum += last * (times - 1);
      last *= times;
      at += repeat[0].length;
      continue;
    }
    if (char === '(') {
      outer.push(sum);
      sum = last = 0;
    } else if (char === ')') {
      last = sum;
      sum += outer.pop() ?? 0;
    } else if (!'*+?|'.includes(char)) {
      sum += last = 1;
    }
    at = endOfAtom(pattern, at);
  }
  return sum + outer.reduce((all, size) => all + size, 0);
}

/** Behind the character, escape or class at a position. */
function endOfAtom(pattern: string, at: number): number {
  if (pattern[at] === '\\') {
    const takesBraces = pattern[at + 2] === '{' && 'pPx'.includes(pattern[at + 1] ?? ' ');
    return takesBraces ? behind(pattern, '}', at + 3) : at + 2;
  }
  if (pattern[at] !== '[') return at + 1;
  let end = at + (pattern[at + 1] === '^' ? 2 : 1);
  // A bracket that comes first is one of the class.
  if (pattern[end] === ']') end++;
  while (end < pattern.length && pattern[end] !== ']') {
    if (pattern[end] === '[' && pattern[end + 1] === ':') end = behind(pattern, ':]', end + 2);
    else end += pattern[end] === '\\' ? 2 : 1;
  }
  return end + 1;
}

function behind(pattern: string, text: string, from: number): number {
  const found = pattern.indexOf(text, from);
  return found < 0 ? pattern.length : found + text.length;
}
