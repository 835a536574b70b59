/**
 * The house rules as a test: import directions, the size budget with its ratchet, and what is banned under `core/`.
 * TIDELOG_RATCHET=1 rewrites the ratchet with today's exceptions; a reviewer then sees whether one grew.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { measureFile, type FileMeasure } from './measure.ts';
import { budget, mayImport } from './rules.ts';

const ratchetPath = 'scripts/tidy/ratchet.json';
const production = globSync(['packages/*/src/**/*.ts', 'bench/src/**/*.ts', 'scripts/**/*.ts']).toSorted();
const measures = production.map((path) => measureFile(path, readFileSync(path, 'utf8')));
const isTest = (path: string): boolean => /\.(test|conformance)\.ts$|-contract\.ts$/.test(path);
const sources = measures.filter((measure) => !isTest(measure.path));

test('imports point downwards only', () => {
  const wrong: string[] = [];
  for (const { path, imports } of measures) {
    const owner = packageOf(path);
    const allowed = mayImport[owner] ?? 'anything';
    for (const specifier of imports) {
      const target = specifier === 'tidelog' ? 'cli' : /^@tidelog\/([a-z]+)/.exec(specifier)?.[1];
      if (target === undefined || allowed === 'anything' || target === owner) continue;
      if (!allowed.includes(target)) wrong.push(`${path} imports ${specifier}`);
    }
    if (imports.some((specifier) => /^(\.\.\/)+packages\//.test(specifier)))
      wrong.push(`${path} reaches into a package`);
  }
  expect(wrong).toEqual([]);
});

test('what decides is pure: no clock, promise, randomness, node:* or logging under core/', () => {
  const wrong: string[] = [];
  for (const { path, imports, impure } of sources) {
    if (!/packages\/(?!core\/)[a-z]+\/src\/(.*\/)?core\//.test(path)) continue;
    for (const specifier of imports)
      if (/^node:|^pino|Logger/.test(specifier)) wrong.push(`${path} imports ${specifier}`);
    for (const name of impure) wrong.push(`${path} uses ${name}`);
  }
  expect(wrong).toEqual([]);
});

test('only the Node world and the edges touch node:fs, node:net, timers and the clock', () => {
  const edges =
    /packages\/(server|cli|testing|simulation|conformance)\/|^bench\/|^scripts\/|packages\/core\/src\/node-|\/fuzz\//;
  const wrong: string[] = [];
  for (const { path, imports, impure } of sources) {
    if (edges.test(path)) continue;
    for (const specifier of imports) {
      if (/^node:(fs|net|timers|dgram|http)/.test(specifier)) wrong.push(`${path} imports ${specifier}`);
    }
    for (const name of impure) {
      if (/^set(Timeout|Interval|Immediate)$|^Date\.now$|^Math\.random$/.test(name)) wrong.push(`${path} uses ${name}`);
    }
  }
  expect(wrong).toEqual([]);
});

test('the size budget holds, but for the exceptions of the ratchet, which only shrink', () => {
  const found = exceptions();
  if (process.env['TIDELOG_RATCHET'] === '1') writeFileSync(ratchetPath, `${JSON.stringify(found, null, 2)}\n`);
  const allowed = JSON.parse(readFileSync(ratchetPath, 'utf8')) as Record<string, number>;
  const grown = Object.entries(found).filter(([what, size]) => size > (allowed[what] ?? 0));
  expect(Object.fromEntries(grown)).toEqual({});
  const stale = Object.keys(allowed).filter((what) => !(what in found));
  expect(stale, 'the ratchet names what is in budget now: run with TIDELOG_RATCHET=1').toEqual([]);
});

test('the body of the code keeps its measure', () => {
  const files = sources.map((measure) => measure.lines).toSorted((a, b) => a - b);
  const functions = sources.flatMap((measure) => measure.functions.map(({ lines }) => lines)).toSorted((a, b) => a - b);
  expect(files[Math.floor(files.length / 2)]).toBeLessThanOrEqual(budget.medianFileLines);
  expect(functions[Math.floor(functions.length * 0.9)]).toBeLessThanOrEqual(budget.functionLinesP90);
});

function exceptions(): Record<string, number> {
  const found: Record<string, number> = {};
  const note = (what: string, size: number, limit: number): void => {
    if (size > limit) found[what] = Math.max(size, found[what] ?? 0);
  };
  for (const measure of measures) {
    note(`${measure.path}: columns`, measure.longestLine, budget.lineColumns);
    if (!isTest(measure.path)) noteSizes(measure, note);
  }
  return found;
}

function noteSizes(measure: FileMeasure, note: (what: string, size: number, limit: number) => void): void {
  const { path } = measure;
  note(`${path}: lines`, measure.lines, budget.fileLines);
  for (const { name, lines } of measure.functions) note(`${path}: ${name}() lines`, lines, budget.functionLines);
  for (const { name, members, dependencies } of measure.classes) {
    note(`${path}: ${name} members`, members, budget.classMembers);
    note(`${path}: ${name} constructor`, dependencies, budget.constructorDependencies);
  }
}

function packageOf(path: string): string {
  return path.startsWith('packages/') ? (path.split('/')[1] ?? '') : (path.split('/')[0] ?? '');
}
