/** The names on the in-memory disk: a tree of directories whose leaves are file contents. Changes are values, so that a
 * second, durable tree can follow the visible one at a distance. */
import { DiskError } from '../world.ts';
import type { MemoryFileContent } from './memory-file-content.ts';

export type MemoryNode = MemoryFileContent | MemoryDirectory;

export class MemoryDirectory {
  readonly children = new Map<string, MemoryNode>();
}

export type NameChange =
  | { readonly kind: 'add'; readonly path: string; readonly file: MemoryFileContent }
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  | { readonly kind: 'remove'; readonly path: string };

export function lookUp(root: MemoryDirectory, path: string): MemoryNode | undefined {
  let node: MemoryNode | undefined = root;
  for (const part of partsOf(path)) {
    if (!(node instanceof MemoryDirectory)) return undefined;
    node = node.children.get(part);
  }
  return node;
}

/** Applies a change; one that no longer fits (its parent is not there) throws ENOENT. */
export function applyChange(root: MemoryDirectory, change: NameChange): void {
  if (change.kind === 'directory') {
    makeDirectories(root, change.path);
  } else if (change.kind === 'add') {
    parentOf(root, change.path).children.set(nameOf(change.path), change.file);
  } else if (change.kind === 'remove') {
    if (!parentOf(root, change.path).children.delete(nameOf(change.path))) throw new DiskError('ENOENT', change.path);
  } else {
    const from = parentOf(root, change.from);
    const node = from.children.get(nameOf(change.from));
    if (node === undefined) throw new DiskError('ENOENT', change.from);
    const to = parentOf(root, change.to);
    from.children.delete(nameOf(change.from));
    to.children.set(nameOf(change.to), node);
  }
}

/** The same names over the same files, in maps of their own. */
export function copyTree(root: MemoryDirectory): MemoryDirectory {
  const copy = new MemoryDirectory();
  for (const [name, node] of root.children) {
    copy.children.set(name, node instanceof MemoryDirectory ? copyTree(node) : node);
  }
  return copy;
}

export function* filesOf(root: MemoryDirectory): Generator<MemoryFileContent> {
  for (const node of root.children.values()) {
    if (node instanceof MemoryDirectory) yield* filesOf(node);
    else yield node;
  }
}

function makeDirectories(root: MemoryDirectory, path: string): void {
  let directory = root;
  for (const part of partsOf(path)) {
    const next: MemoryNode = directory.children.get(part) ?? new MemoryDirectory();
    if (!(next instanceof MemoryDirectory)) throw new DiskError('ENOTDIR', path);
    directory.children.set(part, next);
    directory = next;
  }
}

function parentOf(root: MemoryDirectory, path: string): MemoryDirectory {
  const parent = lookUp(root, path.slice(0, path.lastIndexOf('/') + 1));
  if (!(parent instanceof MemoryDirectory)) throw new DiskError('ENOENT', path);
  return parent;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}
