/**
 * An immutable map that shares structure with the maps it was made from: a hash trie, 32 ways per level.
 *
 *   Branch(bitmap) ── Leaf(key, value)
 *                 └── Branch ── Leaf ...          Collision: leaves whose 32-bit hashes are equal
 *
 * Lookup walks one node per five bits of hash (three for ten thousand keys); a change copies just that path. Iteration
 * order is that of the hashes: the same for the same keys whatever their history, and ascending for numbers below 32.
 */

interface Leaf<K, V> {
  readonly hash: number;
  readonly key: K;
  readonly value: V;
}

interface Branch<K, V> {
  readonly bitmap: number;
  readonly children: readonly TrieNode<K, V>[];
}

interface Collision<K, V> {
  readonly hash: number;
  readonly leaves: readonly Leaf<K, V>[];
}

type TrieNode<K, V> = Leaf<K, V> | Branch<K, V> | Collision<K, V>;

export class PersistentMap<K extends string | number, V> implements ReadonlyMap<K, V> {
  static readonly #empty = new PersistentMap<never, never>(undefined, 0);

  readonly size: number;
  readonly #root: TrieNode<K, V> | undefined;

  private constructor(root: TrieNode<K, V> | undefined, size: number) {
    this.#root = root;
    this.size = size;
  }

  static empty<K extends string | number, V>(): PersistentMap<K, V> {
    // An empty map holds neither keys nor values, so it is one of any type.
    return PersistentMap.#empty;
  }

  static from<K extends string | number, V>(entries: Iterable<readonly [K, V]>): PersistentMap<K, V> {
    return PersistentMap.empty<K, V>().with(entries);
  }

  get(key: K): V | undefined {
    return find(this.#root, key)?.value;
  }

  has(key: K): boolean {
    return find(this.#root, key) !== undefined;
  }

  set(key: K, value: V): PersistentMap<K, V> {
    return this.with([[key, value]]);
  }

  delete(key: K): PersistentMap<K, V> {
    return this.with([[key, undefined]]);
  }

  /** All changes at once; undefined deletes. */
  with(changes: Iterable<readonly [K, V | undefined]>): PersistentMap<K, V> {
    let root = this.#root;
    let size = this.size;
    for (const [key, value] of changes) {
      const before = find(root, key);
      if (value === undefined) {
        if (before === undefined) continue;
        root = remove(root, before, 0);
        size--;
      } else if (before === undefined || before.value !== value) {
        const leaf = { hash: hashOf(key), key, value };
        root = root === undefined ? leaf : insert(root, leaf, 0);
        if (before === undefined) size++;
      }
    }
    if (root === this.#root) return this;
    return root === undefined ? PersistentMap.empty() : new PersistentMap(root, size);
  }

  forEach(callback: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const leaf of leavesOf(this.#root)) callback(leaf.value, leaf.key, this);
  }

  *entries(): MapIterator<[K, V]> {
    for (const leaf of leavesOf(this.#root)) yield [leaf.key, leaf.value];
  }

  *keys(): MapIterator<K> {
    for (const leaf of leavesOf(this.#root)) yield leaf.key;
  }

  *values(): MapIterator<V> {
    for (const leaf of leavesOf(this.#root)) yield leaf.value;
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries();
  }
}

/** FNV-1a, its bits stirred once more since the trie reads the low ones first; small numbers are their own hash. */
function hashOf(key: string | number): number {
  if (typeof key === 'number') return key | 0;
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return hash ^ (hash >>> 15);
}

function popCount(bits: number): number {
  let n = bits - ((bits >>> 1) & 0x55555555);
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function bitOf(hash: number, shift: number): number {
  return 1 << ((hash >>> shift) & 31);
}

function find<K extends string | number, V>(root: TrieNode<K, V> | undefined, key: K): Leaf<K, V> | undefined {
  if (root === undefined) return undefined;
  const hash = hashOf(key);
  let node: TrieNode<K, V> | undefined = root;
  for (let shift = 0; node !== undefined; shift += 5) {
    if ('key' in node) return node.key === key ? node : undefined;
    if ('leaves' in node) return node.leaves.find((leaf) => leaf.key === key);
    const bit = bitOf(hash, shift);
    if ((node.bitmap & bit) === 0) return undefined;
    node = node.children[popCount(node.bitmap & (bit - 1))];
  }
  return undefined;
}

/** The node with the leaf in it, in the place of a leaf with the same key if there is one. */
function insert<K, V>(node: TrieNode<K, V>, leaf: Leaf<K, V>, shift: number): TrieNode<K, V> {
  if ('bitmap' in node) {
    const bit = bitOf(leaf.hash, shift);
    const at = popCount(node.bitmap & (bit - 1));
    const children = node.children.slice();
    const child = (node.bitmap & bit) === 0 ? undefined : children[at];
    if (child === undefined) children.splice(at, 0, leaf);
    else children[at] = insert(child, leaf, shift + 5);
    return { bitmap: node.bitmap | bit, children };
  }
  if ('key' in node && node.key === leaf.key) return leaf;
  if (node.hash === leaf.hash) {
    const others = 'leaves' in node ? node.leaves.filter((other) => other.key !== leaf.key) : [node];
    return { hash: leaf.hash, leaves: [...others, leaf] };
  }
  // Push the node one level down, and try again there.
  return insert({ bitmap: bitOf(node.hash, shift), children: [node] }, leaf, shift);
}

/** The node without the leaf, which is known to be in it. A branch left with one leaf becomes that leaf. */
function remove<K, V>(node: TrieNode<K, V> | undefined, leaf: Leaf<K, V>, shift: number): TrieNode<K, V> | undefined {
  if (node === undefined || 'key' in node) return undefined;
  if ('leaves' in node) {
    const leaves = node.leaves.filter((other) => other !== leaf);
    return leaves.length === 1 ? leaves[0] : { hash: node.hash, leaves };
  }
  const bit = bitOf(leaf.hash, shift);
  const at = popCount(node.bitmap & (bit - 1));
  const child = remove(node.children[at], leaf, shift + 5);
  const children = node.children.slice();
  if (child === undefined) children.splice(at, 1);
  else children[at] = child;
  const only = children[0];
  if (only === undefined) return undefined;
  if (children.length === 1 && !('bitmap' in only)) return only;
  return { bitmap: child === undefined ? node.bitmap & ~bit : node.bitmap, children };
}

function* leavesOf<K, V>(node: TrieNode<K, V> | undefined): Generator<Leaf<K, V>> {
  if (node === undefined) return;
  if ('key' in node) yield node;
  else if ('leaves' in node) yield* node.leaves;
  else for (const child of node.children) yield* leavesOf(child);
}
