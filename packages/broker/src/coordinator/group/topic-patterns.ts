/**
 * Patterns of subscriptions (RE2): in time linear in pattern and names, whatever the pattern. Members say their pattern
 * with every full heartbeat and groups ask again whenever some topic changes, so that what was compiled and found is
 * kept: for the patterns that were asked for last, until topics come or go.
 */
import { RE2JS } from 're2js';
import { isSmallPattern } from './core/consumer/pattern-size.ts';
import type { TopicNames, TopicPatterns } from './core/group-host.ts';

interface Known {
  readonly compiled: RE2JS;
  /** Of these names; undefined before the first search. */
  found: { readonly of: readonly string[]; readonly names: readonly string[] } | undefined;
}

/** A compiled pattern may take megabytes. */
const maxKnown = 32;

export class Re2TopicPatterns implements TopicPatterns {
  readonly #known = new Map<string, Known>();
  #source: TopicNames | undefined;
  #names: readonly string[] = [];

  isValid(pattern: string): boolean {
    return this.#knownOf(pattern) !== undefined;
  }

  match(pattern: string, topics: TopicNames): readonly string[] {
    const known = this.#knownOf(pattern);
    if (known === undefined) return [];
    const of = this.#namesOf(topics);
    if (known.found?.of !== of) {
      known.found = { of, names: of.filter((name) => known.compiled.matches(name)).sort() };
    }
    return known.found.names;
  }

  #knownOf(pattern: string): Known | undefined {
    const known = this.#known.get(pattern) ?? compile(pattern);
    if (known === undefined) return undefined;
    // Behind the others: those that nobody asks for come first, and go.
    this.#known.delete(pattern);
    this.#known.set(pattern, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > maxKnown && oldest !== undefined) this.#known.delete(oldest);
    return known;
  }

  /** The same array as long as the names are the same: most changes of topics are changes of their partitions. */
  #namesOf(topics: TopicNames): readonly string[] {
    if (topics === this.#source) return this.#names;
    this.#source = topics;
    const names = [...topics.keys()];
    const before = this.#names;
    const isSame = names.length === before.length && names.every((name, i) => name === before[i]);
    return isSame ? before : (this.#names = names);
  }
}

function compile(pattern: string): Known | undefined {
  if (!isSmallPattern(pattern)) return undefined;
  try {
    return { compiled: RE2JS.compile(pattern), found: undefined };
  } catch {
    return undefined;
  }
}
