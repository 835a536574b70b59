/**
 * A fuzz run: a fifth of the time over the decoders in this process, the rest over the socket of a real broker with a
 * well-behaved client beside it. What counts as a failure: an error that no decoder may throw, a broker that ends, a
 * log line with a stack, a neighbour that sees anything but right answers, memory that grows without bound, a turn of
 * the broker's loop that holds everybody up.
 */
import { fuzzDecoders } from '@tidelog/protocol';
import { Neighbour } from '../support/neighbour.ts';
import { TidelogCluster, type TidelogProcess } from '../support/tidelog-process.ts';
import { heldMebibytes, longestTurnMs, residentMebibytes, strangeFiles, suspiciousLines } from '../support/watch.ts';
import { SocketWalks } from './socket-walks.ts';

export interface FuzzRun {
  readonly seed: number;
  readonly durationMs: number;
  /** Only this walk. */
  readonly walk?: number;
  readonly onProgress?: (line: string) => void;
}

export interface FuzzRunReport {
  readonly text: string;
  readonly failures: readonly string[];
  /** The walk after which the broker was not well. */
  readonly failedWalk: number | undefined;
}

const decoderSlice = 1000;
const walksAtOnce = 16;
/** What a broker may come to hold after the warm-up, in which codecs of all versions are compiled. */
const growthMaxMebibytes = 64;
/**
 * What its resident memory may grow by meanwhile: V8 keeps pages beyond what is held, because the server lets a heap
 * grow to four times what survives a collection. 10 to 90 were seen.
 */
const residentGrowthMaxMebibytes = 256;
const warmUpShare = 1 / 4;
/** A broker that is held up for longer than this serves nobody well, on a slow machine either. */
const neighbourP99MaxMs = 500;
/** Of processor time, from when the neighbour is served: before that modules load. 50 are not reached as a rule. */
const turnMaxMs = 200;

export async function runFuzz(run: FuzzRun): Promise<FuzzRunReport> {
  const failures: string[] = [];
  const decoders = run.walk === undefined ? await overDecoders(run, failures) : 'decoders: left out';
  run.onProgress?.(decoders);
  const { text, failedWalk } = await overSocket(run, failures);
  return { text: `${decoders}\n${text}`, failures, failedWalk };
}

async function overDecoders({ seed, durationMs }: FuzzRun, failures: string[]): Promise<string> {
  const end = performance.now() + durationMs / 5;
  let rounds = 0;
  let refused = 0;
  let slowestMs = 0;
  while (performance.now() < end && failures.length === 0) {
    try {
      const report = await fuzzDecoders({ seed, rounds: decoderSlice, first: rounds });
      refused += report.messages.refused + report.batches.refused;
      slowestMs = Math.max(slowestMs, report.slowestRoundMs);
    } catch (error) {
      failures.push(String(error));
    }
    rounds += decoderSlice;
  }
  const slowest = Math.round(slowestMs);
  return `decoders: ${rounds} mutations, ${refused} refused, crashes ${failures.length}, slowest ${slowest} ms`;
}

async function overSocket(run: FuzzRun, failures: string[]): Promise<{ text: string; failedWalk: number | undefined }> {
  await using cluster = await TidelogCluster.start({ brokers: 1, probe: true });
  const node = cluster.node(1);
  const pid = node.pid ?? 0;
  const neighbour = new Neighbour(node.port);
  const walks = await SocketWalks.over(node.port, run.seed);
  await neighbour.served();
  const servedAt = Date.now();
  const socketMs = (run.durationMs * 4) / 5;
  const warmAt = performance.now() + socketMs * warmUpShare;
  const end = performance.now() + socketMs;
  let warm: Memory | undefined;
  let next = run.walk ?? 0;
  let suspicious: string[] = [];
  let reportAt = performance.now() + 10_000;
  do {
    const numbers = Array.from({ length: run.walk === undefined ? walksAtOnce : 1 }, () => next++);
    await Promise.all(numbers.map((number) => walks.walk(number)));
    if (!node.isRunning) break;
    if (performance.now() >= warmAt) warm ??= await memoryOf(node);
    if (performance.now() < reportAt) continue;
    reportAt += 10_000;
    suspicious = suspiciousLines(node.output());
    run.onProgress?.(`${walks.figures()}, resident ${Math.round(residentMebibytes(pid))} MiB`);
  } while (performance.now() < end && run.walk === undefined && suspicious.length === 0);
  const ended = !node.isRunning;
  if (ended) failures.push(`the broker ended: ${node.output().slice(-2000)}`);
  const growth = ended || warm === undefined ? { held: 0, resident: 0 } : growthOf(warm, await memoryOf(node));
  if (growth.held > growthMaxMebibytes) failures.push(`what the broker holds grew by ${growth.held} MiB`);
  if (growth.resident > residentGrowthMaxMebibytes) failures.push(`resident memory grew by ${growth.resident} MiB`);
  const turnMs = longestTurnMs(node.output(), servedAt);
  if (turnMs > turnMaxMs) failures.push(`a turn of the loop took ${turnMs} ms, at most ${turnMaxMs}`);
  const { failures: seen, rounds, p99Ms, maxMs } = await neighbour.end();
  failures.push(...seen.map((failure) => `the neighbour: ${failure}`));
  if (p99Ms > neighbourP99MaxMs) failures.push(`the neighbour: p99 ${p99Ms} ms, at most ${neighbourP99MaxMs}`);
  failures.push(...suspiciousLines(node.output()).map((line) => `the log: ${line.slice(0, 1500)}`));
  failures.push(...strangeFiles(node).map((name) => `a file of ours by a name of theirs: ${JSON.stringify(name)}`));
  const text =
    `socket: ${walks.figures()}, crashes ${ended ? 1 : 0}, ` +
    `RSS growth ${growth.resident} MiB since the warm-up, held ${growth.held} MiB of it, ` +
    `longest turn ${turnMs} ms, ` +
    `neighbour ${rounds} rounds, p99 ${p99Ms} ms, max ${maxMs} ms`;
  return { text, failedWalk: failures.length > 0 ? Math.max(0, next - walksAtOnce) : undefined };
}

interface Memory {
  readonly held: number;
  readonly resident: number;
}

async function memoryOf(node: TidelogProcess): Promise<Memory> {
  const resident = residentMebibytes(node.pid ?? 0);
  return { held: await heldMebibytes(node), resident };
}

function growthOf(before: Memory, after: Memory): Memory {
  return { held: Math.round(after.held - before.held), resident: Math.round(after.resident - before.resident) };
}
