/** What the system says of a process, and what its log must never hold. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { must } from '@tidelog/core';
import { sleep } from './raw-client.ts';
import type { TidelogProcess } from './tidelog-process.ts';

const mebibyte = 1024 * 1024;

export function residentMebibytes(pid: number): number {
  return statusField(pid, 'VmRSS');
}

/** The most it was since the last call of forgetPeak. */
export function peakMebibytes(pid: number): number {
  return statusField(pid, 'VmHWM');
}

export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

function statusField(pid: number, name: string): number {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  return (Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(text)?.[1] ?? NaN) * 1024) / mebibyte;
}

/** Lines that tell of a bug or could fool a reader's terminal. */
export function suspiciousLines(output: string): string[] {
  return output.split('\n').filter((line) => {
    // eslint-disable-next-line no-control-regex
    if (/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(line)) return true;
    if (line !== '' && !line.startsWith('{')) return true;
    const level = Number(/^\{"level":(\d+)/.exec(line)?.[1] ?? 0);
    return level >= 60 || (level >= 50 && /"stack":/.test(line));
  });
}

/** What a broker with a probe holds when all else is collected. */
export async function heldMebibytes(node: TidelogProcess): Promise<number> {
  const told = (): RegExpExecArray[] => [...node.output().matchAll(/^\{"level":30,"time":\d+,"heldBytes":(\d+)\}$/gm)];
  const before = told().length;
  process.kill(must(node.pid), 'SIGUSR2');
  while (told().length === before) {
    if (!node.isRunning) throw new Error('the broker ended');
    await sleep(20);
  }
  return Number(told().at(-1)?.[1]) / mebibyte;
}

/** The most processor time that a turn of the loop took since then, by what broker-probe.ts printed. */
export function longestTurnMs(output: string, since: number): number {
  const told = output.matchAll(/^\{"level":30,"time":(\d+),"longTurnMs":(\d+)\}$/gm);
  return Math.max(0, ...[...told].filter(([, time]) => Number(time) > since).map(([, , turnMs]) => Number(turnMs)));
}

/** A running broker may be at replacing one, by way of a file beside it. */
const ownFiles = [
  /^__cluster_metadata-0$/,
  /^(meta|bootstrap)\.(properties|checkpoint)(\.next)?$/,
  /-checkpoint(\.next)?$/,
  /^\.(lock|lock-journal|kafka_cleanshutdown)$/,
];
const logDirectory = /^[a-zA-Z0-9._-]{1,249}-\d+(\.[a-zA-Z0-9_-]+-(delete|future))?$/;

/** Entries of the data directory and the one above that nobody but a path in a topic's name can have made. */
export function strangeFiles(node: TidelogProcess): string[] {
  const data = readdirSync(node.dataDirectory, { withFileTypes: true });
  const strange = data.filter(({ name }) => !ownFiles.some((own) => own.test(name)) && !logDirectory.test(name));
  const expected = new Set(['data', 'output.log', 'server.properties']);
  const beside = readdirSync(node.directory).filter((name) => !expected.has(name));
  return [...strange.map(({ name }) => name), ...beside];
}
