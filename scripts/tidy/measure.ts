/**
 * Reads one source file and measures what the size budget speaks of: lines, functions, classes, imports. Works on the
 * syntax tree, not on text, so that a string or comment is never mistaken for code.
 */
import { parseSync } from 'oxc-parser';

export interface FileMeasure {
  readonly path: string;
  readonly lines: number;
  readonly longestLine: number;
  readonly functions: readonly { readonly name: string; readonly lines: number }[];
  readonly classes: readonly { readonly name: string; readonly members: number; readonly dependencies: number }[];
  readonly imports: readonly string[];
  /** Identifiers read as globals or members of them that the rules of `core/` speak of. */
  readonly impure: readonly string[];
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

const functionTypes = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);
const impureGlobals = new Set([
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'process',
  'Promise',
  'console',
  'performance',
]);
const impureMembers = new Set(['Date.now', 'Math.random']);

export function measureFile(path: string, text: string): FileMeasure {
  const { program } = parseSync(path, text);
  const lineOf = lineIndex(text);
  const functions: { name: string; lines: number }[] = [];
  const classes: { name: string; members: number; dependencies: number }[] = [];
  const imports: string[] = [];
  const impure: string[] = [];
  walk(program as unknown as Node, undefined, (node, parent) => {
    if (functionTypes.has(node.type)) {
      functions.push({ name: nameOf(node, parent), lines: lineOf(node.end) - lineOf(node.start) + 1 });
      if (node['async'] === true) impure.push('async');
    } else if (node.type === 'ClassDeclaration' || node.type === 'ClassExpression') {
      classes.push(measureClass(node));
    } else if (isImport(node)) {
      imports.push((node['source'] as { value: string }).value);
    } else {
      const found = impureUse(node, parent);
      if (found !== undefined) impure.push(found);
    }
  });
  const rows = text.split('\n');
  return {
    path,
    lines: rows.length - (text.endsWith('\n') ? 1 : 0),
    longestLine: Math.max(...rows.map((row) => row.length)),
    functions,
    classes,
    imports,
    impure,
  };
}

function isImport(node: Node): boolean {
  const kinds = ['ImportDeclaration', 'ExportNamedDeclaration', 'ExportAllDeclaration', 'ImportExpression'];
  return kinds.includes(node.type) && typeof (node['source'] as { value?: unknown } | null)?.value === 'string';
}

function measureClass(node: Node): { name: string; members: number; dependencies: number } {
  const body = (node['body'] as { body: Node[] }).body;
  const constructor = body.find((member) => member['kind'] === 'constructor');
  const parameters = (constructor?.['value'] as { params?: unknown[] } | undefined)?.params ?? [];
  const members = body.filter((member) => member.type === 'MethodDefinition' && member['kind'] !== 'constructor');
  return { name: nameOf(node, undefined), members: members.length, dependencies: parameters.length };
}

function impureUse(node: Node, parent: Node | undefined): string | undefined {
  if (node.type === 'MemberExpression') {
    const object = node['object'] as Node & { name?: string };
    const property = node['property'] as Node & { name?: string };
    const name = `${object.name ?? ''}.${property.name ?? ''}`;
    return impureMembers.has(name) ? name : undefined;
  }
  if (node.type !== 'Identifier' || !impureGlobals.has(node['name'] as string)) return undefined;
  const isName = parent?.type === 'MemberExpression' && parent['property'] === node && parent['computed'] !== true;
  const isKey =
    parent?.type === 'Property' || parent?.type === 'MethodDefinition' || parent?.type === 'PropertyDefinition';
  return isName || isKey || parent?.type.startsWith('TS') === true ? undefined : (node['name'] as string);
}

function nameOf(node: Node, parent: Node | undefined): string {
  const id = (node['id'] ?? parent?.['key'] ?? parent?.['id']) as { name?: string } | null | undefined;
  return id?.name ?? '(anonymous)';
}

function lineIndex(text: string): (offset: number) => number {
  const starts = [0];
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) === 10) starts.push(i + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };
}

function walk(node: Node, parent: Node | undefined, visit: (node: Node, parent: Node | undefined) => void): void {
  visit(node, parent);
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) walk(item, node, visit);
    } else if (isNode(value)) walk(value, node, visit);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}
